import { randomUUID } from 'node:crypto';
import { weekendOnly } from '../../src/business-calendar.ts';
import { parseBusinessDate } from '../../src/business-date.ts';
import type { Tx } from '../../src/db/db.ts';
import { bookIdOf } from '../../src/ids.ts';
import { openBook } from '../../src/ledger/book.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import type { JournalRequest, PairPosting } from '../../src/ledger/journal-request.ts';
import { type PostOptions, type PostOutcome, post } from '../../src/ledger/post.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';

export const BOOK_ID = bookIdOf('acme');
export const NOW = new Date('2026-03-02T09:00:00Z');
export const RECEIVABLE = 'assets:receivable:adyen';
export const PAYABLE = 'liabilities:payable:shop';
export const BANK = 'assets:bank:main';
export const FEES = 'income:fees:shop';

/** How journals are posted here: one book, the default chart, a fixed clock. */
export function postOptions(changes: Partial<PostOptions> = {}): PostOptions {
  return {
    bookId: BOOK_ID,
    chart: chartOf([]),
    operationId: randomUUID(),
    now: NOW,
    ...changes,
  };
}

/** Opens a book without accounts. */
export async function givenBook(tx: Tx, code = 'acme'): Promise<bigint> {
  const config = {
    book: code,
    currency: 'EUR',
    timeZone: 'UTC',
    stateDirectory: '',
    sources: [],
    profiles: new Map(),
    chart: [],
    ruleDocuments: [],
    calendars: new Map(),
    calendar: weekendOnly(),
    byHand: { adjustments: new Map() },
  };
  return await openBook(tx, { config, now: NOW });
}

/** A day the calendar has. */
export function day(text: string): JournalRequest['effectiveDate'] {
  const date = parseBusinessDate(text);
  if (date === undefined) throw new Error(`${text} is not a day`);
  return date;
}

/** A capture of 12.34 EUR, its receivable waiting for evidence. */
export function capture(changes: Partial<JournalRequest> = {}): JournalRequest {
  return {
    key: 'pay-1',
    kind: 'capture',
    effectiveDate: day('2026-03-01'),
    currency: 'EUR',
    reference: 'order-1',
    description: 'capture order-1',
    createdBy: 'tester',
    postings: [pair()],
    ...changes,
  };
}

export function pair(changes: Partial<PairPosting> = {}): PairPosting {
  return { debit: RECEIVABLE, credit: PAYABLE, amountMinor: 1234n, opens: 'debit', ...changes };
}

/** Posts journals in one operation, a batch or several. */
export async function postBatch(
  tx: Tx,
  journals: readonly JournalRequest[],
  changes: Partial<PostOptions> = {},
): Promise<PostOutcome> {
  const middle = Math.ceil(journals.length / 2);
  const batches = [journals.slice(0, middle), journals.slice(middle)];
  return await post(tx, inCalls(batches), postOptions(changes));
}

/** Batches as post() reads them. */
export async function* inCalls(
  batches: readonly (readonly JournalRequest[])[],
): AsyncGenerator<readonly JournalRequest[]> {
  for (const batch of batches) yield batch;
}

/** The tables of a ledger as comparable rows, without what tells one operation from another. */
export async function ledgerTables(tx: Tx, bookId = BOOK_ID): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of [
    'account',
    'journal',
    'journal_refusal',
    'posting',
    'open_item',
    'balance',
    'balance_day',
  ]) {
    const rows = await tx.query<{ row: unknown }>(
      `select to_jsonb(t) - 'book_id' as row from tieout.${table} t where book_id = $1 order by (to_jsonb(t))::text`,
      [bookId],
    );
    tables[table] = rows.map(({ row }) => row);
  }
  const keys = await tx.query<{ row: unknown }>(
    `select to_jsonb(t) - 'book_id' - 'operation_id' as row from tieout.journal_key t where book_id = $1 order by key_hash`,
    [bookId],
  );
  return { ...tables, journal_key: keys.map(({ row }) => row) };
}

/** Rows of each table that post() writes. */
export async function rowCounts(tx: Tx): Promise<Record<string, number>> {
  const tables = await ledgerTables(tx);
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.length]));
}

/** The ids of the ledger's checks that do not hold. */
export async function brokenChecks(tx: Tx, bookId = BOOK_ID): Promise<string[]> {
  const checks = await verifyLedger(tx, bookId);
  return checks.filter((check) => check.breaches > 0n).map((check) => check.id);
}
