import { basename } from 'node:path';
import pLimit from 'p-limit';
import { type CardToken, cardTokenOf, maskCardNumbers } from '../card-number.ts';
import type { ProfileDocument, SourceConfig } from '../config.ts';
import type { Database, Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { type Admission, admit, type Inspection, identityOf } from './admission.ts';
import type { LoadCounts } from './file-outcome.ts';
import { formatsOf } from './formats.ts';
import {
  detectFormat,
  listFiles,
  type RecognisedFormat,
  surveyFile,
  withContent,
} from './intake.ts';
import { loadFile } from './load-file.ts';
import type { FileWarning } from './load-rows.ts';
import { type Acceptance, acceptedDigests, NameConflict } from './name-conflict.ts';
import { dropRaw, keepRaw } from './raw-store.ts';
import type { Format } from './reader.ts';
import { FileRefusal } from './record.ts';
import type { Restatement } from './restatement.ts';
import { inConfiguredEncoding, inspectOptionsOf } from './source-files.ts';

/** What became of one delivered file. */
export interface IngestedFile {
  readonly name: string;
  readonly path: string;
  readonly fileNo: bigint;
  readonly sha256: string;
  /** `held`: of a known name and other content, until somebody accepts it. */
  readonly outcome: 'loaded' | 'duplicate' | 'rejected' | 'held';
  readonly format: string | null;
  readonly counts: LoadCounts;
  /** Known statements that it tells anew with other content. */
  readonly restatements: readonly Restatement[];
  /** What was odd in it and did not keep it from being loaded, one for each code. */
  readonly warnings: readonly FileWarning[];
  readonly refusal: FileProblem | null;
}

/** Why a file is kept aside, and where in it. */
export interface FileProblem {
  readonly reason: string;
  readonly message: string;
  readonly line: number | null;
  readonly element: string | null;
}

/** A file that lies under another name than the one it was sent with. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
  /** The source that sent it; absent when it is found by content. */
  readonly source?: string;
  /** Of its bytes, when it was fetched. */
  readonly sha256?: string;
}

export interface IngestOptions {
  readonly bookId: bigint;
  /** The run the files are delivered to; 0 for a delivery outside any run. */
  readonly runId: bigint;
  readonly sources: readonly SourceConfig[];
  /** CSV profiles of the user's own, by name. */
  readonly profiles?: ReadonlyMap<string, ProfileDocument>;
  readonly now: Date;
  /** Files to load although their source has sent others of their names. */
  readonly acceptance?: Acceptance;
  /** Where the bytes of every file are kept as they were delivered; `null` to keep none. */
  readonly rawFolder?: string | null;
  /** The key of the tokens beside truncated card numbers; `null` to store them without. */
  readonly tokenKey?: Uint8Array | null;
  /** Where plaintext of packed files lies while it is read; default the system's temporary folder. */
  readonly scratchFolder?: string;
  readonly onFile?: (file: IngestedFile) => void;
}

const NOTHING: LoadCounts = { read: 0n, loaded: 0n, duplicate: 0n, rejected: 0n, ignored: 0n };

/**
 * Loads files into the book, each in its own transaction and recorded once by the SHA-256 of its bytes.
 *
 * A file whose structure or totals are wrong is kept aside with its reason, and one whose name its source has used for other
 * content is held; the others go on. Files are taken in the order of their names, whatever the order of the arguments. Runs again after a crash find what is loaded and load the rest.
 */
