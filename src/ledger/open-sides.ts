import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { assertInvariant } from '../errors.ts';
import { type Account, listAccounts } from './accounts.ts';
import type { HandJournal } from './hand-journal.ts';
import type { PairPosting, PostOptions } from './post.ts';

/** Lets each side of a posting open an item where its account is reconcilable. */
export async function withOpenSides(
  tx: Tx,
  journals: readonly HandJournal[],
  options: PostOptions,
): Promise<HandJournal[]> {
  const accounts = new Map(
    (await listAccounts(tx, options.bookId)).map((account) => [nameOf(account), account]),
  );
  const isReconcilable = (code: string, currency: Currency) =>
    (accounts.get(nameOf({ code, currency })) ?? options.chart(code, currency))?.isReconcilable ??
    false;
  return journals.map((journal) => ({
    ...journal,
    postings: journal.postings.map((posting) => {
      const currency = posting.currency ?? journal.currency;
      return withSide(
        posting,
        isReconcilable(posting.debit, currency),
        isReconcilable(posting.credit, currency),
      );
    }),
  }));
}

function nameOf({ code, currency }: Pick<Account, 'code' | 'currency'>): string {
  return `${code}|${currency}`;
}

function withSide(posting: PairPosting, debit: boolean, credit: boolean): PairPosting {
  assertInvariant(!(debit && credit), 'a posting between two reconcilable accounts opens one item');
  if (debit) return { ...posting, opens: 'debit' };
  return credit ? { ...posting, opens: 'credit' } : posting;
}
