import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OperationalError } from '../../errors.ts';
import { FileRefusal } from '../record.ts';
import { chunksOf } from '../regular-file.ts';
import { gunzip } from './gzip.ts';
import { OutputCap } from './output-cap.ts';
import { PACKING_BYTES, type Packing, packingOf } from './packing.ts';
import type { PgpOptions } from './pgp.ts';
import { unzip } from './zip.ts';

/** pgp(gzip(csv)) is as deep as anybody packs; what goes on unpacking is made to. */
const MAX_LAYERS = 3;

const GIBIBYTE = 2 ** 30;

/** How packed files are opened; what is left out is as for a file of nobody in particular. */
export interface UnpackOptions {
  /** Where plaintext lies while it is needed, in a folder of its own; default the system's temporary folder. */
  readonly scratchFolder?: string;
  /** The most a file may unpack to; default 20 GiB. */
  readonly maxBytes?: number;
  /** Whether a gzip file may be several, one after another. */
  readonly mayHaveSeveralMembers?: boolean;
  /** Absent: an encrypted file asks for a configuration. */
  readonly pgp?: PgpOptions;
}

/** What was unpacked of a file. */
export interface Unpacked {
  readonly path: string;
  /** From the outermost inwards, for example `pgp+gzip`. */
  readonly packing: string;
}

/**
 * Unpacks a file into a private folder, for as long as the work lasts; refuses bytes that are not those of the SHA-256.
 *
 * The file is copied there first: what is hashed is what is unpacked, whoever changes the file meanwhile.
 */
export async function withUnpacked<T>(
  path: string,
  sha256: string,
  options: UnpackOptions,
  use: (unpacked: Unpacked) => Promise<T>,
): Promise<T> {
  const prefix = join(options.scratchFolder ?? tmpdir(), 'tieout-unpack-');
  const folder = await mkdtemp(prefix).catch(told(prefix));
  try {
    const copy = join(folder, 'delivered');
    await copyOf(path, sha256, copy);
    return await use(await unpackLayers(copy, folder, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyOf(path: string, sha256: string, copy: string): Promise<void> {
  const hash = createHash('sha256');
  await writing(copy, async (write) => {
    for await (const bytes of chunksOf(path)) {
      hash.update(bytes);
      await write(bytes);
    }
  });
  if (hash.digest('hex') === sha256) return;
  throw new FileRefusal('FILE_CHANGED', 'the file changed while it was read');
}

async function unpackLayers(
  delivered: string,
  folder: string,
  options: UnpackOptions,
): Promise<Unpacked> {
  const layers: Packing[] = [];
  let path = delivered;
  for (;;) {
    const head = await headOf(path);
    const packing = packingOf(head);
    if (packing === undefined) return { path, packing: layers.join('+') };
    refuseNesting(packing, layers);
    layers.push(packing);
    const inner = join(folder, `layer-${layers.length}`);
    await writing(inner, (write) => unpackLayer({ path, head, packing, options, write }));
    await unlink(path);
    path = inner;
  }
}

function refuseNesting(packing: Packing, layers: readonly Packing[]): void {
  if (packing === 'zip' && layers.includes('zip')) {
    throw new FileRefusal('ARCHIVE_UNSAFE', 'the ZIP archive is not taken: it holds another one');
  }
  if (layers.length < MAX_LAYERS) return;
  const message = `the file is packed more than ${MAX_LAYERS} times (${layers.join('+')})`;
  throw new FileRefusal('ARCHIVE_UNSAFE', message);
}

interface Layer {
  readonly path: string;
  readonly head: Uint8Array;
  readonly packing: Packing;
  readonly options: UnpackOptions;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

async function unpackLayer({ path, head, packing, options, write }: Layer): Promise<void> {
  const packed = await open(path, 'r');
  try {
    const { size } = await packed.stat();
    const maxBytes = options.maxBytes ?? 20 * GIBIBYTE;
    const cap = new OutputCap(size, maxBytes);
    const { mayHaveSeveralMembers = false, pgp } = options;
    if (packing === 'gzip') await gunzip({ path, packed, size, cap, mayHaveSeveralMembers, write });
    else if (packing === 'zip') await unzip({ path, maxBytes, cap, write });
    else {
      // Loaded when it is needed: it takes longer than all of a small file.
      const { decryptPgp } = await import('./pgp.ts');
      const isArmored = Buffer.from(head).includes('-----BEGIN');
      await decryptPgp({ packed, isArmored, cap, options: pgp, write });
    }
  } finally {
    await packed.close();
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PACKING_BYTES), 0, PACKING_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Lets work write a new file that only this user may read. */
async function writing(
  path: string,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file: FileHandle = await open(path, 'wx', 0o600).catch(told(path));
  try {
    await work(async (bytes) => {
      await file.writeFile(bytes).catch(told(path));
    });
  } finally {
    await file.close();
  }
}

function told(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    const full = reason === 'ENOSPC' ? '; the disk is full' : '';
    const message = `cannot unpack into ${dirname(path)}${full}; TMPDIR names another folder`;
    throw new OperationalError('io_error', message, { cause, context: { reason } });
  };
}
