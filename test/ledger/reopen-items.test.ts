import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chartOf } from '../../src/ledger/chart.ts';
import { getAccount } from '../../src/ledger/named-account.ts';
import { listOpenItems } from '../../src/ledger/open-items.ts';
import { postByHand } from '../../src/ledger/post-by-hand.ts';
import {
  bookIn,
  dayOf,
  eveningOf,
  importLedger,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver, ledgerFile, settlementReport } from '../support/deliveries.ts';
import { breachesOf, liveTies, revokeInRun, standing } from '../support/revoking.ts';

const RECEIVABLE = 'assets:receivable:adyen';

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-reopen-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function bookOfOneCapture(): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `reopening-${books}`);
  const ledger = ledgerFile([{ kind: 'capture', reference: 'A-1', amountMinor: 500 }]);
  expect((await importLedger(book, ledger, dayOf('2026-03-04'))).rejections).toEqual([]);
  return book;
}

/** A settlement line of the capture, taken on the evening of the fifth. */
async function settleLine(book: TestBook, grossMinor = 500): Promise<void> {
  const line = { type: 'Settled', reference: 'A-1', grossMinor, batch: 1 } as const;
  const payout = {
    type: 'MerchantPayout',
    reference: 'P',
    grossMinor: -grossMinor,
    batch: 1,
  } as const;
  const path = await deliver(folder, `report-${books}`, {
    'settlement.csv': settlementReport([line, payout]),
  });
  const { result } = await runNight(book, [path], { businessDate: dayOf('2026-03-05') });
  expect(result.matched.groups).toBe(1);
}

async function openAt(book: TestBook, asOf: string, knownAt: string): Promise<bigint[]> {
  return await book.db.read(async (tx) => {
    const account = await getAccount(tx, { bookId: book.bookId, code: RECEIVABLE });
    const { items } = await listOpenItems(tx, {
      bookId: book.bookId,
      accountId: account.accountId,
      asOf: dayOf(asOf),
      knownAt: dayOf(knownAt),
    });
    return items.map(({ amountMinor }) => amountMinor);
  });
}

async function ids(book: TestBook): Promise<string[]> {
  return (await liveTies(book)).map(({ groupId }) => groupId);
}

test('an item was closed between its match and the revocation, as known on any day since', async () => {
  const book = await bookOfOneCapture();
  await settleLine(book);
  await revokeInRun(book, await ids(book), dayOf('2026-03-09'));
  // The settlement of the third was known on the fifth, the revocation took effect and was known on the ninth.
  expect(await openAt(book, '2026-03-02', '2026-03-09')).toEqual([500n]);
  expect(await openAt(book, '2026-03-04', '2026-03-04')).toEqual([500n]);
  expect(await openAt(book, '2026-03-08', '2026-03-05')).toEqual([]);
  expect(await openAt(book, '2026-03-08', '2026-03-09')).toEqual([]);
  expect(await openAt(book, '2026-03-09', '2026-03-08')).toEqual([]);
  expect(await openAt(book, '2026-03-09', '2026-03-09')).toEqual([500n]);
  expect(await breachesOf(book)).toEqual([]);
});

test('an item comes back as it was when its posting had been put off by a closed period', async () => {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `reopening-${books}`);
  await importLedger(book, ledgerFile([]), dayOf('2026-03-04'));
  await book.db.transaction((tx) =>
    tx.execute(
      `insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by)
       values ($1, '2026-02-01', '2026-03-03', 'early', 'soft_closed', '2026-03-03T20:00:00Z', 'ada')`,
      [book.bookId],
    ),
  );
  const ledger = ledgerFile([{ kind: 'capture', reference: 'A-1', amountMinor: 500 }]);
  await importLedger(book, ledger, dayOf('2026-03-04'));
  const before = await standing(book);
  expect(before.items.join()).toContain('2026-03-04');
  await settleLine(book);
  await revokeInRun(book, await ids(book));
  expect((await standing(book)).items.filter((item) => before.items.includes(item))).toEqual(
    before.items,
  );
  expect(await breachesOf(book)).toEqual([]);
});

test('an item that a reversal had made smaller comes back with what was left of it', async () => {
  const book = await bookOfOneCapture();
  const now = eveningOf(dayOf('2026-03-04'));
  const [capture] = await book.db.read((tx) =>
    tx.query<{ key: string }>(`select key from tieout.journal where book_id = $1`, [book.bookId]),
  );
  await book.db.transaction((tx) =>
    postByHand(
      tx,
      [
        {
          key: 'part of it back',
          kind: 'reversal',
          effectiveDate: dayOf('2026-03-04'),
          currency: 'EUR',
          description: 'part of it back',
          createdBy: 'test',
          postings: [],
          reverses: { key: capture?.key ?? '', amountsMinor: [200n] },
        },
      ],
      { bookId: book.bookId, chart: chartOf(book.config.chart), operationId: randomUUID(), now },
    ),
  );
  await settleLine(book, 300);
  await revokeInRun(book, await ids(book));
  expect(await openAt(book, '2026-03-07', '2026-03-07')).toEqual([300n]);
  expect(await breachesOf(book)).toEqual([]);
});
