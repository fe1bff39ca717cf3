import type { BusinessDate } from '../../business-date.ts';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { FileRefusal } from '../record.ts';
import { hasDecimalPoint, parseMtAmount } from './mt-amount.ts';
import { parseMtDate } from './mt-date.ts';
import type { Tag } from './mt-tags.ts';

/** Fields 60 and 62: `C140507EUR500,` is mark, date, currency, amount. */
export interface Balance {
  /** `null` when the field leaves it out and the statement has none yet. */
  readonly currency: Currency | null;
  readonly amountMinor: bigint;
  readonly date: BusinessDate | null;
  readonly hasDecimalPoint: boolean;
}

const BALANCE = /^([CD]) ?(\d{6}) ?([A-Z]{3})? ?([\d.,]+)$/;

/**
 * Reads a balance; `undefined` when it is unreadable.
 *
 * A currency that ISO 4217 does not have refuses the file: no amount under it has a known scale.
 */
export function parseBalance(tag: Tag, currencySoFar: Currency | null): Balance | undefined {
  const [, mark, dateText = '', code, amountText = ''] =
    BALANCE.exec(firstLine(tag.text).trim()) ?? [];
  if (mark === undefined) return undefined;
  const currency = code ?? currencySoFar;
  if (currency === null) return undefined;
  assertKnownCurrency(currency, tag);
  const amount = parseMtAmount(amountText, currency);
  if (!amount.ok) return undefined;
  return {
    currency,
    amountMinor: mark === 'D' ? -amount.amountMinor : amount.amountMinor,
    date: parseMtDate(dateText)?.date ?? null,
    hasDecimalPoint: hasDecimalPoint(amountText),
  };
}

/** The currency of a balance whose amount is unreadable: its entries are still in it. */
export function parseBalanceCurrency(tag: Tag): Currency | null {
  const code = /^[CD] ?\d{6} ?([A-Z]{3})/.exec(tag.text.trimStart())?.[1];
  return code !== undefined && historicCurrencyExponent(code) !== undefined ? code : null;
}

/** The currency of a floor limit (`:34F:EURD0,00`), the only place where an MT942 tells it. */
export function parseFloorCurrency(tag: Tag): Currency | null {
  const code = /^\s*([A-Z]{3})/.exec(tag.text)?.[1];
  if (code === undefined) return null;
  assertKnownCurrency(code, tag);
  return code;
}

/** The first line of a field that has only one. */
export function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

function assertKnownCurrency(currency: Currency, tag: Tag): void {
  if (historicCurrencyExponent(currency) !== undefined) return;
  throw new FileRefusal('CCY_UNKNOWN', `:${tag.id}: has the unknown currency "${currency}"`, {
    line: tag.line,
  });
}
