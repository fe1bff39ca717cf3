import type { CardToken } from '../card-number.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import type { InspectedFile, RecognisedFormat, SurveyedFile } from './intake.ts';

/** A delivered file, as the first look at it found it. */
export interface Inspection extends SurveyedFile {
  readonly path: string;
  readonly name: string;
  readonly source?: string;
}

/** A file that was admitted and can now be read into the book. */
export interface AdmittedFile {
  readonly bookId: bigint;
  readonly fileNo: bigint;
  readonly name: string;
  readonly path: string;
  readonly inspected: InspectedFile;
  readonly recognised: RecognisedFormat;
  /** Who accepted it as a revision of a file of its name, and when; absent when nobody has. */
  readonly accepted?: { readonly by: string; readonly at: Date };
  /** Tells equal card numbers from others; `null` to store them truncated and nothing else. */
  readonly tokenOf: CardToken | null;
}

/** Whose book admits a file, and when. */
export interface AdmissionOptions {
  readonly bookId: bigint;
  readonly now: Date;
}

/** The number of a file in its book, and how far it has come. */
export interface Admission {
  readonly fileNo: bigint;
  readonly state: 'received' | 'loaded';
  readonly format: string | null;
  readonly read: bigint;
}

/**
 * Gives the file its number, or finds the one its bytes have already.
 *
 * A file that was kept aside is read anew: the configuration or the reader may have been mended, and nothing of it was kept.
 */
export async function admit(
  tx: Tx,
  inspection: Inspection,
  options: AdmissionOptions,
): Promise<Admission> {
  const { sha256 } = identityOf(inspection);
  await tx.execute(
    'insert into tieout.file_counter (book_id, last_file_no) values ($1, 0) on conflict (book_id) do nothing',
    [options.bookId],
  );
  const [counter] = await tx.query<{ last: bigint }>(
    'select last_file_no as last from tieout.file_counter where book_id = $1 for update',
    [options.bookId],
  );
  const next = (counter?.last ?? 0n) + 1n;
  await knownByContent(tx, inspection, options);
  const { rowCount: isNew } = await tx.execute(
    `insert into tieout.source_file (
       book_id, file_no, sha256, name, size_bytes, encoding, state, received_at, entries_read, entries_loaded,
       entries_duplicate, entries_rejected, entries_ignored, diagnostics, delivered_sha256, delivered_size_bytes, packing
     ) values ($1, $2, $3, $4, $5, $6, 'received', $7::timestamptz, 0, 0, 0, 0, 0, 0, $8, $9::bigint, $10)
     on conflict (book_id, sha256) do nothing`,
    [
      options.bookId,
      next,
      sha256,
      inspection.name,
      inspection.inspected?.size ?? inspection.delivered?.size ?? 0,
      inspection.inspected?.encoding.label ?? null,
      options.now.toISOString(),
      ...packingOf(inspection),
    ],
  );
  if (isNew === 1) {
    await tx.execute('update tieout.file_counter set last_file_no = $2 where book_id = $1', [
      options.bookId,
      next,
    ]);
  }
  await tx.execute(
    `update tieout.source_file
     set state = 'received', reason_code = null, reason_text = null, reason_line = null, reason_element = null,
         reason_reference = null, reason_currency = null, difference_minor = null
     where book_id = $1 and sha256 = $2 and state in ('rejected', 'held')`,
    [options.bookId, sha256],
  );
  const [admission] = await tx.query<Admission>(
    `select file_no as "fileNo", state, format, entries_read as read
     from tieout.source_file where book_id = $1 and sha256 = $2`,
    [options.bookId, sha256],
  );
  if (admission === undefined)
    throw new OperationalError('invariant_broken', 'an admitted file has no row');
  return admission;
}

/** SHA-256 and size of a packed file as delivered, and how it was packed. */
function packingOf({
  delivered,
}: Inspection): readonly [string, number, string] | readonly [null, null, null] {
  if (delivered === null || delivered.packing === null) return [null, null, null];
  return [delivered.sha256, delivered.size, delivered.packing];
}

/** A packed file that could not be opened is known by its delivered bytes, until it can be: then by what it holds. */
async function knownByContent(
  tx: Tx,
  inspection: Inspection,
  options: AdmissionOptions,
): Promise<void> {
  const { delivered, inspected } = inspection;
  if (inspected === undefined || delivered === null || delivered.packing === null) return;
  await tx.execute(
    `update tieout.source_file
     set sha256 = $3, size_bytes = $4::bigint, encoding = $5, packing = $6
     where book_id = $1 and sha256 = $2 and state = 'rejected'
       and not exists (
         select 1 from tieout.source_file other where other.book_id = $1 and other.sha256 = $3
       )`,
    [
      options.bookId,
      delivered.sha256,
      inspected.sha256,
      inspected.size,
      inspected.encoding.label,
      delivered.packing,
    ],
  );
}

/** A file is what it holds, or the bytes it came as; one without any is told from another by its name. */
export function identityOf({ name, path, inspected, delivered }: Inspection) {
  const sha256 = inspected?.sha256 ?? (delivered?.size ? delivered.sha256 : undefined);
  return { name, path, sha256: sha256 ?? sha256Hex(`no content|${name}`) };
}
