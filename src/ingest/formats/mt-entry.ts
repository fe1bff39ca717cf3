import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import type { EntryStatus } from '../record.ts';
import { hasDecimalPoint, parseMtAmount } from './mt-amount.ts';
import { parseEntryDate, parseMtDate } from './mt-date.ts';

/**
 * Field 61, the statement line:
 *
 *   1405070507CR500,00NTRFOWNER-REF//BANK-REF
 *   |     |   |||     |   |          |
 *   value |   ||amount|   |          bank's reference
 *         entry|funds code owner's reference (or NONREF, KREF+ …)
 *             mark    type
 *   supplementary details
 */
export interface EntryField {
  readonly valueDate: BusinessDate;
  readonly bookingDate: BusinessDate | null;
  /** Signed by the effect on the account. */
  readonly amountMinor: bigint;
  readonly status: EntryStatus;
  readonly isReversal: boolean;
  /** Type and code, `NTRF` or the bank's own `N051`; empty where banks leave it out. */
  readonly typeCode: string;
  readonly ownerReference: string;
  readonly bankReference: string;
  readonly supplement: string;
  readonly notes: readonly EntryNote[];
}

/** Something odd in a readable field, told as a diagnostic. */
export interface EntryNote {
  readonly code: 'DATE_CLAMPED' | 'BAD_ENTRY_DATE' | 'MT_DECIMAL_POINT';
  readonly message: string;
}

/** Why a field is unreadable; the amount is told where it alone could be read. */
export interface EntryRefusal {
  readonly ok: false;
  readonly reason: 'MT_ENTRY' | 'MT_AMOUNT' | 'BAD_DATE' | 'TOO_MANY_DECIMALS' | 'AMOUNT_RANGE';
  readonly message: string;
  readonly amountMinor: bigint | null;
}

/** A readable field 61, or why it is not. */
export type EntryFieldResult = { readonly ok: true; readonly field: EntryField } | EntryRefusal;

interface Dates {
  readonly valueDate: BusinessDate | undefined;
  readonly bookingDate: BusinessDate | null;
  readonly notes: readonly EntryNote[];
}

interface Mark {
  readonly sign: 1 | -1;
  readonly status: EntryStatus;
  readonly isReversal: boolean;
}

const MARKS: Readonly<Record<string, Mark>> = {
  C: { sign: 1, status: 'booked', isReversal: false },
  D: { sign: -1, status: 'booked', isReversal: false },
  RC: { sign: -1, status: 'booked', isReversal: true },
  RD: { sign: 1, status: 'booked', isReversal: true },
  EC: { sign: 1, status: 'information', isReversal: false },
  ED: { sign: -1, status: 'information', isReversal: false },
};

// Two-letter marks come first: `RCR204,88` is RC with funds code R, `CR300,` is C with funds code R.
const FIELD = /^(\d{6})(\d{4}| {4})? {0,4}(R[CD]|E[CD]|[CD])([A-Z])? {0,4}([\d.,]*) {0,4}(.*)$/s;
// What may follow the amount. A blank, apostrophe or exponent inside a number must not end it early.
const AFTER_AMOUNT = /^(?:$|(?!E\d)[A-Z/])/i;
const TYPE = /^[NFS](?!ONREF)[A-Z0-9 ]{3}/;
const DATES_KEPT = 1024;
const datesByText = new Map<string, Dates>();

