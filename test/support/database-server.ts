import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destroyServer, ensureServer } from '../../src/db/embedded.ts';

let stateDirectory: string | undefined;

/** Starts one throwaway server for all test files, unless TIEOUT_TEST_DATABASE_URL names one. */
export async function setup(): Promise<void> {
  if (process.env.TIEOUT_TEST_DATABASE_URL !== undefined) return;
  stateDirectory = await mkdtemp(join(tmpdir(), 'tieout-test-'));
  // As root the server's own user has to enter it; otherwise its data would go elsewhere.
  await chmod(stateDirectory, 0o755);
  const server = await ensureServer({ stateDirectory });
  process.env.TIEOUT_TEST_DATABASE_URL = server.url;
}

/** Removes the throwaway server and its data. */
export async function teardown(): Promise<void> {
  if (stateDirectory === undefined) return;
  await destroyServer(stateDirectory);
  await rm(stateDirectory, { recursive: true, force: true });
}
