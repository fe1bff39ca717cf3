import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const WRITE = step('60_scratch_entries.sql');
const COPY_FILES = step('61_copy_files.sql');
const COPY_STATEMENTS = step('62_copy_statements.sql');
const COPY_ENTRIES = step('63_copy_entries.sql');

/** A made-up entry of a scratch book. */
export interface ScratchEntry {
  readonly source: string;
  readonly role: 'processor' | 'bank';
  /** The ledger account of the statement; of a bank only. */
  readonly accountCode: string | null;
  readonly type: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly isReversal: boolean;
  readonly bookingDate: BusinessDate | null;
  readonly valueDate: BusinessDate | null;
  readonly externalId: string | null;
  readonly reference: string | null;
  readonly originalReference: string | null;
  readonly merchant: string | null;
  readonly batch: string | null;
  readonly counterparty: string | null;
  readonly narrative: string | null;
}

/** Writes made-up entries into a scratch book, in a transaction that is rolled back; the ordinal of each is its place from 1. */
export async function writeScratchEntries(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly entries: readonly ScratchEntry[];
    readonly now: Date;
  },
): Promise<void> {
  const { bookId, entries, now } = options;
  const rows = entries.map((entry) => ({ ...entry, amountMinor: entry.amountMinor.toString() }));
  await tx.execute(WRITE, [bookId, now.toISOString(), JSON.stringify(rows)]);
}

/**
 * Copies the evidence of a role into a scratch book, in a transaction that is rolled back: what runs since one took up, what
 * was open then, and what has been tied since. Files and entries keep their numbers. Returns how many entries.
 */
export async function copyEntries(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly scratchBookId: bigint;
    readonly sinceRun: bigint;
    readonly role: 'processor' | 'bank';
  },
): Promise<number> {
  const { bookId, scratchBookId, sinceRun, role } = options;
  await tx.execute(COPY_FILES, [bookId, scratchBookId, sinceRun, role]);
  await tx.execute(COPY_STATEMENTS, [bookId, scratchBookId]);
  const { rowCount } = await tx.execute(COPY_ENTRIES, [bookId, scratchBookId, sinceRun]);
  return rowCount;
}
