import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationalError } from '../errors.ts';
import { findHome, homeFolders, makeHome, pointerOf, type ServerHome } from './embedded-home.ts';
import { dropLease, leaseHolders, takeLease, withLock } from './embedded-lease.ts';
import { findRunning, launch, shutDown, urlOf } from './embedded-process.ts';

// The embedded server is a real Postgres that outlives the process that started it:
//
//   ensureServer ── lock ── starts it if it does not run ── lease ── unlock
//   release      ── lock ── lease back ── last one out stops it ── unlock
//
// A process that dies leaves its lease; whoever comes next sees that it is dead and sweeps it.

export interface EmbeddedOptions {
  readonly stateDirectory: string;
  readonly log?: (text: string) => void;
}

/** A server in use: it runs at least until it is released. */
export interface EmbeddedServer {
  readonly url: string;
  release(): Promise<void>;
}

export interface ServerStatus {
  readonly state: 'absent' | 'stopped' | 'running';
  readonly folder: string | null;
  readonly pid: number | null;
  readonly port: number | null;
  /** Started by `db start`, so it stays when nobody uses it. */
  readonly pinned: boolean;
  readonly users: readonly number[];
}

/** Uses the embedded server of this state directory, starting it when it does not run. */
export async function ensureServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = makeHome(options.stateDirectory);
  const { url, lease } = await withLock(home.folder, async () => ({
    url: await ensureRunning(home, options),
    lease: takeLease(home.folder),
  }));
  let released: Promise<void> | undefined;
  return {
    url,
    release: () => {
      released ??= release(home, lease);
      return released;
    },
  };
}

/** Starts the server to stay until `stopServer`, and returns its URL. */
export async function startServer(options: EmbeddedOptions): Promise<string> {
  const home = makeHome(options.stateDirectory);
  return await withLock(home.folder, async () => {
    const url = await ensureRunning(home, options);
    await writeFile(pinOf(home), '');
    return url;
  });
}

/** Stops a server that stays; while others use it, it stops when the last of them ends. */
export async function stopServer(stateDirectory: string): Promise<'stopped' | 'in use' | 'absent'> {
  const home = findHome(stateDirectory);
  if (home === undefined) return 'absent';
  return await withLock(home.folder, async () => {
    await rm(pinOf(home), { force: true });
    if ((await findRunning(home)) === undefined) return 'absent';
    return (await stopUnlessUsed(home)) ? 'stopped' : 'in use';
  });
}

/** Tells where the server lives, whether it runs and who uses it; changes nothing. */
export async function serverStatus(stateDirectory: string): Promise<ServerStatus> {
  const home = findHome(stateDirectory);
  if (home === undefined) {
    return { state: 'absent', folder: null, pid: null, port: null, pinned: false, users: [] };
  }
  const server = await findRunning(home);
  return {
    state: server === undefined ? 'stopped' : 'running',
    folder: home.folder,
    pid: server?.pid ?? null,
    port: server?.port ?? null,
    pinned: existsSync(pinOf(home)),
    users: leaseHolders(home.folder),
  };
}

/** The URL of the server when it runs. */
export async function databaseUrl(stateDirectory: string): Promise<string> {
  const home = findHome(stateDirectory);
  const server = home === undefined ? undefined : await findRunning(home);
  if (home !== undefined && server !== undefined) return urlOf(home, server);
  throw new OperationalError(
    'database_unreachable',
    'the embedded server does not run; start it with tieout db start',
  );
}

/** Ends a throwaway server at once and removes its data wherever it lies. */
export async function destroyServer(stateDirectory: string): Promise<void> {
  const home = findHome(stateDirectory);
  if (home !== undefined) {
    await withLock(home.folder, async () => {
      if ((await findRunning(home)) !== undefined) await shutDown(home, 'immediate');
    });
  }
  for (const folder of homeFolders(stateDirectory)) {
    await rm(folder, { recursive: true, force: true });
  }
  await rm(pointerOf(stateDirectory), { force: true });
}

async function ensureRunning(home: ServerHome, options: EmbeddedOptions): Promise<string> {
  const log = options.log ?? (() => undefined);
  const server = (await findRunning(home)) ?? (await launch(home, log));
  return urlOf(home, server);
}

async function release(home: ServerHome, lease: string): Promise<void> {
  await withLock(home.folder, async () => {
    dropLease(lease);
    const server = await findRunning(home);
    if (server !== undefined && !existsSync(pinOf(home))) await stopUnlessUsed(home);
  });
}

async function stopUnlessUsed(home: ServerHome): Promise<boolean> {
  if (leaseHolders(home.folder).length > 0) return false;
  await shutDown(home, 'fast');
  return true;
}

function pinOf(home: ServerHome): string {
  return join(home.folder, 'pinned');
}
