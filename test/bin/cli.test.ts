import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bookIn, importLedger, REPLAY, runNight } from '../support/book.ts';
import { type BuiltCli, buildCli, type Ended } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const STORY = new URL('a-short-payout-stays-open-by-the-difference/', REPLAY);

let cli: BuiltCli;
let folder: string;
let database: FreshDatabase;

beforeAll(async () => {
  cli = buildCli();
  folder = await mkdtemp(join(tmpdir(), 'tieout-command-'));
  await copyFile(new URL('tieout.yaml', REPLAY), join(folder, 'tieout.yaml'));
  database = await freshDatabase();
  const book = bookIn(database, new URL('tieout.yaml', REPLAY));
  await importLedger(book, new URL('ledger.csv', STORY));
  await runNight(book, [fileURLToPath(new URL('in/', STORY))]);
});

afterAll(async () => {
  await database.drop();
  cli.remove();
  await rm(folder, { recursive: true, force: true });
});

function tieout(...args: readonly string[]): Promise<Ended> {
  return cli.run(args, { cwd: folder, env: { DATABASE_URL: database.url } });
}

describe('the command line', () => {
  test('helps on stdout with exit 0', async () => {
    const { code, stdout, stderr } = await tieout('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: tieout');
  });

  test('exits 64 for a command nobody knows, and says so on stderr only', async () => {
    const { code, stdout, stderr } = await tieout('reconcile');
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain('reconcile');
  });

  test('exits 78 where there is no tieout.yaml', async () => {
    const { code, stderr } = await cli.run(['run'], { cwd: tmpdir() });
    expect(code).toBe(78);
    expect(stderr).toContain('no tieout.yaml');
  });

  test('lists exceptions as one document with amounts as text', async () => {
    const { code, stdout } = await tieout('exceptions', 'list', '--json');
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      schema: 'tieout.exceptions/1',
      exceptions: [
        {
          code: 'SET_PAYOUT_SHORT',
          severity: 'high',
          state: 'OPEN',
          book: 'replay',
          source: 'house-bank',
          currency: 'EUR',
          amount_minor: '16030',
          difference_minor: '-800',
          reference: '1',
          value_date: '2026-03-05',
          opened_in_run: 1,
        },
      ],
    });
  });

  test('writes the report of the last run to a file', async () => {
    const { code, stdout } = await tieout('report', '--format', 'html', '-o', 'report.html');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('SET_PAYOUT_SHORT');
  });

  test('exits 66 for a run nobody knows', async () => {
    expect((await tieout('runs', 'show', '99')).code).toBe(66);
  });

  test('exits 3 when a line of an import is kept aside, and 65 when the file is no import', async () => {
    const head = 'payment_id,kind,currency,amount,effective_date\n';
    const good = 'p-1,capture,EUR,1.00,2026-03-02\n';
    await writeFile(join(folder, 'half.csv'), `${head}${good}p-2,capture,EUR,1.005,2026-03-02\n`);
    await writeFile(join(folder, 'none.csv'), 'payment_id,kind,colour\n');
    const half = await tieout('ledger', 'import', 'half.csv', '--json', '--book', 'imports');
    expect(half.code).toBe(3);
    expect(JSON.parse(half.stdout)).toMatchObject({ read: 2, created: 1, rejected: 1 });
    expect((await tieout('ledger', 'import', 'none.csv', '--book', 'imports')).code).toBe(65);
  });

  test('verifies the ledger with exit 0, and with 2 once a balance is wrong', async () => {
    expect((await tieout('ledger', 'verify')).code).toBe(0);
    await database.db.transaction((tx) =>
      tx.execute('update tieout.balance set credits_minor = credits_minor + 1'),
    );
    const { code, stdout } = await tieout('ledger', 'verify', '--json');
    expect(code).toBe(2);
    const { checks } = JSON.parse(stdout);
    expect(checks.find((check: { id: string }) => check.id === 'I2').breaches).toBeGreaterThan(0);
  });
});
