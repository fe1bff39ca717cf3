import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesCommand } from '../../../bin/commands/rules.ts';
import { rulePacksOf, shippedRulePack } from '../../../src/match/rules/packs.ts';
import { rulePackOf } from '../../../src/match/rules/parse-rule-pack.ts';
import type { RulePack } from '../../../src/match/rules/rule.ts';
import { endsOf, readFoundTies } from '../../../src/match/rules-as-code/found-ties.ts';
import { type BacktestResult, backtestRules } from '../../../src/pipeline/backtest-rules.ts';
import { actByHand } from '../../../src/pipeline/by-hand.ts';
import type { HandAct } from '../../../src/pipeline/hand-acts.ts';
import {
  bookIn,
  dayOf,
  eveningOf,
  importLedger,
  REPLAY,
  runNight,
  type TestBook,
} from '../../support/book.ts';
import { runCommand, type Seen } from '../../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { deliver } from '../../support/deliveries.ts';
import { filesOf, ledgerOf, makeWorld } from '../../support/world.ts';

const WORLD = makeWorld({ batches: 9, lines: 8 });
const SHIPPED = rulePacksOf({ ruleDocuments: [], calendars: new Map() });
const FIRST = dayOf('2026-03-06');
const SECOND = dayOf('2026-03-09');

/** Every rule of the pack that goes by our reference; and by what an entry names. */
const BY_REFERENCE = ['lines-by-reference', 'lines-in-parts', 'line-for-several'];
const BY_NAME = ['bank-by-reference', 'bank-several-payouts', 'bank-part-payments'];

let folder: string;
let database: FreshDatabase;
let book: TestBook;

/** Two nights: the reports of two thirds, then the rest and the bank; a suggestion confirmed, one match revoked. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-backtest-'));
  database = await freshDatabase();
  book = bookIn(database, new URL('tieout.yaml', REPLAY));
  await importLedger(book, ledgerOf(WORLD));
  const { 'settlement-009.csv': late = '', 'statement.xml': bank = '', ...early } = filesOf(WORLD);
  const later = { 'settlement-009.csv': late, 'statement.xml': bank };
  await runNight(book, [await deliver(folder, 'first', early)], { businessDate: FIRST });
  await runNight(book, [await deliver(folder, 'second', later)], { businessDate: SECOND });
  const [suggested] = await groupsBy('bank-charge-deducted');
  const [tied] = await groupsBy('bank-by-reference');
  const act = async (what: HandAct) =>
    await actByHand(book.db, what, {
      config: book.config,
      businessDate: SECOND,
      now: () => eveningOf(SECOND),
      newOperationId: randomUUID,
      host: 'test-host',
      pid: 4711,
      codeVersion: '0.0.0',
      by: 'ada',
      because: 'told by the bank',
    });
  await act({ kind: 'confirm', target: suggested ?? '' });
  await act({ kind: 'unmatch', groups: [tied ?? ''] });
}, 120_000);

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function groupsBy(rule: string): Promise<readonly string[]> {
  const rows = await book.db.read((tx) =>
    tx.query<{ groupId: string }>(
      `select group_id as "groupId" from tieout.match_told
       where book_id = $1 and rule like $2 order by group_id`,
      [book.bookId, `${rule}@%`],
    ),
  );
  return rows.map(({ groupId }) => groupId);
}

function shipped(name: string): RulePack {
  const pack = shippedRulePack(name);
  if (pack === undefined) throw new Error(`no pack ${name}`);
  return pack;
}

/** A shipped pack without some of its rules. */
function without(name: string, ...rules: readonly string[]): RulePack {
  const content = shipped(name).content as { readonly rules: readonly { readonly id: string }[] };
  const kept = content.rules.filter(({ id }) => !rules.includes(id));
  return rulePackOf({ ...content, rules: kept }, name);
}

async function backtest(before: RulePack, after: RulePack): Promise<BacktestResult> {
  return await backtestRules(book.db, {
    bookId: book.bookId,
    currency: 'EUR',
    since: FIRST,
    inForce: SHIPPED,
    before,
    after,
    calendars: new Map(),
    now: eveningOf(SECOND),
  });
}

