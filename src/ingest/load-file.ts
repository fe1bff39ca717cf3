import type { SourceConfig } from '../config.ts';
import type { SqlValue, Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { inOneBatch } from '../in-one-batch.ts';
import { formatAmount } from '../money.ts';
import type { AdmittedFile } from './admission.ts';
import { takeCorrections } from './correction.ts';
import { finish, type LoadCounts } from './file-outcome.ts';
import { tellsStatuses } from './formats/payment-message.ts';
import { type IdentityConflict, keepConflictsAside } from './identity-conflict.ts';
import { readRecords } from './intake.ts';
import { ENTRY_COLUMNS, type FileWarning, LoadRows, type StatementRow } from './load-rows.ts';
import { revisedFile } from './name-conflict.ts';
import { FileRefusal, type Rejection } from './record.ts';
import { findRestatements, type Restatement } from './restatement.ts';
import { SourceFinder } from './source.ts';
import { STATUS_COLUMNS } from './status-rows.ts';

const SQL = {
  chain: sqlFile(import.meta.url, './sql/10_chain_statements.sql'),
  known: sqlFile(import.meta.url, './sql/15_find_known.sql'),
  inAnotherFormat: sqlFile(import.meta.url, './sql/16_known_in_another_format.sql'),
  duplicates: sqlFile(import.meta.url, './sql/20_find_duplicates.sql'),
  unchain: sqlFile(import.meta.url, './sql/21_unchain_known_statements.sql'),
  paidDuplicates: sqlFile(import.meta.url, './sql/30_count_paid_duplicates.sql'),
  batchTotals: sqlFile(import.meta.url, './sql/40_batch_totals.sql'),
};

/** What a load found out about a file. */
export interface LoadedFile {
  readonly counts: LoadCounts;
  /** Known statements that the file tells anew with other content. */
  readonly restatements: readonly Restatement[];
  readonly warnings: readonly FileWarning[];
}

/**
 * Loads one file: entries, statements, rejections, duplicates and control totals, all or nothing.
 *
 * Throws a `FileRefusal` when the file's structure or totals are wrong, and a `NameConflict` when its source has sent
 * another one of this name; the transaction must then be rolled back.
 */
export async function loadFile(
  tx: Tx,
  file: AdmittedFile,
  sources: readonly SourceConfig[],
): Promise<LoadedFile> {
  const { format } = file.recognised.detected;
  const finder = new SourceFinder(format, sources);
  const rows = new LoadRows({ bookId: file.bookId, fileNo: file.fileNo, format, finder });
  const { path, inspected, recognised, tokenOf } = file;
  const records = readRecords(path, inspected, recognised, finder.settings, tokenOf);
  const copied = await tx.copyIn(
    tellsStatuses(format)
      ? { table: 'tieout.payment_status', columns: STATUS_COLUMNS }
      : { table: 'tieout.entry', columns: ENTRY_COLUMNS },
    rows.rows(records),
  );
  assertInvariant(
    copied === rows.statuses + rows.entries - rows.ignored,
    'an entry or a payment status was lost between the reader and the table',
  );
  const source = finder.sourceOf(rows.accounts);
  const isAccepted = file.accepted !== undefined;
  const revisionOf = await revisedFile(tx, { ...file, isAccepted }, source);
  await writeStatements(tx, file, finder, rows.statements);
  await refuseOtherFormat(tx, file);
  await writeRejections(tx, file, rows.rejections.map(rejectedRecord));
  const isDisjoint = source.delivery === 'disjoint';
  // The planner knows nothing of rows copied a moment ago, takes them for few, and would compare each with every other.
  await tx.execute('set local enable_nestloop = off');
  const { conflicts, restatements } = await decideDuplicates(tx, file, {
    isDisjoint,
    rejected: rows.rejections.length,
  });
  await tx.execute('set local enable_nestloop = on');
  await refuseUnbalancedBatch(tx, file);
  const counts = await finish(tx, file, { source: source.source, revisionOf, rows, conflicts });
  return { counts, restatements, warnings: [...rows.warnings.values()] };
}

/** One day of an account, sent as MT940 and as camt, is one day; only a person can say which of the two to book. */
async function refuseOtherFormat(tx: Tx, file: AdmittedFile): Promise<void> {
  const { format } = file.recognised.detected;
  const [known] = await tx.query<{
    name: string;
    format: string;
    account: string;
    line: bigint;
    element: string | null;
  }>(SQL.inAnotherFormat, [file.bookId, file.fileNo, format]);
  if (known === undefined) return;
  throw new FileRefusal(
    'STATEMENT_IN_TWO_FORMATS',
    `the statement of ${known.account} is known as ${known.format} from ${known.name}; keep one of the two in the formats of its source`,
    { line: Number(known.line), ...(known.element === null ? {} : { element: known.element }) },
  );
}

/** What of the file is known, and in what way: said again, corrected, or contradicted. */
async function decideDuplicates(
  tx: Tx,
  file: AdmittedFile,
  options: { readonly isDisjoint: boolean; readonly rejected: number },
): Promise<Pick<LoadedFile, 'restatements'> & { readonly conflicts: readonly IdentityConflict[] }> {
  const own = [file.bookId, file.fileNo] as const;
  await tx.execute(SQL.chain, own);
  const known = await markDuplicates(tx, own, options.isDisjoint);
  const restatements = await findRestatements(tx, file, options);
  const corrections = restatements.length > 0 ? await takeCorrections(tx, file) : 0;
  const conflicts =
    known > 0 || corrections > 0 ? await decideKnown(tx, file, options.rejected) : [];
  await tx.execute(SQL.batchTotals, own);
  return { conflicts, restatements };
}

async function markDuplicates(
  tx: Tx,
  own: readonly [bigint, bigint],
  isDisjoint: boolean,
): Promise<number> {
  const [found] = await tx.query<{ mayBeKnown: boolean }>(SQL.known, own);
  if (found?.mayBeKnown !== true) return 0;
  const { rowCount } = await tx.execute(SQL.duplicates, [...own, isDisjoint]);
  return rowCount;
}

/** What follows when entries are known: contradictions go aside, and known entries move the place where a statement goes on. */
async function decideKnown(
  tx: Tx,
  file: AdmittedFile,
  rejected: number,
): Promise<readonly IdentityConflict[]> {
  const own = [file.bookId, file.fileNo];
  const conflicts = await keepConflictsAside(tx, file);
  await writeRejections(tx, file, conflicts.map(rejectedConflict), rejected);
  await tx.execute(SQL.unchain, own);
  await tx.execute(SQL.chain, own);
  await tx.execute(SQL.paidDuplicates, own);
  return conflicts;
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

/** A record kept aside, without its place among the others: as the columns from `reason_code` on. */
type RejectedRecord = readonly SqlValue[];

function rejectedRecord(rejection: Rejection): RejectedRecord {
  return [
    rejection.reason,
    rejection.message,
    rejection.field,
    rejection.raw.replaceAll('\0', '␀'),
    rejection.amountMinor,
    null,
    rejection.batch,
    rejection.locator.line,
    rejection.locator.element ?? null,
  ];
}

function rejectedConflict(conflict: IdentityConflict): RejectedRecord {
  const { message, record, amountMinor, currency, batch, line, element } = conflict;
  return ['IDENTITY_CONFLICT', message, null, record, amountMinor, currency, batch, line, element];
}

async function writeRejections(
  tx: Tx,
  file: AdmittedFile,
  records: readonly RejectedRecord[],
  before = 0,
): Promise<void> {
  const rows = records.map((record, index): readonly SqlValue[] => [
    file.bookId,
    file.fileNo,
    before + index + 1,
    ...record,
  ]);
  await tx.copyIn({ table: 'tieout.rejection', columns: REJECTION_COLUMNS }, inOneBatch(rows));
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
  'currency',
  'batch',
  'line',
  'element',
] as const;

/**
 * A cut file looks like a batch that does not sum: only totals can see it, so it is refused.
 *
 * Unless records of it were kept aside, or it brings exactly what the earlier files of the batch are short of now.
 */
async function refuseUnbalancedBatch(tx: Tx, file: AdmittedFile): Promise<void> {
  const [batch] = await tx.query<{
    batch: string;
    currency: string;
    payout: bigint;
    residue: bigint;
  }>(
    `with withdrawn as (
       select coalesce(entry.account, '') as merchant, entry.batch, entry.currency, sum(entry.amount_minor) as amount_minor
       from tieout.withdrawn_entry
       join tieout.entry
         on entry.book_id = withdrawn_entry.book_id and entry.file_no = withdrawn_entry.file_no
         and entry.ordinal = withdrawn_entry.ordinal
       where withdrawn_entry.book_id = $1
       group by coalesce(entry.account, ''), entry.batch, entry.currency
     )
     select batch_total.batch, batch_total.currency, payout_minor as payout, residue_minor as residue
     from tieout.batch_total
     left join withdrawn
       on withdrawn.merchant = batch_total.merchant and withdrawn.batch = batch_total.batch
       and withdrawn.currency = batch_total.currency
     where book_id = $1 and file_no = $2 and residue_minor <> 0 and rejections = 0 and batch_total.batch <> ''
       and residue_minor <> coalesce(withdrawn.amount_minor, 0) - (
         select coalesce(sum(earlier.residue_minor), 0)
         from tieout.batch_total earlier
         where earlier.book_id = batch_total.book_id and earlier.file_no <> batch_total.file_no
           and earlier.merchant = batch_total.merchant and earlier.batch = batch_total.batch
           and earlier.currency = batch_total.currency
       )
     order by batch_total.batch, batch_total.currency limit 1`,
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
