import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failing } from '../../../src/match/explain/evaluate.ts';
import {
  type NearCandidate,
  readNear,
  smallestChange,
} from '../../../src/match/explain/read-near.ts';
import { type NearOutcome, storeNearest } from '../../../src/match/near.ts';
import {
  bookIn,
  dayOf,
  importLedger,
  REPLAY,
  runNight,
  type TestBook,
} from '../../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import {
  type BankRow,
  bankStatement,
  deliver,
  type LedgerRow,
  ledgerFile,
  netOf,
  payoutRow,
  settlementReport,
} from '../../support/deliveries.ts';
import { BANK, LINES, weekdays } from './packs.ts';

let folder: string;
let database: FreshDatabase;
let cases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-near-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function given(
  ledger: readonly LedgerRow[],
  files: Readonly<Record<string, string>>,
): Promise<TestBook> {
  cases += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `near-${cases}`);
  expect((await importLedger(book, ledgerFile(ledger))).rejections).toEqual([]);
  await runNight(book, [await deliver(folder, `near-${cases}`, files)]);
  return book;
}

async function store(book: TestBook, subjects?: number): Promise<NearOutcome> {
  return await book.db.transaction((tx) =>
    storeNearest(tx, {
      bookId: book.bookId,
      runId: 1n,
      packs: [LINES, BANK],
      calendars: weekdays,
      ...(subjects === undefined ? {} : { subjects }),
    }),
  );
}

async function nearOfEntry({ db, bookId }: TestBook, ordinal = 1n): Promise<NearCandidate[]> {
  return await db.read(async (tx) => {
    const [entry] = await tx.query<{ fileNo: bigint }>(
      `select file_no as "fileNo" from tieout.open_entry where book_id = $1 and ordinal = $2`,
      [bookId, ordinal],
    );
    return await readNear(tx, bookId, { fileNo: entry?.fileNo ?? 0n, ordinal });
  });
}

function payout(reference: string, amountMinor: number, day?: string): LedgerRow {
  return { kind: 'payout', reference, amountMinor, ...(day === undefined ? {} : { day }) };
}

function statement(...rows: readonly BankRow[]): Readonly<Record<string, string>> {
  return { 'statement.xml': bankStatement(rows) };
}

