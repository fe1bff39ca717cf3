import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bookIn,
  dayOf,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
  takeBack,
} from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  type BankRow,
  bankStatement,
  deliver,
  type LedgerRow,
  ledgerFile,
  type StatusRow,
  statusReport,
} from '../support/deliveries.ts';

const PAYOUT: LedgerRow = { kind: 'payout', reference: 'MP-100001', amountMinor: 3000 };
const REJECTED: StatusRow = { endToEndId: 'MP-100001', status: 'RJCT', reason: 'AC04' };
const DEBIT: BankRow = { amountMinor: -3000, text: 'Auszahlung', reference: 'MP-100001' };

let folder: string;
let database: FreshDatabase;
let books = 0;
let deliveries = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-returns-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A book of its own that has sent these payouts. */
async function sent(...payouts: readonly LedgerRow[]): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `returns-${books}`);
  expect((await importLedger(book, ledgerFile(payouts))).rejections).toEqual([]);
  return book;
}

/** One night with what the bank sent; the second statement goes on from the first. */
async function night(
  book: TestBook,
  day: number,
  told: { readonly statuses?: readonly StatusRow[]; readonly bank?: readonly BankRow[] },
  openingMinor = 100_000_000,
) {
  deliveries += 1;
  const on = `2026-03-0${day}`;
  const files: Record<string, string> = {};
  if (told.statuses)
    files[`status-${day}.xml`] = statusReport(told.statuses, `RPT-${deliveries}`, on);
  if (told.bank)
    files[`bank-${day}.xml`] = bankStatement(told.bank, {
      openingMinor,
      day: on,
      number: 60 + day,
    });
  const path = await deliver(folder, `delivery-${deliveries}`, files);
  const { result } = await runNight(book, [path], { businessDate: dayOf(on) });
  expect(await ledgerBreaches(book)).toEqual([]);
  return result.exceptions.by_code;
}

async function textsOf({ db, bookId }: TestBook): Promise<readonly string[]> {
  const rows = await db.read((tx) =>
    tx.query<{ text: string }>(
      `select text from tieout.exception_item where book_id = $1 and state <> 'RESOLVED' order by text`,
      [bookId],
    ),
  );
  return rows.map(({ text }) => text);
}

test('a rejected payout in transit is told as failed, with its reason, and not as missing at the bank', async () => {
  const book = await sent(PAYOUT);
  expect(await night(book, 6, { statuses: [REJECTED] })).toEqual({ SET_PAYOUT_FAILED: 1 });
  expect(await textsOf(book)).toEqual([
    'Payout MP-100001 of {amount} was rejected, says status-6.xml (AC04 told in a test). No bank statement shows that it left.',
  ]);
  const [told] = await book.db.read((tx) =>
    tx.query(
      `select exception_item.severity, open_item.reference
       from tieout.exception_item join tieout.open_item using (book_id, item_id) where book_id = $1`,
      [book.bookId],
    ),
  );
  expect(told).toEqual({ severity: 'high', reference: 'MP-100001' });
});

test('a payout is named by its payment id as well', async () => {
  const book = await sent({ ...PAYOUT, id: 'out-1' });
  const told = await night(book, 6, { statuses: [{ ...REJECTED, endToEndId: 'out-1' }] });
  expect(told).toEqual({ SET_PAYOUT_FAILED: 1 });
});

test('a payout that goes on its way is nobody`s exception', async () => {
  const book = await sent(PAYOUT);
  const told = await night(book, 6, { statuses: [{ endToEndId: 'MP-100001', status: 'ACSP' }] });
  expect(told).toEqual({ UNM_IN_BANK: 1 });
});

test('a rejection is over once the bank tells that the payment was settled', async () => {
  const book = await sent(PAYOUT);
  await night(book, 6, { statuses: [REJECTED] });
  const told = await night(book, 7, { statuses: [{ endToEndId: 'MP-100001', status: 'ACSC' }] });
  expect(told).toEqual({ UNM_IN_BANK: 1 });
});

test('a status without an amount of one name and two payouts ties to neither', async () => {
  const twin: LedgerRow = { ...PAYOUT, id: 'other', amountMinor: 4000 };
  const book = await sent(PAYOUT, twin);
  const told = await night(book, 6, { statuses: [REJECTED] });
  expect(told).toEqual({ MAT_AMBIGUOUS: 1, UNM_IN_BANK: 2 });
});

