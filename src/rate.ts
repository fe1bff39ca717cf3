import { Decimal } from 'decimal.js';
import { type Currency, currencyExponent } from './currency.ts';
import { assertInvariant } from './errors.ts';
import type { Money } from './money.ts';

/** An amount has at most 19 digits and a rate at most 20: in 40 digits their product is always exact. */
const Exact = Decimal.clone({ precision: 40 });

/** Digits a rate may have, without leading zeros: what an exact product leaves room for. */
const RATE_DIGITS = 20;

/** Digits before or after the point beyond which a number is no price of money. */
const RATE_PLACES = 30;

/** Units of one currency for one unit of another, both in major units; greater than zero, exact. */
export type Rate = Decimal;

/** What becomes of exactly half a minor unit: to the even neighbour (IEEE 754, ISO 80000-1), or away from zero. */
export type Rounding = 'half_even' | 'half_up';

const MODE: Readonly<Record<Rounding, Decimal.Rounding>> = {
  half_even: Decimal.ROUND_HALF_EVEN,
  half_up: Decimal.ROUND_HALF_UP,
};

export interface Rounded {
  readonly amountMinor: bigint;
  /** What rounding left: the exact amount less the rounded one, in minor units; never more than half of one. */
  readonly residue: Decimal;
}

/**
 * Reads a rate written as a plain decimal, `1.0843`, exactly.
 *
 * `undefined` for zero, a sign, an exponent, a separator of thousands, and for more than 20 digits that count.
 */
export function parseRate(text: string): Rate | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || whole.length > RATE_PLACES || fraction.length > RATE_PLACES)
    return undefined;
  const rate = new Exact(text);
  return rate.isZero() || rate.precision() > RATE_DIGITS ? undefined : rate;
}

/** Writes a rate as a plain decimal without trailing zeros: equal rates read the same. */
export function formatRate(rate: Rate): string {
  return rate.toFixed();
}

/** The rate the other way round, to 20 digits, half to even: exact only where 1 ÷ rate ends. */
export function invertRate(rate: Rate): Rate {
  return toRateDigits(new Exact(1).div(rate));
}

/** The rate at which one amount would be the other: units of `to` for one unit of `from`, to 20 digits, half to even. */
export function rateBetween(from: Money, to: Money): Rate {
  const rate = new Exact(to.amountMinor.toString()).div(from.amountMinor.toString());
  return toRateDigits(shifted(rate, exponentOf(from.currency) - exponentOf(to.currency)));
}

function toRateDigits(rate: Decimal): Rate {
  return rate.toSignificantDigits(RATE_DIGITS, Decimal.ROUND_HALF_EVEN);
}

/** What an amount is worth at a rate, in minor units of the other currency, with all its decimals: never rounded. */
export function productOf(from: Money, toCurrency: Currency, rate: Rate): Decimal {
  const product = new Exact(from.amountMinor.toString()).times(rate);
  return shifted(product, exponentOf(toCurrency) - exponentOf(from.currency));
}

/** The product of {@link productOf}, rounded to whole minor units of the other currency (ISO 4217), and what that left. */
export function applyRate(
  from: Money,
  toCurrency: Currency,
  rate: Rate,
  rounding: Rounding = 'half_even',
): Rounded {
  return roundToMinor(productOf(from, toCurrency, rate), rounding);
}

/** Rounds an amount with decimals of a minor unit to whole ones; a negative amount mirrors the positive one. */
export function roundToMinor(exact: Decimal, rounding: Rounding): Rounded {
  const whole = exact.toDecimalPlaces(0, MODE[rounding]);
  return { amountMinor: BigInt(whole.toFixed()), residue: exact.minus(whole) };
}

/** Converts minor units of one currency into minor units of another at a rate, half to even. */
export function toMinor(
  fromMinor: bigint,
  fromCurrency: Currency,
  toCurrency: Currency,
  rate: Rate,
): bigint {
  return applyRate({ amountMinor: fromMinor, currency: fromCurrency }, toCurrency, rate)
    .amountMinor;
}

function shifted(value: Decimal, places: number): Decimal {
  return value.times(new Exact(10).pow(places));
}

function exponentOf(currency: Currency): number {
  const exponent = currencyExponent(currency);
  assertInvariant(exponent !== undefined, `${currency} is a currency of ISO 4217 in use`);
  return exponent;
}
