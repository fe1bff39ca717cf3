import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dbCommand } from '../../bin/commands/db.ts';
import { emptyDatabase, type FreshDatabase } from '../support/database.ts';

let fresh: FreshDatabase;
let cwd: string;

beforeAll(async () => {
  fresh = await emptyDatabase();
  cwd = mkdtempSync(join(tmpdir(), 'tieout-db-command-'));
});

afterAll(async () => {
  await fresh.drop();
  rmSync(cwd, { recursive: true });
});

async function db(parameters: readonly string[], databaseUrl?: string) {
  const seen = { out: '', notes: '', exitCode: 0 };
  const context = {
    out: async (text: string) => {
      seen.out += text;
    },
    note: (text: string) => {
      seen.notes += `${text}\n`;
    },
    setExitCode: (code: number) => {
      seen.exitCode = code;
    },
    progress: () => undefined,
    onSignal: () => () => undefined,
    env: databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl },
    cwd,
    now: () => new Date(0),
  };
  await dbCommand(context).parseAsync([...parameters], { from: 'user' });
  return seen;
}

test('migrates once, says so, and then shows nothing pending', async () => {
  const before = await db(['status'], fresh.url);
  expect(before.out).toMatch(/^pending\t/m);
  const first = JSON.parse((await db(['migrate', '--json'], fresh.url)).out);
  expect(first.applied.length).toBeGreaterThan(0);
  const second = await db(['migrate'], fresh.url);
  expect(second).toMatchObject({ out: '', notes: 'the schema is up to date\n' });
  const after = await db(['status'], fresh.url);
  expect(after.out).not.toMatch(/^pending\t/m);
});

test('never shows the password in status', async () => {
  const { password } = new URL(fresh.url);
  const text = await db(['status'], fresh.url);
  const json = await db(['status', '--json'], fresh.url);
  expect(password).not.toBe('');
  expect(text.out + json.out).not.toContain(password);
});

test('has nothing to start or stop when DATABASE_URL is set', async () => {
  for (const verb of ['start', 'stop']) {
    const seen = await db([verb], fresh.url);
    expect(seen).toMatchObject({ out: '', exitCode: 0 });
    expect(seen.notes).toContain(`no embedded server to ${verb}`);
  }
});

test('looks at an embedded server that was never started without making one', async () => {
  const seen = await db(['status', '--json']);
  expect(JSON.parse(seen.out)).toMatchObject({ server: { state: 'absent' }, migrations: null });
  await expect(db(['url'])).rejects.toMatchObject({ code: 'database_unreachable' });
});

test('throws for an option that it does not know instead of ending the process', async () => {
  await expect(db(['migrate', '--bogus'])).rejects.toMatchObject({
    code: 'commander.unknownOption',
  });
});
