import type { Currency } from '../../currency.ts';
import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';

const FOUND_TIES = sqlFile(import.meta.url, './sql/found_ties.sql');

/** What rules have put together: entries as `file:ordinal`, items by id, both in their order. */
export interface FoundTie {
  /** `rule@version`. */
  readonly rule: string;
  readonly certificate: string;
  readonly alternatives: bigint;
  readonly status: 'confirmed' | 'suggested';
  readonly currency: Currency;
  /** What the evidence moves, minor units, without sign. */
  readonly amountMinor: bigint;
  readonly entries: readonly string[];
  readonly items: readonly string[];
}

/** Everything that is tied in a book or suggested and not overtaken, in the order of its evidence. */
export async function readFoundTies(tx: Tx, bookId: bigint): Promise<readonly FoundTie[]> {
  return await tx.query<FoundTie>(FOUND_TIES, [bookId]);
}

/** The ends of a tie as one text: two ties of the same ends have the same. */
export function endsOf({ entries, items }: Pick<FoundTie, 'entries' | 'items'>): string {
  return [...entries, ...items].join(' ');
}
