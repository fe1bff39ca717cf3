import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { bookingDayOf } from './post.ts';

const REMEMBER_CLOSINGS = sqlFile(import.meta.url, './sql/81_remember_closings.sql');
const REOPEN = sqlFile(import.meta.url, './sql/82_reopen_items.sql');
const STILL_CLOSED = sqlFile(import.meta.url, './sql/83_still_closed.sql');

/**
 * Opens the items again that the matches revoked in a run had closed, and remembers when they were closed and opened.
 *
 * After the journals of the revocation, because an item opens on the day its journal took effect. Returns how many items;
 * called again in the same run it opens none a second time.
 */
export async function reopenItems(
  tx: Tx,
  options: { readonly bookId: bigint; readonly runId: bigint; readonly now: Date },
): Promise<number> {
  const run = [options.bookId, options.runId];
  await tx.execute(REMEMBER_CLOSINGS, [...run, bookingDayOf(options.now)]);
  const { rowCount: found } = await tx.execute(REOPEN, [...run, false]);
  if ((await stillClosed(tx, run)) === undefined) return found;
  const { rowCount: foundLater } = await tx.execute(REOPEN, [...run, true]);
  const lost = await stillClosed(tx, run);
  assertInvariant(lost === undefined, `item ${lost} has no posting to be opened from`);
  return found + foundLater;
}

async function stillClosed(tx: Tx, run: readonly bigint[]): Promise<string | undefined> {
  const [row] = await tx.query<{ itemId: string }>(STILL_CLOSED, run);
  return row?.itemId;
}
