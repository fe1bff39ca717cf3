import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { accountIdOf } from '../ids.ts';
import type { Chart } from './chart.ts';

/** An account as a posting names it: a code in a currency. */
export interface AccountRef {
  readonly code: string;
  readonly currency: Currency;
}

export interface Account extends AccountRef {
  readonly accountId: bigint;
  readonly name: string;
  readonly type: string;
  readonly normalSide: string;
  readonly isReconcilable: boolean;
  readonly status: AccountStatus;
  /** How its balance is kept: in one row, in `slots` rows, or derived from movements that are folded later. */
  readonly balanceMode: BalanceMode;
  readonly slots: number;
  /** Limits of the balance in minor units, in the sign of the normal side; `null` when there is none. */
  readonly floorMinor: bigint | null;
  readonly ceilingMinor: bigint | null;
}

/** What may be posted to an account: all, only credits, only debits, nothing, nothing for good. */
export type AccountStatus = 'active' | 'debit_frozen' | 'credit_frozen' | 'frozen' | 'closed';

export type BalanceMode = 'inline' | 'slots' | 'derived';

/**
 * Opens the accounts that the chart has a place for and the book does not have yet; the others stay unknown.
 *
 * In the order of their ids, so that two writers who open the same ones never block each other in a ring, and giving way on
 * every unique key: of two who open one account at once, either key may be the one that tells.
 */
export async function openAccounts(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly chart: Chart;
    readonly accounts: Iterable<AccountRef>;
    readonly now: Date;
  },
): Promise<void> {
  const wanted = [...options.accounts].flatMap((account) => {
    const terms = options.chart(account.code, account.currency);
    return terms === undefined ? [] : [{ ...account, ...terms }];
  });
  if (wanted.length === 0) return;
  await tx.execute(
    `insert into tieout.account (book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at)
     select $1, account_id, code, currency, name, type, normal_side, is_reconcilable, 'active', $2::timestamptz
     from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[])
       as wanted (account_id, code, currency, name, type, normal_side, is_reconcilable)
     order by account_id
     on conflict do nothing`,
    [
      options.bookId,
      options.now.toISOString(),
      wanted.map((account) => accountIdOf(account.code, account.currency)),
      wanted.map((account) => account.code),
      wanted.map((account) => account.currency),
      wanted.map((account) => account.name),
      wanted.map((account) => account.type),
      wanted.map((account) => account.normalSide),
      wanted.map((account) => account.isReconcilable),
    ],
  );
}

/** The accounts of a book, by code and currency. */
export async function listAccounts(tx: Tx, bookId: bigint): Promise<Account[]> {
  return await tx.query<Account>(
    `select account_id as "accountId", code, currency, name, type, normal_side as "normalSide",
            is_reconcilable as "isReconcilable", status, balance_mode as "balanceMode", slots,
            floor_minor as "floorMinor", ceiling_minor as "ceilingMinor"
     from tieout.account where book_id = $1 order by code, currency`,
    [bookId],
  );
}
