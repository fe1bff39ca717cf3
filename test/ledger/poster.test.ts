import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chartOf } from '../../src/ledger/chart.ts';
import { Poster, type PosterOptions } from '../../src/ledger/poster.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { BANK, BOOK_ID, brokenChecks, capture, givenBook, NOW, PAYABLE } from './books.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
  await fresh.db.transaction((tx) => givenBook(tx));
});

afterAll(async () => {
  await fresh.drop();
});

function poster(changes: Partial<PosterOptions> = {}): Poster {
  return new Poster(fresh.db, {
    bookId: BOOK_ID,
    chart: chartOf([]),
    now: () => NOW,
    newOperationId: randomUUID,
    ...changes,
  });
}

const transfer = (key: string, amountMinor = 5n) =>
  capture({ key, postings: [{ debit: BANK, credit: PAYABLE, amountMinor }] });

async function journals(prefix: string): Promise<bigint> {
  const [row] = await fresh.db.read((tx) =>
    tx.query<{ count: bigint }>('select count(*) from tieout.journal where key like $1', [
      `${prefix}%`,
    ]),
  );
  return row?.count ?? 0n;
}

test('answers each of many callers once its own journal is committed', async () => {
  const own = poster();
  const seen = await Promise.all(
    Array.from({ length: 300 }, async (_, n) => {
      const { code } = await own.post(transfer(`many-${n}`));
      return { code, found: await journals(`many-${n}`) };
    }),
  );
  expect(seen.every(({ code, found }) => code === 'created' && found >= 1n)).toBe(true);
  expect(await fresh.db.read((tx) => brokenChecks(tx))).toEqual([]);
});

test('gives callers of one key one journal, in one batch and over several', async () => {
  const posters = [poster(), poster({ batchSize: 1, lanes: 8 }), poster({ batchSize: 3 })];
  const codes = await Promise.all(
    Array.from({ length: 60 }, (_, n) => posters[n % 3]?.post(transfer('one'))),
  );
  expect(codes.filter((outcome) => outcome?.code === 'created')).toHaveLength(1);
  expect(codes.filter((outcome) => outcome?.code === 'exists')).toHaveLength(59);
});

test('refuses one of a batch and posts the others', async () => {
  const own = poster();
  const wrong = capture({
    key: 'row-wrong',
    postings: [{ debit: 'nowhere:1', credit: PAYABLE, amountMinor: 5n }],
  });
  const empty = capture({ key: 'row-empty', postings: [] });
  const outcomes = await Promise.all(
    [transfer('row-1'), wrong, empty, transfer('row-2'), transfer('row-1', 6n)].map((request) =>
      own.post(request),
    ),
  );
  expect(outcomes).toEqual([
    { code: 'created' },
    { code: 'unknown_account', isReplay: false },
    { code: 'no_postings', isReplay: false },
    { code: 'created' },
    { code: 'exists_with_different_amount', isReplay: true },
  ]);
});

test('posts what acts on a journal of the same batch after it', async () => {
  const own = poster();
  const reversal = capture({ key: 'act-back', postings: [], reverses: { key: 'act' } });
  const outcomes = await Promise.all([own.post(transfer('act')), own.post(reversal)]);
  expect(outcomes).toEqual([{ code: 'created' }, { code: 'created' }]);
});

test('fails nobody else when the statement of one cannot be carried out', async () => {
  const own = poster();
  const broken = capture({ ...transfer('metadata-broken'), metadata: '{' });
  const outcomes = await Promise.allSettled(
    [transfer('sound-1'), broken, transfer('sound-2')].map((request) => own.post(request)),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await journals('sound-')).toBe(2n);
});

test('turns callers away when too many wait', async () => {
  const own = poster({ queueSize: 2 });
  const outcomes = await Promise.allSettled(
    ['wait-1', 'wait-2', 'wait-3'].map((key) => own.post(transfer(key))),
  );
  expect(outcomes[2]).toMatchObject({ status: 'rejected', reason: { code: 'book_busy' } });
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
});

test('drains: what was asked for is answered first', async () => {
  const own = poster({ batchSize: 2 });
  const asked = Array.from({ length: 9 }, (_, n) => own.post(transfer(`drain-${n}`)));
  await own.drain();
  expect(await journals('drain-')).toBe(9n);
  expect(await Promise.all(asked)).toHaveLength(9);
});
