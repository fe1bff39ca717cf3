import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import { type Fault, isFault, readDate, readMoney, readSign } from './iso-field.ts';
import { childOf, firstTextAt, textAt, type XmlElement } from './xml-element.ts';

/** One `Bal` of a statement. */
export interface Balance {
  /** `OPBD`, `PRCD`, `ITBD`, `CLBD`, …; interim ones with their subtype, `OPBD/INTM`. */
  readonly type: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly date: BusinessDate | null;
  /** The date or date-time as written; balances of one type are ordered by it. */
  readonly at: string;
  /** Whether the file tells the balance's direction; it is a credit when it does not. */
  readonly hasDirection: boolean;
}

const TYPE_PATHS = [
  ['Tp', 'CdOrPrtry', 'Cd'],
  ['Tp', 'CdOrPrtry', 'Prtry'],
  ['Tp', 'Cd'],
] as const;

/** Reads a `Bal` element. */
export function readBalance(element: XmlElement): Balance | Fault {
  const money = readMoney(childOf(element, 'Amt'));
  if (isFault(money)) return money;
  const date = readDate(element, 'Dt');
  if (isFault(date)) return date;
  const isInterim =
    (textAt(element, 'Tp', 'SubTp', 'Cd') ?? textAt(element, 'Tp', 'SubTp')) === 'INTM';
  const sign = readSign(element);
  return {
    type: `${firstTextAt(element, TYPE_PATHS) ?? ''}${isInterim ? '/INTM' : ''}`,
    amountMinor: (sign ?? 1n) * money.amountMinor,
    currency: money.currency,
    date,
    at: firstTextAt(element, [['Dt', 'DtTm'], ['Dt', 'Dt'], ['Dt']]) ?? '',
    hasDirection: sign !== undefined,
  };
}

/**
 * The balance before the first entry: opening, else the previous closing, else a page's interim opening.
 *
 * An interim balance (ITBD) opens a page only when another balance closes it.
 */
export function openingOf(balances: readonly Balance[]): Balance | undefined {
  for (const type of ['OPBD', 'PRCD', 'OPBD/INTM']) {
    const found = ofType(balances, type)[0];
    if (found) return found;
  }
  const interim = ofType(balances, 'ITBD');
  const isClosed = interim.length > 1 || balances.some(({ type }) => type.startsWith('CLBD'));
  return isClosed ? interim[0] : undefined;
}

/** The balance after the last entry: closing, else a page's interim one. */
export function closingOf(balances: readonly Balance[]): Balance | undefined {
  for (const type of ['CLBD', 'CLBD/INTM', 'ITBD']) {
    const found = ofType(balances, type).at(-1);
    if (found) return found;
  }
  return undefined;
}

function ofType(balances: readonly Balance[], type: string): Balance[] {
  const found = balances.filter((balance) => balance.type === type);
  return found.sort((left, right) => (left.at < right.at ? -1 : Number(left.at > right.at)));
}
