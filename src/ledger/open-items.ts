import type { BusinessDate } from '../business-date.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { sumMinor } from '../money.ts';
import { statementBalance } from './account-statement.ts';
import type { PointInTime } from './balances.ts';
import type { NamedAccount } from './named-account.ts';

const NOW = sqlFile(import.meta.url, './sql/read/open_items_now.sql');
const AS_OF = sqlFile(import.meta.url, './sql/read/open_items_as_of.sql');
const COUNTER_ACCOUNTS = sqlFile(import.meta.url, './sql/read/counter_accounts.sql');

/** A side of a posting on a reconcilable account that waits for evidence; `amountMinor` is what is open of it, debits positive. */
export interface OpenItem {
  readonly itemId: string;
  readonly amountMinor: bigint;
  readonly effectiveDate: BusinessDate;
  readonly bookedOn: BusinessDate;
  readonly journalId: string;
  readonly key: string;
  readonly kind: string;
  readonly reference: string | null;
  readonly paymentId: string | null;
  /** The file whose batch or statement its journal books. */
  readonly file: string | null;
}

/** Open items, oldest first, and what all of them count and sum to, also those beyond the limit. */
export interface OpenItems {
  readonly items: readonly OpenItem[];
  readonly itemsTotal: bigint;
  readonly itemsMinor: bigint;
}

/** What one counter account and one kind of journal moved; `amountMinor` is debits − credits. */
export interface CounterAccount {
  readonly counterAccount: string;
  readonly kind: string;
  readonly lines: bigint;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly amountMinor: bigint;
}

/** What makes a balance: its open items, or on an account that has none, what moved it. Amounts are debits − credits. */
export type Explanation = {
  readonly account: NamedAccount;
  readonly balanceMinor: bigint;
  /** What the parts sum to; another amount than the balance means that the books are broken. */
  readonly explainedMinor: bigint;
} & (
  | ({ readonly by: 'items' } & OpenItems)
  | { readonly by: 'counter-accounts'; readonly parts: readonly CounterAccount[] }
);

type FoundItem = OpenItem & Omit<OpenItems, 'items'>;

/**
 * What is open on an account, now or as of an effective date and as known at a booking day (both inclusive).
 *
 * Now it is read from the working set. As of a day it is derived from what nothing changes: openings, reversals and live
 * matches. Its sum is the balance of a reconcilable account at the same two days; `verify` checks that for every pair.
 */
export async function listOpenItems(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly accountId: bigint;
    readonly limit?: number;
  } & PointInTime,
): Promise<OpenItems> {
  const { bookId, accountId, limit = null, asOf = null, knownAt = null } = options;
  const found =
    asOf === null && knownAt === null
      ? await tx.query<FoundItem>(NOW, [bookId, accountId, limit])
      : await tx.query<FoundItem>(AS_OF, [bookId, accountId, asOf, knownAt, limit]);
  const items = found.map(({ itemsTotal, itemsMinor, ...item }) => item);
  const [first] = found;
  return { items, itemsTotal: first?.itemsTotal ?? 0n, itemsMinor: first?.itemsMinor ?? 0n };
}

/** Says what a balance is made of, at the same two days; reads one snapshot when it is given one (`Database.read`). */
export async function explainBalance(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly account: NamedAccount;
    readonly limit?: number;
  } & PointInTime,
): Promise<Explanation> {
  const { bookId, account, asOf, knownAt } = options;
  const { closingMinor: balanceMinor } = await statementBalance(tx, {
    bookId,
    accountId: account.accountId,
    ...(asOf === undefined ? {} : { to: asOf }),
    ...(knownAt === undefined ? {} : { knownAt }),
  });
  if (account.isReconcilable) {
    const open = await listOpenItems(tx, { ...options, accountId: account.accountId });
    return { by: 'items', account, balanceMinor, explainedMinor: open.itemsMinor, ...open };
  }
  const parts = await tx.query<CounterAccount>(COUNTER_ACCOUNTS, [
    bookId,
    account.accountId,
    asOf ?? null,
    knownAt ?? null,
  ]);
  const explainedMinor = sumMinor(parts.map(({ amountMinor }) => amountMinor));
  return { by: 'counter-accounts', account, balanceMinor, explainedMinor, parts };
}
