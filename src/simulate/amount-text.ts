/** The currencies of a world and the digits of their minor units. */
export type WorldCurrency = 'EUR' | 'USD' | 'JPY' | 'GBP';

const DIGITS: Readonly<Record<WorldCurrency, number>> = { EUR: 2, USD: 2, JPY: 0, GBP: 2 };

/** Minor units as a decimal number of major units: -1234n EUR is `-12.34`, 1234n JPY is `1234`. */
export function amountText(minor: bigint, currency: WorldCurrency): string {
  const digits = DIGITS[currency];
  const magnitude = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  const cut = magnitude.length - digits;
  const fraction = digits === 0 ? '' : `.${magnitude.slice(cut)}`;
  return `${minor < 0n ? '-' : ''}${magnitude.slice(0, cut)}${fraction}`;
}

/** Minor units in the size this currency is usually spent in, from an amount of cents. */
export function inUsualSize(cents: number, currency: WorldCurrency): bigint {
  return BigInt(currency === 'JPY' ? cents + 100 : cents);
}
