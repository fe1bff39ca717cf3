import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { type BankRow, bankStatement } from '../support/deliveries.ts';
import { type LoadingBook, loadInto, openLoadingBook } from '../support/loading.ts';

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-chain-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A statement in short: its day in March 2026 or a whole day, its number, opening balance and lines. */
interface Told {
  readonly day: number | string;
  readonly number: number;
  readonly opening: number;
  readonly rows: readonly BankRow[];
}

function told(day: number | string, number: number, opening: number, ...amounts: number[]): Told {
  const rows = amounts.map((amountMinor) => ({ amountMinor, text: `Zahlung ${amountMinor}` }));
  return { day, number, opening, rows };
}

function textOf({ day, number, opening, rows }: Told): string {
  const whole = typeof day === 'string' ? day : `2026-03-${String(day).padStart(2, '0')}`;
  return bankStatement(rows, { openingMinor: opening, day: whole, number });
}

async function openBook(): Promise<LoadingBook> {
  books += 1;
  return await openLoadingBook(database, { code: `chain-${books}`, folder });
}

async function loadAll(book: LoadingBook, statements: readonly Told[]): Promise<void> {
  for (const [at, statement] of statements.entries()) {
    await loadInto(book, { [`${at}-${statement.number}.xml`]: textOf(statement) });
  }
}

interface Link {
  readonly number: string;
  readonly opening: bigint;
  readonly chain: string;
  readonly break: string | null;
  readonly expected: bigint | null;
}

/** The chain as it stands, in the order of days and arrival. */
async function chainOf({ db, bookId }: LoadingBook): Promise<readonly Link[]> {
  return await db.read((tx) =>
    tx.query<Link>(
      `select number, opening_minor as opening, chain, chain_break as break, expected_opening_minor as expected
       from tieout.statement where book_id = $1 order by closing_date, opening_minor, file_no`,
      [bookId],
    ),
  );
}

async function chained(...statements: readonly Told[]): Promise<readonly string[]> {
  const book = await openBook();
  await loadAll(book, statements);
  const links = await chainOf(book);
  return links.map(
    (link) => `${link.number} ${link.chain}${link.break === null ? '' : ` ${link.break}`}`,
  );
}

describe('a break in the chain of balances', () => {
  const first = told(2, 64, 1_000, 100);

  test('is a gap where a number and money are skipped, with the opening that was expected', async () => {
    const book = await openBook();
    await loadAll(book, [first, told(4, 66, 1_300, 50)]);
    expect(await chainOf(book)).toEqual([
      { number: '64', opening: 1_000n, chain: 'first', break: null, expected: null },
      { number: '66', opening: 1_300n, chain: 'discontinuous', break: 'gap', expected: 1_100n },
    ]);
  });

  test('is a fork where another statement has its number and day', async () => {
    expect(await chained(first, told(3, 65, 1_100, 50, 7), told(3, 65, 1_120, 60))).toEqual([
      '64 continuous',
      '65 continuous',
      '65 discontinuous fork',
    ]);
  });

  test('is none where a statement is told anew from its opening balance: the last telling has its place', async () => {
    const corrected = [told(3, 65, 1_100, 50, 7), told(3, 65, 1_100, 60)];
    expect(await chained(first, ...corrected, told(4, 66, 1_160, 5))).toEqual([
      '64 continuous',
      '65 unchained',
      '65 continuous',
      '66 continuous',
    ]);
  });

  test('is a fork where two go on from one balance', async () => {
    expect(await chained(first, told(3, 65, 1_100, 50), told(4, 66, 1_100, 60))).toEqual([
      '64 continuous',
      '65 continuous',
      '66 discontinuous fork',
    ]);
  });

  test('is a rewind where it goes on from a balance older than the last two', async () => {
    const known = [first, told(3, 65, 1_100, 50), told(4, 66, 1_150, 50)];
    expect(await chained(...known, told(5, 67, 1_100, 60))).toEqual([
      '64 continuous',
      '65 continuous',
      '66 continuous',
      '67 discontinuous rewind',
    ]);
  });

  test('is an overlap where lines of it are known and do not explain the balance', async () => {
    const again = told(2, 99, 1_050, 100, 30);
    expect(await chained(first, again)).toEqual(['64 first', '99 discontinuous overlap']);
  });

  test('is an overlap where its days are those of an earlier statement', async () => {
    const book = await openBook();
    await loadAll(book, [first, told(3, 65, 1_100, 50)]);
    const week = textOf(told(6, 70, 1_111, 60)).replace(
      '<Dt>2026-03-06</Dt>',
      '<Dt>2026-03-02</Dt>',
    );
    await loadInto(book, { 'week.xml': week });
    expect((await chainOf(book)).at(-1)).toEqual({
      ...{ number: '70', opening: 1_111n, expected: 1_150n },
      ...{ chain: 'discontinuous', break: 'overlap' },
    });
  });

  test('is healed by a statement out of order, which is told of it alone', async () => {
    const late = [first, told(4, 66, 1_150, 50), told(3, 65, 1_100, 50)];
    expect(await chained(...late)).toEqual([
      '64 continuous',
      '65 continuous out-of-order',
      '66 continuous',
    ]);
  });
});

