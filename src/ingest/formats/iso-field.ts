import { type BusinessDate, parseBusinessDate } from '../../business-date.ts';
import { type Money, type NumberFormat, parseAmount } from '../../money.ts';
import type { Locator, Rejection } from '../record.ts';
import { childOf, describeElement, textAt, textOf, type XmlElement } from './xml-element.ts';

/** Why a field of an ISO 20022 message cannot be read. */
export interface Fault {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
  /** The amount, when it alone could be read. */
  readonly amountMinor?: bigint;
}

/** Whether a field was refused. */
export function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'reason' in value;
}

/** The element with the fault, kept aside. */
export function rejectionOf(fault: Fault, element: XmlElement, locator: Locator): Rejection {
  return {
    kind: 'rejection',
    reason: fault.reason,
    message: fault.message,
    field: fault.field,
    raw: describeElement(element),
    amountMinor: fault.amountMinor ?? null,
    batch: null,
    locator,
  };
}

/** What banks write where they have no reference. */
const NO_REFERENCE = new Set(['NOTPROVIDED', 'NOT PROVIDED', 'NONREF']);
const LONGEST_NO_REFERENCE = 12;

/** A reference that refers to something; `null` for the words that say there is none. */
export function knownReference(text: string | undefined): string | null {
  if (text === undefined) return null;
  // N, or n with the bit of small letters: the other texts, nearly all, need not be turned into capitals.
  const isLikely = text.length <= LONGEST_NO_REFERENCE && (text.charCodeAt(0) | 32) === 110;
  return isLikely && NO_REFERENCE.has(text.toUpperCase()) ? null : text;
}

/** How XML Schema writes a decimal. */
export const XML_DECIMAL: NumberFormat = {
  decimal: '.',
  plusSign: true,
  leadingSeparator: true,
  trailingSeparator: true,
};

/** Reads an element such as `Amt` as exact unsigned money in the currency of its `Ccy` attribute. */
export function readMoney(amt: XmlElement | undefined, name = 'Amt'): Money | Fault {
  if (amt === undefined) return fault('AMOUNT_MISSING', `there is no ${name}`, name);
  if (amt.isMixed || amt.children.length > 0)
    return fault(
      'XML_MIXED_AMOUNT',
      `${name} holds a comment, CDATA or an element beside its digits`,
      name,
    );
  const currency = amt.attributes.Ccy;
  if (!currency) return fault('CCY_MISSING', `${name} has no Ccy`, name);
  const text = amt.text.trim();
  const read = parseAmount(text, currency, XML_DECIMAL);
  if (!read.ok)
    return read.reason === 'CCY_UNKNOWN'
      ? fault(read.reason, `Ccy "${currency.slice(0, 40)}" is not a currency of ISO 4217`, name)
      : fault(read.reason, `${name} "${text.slice(0, 40)}" is not an amount in ${currency}`, name);
  if (read.amountMinor < 0n)
    return fault(
      'BAD_NUMBER',
      `${name} "${text}" is negative; amounts are written without sign`,
      name,
    );
  return { amountMinor: read.amountMinor, currency };
}

function fault(reason: string, message: string, field: string): Fault {
  return { reason, message, field };
}

/** Reads `CdtDbtInd`: 1 for money in, −1 for money out; `undefined` when it is absent or says neither. */
export function readSign(element: XmlElement): 1n | -1n | undefined {
  const indicator = textAt(element, 'CdtDbtInd');
  if (indicator === 'CRDT') return 1n;
  return indicator === 'DBIT' ? -1n : undefined;
}

/**
 * Reads a date as the calendar day it is written with: a choice of `Dt` and `DtTm`, or a plain one, as payment messages of
 * earlier versions have it and some statements against their schema.
 *
 * The offset of a date-time is the bank's own and stays unused: through UTC an evening booking would change its day.
 */
export function readDate(element: XmlElement, field: string): BusinessDate | null | Fault {
  const choice = childOf(element, field);
  return dayOf(textAt(choice, 'Dt') ?? textAt(choice, 'DtTm') ?? textOf(choice), field);
}

const PLAIN_DATE_LENGTH = 10;
const DAYS_KEPT = 1024;
/** Days by their text, because entries are of a few days. Only short texts: a longer one holds on to the chunk it was cut from. */
const daysByText = new Map<string, BusinessDate>();

function dayOf(text: string | undefined, field: string): BusinessDate | null | Fault {
  if (text === undefined) return null;
  const known = daysByText.get(text);
  if (known !== undefined) return known;
  const day = readDay(text, field);
  if (isFault(day) || text.length !== PLAIN_DATE_LENGTH) return day;
  if (daysByText.size >= DAYS_KEPT) daysByText.clear();
  daysByText.set(text, day);
  return day;
}

function readDay(text: string, field: string): BusinessDate | Fault {
  const found = /^(\d{4}-\d{2}-\d{2})(?:T[\d:.,]+)?(?:Z|[+-]\d{2}:?\d{2})?$/.exec(text);
  const day = found?.[1] === undefined ? undefined : parseBusinessDate(found[1]);
  if (day !== undefined) return day;
  return {
    reason: 'BAD_DATE',
    message: `${field} "${text.slice(0, 40)}" is not a calendar day`,
    field,
  };
}
