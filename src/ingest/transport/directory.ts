import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, unlink } from 'node:fs/promises';
import { OperationalError } from '../../errors.ts';
import { FileRefusal } from '../record.ts';
import type { FileAttributes, OpenedFile, Transport } from './transport.ts';

/** A local directory to which another program delivers. */
export class DirectoryTransport implements Transport {
  readonly #directory: string;
  #failure: Error | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  async list(): Promise<readonly string[]> {
    try {
      return await readdir(this.#directory);
    } catch (cause) {
      throw unlistable(this.#directory, cause);
    }
  }

  async attributes(path: string): Promise<FileAttributes | undefined> {
    try {
      return attributesOf(await lstat(path));
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw unreadable(path, cause);
    }
  }

  async open(path: string): Promise<OpenedFile> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      // Without O_NONBLOCK, opening a FIFO that took the file's place would wait for ever.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      return new LocalFile(await open(path, flags), path, () => this.#failure);
    } catch (cause) {
      throw refusalOf(cause) ?? unreadable(path, cause);
    }
  }

  async move(from: string, to: string): Promise<void> {
    try {
      // A rename would silently replace what is there; a link refuses.
      await link(from, to);
      await unlink(from);
    } catch (cause) {
      throw new FileRefusal('ARCHIVE_FAILED', `the system says ${codeOf(cause) ?? 'nothing'}`);
    }
  }

  abort(error: Error): void {
    this.#failure ??= error;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class LocalFile implements OpenedFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #failure: () => Error | undefined;

  constructor(file: FileHandle, path: string, failure: () => Error | undefined) {
    this.#file = file;
    this.#path = path;
    this.#failure = failure;
  }

  async attributes(): Promise<FileAttributes> {
    return attributesOf(await this.#file.stat());
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    const failure = this.#failure();
    if (failure !== undefined) throw failure;
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, position);
      return bytesRead;
    } catch (cause) {
      throw unreadable(this.#path, cause);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function attributesOf(stats: Stats): FileAttributes {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { kind, size: stats.size, modifiedAt: Math.floor(stats.mtimeMs) };
}

/** What only this file is at fault for. */
function refusalOf(cause: unknown): FileRefusal | undefined {
  const code = codeOf(cause);
  if (code === 'ELOOP' || code === 'ENXIO') {
    return new FileRefusal('NOT_REGULAR_FILE', 'only a regular file is fetched');
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new FileRefusal('FILE_UNREADABLE', 'permission to read it is denied');
  }
  if (code !== 'ENOENT') return undefined;
  return new FileRefusal('FILE_CHANGED', 'it was taken away while it was fetched');
}

function unlistable(directory: string, cause: unknown): OperationalError {
  const reason = codeOf(cause);
  const options = { cause, context: { reason } };
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new OperationalError('configuration', `there is no directory ${directory}`, options);
  }
  const code = reason === 'EACCES' || reason === 'EPERM' ? 'not_permitted' : 'io_error';
  return new OperationalError(code, `cannot list ${directory}`, options);
}

function unreadable(path: string, cause: unknown): OperationalError {
  const reason = codeOf(cause);
  const code = reason === 'EACCES' || reason === 'EPERM' ? 'not_permitted' : 'io_error';
  return new OperationalError(code, `cannot read ${path}`, { cause, context: { reason } });
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
