import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import {
  type AccountAct,
  type AccountActResult,
  lockAccount,
  recordAccountAct,
} from './account-admin.ts';
import type { Account, BalanceMode } from './accounts.ts';

/** How a balance is kept: `slots` is 2 to 64 in the mode of that name, else 1. */
export interface BalanceModeTerms {
  readonly mode: BalanceMode;
  readonly slots: number;
}

/** One row for an account: the mode of every account that nobody changed. */
export const INLINE: BalanceModeTerms = { mode: 'inline', slots: 1 };

const SLOTS = { least: 2, most: 64 };

const SQL = {
  foldSlots: sqlFile(import.meta.url, './sql/admin/10_fold_slots.sql'),
  foldSlotDays: sqlFile(import.meta.url, './sql/admin/11_fold_slot_days.sql'),
  foldDeltas: sqlFile(import.meta.url, './sql/admin/20_fold_deltas.sql'),
};

/** Reads `inline`, `derived` or `slots:N` with N from 2 to 64; `undefined` for anything else. */
export function parseBalanceMode(text: string): BalanceModeTerms | undefined {
  if (text === 'inline' || text === 'derived') return { mode: text, slots: 1 };
  const slots = Number(/^slots:(\d{1,2})$/.exec(text)?.[1]);
  if (!(slots >= SLOTS.least && slots <= SLOTS.most)) return undefined;
  return { mode: 'slots', slots };
}

/** Writes a mode as {@link parseBalanceMode} reads it. */
export function formatBalanceMode(account: Pick<Account, 'balanceMode' | 'slots'>): string {
  return account.balanceMode === 'slots' ? `slots:${account.slots}` : account.balanceMode;
}

/**
 * Changes how the balance of an account is kept, and folds what the old mode kept apart into its first row.
 *
 * No sum changes. Refused for an account with limits, which need the one row (`limits_need_inline`).
 */
export async function setBalanceMode(
  tx: Tx,
  act: AccountAct & { readonly balanceMode: BalanceModeTerms },
): Promise<AccountActResult> {
  const account = await lockAccount(tx, act);
  if (account === undefined) return { code: 'unknown_account' };
  const { mode, slots } = act.balanceMode;
  if (mode === account.balanceMode && slots === account.slots)
    return { code: 'unchanged', account };
  if (mode !== 'inline' && (account.floorMinor !== null || account.ceilingMinor !== null))
    return { code: 'limits_need_inline', account };
  await foldParts(tx, act.bookId, account.accountId);
  await tx.execute(
    'update tieout.account set balance_mode = $3, slots = $4 where book_id = $1 and account_id = $2',
    [act.bookId, account.accountId, mode, slots],
  );
  const changed = { ...account, balanceMode: mode, slots };
  await recordAccountAct(tx, act, {
    action: 'set-balance-mode',
    before: { balance_mode: formatBalanceMode(account) },
    after: { balance_mode: formatBalanceMode(changed) },
  });
  return { code: 'changed', account: changed };
}

/**
 * Folds the movements of every account of the book whose balance is derived into its balance, and returns how many accounts
 * had some.
 *
 * Exact without a watermark: what one statement takes away it adds, and what commits meanwhile stays for the next time.
 */
export async function foldDerivedBalances(tx: Tx, bookId: bigint): Promise<number> {
  // Two who fold, or one who folds and one who changes the mode, come one after the other; postings do not wait.
  await tx.query(
    `select account_id from tieout.account where book_id = $1 and balance_mode = 'derived'
     order by account_id for no key update`,
    [bookId],
  );
  return await foldDeltas(tx, bookId, null);
}

async function foldParts(tx: Tx, bookId: bigint, accountId: bigint): Promise<void> {
  await tx.execute(SQL.foldSlots, [bookId, accountId]);
  await tx.execute(SQL.foldSlotDays, [bookId, accountId]);
  await foldDeltas(tx, bookId, accountId);
}

async function foldDeltas(tx: Tx, bookId: bigint, accountId: bigint | null): Promise<number> {
  const { rowCount } = await tx.execute(SQL.foldDeltas, [bookId, accountId]);
  return rowCount;
}
