import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BusinessDate } from '../src/business-date.ts';
import type { IngestedFile } from '../src/ingest/ingest.ts';
import {
  bookIn,
  dayOf,
  eveningOf,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
  takeBack,
} from './support/book.ts';
import { exceptionTable, fileTable, trialBalanceTable } from './support/book-tables.ts';
import { type FreshDatabase, freshDatabase } from './support/database.ts';
import { assertGolden } from './support/golden.ts';

const DEMO = new URL('../fixtures/demo/', import.meta.url);
const FIRST_NIGHT = dayOf('2026-03-06');

/** One run of a story: what the shop booked before it, and what was delivered. */
interface Night {
  readonly number: number;
  readonly day: BusinessDate;
  readonly ledgers: readonly URL[];
  readonly paths: readonly string[];
  /** Payouts that somebody takes back before it. */
  readonly takenBack: readonly string[];
  /** Held files that somebody accepts with this run. */
  readonly accepted: readonly string[];
}

// One database, a book for each story: what one book does must not show in another.
let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(() => database.drop());

describe.concurrent('replay', () => {
  for (const [place, name] of storiesIn(REPLAY).entries()) {
    test(name.replaceAll('-', ' '), () => replay(name, `story-${place}`));
  }

  test('the demo tells the nine things that were put into it by hand', async () => {
    const book = bookIn(database, new URL('tieout.yaml', DEMO));
    await importLedger(book, new URL('ledger.csv', DEMO));
    await runNight(book, [fileURLToPath(new URL('in/', DEMO))], { businessDate: FIRST_NIGHT });
    // Derived by hand and told in the README: nothing rewrites it.
    const derived = readFileSync(new URL('expected/exceptions.csv', DEMO), 'utf8');
    expect(await exceptionTable(book)).toBe(derived);
    expect(await ledgerBreaches(book)).toEqual([]);
  });
});

async function replay(name: string, code: string): Promise<void> {
  const story = new URL(`${name}/`, REPLAY);
  const own = new URL('tieout.yaml', story);
  const book = bookIn(database, existsSync(own) ? own : new URL('tieout.yaml', REPLAY), code);
  const nights = nightsOf(story);
  const files: IngestedFile[] = [];
  for (const night of nights) {
    files.push(...(await play(book, night)));
    const ending = night === nights.at(-1) ? '' : `-night-${night.number}`;
    assertGolden(new URL(`expected/exceptions${ending}.csv`, story), await exceptionTable(book));
    expect(await ledgerBreaches(book)).toEqual([]);
  }
  assertGolden(new URL('expected/trial_balance.csv', story), await trialBalanceTable(book));
  assertGolden(new URL('expected/files.csv', story), fileTable(files));
}

/** Plays a night, and plays it again: the second time nothing may happen. */
async function play(book: TestBook, night: Night): Promise<readonly IngestedFile[]> {
  const options = {
    businessDate: night.day,
    now: () => eveningOf(night.day),
    acceptance: { files: night.accepted, by: 'treasurer' },
  };
  for (const ledger of night.ledgers) {
    expect((await importLedger(book, ledger, night.day)).rejections).toEqual([]);
  }
  for (const payout of night.takenBack) await takeBack(book, payout, night.day);
  const { result, files } = await runNight(book, night.paths, options);
  const told = await exceptionTable(book);
  const again = await runNight(book, night.paths, options);
  expect(again.result.entries.loaded).toBe(0);
  expect(again.result.matched.groups).toBe(0);
  expect(again.result.journals).toEqual({ created: 0, by_kind: {} });
  expect(again.result.exceptions).toMatchObject({ opened: 0, closed: 0 });
  expect(again.result.proof).toEqual(result.proof);
  expect(await exceptionTable(book)).toBe(told);
  return files;
}

function storiesIn(folder: URL): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The nights of a story: its folders `night-1`, `night-2`, …, or the story itself when it has but one. */
function nightsOf(story: URL): readonly Night[] {
  const folders = storiesIn(story).filter((name) => /^night-\d$/.test(name));
  const nights = folders.length === 0 ? [story] : folders.map((name) => new URL(`${name}/`, story));
  return nights.map((folder, index) => ({
    number: index + 1,
    day: nextDay(FIRST_NIGHT, index),
    ledgers: present(
      [...(index === 0 ? [story] : []), ...(folder === story ? [] : [folder])].map(ledgerIn),
    ),
    paths: present([new URL('in/', folder)]).map((url) => fileURLToPath(url)),
    takenBack: linesOf(new URL('taken-back.txt', folder)),
    accepted: linesOf(new URL('accept.txt', folder)),
  }));
}

function ledgerIn(folder: URL): URL {
  return new URL('ledger.csv', folder);
}

function linesOf(file: URL): readonly string[] {
  return present([file]).flatMap((url) => readFileSync(url, 'utf8').trim().split('\n'));
}

function present(urls: readonly URL[]): readonly URL[] {
  return urls.filter((url) => existsSync(url));
}

function nextDay(day: BusinessDate, days: number): BusinessDate {
  return dayOf(new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10));
}
