import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A file is read twice, once to know it and once to read it; standard input can be read only once, so it goes to a file. */
export async function withSpooledInput<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-stdin-'));
  try {
    const path = join(folder, 'stdin');
    await pipeline(process.stdin, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
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
