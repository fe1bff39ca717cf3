import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

const VERIFY = sqlFile(import.meta.url, './sql/90_verify.sql');

/** One check of the ledger: what must be, how many rows were looked at, how many breaches were found. */
export interface LedgerCheck {
  readonly id: string;
  readonly text: string;
  readonly checked: bigint;
  readonly breaches: bigint;
}

/** Recomputes the ledger's invariants from its postings; a breach anywhere means the books cannot be trusted. */
export async function verifyLedger(tx: Tx, bookId: bigint): Promise<LedgerCheck[]> {
  return await tx.query<LedgerCheck>(VERIFY, [bookId]);
}
