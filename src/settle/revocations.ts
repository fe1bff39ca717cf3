import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { journalIdOf, keyHashOf } from '../ids.ts';
import type { JournalRequest, PairPosting } from '../ledger/journal-request.ts';
import { bookingDayOf, postAll } from '../ledger/post.ts';
import { reopenItems } from '../ledger/reopen-items.ts';
import type { SettleOptions, SettleOutcome } from './settle.ts';

const LEGS = sqlFile(import.meta.url, './sql/50_revocation_legs.sql');

interface Leg {
  readonly groupId: string;
  readonly code: string;
  readonly counterCode: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

interface Revocation {
  readonly groupId: string;
  readonly request: JournalRequest;
}

/**
 * Moves back what the groups revoked in this run had settled, one journal a group, and opens their items again.
 *
 * Each amount returns to the suspense of its entry's source, where it lay before anything explained it. Called again in
 * the same run it posts nothing a second time.
 */
export async function settleRevocations(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const legs = await tx.query<Leg>(LEGS, [options.bookId, options.runId]);
  const journals = revocationsOf(legs, options);
  const { created, exists } = await postAll(
    tx,
    journals.map(({ request }) => request),
    { ...options, operationId: options.newOperationId() },
  );
  await record(tx, journals, options);
  await reopenItems(tx, options);
  return { created, exists };
}

function revocationsOf(legs: readonly Leg[], options: SettleOptions): Revocation[] {
  const byGroup = new Map<string, Leg[]>();
  for (const leg of legs) {
    const group = byGroup.get(leg.groupId);
    if (group === undefined) byGroup.set(leg.groupId, [leg]);
    else group.push(leg);
  }
  return Array.from(byGroup, ([groupId, own]) => revocationOf(groupId, own, options)).flat();
}

function revocationOf(groupId: string, legs: readonly Leg[], options: SettleOptions): Revocation[] {
  const [first] = legs;
  if (first === undefined) return [];
  return [
    {
      groupId,
      request: {
        key: `revoke|${groupId}`,
        kind: 'revocation',
        effectiveDate: options.businessDate,
        currency: first.currency,
        description: `revocation of match ${groupId}`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings: legs.map(postingOf),
      },
    },
  ];
}

function postingOf({ code, counterCode, currency, amountMinor }: Leg): PairPosting {
  return amountMinor > 0n
    ? { debit: code, credit: counterCode, amountMinor, currency }
    : { debit: counterCode, credit: code, amountMinor: -amountMinor, currency };
}

async function record(
  tx: Tx,
  journals: readonly Revocation[],
  options: SettleOptions,
): Promise<void> {
  await tx.execute(
    `insert into tieout.settlement_journal (book_id, journal_id, booked_on, kind, run_id, group_id)
     select $1::bigint, journal_id, $5::date, 'revocation', $2::bigint, group_id
     from unnest($3::uuid[], $4::uuid[]) as posted (journal_id, group_id)
     on conflict (book_id, journal_id) do nothing`,
    [
      options.bookId,
      options.runId,
      journals.map(({ request }) => journalIdOf(request.effectiveDate, keyHashOf(request.key))),
      journals.map(({ groupId }) => groupId),
      bookingDayOf(options.now),
    ],
  );
}
