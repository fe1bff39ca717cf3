import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';

/** An account as reads of it need it. */
export interface NamedAccount {
  readonly accountId: bigint;
  readonly code: string;
  readonly currency: Currency;
  readonly name: string;
  readonly normalSide: 'debit' | 'credit';
  readonly isReconcilable: boolean;
}

/**
 * The account of a code, and of a currency where the code has several.
 *
 * Throws `not_found` when the book has none, and `usage` when it has several and no currency says which.
 */
export async function getAccount(
  tx: Tx,
  options: { readonly bookId: bigint; readonly code: string; readonly currency?: Currency },
): Promise<NamedAccount> {
  const { bookId, code, currency } = options;
  const found = await tx.query<NamedAccount>(
    `select account_id as "accountId", code, currency, name, normal_side as "normalSide", is_reconcilable as "isReconcilable"
     from tieout.account
     where book_id = $1::bigint and code = $2::text and ($3::text is null or currency = $3::text)
     order by currency`,
    [bookId, code, currency ?? null],
  );
  const [account, ...others] = found;
  if (account === undefined) {
    const inCurrency = currency === undefined ? '' : ` in ${currency}`;
    throw new OperationalError(
      'not_found',
      `there is no account ${code}${inCurrency}; see "tieout ledger accounts"`,
    );
  }
  if (others.length === 0) return account;
  const currencies = found.map((one) => one.currency).join(', ');
  throw new OperationalError(
    'usage',
    `account ${code} is kept in ${currencies}; say which with --currency`,
  );
}