test('the amount decides between two payouts of one name', async () => {
  const book = await sent(PAYOUT, { ...PAYOUT, id: 'other', amountMinor: 4000 });
  const told = await night(book, 6, { statuses: [{ ...REJECTED, amountMinor: 4000 }] });
  expect(told).toEqual({ SET_PAYOUT_FAILED: 1, UNM_IN_BANK: 1 });
});

test('another currency than the payout`s is told as such', async () => {
  const book = await sent(PAYOUT);
  const status = { ...REJECTED, amountMinor: 3000, currency: 'USD' };
  expect(await night(book, 6, { statuses: [status] })).toEqual({ DIF_CURRENCY: 1 });
});

test('a rejected direct debit is none of our payouts', async () => {
  const book = await sent();
  const direct = { ...REJECTED, originalMessage: 'pain.008.001.02' };
  expect(await night(book, 6, { statuses: [direct] })).toEqual({});
});

test('a transaction without a status has the one of its message', async () => {
  const book = await sent(PAYOUT);
  const told = await night(book, 6, {
    statuses: [{ endToEndId: 'MP-100001', groupStatus: 'RJCT' }],
  });
  expect(told).toEqual({ SET_PAYOUT_FAILED: 1 });
});

test('a payout sent again under the reference of one that was taken back is its own', async () => {
  const book = await sent(PAYOUT);
  await night(book, 6, { statuses: [REJECTED] });
  await takeBack(book, 'payout-MP-100001');
  await importLedger(book, ledgerFile([{ ...PAYOUT, id: 'second' }]));
  expect(await night(book, 7, {})).toEqual({ UNM_IN_BANK: 1 });
  expect(await night(book, 8, { statuses: [REJECTED] })).toEqual({ UNM_IN_BANK: 1 });
  const anew = { ...REJECTED, originalMessageId: 'OUT-2' };
  expect(await night(book, 9, { statuses: [anew] })).toEqual({ SET_PAYOUT_FAILED: 1 });
});

test.each<[string, BankRow]>([
  ['its reference', { amountMinor: 3000, text: 'Rueckgabe', reference: 'MP-100001' }],
  [
    'its reference, less a charge',
    { amountMinor: 2500, text: 'Rueckgabe', reference: 'MP-100001' },
  ],
  [
    'a word of its narrative and its amount',
    { amountMinor: 3000, text: 'zurueck: MP-100001, danke' },
  ],
])('money in that names a debited payout by %s is the payout coming back', async (_, back) => {
  const book = await sent(PAYOUT);
  expect(await night(book, 6, { bank: [DEBIT] })).toEqual({});
  expect(await night(book, 7, { bank: [back] }, 99_997_000)).toEqual({ SET_PAYOUT_RETURNED: 1 });
  expect(await textsOf(book)).toEqual([
    expect.stringMatching(
      /^Payout MP-100001 has come back: the bank shows \{amount\} in bank-7\.xml, line 5 .* The bank had debited it \(bank-by-reference@[0-9a-f]{12}, group [0-9a-f-]{36}\)\.$/,
    ),
  ]);
  await takeBack(book, 'MP-100001');
  const after = back.amountMinor === 3000 ? {} : { SET_PAYOUT_SHORT: 1 };
  expect(await night(book, 8, {})).toEqual(after);
});

test.each<[string, BankRow]>([
  ['of another amount that only mentions it', { amountMinor: 900, text: 'zu MP-100001' }],
  ['that names another payout', { amountMinor: 3000, text: 'zurueck', reference: 'MP-100002' }],
])('money in %s is not the payout coming back', async (_, other) => {
  const book = await sent(PAYOUT);
  await night(book, 6, { bank: [DEBIT] });
  expect(await night(book, 7, { bank: [other] }, 99_997_000)).toEqual({ UNM_IN_LEDGER: 1 });
});

test('a payout that was taken back before its money came waits for it, and ties to it', async () => {
  const book = await sent(PAYOUT);
  await night(book, 6, { bank: [DEBIT] });
  await takeBack(book, 'MP-100001');
  expect(await night(book, 7, {})).toEqual({ UNM_IN_BANK: 1 });
  expect(await textsOf(book)).toEqual([
    'The money of payout MP-100001, {amount}, is not back on the bank account yet.',
  ]);
  const back = { amountMinor: 3000, text: 'Rueckgabe', reference: 'MP-100001' };
  expect(await night(book, 8, { bank: [back] }, 99_997_000)).toEqual({});
});
