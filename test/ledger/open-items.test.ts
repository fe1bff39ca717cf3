import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BusinessDate } from '../../src/business-date.ts';
import type { Tx } from '../../src/db/db.ts';
import { sqlFile } from '../../src/db/sql-file.ts';
import type { PointInTime } from '../../src/ledger/balances.ts';
import { getAccount } from '../../src/ledger/named-account.ts';
import { explainBalance, listOpenItems } from '../../src/ledger/open-items.ts';
import { bookIn, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import {
  type FreshDatabase,
  freshDatabase,
  inRolledBackTransaction,
  tamper,
} from '../support/database.ts';
import {
  bankStatement,
  deliver,
  ledgerFile,
  netOf,
  payoutRow,
  payoutText,
  settlementReport,
} from '../support/deliveries.ts';
import { filesOf, ledgerOf, makeWorld } from '../support/world.ts';
import {
  BANK,
  BOOK_ID,
  capture,
  day,
  FEES,
  givenBook,
  PAYABLE,
  postBatch,
  RECEIVABLE,
} from './books.ts';

const I11_AS_OF = sqlFile(import.meta.url, '../../src/ledger/sql/verify/16_open_items_by_day.sql');

const IN_TRANSIT = 'assets:in-transit:adyen';
/** Every pair of the days on which something can have happened, and all of it. */
const EVERY_POINT: readonly PointInTime[] = [
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '07',
  '08',
].flatMap((asOf) =>
  ['05', '06', '07', '08'].map((knownAt) => ({
    asOf: day(`2026-03-${asOf}`),
    knownAt: day(`2026-03-${knownAt}`),
  })),
);

interface Checked {
  readonly checked: bigint;
  readonly breaches: bigint;
  readonly example: string | null;
}

/** What the check of items against balances finds in every cell of effective date and booking day. */
async function checkedCells(tx: Tx, bookId = BOOK_ID): Promise<Checked> {
  const [row] = await tx.query<Checked>(I11_AS_OF, [bookId]);
  if (row === undefined) throw new Error('a check has one row');
  return row;
}

/** Items said to be closed by a journal that does not move their account on that day. */
async function strangeClosings(tx: Tx, bookId: bigint): Promise<unknown[]> {
  return await tx.query(
    `select closing.* from tieout.item_closing closing
     where closing.book_id = $1 and closing.journal_id is not null and not exists (
       select from tieout.account_line line
       where line.book_id = closing.book_id and line.journal_id = closing.journal_id
         and line.account_id = closing.account_id and line.effective_date = closing.effective_date
         and line.booked_on = closing.booked_on)`,
    [bookId],
  );
}

/** The journals that closed items, by kind. */
async function closingKinds({ db, bookId }: TestBook): Promise<unknown[]> {
  const rows = await db.read((tx) =>
    tx.query<{ kind: string }>(
      `select distinct coalesce(journal.kind, 'none') as kind from tieout.item_closing
       left join tieout.journal using (book_id, journal_id) where book_id = $1 order by kind`,
      [bookId],
    ),
  );
  return rows.map(({ kind }) => kind);
}

async function openItems(tx: Tx, code: string, at: PointInTime = {}, bookId = BOOK_ID) {
  const account = await getAccount(tx, { bookId, code });
  const { items } = await listOpenItems(tx, { bookId, accountId: account.accountId, ...at });
  return items.map((item) => [item.key, item.amountMinor]);
}

describe('after runs', () => {
  let folder: string;
  let database: FreshDatabase;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tieout-open-items-'));
    database = await freshDatabase();
  });

  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What is delivered in a night: the shop's own payments, then files. */
  interface Night {
    readonly day: BusinessDate;
    readonly ledger?: string;
    readonly files?: Readonly<Record<string, string>>;
  }

  async function playNights(code: string, nights: readonly Night[]): Promise<TestBook> {
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), code);
    for (const { day: businessDate, ledger, files } of nights) {
      if (ledger !== undefined) await importLedger(book, ledger, businessDate);
      const name = `${code}-${businessDate}`;
      const paths = files === undefined ? [] : [await deliver(folder, name, files)];
      await runNight(book, paths, { businessDate });
    }
    return book;
  }

  /** Held against the balances at every pair of days, and by the check: returns how many sums were not zero. */
  async function expectItemsToBeBalances({ db, bookId }: TestBook): Promise<number> {
    return await db.read(async (tx) => {
      const { checked, ...found } = await checkedCells(tx, bookId);
      expect(found).toEqual({ breaches: 0n, example: null });
      const accounts = await tx.query<{ code: string }>(
        'select code from tieout.account where book_id = $1 and is_reconcilable and currency = $2',
        [bookId, 'EUR'],
      );
      expect(await strangeClosings(tx, bookId)).toEqual([]);
      let open = 0;
      for (const { code } of accounts) {
        const account = await getAccount(tx, { bookId, code });
        for (const at of EVERY_POINT) {
          const explained = await explainBalance(tx, { bookId, account, ...at });
          expect(explained.explainedMinor, `${code} ${JSON.stringify(at)}`).toBe(
            explained.balanceMinor,
          );
          if (explained.balanceMinor !== 0n) open += 1;
        }
      }
      return open;
    });
  }

  const read = async ({ db, bookId }: TestBook, code: string, at: PointInTime = {}) =>
    (await db.read((tx) => openItems(tx, code, at, bookId))).map(([, amountMinor]) => amountMinor);

  test('the items of a world make its balances at every pair of days, and the working set is what they make now', async () => {
    const world = makeWorld({ batches: 10, lines: 12 });
    const nights = [{ day: day('2026-03-06'), ledger: ledgerOf(world), files: filesOf(world) }];
    const book = await playNights('items-world', nights);
    expect(await expectItemsToBeBalances(book)).toBeGreaterThan(20);
    for (const code of [RECEIVABLE, IN_TRANSIT]) {
      const now = await book.db.read((tx) => openItems(tx, code, {}, book.bookId));
      const derived = { asOf: day('2026-12-31'), knownAt: day('2026-12-31') };
      expect(now.length).toBeGreaterThan(0);
      expect(await book.db.read((tx) => openItems(tx, code, derived, book.bookId))).toEqual(now);
    }
  });

  test('what a later night ties is closed by its bank day or its release, and open to who knew less', async () => {
    const lines = [
      { type: 'Settled', reference: 'A-1', grossMinor: 10_000, feeMinor: 100, batch: 1 },
      { type: 'Settled', reference: 'B-1', grossMinor: 500, batch: 1 },
    ] as const;
    const net = netOf(lines);
    const book = await playNights('items-late', [
      {
        day: day('2026-03-06'),
        ledger: ledgerFile([{ kind: 'capture', reference: 'A-1', amountMinor: 10_000 }]),
        files: { 'settlement.csv': settlementReport([...lines, payoutRow(1, net)]) },
      },
      {
        day: day('2026-03-07'),
        ledger: ledgerFile([{ kind: 'capture', reference: 'B-1', amountMinor: 500 }]),
        files: { 'statement.xml': bankStatement([{ amountMinor: net, text: payoutText(1) }]) },
      },
    ]);
    expect(await expectItemsToBeBalances(book)).toBeGreaterThan(10);
    expect(await closingKinds(book)).toEqual(['bank', 'release', 'settlement']);
    const [first, second] = [day('2026-03-06'), day('2026-03-07')];
    // The payout came on the 5th, which was told on the 7th.
    const fifth = day('2026-03-05');
    expect(await read(book, IN_TRANSIT, { asOf: fifth, knownAt: first })).toEqual([BigInt(net)]);
    expect(await read(book, IN_TRANSIT, { asOf: fifth, knownAt: second })).toEqual([]);
    // The late capture is dated the 2nd, was booked on the 7th, and released on that day.
    const settled = day('2026-03-04');
    const both = await read(book, RECEIVABLE, { asOf: day('2026-03-02') });
    expect(both.map(String).sort()).toEqual(['10000', '500']);
    expect(await read(book, RECEIVABLE, { asOf: settled, knownAt: first })).toEqual([]);
    expect(await read(book, RECEIVABLE, { asOf: settled, knownAt: second })).toEqual([500n]);
    expect(await read(book, RECEIVABLE, { asOf: second })).toEqual([]);
  });

  test('a statement before its settlement report closes what it paid by a release', async () => {
    const line = { type: 'Settled', reference: 'A-1', grossMinor: 10_000, batch: 1 } as const;
    const book = await playNights('items-early', [
      {
        day: day('2026-03-06'),
        ledger: ledgerFile([{ kind: 'capture', reference: 'A-1', amountMinor: 10_000 }]),
        files: { 'statement.xml': bankStatement([{ amountMinor: 10_000, text: payoutText(1) }]) },
      },
      {
        day: day('2026-03-07'),
        files: { 'settlement.csv': settlementReport([line, payoutRow(1, 10_000)]) },
      },
    ]);
    expect(await expectItemsToBeBalances(book)).toBeGreaterThan(5);
    expect(await read(book, IN_TRANSIT, { asOf: day('2026-03-06') })).toEqual([10_000n]);
    expect(await read(book, IN_TRANSIT, { asOf: day('2026-03-07') })).toEqual([]);
  });

  test('each day of a statement closes what was paid on it', async () => {
    const lines = [1, 2].map(
      (batch) => ({ type: 'Settled', reference: `A-${batch}`, grossMinor: 10_000, batch }) as const,
    );
    const rows = lines.flatMap((line) => [line, payoutRow(line.batch, 10_000)]);
    const bank = bankStatement(
      [1, 2].map((batch) => ({ amountMinor: 10_000, text: payoutText(batch) })),
    );
    const early = (text: string) => text.replaceAll('Dt><Dt>2026-03-05', 'Dt><Dt>2026-03-04');
    const [head = '', first = '', ...rest] = bank.split('<Ntry>');
    const book = await playNights('items-two-days', [
      {
        day: day('2026-03-06'),
        ledger: ledgerFile(
          lines.map(({ reference }) => ({ kind: 'capture', reference, amountMinor: 10_000 })),
        ),
        files: {
          'settlement.csv': settlementReport(rows),
          'statement.xml': [head, early(first), ...rest].join('<Ntry>'),
        },
      },
    ]);
    await expectItemsToBeBalances(book);
    expect(await read(book, IN_TRANSIT, { asOf: day('2026-03-04') })).toEqual([10_000n]);
    expect(await read(book, IN_TRANSIT, { asOf: day('2026-03-05') })).toEqual([]);
  });

  test.each<[string, string, boolean]>([
    ['the lines of a batch cancel out', 'items-nil', true],
    ['lines that cancel out are released', 'items-nil-late', false],
  ])(
    'no journal is needed where %s: the items close on the day of the run',
    async (_, code, isKnown) => {
      const ledger = ledgerFile([
        { kind: 'capture', reference: 'A-1', amountMinor: 500 },
        { kind: 'refund', reference: 'B-1', amountMinor: 500, day: '2026-03-03' },
      ]);
      const report = settlementReport([
        { type: 'Settled', reference: 'A-1', grossMinor: 500, batch: 1 },
        { type: 'Refunded', reference: 'B-1', grossMinor: -500, batch: 1 },
      ]);
      const night = { day: day('2026-03-06'), files: { 'settlement.csv': report } };
      const nights = isKnown ? [{ ...night, ledger }] : [night, { day: day('2026-03-07'), ledger }];
      const book = await playNights(code, nights);
      await expectItemsToBeBalances(book);
      const journals = await book.db.read((tx) =>
        tx.query('select 1 from tieout.settlement_journal where book_id = $1', [book.bookId]),
      );
      expect(journals).toEqual([]);
      const last = nights.at(-1)?.day ?? night.day;
      expect(await read(book, RECEIVABLE, { asOf: day('2026-03-05') })).toEqual([500n, -500n]);
      expect(await read(book, RECEIVABLE, { asOf: last, knownAt: last })).toEqual([]);
      expect(await read(book, RECEIVABLE)).toEqual([]);
    },
  );
});

