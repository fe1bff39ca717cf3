import type { Tx } from '../db/db.ts';
import {
  type AccountAct,
  type AccountActCode,
  type AccountActResult,
  type AccountSums,
  lockAccount,
  recordAccountAct,
  sumsOf,
} from './account-admin.ts';
import type { Account } from './accounts.ts';

/** The least and the most an account may hold: minor units, in the sign of its normal side; `null` for no limit. */
export interface AccountLimits {
  readonly floorMinor: bigint | null;
  readonly ceilingMinor: bigint | null;
}

/** What an account may still give and how full it may get: minor units, in the sign of its normal side. */
export interface Standing {
  readonly postedMinor: bigint;
  /** Posted less what holds will take out. */
  readonly availableMinor: bigint;
  /** Posted and what holds will bring in. */
  readonly expectedMinor: bigint;
}

/**
 * Sets or removes (`null`) the floor and the ceiling of an account; one that is left out stays.
 *
 * Refused when the account stands outside them now (`breaks_limit`), when they leave no room (`floor_above_ceiling`), and
 * for a balance that is not kept in one row (`limits_need_inline`).
 */
export async function setLimits(
  tx: Tx,
  act: AccountAct & Partial<AccountLimits>,
): Promise<AccountActResult> {
  const account = await lockAccount(tx, act);
  if (account === undefined) return { code: 'unknown_account' };
  const limits = {
    floorMinor: act.floorMinor === undefined ? account.floorMinor : act.floorMinor,
    ceilingMinor: act.ceilingMinor === undefined ? account.ceilingMinor : act.ceilingMinor,
  };
  const sums = await sumsOf(tx, act.bookId, account.accountId);
  const refusal = limitsRefusal(account, sums, limits);
  if (refusal !== undefined) return { code: refusal, account };
  if (limits.floorMinor === account.floorMinor && limits.ceilingMinor === account.ceilingMinor)
    return { code: 'unchanged', account };
  await tx.execute(
    'update tieout.account set floor_minor = $3, ceiling_minor = $4 where book_id = $1 and account_id = $2',
    [act.bookId, account.accountId, limits.floorMinor, limits.ceilingMinor],
  );
  const changed = { ...account, ...limits };
  await writeLimitCopies(tx, act.bookId, changed);
  await recordAccountAct(tx, act, {
    action: 'set-limits',
    before: limitsJson(account),
    after: limitsJson(changed),
  });
  return { code: 'changed', account: changed };
}

/** Why limits cannot be on an account that stands so; `undefined` when they can. */
export function limitsRefusal(
  account: Account,
  sums: AccountSums,
  { floorMinor, ceilingMinor }: AccountLimits,
): AccountActCode | undefined {
  if (floorMinor === null && ceilingMinor === null) return undefined;
  if (account.balanceMode !== 'inline') return 'limits_need_inline';
  if (floorMinor !== null && ceilingMinor !== null && floorMinor > ceilingMinor)
    return 'floor_above_ceiling';
  const { availableMinor, expectedMinor } = standingOf(account, sums);
  if (floorMinor !== null && availableMinor < floorMinor) return 'breaks_limit';
  if (ceilingMinor !== null && expectedMinor > ceilingMinor) return 'breaks_limit';
  return undefined;
}

/** What an account holds, in the sign of its normal side. */
export function standingOf(
  { normalSide }: Pick<Account, 'normalSide'>,
  sums: AccountSums,
): Standing {
  const isDebit = normalSide === 'debit';
  const settled = sums.debitsMinor - sums.creditsMinor;
  const postedMinor = isDebit ? settled : -settled;
  const [inflow, outflow] = isDebit
    ? [sums.pendingDebitsMinor, sums.pendingCreditsMinor]
    : [sums.pendingCreditsMinor, sums.pendingDebitsMinor];
  return {
    postedMinor,
    availableMinor: postedMinor - outflow,
    expectedMinor: postedMinor + inflow,
  };
}

/** Copies the limits of an account to its balance, whose checks hold every posting to them. */
export async function writeLimitCopies(tx: Tx, bookId: bigint, account: Account): Promise<void> {
  const { accountId, floorMinor, ceilingMinor } = account;
  // In two statements: a new row of zeros with a floor of its own would be held to it before it is filled.
  if (floorMinor !== null || ceilingMinor !== null) {
    await tx.execute(
      `insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
       values ($1, $2, 0, 0, 0) on conflict (book_id, account_id, slot) do nothing`,
      [bookId, accountId],
    );
  }
  await tx.execute(
    `update tieout.balance set is_debit_normal = $3, floor_minor = $4, ceiling_minor = $5
     where book_id = $1 and account_id = $2 and slot = 0`,
    [bookId, accountId, account.normalSide === 'debit', floorMinor, ceilingMinor],
  );
}

function limitsJson({ floorMinor, ceilingMinor }: AccountLimits): object {
  return {
    floor_minor: floorMinor?.toString() ?? null,
    ceiling_minor: ceilingMinor?.toString() ?? null,
  };
}
