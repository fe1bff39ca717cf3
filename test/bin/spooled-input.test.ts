import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { withScratchFolder } from '../../bin/spooled-input.ts';

/** A process that a signal may end: what it would give back, and whether it still would. */
function listening() {
  const cleanUps = new Set<() => Promise<void>>();
  const onSignal = (cleanUp: () => Promise<void>) => {
    cleanUps.add(cleanUp);
    return () => void cleanUps.delete(cleanUp);
  };
  return { cleanUps, onSignal };
}

test('the folder is of this user alone, and gone when the work is done or fails', async () => {
  const { cleanUps, onSignal } = listening();
  const folders: string[] = [];
  const work = async (folder: string) => {
    folders.push(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await writeFile(join(folder, 'plain'), 'x');
    if (folders.length === 2) throw new Error('no');
  };
  await withScratchFolder({ onSignal }, work);
  await expect(withScratchFolder({ onSignal }, work)).rejects.toThrow('no');
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]);
  expect(cleanUps.size).toBe(0);
});

test('what a killed process has left is removed, and what a living one uses is not', async () => {
  const { onSignal } = listening();
  const [dead, alive] = [2 ** 30, process.ppid].map((pid) =>
    mkdtempSync(join(tmpdir(), `tieout-${hostname()}-${pid}-`)),
  );
  try {
    await withScratchFolder({ onSignal }, async () => undefined);
    expect([existsSync(dead ?? ''), existsSync(alive ?? '')]).toEqual([false, true]);
  } finally {
    rmSync(alive ?? '', { recursive: true });
  }
});

test('the folder is gone when a signal comes while it is in use', async () => {
  const { cleanUps, onSignal } = listening();
  await withScratchFolder({ onSignal }, async (folder) => {
    await writeFile(join(folder, 'plain'), 'x');
    await Promise.all([...cleanUps].map((cleanUp) => cleanUp()));
    expect(existsSync(folder)).toBe(false);
  });
});

test('a temporary folder that is not there is an error of the disk, and named', async () => {
  const { onSignal } = listening();
  await withScratchFolder({ onSignal }, async (folder) => {
    const absent = join(folder, 'absent');
    vi.stubEnv('TMPDIR', absent);
    try {
      const refused = withScratchFolder({ onSignal }, async () => undefined);
      await expect(refused).rejects.toMatchObject({ code: 'io_error' });
      await expect(refused).rejects.toThrow(`cannot keep what is read in ${absent}`);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
