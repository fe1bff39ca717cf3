import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookIn, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver } from '../support/deliveries.ts';
import { filesOf, ledgerOf, makeWorld } from '../support/world.ts';

const WORLD = makeWorld({ batches: 9, lines: 8 });

let folder: string;
let database: FreshDatabase;
let book: TestBook;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-settle-'));
  database = await freshDatabase();
  book = bookIn(database, new URL('tieout.yaml', REPLAY));
  await importLedger(book, ledgerOf(WORLD));
  await runNight(book, [await deliver(folder, 'in', filesOf(WORLD))]);
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function count(sql: string): Promise<bigint> {
  const [row] = await book.db.read((tx) => tx.query<{ n: bigint }>(sql, [book.bookId]));
  return row?.n ?? -1n;
}

test('books one journal a batch, and one a booking day of a statement', async () => {
  const journals = (kind: string) =>
    count(
      `select count(*) as n from tieout.settlement_journal where book_id = $1 and kind = '${kind}'`,
    );
  expect(await journals('settlement')).toBe(9n);
  expect(await journals('bank')).toBe(1n);
  expect(await journals('release')).toBe(0n);
});

test('records each batch with gross − fees + other = net = payout', async () => {
  expect(
    await count(
      `select count(*) as n from tieout.settlement_batch
       where book_id = $1 and net_minor = gross_minor - fee_minor + other_minor and net_minor = payout_minor`,
    ),
  ).toBe(9n);
});

test('closes every item that a live match holds, and no other', async () => {
  expect(
    await count(
      `select count(*) as n from tieout.match_member
       join tieout.open_item using (book_id, item_id) where book_id = $1 and is_live`,
    ),
  ).toBe(0n);
});

test('debits fees by kind and nothing else to expenses', async () => {
  const lines = WORLD.batches.flat().filter((row) => row.type !== 'MerchantPayout');
  const fees = lines.reduce((sum, row) => sum + (row.feeMinor ?? 0), 0);
  expect(
    await count(
      `select sum(debits_minor - credits_minor)::bigint as n
       from tieout.balance join tieout.account using (book_id, account_id)
       where book_id = $1 and code like 'expenses:%'`,
    ),
  ).toBe(BigInt(fees));
});

test('books on the bank account what the statement moves', async () => {
  const moved = WORLD.bank.reduce((sum, row) => sum + row.amountMinor, 0);
  expect(
    await count(
      `select sum(debits_minor - credits_minor)::bigint as n
       from tieout.balance join tieout.account using (book_id, account_id)
       where book_id = $1 and code = 'assets:bank:main'`,
    ),
  ).toBe(BigInt(moved));
});
