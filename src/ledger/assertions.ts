import { recordAct } from '../audit/audit-log.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { accountIdOf } from '../ids.ts';
import type { AccountRef } from './accounts.ts';

/** What somebody says an account holds at the end of a day: debits − credits, in minor units. */
export interface BalanceAssertion {
  readonly code: string;
  readonly currency: Currency;
  readonly effectiveDate: BusinessDate;
  readonly assertedMinor: bigint;
  /** What the postings sum to now, up to that day. */
  readonly balanceMinor: bigint;
  readonly assertedAt: Date;
  readonly assertedBy: string;
  readonly reason: string;
}

export interface AssertBalance extends AccountRef {
  readonly bookId: bigint;
  readonly effectiveDate: BusinessDate;
  /** Debits − credits. */
  readonly balanceMinor: bigint;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  readonly requestId?: string;
}

export type AssertResult =
  | { readonly code: 'unknown_account' }
  | { readonly code: 'changed' | 'unchanged'; readonly assertion: BalanceAssertion };

/**
 * Records what the balance of an account is at the end of a day; said again, the later word stands.
 *
 * It is recorded whether it holds or not: the ledger's checks hold the books to it from then on.
 */
export async function assertBalance(tx: Tx, request: AssertBalance): Promise<AssertResult> {
  const { bookId, effectiveDate } = request;
  const accountId = accountIdOf(request.code, request.currency);
  const accounts = await tx.query(
    'select 1 from tieout.account where book_id = $1 and account_id = $2 for key share',
    [bookId, accountId],
  );
  if (accounts.length === 0) return { code: 'unknown_account' };
  const before = await findAssertion(tx, { bookId, accountId, effectiveDate });
  if (before?.assertedMinor === request.balanceMinor)
    return { code: 'unchanged', assertion: before };
  await writeAssertion(tx, request, accountId);
  await recordAssertion(tx, request, before);
  const assertion = await findAssertion(tx, { bookId, accountId, effectiveDate });
  return assertion === undefined ? { code: 'unknown_account' } : { code: 'changed', assertion };
}

/** Every assertion of a book beside what the postings sum to, by account and day. */
export async function listAssertions(tx: Tx, bookId: bigint): Promise<BalanceAssertion[]> {
  return await selectAssertions(tx, [bookId, null, null]);
}

async function findAssertion(
  tx: Tx,
  place: {
    readonly bookId: bigint;
    readonly accountId: bigint;
    readonly effectiveDate: BusinessDate;
  },
): Promise<BalanceAssertion | undefined> {
  const [found] = await selectAssertions(tx, [place.bookId, place.accountId, place.effectiveDate]);
  return found;
}

async function selectAssertions(
  tx: Tx,
  params: readonly [bigint, bigint | null, BusinessDate | null],
): Promise<BalanceAssertion[]> {
  return await tx.query<BalanceAssertion>(
    `select account.code, account.currency, balance_assertion.effective_date as "effectiveDate",
            balance_assertion.balance_minor as "assertedMinor",
            coalesce(sum(account_day.debits_minor - account_day.credits_minor), 0)::bigint as "balanceMinor",
            balance_assertion.asserted_at as "assertedAt", balance_assertion.asserted_by as "assertedBy",
            balance_assertion.reason
     from tieout.balance_assertion
     join tieout.account on account.book_id = balance_assertion.book_id and account.account_id = balance_assertion.account_id
     left join tieout.account_day on account_day.book_id = balance_assertion.book_id
      and account_day.account_id = balance_assertion.account_id
      and account_day.effective_date <= balance_assertion.effective_date
     where balance_assertion.book_id = $1::bigint
       and ($2::bigint is null or balance_assertion.account_id = $2::bigint)
       and ($3::date is null or balance_assertion.effective_date = $3::date)
     group by account.code, account.currency, balance_assertion.book_id, balance_assertion.account_id,
              balance_assertion.effective_date, balance_assertion.balance_minor, balance_assertion.asserted_at,
              balance_assertion.asserted_by, balance_assertion.reason
     order by account.code, account.currency, balance_assertion.effective_date`,
    params,
  );
}

async function writeAssertion(tx: Tx, request: AssertBalance, accountId: bigint): Promise<void> {
  await tx.execute(
    `insert into tieout.balance_assertion
       (book_id, account_id, effective_date, balance_minor, asserted_at, asserted_by, reason)
     values ($1, $2, $3::date, $4, $5::timestamptz, $6, $7)
     on conflict (book_id, account_id, effective_date) do update
     set balance_minor = excluded.balance_minor, asserted_at = excluded.asserted_at,
         asserted_by = excluded.asserted_by, reason = excluded.reason`,
    [
      request.bookId,
      accountId,
      request.effectiveDate,
      request.balanceMinor,
      request.now.toISOString(),
      request.actor,
      request.reason,
    ],
  );
}

async function recordAssertion(
  tx: Tx,
  request: AssertBalance,
  before: BalanceAssertion | undefined,
): Promise<void> {
  const { code, currency, effectiveDate, requestId } = request;
  await recordAct(tx, {
    bookId: request.bookId,
    actor: request.actor,
    action: 'assert',
    objectType: 'account',
    objectId: `${code}|${currency}`,
    reason: request.reason,
    now: request.now,
    after: { effective_date: effectiveDate, balance_minor: request.balanceMinor.toString() },
    ...(before === undefined
      ? {}
      : {
          before: { effective_date: effectiveDate, balance_minor: before.assertedMinor.toString() },
        }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}
