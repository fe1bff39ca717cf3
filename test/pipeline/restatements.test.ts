import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changePeriod } from '../../src/ledger/periods.ts';
import {
  bookIn,
  dayOf,
  eveningOf,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { exceptionTable } from '../support/book-tables.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  bankStatement,
  deliver,
  ledgerFile,
  netOf,
  payoutRow,
  payoutText,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';
import { revokeInRun } from '../support/revoking.ts';

const FIRST_NIGHT = dayOf('2026-03-06');
const SECOND_NIGHT = dayOf('2026-03-07');

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-corrections-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function orders(batch: number): readonly SettlementRow[] {
  return [1, 2, 3].map((place) => ({
    ...{
      type: 'Settled',
      reference: `ORD-${batch}-${place}`,
      grossMinor: 1_000 * place,
      feeMinor: 25,
      batch,
    },
  }));
}

const payout = (batch: number) => netOf(orders(batch));
const paid = (batch: number) => payoutRow(batch, payout(batch));
const FIRST_REPORT = settlementReport([...orders(1), paid(1), ...orders(2), paid(2)]);
const STATEMENT = bankStatement([
  { amountMinor: payout(1), text: payoutText(1) },
  { amountMinor: payout(2), text: payoutText(2) },
  { amountMinor: -1_490, text: 'Kontofuehrung' },
]);
/** Batch 1 with 5.00 more for its second order, and as much less for its third after a higher fee: the payout is what it was. */
const CORRECTED = settlementReport([
  ...orders(1).map((row, at) => ({
    ...row,
    grossMinor: row.grossMinor + ([0, 500, -490][at] ?? 0),
    feeMinor: (row.feeMinor ?? 0) + (at === 2 ? 10 : 0),
  })),
  paid(1),
]);

async function bookWith(files: Readonly<Record<string, string>>): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `corrected-${books}`);
  await importLedger(
    book,
    ledgerFile(
      [...orders(1), ...orders(2)].map(({ reference, grossMinor }) => ({
        ...{ kind: 'capture', reference, amountMinor: grossMinor },
      })),
    ),
  );
  await runNight(book, await folderOf(files), { businessDate: FIRST_NIGHT });
  return book;
}

let deliveries = 0;

async function folderOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  deliveries += 1;
  return [await deliver(folder, `delivery-${deliveries}`, files)];
}

async function correct(book: TestBook, files: Readonly<Record<string, string>>): Promise<void> {
  await runNight(book, await folderOf(files), { businessDate: SECOND_NIGHT });
  expect(await ledgerBreaches(book)).toEqual([]);
}

async function rows<T extends object>(
  { db, bookId }: TestBook,
  sql: string,
): Promise<readonly T[]> {
  return await db.read((tx) => tx.query<T>(sql, [bookId]));
}

/** Every row of the tables that a run of a book writes, whole. */
async function everyRow(book: TestBook): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = [
    ...[
      'journal',
      'posting',
      'journal_key',
      'settlement_journal',
      'match_told',
      'match_member',
      'open_item',
    ],
    ...[
      'open_entry',
      'exception_item',
      'settlement_batch',
      'matched_file',
      'entry',
      'statement',
      'batch_total',
    ],
  ];
  const found = new Map<string, readonly string[]>();
  for (const table of tables) {
    const lines = await rows<{ line: string }>(
      book,
      `select own::text as line from tieout.${table} own where book_id = $1 order by 1`,
    );
    found.set(
      table,
      lines.map(({ line }) => line),
    );
  }
  return found;
}

test('a correction changes no row of what it does not touch', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT, 'statement.xml': STATEMENT });
  const before = await everyRow(book);
  await correct(book, { 'corrected.csv': CORRECTED });
  const after = await everyRow(book);
  const changed = Object.fromEntries(
    [...before].map(([table, lines]) => {
      const known = new Set(after.get(table));
      return [table, lines.filter((line) => !known.has(line)).length];
    }),
  );
  expect(changed).toEqual({
    // Two lines of batch 1 are withdrawn: their groups are revoked, and the sums of their batch are written anew.
    ...{ match_told: 2, match_member: 2, settlement_batch: 1 },
    ...{
      journal: 0,
      posting: 0,
      journal_key: 0,
      settlement_journal: 0,
      open_item: 0,
      open_entry: 0,
    },
    ...{ exception_item: 0, matched_file: 0, entry: 0, statement: 0, batch_total: 0 },
  });
});

