import type { Currency } from '../currency.ts';
import type { Database, Tx } from '../db/db.ts';
import { assertInvariant, OperationalError } from '../errors.ts';
import { keyHashOf } from '../ids.ts';
import { inOneBatch } from '../in-one-batch.ts';
import type { JournalRequest } from './journal-request.ts';
import { type PostOptions, post } from './post.ts';

/** What came of one journal: `created`, `exists`, or the code of its refusal. */
export interface HandResult {
  readonly key: string;
  readonly code: string;
  /** The journal of the key; `null` when it was refused. */
  readonly journalId: string | null;
}

/** An account that was posted to, as it stands behind the postings; minor units, balances are debits − credits. */
export interface TouchedBalance {
  readonly code: string;
  readonly currency: Currency;
  readonly balanceMinor: bigint;
  readonly pendingDebitsMinor: bigint;
  readonly pendingCreditsMinor: bigint;
}

export interface HandOutcome {
  readonly created: number;
  readonly exists: number;
  /** In the order of the journals. */
  readonly results: readonly HandResult[];
  readonly balances: readonly TouchedBalance[];
}

/** How to begin a posting in a transaction of its own. */
export type BeginPosting = (tx: Tx) => Promise<PostOptions>;

const TRIES = 5;

/** Posts journals in the caller's transaction, and tells what came of each and how their accounts stand now. */
export async function postByHand(
  tx: Tx,
  journals: readonly JournalRequest[],
  options: PostOptions,
): Promise<HandOutcome> {
  const keys = journals.map(({ key }) => key);
  const before = await journalsOf(tx, options.bookId, keys);
  const outcome = await post(tx, inOneBatch(journals), options);
  const refused = new Map(outcome.refused.map(({ requestNo, code }) => [Number(requestNo), code]));
  const after = await journalsOf(tx, options.bookId, keys);
  const known = new Set(before.keys());
  const results = journals.map(({ key }, place) => {
    const refusal = refused.get(place);
    if (refusal !== undefined) return { key, code: refusal, journalId: null };
    const code = known.has(key) ? 'exists' : 'created';
    known.add(key);
    return { key, code, journalId: after.get(key) ?? null };
  });
  const { created, exists } = outcome;
  const balances = await touchedBalances(tx, options.bookId, keys);
  return { created, exists, results, balances };
}

/**
 * Posts the journals that can be posted; the others leave no trace, so that they can be asked for again once their cause is
 * mended.
 */
export async function postAccepted(
  db: Database,
  journals: readonly JournalRequest[],
  begin: BeginPosting,
): Promise<HandOutcome> {
  const refused = new Map<number, HandResult>();
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const places = [...journals.keys()].filter((place) => !refused.has(place));
    const outcome = await postOrRefuse(
      db,
      places.flatMap((place) => journals[place] ?? []),
      begin,
    );
    const results = placed(outcome.results, places);
    const refusals = [...results].filter(([, result]) => isRefused(result));
    if (refusals.length > 0) {
      for (const [place, result] of refusals) refused.set(place, result);
      continue;
    }
    return { ...outcome, results: inOrder(journals, new Map([...refused, ...results])) };
  }
  throw new OperationalError('book_busy', 'accounts change while they are posted to; run again');
}

/** Whether a result is a refusal. */
export function isRefused({ code }: HandResult): boolean {
  return code !== 'created' && code !== 'exists';
}

/**
 * Posts all journals, or none when one of them is refused; either way tells what came of each.
 *
 * What else belongs to it is done in the same transaction, after the postings.
 */
export async function postOrRefuse(
  db: Database,
  journals: readonly JournalRequest[],
  begin: BeginPosting,
  also: (tx: Tx, outcome: HandOutcome) => Promise<void> = async () => undefined,
): Promise<HandOutcome> {
  return await db.transaction(
    async (tx) => {
      const options = { ...(await begin(tx)), allOrNothing: true };
      const outcome = await postByHand(tx, journals, options);
      if (!outcome.results.some(isRefused)) await also(tx, outcome);
      return outcome;
    },
    { attempts: TRIES },
  );
}

function placed(
  results: readonly HandResult[],
  places: readonly number[],
): Map<number, HandResult> {
  return new Map(
    places.flatMap((place, index) => {
      const result = results[index];
      return result === undefined ? [] : [[place, result] as const];
    }),
  );
}

function inOrder(
  journals: readonly JournalRequest[],
  results: ReadonlyMap<number, HandResult>,
): readonly HandResult[] {
  return journals.map((journal, place) => {
    const result = results.get(place);
    assertInvariant(result !== undefined, `nothing came of journal ${journal.key}`);
    return result;
  });
}

/** The journals of keys that have one. */
async function journalsOf(
  tx: Tx,
  bookId: bigint,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ key: string; journalId: string }>(
    `select journal.key, journal.journal_id as "journalId"
     from tieout.journal_key
     join tieout.journal on journal.book_id = journal_key.book_id and journal.booked_on = journal_key.booked_on
      and journal.journal_id = journal_key.journal_id
     where journal_key.book_id = $1::bigint and journal_key.key_hash = any ($2::bytea[])`,
    [bookId, keys.map(keyHashOf)],
  );
  return new Map(rows.map(({ key, journalId }) => [key, journalId]));
}

async function touchedBalances(
  tx: Tx,
  bookId: bigint,
  keys: readonly string[],
): Promise<TouchedBalance[]> {
  return await tx.query<TouchedBalance>(
    `select account.code, account.currency,
            coalesce(account_balance.debits_minor - account_balance.credits_minor, 0)::bigint as "balanceMinor",
            coalesce(account_balance.pending_debits_minor, 0)::bigint as "pendingDebitsMinor",
            coalesce(account_balance.pending_credits_minor, 0)::bigint as "pendingCreditsMinor"
     from tieout.account
     left join tieout.account_balance on account_balance.book_id = account.book_id
      and account_balance.account_id = account.account_id
     where account.book_id = $1::bigint
       and account.account_id in (
         select account_line.account_id
         from tieout.journal_key
         join tieout.account_line on account_line.book_id = journal_key.book_id
          and account_line.booked_on = journal_key.booked_on and account_line.journal_id = journal_key.journal_id
         where journal_key.book_id = $1::bigint and journal_key.key_hash = any ($2::bytea[])
       )
     order by account.code, account.currency`,
    [bookId, keys.map(keyHashOf)],
  );
}
