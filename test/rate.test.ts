import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyRate,
  formatRate,
  invertRate,
  parseRate,
  productOf,
  type Rate,
  rateBetween,
  roundToMinor,
  toMinor,
} from '../src/rate.ts';

function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (parsed === undefined) throw new Error(`${text} is not a rate`);
  return parsed;
}

const rateText = fc
  .tuple(fc.bigInt(1n, 10n ** 20n - 1n), fc.integer({ min: 0, max: 20 }))
  .map(([digits, places]) => {
    const text = digits.toString().padStart(places + 1, '0');
    return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
  });
const amountMinor = fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n);
const currency = fc.constantFrom('JPY', 'EUR', 'USD', 'KWD', 'CLF');
const EXPONENT: Readonly<Record<string, bigint>> = { JPY: 0n, EUR: 2n, USD: 2n, KWD: 3n, CLF: 4n };

test.each([
  ['1.0843', '1.0843'],
  ['0.9310', '0.931'],
  ['157', '157'],
  ['0.00000000000000000001', '0.00000000000000000001'],
  ['00.5', '0.5'],
  ['99999999999999999999', '99999999999999999999'],
])('reads the rate %s exactly, and writes it %s', (text, written) => {
  expect(formatRate(rate(text))).toBe(written);
});

test.each([
  '',
  '0',
  '0.000',
  '-1.5',
  '+1.5',
  '1e3',
  '1,5',
  '1.',
  '.5',
  '1 000',
  ' 1',
  'NaN',
  'Infinity',
  '0x10',
  '١',
  '1.23456789012345678901',
  '0'.repeat(31),
  `0.${'0'.repeat(30)}1`,
])('does not take "%s" for a rate', (text) => {
  expect(parseRate(text)).toBeUndefined();
});

test.each<[string, bigint, string, string, bigint]>([
  ['0.9231', 10_000n, 'USD', 'EUR', 9231n],
  ['163.27', 1234n, 'EUR', 'JPY', 2015n],
  ['0.006125', 2015n, 'JPY', 'EUR', 1234n],
  ['0.3331', 12_345n, 'EUR', 'KWD', 41_121n],
  ['0.02534', 100_000n, 'KWD', 'CLF', 25_340n],
  ['35.9512', 25_340n, 'CLF', 'USD', 9110n],
  ['5800.5', 12_345n, 'CLF', 'JPY', 7161n],
  ['0.00001', 1n, 'JPY', 'KWD', 0n],
])('at %s, %s minor units of %s are %s %s', (text, from, fromCurrency, toCurrency, to) => {
  expect(toMinor(from, fromCurrency, toCurrency, rate(text))).toBe(to);
  expect(toMinor(-from, fromCurrency, toCurrency, rate(text))).toBe(-to);
});

test.each<[string, bigint, bigint]>([
  ['0.5', 0n, 1n],
  ['1.5', 2n, 2n],
  ['2.5', 2n, 3n],
  ['2.49999999999999999999', 2n, 2n],
  ['2.50000000000000000001', 3n, 3n],
  ['-0.5', 0n, -1n],
  ['-2.5', -2n, -3n],
  ['7', 7n, 7n],
])('rounds %s to %s half to even and to %s half up', (text, halfEven, halfUp) => {
  expect(roundToMinor(new Decimal(text), 'half_even').amountMinor).toBe(halfEven);
  expect(roundToMinor(new Decimal(text), 'half_up').amountMinor).toBe(halfUp);
});

test('tells what rounding left, exactly', () => {
  const { amountMinor: rounded, residue } = applyRate(
    { amountMinor: 12_345n, currency: 'EUR' },
    'KWD',
    rate('0.3331'),
  );
  expect([rounded, residue.toFixed()]).toEqual([41_121n, '0.195']);
  const half = { amountMinor: 5n, currency: 'EUR' };
  expect(applyRate(half, 'USD', rate('0.5'), 'half_up').residue.toFixed()).toBe('-0.5');
  expect(applyRate(half, 'USD', rate('0.5')).residue.toFixed()).toBe('0.5');
});

test('a product is exact, whatever the amount and the rate: what integers of any size say', () => {
  fc.assert(
    fc.property(amountMinor, rateText, currency, currency, (amount, text, from, to) => {
      const [whole = '', fraction = ''] = text.split('.');
      const shift = (EXPONENT[to] ?? 0n) - (EXPONENT[from] ?? 0n);
      const digits = amount * BigInt(whole + fraction);
      const places = BigInt(fraction.length) - shift;
      const product = productOf({ amountMinor: amount, currency: from }, to, rate(text));
      const scaled = product.toFixed(Math.max(0, Number(places))).replace('.', '');
      expect(BigInt(scaled)).toBe(places < 0n ? digits * 10n ** -places : digits);
    }),
  );
});

test('rounded and residue make the exact product, and no residue is more than half a minor unit', () => {
  const rule = fc.constantFrom('half_even' as const, 'half_up' as const);
  fc.assert(
    fc.property(amountMinor, rateText, currency, rule, (amount, text, to, rounding) => {
      const from = { amountMinor: amount, currency: 'EUR' };
      const exact = productOf(from, to, rate(text));
      const { amountMinor: rounded, residue } = applyRate(from, to, rate(text), rounding);
      const Wide = Decimal.clone({ precision: 80 });
      expect(new Wide(rounded.toString()).plus(residue).equals(exact)).toBe(true);
      expect(residue.abs().lte('0.5')).toBe(true);
    }),
  );
});

test('writes every rate so that it reads back as itself', () => {
  fc.assert(
    fc.property(rateText, (text) => {
      expect(rate(formatRate(rate(text))).equals(rate(text))).toBe(true);
    }),
  );
});

test('inverts to 20 digits: twice gives the rate back but for the twentieth', () => {
  expect(formatRate(invertRate(rate('0.8')))).toBe('1.25');
  expect(formatRate(invertRate(rate('3')))).toBe('0.33333333333333333333');
  const Wide = Decimal.clone({ precision: 80 });
  fc.assert(
    fc.property(rateText, (text) => {
      const twice = invertRate(invertRate(rate(text)));
      const off = new Wide(twice).minus(rate(text)).abs().div(rate(text));
      expect(off.lte('2e-19')).toBe(true);
    }),
  );
});

test.each<[bigint, string, bigint, string, string]>([
  [10_000n, 'USD', 9231n, 'EUR', '0.9231'],
  [1234n, 'EUR', 2015n, 'JPY', '163.29011345218800648'],
  [25_340n, 'CLF', 100_000n, 'KWD', '39.4632991318074191'],
])('%s %s for %s %s is a rate of %s', (fromMinor, from, toMinorUnits, to, text) => {
  const [one, other] = [
    { amountMinor: fromMinor, currency: from },
    { amountMinor: toMinorUnits, currency: to },
  ];
  expect(formatRate(rateBetween(one, other))).toBe(text);
});

test('takes a currency that ISO 4217 does not have for a bug', () => {
  expect(() => toMinor(1n, 'EUR', 'XXX', rate('1'))).toThrow('XXX is a currency');
});