/** A reversing journal of the first posting of another, written as post() writes one: swapped, with one place. */
async function reverse(
  tx: Tx,
  options: {
    readonly key: string;
    readonly by: string;
    readonly amountMinor: number;
    readonly opens?: boolean;
  },
): Promise<void> {
  const { key, by, amountMinor, opens = false } = options;
  const swapped = { debit: PAYABLE, credit: RECEIVABLE, amountMinor: BigInt(amountMinor) };
  const postings = [opens ? ({ ...swapped, opens: 'credit' } as const) : swapped];
  const effectiveDate = day('2026-03-04');
  const now = new Date('2026-03-05T09:00:00Z');
  await postBatch(tx, [capture({ key: by, kind: 'reversal', effectiveDate, postings })], { now });
  await tx.execute(
    `insert into tieout.reversal (book_id, reversed_journal_id, reversed_booked_on, journal_id, booked_on)
     select reversed.book_id, reversed.journal_id, reversed.booked_on, reversing.journal_id, reversing.booked_on
     from tieout.journal reversed join tieout.journal reversing using (book_id)
     where book_id = $1 and reversed.key = $2 and reversing.key = $3`,
    [BOOK_ID, key, by],
  );
}

describe('reversals', () => {
  const before = { asOf: day('2026-03-03') };
  const unknown = { asOf: day('2026-03-04'), knownAt: day('2026-03-04') };
  const known = { asOf: day('2026-03-04'), knownAt: day('2026-03-05') };

  test('take from the item of what they reverse, on their own day', () =>
    inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      await postBatch(tx, [capture(), capture({ key: 'pay-2', effectiveDate: day('2026-03-02') })]);
      await reverse(tx, { key: 'pay-1', by: 'part', amountMinor: 234 });
      await reverse(tx, { key: 'pay-2', by: 'all', amountMinor: 1234 });
      const whole = [
        ['pay-1', 1234n],
        ['pay-2', 1234n],
      ];
      expect(await openItems(tx, RECEIVABLE, before)).toEqual(whole);
      expect(await openItems(tx, RECEIVABLE, unknown)).toEqual(whole);
      expect(await openItems(tx, RECEIVABLE, known)).toEqual([['pay-1', 1000n]]);
      expect(await checkedCells(tx)).toEqual({ checked: 3n, breaches: 0n, example: null });
    }));

  test('open an item of their own where the first one is closed', () =>
    inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      await postBatch(tx, [capture()]);
      await reverse(tx, { key: 'pay-1', by: 'own', amountMinor: 1234, opens: true });
      expect(await openItems(tx, RECEIVABLE, known)).toEqual([
        ['pay-1', 1234n],
        ['own', -1234n],
      ]);
      expect(await checkedCells(tx)).toMatchObject({ breaches: 0n });
    }));
});

