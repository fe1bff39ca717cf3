import type { Config } from '../config.ts';
import type { Tx } from '../db/db.ts';
import { bookIdOf } from '../ids.ts';

/** Opens the book of the configuration if it is new, and returns its id. */
export async function openBook(
  tx: Tx,
  options: { readonly config: Config; readonly now: Date },
): Promise<bigint> {
  const { config } = options;
  const bookId = bookIdOf(config.book);
  await tx.execute(
    `insert into tieout.book (book_id, code, base_currency, time_zone, opened_at)
     values ($1, $2, $3, $4, $5::timestamptz)
     on conflict (book_id) do nothing`,
    [bookId, config.book, config.currency, config.timeZone, options.now.toISOString()],
  );
  return bookId;
}
