import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currenciesInUse, historicCurrencyExponent } from '../src/currency.ts';
import {
  formatAmount,
  formatMoney,
  type NumberFormat,
  parseAmount,
  sumMinor,
} from '../src/money.ts';

const POINT: NumberFormat = { decimal: '.' };
const COMMA: NumberFormat = { decimal: ',' };
const MAX = 2n ** 63n - 1n;

const currency = fc.constantFrom(...currenciesInUse().map(({ code }) => code), 'ITL', 'HRK');
const amountMinor = fc.oneof(fc.bigInt(-MAX, MAX), fc.bigInt(-1000n, 1000n));

function read(text: string, code = 'EUR', format = POINT): bigint | string {
  const result = parseAmount(text, code, format);
  return result.ok ? result.amountMinor : result.reason;
}

const GROUPED: readonly [string, NumberFormat][] = [
  ['1.234,56', { decimal: ',', group: '.' }],
  ['1,234.56', { decimal: '.', group: ',' }],
  ['1 234,56', { decimal: ',', group: ' ' }],
  ["1'234.56", { decimal: '.', group: "'" }],
];

test.each(GROUPED)(
  'reads %s in the format that declares it, and in none of the others',
  (text, format) => {
    expect(read(text, 'EUR', format)).toBe(123_456n);
    for (const [other, otherFormat] of GROUPED) {
      if (other !== text) expect(read(text, 'EUR', otherFormat)).toBe('BAD_NUMBER');
    }
    expect(read(text, 'EUR', POINT)).toBe('BAD_NUMBER');
    expect(read(text, 'EUR', COMMA)).toBe('BAD_NUMBER');
  },
);

test.each(['1,23', '12,34,567', '1,2345', ',234', '1,,234', '1234,567', '1,234,', '1,234.567,8'])(
  'refuses groups that are not thousands: %s',
  (text) => {
    expect(read(text, 'KWD', { decimal: '.', group: ',' })).toBe('BAD_NUMBER');
  },
);

test('never guesses what 1,234 means', () => {
  expect(read('1,234')).toBe('BAD_NUMBER');
  expect(read('1,234', 'EUR', COMMA)).toBe('TOO_MANY_DECIMALS');
  expect(read('1,234', 'KWD', COMMA)).toBe(1_234n);
  expect(read('1,234', 'EUR', { decimal: '.', group: ',' })).toBe(123_400n);
});

test('tells an amount that is missing from one that is none', () => {
  expect(read('')).toBe('AMOUNT_MISSING');
});

test.each([
  ' ',
  '-',
  'N/A',
  'null',
  'undefined',
  '1 000',
  ' 1',
  '1 ',
  '1\n',
  '\t1',
  '1\u00a0000',
  '1\u202f000',
])('refuses %j, which is no number', (text) => {
  expect(read(text)).toBe('BAD_NUMBER');
});

test.each([
  '1e3',
  '1E+5',
  '0x1F',
  '1_000',
  'Infinity',
  'NaN',
  '+5',
  '.5',
  '5.',
  '١٢',
  '１２',
  '\u22125',
  '--5',
  '-',
  '1.2.3',
  '1n',
])('refuses %s, which other readers accept', (text) => {
  expect(read(text)).toBe('BAD_NUMBER');
});

test.each(['(12.34)', '12.34-', '12.34 CR', '€12.34', '12.34EUR'])(
  'refuses %s, which no format declares',
  (text) => {
    expect(read(text)).toBe('BAD_NUMBER');
  },
);

test('reads a plus sign and a separator at the end where the format declares them', () => {
  const format = { decimal: ',', plusSign: true, trailingSeparator: true } as const;
  expect(read('+5,', 'EUR', format)).toBe(500n);
  expect(read('80,', 'EUR', format)).toBe(8_000n);
  expect(read('-80,5', 'EUR', format)).toBe(-8_050n);
  expect(read(',5', 'EUR', format)).toBe('BAD_NUMBER');
  expect(read('+', 'EUR', format)).toBe('BAD_NUMBER');
});

test('reads a separator at the beginning where the format declares it', () => {
  const format = { decimal: '.', leadingSeparator: true, trailingSeparator: true } as const;
  expect(read('.5', 'EUR', format)).toBe(50n);
  expect(read('-.05', 'EUR', format)).toBe(-5n);
  expect(read('.00', 'JPY', format)).toBe(0n);
  expect(read('.005', 'EUR', format)).toBe('TOO_MANY_DECIMALS');
  for (const text of ['.', '-.', '..5', '.5.']) {
    expect(read(text, 'EUR', format)).toBe('BAD_NUMBER');
  }
});

test.each([
  ['9007199254740993', 'JPY', 9_007_199_254_740_993n],
  ['9007199254740.993', 'KWD', 9_007_199_254_740_993n],
  ['90071992547409.93', 'EUR', 9_007_199_254_740_993n],
  ['92233720368547758.07', 'EUR', MAX],
  ['-92233720368547758.07', 'EUR', -MAX],
  ['000000000000000000000001.50', 'EUR', 150n],
])('keeps every digit of %s %s', (text, code, expected) => {
  expect(read(text, code)).toBe(expected);
});

