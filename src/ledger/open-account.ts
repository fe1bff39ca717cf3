import type { ChartEntry } from '../config.ts';
import type { Tx } from '../db/db.ts';
import { accountIdOf } from '../ids.ts';
import {
  type AccountAct,
  type AccountActResult,
  lockAccount,
  recordAccountAct,
} from './account-admin.ts';
import { type AccountLimits, limitsRefusal, writeLimitCopies } from './account-limits.ts';
import type { Account } from './accounts.ts';
import { type BalanceModeTerms, INLINE } from './balance-mode.ts';

/** The terms of an account that is opened by hand; what is left out is as the chart would have it. */
export interface NewAccountTerms {
  readonly type: ChartEntry['type'];
  /** The code when absent. */
  readonly name?: string;
  /** Debit for assets and expenses, else credit, when absent. */
  readonly normalSide?: 'debit' | 'credit';
  readonly isReconcilable?: boolean;
  readonly balanceMode?: BalanceModeTerms;
  /** Minor units in the sign of the normal side; only with an inline balance. */
  readonly limits?: AccountLimits;
}

/**
 * Opens an account by hand, outside the chart: `changed` when it is new, `unchanged` when it is there on these terms.
 *
 * Refused: `exists_with_different_terms`; `limits_need_inline`; `breaks_limit` and `floor_above_ceiling` when a balance of
 * zero is outside the limits.
 */
export async function openAccount(
  tx: Tx,
  act: AccountAct & { readonly terms: NewAccountTerms },
): Promise<AccountActResult> {
  const wanted = wantedAccount(act);
  const refusal = refusalOf(wanted);
  if (refusal !== undefined) return { code: refusal };
  if (!(await insertAccount(tx, act, wanted))) return await compare(tx, act, wanted);
  await writeLimitCopies(tx, act.bookId, wanted);
  await recordAccountAct(tx, act, { action: 'open', after: termsJson(wanted) });
  return { code: 'changed', account: wanted };
}

function wantedAccount(act: AccountAct & { readonly terms: NewAccountTerms }): Account {
  const { terms, code, currency } = act;
  const normalSide = terms.type === 'asset' || terms.type === 'expense' ? 'debit' : 'credit';
  const { mode, slots } = terms.balanceMode ?? INLINE;
  return {
    accountId: accountIdOf(code, currency),
    code,
    currency,
    name: terms.name ?? code,
    type: terms.type,
    normalSide: terms.normalSide ?? normalSide,
    isReconcilable: terms.isReconcilable ?? false,
    status: 'active',
    balanceMode: mode,
    slots,
    floorMinor: terms.limits?.floorMinor ?? null,
    ceilingMinor: terms.limits?.ceilingMinor ?? null,
  };
}

const NOTHING = {
  debitsMinor: 0n,
  creditsMinor: 0n,
  pendingDebitsMinor: 0n,
  pendingCreditsMinor: 0n,
};

function refusalOf(wanted: Account) {
  return limitsRefusal(wanted, NOTHING, wanted);
}

async function insertAccount(tx: Tx, act: AccountAct, wanted: Account): Promise<boolean> {
  const { rowCount } = await tx.execute(
    `insert into tieout.account (
       book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at,
       balance_mode, slots, floor_minor, ceiling_minor
     ) values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9::timestamptz, $10, $11, $12, $13)
     on conflict do nothing`,
    [
      act.bookId,
      wanted.accountId,
      wanted.code,
      wanted.currency,
      wanted.name,
      wanted.type,
      wanted.normalSide,
      wanted.isReconcilable,
      act.now.toISOString(),
      wanted.balanceMode,
      wanted.slots,
      wanted.floorMinor,
      wanted.ceilingMinor,
    ],
  );
  return rowCount === 1;
}

async function compare(tx: Tx, act: AccountAct, wanted: Account): Promise<AccountActResult> {
  const account = await lockAccount(tx, act);
  if (account === undefined) return { code: 'unknown_account' };
  const [asked, found] = [wanted, account].map((one) => JSON.stringify(termsJson(one)));
  return { code: asked === found ? 'unchanged' : 'exists_with_different_terms', account };
}

function termsJson(account: Account): object {
  return {
    name: account.name,
    type: account.type,
    normal_side: account.normalSide,
    reconcilable: account.isReconcilable,
    balance_mode: account.balanceMode,
    slots: account.slots,
    floor_minor: account.floorMinor?.toString() ?? null,
    ceiling_minor: account.ceilingMinor?.toString() ?? null,
  };
}
