import type { Tx } from './client-tx.ts';

// Below this share of the open items they are looked up by an index in less time than all of them are read.
const READ_WHOLE_FROM = 0.25;

const IS_MANY = `
  select coalesce(sum(source_file.entries_loaded), 0) >= $3::float8 * (
    select greatest(reltuples, 0) from pg_class where oid = 'tieout.open_item'::regclass
  ) as "isMany"
  from tieout.matched_file
  join tieout.source_file
    on source_file.book_id = matched_file.book_id and source_file.file_no = matched_file.file_no
  where matched_file.book_id = $1::bigint and matched_file.run_id = $2::bigint`;
const BY_HASH = `set local enable_nestloop to off; set local work_mem to '256MB'`;
const AS_BEFORE = 'set local enable_nestloop to default; set local work_mem to default';

/**
 * Runs a statement that joins a row for each entry of a run's files with the open items: by hashes of both, in memory that a
 * night's rows fit in, where the entries are a large part of the items that the server last counted.
 *
 * The planner takes a table that the transaction itself has filled for an empty one and would look up a million rows one by
 * one. It decides about speed alone, never about the result.
 */
export async function joiningNight<T>(
  tx: Tx,
  run: { readonly bookId: bigint; readonly runId: bigint },
  statement: () => Promise<T>,
): Promise<T> {
  const [night] = await tx.query<{ isMany: boolean }>(IS_MANY, [
    run.bookId,
    run.runId,
    READ_WHOLE_FROM,
  ]);
  if (night?.isMany !== true) return await statement();
  await tx.runScript(BY_HASH);
  const result = await statement();
  await tx.runScript(AS_BEFORE);
  return result;
}
