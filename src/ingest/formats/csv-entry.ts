import { type BusinessDate, businessDateOf } from '../../business-date.ts';
import { clip, type EntryType, type Locator, type ParsedEntry } from '../record.ts';
import { type RowRefusal, readAmounts, refuseRow, type SettlementAmounts } from './csv-amounts.ts';
import type { ColumnName } from './csv-profile.ts';
import { type CsvSheet, cell } from './csv-sheet.ts';

/** Excel's way of losing the last digits of a long number. */
const EXCEL_MANGLED = /^\d(?:[.,]\d+)?E\+\d+$/;

const MATCHED_BY: readonly ColumnName[] = [
  'paymentReference',
  'merchantReference',
  'modificationReference',
];

const MERCHANT_REFERENCE: readonly ColumnName[] = ['merchantReference'];

/** Reads one row of a settlement report as an entry, or says why it is none. */
export function readEntry(
  sheet: CsvSheet,
  row: readonly string[],
  locator: Locator,
): ParsedEntry | RowRefusal {
  const sourceType = cell(sheet, row, 'type');
  const type = sheet.types.get(sourceType);
  if (type === undefined) {
    const message = `"${clip(sourceType, 80)}" is not a row type that ${sheet.profile.name} knows`;
    return refuseRow(sheet, 'type', 'UNKNOWN_TYPE', message);
  }
  const mangled = MATCHED_BY.find((column) => EXCEL_MANGLED.test(cell(sheet, row, column)));
  if (mangled !== undefined) {
    const message = `"${clip(cell(sheet, row, mangled), 80)}" lost its digits in a spreadsheet; ask for the original file`;
    return refuseRow(sheet, mangled, 'EXCEL_MANGLED_ID', message);
  }
  const bookingDate = readDate(sheet, cell(sheet, row, 'bookedAt'));
  if (bookingDate === undefined) {
    const message = `"${clip(cell(sheet, row, 'bookedAt'), 40)}" is not a day written as ${sheet.profile.dateFormat}`;
    return refuseRow(sheet, 'bookedAt', 'BAD_DATE', message);
  }
  const amounts = readAmounts(sheet, row, type);
  if (amounts.kind === 'refusal') return amounts;
  return entryOf(sheet, row, { type, bookingDate, amounts, locator });
}

interface RowFacts {
  readonly type: EntryType;
  readonly bookingDate: BusinessDate;
  readonly amounts: SettlementAmounts;
  readonly locator: Locator;
}

function entryOf(sheet: CsvSheet, row: readonly string[], facts: RowFacts): ParsedEntry {
  const { type, bookingDate, amounts, locator } = facts;
  const payment = cell(sheet, row, 'paymentReference');
  const modification = cell(sheet, row, 'modificationReference');
  const isModification = sheet.modifications.has(type);
  const { payoutReference, narrative } = sheet.profile;
  const isPayout = type === 'payout';
  return {
    kind: 'entry',
    type,
    status: 'booked',
    currency: amounts.currency,
    amountMinor: amounts.netMinor,
    grossMinor: amounts.grossMinor,
    feesMinor: amounts.feesMinor,
    isReversal: type === 'chargeback-reversal',
    bookingDate,
    valueDate: bookingDate,
    externalId: (isModification ? modification : payment) || null,
    reference: firstFilled(sheet, row, isPayout ? payoutReference : MERCHANT_REFERENCE),
    originalReference: isModification ? payment || null : null,
    account: cell(sheet, row, 'account'),
    batch: cell(sheet, row, 'batch') || null,
    counterparty: null,
    narrative: payment === '' ? firstFilled(sheet, row, narrative) : null,
    identity: identityOf(sheet, row, amounts),
    isIdentityUnique: payment !== '' || modification !== '',
    details: 0,
    locator,
  };
}

function readDate(sheet: CsvSheet, text: string): BusinessDate | undefined {
  const found = sheet.datePattern.exec(text)?.groups;
  if (found === undefined) return undefined;
  return businessDateOf(Number(found.y), Number(found.M), Number(found.d));
}

function identityOf(sheet: CsvSheet, row: readonly string[], amounts: SettlementAmounts): string {
  const payment = cell(sheet, row, 'paymentReference');
  const type = cell(sheet, row, 'type');
  const modification = cell(sheet, row, 'modificationReference');
  if (payment !== '') return `${payment}|${type}|${modification}`;
  // Batch numbers start again in every merchant account, and a monthly fee has the same text in all of them.
  const batch = `${cell(sheet, row, 'account')}|${cell(sheet, row, 'batch')}`;
  return `${type}|${modification}|${batch}|${amounts.currency}|${amounts.netMinor}`;
}

function firstFilled(
  sheet: CsvSheet,
  row: readonly string[],
  columns: readonly ColumnName[],
): string | null {
  for (const column of columns) {
    const text = cell(sheet, row, column);
    if (text !== '') return text;
  }
  return null;
}
