import type { SourceConfig } from '../config.ts';
import type { SqlValue, Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { formatAmount } from '../money.ts';
import { type InspectedFile, type RecognisedFormat, readRecords } from './intake.ts';
import { ENTRY_COLUMNS, LoadRows, type StatementRow } from './load-rows.ts';
import { FileRefusal } from './record.ts';
import { SourceFinder } from './source.ts';

const SQL = {
  chain: sqlFile(import.meta.url, './sql/10_chain_statements.sql'),
  duplicates: sqlFile(import.meta.url, './sql/20_find_duplicates.sql'),
  unchain: sqlFile(import.meta.url, './sql/21_unchain_known_statements.sql'),
  paidDuplicates: sqlFile(import.meta.url, './sql/30_count_paid_duplicates.sql'),
  batchTotals: sqlFile(import.meta.url, './sql/40_batch_totals.sql'),
};

/** A file that was admitted and can now be read into the book. */
export interface AdmittedFile {
  readonly bookId: bigint;
  readonly fileNo: bigint;
  readonly path: string;
  readonly inspected: InspectedFile;
  readonly recognised: RecognisedFormat;
}

/** What became of the entries of a loaded file: read = loaded + duplicate + rejected + ignored. */
export interface LoadCounts {
  readonly read: bigint;
  readonly loaded: bigint;
  readonly duplicate: bigint;
  readonly rejected: bigint;
  readonly ignored: bigint;
}

/**
 * Loads one file: entries, statements, rejections, duplicates and control totals, all or nothing.
 *
 * Throws a `FileRefusal` when the file's structure or totals are wrong; the transaction must then be rolled back.
 */
export async function loadFile(
  tx: Tx,
  file: AdmittedFile,
  sources: readonly SourceConfig[],
): Promise<LoadCounts> {
  const finder = new SourceFinder(file.recognised.detected.format, sources);
  const rows = new LoadRows({ bookId: file.bookId, fileNo: file.fileNo, finder });
  const copied = await tx.copyIn(
    { table: 'tieout.entry', columns: ENTRY_COLUMNS },
    rows.rows(readRecords(file.path, file.inspected, file.recognised, finder.settings)),
  );
  assertInvariant(
    copied === rows.entries - rows.ignored,
    'an entry was lost between the reader and the table',
  );
  const source = finder.sourceOf(rows.accounts);
  await writeStatements(tx, file, finder, rows.statements);
  await writeRejections(tx, file, rows);
  await writeTotals(tx, file, rows);
  await decideDuplicates(tx, file);
  await refuseUnbalancedBatch(tx, file);
  return await finish(tx, file, { source: source.source, rows });
}

async function decideDuplicates(tx: Tx, file: AdmittedFile): Promise<void> {
  const own = [file.bookId, file.fileNo];
  // The planner knows nothing of rows copied a moment ago, takes them for few, and would compare each with every other.
  await tx.execute('set local enable_nestloop = off');
  await tx.execute(SQL.chain, own);
  const { rowCount: known } = await tx.execute(SQL.duplicates, own);
  await tx.execute(SQL.unchain, own);
  // Known entries move the place where a statement goes on.
  if (known > 0) await tx.execute(SQL.chain, own);
  await tx.execute(SQL.paidDuplicates, own);
  await tx.execute(SQL.batchTotals, own);
  await tx.execute('set local enable_nestloop = on');
}

async function writeStatements(
  tx: Tx,
  file: AdmittedFile,
  finder: SourceFinder,
  statements: readonly StatementRow[],
): Promise<void> {
  const rows = statements.map(({ statementNo, opened, closed, isBooked }): readonly SqlValue[] => [
    file.bookId,
    file.fileNo,
    statementNo,
    opened.statementKind,
    closed.account,
    closed.currency,
    opened.number,
    closed.openingMinor,
    opened.openingDate,
    closed.closingMinor,
    closed.closingDate,
    closed.creditsMinor,
    closed.debitsMinor,
    closed.entries,
    isBooked ? closed.differenceMinor : null,
    finder.accountCode(closed.account),
    opened.statementKind === 'bank-statement' && isBooked ? 'first' : 'unchained',
    opened.locator.line,
    opened.locator.element ?? null,
  ]);
  await tx.copyIn({ table: 'tieout.statement', columns: STATEMENT_COLUMNS }, inOneBatch(rows));
}

const STATEMENT_COLUMNS = [
  'book_id',
  'file_no',
  'statement_no',
  'kind',
  'account',
  'currency',
  'number',
  'opening_minor',
  'opening_date',
  'closing_minor',
  'closing_date',
  'credits_minor',
  'debits_minor',
  'entries',
  'difference_minor',
  'account_code',
  'chain',
  'line',
  'element',
] as const;

async function writeRejections(tx: Tx, file: AdmittedFile, rows: LoadRows): Promise<void> {
  const rejections = rows.rejections.map((rejection, index): readonly SqlValue[] => [
    file.bookId,
    file.fileNo,
    index + 1,
    rejection.reason,
    rejection.message,
    rejection.field,
    rejection.raw.replaceAll('\0', '␀'),
    rejection.amountMinor,
    rejection.batch,
    rejection.locator.line,
    rejection.locator.element ?? null,
  ]);
  await tx.copyIn(
    { table: 'tieout.rejection', columns: REJECTION_COLUMNS },
    inOneBatch(rejections),
  );
}

const REJECTION_COLUMNS = [
  'book_id',
  'file_no',
  'rejection_no',
  'reason_code',
  'reason_text',
  'field',
  'raw',
  'amount_minor',
  'batch',
  'line',
  'element',
] as const;

async function writeTotals(tx: Tx, file: AdmittedFile, rows: LoadRows): Promise<void> {
  const totals = [...rows.totals].map(([currency, total]): readonly SqlValue[] => [
    file.bookId,
    file.fileNo,
    currency,
    total.amountMinor,
    total.ignoredMinor,
  ]);
  await tx.copyIn({ table: 'tieout.file_total', columns: TOTAL_COLUMNS }, inOneBatch(totals));
}

const TOTAL_COLUMNS = ['book_id', 'file_no', 'currency', 'amount_minor', 'ignored_minor'] as const;

async function* inOneBatch<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  if (rows.length > 0) yield rows;
}

