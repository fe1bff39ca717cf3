import { historicCurrencyExponent } from '../../currency.ts';
import type { Money } from '../../money.ts';
import type { Exchange } from '../record.ts';
import { isFault, readMoney } from './iso-field.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

/** What `AmtDtls` says of an entry in another currency. */
export interface ReadExchange {
  readonly exchange: Exchange;
  /** Amounts it gives in the entry's own currency, unsigned. */
  readonly ownAmounts: readonly bigint[];
}

interface Quoted {
  readonly money: Money;
  readonly quotation: XmlElement | undefined;
}

/** What was ordered tells more than what banks settled between them. */
const AMOUNTS = ['InstdAmt', 'CntrValAmt', 'TxAmt', 'AnncdPstngAmt'] as const;

/**
 * Finds the amount in another currency than the entry's, and the rate (`CcyXchg`) beside it or beside a sister amount.
 *
 * `places` are elements that may hold `AmtDtls`, the entry before its detail.
 */
export function readExchange(
  places: readonly (XmlElement | undefined)[],
  currency: string,
): ReadExchange | undefined {
  const quoted: Quoted[] = [];
  for (const place of places) takeQuoted(quoted, place);
  const other = quoted.find(({ money }) => money.currency !== currency);
  if (other === undefined) return undefined;
  const quotation = other.quotation ?? quoted.find((one) => one.quotation !== undefined)?.quotation;
  const rate = textAt(quotation, 'XchgRate');
  const unit = textAt(quotation, 'UnitCcy');
  const isRate = rate !== undefined && /^\d+(?:\.\d+)?$/.test(rate);
  const isUnit = unit !== undefined && historicCurrencyExponent(unit) !== undefined;
  return {
    exchange: {
      amountMinor: other.money.amountMinor,
      currency: other.money.currency,
      rate: isRate ? rate : null,
      unitCurrency: isUnit ? unit : null,
    },
    ownAmounts: quoted
      .filter(({ money }) => money.currency === currency)
      .map(({ money }) => money.amountMinor),
  };
}

function takeQuoted(quoted: Quoted[], place: XmlElement | undefined): void {
  const details = childOf(place, 'AmtDtls');
  for (const name of details === undefined ? [] : AMOUNTS) {
    const element = childOf(details, name);
    takeMoney(quoted, childOf(element, 'Amt'), childOf(element, 'CcyXchg'));
  }
  // Only a detail's own amount may be in another currency; an entry's is the one that was booked.
  if (place?.name === 'TxDtls') takeMoney(quoted, childOf(place, 'Amt'), undefined);
}

function takeMoney(
  quoted: Quoted[],
  amt: XmlElement | undefined,
  quotation: XmlElement | undefined,
): void {
  const money = amt === undefined ? undefined : readMoney(amt);
  if (money !== undefined && !isFault(money)) quoted.push({ money, quotation });
}
