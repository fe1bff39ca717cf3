import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';

/** A decision about match groups, as part of a run: whose and why. */
export interface GroupDecision {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly groupIds: readonly string[];
  readonly by: string;
  readonly because: string;
  readonly now: Date;
}

/** The rule of the groups that close what a withdrawn payout had opened in transit; nobody revokes them. */
export const PAYOUT_WITHDRAWN = 'payout-withdrawn@1';

type Status = 'suggested' | 'confirmed' | 'rejected' | 'revoked';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const GROUPS_OF_THEIR_OWN = step('79_groups_of_their_own.sql');
const REVOKE = step('80_revoke_groups.sql');
const MEMBERS_NOT_LIVE = step('81_members_not_live.sql');
const ENTRIES_OPEN_AGAIN = step('82_entries_open_again.sql');
const REJECT = step('83_reject_groups.sql');
const REVISIONS_OF_REJECTED = step('84_revisions_of_rejected.sql');
const HOLDERS = step('85_holders.sql');
const CONFIRM = step('86_confirm_groups.sql');
const MEMBERS_LIVE = step('87_members_live.sql');
const ENTRIES_TIED = step('88_entries_tied.sql');

/**
 * Revokes confirmed groups: their entries are open again from this run on. Returns how many; those revoked before are none.
 *
 * Their items come back, and the money to suspense, with `settleRevocations`, which the same transaction must call.
 */
export async function revokeGroups(tx: Tx, decision: GroupDecision): Promise<number> {
  const { bookId, runId, groupIds } = decision;
  await tx.execute(GROUPS_OF_THEIR_OWN, [bookId, groupIds]);
  await refuseOthers(tx, decision, ['confirmed', 'revoked'], 'revoked');
  const { rowCount } = await tx.execute(REVOKE, [bookId, runId, ...wordsOf(decision)]);
  if (rowCount === 0) return 0;
  await tx.execute(MEMBERS_NOT_LIVE, [bookId, runId]);
  await tx.execute(ENTRIES_OPEN_AGAIN, [bookId, runId]);
  return rowCount;
}

/** Rejects suggested groups, so that they are not suggested again under their id. Returns how many. */
export async function rejectGroups(tx: Tx, decision: GroupDecision): Promise<number> {
  await refuseOthers(tx, decision, ['suggested', 'rejected'], 'rejected');
  const { bookId, runId } = decision;
  const { rowCount } = await tx.execute(REJECT, [bookId, runId, ...wordsOf(decision)]);
  if (rowCount > 0) await tx.execute(REVISIONS_OF_REJECTED, [bookId, runId]);
  return rowCount;
}

/**
 * Confirms suggested groups: their members are live from this run on. Returns how many; those confirmed before are none.
 *
 * Throws `invalid_input` (exit 65) with the name of what is held elsewhere or no longer open; the unique indexes of live
 * members are the last word. Items and money follow with the releases of settlement.
 */
export async function confirmGroups(tx: Tx, decision: GroupDecision): Promise<number> {
  const { bookId, runId, groupIds } = decision;
  const [held] = await tx.query<{ groupId: string; text: string }>(HOLDERS, [bookId, groupIds]);
  if (held !== undefined)
    throw new OperationalError(
      'invalid_input',
      `match ${held.groupId} cannot be confirmed: ${held.text}`,
    );
  await refuseOthers(tx, decision, ['suggested', 'confirmed'], 'confirmed');
  const confirmed = await tx.query<{ groupId: string }>(CONFIRM, [bookId, ...wordsOf(decision)]);
  const ids = confirmed.map((group) => group.groupId);
  await tx.execute(MEMBERS_LIVE, [bookId, runId, ids]);
  await tx.execute(ENTRIES_TIED, [bookId, ids]);
  return ids.length;
}

function wordsOf({ groupIds, by, because, now }: GroupDecision) {
  return [groupIds, by, because, now.toISOString()] as const;
}

/** Names the first group that does not exist, or whose status allows no such decision. */
async function refuseOthers(
  tx: Tx,
  { bookId, groupIds }: GroupDecision,
  allowed: readonly Status[],
  wanted: Status,
): Promise<void> {
  const [other] = await tx.query<{ groupId: string; status: Status | null; rule: string | null }>(
    `select asked.group_id as "groupId", known.status, known.rule
     from unnest($2::uuid[]) as asked (group_id)
     left join lateral (
       select match_told.status, match_told.rule from tieout.match_told
       where match_told.book_id = $1::bigint and match_told.group_id = asked.group_id
       limit 1
     ) known on true
     where known.status is null or known.status <> all ($3::text[]) or known.rule = $4
     order by asked.group_id limit 1`,
    [bookId, groupIds, allowed, PAYOUT_WITHDRAWN],
  );
  if (other === undefined) return;
  if (other.status === null)
    throw new OperationalError('not_found', `there is no match ${other.groupId}`);
  if (other.rule === PAYOUT_WITHDRAWN)
    throw new OperationalError(
      'invalid_input',
      `match ${other.groupId} withdraws a payout that a corrected file no longer tells; only another correction undoes it`,
    );
  throw new OperationalError(
    'invalid_input',
    `match ${other.groupId} is ${other.status} and cannot be ${wanted}`,
  );
}