/**
 * A cut file looks like a batch that does not sum: only totals can see it, so it is refused.
 *
 * Unless records of it were kept aside, or it brings exactly what an earlier file of the batch was short of.
 */
async function refuseUnbalancedBatch(tx: Tx, file: AdmittedFile): Promise<void> {
  const [batch] = await tx.query<{
    batch: string;
    currency: string;
    payout: bigint;
    residue: bigint;
  }>(
    `select batch, currency, payout_minor as payout, residue_minor as residue
     from tieout.batch_total
     where book_id = $1 and file_no = $2 and residue_minor <> 0 and rejections = 0 and batch <> ''
       and residue_minor <> -(
         select coalesce(sum(earlier.residue_minor), 0)
         from tieout.batch_total earlier
         where earlier.book_id = batch_total.book_id and earlier.file_no <> batch_total.file_no
           and earlier.merchant = batch_total.merchant and earlier.batch = batch_total.batch
           and earlier.currency = batch_total.currency
       )
     order by batch, currency limit 1`,
    [file.bookId, file.fileNo],
  );
  if (batch === undefined) return;
  const difference = `${formatAmount(batch.residue, batch.currency)} ${batch.currency}`;
  throw new FileRefusal(
    'SET_BATCH_UNBALANCED',
    batch.payout === 0n
      ? `batch ${batch.batch} has no payout and its lines leave ${difference}: the file may be cut`
      : `the lines of batch ${batch.batch} differ from its payout by ${difference}`,
    null,
    { reference: batch.batch, currency: batch.currency, differenceMinor: batch.residue },
  );
}

async function finish(
  tx: Tx,
  file: AdmittedFile,
  options: { readonly source: string; readonly rows: LoadRows },
): Promise<LoadCounts> {
  const { rows } = options;
  const [counts] = await tx.query<LoadCounts>(
    `update tieout.source_file
     set state = 'loaded', source = $3, format = $4, version = $5,
         entries_read = $6::bigint + $7::bigint,
         entries_loaded = found.loaded, entries_duplicate = found.duplicate,
         entries_rejected = $7::bigint, entries_ignored = $8::bigint, diagnostics = $9::bigint
     from (
       select count(*) filter (where duplicate_of_file_no is null) as loaded,
              count(*) filter (where duplicate_of_file_no is not null) as duplicate
       from tieout.entry where book_id = $1 and file_no = $2
     ) found
     where book_id = $1 and file_no = $2 and state = 'received'
     returning entries_read as read, entries_loaded as loaded, entries_duplicate as duplicate,
               entries_rejected as rejected, entries_ignored as ignored`,
    [
      file.bookId,
      file.fileNo,
      options.source,
      file.recognised.detected.format,
      file.recognised.detected.version,
      rows.entries,
      rows.rejections.length,
      rows.ignored,
      rows.diagnostics,
    ],
  );
  assertInvariant(counts !== undefined, 'a file was loaded twice at the same time');
  return counts;
}