test('one id of a restatement leads to all that was done about it', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT, 'statement.xml': STATEMENT });
  await correct(book, { 'corrected.csv': CORRECTED });
  const [act, ...others] = await rows<{
    id: string;
    revoked: bigint;
    withdrawn: bigint;
    taken: bigint;
  }>(
    book,
    `select restatement_id as id, revoked_groups as revoked, withdrawn_entries as withdrawn, taken_entries as taken
     from tieout.restatement_act where book_id = $1`,
  );
  expect(others).toEqual([]);
  expect(act).toMatchObject({ revoked: 2n, withdrawn: 2n, taken: 2n });
  const id = act?.id ?? '';
  const decisions = await rows(
    book,
    `select distinct status, decided_by, decided_because from tieout.match_told where book_id = $1 and decided_by is not null`,
  );
  expect(decisions).toEqual([
    {
      status: 'revoked',
      decided_by: `restatement ${id}`,
      decided_because: 'corrected.csv corrects batch 1 of AcmeShop as report.csv told it',
    },
  ]);
  const journals = await rows<{ description: string; metadata: object }>(
    book,
    `select description, metadata from tieout.journal where book_id = $1 and kind = 'withdrawal'`,
  );
  expect(journals).toEqual([
    {
      description: `withdrawn from batch 1 by adyen by restatement ${id}`,
      metadata: { restatement: id },
    },
  ]);
  const told = await rows<{ severity: string; text: string }>(
    book,
    `select severity, text from tieout.exception_item where book_id = $1 and code = 'FIL_RESTATED'`,
  );
  expect(told).toMatchObject([{ severity: 'info' }]);
  expect(told[0]?.text).toContain(
    `The books follow it: entries withdrawn 2, taken 2, matches revoked 2, under restatement ${id}.`,
  );
});

test('what closes a withdrawn payout is undone by nobody', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT });
  const dearer = orders(1).map((row) => ({ ...row, grossMinor: row.grossMinor + 100 }));
  await correct(book, {
    'corrected.csv': settlementReport([...dearer, payoutRow(1, netOf(dearer))]),
  });
  const [withdrawn] = await rows<{ id: string }>(
    book,
    `select group_id as id from tieout.match_told where book_id = $1 and rule = 'payout-withdrawn@1'`,
  );
  expect(withdrawn).toBeDefined();
  await expect(revokeInRun(book, [withdrawn?.id ?? ''])).rejects.toThrow(
    'withdraws a payout that a corrected file no longer tells',
  );
});

test('what the books follow is told for a day', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT });
  await correct(book, { 'corrected.csv': CORRECTED });
  await runNight(book, [], { businessDate: SECOND_NIGHT });
  expect(await exceptionTable(book)).toContain('FIL_RESTATED');
  await runNight(book, [], { businessDate: dayOf('2026-03-08') });
  expect(await exceptionTable(book)).not.toContain('FIL_RESTATED');
});

test('a plan of a correction changes nothing, and the run behind it does what it planned', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT, 'statement.xml': STATEMENT });
  const paths = await folderOf({ 'corrected.csv': CORRECTED });
  const options = { businessDate: SECOND_NIGHT };
  const loaded = ['entry', 'statement', 'batch_total'];
  const before = await everyRow(book);
  const planned = await runNight(book, paths, { ...options, isPlan: true });
  const after = await everyRow(book);
  for (const [table, lines] of before)
    if (!loaded.includes(table)) expect(after.get(table)).toEqual(lines);
  const applied = await runNight(book, paths, {
    ...options,
    approvedPlan: planned.result.plan_hash,
  });
  expect(applied.result.journals.by_kind).toMatchObject({
    revocation: 2,
    withdrawal: 1,
    settlement: 1,
  });
});

