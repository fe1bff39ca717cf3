import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import type { Charge, Exchange } from '../record.ts';
import { parseMtAmount } from './mt-amount.ts';
import type { CodedValues } from './mt-codes.ts';

const MONEY = /^([A-Z]{3})\s?([\d.,]*\d)/;
const RATE = /^(\d+)(?:[.,](\d+))?(?=$|[ /])/;

/** The charge of `/CHGS/EUR1,50/`: a cost; whether the entry's amount has it inside is not said. */
export function chargesOf(codes: CodedValues): readonly Charge[] {
  const money = moneyOf(codes.get('CHGS'));
  if (money === undefined || money.amountMinor === 0n) return [];
  const { currency, amountMinor } = money;
  return [{ currency, amountMinor: -amountMinor, isIncluded: null, type: null }];
}

/**
 * The original amount of `/OCMT/USD10,00/` with the rate of `/EXCH/1,0875/`, when it is in another currency.
 *
 * The rate keeps its digits; its decimal comma becomes a point.
 */
export function exchangeOf(codes: CodedValues, currency: Currency): Exchange | undefined {
  const money = moneyOf(codes.get('OCMT'));
  if (money === undefined || money.currency === currency) return undefined;
  const [, whole, fraction] = RATE.exec(codes.get('EXCH') ?? '') ?? [];
  const rate = whole === undefined ? null : fraction === undefined ? whole : `${whole}.${fraction}`;
  return { ...money, rate, unitCurrency: null };
}

function moneyOf(
  text: string | undefined,
): { readonly amountMinor: bigint; readonly currency: Currency } | undefined {
  const [, currency, digits] = MONEY.exec(text ?? '') ?? [];
  if (currency === undefined || digits === undefined) return undefined;
  if (historicCurrencyExponent(currency) === undefined) return undefined;
  const amount = parseMtAmount(digits, currency);
  return amount.ok ? { amountMinor: amount.amountMinor, currency } : undefined;
}
