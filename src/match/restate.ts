import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import type { MatchOptions } from './match.ts';
import { PAYOUT_WITHDRAWN, revokeGroups } from './revoke.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const TO_ACT = step('11_restatements_to_act.sql');
const WITHDRAW_PAYOUTS = step('12_withdraw_payouts.sql');
const DROP_WITHDRAWN = step('13_drop_withdrawn.sql');

/** An item in transit that a withdrawn payout line had opened; numbers are text, as JSON brings them. */
interface PayoutItem {
  readonly fileNo: string;
  readonly ordinal: string;
  readonly itemId: string;
  readonly accountId: string;
  readonly amountMinor: string;
}

interface Act {
  readonly fileNo: bigint;
  readonly restatementNo: bigint;
  readonly restatementId: string;
  readonly because: string;
  readonly withdrawn: bigint;
  readonly taken: bigint;
  readonly groupIds: readonly string[];
  readonly items: readonly PayoutItem[];
}

/** What a run did about restatements. */
export interface RestateOutcome {
  readonly restatements: number;
  readonly revoked: number;
}

/**
 * Acts upon the restatements of this run's files that correct the whole of a statement or batch: revokes the matches that
 * hold what they withdraw, and those of payouts that are withdrawn; no other match is touched.
 *
 * Before anything is matched. The money follows with `settleRevocations` and `settleWithdrawals`, which the same transaction
 * must call, in this order.
 */
export async function restate(tx: Tx, options: MatchOptions): Promise<RestateOutcome> {
  const run = [options.bookId, options.runId];
  const acts = await tx.query<Act>(TO_ACT, [...run, PAYOUT_WITHDRAWN]);
  const closed = new Set<string>();
  let revoked = 0;
  for (const act of acts) {
    const items = act.items.filter(({ itemId }) => !closed.has(itemId));
    for (const { itemId } of items) closed.add(itemId);
    revoked += await carryOut(tx, { ...act, items }, options);
  }
  if (acts.length > 0) await tx.execute(DROP_WITHDRAWN, run);
  return { restatements: acts.length, revoked };
}

async function carryOut(tx: Tx, act: Act, options: MatchOptions): Promise<number> {
  const { bookId, runId, now } = options;
  const { fileNo, restatementNo, restatementId, because, withdrawn, taken, groupIds, items } = act;
  const by = `restatement ${restatementId}`;
  const revoked = await revokeGroups(tx, { bookId, runId, groupIds, by, because, now });
  if (items.length > 0) {
    const decision = [now.toISOString(), by, because, JSON.stringify(items)];
    await tx.execute(WITHDRAW_PAYOUTS, [bookId, runId, PAYOUT_WITHDRAWN, ...decision]);
  }
  await tx.execute(
    `insert into tieout.restatement_act (
       book_id, file_no, restatement_no, restatement_id, run_id, revoked_groups, withdrawn_entries, taken_entries
     )
     values ($1::bigint, $2::bigint, $3::bigint, $4::uuid, $5::bigint, $6::bigint, $7::bigint, $8::bigint)`,
    [bookId, fileNo, restatementNo, restatementId, runId, revoked, withdrawn, taken],
  );
  return revoked;
}
