import { expect, test } from 'vitest';
import { currenciesInUse, currencyExponent, historicCurrencyExponent } from '../src/currency.ts';

test.each([
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['CLF', 4],
  ['UYW', 4],
])('%s has %i digits', (code, exponent) => {
  expect(currencyExponent(code)).toBe(exponent);
});

test.each([
  ['HUF', 2],
  ['IDR', 2],
  ['COP', 2],
  ['ALL', 2],
  ['IQD', 3],
  ['ISK', 0],
  ['UGX', 0],
])('%s has the %i digits of the standard, whatever the platform displays', (code, exponent) => {
  expect(currencyExponent(code)).toBe(exponent);
});

test.each([
  'XXX',
  'XTS',
  'XAU',
  'eur',
  'EU',
  'EURO',
  '',
  ' EUR',
  'constructor',
  '__proto__',
  'toString',
])('knows no currency "%s"', (code) => {
  expect(currencyExponent(code)).toBeUndefined();
  expect(historicCurrencyExponent(code)).toBeUndefined();
});

test.each([
  ['HRK', 2],
  ['BGN', 2],
  ['BYR', 0],
  ['ITL', 0],
  ['RUR', 2],
  ['DEM', 2],
])('remembers the digits of %s, which is not in use', (code, exponent) => {
  expect(currencyExponent(code)).toBeUndefined();
  expect(historicCurrencyExponent(code)).toBe(exponent);
});

test('lists each currency in use once, by code', () => {
  const codes = currenciesInUse().map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort());
  expect(codes).toContain('EUR');
  expect(codes).not.toContain('HRK');
});
