import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { OperationalError } from '../src/errors.ts';
import type { CommandContext } from './command-context.ts';

/** Runs work with a folder that only this user may enter, and that is gone afterwards, also when a signal ends the process. */
export async function withScratchFolder<T>(
  context: Pick<CommandContext, 'onSignal'>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)).catch(
    (cause: unknown) => {
      throw withoutRoom(tmpdir(), cause);
    },
  );
  const remove = () => rm(folder, { recursive: true, force: true });
  const release = context.onSignal(remove);
  try {
    return await use(folder);
  } finally {
    release();
    await remove();
  }
}

/** Of this machine only: another one may share the folder, and its processes cannot be seen from here. */
const PREFIX = `tieout-${hostname()}-`;

/** What killed processes of this user have left behind holds the plaintext of packed files. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const pid = Number(/^\d+/.exec(name.slice(PREFIX.length))?.[0]);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const path = join(tmpdir(), name);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory() && status.uid === process.getuid?.()) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/**
 * A file is read twice, once to know it and once to read it; standard input can be read only once, so it goes to a file.
 *
 * Named after its content: no sender has named it, so that no two deliveries may seem to be of one name.
 */
export async function spooledInput(scratchFolder: string): Promise<string> {
  const spool = join(scratchFolder, 'stdin');
  const hash = createHash('sha256');
  await pipeline(
    process.stdin,
    async function* hashed(chunks: AsyncIterable<Buffer>) {
      for await (const bytes of chunks) {
        hash.update(bytes);
        yield bytes;
      }
    },
    createWriteStream(spool, { flags: 'wx', mode: 0o600 }),
  ).catch((cause: unknown) => {
    throw withoutRoom(scratchFolder, cause);
  });
  const path = `${spool}-${hash.digest('hex').slice(0, 12)}`;
  await rename(spool, path);
  return path;
}

function withoutRoom(folder: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const full = reason === 'ENOSPC' ? '; the disk is full' : '';
  const message = `cannot keep what is read in ${folder}${full}; TMPDIR names another folder`;
  return new OperationalError('io_error', message, { cause, context: { reason } });
}

/** Runs work on paths in which `-` stands for standard input, with a scratch folder of its own. */
export async function withInputPaths<T>(
  context: Pick<CommandContext, 'onSignal'>,
  paths: readonly string[],
  use: (paths: readonly string[], scratchFolder: string) => Promise<T>,
): Promise<T> {
  return await withScratchFolder(context, async (folder) => {
    if (!paths.includes('-')) return await use(paths, folder);
    const spooled = await spooledInput(folder);
    return await use(
      paths.map((path) => (path === '-' ? spooled : path)),
      folder,
    );
  });
}
