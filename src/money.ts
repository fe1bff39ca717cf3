import { type Currency, historicCurrencyExponent } from './currency.ts';

/** An amount in minor units of its currency (cents for EUR, yen for JPY). */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** The largest amount one record may carry: what a Postgres bigint holds. */
const MAX_MINOR = 2n ** 63n - 1n;

export type AmountRefusal =
  | 'AMOUNT_MISSING'
  | 'BAD_NUMBER'
  | 'TOO_MANY_DECIMALS'
  | 'AMOUNT_RANGE'
  | 'CCY_UNKNOWN';

export type AmountResult =
  | { readonly ok: true; readonly amountMinor: bigint }
  | { readonly ok: false; readonly reason: AmountRefusal };

/** How a source writes numbers; declared once per source, never guessed per cell. */
export interface NumberFormat {
  readonly decimal: '.' | ',';
  /** Thousands separator allowed between groups of three digits. */
  readonly group?: '.' | ',' | ' ' | "'";
  /** Whether `+5` is read as 5. */
  readonly plusSign?: boolean;
  /** Whether the separator may end the number, as MT940 writes `80,`. */
  readonly trailingSeparator?: boolean;
}

const PATTERNS = new WeakMap<NumberFormat, RegExp>();

function patternOf(format: NumberFormat): RegExp {
  let pattern = PATTERNS.get(format);
  if (pattern === undefined) {
    const sign = format.plusSign ? '[+-]?' : '-?';
    const group = format.group === undefined ? '' : `|\\d{1,3}(?:\\${format.group}\\d{3})+`;
    const fraction = format.trailingSeparator ? '\\d*' : '\\d+';
    pattern = new RegExp(`^(${sign})(\\d+${group})(?:\\${format.decimal}(${fraction}))?$`);
    PATTERNS.set(format, pattern);
  }
  return pattern;
}

/**
 * Reads a decimal number in major units as exact minor units.
 *
 * Never rounds: digits beyond the currency's exponent (ISO 4217) are refused unless they are zeros.
 * Refuses exponents, hexadecimal, blanks, digits of other scripts and anything else the format does not declare.
 */
export function parseAmount(text: string, currency: Currency, format: NumberFormat): AmountResult {
  const exponent = historicCurrencyExponent(currency);
  if (exponent === undefined) return { ok: false, reason: 'CCY_UNKNOWN' };
  if (text === '') return { ok: false, reason: 'AMOUNT_MISSING' };
  const found = patternOf(format).exec(text);
  if (!found) return { ok: false, reason: 'BAD_NUMBER' };
  const whole =
    format.group === undefined ? (found[2] ?? '') : (found[2] ?? '').replaceAll(format.group, '');
  let fraction = found[3] ?? '';
  if (fraction.length > exponent) {
    if (!/^0*$/.test(fraction.slice(exponent))) return { ok: false, reason: 'TOO_MANY_DECIMALS' };
    fraction = fraction.slice(0, exponent);
  }
  const magnitude = BigInt(whole + fraction.padEnd(exponent, '0'));
  if (magnitude > MAX_MINOR) return { ok: false, reason: 'AMOUNT_RANGE' };
  return { ok: true, amountMinor: found[1] === '-' ? -magnitude : magnitude };
}

/** Writes minor units as a decimal number in major units: `-1234n` EUR is `-12.34`. */
export function formatAmount(amountMinor: bigint, currency: Currency): string {
  const exponent = historicCurrencyExponent(currency) ?? 2;
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor)
    .toString()
    .padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Writes money for people: `1,234.56 EUR`. */
export function formatMoney(money: Money): string {
  const [whole = '', fraction] = formatAmount(money.amountMinor, money.currency).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${fraction === undefined ? grouped : `${grouped}.${fraction}`} ${money.currency}`;
}

/** The sum, exactly, of bigint minor units. */
export function sumMinor(amounts: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum;
}