describe('the numbers of statements', () => {
  const last = told('2025-12-31', 250, 1_000, 100);

  test.each([0, 1])('start again at %i with a new year when the balances go on', async (number) => {
    expect(await chained(last, told('2026-01-02', number, 1_100, 50))).toEqual([
      '250 continuous',
      `${number} continuous`,
    ]);
  });

  test('do not start again over a balance that does not go on', async () => {
    expect(await chained(last, told('2026-01-02', 1, 1_200, 50))).toEqual([
      '250 first',
      '1 discontinuous gap',
    ]);
  });

  test('of 0 leave the order to the balances, on one day too', async () => {
    const day = [told(2, 0, 1_000, 100), told(2, 0, 1_100, 50), told(2, 0, 1_150, 25)] as const;
    const chain = ['0 continuous', '0 continuous', '0 continuous'];
    expect(await chained(...day)).toEqual(chain);
    const backwards = await chained(...[...day].reverse());
    expect(backwards.map((link) => link.replace(' out-of-order', ''))).toEqual(chain);
  });

  test('may be skipped where the balances go on', async () => {
    expect(await chained(told(2, 64, 1_000, 100), told(4, 66, 1_100, 50))).toEqual([
      '64 continuous',
      '66 continuous',
    ]);
  });
});

describe('whatever the order of deliveries', () => {
  const FIVE: readonly Told[] = [
    told(2, 64, 1_000, 100, 100),
    told(3, 65, 1_200, -50, 100),
    told(4, 66, 1_250, 30),
    told(5, 67, 1_280, -280, 100),
    told(6, 68, 1_100, 10),
  ];

  /** What a book holds in the end; who came late is no part of it. */
  async function stateAfter(statements: readonly Told[]): Promise<object> {
    const book = await openBook();
    await loadAll(book, statements);
    const links = await chainOf(book);
    const entries = await book.db.read((tx) =>
      tx.query<{ line: string }>(
        `select concat_ws('|', statement.number, entry.booking_date, entry.amount_minor, entry.narrative,
           entry.duplicate_of_file_no is null, entry.is_counted) as line
         from tieout.entry
         join tieout.statement using (book_id, file_no, statement_no)
         where book_id = $1 order by 1`,
        [book.bookId],
      ),
    );
    return {
      links: links.map((link) => ({
        ...link,
        break: link.break === 'out-of-order' ? null : link.break,
      })),
      entries,
    };
  }

  test('five statements of an account leave the same chain, lines and balances', async () => {
    const inOrder = await stateAfter(FIVE);
    expect(inOrder).toMatchObject({ links: FIVE.map(() => ({ chain: 'continuous' })) });
    const order = fc.shuffledSubarray([...FIVE], { minLength: FIVE.length });
    await fc.assert(
      fc.asyncProperty(order, async (statements) => {
        expect(await stateAfter(statements)).toEqual(inOrder);
      }),
      { numRuns: 40, seed: 20_260_306 },
    );
  }, 120_000);

  test('four of them with one missing break in the same place', async () => {
    const missing = FIVE.filter(({ number }) => number !== 66);
    const inOrder = await stateAfter(missing);
    expect(inOrder).toMatchObject({
      links: [{}, {}, { number: '67', chain: 'discontinuous', break: 'gap', expected: 1_250n }, {}],
    });
    const order = fc.shuffledSubarray(missing, { minLength: missing.length });
    await fc.assert(
      fc.asyncProperty(order, async (statements) => {
        expect(await stateAfter(statements)).toEqual(inOrder);
      }),
      { numRuns: 12, seed: 20_260_306 },
    );
  }, 120_000);
});
