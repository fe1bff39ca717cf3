import { closeSync, openSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bookIdOf } from '../../src/ids.ts';
import { bookIn, importLedger, REPLAY } from '../support/book.ts';
import { type BuiltCli, buildCli, type Ended } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const CONFIG = new URL('tieout.yaml', REPLAY);

let cli: BuiltCli;
let folder: string;
let database: FreshDatabase;

beforeAll(async () => {
  cli = buildCli();
  folder = await mkdtemp(join(tmpdir(), 'tieout-run-'));
  await copyFile(CONFIG, join(folder, 'tieout.yaml'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  cli.remove();
  await rm(folder, { recursive: true, force: true });
});

function tieout(...args: readonly string[]): Promise<Ended> {
  return cli.run(args, { cwd: folder, env: { DATABASE_URL: database.url } });
}

/** Imports a story's ledger into a book and gives the arguments that run its files. */
async function given(name: string, book: string): Promise<readonly string[]> {
  const story = new URL(`${name}/`, REPLAY);
  const { rejections } = await importLedger(
    bookIn(database, CONFIG, book),
    new URL('ledger.csv', story),
  );
  expect(rejections).toEqual([]);
  const files = fileURLToPath(new URL('in/', story));
  return ['run', files, '--book', book, '--date', '2026-03-06'];
}

describe('run', () => {
  test('exits 0 when all is done, with one document on stdout and reports on disk', async () => {
    const args = await given('everything-ties-and-nothing-is-left', 'ties');
    const { code, stdout, stderr } = await tieout(...args, '--json', '--fail-on', 'info');
    expect(stderr).toContain('reports are in');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(Object.keys(result)).toEqual([
      'schema',
      'run',
      'book',
      'date',
      'state',
      'files',
      'entries',
      'matched',
      'exceptions',
      'journals',
      'payouts',
      'proof',
      'plan_hash',
      'seconds',
    ]);
    expect(result).toMatchObject({
      schema: 'tieout.run/1',
      run: 1,
      book: 'ties',
      date: '2026-03-06',
      state: 'applied',
      files: { given: 2, loaded: 2, duplicate: 0, rejected: 0 },
      entries: { read: 5, loaded: 5, rejected: 0, duplicate: 0 },
      matched: { groups: 4, entries: 4, items: 4, by_certificate: { UNIQUE: 4 } },
      exceptions: { opened: 0, closed: 0, open: 0, by_code: {} },
      journals: { created: 2, by_kind: { bank: 1, settlement: 1 } },
      payouts: { in_transit: 0 },
      proof: { closes: true },
      plan_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(Object.keys(result.matched)).toContain('by_rule');
    expect(result.proof.equations[0]).toEqual({
      id: 'P1',
      text: expect.any(String),
      currency: null,
      left: '5',
      right: '5',
      closes: true,
    });
    const reports = join(folder, '.tieout', 'reports', 'run-1');
    expect((await readdir(reports)).sort()).toEqual([
      'exceptions.csv',
      'exceptions.json',
      'report.html',
    ]);
  });

  test('takes each delivery on standard input for one of its own: none has a name', async () => {
    const story = new URL('a-file-with-a-known-name-and-other-content-is-held/', REPLAY);
    const outcomes: string[] = [];
    for (const night of ['night-1', 'night-2']) {
      const stdin = openSync(new URL(`${night}/in/settlement.csv`, story), 'r');
      const options = { cwd: folder, env: { DATABASE_URL: database.url }, stdin };
      const { stdout } = await cli.run(['ingest', '-', '--book', 'stdin', '--json'], options);
      closeSync(stdin);
      const [file] = JSON.parse(stdout).files;
      expect(file.name).toMatch(/^stdin-[0-9a-f]{12}$/);
      outcomes.push(file.outcome);
    }
    expect(outcomes).toEqual(['loaded', 'loaded']);
  });

  test('exits 2 when an exception is as severe as --fail-on, and 0 when none is', async () => {
    const args = await given('a-ledger-amount-too-low-is-one-amount-over', 'severity');
    expect((await tieout(...args)).code).toBe(0);
    expect((await tieout(...args, '--fail-on', 'medium')).code).toBe(2);
    expect((await tieout(...args, '--fail-on', 'high')).code).toBe(0);
  });

  test('exits 3 when a file is kept aside, and processes the others', async () => {
    const args = await given(
      'an-inconsistent-statement-is-kept-aside-and-the-rest-goes-on',
      'aside',
    );
    const { code, stdout, stderr } = await tieout(...args, '--json', '--fail-on', 'info');
    expect(code).toBe(3);
    expect(stderr).toContain('STM_INCONSISTENT');
    expect(JSON.parse(stdout)).toMatchObject({ files: { loaded: 1, rejected: 1 } });
  });

  test('exits 3 when only a record is kept aside', async () => {
    const args = await given(
      'a-row-with-too-many-decimals-leaves-its-residue-in-suspense',
      'record',
    );
    expect((await tieout(...args)).code).toBe(3);
  });

  test('plans, prints no report, and applies only the plan that was approved', async () => {
    const args = await given('everything-ties-and-nothing-is-left', 'plan');
    const plan = JSON.parse((await tieout(...args, '--plan', '--json')).stdout);
    expect(plan.state).toBe('planned');
    const other = await tieout(...args, '--apply-plan', `sha256:${'0'.repeat(64)}`);
    expect(other).toMatchObject({ code: 65, stdout: '' });
    expect(other.stderr).toContain(plan.plan_hash);
    const applied = await tieout(...args, '--apply-plan', plan.plan_hash, '--json');
    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.stdout)).toMatchObject({
      state: 'applied',
      plan_hash: plan.plan_hash,
    });
  });

  test.each([
    ['an option nobody knows', ['run', '--bogus']],
    ['a day the calendar does not have', ['run', '--date', '2026-02-30']],
  ])('exits 64 for %s', async (_, args) => {
    const { code, stdout, stderr } = await tieout(...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test('exits 66 for a path that is not there, and loads nothing', async () => {
    const { code, stdout, stderr } = await tieout(
      'run',
      join(folder, 'absent'),
      '--book',
      'absent',
    );
    expect({ code, stdout }).toEqual({ code: 66, stdout: '' });
    expect(stderr).toContain('absent');
  });

  test('exits 69 when the database does not answer', async () => {
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    const { code, stdout } = await cli.run(['run'], { cwd: folder, env });
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
  });

  test('exits 70 when the books do not close, and saves nothing', async () => {
    const args = await given('everything-ties-and-nothing-is-left', 'wrong');
    await database.db.transaction((tx) =>
      tx.execute(
        `update tieout.balance set debits_minor = debits_minor + 1
         where book_id = $1 and account_id = tieout.account_id('assets:receivable:adyen', 'EUR')`,
        [bookIdOf('wrong')],
      ),
    );
    const { code, stdout, stderr } = await tieout(...args);
    expect({ code, stdout }).toEqual({ code: 70, stdout: '' });
    expect(stderr).toContain('[invariant_broken]');
  });

  test('exits 74 when what it did cannot be told', async () => {
    const args = await given('everything-ties-and-nothing-is-left', 'untold');
    const full = openSync('/dev/full', 'w');
    try {
      const stdout = { cwd: folder, env: { DATABASE_URL: database.url }, stdout: full };
      expect((await cli.run(args, stdout)).code).toBe(74);
    } finally {
      closeSync(full);
    }
  });

  test('exits 75 when another run holds the book, and names it', async () => {
    const args = await given('everything-ties-and-nothing-is-left', 'held');
    await database.db.transaction(async (tx) => {
      await tx.query('select 1 from tieout.book where book_id = $1 for no key update', [
        bookIdOf('held'),
      ]);
      const { code, stdout, stderr } = await tieout(...args);
      expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
      expect(stderr).toContain('book held is held by');
    });
  });

  test('exits 78 for a key that tieout.yaml does not have, and names the nearest', async () => {
    const wrong = join(folder, 'wrong');
    await mkdir(wrong);
    const text = await readFile(join(folder, 'tieout.yaml'), 'utf8');
    await writeFile(join(wrong, 'tieout.yaml'), text.replace('timezone:', 'timezon:'));
    const env = { DATABASE_URL: database.url };
    const { code, stdout, stderr } = await cli.run(['run'], { cwd: wrong, env });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('unknown key "timezon" in the top level; did you mean "timezone"?');
  });
});
