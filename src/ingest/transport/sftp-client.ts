import type { FileEntry, SFTPWrapper, Stats } from 'ssh2';
import { type ErrorCode, OperationalError } from '../../errors.ts';
import { FileRefusal } from '../record.ts';
import { shownName } from './file-name.ts';
import { PendingRequests } from './pending-requests.ts';
import type { FileAttributes, FileKind, OpenedFile, Transport } from './transport.ts';

/** Status codes of the SFTP protocol, version 3. */
const END_OF_FILE = 1;
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;

const FILE_TYPE_MASK = 0o170000;
const REGULAR_FILE = 0o100000;
const DIRECTORY = 0o040000;

/** A directory with more names is no drop folder; and a hostile server could list for ever. */
const MAX_NAMES = 100_000;

/** What an SFTP connection is made of. */
export interface SftpSession {
  readonly sftp: SFTPWrapper;
  readonly directory: string;
  /** Host and port, for messages. */
  readonly address: string;
  readonly idleTimeoutMs: number;
  /** Closes the network connection at once. */
  destroy(): void;
  /** Says goodbye and closes. */
  end(): Promise<void>;
}

/** One SFTP connection, which ends when a request gets no answer within the idle timeout. */
export class SftpTransport implements Transport {
  readonly #session: SftpSession;
  readonly #requests: PendingRequests;

  constructor(session: SftpSession) {
    this.#session = session;
    const { address, idleTimeoutMs } = session;
    this.#requests = new PendingRequests(idleTimeoutMs, () =>
      this.abort(unreachable(`${address} answered nothing for ${idleTimeoutMs / 1000} seconds`)),
    );
    session.sftp.on('error', (cause: Error) => this.abort(lost(address, cause)));
    session.sftp.on('close', () => this.abort(lost(address)));
    session.sftp.on('end', () => this.abort(lost(address)));
  }

  get isOpen(): boolean {
    return this.#requests.failure === undefined;
  }

  async list(): Promise<readonly string[]> {
    const { sftp, directory } = this.#session;
    const refuse = (error: Error) => this.#listingRefused(error);
    const handle = await this.#ask<Buffer>((answer) => sftp.opendir(directory, answer), refuse);
    const names: string[] = [];
    for (;;) {
      const entries = await this.#ask<readonly FileEntry[] | null>(
        (answer) => sftp.readdir(handle, atEndNull(answer)),
        refuse,
      );
      if (entries === null) break;
      if (!Array.isArray(entries)) throw this.#broken('a listing without names');
      names.push(...entries.map(({ filename }) => filename));
      if (names.length > MAX_NAMES) throw this.#tooMany();
    }
    await this.#ask<void>((answer) => sftp.close(handle, done(answer)), refuse);
    return names;
  }

  async attributes(path: string): Promise<FileAttributes | undefined> {
    const { sftp } = this.#session;
    const stats = await this.#ask<Stats | null>((answer) =>
      sftp.lstat(path, (error, found) => {
        if (statusOf(error) === NO_SUCH_FILE) answer(undefined, null);
        else answer(error, found);
      }),
    );
    return stats === null ? undefined : this.#attributesOf(stats);
  }

  async open(path: string): Promise<OpenedFile> {
    const { sftp } = this.#session;
    const handle = await this.#ask<Buffer>((answer) => sftp.open(path, 'r', answer));
    if (!Buffer.isBuffer(handle)) throw this.#broken('an open file without a handle');
    return {
      attributes: async () =>
        this.#attributesOf(await this.#ask<Stats>((answer) => sftp.fstat(handle, answer))),
      read: async (buffer, position) =>
        await this.#ask<number>((answer) =>
          sftp.read(handle, buffer, 0, buffer.length, position, (error, bytesRead) => {
            if (statusOf(error) === END_OF_FILE) answer(undefined, 0);
            else answer(error, bytesRead);
          }),
        ),
      close: async () => await this.#ask<void>((answer) => sftp.close(handle, done(answer))),
    };
  }

  async move(from: string, to: string): Promise<void> {
    // The plain rename of the protocol: the one of OpenSSH would replace what is there.
    const { sftp } = this.#session;
    await this.#ask<void>((answer) => sftp.rename(from, to, done(answer)), moveRefused);
  }

  abort(error: Error): void {
    if (!this.isOpen) return;
    this.#requests.fail(error);
    this.#session.destroy();
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.#requests.fail(lost(this.#session.address));
    await this.#session.end();
  }

  async #ask<T>(
    start: (answer: (error: Error | undefined, value: T) => void) => void,
    refuse: (error: Error) => Error = fileRefused,
  ): Promise<T> {
    try {
      return await this.#requests.ask(start);
    } catch (error) {
      const { failure } = this.#requests;
      if (failure !== undefined) throw failure;
      if (error instanceof Error && statusOf(error) !== undefined) throw refuse(error);
      // Whatever has no status is not the answer to a request: the connection is lost, or the server breaks the protocol.
      const ended = lost(this.#session.address, error);
      this.abort(ended);
      throw ended;
    }
  }

  #attributesOf(stats: Stats): FileAttributes {
    if (typeof stats !== 'object') throw this.#broken('a file without attributes');
    // A server may leave each of them out, whatever the types say.
    const { mode, size, mtime }: Partial<Stats> = stats;
    return {
      kind: mode === undefined ? null : kindOf(mode),
      size: size === undefined || !Number.isSafeInteger(size) ? null : size,
      modifiedAt: mtime === undefined ? null : mtime * 1000,
    };
  }

  #listingRefused(error: Error): OperationalError {
    const { address, directory } = this.#session;
    const [code, what]: readonly [ErrorCode, string] =
      statusOf(error) === NO_SUCH_FILE
        ? ['configuration', 'there is no directory']
        : statusOf(error) === PERMISSION_DENIED
          ? ['not_permitted', 'permission is denied to list']
          : ['sftp_unreachable', 'the server cannot list'];
    return new OperationalError(code, `${what} ${directory} on ${address}`, {
      cause: error,
      context: { reason: shownName(error.message) },
    });
  }

  #tooMany(): OperationalError {
    const { address, directory } = this.#session;
    const text = `${directory} on ${address} lists more than ${MAX_NAMES} names`;
    const error = new OperationalError('sftp_unreachable', text);
    this.abort(error);
    return error;
  }

  #broken(what: string): OperationalError {
    const error = unreachable(`${this.#session.address} breaks the protocol: ${what}`);
    this.abort(error);
    return error;
  }
}