/** Count and checksum of every table of the schema. */
async function checksums(): Promise<Readonly<Record<string, string>>> {
  return await book.db.read(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select relname::text as name from pg_class
       where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p') order by relname`,
    );
    const sums: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await tx.query<{ sum: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(line, '|' order by line collate "C")), '') as sum
         from (select t::text || t.ctid::text as line from tieout."${name}" t) told`,
      );
      sums[name] = row?.sum ?? '';
    }
    return sums;
  });
}

async function tiedInBook(level: 'lines' | 'bank'): Promise<readonly string[]> {
  const ties = await book.db.read((tx) => readFoundTies(tx, book.bookId));
  return ties
    .filter(({ rule }) => rule.startsWith('line') === (level === 'lines'))
    .filter(({ status }) => status === 'confirmed')
    .map(endsOf)
    .toSorted();
}

test('a pack held against itself differs in nothing and ties what the nights tied', async () => {
  const lines = await backtest(shipped('settlement-lines'), shipped('settlement-lines'));
  const tied = await tiedInBook('lines');
  expect(tied.length).toBeGreaterThan(40);
  expect(lines.differences).toEqual([]);
  expect(lines.nights).toBe(2);
  expect(lines.before.confirmed).toBe(tied.length);
});

test('what a pack would have tied under no rule is told as newly tied, entry for entry', async () => {
  const nothing = without('settlement-lines', ...BY_REFERENCE);
  const { differences } = await backtest(nothing, shipped('settlement-lines'));
  const anew = differences.filter(({ kind }) => kind === 'new').map(({ after }) => after);
  const found = anew.map((tie) => (tie === undefined ? '' : endsOf(tie))).toSorted();
  expect(found.length).toBeGreaterThan(10);
  expect(await tiedInBook('lines')).toEqual(expect.arrayContaining(found));
});

test('what a stricter pack ties no more is lost, with its rule and amount', async () => {
  const stricter = without('bank', ...BY_NAME);
  const { totals, differences } = await backtest(shipped('bank'), stricter);
  const lost = differences.filter(({ kind }) => kind === 'lost');
  expect(lost.length).toBeGreaterThan(3);
  const sum = lost.reduce((total, { before }) => total + (before?.amountMinor ?? 0n), 0n);
  expect(totals.filter(({ kind }) => kind === 'lost')).toEqual([
    {
      kind: 'lost',
      currency: 'EUR',
      rule: `bank-by-reference@${shipped('bank').version}`,
      ties: lost.length,
      entries: lost.length,
      amountMinor: sum,
    },
  ]);
});

test('what people said is held against both packs', async () => {
  const { before, after } = await backtest(
    shipped('bank'),
    without('bank', 'bank-charge-deducted', ...BY_NAME),
  );
  expect(before.labels).toEqual({
    right: { labels: 1, tied: 0, suggested: 1 },
    wrong: { labels: 1, tied: 1, suggested: 0 },
  });
  expect(after.labels).toEqual({
    right: { labels: 1, tied: 0, suggested: 0 },
    wrong: { labels: 1, tied: 0, suggested: 0 },
  });
});

test('packs of two contexts are refused, and so is a day after the last run', async () => {
  await expect(backtest(shipped('bank'), shipped('own-accounts'))).rejects.toMatchObject({
    code: 'usage',
  });
  const options = { bookId: book.bookId, currency: 'EUR', inForce: SHIPPED, calendars: new Map() };
  const packs = { before: shipped('bank'), after: shipped('bank'), now: eveningOf(SECOND) };
  await expect(
    backtestRules(book.db, { ...options, ...packs, since: dayOf('2027-01-01') }),
  ).rejects.toMatchObject({ code: 'not_found' });
});

test('the database is byte for byte what it was', async () => {
  const before = await checksums();
  expect(before.match_member).toMatch(/^[1-9]/);
  await backtest(shipped('bank'), without('bank', ...BY_NAME));
  await backtest(shipped('settlement-lines'), without('settlement-lines', ...BY_REFERENCE));
  expect(await checksums()).toEqual(before);
});

async function rules(...parameters: readonly string[]): Promise<Seen> {
  const config = fileURLToPath(new URL('tieout.yaml', REPLAY));
  const surroundings = { url: database.url, cwd: folder };
  return await runCommand(rulesCommand, surroundings, [...parameters, '--config', config]);
}

test('the command ends with 2 on a loss and with 0 without, for files and stored versions', async () => {
  const stricter = without('bank', ...BY_NAME);
  await writeFile(join(folder, 'stricter.yaml'), JSON.stringify(stricter.content));
  const used = `bank@${shipped('bank').version}`;
  const lost = await rules('backtest', `${used}..stricter.yaml`, '--since', FIRST);
  expect(lost.exitCode).toBe(2);
  expect(lost.out).toMatch(/lost +bank-by-reference@[0-9a-f]{12} +EUR +\d+ +\d+ +[\d.]+\n/);
  expect(lost.out).toMatch(/entry \d+:\d+ lost: bank-by-reference@[0-9a-f]{12} tied it to /);
  const won = await rules('backtest', `./stricter.yaml..bank`, '--since', FIRST, '--json');
  expect(won.exitCode).toBe(0);
  const { totals } = JSON.parse(won.out);
  expect(totals).toMatchObject([{ kind: 'new', currency: 'EUR' }]);
});