test.each([
  '92233720368547758.08',
  '-92233720368547758.08',
  '99999999999999999999',
  '1'.repeat(400),
])('refuses %s, which a posting cannot hold', (text) => {
  expect(read(text)).toBe('AMOUNT_RANGE');
});

test.each([
  ['1.005', 'EUR'],
  ['0.001', 'EUR'],
  ['100.50', 'JPY'],
  ['1.2345', 'KWD'],
  ['0.00001', 'CLF'],
])('never rounds %s %s', (text, code) => {
  expect(read(text, code)).toBe('TOO_MANY_DECIMALS');
});

test.each([
  ['1.500', 'EUR', 150n],
  ['100.00', 'JPY', 100n],
  ['0.0000000000', 'EUR', 0n],
])('takes zeros beyond the digits of the currency: %s %s', (text, code, expected) => {
  expect(read(text, code)).toBe(expected);
});

test.each(['-0', '-0.00', '0.00', '0'])('reads %s as the one zero there is', (text) => {
  expect(read(text)).toBe(0n);
  expect(formatAmount(0n, 'EUR')).toBe('0.00');
});

test.each([
  ['1.234', 'KWD', 1_234n],
  ['1.2345', 'CLF', 12_345n],
  ['1.2345', 'UYW', 12_345n],
  ['1.5', 'HUF', 150n],
  ['1.50', 'IDR', 150n],
  ['1.234', 'IQD', 1_234n],
  ['5', 'ISK', 5n],
])('reads %s %s with the digits of the standard', (text, code, expected) => {
  expect(read(text, code)).toBe(expected);
});

test.each(['XXX', 'XTS', 'eur', 'ZZZ', '', 'toString'])('refuses an amount of %s', (code) => {
  expect(read('1', code)).toBe('CCY_UNKNOWN');
});

test('reads what an old statement says in a currency that was withdrawn', () => {
  expect(read('1.50', 'HRK')).toBe(150n);
  expect(read('1.50', 'ITL')).toBe('TOO_MANY_DECIMALS');
});

test('reading what was written gives back every amount in every currency', () => {
  fc.assert(
    fc.property(amountMinor, currency, (amount, code) => {
      expect(read(formatAmount(amount, code), code)).toBe(amount);
    }),
  );
});

test('one more digit is refused unless it is zero', () => {
  fc.assert(
    fc.property(amountMinor, currency, fc.integer({ min: 1, max: 9 }), (amount, code, digit) => {
      const point = historicCurrencyExponent(code) === 0 ? '.' : '';
      const written = `${formatAmount(amount, code)}${point}`;
      expect(read(`${written}0`, code)).toBe(amount);
      expect(read(`${written}${digit}`, code)).toBe('TOO_MANY_DECIMALS');
    }),
  );
});

test('whatever the text, an amount is read exactly or refused', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'0123456789.,-+ e\u0660\u00a0'.split('')),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, currency, (given, code) => {
      const result = parseAmount(given, code, POINT);
      if (!result.ok) return;
      expect(given).toMatch(/^-?[0-9]+(\.[0-9]+)?$/);
      const [whole = '', fraction = ''] = given.replace('-', '').split('.');
      const digits = `${whole}${fraction.padEnd(4, '0')}`;
      const scale =
        10n ** BigInt(Math.max(fraction.length, 4) - (historicCurrencyExponent(code) ?? 0));
      const magnitude = result.amountMinor < 0n ? -result.amountMinor : result.amountMinor;
      expect(magnitude * scale).toBe(BigInt(digits));
    }),
  );
});

test.each([
  [-1234n, 'EUR', '-12.34', '-12.34 EUR'],
  [-5n, 'EUR', '-0.05', '-0.05 EUR'],
  [5n, 'KWD', '0.005', '0.005 KWD'],
  [1_234_567n, 'JPY', '1234567', '1,234,567 JPY'],
  [123_456_789n, 'EUR', '1234567.89', '1,234,567.89 EUR'],
  [-100_000n, 'EUR', '-1000.00', '-1,000.00 EUR'],
  [-99_900n, 'EUR', '-999.00', '-999.00 EUR'],
  [12_345_678n, 'CLF', '1234.5678', '1,234.5678 CLF'],
])('writes %s minor units of %s as %s', (amount, code, text, forPeople) => {
  expect(formatAmount(amount, code)).toBe(text);
  expect(formatMoney({ amountMinor: amount, currency: code })).toBe(forPeople);
});

test('sums exactly, beyond what a float or a bigint column holds', () => {
  expect(sumMinor([])).toBe(0n);
  expect(sumMinor([MAX, 1n, -2n])).toBe(MAX - 1n);
  expect(sumMinor([MAX, MAX])).toBe(2n * MAX);
});
