import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CardToken } from '../card-number.ts';
import { CardMask } from './card-mask.ts';
import { EncodingProbe, type FileEncoding } from './encoding.ts';
import { describeContent, foreignContent } from './file-content.ts';
import { FileText, lineOf, RawText } from './file-text.ts';
import { type Mojibake, MojibakeSearch } from './mojibake.ts';
import { DEFAULT_SETTINGS, type Detected, type Format, type ReadSettings } from './reader.ts';
import { type Diagnostic, FileRefusal, type ParsedRecord } from './record.ts';
import { RecordBatch } from './record-batch.ts';
import { chunksOf, unreadable } from './regular-file.ts';
import { SensitiveScan } from './sensitive-data.ts';
import { PACKING_BYTES, packingOf } from './unpack/packing.ts';
import { type UnpackOptions, withUnpacked } from './unpack/unpack.ts';

/** Names under which a file is still on its way, or which only speak of another file. */
const NOT_A_DELIVERY = /^\.|\.(?:tmp|part|partial|filepart|swp|done|ok|md5|sha256)$/i;

/** What the first pass over a file found out, without reading a record. */
export interface InspectedFile {
  readonly size: number;
  /** Of the bytes that are parsed; the identity of a source file. */
  readonly sha256: string;
  readonly encoding: FileEncoding;
  /** The first 16,384 characters, decoded. */
  readonly head: string;
}

/** The bytes of a file as they came, packed or not. */
export interface DeliveredBytes {
  readonly sha256: string;
  readonly size: number;
  /** How they are packed, from the outermost inwards, `pgp+gzip`; `null` for a file that can be read as it came. */
  readonly packing: string | null;
}

/** What the first pass over a delivered file found out, or why nothing of it may be read. */
export interface SurveyedFile {
  /** `null` when not a byte could be read. */
  readonly delivered: DeliveredBytes | null;
  readonly inspected: InspectedFile | undefined;
  readonly refusal: FileRefusal | undefined;
}

export interface InspectOptions extends UnpackOptions {
  /** The encoding of a file that is not UTF-8 and names none; default a guess. */
  readonly fallbackEncoding?: string;
}

/** A format that claimed a file, and what it saw in it. */
export interface RecognisedFormat {
  readonly format: Format;
  readonly detected: Detected;
}

/** Every file below the paths but those that are still on their way; directories walked in the order of their names. */
export async function listFiles(paths: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(paths.map(filesAt));
  return lists.flat();
}

/**
 * First pass: size, SHA-256, encoding and the beginning of what a file holds, unpacked; refuses what is no file, has no
 * content, or holds what must not be kept.
 */
export async function inspectFile(
  path: string,
  options: InspectOptions = {},
): Promise<InspectedFile> {
  const { inspected, refusal } = await surveyFile(path, options);
  if (inspected === undefined) throw refusal;
  return inspected;
}

/** First pass over a delivered file; what is wrong with it is told, not thrown. */
export async function surveyFile(
  path: string,
  options: InspectOptions = {},
): Promise<SurveyedFile> {
  let delivered: DeliveredBytes | null = null;
  try {
    const bytes = await measure(path);
    delivered = { sha256: bytes.sha256, size: bytes.size, packing: bytes.packing ?? null };
    if (bytes.packing === undefined) {
      return { delivered, inspected: await inspected(path, bytes, options), refusal: undefined };
    }
    return await withUnpacked(path, bytes.sha256, options, async (unpacked) => {
      const plain = await measure(unpacked.path);
      return {
        delivered: { sha256: bytes.sha256, size: bytes.size, packing: unpacked.packing },
        inspected: await inspected(unpacked.path, plain, options),
        refusal: undefined,
      };
    });
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { delivered, inspected: undefined, refusal: error };
  }
}

/** Runs work on the bytes of a surveyed file: on the file itself, or on what is unpacked of it while the work lasts. */
export async function withContent<T>(
  path: string,
  delivered: DeliveredBytes | null,
  options: UnpackOptions,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (delivered === null || delivered.packing === null) return await use(path);
  return await withUnpacked(path, delivered.sha256, options, (unpacked) => use(unpacked.path));
}

interface Measured {
  readonly size: number;
  readonly sha256: string;
  readonly packing: string | undefined;
  readonly probe: EncodingProbe;
  readonly sensitive: { readonly field: string; readonly at: number } | undefined;
}