describe('the nearest candidates of a bank entry', () => {
  test('are first the one it names, then those next to its amount, each with what it misses', async () => {
    const ledger = [
      payout('ACMEPO500117', 52_000),
      payout('OTHERPO00001', 50_000, '2026-02-20'),
      payout('OTHERPO00002', 50_100),
    ];
    const book = await given(
      ledger,
      statement({ amountMinor: -50_000, text: 'ACMEPO500117 gekuerzt' }),
    );
    await store(book);
    const near = await nearOfEntry(book);
    const told = near.map(({ rank, item, rule, vector }) => [
      rank,
      item.reference,
      rule.split('@')[0],
      failing(vector).length,
    ]);
    expect(told).toEqual([
      [1, 'ACMEPO500117', 'bank-by-reference', 1],
      [2, 'OTHERPO00001', 'bank-by-amount', 1],
      [3, 'OTHERPO00002', 'bank-by-amount', 2],
    ]);
  });

  test('leave out money of the other direction that shares no name', async () => {
    const book = await given(
      [payout('ACMEPO500117', 500)],
      statement({ amountMinor: 499, text: 'Miete' }),
    );
    await store(book);
    expect(await nearOfEntry(book)).toEqual([]);
  });

  test('keep money of the other direction that shares a name', async () => {
    const book = await given(
      [payout('ACMEPO500117', 500)],
      statement({ amountMinor: 500, text: 'ACMEPO500117' }),
    );
    await store(book);
    const [first] = await nearOfEntry(book);
    expect(failing(first?.vector ?? []).map(({ found }) => found)).toEqual(['the other direction']);
  });

  test('are five at most, however many share its name and amount', async () => {
    const ledger = Array.from({ length: 400 }, (_, at) => ({
      ...payout('ACMEPO500117', 700),
      id: `payout-${at}`,
    }));
    const book = await given([], statement({ amountMinor: -700, text: 'ACMEPO500117' }));
    // Known only after the run, which would have tied the first of them.
    expect((await importLedger(book, ledgerFile(ledger))).rejections).toEqual([]);
    const { candidates } = await store(book, 1);
    const near = await nearOfEntry(book);
    expect(near.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(near.every(({ vector }) => failing(vector).length === 0)).toBe(true);
    expect(candidates).toBeLessThanOrEqual(10);
  });

  test('tell the smallest change that would tie it, and how many other open pairs that would touch', async () => {
    const ledger = [
      payout('LATEPO000001', 60_000, '2026-02-26'),
      payout('LATEPO000002', 70_000, '2026-02-27'),
      payout('LATEPO000003', 80_000, '2026-01-05'),
    ];
    const rows = [60_000, 70_000, 80_000].map((amount) => ({
      amountMinor: -amount,
      text: 'Zahlung',
    }));
    const book = await given(ledger, statement(...rows));
    await store(book);
    const change = await book.db.read(async (tx) =>
      smallestChange(tx, book.bookId, await nearOfEntry(book, 1n)),
    );
    // From Thursday to Thursday it is 5 business days, from Friday 4: that pair would tie as well; January would not.
    expect(change).toMatchObject({
      rule: 'bank-by-amount@000000000001',
      changes: [{ parameter: 'to', allowed: '2', needed: '5', unit: 'business days' }],
      otherPairs: 1n,
    });
  });
});

describe('the nearest candidates of an open item', () => {
  test('are the open lines of its receivable: the mirror of those of the lines', async () => {
    const lines = [{ type: 'Settled', reference: 'A-1', grossMinor: 530, batch: 1 } as const];
    const book = await given([{ kind: 'capture', reference: 'A-1', amountMinor: 500 }], {
      'settlement.csv': settlementReport([...lines, payoutRow(1, netOf(lines))]),
    });
    await store(book);
    const ofItem = await book.db.read(async (tx) => {
      const [item] = await tx.query<{ itemId: string }>(
        `select item_id as "itemId" from tieout.open_item where book_id = $1 and reference = 'A-1'`,
        [book.bookId],
      );
      return await readNear(tx, book.bookId, { itemId: item?.itemId ?? '' });
    });
    expect(ofItem.map(({ entry }) => entry.reference)).toEqual(['A-1']);
    const [ofLine] = await nearOfEntry(book);
    expect(ofItem[0]?.vector).toEqual(ofLine?.vector);
  });
});

describe('what is stored', () => {
  test('is replaced and not added to by the next run', async () => {
    const book = await given(
      [payout('ACMEPO500117', 500)],
      statement({ amountMinor: -400, text: 'x' }),
    );
    const first = await store(book);
    expect(first.candidates).toBeGreaterThan(0);
    expect(await store(book)).toEqual(first);
    const [stored] = await book.db.read((tx) =>
      tx.query<{ rows: bigint }>(
        'select count(*) as rows from tieout.match_near where book_id = $1',
        [book.bookId],
      ),
    );
    expect(stored?.rows).toBe(BigInt(first.candidates));
  });

  test('is of the most severe and largest when there are more than the bound', async () => {
    const rows = [300, 500, 400].map((amount) => ({ amountMinor: -amount, text: 'x' }));
    const book = await given([payout('ACMEPO500117', 450)], statement(...rows));
    await book.db.transaction((tx) =>
      tx.execute('delete from tieout.match_near where book_id = $1', [book.bookId]),
    );
    await store(book, 1);
    expect(await nearOfEntry(book, 2n)).toHaveLength(1);
    expect(await nearOfEntry(book, 1n)).toHaveLength(0);
  });

  test('is forgotten once it is no longer open', async () => {
    const story = new URL('a-capture-imported-a-night-late-leaves-suspense/', REPLAY);
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), 'forgotten');
    await importLedger(book, new URL('ledger.csv', story));
    await importLedger(
      book,
      ledgerFile([{ kind: 'capture', reference: 'NEVER', amountMinor: 12_345 }]),
    );
    await runNight(book, [fileURLToPath(new URL('night-1/in/', story))]);
    await store(book);
    const count = async () => {
      const [found] = await book.db.read((tx) =>
        tx.query<{ rows: bigint }>(
          `select count(*) as rows from tieout.match_near where book_id = $1 and subject = 'entry'`,
          [book.bookId],
        ),
      );
      return found?.rows;
    };
    expect(await count()).toBe(1n);
    const day = dayOf('2026-03-07');
    await importLedger(book, new URL('night-2/ledger.csv', story), day);
    await runNight(book, [], { businessDate: day });
    await store(book);
    expect(await count()).toBe(0n);
  });
});
