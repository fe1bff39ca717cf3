import type { Currency } from '../currency.ts';
import type { SqlValue, Tx } from '../db/db.ts';
import { assertInvariant } from '../errors.ts';
import { inOneBatch } from '../in-one-batch.ts';
import { sumMinor } from '../money.ts';
import type { AdmittedFile } from './admission.ts';
import type { IdentityConflict } from './identity-conflict.ts';
import type { LoadRows } from './load-rows.ts';

/** What became of the entries of a loaded file: read = loaded + duplicate + rejected + ignored. Payment statuses are none. */
export interface LoadCounts {
  readonly read: bigint;
  readonly loaded: bigint;
  readonly duplicate: bigint;
  readonly rejected: bigint;
  readonly ignored: bigint;
}

/** What became of the amounts of a file in one currency. */
interface CurrencyOutcome {
  readonly currency: Currency;
  readonly loaded: bigint;
  readonly duplicate: bigint;
  readonly loadedMinor: bigint;
  readonly duplicateMinor: bigint;
}

/** Writes what was read in each currency and what became of it; a bug when the two differ. */
async function writeTotals(
  tx: Tx,
  file: AdmittedFile,
  done: {
    readonly rows: LoadRows;
    readonly outcomes: readonly CurrencyOutcome[];
    readonly conflicts: readonly IdentityConflict[];
  },
): Promise<void> {
  const totals = [...done.rows.totals].map(([currency, read]): readonly SqlValue[] => {
    const outcome = done.outcomes.find((candidate) => candidate.currency === currency);
    const loaded = outcome?.loadedMinor ?? 0n;
    const duplicate = outcome?.duplicateMinor ?? 0n;
    const rejected = sumMinor(
      done.conflicts
        .filter((conflict) => conflict.currency === currency)
        .map(({ amountMinor }) => amountMinor),
    );
    assertInvariant(
      read.amountMinor === loaded + duplicate + rejected + read.ignoredMinor,
      `amounts of ${currency} were lost: ${read.amountMinor} read, ${loaded} loaded, ${duplicate} duplicate, ${rejected} rejected, ${read.ignoredMinor} ignored`,
    );
    const { amountMinor, ignoredMinor } = read;
    return [
      file.bookId,
      file.fileNo,
      currency,
      amountMinor,
      ignoredMinor,
      loaded,
      duplicate,
      rejected,
    ];
  });
  await tx.copyIn({ table: 'tieout.file_total', columns: TOTAL_COLUMNS }, inOneBatch(totals));
}

const TOTAL_COLUMNS = [
  'book_id',
  'file_no',
  'currency',
  'amount_minor',
  'ignored_minor',
  'loaded_minor',
  'duplicate_minor',
  'rejected_minor',
] as const;

/** Writes what became of a loaded file; a bug when an entry or an amount of it is lost. */
export async function finish(
  tx: Tx,
  file: AdmittedFile,
  done: {
    readonly source: string;
    readonly revisionOf: bigint | null;
    readonly rows: LoadRows;
    readonly conflicts: readonly IdentityConflict[];
  },
): Promise<LoadCounts> {
  const { rows, conflicts } = done;
  const outcomes = await tx.query<CurrencyOutcome>(
    `select currency,
            count(*) filter (where duplicate_of_file_no is null) as loaded,
            count(*) filter (where duplicate_of_file_no is not null) as duplicate,
            coalesce(sum(amount_minor) filter (where duplicate_of_file_no is null), 0)::bigint as "loadedMinor",
            coalesce(sum(amount_minor) filter (where duplicate_of_file_no is not null), 0)::bigint as "duplicateMinor"
     from tieout.entry where book_id = $1 and file_no = $2
     group by currency`,
    [file.bookId, file.fileNo],
  );
  await writeTotals(tx, file, { rows, outcomes, conflicts });
  const counts: LoadCounts = {
    read: BigInt(rows.entries + rows.rejections.length),
    loaded: sumMinor(outcomes.map(({ loaded }) => loaded)),
    duplicate: sumMinor(outcomes.map(({ duplicate }) => duplicate)),
    rejected: BigInt(rows.rejections.length + conflicts.length),
    ignored: BigInt(rows.ignored),
  };
  const accepted = done.revisionOf === null ? undefined : file.accepted;
  const { rowCount } = await tx.execute(
    `update tieout.source_file
     set state = 'loaded', source = $3, format = $4, version = $5,
         entries_read = $6::bigint, entries_loaded = $7::bigint, entries_duplicate = $8::bigint,
         entries_rejected = $9::bigint, entries_ignored = $10::bigint, diagnostics = $11::bigint,
         accepted_as_revision_of_file_no = $12::bigint, accepted_by = $13, accepted_at = $14::timestamptz,
         statuses = $15::bigint
     where book_id = $1 and file_no = $2 and state = 'received'`,
    [
      file.bookId,
      file.fileNo,
      done.source,
      file.recognised.detected.format,
      file.recognised.detected.version,
      counts.read,
      counts.loaded,
      counts.duplicate,
      counts.rejected,
      counts.ignored,
      rows.diagnostics,
      done.revisionOf,
      accepted?.by ?? null,
      accepted?.at.toISOString() ?? null,
      rows.statuses,
    ],
  );
  assertInvariant(rowCount === 1, 'a file was loaded twice at the same time');
  return counts;
}
