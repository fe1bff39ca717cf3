import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Database } from '../../src/db/db.ts';
import {
  destroyServer,
  ensureServer,
  serverStatus,
  startServer,
  stopServer,
} from '../../src/db/embedded.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let built: string;
let stateDirectory: string;

// Other processes need JavaScript: Node 20 does not run TypeScript.
beforeAll(() => {
  built = mkdtempSync(join(tmpdir(), 'tieout-built-'));
  symlinkSync(join(PROJECT, 'node_modules'), join(built, 'node_modules'));
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(PROJECT, 'tsconfig.build.json'), '--outDir', join(built, 'dist')];
  execFileSync(process.execPath, [compiler, ...options], { cwd: PROJECT, stdio: 'pipe' });
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'tieout-embedded-'));
  chmodSync(stateDirectory, 0o755);
});

afterEach(async () => {
  await destroyServer(stateDirectory);
  rmSync(stateDirectory, { recursive: true, force: true });
});

async function answers(url: string): Promise<boolean> {
  const db = Database.open({ url, maxConnections: 1 });
  try {
    await db.read((tx) => tx.query('select 1'));
    return true;
  } catch {
    return false;
  } finally {
    await db.close();
  }
}

/** A process that uses the server until its stdin ends; resolves when it has it. */
async function otherUser(): Promise<{ child: ChildProcess; url: string }> {
  const script = `
    import { ensureServer } from ${JSON.stringify(join(built, 'dist/src/db/embedded.js'))};
    const server = await ensureServer({ stateDirectory: ${JSON.stringify(stateDirectory)} });
    process.stdout.write(server.url + '\\n');
    process.stdin.resume().on('end', () => server.release());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await once(child.stdout, 'data');
  return { child, url: String(url).trim() };
}

test('starts, gives a database, and stops when released', async () => {
  const server = await ensureServer({ stateDirectory });
  expect(await answers(server.url)).toBe(true);
  expect(await serverStatus(stateDirectory)).toMatchObject({
    state: 'running',
    users: [process.pid],
  });
  await Promise.all([server.release(), server.release()]);
  expect(await answers(server.url)).toBe(false);
  expect(await serverStatus(stateDirectory)).toMatchObject({ state: 'stopped', users: [] });
});

test('keeps what was committed from one start to the next', async () => {
  for (const sql of ['create table kept (id int)', 'insert into kept values (1)']) {
    const server = await ensureServer({ stateDirectory });
    const db = Database.open({ url: server.url });
    await db.transaction((tx) => tx.runScript(sql));
    await db.close();
    await server.release();
  }
});

test('is one server for processes that start together, until the last of them ends', async () => {
  const [first, second, third] = await Promise.all([
    otherUser(),
    otherUser(),
    ensureServer({ stateDirectory }),
  ]);
  expect(new Set([first.url, second.url, third.url]).size).toBe(1);
  await third.release();
  first.child.stdin?.end();
  await once(first.child, 'exit');
  expect(await answers(third.url)).toBe(true);
  second.child.stdin?.end();
  await once(second.child, 'exit');
  expect(await answers(third.url)).toBe(false);
});

test('is used on and stopped by the next process after its starter was killed', async () => {
  const { child, url } = await otherUser();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const server = await ensureServer({ stateDirectory });
  expect(server.url).toBe(url);
  await server.release();
  expect(await answers(url)).toBe(false);
});

test('recovers after the server itself was killed', async () => {
  const server = await ensureServer({ stateDirectory });
  const { pid } = await serverStatus(stateDirectory);
  process.kill(pid ?? 0, 'SIGKILL');
  await expect.poll(() => answers(server.url)).toBe(false);
  const again = await ensureServer({ stateDirectory });
  expect(await answers(again.url)).toBe(true);
  await again.release();
  await server.release();
});

test('takes no notice of a lock and a lease that dead processes left', async () => {
  await (await ensureServer({ stateDirectory })).release();
  const { folder } = await serverStatus(stateDirectory);
  // This process's number with another start time: what a reboot or a new container leaves.
  writeFileSync(join(folder ?? '', 'lock'), `${process.pid} 1`);
  writeFileSync(join(folder ?? '', 'leases/dead'), `${process.pid} 1`);
  const server = await ensureServer({ stateDirectory });
  await server.release();
  expect(await answers(server.url)).toBe(false);
});

test('stays after db start until it is stopped', async () => {
  const url = await startServer({ stateDirectory });
  const server = await ensureServer({ stateDirectory });
  await server.release();
  expect(await answers(url)).toBe(true);
  expect(await stopServer(stateDirectory)).toBe('stopped');
  expect(await stopServer(stateDirectory)).toBe('absent');
});

test('does not stop under another user', async () => {
  await startServer({ stateDirectory });
  const server = await ensureServer({ stateDirectory });
  expect(await stopServer(stateDirectory)).toBe('in use');
  expect(await answers(server.url)).toBe(true);
  await server.release();
  expect(await answers(server.url)).toBe(false);
});

test('shows the last lines of the log of a server that does not start', async () => {
  await (await ensureServer({ stateDirectory })).release();
  const { folder } = await serverStatus(stateDirectory);
  appendFileSync(join(folder ?? '', 'data/postgresql.conf'), "shared_buffers = 'plenty'\n");
  await expect(ensureServer({ stateDirectory })).rejects.toMatchObject({
    code: 'database_start_failed',
    message: expect.stringMatching(/invalid value for parameter "shared_buffers": "plenty"/),
  });
});

test.skipIf(process.getuid?.() !== 0)(
  'as root, lives outside a state directory that its user cannot enter, and leaves nothing there',
  async () => {
    const hidden = join(stateDirectory, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const server = await ensureServer({ stateDirectory: hidden });
    const { folder } = await serverStatus(hidden);
    expect(await answers(server.url)).toBe(true);
    expect(folder).not.toContain(hidden);
    await server.release();
    const again = await ensureServer({ stateDirectory: hidden });
    expect((await serverStatus(hidden)).folder).toBe(folder);
    await again.release();
    await destroyServer(hidden);
    expect(existsSync(folder ?? '')).toBe(false);
  },
);
