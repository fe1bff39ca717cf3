import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationalError } from '../errors.ts';
import { EncodingProbe, type FileEncoding, isDecodingError } from './encoding.ts';
import { describeContent } from './file-content.ts';
import { DEFAULT_SETTINGS, type Detected, type Format, type ReadSettings } from './reader.ts';
import { type Diagnostic, FileRefusal, type ParsedRecord } from './record.ts';

/** How much of a file is read, hashed, decoded and parsed at a time. */
const CHUNK_BYTES = 131_072;

/** Names under which a file is still on its way, or which only speak of another file. */
const NOT_A_DELIVERY = /^\.|\.(?:tmp|part|partial|filepart|swp|done|ok|md5|sha256)$/i;

/** What the first pass over a file found out, without reading a record. */
export interface InspectedFile {
  readonly size: number;
  /** Of the bytes as they are; the identity of a source file. */
  readonly sha256: string;
  readonly encoding: FileEncoding;
  /** The first 16,384 characters, decoded. */
  readonly head: string;
}

/** A format that claimed a file, and what it saw in it. */
export interface RecognisedFormat {
  readonly format: Format;
  readonly detected: Detected;
}

/** Every regular file below the paths, directories walked in the order of their names. */
export async function listFiles(paths: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(paths.map(filesAt));
  return lists.flat();
}

/** First pass: size, SHA-256, encoding and the beginning; refuses what is no file or has no content. */
export async function inspectFile(path: string): Promise<InspectedFile> {
  const status = await statusOf(path);
  if (!status.isFile()) {
    throw new FileRefusal('NOT_REGULAR_FILE', 'only a regular file can be read');
  }
  const hash = createHash('sha256');
  const probe = new EncodingProbe();
  let size = 0;
  for await (const bytes of chunksOf(path)) {
    size += bytes.length;
    hash.update(bytes);
    probe.write(bytes);
  }
  if (size === 0) throw new FileRefusal('EMPTY_FILE', 'the file has 0 bytes');
  const { encoding, head } = probe.end();
  return { size, sha256: hash.digest('hex'), encoding, head };
}

/** The first format that recognises the content; refuses content that none does, saying what it looks like. */
export function detectFormat(head: string, formats: readonly Format[]): RecognisedFormat {
  for (const format of formats) {
    const detected = format.detect(head);
    if (detected !== undefined) return { format, detected };
  }
  const known = formats.map((format) => format.name).join(', ');
  throw new FileRefusal('UNKNOWN_FORMAT', `${describeContent(head)}; known formats: ${known}`);
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
): AsyncGenerator<readonly ParsedRecord[], void, undefined> {
  const batch = new RecordBatch(inspected.encoding);
  const { format, detected } = recognised;
  const reader = format.open((record) => batch.push(record), detected, settings);
  const { label } = inspected.encoding;
  const decoder = new TextDecoder(label, { fatal: true });
  const hash = createHash('sha256');
  for await (const bytes of chunksOf(path)) {
    hash.update(bytes);
    await reader.write(decode(decoder, label, bytes));
    if (batch.length > 0) yield batch.take();
  }
  const rest = decode(decoder, label);
  if (rest !== '') await reader.write(rest);
  if (hash.digest('hex') !== inspected.sha256) {
    throw new FileRefusal('FILE_CHANGED', 'the file changed while it was read');
  }
  await reader.end();
  yield batch.take();
}

type Decoder = InstanceType<typeof TextDecoder>;

/** Collects records; a guessed encoding is told right after the first statement opens. */
class RecordBatch {
  #records: ParsedRecord[] = [];
  #pending: Diagnostic | undefined;

  constructor(encoding: FileEncoding) {
    if (!encoding.isGuessed) return;
    this.#pending = {
      kind: 'diagnostic',
      code: 'ENCODING_GUESSED',
      message: `the file is not UTF-8 and names no encoding; it is read as ${encoding.label}`,
      locator: { line: 1 },
    };
  }

  get length(): number {
    return this.#records.length;
  }

  push(record: ParsedRecord): void {
    this.#records.push(record);
    if (this.#pending === undefined) return;
    this.#records.push(this.#pending);
    this.#pending = undefined;
  }

  take(): readonly ParsedRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

function decode(decoder: Decoder, label: string, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (error) {
    if (!isDecodingError(error)) throw error;
    throw new FileRefusal('BAD_ENCODING', `the file holds bytes that are not ${label}`);
  }
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await statusOf(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  const inside = entries
    .filter((entry) => !NOT_A_DELIVERY.test(entry.name))
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(path, entry.name));
  return listFiles(inside);
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}

function unreadable(path: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new OperationalError('not_found', `there is no file ${path}`, { cause });
  }
  const code = reason === 'EACCES' || reason === 'EPERM' ? 'not_permitted' : 'io_error';
  const options = { cause, context: { reason } };
  return new OperationalError(code, `cannot read ${path}`, options);
}
