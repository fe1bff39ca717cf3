import { Decimal } from 'decimal.js';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { formatMoney, type Money } from '../../money.ts';
import type { Exchange } from '../record.ts';

/** Two amounts of 18 digits and a rate of 11 multiply without loss. */
const Exact = Decimal.clone({ precision: 60 });

/**
 * Why a rate does not tie an entry to its amount in the other currency, as a sentence; `undefined` when it does.
 *
 * The rate is multiplied with the amount in its unit currency and must give the other within one minor unit; where the
 * file names no unit currency, either way will do. `amounts` are the amounts the entry's side may have had, unsigned,
 * with and without charges.
 */
export function rateFault(
  exchange: Exchange,
  amounts: readonly bigint[],
  currency: Currency,
): string | undefined {
  const { rate } = exchange;
  if (rate === null) return undefined;
  const other: Money = { amountMinor: exchange.amountMinor, currency: exchange.currency };
  const own = amounts.map((amountMinor): Money => ({ amountMinor, currency }));
  const isPriceOfOther = own.some((money) => isPrice(other, money, rate));
  const isPriceOfOwn = own.some((money) => isPrice(money, other, rate));
  const { unitCurrency } = exchange;
  if (unitCurrency === other.currency ? isPriceOfOther : isPriceOfOwn) return undefined;
  if (unitCurrency !== other.currency && unitCurrency !== currency && isPriceOfOther)
    return undefined;
  const [booked] = own;
  const sides = `${formatMoney(other)} and ${booked === undefined ? currency : formatMoney(booked)}`;
  return isPriceOfOther || isPriceOfOwn
    ? `the rate ${rate} ties ${sides} only when it prices one unit of the other currency than ${unitCurrency}`
    : `the rate ${rate} does not tie ${sides}`;
}

/** Whether an amount at the price of one unit gives the other within one minor unit. */
function isPrice(unit: Money, quoted: Money, rate: string): boolean {
  const shift = exponentOf(quoted.currency) - exponentOf(unit.currency);
  const product = new Exact(unit.amountMinor.toString())
    .times(rate)
    .times(new Exact(10).pow(shift));
  return product.minus(quoted.amountMinor.toString()).abs().lte(1);
}

function exponentOf(currency: Currency): number {
  return historicCurrencyExponent(currency) ?? 2;
}
