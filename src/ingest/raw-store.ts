import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationalError } from '../errors.ts';
import { FileRefusal } from './record.ts';
import { chunksOf } from './regular-file.ts';

/** Bytes as they were delivered, known by their SHA-256. */
export interface RawFile {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Keeps the delivered bytes of a file at `<folder>/<sha256>`, for this user alone, durable when it returns.
 *
 * No name from outside becomes a path. Bytes that are there already are not written again. Throws a `FileRefusal` when
 * the file has other bytes by now, `cannot_create` when they cannot be kept.
 */
export async function keepRaw(folder: string, path: string, raw: RawFile): Promise<void> {
  const kept = join(folder, raw.sha256);
  if ((await sizeOf(kept)) === raw.size) return;
  const part = `${kept}.${process.pid}.part`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await write(part, path, raw);
    await rename(part, kept);
    await synced(folder);
  } catch (cause) {
    // What is left of it would take the room that a full disk lacks.
    await rm(part, { force: true }).catch(() => undefined);
    if (cause instanceof FileRefusal || cause instanceof OperationalError) throw cause;
    const message = `cannot keep the delivered file in ${folder}; make room, or run with --no-raw`;
    throw new OperationalError('cannot_create', message, { cause });
  }
}

/** Removes the bytes of a file that must not be kept, if an earlier delivery left them. */
export async function dropRaw(folder: string, { sha256 }: RawFile): Promise<void> {
  await rm(join(folder, sha256), { force: true });
}

async function write(part: string, path: string, raw: RawFile): Promise<void> {
  const hash = createHash('sha256');
  const file = await open(part, 'w', 0o600);
  try {
    for await (const bytes of chunksOf(path)) {
      hash.update(bytes);
      await file.writeFile(bytes);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (hash.digest('hex') === raw.sha256) return;
  throw new FileRefusal('FILE_CHANGED', 'the file changed while it was read');
}

/** The new name is as durable as the bytes only when the folder is. */
async function synced(folder: string): Promise<void> {
  for (const path of [folder, dirname(folder)]) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return await stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
