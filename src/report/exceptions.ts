import { type BusinessDate, businessDaysBetween, type DayNumbering } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { formatAmount, formatMoney } from '../money.ts';
import { type CsvCell, csvOf } from './csv.ts';

const EXCEPTIONS = sqlFile(import.meta.url, './sql/exceptions.sql');

export type Severity = 'info' | 'low' | 'medium' | 'high';

/** An exception as a person is told of it. */
export interface ExceptionRow {
  readonly id: string;
  readonly code: string;
  readonly severity: Severity;
  readonly state: string;
  readonly book: string;
  readonly source: string | null;
  readonly account: string | null;
  readonly currency: Currency | null;
  readonly amountMinor: bigint | null;
  /** Evidence less ledger, where two sides differ. */
  readonly differenceMinor: bigint | null;
  readonly reference: string | null;
  /** `file number/ordinal` of the entry. */
  readonly entry: string | null;
  /** The id of the open item. */
  readonly item: string | null;
  readonly batch: string | null;
  /** `file name:line`, or `file name:element` where the file has elements. */
  readonly locator: string | null;
  readonly valueDate: BusinessDate | null;
  /** Weekdays since the value date, or since the run that found it where there is none. */
  readonly ageBusinessDays: number;
  readonly openedInRun: bigint;
  readonly owner: string | null;
  readonly text: string;
}

/** Which exceptions to list; without `state`, those not resolved. */
export interface ExceptionFilters {
  readonly code?: string;
  readonly state?: string;
  readonly source?: string;
  /** A decimal number in major units of whatever currency, held against the amount without its sign. */
  readonly minAmount?: string;
  /** Age in business days that must be exceeded. */
  readonly olderThanDays?: number;
  /** The run that found them. */
  readonly runId?: bigint;
  /** Those that stood open when this run had ended, whatever has been resolved since by a later one. */
  readonly openAfterRun?: bigint;
  /** That one, resolved or not. */
  readonly id?: string;
}

type StoredException = Omit<ExceptionRow, 'entry' | 'locator' | 'ageBusinessDays'>;

/** What a query answers; the place and the age are made of it. */
interface FoundException extends StoredException {
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly line: bigint | null;
  readonly element: string | null;
  readonly fileName: string | null;
  readonly agedFrom: BusinessDate | null;
}

/** The exceptions of a book, by code and reference, with their age at a day. */
export async function listExceptions(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly asOf: BusinessDate;
    /** How ages are counted; by weekdays when absent. */
    readonly numberOf?: DayNumbering;
    readonly filters?: ExceptionFilters;
  },
): Promise<ExceptionRow[]> {
  const { bookId, asOf, numberOf, filters = {} } = options;
  const found = await tx.query<FoundException>(EXCEPTIONS, [
    bookId,
    filters.code ?? null,
    filters.state ?? null,
    filters.source ?? null,
    filters.minAmount ?? null,
    filters.runId ?? null,
    filters.openAfterRun ?? null,
    filters.id ?? null,
  ]);
  const rows = found.map((row) =>
    exceptionRowOf(row, (agedFrom) => businessDaysBetween(agedFrom, asOf, numberOf)),
  );
  const { olderThanDays } = filters;
  return olderThanDays === undefined
    ? rows
    : rows.filter(({ ageBusinessDays }) => ageBusinessDays > olderThanDays);
}

function exceptionRowOf(
  found: FoundException,
  ageOf: (agedFrom: BusinessDate) => number,
): ExceptionRow {
  const { fileNo, ordinal, line, element, fileName, agedFrom, ...row } = found;
  const place = element ?? line;
  return {
    ...row,
    text: filledIn(row),
    entry: fileNo === null || ordinal === null ? null : `${fileNo}/${ordinal}`,
    locator: fileName === null || place === null ? fileName : `${fileName}:${place}`,
    ageBusinessDays: agedFrom === null ? 0 : ageOf(agedFrom),
  };
}

/** Sentences are stored with places for amounts, because only here it is known how people read them. */
function filledIn({ text, currency, amountMinor, differenceMinor }: StoredException): string {
  const money = (minor: bigint | null): string =>
    minor === null || currency === null
      ? 'an unknown amount'
      : formatMoney({ amountMinor: minor, currency });
  const expectedMinor = amountMinor === null ? null : amountMinor - (differenceMinor ?? 0n);
  const amounts: Readonly<Record<string, bigint | null>> = {
    amount: amountMinor,
    difference: differenceMinor,
    expected: expectedMinor,
  };
  return text.replace(/\{(amount|difference|expected)\}/g, (_, name: string) =>
    money(amounts[name] ?? null),
  );
}

/** The document of `exceptions list --json`, schema `tieout.exceptions/1`. */
export function exceptionsJson(rows: readonly ExceptionRow[]): string {
  const document = { schema: 'tieout.exceptions/1', exceptions: rows.map(jsonOf) };
  return `${JSON.stringify(document)}\n`;
}

function jsonOf(row: ExceptionRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    code: row.code,
    severity: row.severity,
    state: row.state,
    book: row.book,
    source: row.source,
    account: row.account,
    currency: row.currency,
    amount_minor: row.amountMinor?.toString() ?? null,
    difference_minor: row.differenceMinor?.toString() ?? null,
    reference: row.reference,
    entry: row.entry,
    item: row.item,
    batch: row.batch,
    locator: row.locator,
    value_date: row.valueDate,
    age_business_days: row.ageBusinessDays,
    opened_in_run: Number(row.openedInRun),
    owner: row.owner,
    text: row.text,
  };
}

const CSV_HEADER = [
  'id',
  'code',
  'severity',
  'state',
  'book',
  'source',
  'account',
  'currency',
  'amount',
  'difference',
  'reference',
  'entry',
  'item',
  'batch',
  'locator',
  'value_date',
  'age_business_days',
  'opened_in_run',
  'owner',
  'text',
] as const;

/** The exceptions as CSV for a spreadsheet, amounts in major units. */
export function exceptionsCsv(rows: readonly ExceptionRow[]): string {
  return csvOf(CSV_HEADER, rows.map(cellsOf));
}

function cellsOf(row: ExceptionRow): CsvCell[] {
  return [
    row.id,
    row.code,
    row.severity,
    row.state,
    row.book,
    row.source,
    row.account,
    row.currency,
    amountCell(row.amountMinor, row.currency),
    amountCell(row.differenceMinor, row.currency),
    row.reference,
    row.entry,
    row.item,
    row.batch,
    row.locator,
    row.valueDate,
    { number: String(row.ageBusinessDays) },
    { number: String(row.openedInRun) },
    row.owner,
    row.text,
  ];
}

function amountCell(amountMinor: bigint | null, currency: Currency | null): CsvCell {
  if (amountMinor === null || currency === null) return null;
  return { number: formatAmount(amountMinor, currency) };
}
