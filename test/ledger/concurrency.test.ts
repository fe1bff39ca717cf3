import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { post } from '../../src/ledger/post.ts';
import { type FreshDatabase, freshDatabase, tamper } from '../support/database.ts';
import {
  BANK,
  brokenChecks,
  capture,
  FEES,
  givenBook,
  ledgerTables,
  PAYABLE,
  pair,
  postBatch,
  postOptions,
  rowCounts,
} from './books.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});

beforeEach(async () => {
  await fresh.db.transaction(async (tx) => {
    await tamper(
      tx,
      `truncate tieout.book, tieout.account, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item,
       tieout.balance, tieout.balance_day, tieout.journal_refusal cascade`,
    );
    await givenBook(tx);
  });
});

afterAll(() => fresh.drop());

test('posts one journal when fifty transactions come with its key at once', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => fresh.db.transaction((tx) => postBatch(tx, [capture()]))),
  );
  const sum = (field: 'created' | 'exists') =>
    outcomes.reduce((count, outcome) => count + outcome[field], 0);
  expect({ created: sum('created'), exists: sum('exists') }).toEqual({ created: 1, exists: 49 });
  await fresh.db.read(async (tx) => {
    expect(await rowCounts(tx)).toMatchObject({ journal: 1, posting: 1, open_item: 1, balance: 2 });
    expect(await brokenChecks(tx)).toEqual([]);
  });
});

// Twenty times, because a race is lost now and then only.
test.each(Array.from({ length: 20 }, (_, n) => n))(
  'lets one of two contents win when they come with one key at once, try %i',
  async () => {
    const contents = Array.from({ length: 20 }, (_, n) =>
      capture({ postings: [pair({ amountMinor: BigInt(1 + (n % 2)) })] }),
    );
    const outcomes = await Promise.all(
      contents.map((journal) => fresh.db.transaction((tx) => postBatch(tx, [journal]))),
    );
    expect(outcomes.filter((outcome) => outcome.created === 1)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.exists === 1)).toHaveLength(9);
    const codes = outcomes.flatMap((outcome) => outcome.refused.map(({ code }) => code));
    expect(codes).toEqual(Array(10).fill('exists_with_different_amount'));
  },
);

test('lets the second of two transactions post a key when the first one is rolled back', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = fresh.db.transaction(
    async (tx) => {
      await postBatch(tx, [capture()]);
      await held;
    },
    { rollback: true },
  );
  const second = fresh.db.transaction((tx) => postBatch(tx, [capture()]));
  setTimeout(release, 100);
  await first;
  expect(await second).toMatchObject({ created: 1, exists: 0 });
});

const CHAIN = ['assets:till', PAYABLE, FEES, BANK, 'equity:opening', 'liabilities:tax'];

/** Journals along the accounts, there or back: what one writes first the other writes last. */
function along(accounts: readonly string[], name: string): JournalRequest[] {
  return Array.from({ length: 30 }, (_, n) =>
    capture({
      key: `${name}-${n}`,
      postings: accounts.slice(1).map((debit, place) => ({
        debit,
        credit: accounts[place] ?? '',
        amountMinor: BigInt(n + 1),
      })),
    }),
  );
}

test('never deadlocks over accounts and keys that transactions write in opposite orders', async () => {
  const there = along(CHAIN, 'shared');
  const back = [...there].reverse();
  const work = Array.from({ length: 24 }, (_, n) => {
    const own = along(n % 2 === 0 ? CHAIN : [...CHAIN].reverse(), `own-${n}`);
    const shared = n % 2 === 0 ? there : back;
    return fresh.db.transaction((tx) => postBatch(tx, [...shared, ...own]));
  });
  const outcomes = await Promise.all(work);
  const created = outcomes.reduce((count, outcome) => count + outcome.created, 0);
  expect(created).toBe(30 + 24 * 30);
  await fresh.db.read(async (tx) => {
    expect(await brokenChecks(tx)).toEqual([]);
    expect(await rowCounts(tx)).toMatchObject({ journal: created, balance: CHAIN.length });
  });
});

/** Posts both in transactions of their own that begin to write at the same moment. */
async function postTogether(one: readonly JournalRequest[], other: readonly JournalRequest[]) {
  let waiting = 0;
  let start = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  async function* batches(journals: readonly JournalRequest[]) {
    yield journals;
    waiting += 1;
    if (waiting === 2) start();
    await started;
  }
  return await Promise.all(
    [one, other].map((journals) =>
      fresh.db.transaction((tx) => post(tx, batches(journals), postOptions())),
    ),
  );
}

test('opens the accounts of two transactions that name them in opposite orders', async () => {
  const accounts = Array.from({ length: 900 }, (_, n) => `assets:till:${n}`);
  const opening = (codes: readonly string[], name: string) =>
    codes.map((debit, n) =>
      capture({
        key: `${name}-${n}`,
        postings: [{ debit, credit: 'equity:opening', amountMinor: 1n }],
      }),
    );
  const outcomes = await postTogether(
    opening(accounts, 'there'),
    opening([...accounts].reverse(), 'back'),
  );
  expect(outcomes.map(({ created }) => created)).toEqual([900, 900]);
  await fresh.db.read(async (tx) => expect(await brokenChecks(tx)).toEqual([]));
});

test('claims the keys of two transactions that name them in opposite orders', async () => {
  const captures = Array.from({ length: 900 }, (_, n) => capture({ key: `pay-${n}` }));
  await fresh.db.transaction((tx) => postBatch(tx, [capture({ key: 'opening' })]));
  const outcomes = await postTogether(captures, [...captures].reverse());
  const created = outcomes.reduce((count, outcome) => count + outcome.created, 0);
  const exists = outcomes.reduce((count, outcome) => count + outcome.exists, 0);
  expect({ created, exists }).toEqual({ created: 900, exists: 900 });
  await fresh.db.read(async (tx) => expect(await brokenChecks(tx)).toEqual([]));
});

test('posts over two operations in one transaction that share accounts', async () => {
  await fresh.db.transaction(async (tx) => {
    await postBatch(tx, along(CHAIN, 'first'));
    await postBatch(tx, along([...CHAIN].reverse(), 'second'));
  });
  await fresh.db.read(async (tx) => expect(await brokenChecks(tx)).toEqual([]));
});

test('keeps nothing of journals whose source fails in the middle', async () => {
  async function* failing() {
    yield [capture()];
    throw new Error('the file ends in the middle');
  }
  const work = fresh.db.transaction((tx) => post(tx, failing(), postOptions()));
  await expect(work).rejects.toThrow('the file ends in the middle');
  await fresh.db.read(async (tx) => {
    const tables = await ledgerTables(tx);
    expect(Object.values(tables).flat()).toEqual([]);
  });
});