describe('the check of items against balances', () => {
  test.each<[string, string, string]>([
    [
      'a day that was edited',
      'update tieout.balance_day set debits_minor = debits_minor + 1',
      `${RECEIVABLE} EUR, effective 2026-03-01, booked 2026-03-02: items 1234, balance 1235`,
    ],
    [
      'a movement that opened nothing',
      'update tieout.posting set opens_debit_item = false',
      `${RECEIVABLE} EUR, effective 2026-03-01, booked 2026-03-02: items 0, balance 1234`,
    ],
    [
      'an item closed on a day that nothing tells',
      `insert into tieout.match_member
         (book_id, group_id, member_no, run_id, item_id, item_account_id, item_amount_minor, is_live)
       select book_id, journal_id, 1, 1, item_id, account_id, amount_minor, true from tieout.open_item`,
      `${RECEIVABLE} EUR, effective on no day, booked on no day: items -1234, balance 0`,
    ],
  ])('finds %s', async (_, sql, example) => {
    await inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      await postBatch(tx, [capture()]);
      expect(await checkedCells(tx)).toEqual({ checked: 1n, breaches: 0n, example: null });
      await tamper(tx, sql);
      expect(await checkedCells(tx)).toMatchObject({ breaches: 1n, example });
    });
  });

  test('looks at one book', () =>
    inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      await postBatch(tx, [capture()]);
      const other = await givenBook(tx, 'other');
      expect(await checkedCells(tx, other)).toEqual({ checked: 0n, breaches: 0n, example: null });
    }));
});

