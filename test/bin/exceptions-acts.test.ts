import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exceptionsCommand } from '../../bin/commands/exceptions.ts';
import { bookIn, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import { runCommand, type Seen } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { bankStatement, deliver, ledgerFile } from '../support/deliveries.ts';
import { breachesOf } from '../support/revoking.ts';

const CONFIG = `
book: acts
currency: EUR
timezone: Europe/Berlin
approvals: { limit: "9.00" }
adjustments: { BANK_FEE: { limit: "2.00" } }
sources:
  adyen: { role: processor, profile: adyen-settlement-details }
  house-bank: { role: bank, accounts: { DE02120300000000202051: "assets:bank:main" } }
`;

let folder: string;
let database: FreshDatabase;
let book: TestBook;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-acts-'));
  await writeFile(join(folder, 'tieout.yaml'), CONFIG);
  database = await freshDatabase();
  book = bookIn(database, new URL('tieout.yaml', REPLAY), 'acts');
  // So long ago that no rule suggests them for what the bank shows of their amounts.
  const payouts = [
    ['PO-1', 500],
    ['PO-2', 2_000],
  ] as const;
  await importLedger(
    book,
    ledgerFile(
      payouts.map(([reference, amountMinor]) => ({
        kind: 'payout',
        reference,
        amountMinor,
        day: '2026-02-13',
      })),
    ),
  );
  const bank = [-500, -2_000, -510].map((amountMinor) => ({ amountMinor, text: 'Ausgang' }));
  await runNight(book, [await deliver(folder, 'in', { 'statement.xml': bankStatement(bank) })]);
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function run(...parameters: readonly string[]): Promise<Seen> {
  const surroundings = { url: database.url, cwd: folder, now: new Date('2026-03-09T09:00:00Z') };
  return await runCommand(exceptionsCommand, surroundings, parameters);
}

async function json(...parameters: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await run(...parameters, '--json')).out);
}

/** The exceptions of an amount: of the entry, and of the item. */
async function exceptionsOf(amountMinor: number): Promise<Record<string, string>> {
  const { exceptions } = (await json('list')) as {
    exceptions: { id: string; code: string; amount_minor: string }[];
  };
  return Object.fromEntries(
    exceptions
      .filter((one) => one.amount_minor === String(amountMinor))
      .map(({ code, id }) => [code, id]),
  );
}

async function stateOf(id: string): Promise<string> {
  const { exceptions } = (await json('show', id)) as { exceptions: { state: string }[] };
  return exceptions[0]?.state ?? '';
}

test('the two exceptions of one payout are tied, resolved, undone and open again', async () => {
  const ids = Object.values(await exceptionsOf(-500));
  expect(ids).toHaveLength(2);
  const [first = ''] = ids;
  expect((await run('assign', first, '--to', 'bob', '--reason', 'his bank')).out).toContain(
    'ASSIGNED, bob',
  );
  const done = await run('match', ...ids, '--reason', 'seen on the slip', '--by', 'ada');
  expect(done.out).toMatch(/^match: 1 match, 1 journals, run 2\n/);
  expect(await Promise.all(ids.map(stateOf))).toEqual(['RESOLVED', 'RESOLVED']);
  const again = await run('match', ...ids, '--reason', 'seen on the slip', '--by', 'ada');
  expect(again).toMatchObject({ out: 'match: done before, nothing changed\n', exitCode: 0 });
  const group = /[0-9a-f-]{36}/.exec(done.out)?.[0] ?? '';
  await run('unmatch', group, '--reason', 'the other one');
  expect(await Promise.all(ids.map(stateOf))).toEqual(['OPEN', 'OPEN']);
  expect(await breachesOf(book)).toEqual([]);
});

test('what a person had resolved is open again when its match is undone', async () => {
  const [, item = ''] = Object.values(await exceptionsOf(-500));
  const ids = Object.values(await exceptionsOf(-500));
  await run('resolve', item, '--reason', 'nothing to do');
  expect(await stateOf(item)).toBe('RESOLVED');
  const { groups } = await json('match', ...ids, '--reason', 'seen');
  await run('unmatch', ...(groups as string[]), '--reason', 'not so');
  expect(await stateOf(item)).toBe('OPEN');
});

test('above the limit the act waits for a second person', async () => {
  const ids = Object.values(await exceptionsOf(-2_000));
  const parameters = ['match', ...ids, '--reason', 'seen', '--by', 'ada'];
  const waiting = await run(...parameters);
  expect(waiting.exitCode).toBe(77);
  const hash = /sha256:[0-9a-f]{64}/.exec(waiting.out)?.[0] ?? '';
  expect(waiting.notes.join()).toContain(`--apply-plan ${hash} --approved-by NAME`);
  expect(await Promise.all(ids.map(stateOf))).toEqual(['PENDING_RESOLUTION', 'PENDING_RESOLUTION']);
  const apply = [...parameters, '--apply-plan', hash, '--approved-by'];
  await expect(run(...apply, 'ada')).rejects.toMatchObject({ code: 'not_permitted' });
  expect((await run(...apply, 'bob')).exitCode).toBe(0);
  expect(await Promise.all(ids.map(stateOf))).toEqual(['RESOLVED', 'RESOLVED']);
  expect(await breachesOf(book)).toEqual([]);
});

test('a difference is booked within the limit of its type', async () => {
  const { UNM_IN_LEDGER: entry = '' } = await exceptionsOf(-510);
  const { UNM_IN_BANK: item = '' } = await exceptionsOf(-500);
  const parameters = ['match', entry, item, '--reason', 'charge on the way'];
  await expect(run(...parameters)).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(
    run('write-off', entry, '--force', 'BANK_FEE', '--reason', 'fee'),
  ).rejects.toMatchObject({ code: 'not_permitted' });
  const { state } = await json(...parameters, '--force', 'BANK_FEE');
  expect(state).toBe('applied');
  expect(await breachesOf(book)).toEqual([]);
});

test.each<[string, readonly string[]]>([
  ['a match without a side', ['match', '--reason', 'x']],
  ['an id that is none', ['match', 'nobody', '--reason', 'x']],
  ['two ways to name a match', ['unmatch', '--run', '1', '--file', 'a', '--reason', 'x']],
  ['an empty reason', ['unmatch', '--run', '1', '--reason', ' ']],
  [
    'a plan that is applied',
    ['unmatch', '--run', '1', '--reason', 'x', '--plan', '--apply-plan', 'a'],
  ],
  ['an approval of nothing', ['unmatch', '--run', '1', '--reason', 'x', '--approved-by', 'bob']],
])('the wrong use of an act is told: %s', async (_, parameters) => {
  await expect(run(...parameters)).rejects.toMatchObject({ code: 'usage' });
});

test.each([
  ['a run', ['unmatch', '--run', '99']],
  ['a file', ['unmatch', '--file', 'nobody.csv']],
  ['an exception', ['assign', '00000000-0000-4000-8000-000000000000', '--to', 'bob']],
  ['a match', ['unmatch', '00000000-0000-4000-8000-000000000000']],
])('what is unknown is named: %s', async (_, parameters) => {
  await expect(run(...parameters, '--reason', 'x')).rejects.toMatchObject({ code: 'not_found' });
});
