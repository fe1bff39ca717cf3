import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationalError } from '../../errors.ts';
import type { Digests } from './verified-read.ts';

const PART = '.part-';
const MODE = { folder: 0o700, file: 0o600 } as const;

/**
 * The folder of a source in which fetched files lie, each under the SHA-256 of its bytes.
 *
 * No name that a sender chose is ever part of a path here.
 */
export class Inbox {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder; throws `io_error` when it cannot. */
  static async open(stateDirectory: string, source: string): Promise<Inbox> {
    const folder = join(stateDirectory, 'inbox', source);
    await mkdir(folder, { recursive: true, mode: MODE.folder }).catch(told(folder));
    return new Inbox(folder);
  }

  /** Where a file of these bytes lies once it is here. */
  pathOf(sha256: string): string {
    return join(this.#folder, sha256);
  }

  /** Whether a whole file of this digest and size is here; its bytes are not read. */
  async has(sha256: string, size: number): Promise<boolean> {
    const found = await lstat(this.pathOf(sha256)).catch(() => undefined);
    return found?.isFile() === true && found.size === size;
  }

  /**
   * Takes a file in: what `transfer` writes is on disk under its digest when this returns, and nothing is when it throws.
   *
   * `id` tells apart what is under way at the same time. Throws `io_error` (exit 74) when the disk is full.
   */
  async receive(
    id: string,
    transfer: (write: (chunk: Buffer) => Promise<void>) => Promise<Digests>,
  ): Promise<Digests> {
    const part = join(this.#folder, `${PART}${id}`);
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const file = await open(part, flags, MODE.file).catch(told(part));
    try {
      const digests = await transfer((chunk) => writeAll(file, chunk, part));
      await file.sync().catch(told(part));
      await file.close().catch(told(part));
      await rename(part, this.pathOf(digests.sha256)).catch(told(part));
      await this.#sync();
      return digests;
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Removes parts that a killed process left; one under way is written to more often than `olderThan`. */
  async removeLeftParts(olderThan: Date): Promise<void> {
    const names = await readdir(this.#folder).catch(told(this.#folder));
    for (const name of names.filter((found) => found.startsWith(PART))) {
      const path = join(this.#folder, name);
      const found = await lstat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < olderThan.getTime())
        await rm(path).catch(told(path));
    }
  }

  /** A new name is on disk only when its directory is. */
  async #sync(): Promise<void> {
    const folder = await open(this.#folder, 'r').catch(told(this.#folder));
    try {
      await folder.sync().catch(told(this.#folder));
    } finally {
      await folder.close();
    }
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, path: string): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written).catch(told(path));
    written += bytesWritten;
  }
}

function told(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    const full = reason === 'ENOSPC' ? '; the disk is full' : '';
    throw new OperationalError('io_error', `cannot write ${path}${full}`, {
      cause,
      context: { reason },
    });
  };
}
