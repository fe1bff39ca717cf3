import { verifySeals } from '../audit/verify-seals.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';

/** What a check found: how many rows it looked at, how many breaches, and one of them to look for. */
export interface Finding {
  readonly checked: bigint;
  readonly breaches: bigint;
  /** One breach in words, with a code or key that leads to it; `null` when there is none. */
  readonly example: string | null;
}

/** One check of the ledger: what must be, and what was found. */
export interface LedgerCheck extends Finding {
  readonly id: string;
  readonly text: string;
}

interface Invariant {
  readonly id: string;
  readonly text: string;
  readonly find: (tx: Tx, bookId: bigint) => Promise<Finding>;
}

/** What must always hold, in the order it is told. A check is a statement, or a function of its shape. */
const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    text: 'debits equal credits in every currency',
    find: counted(sqlFile(import.meta.url, './sql/verify/01_sides.sql')),
  },
  {
    id: 'I2',
    text: 'every balance equals the sum of its postings, settled and pending',
    find: counted(sqlFile(import.meta.url, './sql/verify/02_balances.sql')),
  },
  {
    id: 'I3',
    text: "every day balance equals the sum of that day's postings",
    find: counted(sqlFile(import.meta.url, './sql/verify/03_days.sql')),
  },
  {
    id: 'I4',
    text: 'every locked period has the sum of its days, an open one has none',
    find: counted(sqlFile(import.meta.url, './sql/verify/04_periods.sql')),
  },
  {
    id: 'I5',
    text: 'every key has its journal or its refusal, every journal its key and its postings',
    find: counted(sqlFile(import.meta.url, './sql/verify/05_keys.sql')),
  },
  {
    id: 'I6',
    text: 'reversals mirror their originals and never exceed them',
    find: counted(sqlFile(import.meta.url, './sql/verify/06_reversals.sql')),
  },
  {
    id: 'I7',
    text: 'every hold is posted, voided, expired or remains, and its postings say the same',
    find: counted(sqlFile(import.meta.url, './sql/verify/07_holds.sql')),
  },
  {
    id: 'I8',
    text: 'nothing was booked into a period after it was locked',
    find: counted(sqlFile(import.meta.url, './sql/verify/08_closed_periods.sql')),
  },
  {
    id: 'I9',
    text: 'nothing moved a frozen side, and closed accounts are empty',
    find: counted(sqlFile(import.meta.url, './sql/verify/09_frozen_accounts.sql')),
  },
  {
    id: 'I10',
    text: 'every limited account kept its floor and ceiling at every instant since they were set',
    find: counted(sqlFile(import.meta.url, './sql/verify/10_limits.sql')),
  },
  {
    id: 'I11',
    text: 'the balance of every reconcilable account equals its open items',
    find: counted(sqlFile(import.meta.url, './sql/verify/11_open_items.sql')),
  },
  {
    id: 'I12',
    text: 'every asserted balance is the balance of its day',
    find: counted(sqlFile(import.meta.url, './sql/verify/12_assertions.sql')),
  },
  {
    id: 'I13',
    text: 'every seal recomputes from its journals, and the blocks are a chain',
    find: async (tx, bookId) => {
      const seals = await verifySeals(tx, bookId);
      const example =
        seals.breaches > 0n ? 'see tieout audit verify, which names the journal' : null;
      return { ...seals, example };
    },
  },
  {
    id: 'I14',
    text: 'every event has its journal, every announced journal its one event',
    find: counted(sqlFile(import.meta.url, './sql/verify/14_events.sql')),
  },
  {
    id: 'I15',
    text: 'every item a posting opened is open or closed by one live match, less its reversals',
    find: counted(sqlFile(import.meta.url, './sql/verify/15_items.sql')),
  },
  {
    id: 'I16',
    text: 'the open items of every day, as known on every day, make the balance of that day',
    find: counted(sqlFile(import.meta.url, './sql/verify/16_open_items_by_day.sql')),
  },
];

/**
 * Recomputes the ledger's invariants from its postings; a breach anywhere means the books cannot be trusted.
 *
 * Wants a transaction on one snapshot, as `Database.read` gives: the checks then speak of the same instant.
 */
export async function verifyLedger(tx: Tx, bookId: bigint): Promise<LedgerCheck[]> {
  const checks: LedgerCheck[] = [];
  for (const { id, text, find } of INVARIANTS) {
    checks.push({ id, text, ...(await find(tx, bookId)) });
  }
  return checks;
}

/** A check that is one statement over the book `$1`, answering with one row. */
function counted(sql: string): Invariant['find'] {
  return async (tx, bookId) => {
    const [found] = await tx.query<Finding>(sql, [bookId]);
    assertInvariant(found !== undefined, 'a check answers with one row');
    return found;
  };
}
