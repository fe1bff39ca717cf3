import { randomUUID } from 'node:crypto';
import type { Tx } from '../../src/db/db.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { tellExceptions } from '../../src/match/match.ts';
import { revokeGroups } from '../../src/match/revoke.ts';
import { prove } from '../../src/pipeline/proof.ts';
import { settleRevocations } from '../../src/settle/revocations.ts';
import type { SettleOptions } from '../../src/settle/settle.ts';
import { dayOf, eveningOf, type TestBook } from './book.ts';

/** What a book says that a match and its revocation must leave as it was. */
export interface Standing {
  /** Debits − credits of every account that is not zero. */
  readonly balances: readonly string[];
  /** Every open item, whole. */
  readonly items: readonly string[];
}

/** The balances and open items of a book now. */
export async function standing({ db, bookId }: TestBook): Promise<Standing> {
  return await db.read(async (tx) => {
    const balances = await tx.query<{ line: string }>(
      `select account.code || ' ' || account.currency || ' ' || sum(debits_minor - credits_minor) as line
       from tieout.account_balance balance join tieout.account using (book_id, account_id)
       where book_id = $1 group by account.code, account.currency
       having sum(debits_minor - credits_minor) <> 0 order by account.code, account.currency`,
      [bookId],
    );
    const items = await tx.query<{ line: string }>(
      `select open_item::text as line from tieout.open_item where book_id = $1 order by item_id`,
      [bookId],
    );
    return { balances: balances.map(({ line }) => line), items: items.map(({ line }) => line) };
  });
}

/** A match that holds: its group, its entry and its item. */
export interface Tie {
  readonly groupId: string;
  readonly pair: string;
}

/** The members of live matches in their order. */
export async function liveTies({ db, bookId }: TestBook): Promise<Tie[]> {
  return await db.read((tx) =>
    tx.query<Tie>(
      `select group_id as "groupId", file_no || ':' || ordinal || ' ' || item_id as pair
       from tieout.match_member where book_id = $1 and is_live order by file_no, ordinal, item_id`,
      [bookId],
    ),
  );
}

/** A run that only does what it is given, then tells exceptions and proves; it commits. */
export async function inRun<T>(
  book: TestBook,
  work: (tx: Tx, options: SettleOptions) => Promise<T>,
  businessDate = dayOf('2026-03-07'),
): Promise<T> {
  const { db, bookId, config } = book;
  const now = eveningOf(businessDate);
  return await db.transaction(async (tx) => {
    const [row] = await tx.query<{ runId: bigint }>(
      `insert into tieout.run (book_id, run_id, state, business_date, started_at, host, pid, code_version, kind)
       select $1::bigint, max(run_id) + 1, 'APPLIED', $2::date, $3::timestamptz, 'test-host', 4711, '0.0.0', 'hand'
       from tieout.run where book_id = $1::bigint returning run_id as "runId"`,
      [bookId, businessDate, now.toISOString()],
    );
    if (row === undefined) throw new Error('a run has no record');
    const options = {
      bookId,
      runId: row.runId,
      businessDate,
      now,
      chart: chartOf(config.chart),
      newOperationId: randomUUID,
    };
    const value = await work(tx, options);
    await tellExceptions(tx, options);
    await prove(tx, options);
    return value;
  });
}

/** Revokes groups in a run of its own; returns how many were. */
export async function revokeInRun(
  book: TestBook,
  groupIds: readonly string[],
  businessDate = dayOf('2026-03-07'),
): Promise<number> {
  return await inRun(
    book,
    async (tx, options) => {
      const decision = { ...options, groupIds, by: 'ada', because: 'wrong customer' };
      const revoked = await revokeGroups(tx, decision);
      await settleRevocations(tx, options);
      return revoked;
    },
    businessDate,
  );
}

/** The checks of the ledger that do not hold, with an example of each. */
export async function breachesOf({ db, bookId }: TestBook): Promise<readonly string[]> {
  const checks = await db.read((tx) => verifyLedger(tx, bookId));
  return checks
    .filter(({ breaches }) => breaches > 0n)
    .map(({ id, breaches, example }) => `${id} ${breaches}: ${example}`);
}
