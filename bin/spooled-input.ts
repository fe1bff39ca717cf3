import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * A file is read twice, once to know it and once to read it; standard input can be read only once, so it goes to a file.
 *
 * Named after its content: no sender has named it, so that no two deliveries may seem to be of one name.
 */
export async function withSpooledInput<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-stdin-'));
  try {
    const spool = join(folder, 'stdin');
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
    );
    const path = `${spool}-${hash.digest('hex').slice(0, 12)}`;
    await rename(spool, path);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs work on paths in which `-` stands for standard input. */
export async function withInputPaths<T>(
  paths: readonly string[],
  use: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!paths.includes('-')) return await use(paths);
  return await withSpooledInput((spooled) =>
    use(paths.map((path) => (path === '-' ? spooled : path))),
  );
}
