import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { journalIdOf, keyHashOf } from '../ids.ts';
import type { JournalRequest, PairPosting } from '../ledger/journal-request.ts';
import { bookingDayOf, postAll } from '../ledger/post.ts';
import type { SettleOptions, SettleOutcome } from './settle.ts';

/** A journal that belongs to one match group. */
export interface GroupJournal {
  readonly groupId: string;
  readonly request: JournalRequest;
}

/** Posts journals of match groups, all or nothing, and records which group each belongs to. */
export async function postForGroups(
  tx: Tx,
  journals: readonly GroupJournal[],
  kind: 'residual' | 'revocation' | 'opening',
  options: SettleOptions,
): Promise<SettleOutcome> {
  const { created, exists } = await postAll(
    tx,
    journals.map(({ request }) => request),
    { ...options, operationId: options.newOperationId() },
  );
  await tx.execute(
    `insert into tieout.settlement_journal (book_id, journal_id, booked_on, kind, run_id, group_id)
     select $1::bigint, journal_id, $5::date, $6::text, $2::bigint, group_id
     from unnest($3::uuid[], $4::uuid[]) as posted (journal_id, group_id)
     on conflict (book_id, journal_id) do nothing`,
    [
      options.bookId,
      options.runId,
      journals.map(({ request }) => journalIdOf(request.effectiveDate, keyHashOf(request.key))),
      journals.map(({ groupId }) => groupId),
      bookingDayOf(options.now),
      kind,
    ],
  );
  return { created, exists };
}

/** What a group moves between two accounts; a positive amount debits the first. */
export interface GroupLeg {
  readonly groupId: string;
  readonly code: string;
  readonly counterCode: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

/** The legs of each group, in the order the groups come. */
export function byGroup<T extends { readonly groupId: string }>(
  legs: readonly T[],
): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const leg of legs) {
    const group = groups.get(leg.groupId);
    if (group === undefined) groups.set(leg.groupId, [leg]);
    else group.push(leg);
  }
  return [...groups.values()];
}

/** The posting of a leg. */
export function postingOf({
  code,
  counterCode,
  currency,
  amountMinor,
}: Omit<GroupLeg, 'groupId'>): PairPosting {
  return amountMinor > 0n
    ? { debit: code, credit: counterCode, amountMinor, currency }
    : { debit: counterCode, credit: code, amountMinor: -amountMinor, currency };
}