async function measure(path: string): Promise<Measured> {
  const hash = createHash('sha256');
  const probe = new EncodingProbe();
  const text = new RawText();
  const scan = new SensitiveScan();
  let size = 0;
  let packing: string | undefined;
  let sensitive: Measured['sensitive'];
  for await (const bytes of chunksOf(path)) {
    if (size === 0) packing = packingOf(bytes.subarray(0, PACKING_BYTES));
    size += bytes.length;
    hash.update(bytes);
    if (packing !== undefined) continue;
    probe.write(bytes);
    sensitive ??= scan.write(text.of(bytes));
  }
  return { size, sha256: hash.digest('hex'), packing, probe, sensitive };
}

async function inspected(
  path: string,
  { size, sha256, probe, sensitive }: Measured,
  options: InspectOptions,
): Promise<InspectedFile> {
  if (size === 0) throw new FileRefusal('EMPTY_FILE', 'the file has 0 bytes');
  if (sensitive !== undefined) {
    throw new FileRefusal(
      'SAD_PRESENT',
      `the file holds ${sensitive.field}, which must never be kept after authorisation (PCI DSS 3.3.1); nothing of it is stored, the file itself neither; ask the sender to leave it out, and delete the file`,
      { line: await lineOf(path, new RawText(), sensitive.at) },
    );
  }
  const probed = probe.end(options.fallbackEncoding);
  if ('encoding' in probed) return { size, sha256, ...probed };
  const line = await lineOf(path, new RawText(), probed.badByte);
  throw new FileRefusal(
    'INVALID_UTF8',
    `the file declares UTF-8; its byte ${probed.badByte + 1} is not`,
    { line },
  );
}

/** The first format that recognises the content; refuses content that none does, saying what it looks like. */
export function detectFormat(head: string, formats: readonly Format[]): RecognisedFormat {
  for (const format of formats) {
    const detected = format.detect(head);
    if (detected !== undefined) return { format, detected };
  }
  const foreign = foreignContent(head);
  if (foreign !== undefined) throw new FileRefusal('CONTENT_TYPE_MISMATCH', describeContent(head));
  const message = `${describeContent(head)}; none of the ${formats.length} formats and profiles known here claims it`;
  throw new FileRefusal('UNKNOWN_FORMAT', message);
}

/**
 * Second pass: the records of a file, one batch a chunk, in file order.
 *
 * Memory does not depend on the size: the next chunk is read when the last batch was taken. Refuses a file
 * whose bytes are not those of the first pass.
 */
export async function* readRecords(
  path: string,
  inspected: InspectedFile,
  recognised: RecognisedFormat,
  settings: ReadSettings = DEFAULT_SETTINGS,
  tokenOf: CardToken | null = null,
): AsyncGenerator<readonly ParsedRecord[], void, undefined> {
  const mask = new CardMask(tokenOf);
  try {
    yield* maskedRecords(path, inspected, recognised, { settings, mask });
  } catch (error) {
    throw error instanceof FileRefusal ? mask.refusal(error) : error;
  }
}

async function* maskedRecords(
  path: string,
  inspected: InspectedFile,
  { format, detected }: RecognisedFormat,
  { settings, mask }: { readonly settings: ReadSettings; readonly mask: CardMask },
): AsyncGenerator<readonly ParsedRecord[], void, undefined> {
  const batch = new RecordBatch(inspected.encoding, mask);
  const reader = format.open((record) => batch.push(record), detected, settings);
  const { label } = inspected.encoding;
  const text = new FileText(label);
  const mojibake = new MojibakeSearch();
  const hash = createHash('sha256');
  for await (const bytes of chunksOf(path)) {
    hash.update(bytes);
    const chunk = text.of(bytes);
    const suspect = mojibake.write(chunk);
    if (suspect !== undefined) batch.tell(await mojibakeDiagnostic(path, label, suspect));
    await reader.write(chunk);
    if (batch.length > 0) yield batch.take();
  }
  const rest = text.end();
  if (rest !== '') await reader.write(rest);
  if (hash.digest('hex') !== inspected.sha256) {
    throw new FileRefusal('FILE_CHANGED', 'the file changed while it was read');
  }
  await reader.end();
  yield batch.end();
}

async function mojibakeDiagnostic(
  path: string,
  label: string,
  { text, at }: Mojibake,
): Promise<Diagnostic> {
  return {
    kind: 'diagnostic',
    code: 'MOJIBAKE_SUSPECT',
    message: `"${text}" looks like a character that was encoded twice before it came; it is kept as it is`,
    locator: { line: await lineOf(path, new FileText(label), at) },
  };
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  const lists: (readonly string[])[] = [];
  for (const entry of entries.filter(({ name }) => !NOT_A_DELIVERY.test(name))) {
    const inside = join(path, entry.name);
    lists.push(entry.isDirectory() ? await filesAt(inside) : [inside]);
  }
  return lists.flat();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
