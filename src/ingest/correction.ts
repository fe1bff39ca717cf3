import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

const SQL = {
  pair: sqlFile(import.meta.url, './sql/54_pair_with_what_stands.sql'),
  decide: sqlFile(import.meta.url, './sql/55_decide_corrections.sql'),
  withdraw: sqlFile(import.meta.url, './sql/56_withdraw_entries.sql'),
  take: sqlFile(import.meta.url, './sql/57_take_corrected_lines.sql'),
  replace: sqlFile(import.meta.url, './sql/58_replace_statements.sql'),
};

/**
 * Decides which restatements of a file are corrections of the whole, and makes its entries what these say.
 *
 * What a correction no longer tells, or tells otherwise, is withdrawn; what it tells otherwise is an entry and no
 * contradiction. It moves nothing yet: the run that takes the file up does. Returns how many restatements are acted upon.
 */
export async function takeCorrections(
  tx: Tx,
  file: { readonly bookId: bigint; readonly fileNo: bigint },
): Promise<number> {
  const own = [file.bookId, file.fileNo];
  await tx.execute(SQL.pair, own);
  await tx.execute(SQL.decide, own);
  const [found] = await tx.query<{ acts: bigint }>(
    `select count(*) as acts from tieout.restatement
     where book_id = $1 and file_no = $2 and stands_because is null`,
    own,
  );
  const acts = Number(found?.acts ?? 0n);
  if (acts > 0) {
    await tx.execute(SQL.withdraw, own);
    await tx.execute(SQL.take, own);
    await tx.execute(SQL.replace, own);
  }
  await tx.execute('delete from tieout.corrected_line where book_id = $1 and file_no = $2', own);
  return acts;
}
