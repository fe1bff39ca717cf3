import { recordAct } from '../audit/audit-log.ts';
import type { Tx } from '../db/db.ts';
import { accountIdOf } from '../ids.ts';
import type { Account, AccountRef, AccountStatus } from './accounts.ts';

/** What somebody does to an account, who and why; amounts in minor units. */
export interface AccountAct extends AccountRef {
  readonly bookId: bigint;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** Ties the act to a request from outside. */
  readonly requestId?: string;
}

/** What came of an act: everything but `changed` left the account as it was. */
export type AccountActCode =
  | 'changed'
  | 'unchanged'
  | 'unknown_account'
  | 'account_closed'
  | 'not_empty'
  | 'has_pending'
  | 'has_open_items'
  | 'breaks_limit'
  | 'floor_above_ceiling'
  | 'limits_need_inline'
  | 'exists_with_different_terms';

export interface AccountActResult {
  readonly code: AccountActCode;
  /** The account after the act; absent when the book has none. */
  readonly account?: Account;
}

export type AccountSide = 'debit' | 'credit' | 'both';

/** The sums of an account now: settled and pending, in minor units. */
export interface AccountSums {
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly pendingDebitsMinor: bigint;
  readonly pendingCreditsMinor: bigint;
}

/**
 * Forbids postings on one side of an account or on both; pending holds stay.
 *
 * Waits for the postings under way on the account, as every act on an account does; later ones are refused.
 */
export async function freezeAccount(
  tx: Tx,
  act: AccountAct & { readonly side: AccountSide },
): Promise<AccountActResult> {
  return await changeStatus(tx, act, 'freeze', (account) =>
    account.status === 'closed'
      ? 'account_closed'
      : statusOf({ ...frozenSides(account.status), ...sides(act.side, true) }),
  );
}

/** Allows postings again on one side of an account or on both. */
export async function unfreezeAccount(
  tx: Tx,
  act: AccountAct & { readonly side: AccountSide },
): Promise<AccountActResult> {
  return await changeStatus(tx, act, 'unfreeze', (account) =>
    account.status === 'closed'
      ? 'account_closed'
      : statusOf({ ...frozenSides(account.status), ...sides(act.side, false) }),
  );
}

/** Closes an account for good; only one with a balance of zero, nothing pending and no open item. */
export async function closeAccount(tx: Tx, act: AccountAct): Promise<AccountActResult> {
  return await changeStatus(tx, act, 'close', async (account) => {
    if (account.status === 'closed') return 'closed';
    const sums = await sumsOf(tx, act.bookId, account.accountId);
    if (sums.debitsMinor !== sums.creditsMinor) return 'not_empty';
    if (hasPending(sums)) return 'has_pending';
    return (await hasOpenItems(tx, act.bookId, account.accountId)) ? 'has_open_items' : 'closed';
  });
}

/** Opens a closed account again, active on both sides; an account that is not closed stays as it is. */
export async function reopenAccount(tx: Tx, act: AccountAct): Promise<AccountActResult> {
  return await changeStatus(tx, act, 'reopen', (account) =>
    account.status === 'closed' ? 'active' : account.status,
  );
}

/** Finds an account and keeps every posting on it out until the transaction ends. */
export async function lockAccount(
  tx: Tx,
  account: AccountRef & { readonly bookId: bigint },
): Promise<Account | undefined> {
  // Not "for no key update": a posting holds its accounts "for key share", and only this lock waits for it.
  const [found] = await tx.query<Account>(
    `select account_id as "accountId", code, currency, name, type, normal_side as "normalSide",
            is_reconcilable as "isReconcilable", status, balance_mode as "balanceMode", slots,
            floor_minor as "floorMinor", ceiling_minor as "ceilingMinor"
     from tieout.account where book_id = $1 and account_id = $2 for update`,
    [account.bookId, accountIdOf(account.code, account.currency)],
  );
  return found;
}

/** The sums of an account now, whatever its balance mode; zeros when nothing was posted to it. */
export async function sumsOf(tx: Tx, bookId: bigint, accountId: bigint): Promise<AccountSums> {
  const [sums] = await tx.query<AccountSums>(
    `select debits_minor as "debitsMinor", credits_minor as "creditsMinor",
            pending_debits_minor as "pendingDebitsMinor", pending_credits_minor as "pendingCreditsMinor"
     from tieout.account_balance where book_id = $1 and account_id = $2`,
    [bookId, accountId],
  );
  return (
    sums ?? { debitsMinor: 0n, creditsMinor: 0n, pendingDebitsMinor: 0n, pendingCreditsMinor: 0n }
  );
}

/** Whether an amount is on hold on either side. */
function hasPending(sums: AccountSums): boolean {
  return sums.pendingDebitsMinor !== 0n || sums.pendingCreditsMinor !== 0n;
}

/** Writes an act on an account into the audit log, under `code|currency`. */
export async function recordAccountAct(
  tx: Tx,
  act: AccountAct,
  change: { readonly action: string; readonly before?: object; readonly after: object },
): Promise<void> {
  await recordAct(tx, {
    ...change,
    bookId: act.bookId,
    actor: act.actor,
    reason: act.reason,
    now: act.now,
    objectType: 'account',
    objectId: `${act.code}|${act.currency}`,
    ...(act.requestId === undefined ? {} : { requestId: act.requestId }),
  });
}

async function changeStatus(
  tx: Tx,
  act: AccountAct,
  action: string,
  decide: (account: Account) => Decision | Promise<Decision>,
): Promise<AccountActResult> {
  const account = await lockAccount(tx, act);
  if (account === undefined) return { code: 'unknown_account' };
  const decision = await decide(account);
  if (!isStatus(decision)) return { code: decision, account };
  if (decision === account.status) return { code: 'unchanged', account };
  await tx.execute('update tieout.account set status = $3 where book_id = $1 and account_id = $2', [
    act.bookId,
    account.accountId,
    decision,
  ]);
  const [before, after] = [{ status: account.status }, { status: decision }];
  await recordAccountAct(tx, act, { action, before, after });
  return { code: 'changed', account: { ...account, status: decision } };
}

type Decision = AccountStatus | 'account_closed' | 'not_empty' | 'has_pending' | 'has_open_items';

interface FrozenSides {
  readonly debit: boolean;
  readonly credit: boolean;
}

const FROZEN: Readonly<Record<AccountStatus, FrozenSides>> = {
  active: { debit: false, credit: false },
  debit_frozen: { debit: true, credit: false },
  credit_frozen: { debit: false, credit: true },
  frozen: { debit: true, credit: true },
  closed: { debit: true, credit: true },
};

function isStatus(decision: Decision): decision is AccountStatus {
  return Object.hasOwn(FROZEN, decision);
}

function frozenSides(status: AccountStatus): FrozenSides {
  return FROZEN[status];
}

function sides(side: AccountSide, isFrozen: boolean): Partial<FrozenSides> {
  return side === 'both' ? { debit: isFrozen, credit: isFrozen } : { [side]: isFrozen };
}

function statusOf({ debit, credit }: FrozenSides): AccountStatus {
  if (debit && credit) return 'frozen';
  if (debit) return 'debit_frozen';
  return credit ? 'credit_frozen' : 'active';
}

async function hasOpenItems(tx: Tx, bookId: bigint, accountId: bigint): Promise<boolean> {
  const items = await tx.query(
    'select 1 from tieout.open_item where book_id = $1 and account_id = $2 limit 1',
    [bookId, accountId],
  );
  return items.length > 0;
}
