import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { FileRefusal } from '../record.ts';
import type { OutputCap } from './output-cap.ts';

/** A header with a comment longer than this is none. */
const MAX_HEADER_BYTES = 131_072;
const TRAILER_BYTES = 8;

const [HAS_HEADER_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

/** A packed file and where its content goes. */
export interface GzipWork {
  readonly path: string;
  readonly packed: FileHandle;
  readonly size: number;
  readonly cap: OutputCap;
  /** Whether several compressed files one after another are one. */
  readonly mayHaveSeveralMembers: boolean;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/**
 * Unpacks a gzip file (RFC 1952), with its checksum and length checked.
 *
 * Node's own reader takes several members for one and passes over zeros behind them; a bank's file is one member and
 * nothing else.
 */
export async function gunzip(work: GzipWork): Promise<void> {
  let at = await inflateMember(work, 0);
  while (at < work.size) {
    const next = await read(work, at, 3);
    const isMember = next[0] === 0x1f && next[1] === 0x8b && next[2] === 8;
    if (!isMember || !work.mayHaveSeveralMembers) {
      const what = isMember ? 'another compressed file' : 'bytes that belong to nothing';
      throw new FileRefusal('GZIP_TRAILING', `behind the compressed file stand ${what}`);
    }
    at = await inflateMember(work, at);
  }
}

/** Writes one member and returns where the next byte stands. */
async function inflateMember(work: GzipWork, at: number): Promise<number> {
  const start = at + (await headerLength(work, at));
  const inflated = await inflate(work, start);
  const end = start + inflated.read;
  const trailer = await read(work, end, TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw truncated();
  const isWhole =
    trailer.readUInt32LE(0) === inflated.crc &&
    trailer.readUInt32LE(4) === inflated.length % 2 ** 32;
  if (!isWhole) throw corrupt('its checksum does not hold');
  return end + TRAILER_BYTES;
}

async function inflate(work: GzipWork, start: number) {
  const engine = createInflateRaw();
  const source = createReadStream(work.path, { start });
  source.on('error', (error) => engine.destroy(error));
  source.pipe(engine);
  let [crc, length] = [0, 0];
  try {
    for await (const bytes of engine as AsyncIterable<Buffer>) {
      work.cap.add(bytes.length);
      crc = crc32(bytes, crc);
      length += bytes.length;
      await work.write(bytes);
    }
  } catch (error) {
    throw inflateRefusal(error);
  } finally {
    source.destroy();
  }
  return { read: engine.bytesWritten, crc, length };
}

function inflateRefusal(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'Z_BUF_ERROR') return truncated();
  return code === 'Z_DATA_ERROR' ? corrupt('its compressed bytes make no sense') : error;
}

async function headerLength(work: GzipWork, at: number): Promise<number> {
  const header = await read(work, at, MAX_HEADER_BYTES);
  const flags = header[3] ?? 0;
  let end = 10;
  if (flags & HAS_EXTRA) end += 2 + (header[end] ?? 0) + (header[end + 1] ?? 0) * 256;
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = header.indexOf(0, end);
    if (zero < 0)
      throw header.length < MAX_HEADER_BYTES ? truncated() : corrupt('its header has no end');
    end = zero + 1;
  }
  if (flags & HAS_HEADER_CRC) end += 2;
  if (end > header.length) throw truncated();
  return end;
}

async function read({ packed }: GzipWork, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await packed.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function truncated(): FileRefusal {
  return new FileRefusal(
    'TRUNCATED_GZIP',
    'the compressed file ends too early; it was cut, or is still being written',
  );
}

function corrupt(how: string): FileRefusal {
  return new FileRefusal('GZIP_CORRUPT', `the compressed file is damaged: ${how}`);
}