test('what was corrected before it was booked is never booked', async () => {
  const book = await bookWith({
    'report-1.csv': FIRST_REPORT,
    'report-2-corrected.csv': CORRECTED,
  });
  const journals = await rows<{ kind: string }>(
    book,
    `select distinct kind from tieout.settlement_journal where book_id = $1 order by kind`,
  );
  expect(journals).toEqual([{ kind: 'settlement' }]);
  const acts = await rows(
    book,
    `select revoked_groups as revoked, withdrawn_entries as withdrawn, taken_entries as taken
     from tieout.restatement_act where book_id = $1`,
  );
  expect(acts).toEqual([{ revoked: 0n, withdrawn: 2n, taken: 2n }]);
  expect(await ledgerBreaches(book)).toEqual([]);
});

test('a withdrawal of a closed period is booked to the first open day', async () => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT, 'statement.xml': STATEMENT });
  const closed = await book.db.transaction((tx) =>
    changePeriod(tx, {
      bookId: book.bookId,
      period: { name: '2026-03-early', startsOn: dayOf('2026-03-01'), endsOn: dayOf('2026-03-06') },
      to: 'locked',
      actor: 'ann',
      now: eveningOf(FIRST_NIGHT),
    }),
  );
  expect(closed.code).toBe('changed');
  await correct(book, {
    'corrected.csv': settlementReport([
      ...orders(1).slice(0, 2),
      payoutRow(1, netOf(orders(1).slice(0, 2))),
    ]),
    'statement-corrected.xml': bankStatement([
      { amountMinor: payout(1), text: payoutText(1) },
      { amountMinor: payout(2), text: payoutText(2) },
      { amountMinor: -1_090, text: 'Kontofuehrung' },
    ]),
  });
  const days = await rows<{ day: string; asked: string; period: string }>(
    book,
    `select effective_date as day, requested_date as asked, relates_to_period as period
     from tieout.journal where book_id = $1 and kind = 'withdrawal' order by requested_date`,
  );
  expect(days).toEqual([
    { day: '2026-03-07', asked: '2026-03-04', period: '2026-03-early' },
    { day: '2026-03-07', asked: '2026-03-05', period: '2026-03-early' },
  ]);
});

test.each([
  [
    'a batch whose lines do not sum to its payout',
    {
      files: {
        'corrected.csv': settlementReport([
          ...orders(1).map((row) => ({ ...row, grossMinor: row.grossMinor + 1 })),
          paid(1),
        ]),
      },
      because: 'its lines do not sum to its payout',
    },
  ],
  [
    'a batch that shares no line with the known one',
    {
      files: {
        'corrected.csv': settlementReport([
          ...orders(7).map((row) => ({ ...row, batch: 1 })),
          { ...payoutRow(7, payout(7)), batch: 1 },
        ]),
      },
      because: 'no line of it is known',
    },
  ],
  [
    'a batch with a line of which another one tells otherwise',
    {
      files: {
        'corrected.csv': settlementReport([
          ...orders(1).slice(0, 2),
          ...orders(2)
            .slice(0, 1)
            .map((row) => ({ ...row, batch: 1, grossMinor: 3_000 })),
          paid(1),
        ]),
      },
      because: 'a line of it contradicts what is known of its id from elsewhere',
    },
  ],
  [
    'a statement that opens with another balance',
    {
      files: {
        'corrected.xml': bankStatement([{ amountMinor: 5, text: 'Zins' }], {
          openingMinor: 99_000_000,
        }),
      },
      because: 'it opens with another balance',
    },
  ],
  [
    'a statement that moves nothing in all',
    {
      files: {
        'corrected.xml': bankStatement([
          { amountMinor: 5, text: 'Zins' },
          { amountMinor: -5, text: 'Zins' },
        ]),
      },
      because: 'it may be another sheet: one of the two moves nothing in all',
    },
  ],
])('leaves what is booked as it is where it is told by %s', async (_, { files, because }) => {
  const book = await bookWith({ 'report.csv': FIRST_REPORT, 'statement.xml': STATEMENT });
  await correct(book, files);
  const told = await rows<{ text: string; severity: string }>(
    book,
    `select text, severity from tieout.exception_item where book_id = $1 and code = 'FIL_RESTATED'`,
  );
  expect(told).toMatchObject([{ severity: 'high' }]);
  expect(told[0]?.text).toContain(`What was booked stands as it is: ${because}.`);
  expect(await rows(book, 'select * from tieout.withdrawn_entry where book_id = $1')).toEqual([]);
  expect(
    await rows(book, `select * from tieout.match_told where book_id = $1 and status = 'revoked'`),
  ).toEqual([]);
});
