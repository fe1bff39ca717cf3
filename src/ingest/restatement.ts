import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import type { StatementKind } from './record.ts';

const SQL = {
  find: sqlFile(import.meta.url, './sql/50_find_restatements.sql'),
  dropRepeated: sqlFile(import.meta.url, './sql/51_drop_repeated_batches.sql'),
  compare: sqlFile(import.meta.url, './sql/52_compare_restated_lines.sql'),
  dropUnchanged: sqlFile(import.meta.url, './sql/53_drop_unchanged.sql'),
};

/** A statement, or a batch of a settlement report, that was told before with other content; amounts are net. */
export interface Restatement {
  readonly kind: StatementKind;
  readonly account: string;
  /** The statement's number, or the batch's. */
  readonly number: string;
  readonly currency: Currency;
  readonly ofFileNo: bigint;
  readonly ofName: string;
  readonly added: bigint;
  readonly addedMinor: bigint;
  readonly removed: bigint;
  readonly removedMinor: bigint;
  readonly changed: bigint;
  /** What the changed lines summed to before, and sum to now. */
  readonly changedFromMinor: bigint;
  readonly changedToMinor: bigint;
}

/** Records which known statements a loaded file tells anew, compares them line by line, and returns what changed. */
export async function findRestatements(
  tx: Tx,
  file: { readonly bookId: bigint; readonly fileNo: bigint },
  options: { readonly isDisjoint: boolean },
): Promise<readonly Restatement[]> {
  const own = [file.bookId, file.fileNo];
  const { rowCount: found } = await tx.execute(SQL.find, [...own, options.isDisjoint]);
  if (found === 0) return [];
  const { rowCount: repeated } = await tx.execute(SQL.dropRepeated, own);
  if (repeated === found) return [];
  await tx.execute(SQL.compare, own);
  await tx.execute(SQL.dropUnchanged, own);
  return await tx.query<Restatement>(
    `select restatement.kind, restatement.account, restatement.number, restatement.currency,
            restatement.of_file_no as "ofFileNo", source_file.name as "ofName", changes.*
     from tieout.restatement
     join tieout.source_file
       on source_file.book_id = restatement.book_id and source_file.file_no = restatement.of_file_no
     cross join lateral (
       select count(*) filter (where change = 'added') as added,
              coalesce(sum(amount_minor) filter (where change = 'added'), 0)::bigint as "addedMinor",
              count(*) filter (where change = 'removed') as removed,
              coalesce(sum(of_amount_minor) filter (where change = 'removed'), 0)::bigint as "removedMinor",
              count(*) filter (where change = 'changed') as changed,
              coalesce(sum(of_amount_minor) filter (where change = 'changed'), 0)::bigint as "changedFromMinor",
              coalesce(sum(amount_minor) filter (where change = 'changed'), 0)::bigint as "changedToMinor"
       from tieout.restatement_line
       where restatement_line.book_id = restatement.book_id and restatement_line.file_no = restatement.file_no
         and restatement_line.restatement_no = restatement.restatement_no
     ) changes
     where restatement.book_id = $1 and restatement.file_no = $2
     order by restatement.restatement_no`,
    own,
  );
}
