import type { Tx } from '../db/db.ts';
import { joiningNight } from '../db/night-joins.ts';
import { sqlFile } from '../db/sql-file.ts';

const CLOSE = sqlFile(import.meta.url, './sql/80_close_items.sql');

/** Takes the items that a run's matches have closed out of the working set; returns how many. */
export async function closeItems(
  tx: Tx,
  options: { readonly bookId: bigint; readonly runId: bigint },
): Promise<number> {
  const { rowCount } = await joiningNight(tx, options, () =>
    tx.execute(CLOSE, [options.bookId, options.runId]),
  );
  return rowCount;
}