export async function ingest(
  db: Database,
  paths: readonly (string | NamedFile)[],
  options: IngestOptions,
): Promise<IngestedFile[]> {
  const limit = pLimit(2);
  const formats = formatsOf(options);
  const found = await namedFiles(paths);
  const inspections = await Promise.all(found.map((file) => limit(() => inspect(file, options))));
  inspections.sort(
    (left, right) => compare(left.name, right.name) || compare(sha(left), sha(right)),
  );
  const accepted = acceptedDigests(inspections.map(identityOf), options.acceptance?.files ?? []);
  const files: IngestedFile[] = [];
  for (const inspection of inspections) {
    const isAccepted = accepted.has(identityOf(inspection).sha256);
    const file = await ingestFile(db, inspection, { ...options, isAccepted, formats });
    files.push(file);
    options.onFile?.(file);
  }
  return files;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function sha(inspection: Inspection): string {
  return inspection.inspected?.sha256 ?? inspection.delivered?.sha256 ?? '';
}

async function namedFiles(paths: readonly (string | NamedFile)[]): Promise<readonly NamedFile[]> {
  const found = await listFiles(paths.filter((path) => typeof path === 'string'));
  const named = paths.filter((path) => typeof path !== 'string');
  return [...found.map((path) => ({ path, name: basename(path) })), ...named];
}

async function inspect(file: NamedFile, options: IngestOptions): Promise<Inspection> {
  const name = maskCardNumbers(file.name, tokenOf(options));
  const opening = inspectOptionsOf({ ...options, sources: sourcesOf(file, options) });
  return { ...file, name, ...(await surveyFile(file.path, opening)) };
}

/** Evidence first: the bytes are kept before anything is made of them, unless they must not be. */
async function keepDelivered(inspection: Inspection, options: IngestOptions): Promise<Inspection> {
  const { rawFolder = null } = options;
  const { path, delivered, refusal } = inspection;
  if (rawFolder === null || delivered === null || delivered.size === 0) return inspection;
  try {
    if (refusal?.reason === 'SAD_PRESENT') await dropRaw(rawFolder, delivered);
    else await keepRaw(rawFolder, path, delivered);
    return inspection;
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { ...inspection, inspected: undefined, refusal: error };
  }
}

interface FileOptions extends IngestOptions {
  readonly isAccepted: boolean;
  readonly formats: readonly Format[];
}

async function ingestFile(
  db: Database,
  surveyed: Inspection,
  options: FileOptions,
): Promise<IngestedFile> {
  const inspection = await keepDelivered(surveyed, options);
  const admitted = await db.transaction((tx) => admit(tx, inspection, options));
  const file =
    admitted.state === 'loaded'
      ? known(inspection, admitted)
      : await load(db, inspection, options, admitted.fileNo);
  await db.transaction((tx) => recordDelivery(tx, file, options));
  return file;
}

function known(inspection: Inspection, admission: Admission): IngestedFile {
  return {
    ...identityOf(inspection),
    fileNo: admission.fileNo,
    outcome: 'duplicate',
    format: admission.format,
    counts: { ...NOTHING, read: admission.read, duplicate: admission.read },
    restatements: [],
    warnings: [],
    refusal: null,
  };
}

async function load(
  db: Database,
  inspection: Inspection,
  options: FileOptions,
  fileNo: bigint,
): Promise<IngestedFile> {
  let recognised: RecognisedFormat | undefined;
  try {
    if (inspection.inspected === undefined) throw inspection.refusal;
    const { bookId, acceptance, isAccepted, now } = options;
    const sources = sourcesOf(inspection, options);
    const formats =
      inspection.source === undefined ? options.formats : formatsOf({ ...options, sources });
    const format = detectFormat(inspection.inspected.head, formats);
    recognised = format;
    const inspected = inConfiguredEncoding(inspection.inspected, format, sources);
    const accepted = isAccepted && acceptance !== undefined ? { by: acceptance.by, at: now } : null;
    const file = {
      ...{ bookId, fileNo, name: inspection.name, inspected, recognised: format },
      ...{ tokenOf: tokenOf(options), ...(accepted === null ? {} : { accepted }) },
    };
    const loaded = await withContent(
      inspection.path,
      inspection.delivered,
      inspectOptionsOf({ ...options, sources }),
      (path) => db.transaction((tx) => loadFile(tx, { ...file, path }, sources)),
    );
    const told = { ...identityOf(inspection), fileNo, format: format.detected.format, ...loaded };
    return { ...told, outcome: 'loaded', refusal: null };
  } catch (error) {
    const refusal = refusalOf(error);
    await db.transaction((tx) =>
      keepAside(tx, { bookId: options.bookId, fileNo, refusal, recognised }),
    );
    return {
      ...identityOf(inspection),
      fileNo,
      outcome: outcomeOf(refusal),
      format: recognised?.detected.format ?? null,
      counts: NOTHING,
      restatements: [],
      warnings: [],
      refusal: problemOf(refusal),
    };
  }
}

function sourcesOf({ source }: NamedFile, { sources }: IngestOptions): readonly SourceConfig[] {
  return source === undefined ? sources : sources.filter((each) => each.source === source);
}

function tokenOf({ tokenKey = null }: IngestOptions): CardToken | null {
  return tokenKey === null ? null : cardTokenOf(tokenKey);
}

/** What the file is at fault for; anything else is thrown on. */
function refusalOf(error: unknown): FileRefusal {
  if (error instanceof FileRefusal) return error;
  // The only invalid input that the database layer finds is a character it cannot store.
  if (error instanceof OperationalError && error.code === 'invalid_input') {
    return new FileRefusal('NUL_BYTE', error.message);
  }
  throw error;
}

function outcomeOf(refusal: FileRefusal): 'rejected' | 'held' {
  return refusal instanceof NameConflict ? 'held' : 'rejected';
}

function problemOf(refusal: FileRefusal): FileProblem {
  return {
    reason: refusal.reason,
    message: refusal.message,
    line: refusal.locator?.line ?? null,
    element: refusal.locator?.element ?? null,
  };
}

async function keepAside(
  tx: Tx,
  file: {
    readonly bookId: bigint;
    readonly fileNo: bigint;
    readonly refusal: FileRefusal;
    readonly recognised: RecognisedFormat | undefined;
  },
): Promise<void> {
  const { refusal, recognised } = file;
  await tx.execute(
    `update tieout.source_file
     set state = $12, format = $3, version = $4, reason_code = $5, reason_text = $6, reason_line = $7::bigint,
         reason_element = $8, reason_reference = $9, reason_currency = $10, difference_minor = $11::bigint, source = $13
     where book_id = $1 and file_no = $2`,
    [
      file.bookId,
      file.fileNo,
      recognised?.detected.format ?? null,
      recognised?.detected.version ?? null,
      refusal.reason,
      refusal.message.replaceAll('\0', '␀'),
      refusal.locator?.line ?? null,
      refusal.locator?.element ?? null,
      refusal.imbalance?.reference ?? null,
      refusal.imbalance?.currency ?? null,
      refusal.imbalance?.differenceMinor ?? null,
      outcomeOf(refusal),
      refusal instanceof NameConflict ? refusal.source : null,
    ],
  );
}

async function recordDelivery(tx: Tx, file: IngestedFile, options: IngestOptions): Promise<void> {
  await tx.execute(
    `insert into tieout.file_delivery (book_id, run_id, delivery_no, name, file_no, outcome)
     select $1::bigint, $2::bigint, coalesce(max(delivery_no), 0) + 1, $3::text, $4::bigint, $5::text
     from tieout.file_delivery where book_id = $1::bigint and run_id = $2::bigint`,
    [options.bookId, options.runId, file.name, file.fileNo, file.outcome],
  );
}
