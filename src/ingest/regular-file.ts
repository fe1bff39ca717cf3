import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { OperationalError } from '../errors.ts';
import { FileRefusal } from './record.ts';

/** How much of a file is read, hashed, decoded and parsed at a time. */
const CHUNK_BYTES = 131_072;

/** What open(2) says of a link, of a socket, and of a pipe without a writer. */
const NOT_REGULAR = ['ELOOP', 'EMLINK', 'ENXIO', 'EOPNOTSUPP'];

/** Opens a file for reading; refuses links, pipes, devices and folders, and never waits for a writer. */
export async function openRegular(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch((cause: unknown) => {
    throw refusedToOpen(path, cause);
  });
  // Asked of what was opened: another file may stand under the name by now.
  const isFile = await handle.stat().then((status) => status.isFile());
  if (isFile) return handle;
  await handle.close();
  throw notRegular();
}

/** The bytes of a regular file, opened once. */
export async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await openRegular(path);
  const stream = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
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
    await handle.close();
  }
}

/** Says why a path cannot be read, as an operating error. */
export function unreadable(path: string, cause: unknown): OperationalError {
  const reason = codeOf(cause);
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new OperationalError('not_found', `there is no file ${named(path)}`, { cause });
  }
  const code = reason === 'EACCES' || reason === 'EPERM' ? 'not_permitted' : 'io_error';
  const options = { cause, context: { reason } };
  return new OperationalError(code, `cannot read ${named(path)}`, options);
}

function refusedToOpen(path: string, cause: unknown): FileRefusal | OperationalError {
  const reason = codeOf(cause) ?? '';
  if (NOT_REGULAR.includes(reason)) return notRegular();
  // Bytes of a name that are not UTF-8 were replaced when the folder was read: such a file cannot be named.
  if (reason === 'ENOENT' && basename(path).includes('\uFFFD')) {
    return new FileRefusal('NAME_UNSAFE', 'the name of the file is not UTF-8; rename it');
  }
  return unreadable(path, cause);
}

function notRegular(): FileRefusal {
  return new FileRefusal('NOT_REGULAR_FILE', 'only a regular file can be read');
}

/** Names come from others: one with a line break in it must not begin a line of its own. */
function named(path: string): string {
  return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