describe('what a balance is made of', () => {
  test('items with their origin, oldest first, and the sum of those beyond the limit too', () =>
    inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      const older = { effectiveDate: day('2026-02-01'), reference: 'order-2', paymentId: 'p-2' };
      await postBatch(tx, [capture(), capture({ key: 'pay-2', kind: 'refund', ...older })]);
      const account = await getAccount(tx, { bookId: BOOK_ID, code: RECEIVABLE });
      const whole = { by: 'items', balanceMinor: 2468n, explainedMinor: 2468n, itemsTotal: 2n };
      const oldest = {
        key: 'pay-2',
        kind: 'refund',
        amountMinor: 1234n,
        effectiveDate: '2026-02-01',
        bookedOn: '2026-03-02',
        reference: 'order-2',
        file: null,
      };
      for (const at of [{}, { asOf: day('2026-03-01') }]) {
        const explained = await explainBalance(tx, { bookId: BOOK_ID, account, limit: 1, ...at });
        expect(explained).toMatchObject({ ...whole, items: [oldest] });
      }
    }));

  test('an account without items by counter account and kind', () =>
    inRolledBackTransaction(async (tx) => {
      await givenBook(tx);
      const moved = { debit: BANK, credit: PAYABLE, amountMinor: 1000n };
      const fee = { debit: FEES, credit: BANK, amountMinor: 30n };
      const back = { debit: PAYABLE, credit: BANK, amountMinor: 200n };
      await postBatch(tx, [
        capture({ postings: [moved, fee, back] }),
        capture({
          key: 'pay-2',
          kind: 'payout',
          effectiveDate: day('2026-03-02'),
          postings: [fee],
        }),
      ]);
      const account = await getAccount(tx, { bookId: BOOK_ID, code: BANK });
      const parts = async (at: PointInTime) => {
        const explained = await explainBalance(tx, { bookId: BOOK_ID, account, ...at });
        if (explained.by === 'items') throw new Error('the bank account holds no items');
        expect(explained.explainedMinor).toBe(explained.balanceMinor);
        return explained.parts.map((part) => [
          part.counterAccount,
          part.kind,
          part.lines,
          part.amountMinor,
        ]);
      };
      const first = [
        [FEES, 'capture', 1n, -30n],
        [PAYABLE, 'capture', 2n, 800n],
      ];
      expect(await parts({ asOf: day('2026-03-01') })).toEqual(first);
      expect(await parts({})).toEqual([first[0], [FEES, 'payout', 1n, -30n], first[1]]);
      expect(await parts({ knownAt: day('2026-03-01') })).toEqual([]);
    }));
});
