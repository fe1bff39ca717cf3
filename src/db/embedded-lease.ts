import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError } from '../errors.ts';

const LOCK_WAIT_MS = 90_000;
const LOCK_POLL_MS = 50;
// A holder that died between creating the file and writing its name into it leaves it empty.
const UNNAMED_IS_STALE_AFTER_MS = 5_000;

/** Runs the work while no other process starts or stops the server of this folder. */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, 'lock');
  await acquire(lock);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Says that this process uses the server; the name returned gives the lease back. */
export function takeLease(folder: string): string {
  const lease = join(folder, 'leases', `${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(lease, ownIdentity(), { flag: 'wx' });
  return lease;
}

/** Gives a lease back; doing it twice changes nothing. */
export function dropLease(lease: string): void {
  rmSync(lease, { force: true });
}

/** The processes that use the server, after those that died without saying so are swept away. */
export function leaseHolders(folder: string): readonly number[] {
  const holders: number[] = [];
  for (const path of filesIn(join(folder, 'leases'))) {
    const holder = readHolder(path);
    if (holder === 'dead') dropLease(path);
    else if (holder !== undefined) holders.push(holder);
  }
  return holders;
}

/** True while a process with this number runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  // A dead process keeps its number until its parent asks for it, in many containers for ever.
  return linuxStat(pid)?.[0] !== 'Z';
}

async function acquire(lock: string): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!createExclusively(lock)) {
    const holder = readHolder(lock);
    if (holder === 'dead') removeStale(lock);
    else if (Date.now() > deadline) throw busy(lock, holder);
    else await sleep(LOCK_POLL_MS);
  }
}

// Two waiters may find the same stale lock: without a lock on its removal, the slower one would
// remove the new lock of the faster one.
function removeStale(lock: string): void {
  const guard = `${lock}.removal`;
  if (!createExclusively(guard)) {
    if (readHolder(guard) === 'dead') rmSync(guard, { force: true });
    return;
  }
  if (readHolder(lock) === 'dead') rmSync(lock, { force: true });
  rmSync(guard, { force: true });
}

function createExclusively(path: string): boolean {
  try {
    writeFileSync(path, ownIdentity(), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

// A process number alone is not enough: after a reboot, or in the next container, it is another's.
function readHolder(path: string): number | 'dead' | undefined {
  try {
    const [pid = '', startedAt = ''] = readFileSync(path, 'utf8').split(' ', 2);
    if (pid === '') return ageOf(path) > UNNAMED_IS_STALE_AFTER_MS ? 'dead' : undefined;
    const same = isAlive(Number(pid)) && startTime(Number(pid)) === startedAt;
    return same ? Number(pid) : 'dead';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

let identity: string | undefined;

function ownIdentity(): string {
  identity ??= `${process.pid} ${startTime(process.pid)}`;
  return identity;
}

function startTime(pid: number): string {
  if (process.platform === 'linux') return linuxStat(pid)?.[19] ?? '';
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return started.trim().replaceAll(' ', '_');
  } catch {
    return '';
  }
}

/** The fields of /proc/PID/stat from the state on. */
function linuxStat(pid: number): readonly string[] | undefined {
  try {
    // The command name before them, in parentheses, may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function ageOf(path: string): number {
  return Date.now() - statSync(path).mtimeMs;
}

function busy(lock: string, holder: number | undefined): OperationalError {
  return new OperationalError(
    'database_start_failed',
    `process ${holder ?? 'unknown'} has been starting or stopping the embedded server for ${LOCK_WAIT_MS / 1000} s; end it, or remove ${lock}`,
  );
}
