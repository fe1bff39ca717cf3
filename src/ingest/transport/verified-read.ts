import { createHash } from 'node:crypto';
import { FileRefusal } from '../record.ts';
import type { FileAttributes, OpenedFile, Transport } from './transport.ts';

/** One version of a file as a listing showed it. */
export interface FileVersion {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface ReadOptions {
  readonly maxBytes: number;
  readonly maxTransferMs: number;
  /** Only when a sender says it: where MD5 is forbidden, asking for it fails. */
  readonly isMd5Wanted?: boolean;
}

/** The digests of what was read, in lower-case hexadecimal; null for one nobody wanted. */
export interface Digests {
  readonly sha256: string;
  readonly md5: string | null;
}

/** Over a line of 50 ms, one chunk at a time is 0.6 MB/s; 64 of them are 40 MB/s for 2 MiB of memory. */
const CHUNK_BYTES = 32_768;
const CHUNKS_IN_FLIGHT = 64;

/**
 * Reads exactly the version of a file that was listed, in order, and hashes it while reading.
 *
 * Every byte up to the size is read, none follows it, and size and time are the same before and after, on the open file and
 * at the path: else a `FileRefusal` `FILE_TRUNCATED` or `FILE_CHANGED`, and what was written must be thrown away. A
 * transfer that takes too long is refused with `TRANSFER_TOO_SLOW` and costs the connection.
 */
export async function readVerified(
  transport: Transport,
  version: FileVersion,
  options: ReadOptions,
  write: (chunk: Buffer) => Promise<void>,
): Promise<Digests> {
  if (version.size > options.maxBytes) throw tooLarge(version.size, options);
  const timer = setTimeout(
    () => transport.abort(tooSlow(options)),
    Math.min(options.maxTransferMs, 2 ** 31 - 1),
  );
  try {
    const file = await transport.open(version.path);
    const digests = await readOpened(file, version, options, write).finally(() =>
      closeQuietly(file),
    );
    refuseChanged(version, await transport.attributes(version.path));
    return digests;
  } finally {
    clearTimeout(timer);
  }
}

async function readOpened(
  file: OpenedFile,
  version: FileVersion,
  { isMd5Wanted = false }: ReadOptions,
  write: (chunk: Buffer) => Promise<void>,
): Promise<Digests> {
  refuseChanged(version, await file.attributes());
  const sha256 = createHash('sha256');
  const md5 = isMd5Wanted ? createHash('md5') : null;
  for await (const chunk of chunksInOrder(file, version.size)) {
    sha256.update(chunk);
    md5?.update(chunk);
    await write(chunk);
  }
  if ((await file.read(Buffer.alloc(1), version.size)) > 0) {
    throw new FileRefusal('FILE_CHANGED', `it goes on after its ${version.size} bytes`);
  }
  refuseChanged(version, await file.attributes());
  return { sha256: sha256.digest('hex'), md5: md5?.digest('hex') ?? null };
}

/** Keeps many reads under way and gives their chunks in order; a chunk more is asked for only when one was taken. */
async function* chunksInOrder(file: OpenedFile, size: number): AsyncGenerator<Buffer, void> {
  const underWay: Promise<Buffer>[] = [];
  let asked = 0;
  for (;;) {
    while (asked < size && underWay.length < CHUNKS_IN_FLIGHT) {
      const length = Math.min(CHUNK_BYTES, size - asked);
      const chunk = readChunk(file, asked, length);
      // Chunks behind a failed one fail as well, with nobody waiting for them any more.
      chunk.catch(() => undefined);
      underWay.push(chunk);
      asked += length;
    }
    const next = underWay.shift();
    if (next === undefined) return;
    yield await next;
  }
}

async function readChunk(file: OpenedFile, position: number, length: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const more = await file.read(chunk.subarray(read), position + read);
    if (more <= 0) {
      const text = `it ends at byte ${position + read}, before its size`;
      throw new FileRefusal('FILE_TRUNCATED', text);
    }
    read += more;
  }
  return chunk;
}

function refuseChanged(listed: FileVersion, found: FileAttributes | undefined): void {
  if (found === undefined) {
    throw new FileRefusal('FILE_CHANGED', 'it was taken away while it was fetched');
  }
  // SFTP need not tell the kind of an open file, but then the one at its path.
  const isFile = found.kind === 'file' || found.kind === null;
  if (isFile && found.size === listed.size && found.modifiedAt === listed.modifiedAt) return;
  throw new FileRefusal(
    'FILE_CHANGED',
    `it changed while it was fetched (${listed.size} bytes listed, now ${found.size ?? 'unknown'})`,
  );
}

/** The bytes are checked already; a failed close of a file read tells nothing more about them. */
async function closeQuietly(file: OpenedFile): Promise<void> {
  await file.close().catch(() => undefined);
}

function tooLarge(size: number, { maxBytes }: ReadOptions): FileRefusal {
  return new FileRefusal('FILE_TOO_LARGE', `${size} bytes are more than max_bytes, ${maxBytes}`);
}

function tooSlow({ maxTransferMs }: ReadOptions): FileRefusal {
  const text = `not here after max_transfer_seconds, ${maxTransferMs / 1000}`;
  return new FileRefusal('TRANSFER_TOO_SLOW', text);
}