/** Reads field 61; amounts are in the currency of the statement's balance, because the field has none. */
export function parseEntryField(text: string, currency: Currency): EntryFieldResult {
  const lineEnd = text.indexOf('\n');
  const first = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const found = FIELD.exec(first.trimStart());
  // Some banks fold the line before the amount.
  if (lineEnd >= 0 && found?.[5] === '' && found[6] === '')
    return parseEntryField(text.replaceAll('\n', ''), currency);
  if (!found) return refusal('MT_ENTRY', 'field has no value date or no debit/credit mark');
  const [, valueText = '', entryText = '', markText = '', , amountText = '', rest = ''] = found;
  if (!AFTER_AMOUNT.test(rest)) return refusal('MT_AMOUNT', `amount is followed by "${rest[0]}"`);
  const mark = MARKS[markText];
  if (mark === undefined) return refusal('MT_ENTRY', `mark "${markText}" is unknown`);
  const amount = parseMtAmount(amountText, currency);
  if (!amount.ok) return amountRefusal(amount.reason, amountText, currency);
  const amountMinor = mark.sign < 0 ? -amount.amountMinor : amount.amountMinor;
  const { valueDate, bookingDate, notes } = datesOf(valueText, entryText);
  if (valueDate === undefined)
    return refusal(
      'BAD_DATE',
      `value date "${valueText}" is not a date`,
      mark.status === 'booked' ? amountMinor : null,
    );
  const isPoint = hasDecimalPoint(amountText);
  const references = referencesOf(rest, lineEnd < 0 ? '' : text.slice(lineEnd + 1));
  const field: EntryField = {
    valueDate,
    bookingDate,
    amountMinor,
    status: mark.status,
    isReversal: mark.isReversal,
    // Written out: spreading objects costs as much as reading the field.
    typeCode: references.typeCode,
    ownerReference: references.ownerReference,
    bankReference: references.bankReference,
    supplement: references.supplement,
    notes: isPoint ? [...notes, decimalPoint(amountText)] : notes,
  };
  return { ok: true, field };
}

function decimalPoint(amountText: string): EntryNote {
  return { code: 'MT_DECIMAL_POINT', message: `"${amountText}" has a decimal point, not a comma` };
}

function referencesOf(
  rest: string,
  lines: string,
): Pick<EntryField, 'typeCode' | 'ownerReference' | 'bankReference' | 'supplement'> {
  const details = lines.includes('\n') ? lines.replaceAll('\n', '') : lines;
  const typeCode = TYPE.test(rest) ? rest.slice(0, 4).trim() : '';
  const references = typeCode === '' ? rest : rest.slice(4);
  const cut = references.indexOf('//');
  const owner = (cut < 0 ? references : references.slice(0, cut)).trim();
  const bankReference = cut < 0 ? '' : references.slice(cut + 2).trim();
  const gap = owner.indexOf('  ');
  if (gap < 0) return { typeCode, ownerReference: owner, bankReference, supplement: details };
  // Old Dutch files fill the reference to its width and write the other party's name behind it.
  const behind = owner.slice(gap).trim();
  const supplement = details === '' ? behind : `${behind} ${details}`;
  return { typeCode, ownerReference: owner.slice(0, gap), bankReference, supplement };
}

function datesOf(valueText: string, entryText: string): Dates {
  const key = valueText + entryText;
  const known = datesByText.get(key);
  if (known !== undefined) return known;
  const dates = readDates(valueText, entryText);
  if (datesByText.size >= DATES_KEPT) datesByText.clear();
  datesByText.set(key, dates);
  return dates;
}

function readDates(valueText: string, entryText: string): Dates {
  const value = parseMtDate(valueText);
  if (!value) return { valueDate: undefined, bookingDate: null, notes: [] };
  const valueDate = value.date;
  const notes = value.isClamped ? [clamped('value date', valueText, valueDate)] : [];
  if (entryText.trim() === '') return { valueDate, bookingDate: valueDate, notes };
  const entry = parseEntryDate(entryText, valueDate);
  if (!entry) notes.push({ code: 'BAD_ENTRY_DATE', message: `entry date "${entryText}" is none` });
  if (entry?.isClamped) notes.push(clamped('entry date', entryText, entry.date));
  return { valueDate, bookingDate: entry?.date ?? null, notes };
}

function clamped(name: string, text: string, date: BusinessDate): EntryNote {
  return {
    code: 'DATE_CLAMPED',
    message: `${name} "${text}" is not in the calendar, read ${date}`,
  };
}

function amountRefusal(reason: string, text: string, currency: Currency): EntryRefusal {
  if (reason === 'TOO_MANY_DECIMALS')
    return refusal(reason, `amount "${text}" has more decimals than ${currency}`);
  if (reason === 'AMOUNT_RANGE') return refusal(reason, `amount "${text}" is too large`);
  return refusal('MT_AMOUNT', `amount "${text}" is not a number with a decimal comma`);
}

function refusal(
  reason: EntryRefusal['reason'],
  message: string,
  amountMinor: bigint | null = null,
): EntryRefusal {
  return { ok: false, reason, message, amountMinor };
}
