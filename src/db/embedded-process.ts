import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError } from '../errors.ts';
import { Database } from './db.ts';
import type { ServerHome } from './embedded-home.ts';
import { programsFor } from './embedded-home.ts';
import { isAlive } from './embedded-lease.ts';

/** A server that accepts connections. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

const HOST = '127.0.0.1';
const OWNER = 'tieout';
const DATABASE = 'tieout';
const START_ATTEMPTS = 10;
const START_RETRY_MS = 300;
// Another process took the port between our finding it and the server's using it; or the processes
// of a killed server are still ending.
const PASSES_BY_ITSELF =
  /Address already in use|block .* is still in use|lock file .* already exists/;
const LOG_LINES_SHOWN = 15;
const LOG_KEPT_BYTES = 5_000_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  work_mem: '64MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  max_connections: '60',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // The usual kind lives in /dev/shm, of which a container has 64 MB.
  ...(process.platform === 'linux' ? { dynamic_shared_memory_type: 'sysv' } : {}),
};

/** The server of this home when it runs and accepts connections. */
export async function findRunning(home: ServerHome): Promise<RunningServer | undefined> {
  const server = readPidFile(home);
  if (server === undefined || !isAlive(server.pid)) return undefined;
  return (await accepts(server.port)) ? server : undefined;
}

/** Starts the server, making its data first when there is none, and waits until it is ready. */
export async function launch(
  home: ServerHome,
  log: (text: string) => void,
): Promise<RunningServer> {
  const programs = await programsFor(home.user);
  if (!existsSync(dataOf(home))) await initialise(home, programs, log);
  openLog(home);
  const server = await startOnFreePort(home, programs);
  await createDatabase(home, server);
  return server;
}

/** Stops the server and waits until it is gone; what was not committed is rolled back. */
export async function shutDown(home: ServerHome, mode: 'fast' | 'immediate'): Promise<void> {
  const programs = await programsFor(home.user);
  await runProgram(home, join(programs, 'pg_ctl'), [
    'stop',
    ...['-D', dataOf(home), '-m', mode, '-w', '-t', '60', '-s'],
  ]).catch((cause: unknown) => {
    throw failure(home, 'the embedded server does not stop', cause);
  });
}

/** The connection URL, with the password of this server. */
export function urlOf(home: ServerHome, server: RunningServer, database = DATABASE): string {
  const password = readFileSync(passwordOf(home), 'utf8').trim();
  return `postgres://${OWNER}:${password}@${HOST}:${server.port}/${database}`;
}

async function initialise(
  home: ServerHome,
  programs: string,
  log: (text: string) => void,
): Promise<void> {
  log(`creating the embedded database in ${home.folder}`);
  writeOwned(home, passwordOf(home), `${randomBytes(24).toString('hex')}\n`);
  // Data that was made half before a crash must never be taken for whole.
  const draft = `${dataOf(home)}.draft`;
  await rm(draft, { recursive: true, force: true });
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await runProgram(home, join(programs, 'initdb'), [
    ...['-D', draft, '-U', OWNER, `--pwfile=${passwordOf(home)}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--no-sync', '--no-instructions', ...settings],
  ]).catch((cause: unknown) => {
    throw failure(home, 'the embedded database cannot be created', cause);
  });
  await rename(draft, dataOf(home));
}

async function startOnFreePort(home: ServerHome, programs: string): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    const logStart = statSync(logOf(home)).size;
    try {
      await removeDeadPidFile(home);
      await startOn(await freePort(), home, programs);
      const server = readPidFile(home);
      if (server !== undefined) return server;
    } catch (cause) {
      const lines = readLog(home, logStart);
      if (attempt === START_ATTEMPTS || !PASSES_BY_ITSELF.test(lines)) {
        throw failure(home, 'the embedded server does not start', cause, lines);
      }
      await sleep(START_RETRY_MS);
    }
  }
}

// Postgres takes a killed server that nobody has waited for as still running. Its other guard, the
// shared memory that the killed server's processes hold until they end, stays in force.
async function removeDeadPidFile(home: ServerHome): Promise<void> {
  const server = readPidFile(home);
  if (server !== undefined && !isAlive(server.pid)) await rm(pidFileOf(home), { force: true });
}

async function startOn(port: number, home: ServerHome, programs: string): Promise<void> {
  await runProgram(home, join(programs, 'pg_ctl'), [
    'start',
    ...['-D', dataOf(home), '-l', logOf(home), '-o', `-p ${port}`, '-w', '-t', '60', '-s'],
  ]);
}

async function createDatabase(home: ServerHome, server: RunningServer): Promise<void> {
  const db = Database.open({ url: urlOf(home, server, 'postgres'), maxConnections: 1 });
  try {
    const known = await db.read((tx) =>
      tx.query('select 1 from pg_database where datname = $1', [DATABASE]),
    );
    if (known.length === 0) await db.administer(`create database ${DATABASE}`);
  } finally {
    await db.close();
  }
}

// In its own process group, so that Ctrl-C ends the command and not the server that it starts;
// without PG* variables, which would change what the programs do.
async function runProgram(
  home: ServerHome,
  program: string,
  parameters: readonly string[],
): Promise<void> {
  const child = spawn(program, parameters, {
    ...home.user,
    cwd: home.folder,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(said.trim() || `${program} ended with ${code ?? signal}`);
}

function readPidFile(home: ServerHome): RunningServer | undefined {
  const path = pidFileOf(home);
  if (!existsSync(path)) return undefined;
  const [pid = '', , , port = ''] = readFileSync(path, 'utf8').split('\n');
  return port === '' ? undefined : { pid: Number(pid), port: Number(port) };
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout: 2_000 });
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}

function openLog(home: ServerHome): void {
  if (!existsSync(logOf(home))) writeOwned(home, logOf(home), '');
  if (statSync(logOf(home)).size > LOG_KEPT_BYTES) truncateSync(logOf(home));
}

function writeOwned(home: ServerHome, path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  if (home.user !== undefined) chownSync(path, home.user.uid, home.user.gid);
}

function failure(home: ServerHome, what: string, cause: unknown, log = ''): OperationalError {
  const said = log.trim() === '' && cause instanceof Error ? cause.message : log;
  const lines = said.trim().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  return new OperationalError(
    'database_start_failed',
    `${what}; mend what it says, or set DATABASE_URL. ${logOf(home)}:\n${lines}`,
    { cause },
  );
}

function readLog(home: ServerHome, from: number): string {
  return readFileSync(logOf(home)).subarray(from).toString('utf8');
}

function dataOf(home: ServerHome): string {
  return join(home.folder, 'data');
}

function pidFileOf(home: ServerHome): string {
  return join(dataOf(home), 'postmaster.pid');
}

function logOf(home: ServerHome): string {
  return join(home.folder, 'server.log');
}

function passwordOf(home: ServerHome): string {
  return join(home.folder, 'password');
}
