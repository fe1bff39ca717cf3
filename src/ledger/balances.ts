import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';

/** What was posted to an account: minor units; `balanceMinor` is debits − credits. */
export interface Balance {
  readonly code: string;
  readonly currency: Currency;
  readonly type: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly balanceMinor: bigint;
}

/** The trial balance: every account that was posted to, now or as of an effective date. */
export async function listBalances(
  tx: Tx,
  options: { readonly bookId: bigint; readonly asOf?: BusinessDate },
): Promise<Balance[]> {
  return await tx.query<Balance>(
    `select account.code, account.currency, account.type,
            sum(balance_day.debits_minor)::bigint as "debitsMinor",
            sum(balance_day.credits_minor)::bigint as "creditsMinor",
            (sum(balance_day.debits_minor) - sum(balance_day.credits_minor))::bigint as "balanceMinor"
     from tieout.balance_day
     join tieout.account on account.book_id = balance_day.book_id and account.account_id = balance_day.account_id
     where balance_day.book_id = $1::bigint and ($2::date is null or balance_day.effective_date <= $2::date)
     group by account.code, account.currency, account.type
     order by account.code, account.currency`,
    [options.bookId, options.asOf ?? null],
  );
}
