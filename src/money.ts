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
  readonly group?: '.' | ',' | ' ' | "'" | '’' | '\u00a0' | '\u202f';
  /** Whether `+5` is read as 5. */
  readonly plusSign?: boolean;
  /** Whether the separator may end the number, as MT940 writes `80,`. */
  readonly trailingSeparator?: boolean;
  /** Whether the separator may begin the number, as in `,50`; XML Schema allows `.50`. */
  readonly leadingSeparator?: boolean;
  /** Whether `5-` is read as -5. */
  readonly trailingMinus?: boolean;
  /** Whether `(5)` is read as -5. */
  readonly parentheses?: boolean;
  /** Whether the minus sign U+2212 is one. */
  readonly unicodeMinus?: boolean;
  /** Currency symbols and codes that may stand before or after the number. */
  readonly symbols?: readonly string[];
  /** Whether amounts are integers of minor units; major units otherwise. */
  readonly unit?: 'major' | 'minor';
  /** Digits of the minor unit in this source, where they are not those of ISO 4217; for `unit: minor`. */
  readonly exponents?: Readonly<Record<Currency, number>>;
  /** Digits this source may write beyond the minor unit; amounts are then read in that fraction of it. */
  readonly extraDecimals?: number;
}

/** Digits that a double holds exactly, so that their sum needs no bigint until it is whole. */
const EXACT_DIGITS = 15;

const PATTERNS = new WeakMap<NumberFormat, RegExp>();

function patternOf(format: NumberFormat): RegExp {
  let pattern = PATTERNS.get(format);
  if (pattern === undefined) {
    pattern = new RegExp(sourceOf(format));
    PATTERNS.set(format, pattern);
  }
  return pattern;
}

function sourceOf(format: NumberFormat): string {
  const signs = `${format.plusSign ? '+' : ''}${format.unicodeMinus ? '\u2212' : ''}`;
  const group = format.group === undefined ? '' : `|\\d{1,3}(?:\\${format.group}\\d{3})+`;
  const digits = format.trailingSeparator ? '\\d*' : '\\d+';
  const fraction = format.unit === 'minor' ? '()' : `(?:\\${format.decimal}(${digits}))?`;
  const words = (format.symbols ?? []).map((symbol) => symbol.replaceAll(/[^\p{L}\d]/gu, '\\$&'));
  const symbol = words.length === 0 ? '' : `(?:${words.join('|')})`;
  const before = symbol === '' ? '' : `(?:${symbol}[ \u00a0]?)?`;
  const after = symbol === '' ? '' : `(?:[ \u00a0]?${symbol})?`;
  const second = symbol === '' ? '()' : `([${signs}-]?)`;
  const trailing = format.trailingMinus ? '(-?)' : '()';
  const [open, close] = format.parentheses ? ['(\\(?)', '(\\)?)'] : ['()', '()'];
  const none = format.leadingSeparator ? `|(?=\\${format.decimal}\\d)` : '';
  return `^${open}([${signs}-]?)${before}${second}(\\d+${group}${none})${fraction}${after}${trailing}${close}$`;
}

/**
 * Reads a decimal number as exact minor units, or as the fraction of them that `extraDecimals` tells.
 *
 * Never rounds: digits beyond the currency's exponent (ISO 4217) are refused unless they are zeros.
 * Refuses exponents, hexadecimal, blanks, digits of other scripts and anything else the format does not declare.
 */
export function parseAmount(text: string, currency: Currency, format: NumberFormat): AmountResult {
  const digits = historicCurrencyExponent(currency);
  if (digits === undefined) return { ok: false, reason: 'CCY_UNKNOWN' };
  const exponent = digits + (format.extraDecimals ?? 0);
  const plain = format.unit === 'minor' ? undefined : plainAmount(text, exponent, format.decimal);
  if (plain !== undefined) return { ok: true, amountMinor: plain };
  if (text === '') return { ok: false, reason: 'AMOUNT_MISSING' };
  const found = patternOf(format).exec(text);
  if (!found) return { ok: false, reason: 'BAD_NUMBER' };
  const [, open = '', first = '', second = '', whole = '', fraction = '', trailing = ''] = found;
  const marks = [open, first, second, trailing].filter((mark) => mark !== '');
  const isPaired = (open === '') === ((found[7] ?? '') === '');
  if (marks.length > 1 || !isPaired) return { ok: false, reason: 'BAD_NUMBER' };
  const ungrouped = format.group === undefined ? whole : whole.replaceAll(format.group, '');
  const scaled =
    format.unit === 'minor'
      ? inMinor(ungrouped, currency, format, exponent)
      : { whole: ungrouped, fraction };
  return exactMinor(scaled, exponent, marks.length > 0 && marks[0] !== '+');
}

/** The commonest shape, digits and at most one separator, without a regular expression; `undefined` for any other. */
function plainAmount(text: string, exponent: number, decimal: string): bigint | undefined {
  const { length } = text;
  const isNegative = text.charCodeAt(0) === 45;
  const start = isNegative ? 1 : 0;
  if (length === start || length - start > EXACT_DIGITS - exponent) return undefined;
  let [value, point] = [0, -1];
  for (let at = start; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (point === -1 && at > start && text[at] === decimal) point = at;
    else return undefined;
  }
  const decimals = point === -1 ? 0 : length - point - 1;
  if (decimals > exponent || (point !== -1 && decimals === 0)) return undefined;
  const minor = BigInt(value * 10 ** (exponent - decimals));
  return isNegative ? -minor : minor;
}

/** An integer of the source's minor units, as a whole and a fraction of the currency. */
function inMinor(whole: string, currency: Currency, format: NumberFormat, exponent: number) {
  const { exponents = {} } = format;
  const digits = Object.hasOwn(exponents, currency) ? (exponents[currency] ?? exponent) : exponent;
  const padded = whole.padStart(digits + 1, '0');
  return digits === 0
    ? { whole: padded, fraction: '' }
    : { whole: padded.slice(0, -digits), fraction: padded.slice(-digits) };
}

function exactMinor(
  { whole, fraction }: { readonly whole: string; readonly fraction: string },
  exponent: number,
  isNegative: boolean,
): AmountResult {
  if (!/^0*$/.test(fraction.slice(exponent))) return { ok: false, reason: 'TOO_MANY_DECIMALS' };
  const magnitude = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  if (magnitude > MAX_MINOR) return { ok: false, reason: 'AMOUNT_RANGE' };
  return { ok: true, amountMinor: isNegative ? -magnitude : magnitude };
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