function kindOf(mode: number): FileKind {
  const type = mode & FILE_TYPE_MASK;
  if (type === REGULAR_FILE) return 'file';
  return type === DIRECTORY ? 'directory' : 'other';
}

function atEndNull(
  answer: (error: Error | undefined, value: readonly FileEntry[] | null) => void,
): (error: Error | undefined, entries: FileEntry[]) => void {
  return (error, entries) => {
    if (statusOf(error) === END_OF_FILE) answer(undefined, null);
    else answer(error, entries);
  };
}

function done(
  answer: (error: Error | undefined, value: undefined) => void,
): (error?: Error | null) => void {
  return (error) => answer(error ?? undefined, undefined);
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

function fileRefused(error: Error): FileRefusal {
  const status = statusOf(error);
  if (status === NO_SUCH_FILE) {
    return new FileRefusal('FILE_CHANGED', 'it was taken away while it was fetched');
  }
  const why =
    status === PERMISSION_DENIED
      ? 'permission to read it is denied'
      : `the server says "${shownName(error.message)}"`;
  return new FileRefusal('FILE_UNREADABLE', why);
}

function moveRefused(error: Error): FileRefusal {
  return new FileRefusal('ARCHIVE_FAILED', `the server says "${shownName(error.message)}"`);
}

function unreachable(message: string, cause?: unknown): OperationalError {
  return new OperationalError('sftp_unreachable', message, { cause });
}

function lost(address: string, cause?: unknown): OperationalError {
  const words = cause instanceof Error ? ` (${shownName(cause.message)})` : '';
  return unreachable(`the connection to ${address} is lost${words}`, cause);
}
