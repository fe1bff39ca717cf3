import type { Tx } from './db.ts';

/**
 * Takes the book until the transaction ends: one run, one sealer, one change of a period at a time.
 *
 * A row lock, not an advisory one: it dies with the connection that also does the writing. Throws `book_busy` (exit 75)
 * at once when another holds it.
 */
export async function lockBook(tx: Tx, bookId: bigint): Promise<void> {
  await tx.query('select book_id from tieout.book where book_id = $1 for no key update nowait', [
    bookId,
  ]);
}
