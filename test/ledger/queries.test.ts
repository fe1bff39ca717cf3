import { expect, test } from 'vitest';
import { lockBook } from '../../src/db/book-lock.ts';
import type { Tx } from '../../src/db/db.ts';
import { listAccounts } from '../../src/ledger/accounts.ts';
import { listBalances } from '../../src/ledger/balances.ts';
import { listJournals } from '../../src/ledger/journals.ts';
import { freshDatabase, inRolledBackTransaction } from '../support/database.ts';
import {
  BOOK_ID,
  capture,
  day,
  FEES,
  givenBook,
  PAYABLE,
  pair,
  postBatch,
  RECEIVABLE,
} from './books.ts';

async function givenThree(tx: Tx): Promise<void> {
  await givenBook(tx);
  await postBatch(tx, [
    capture({
      effectiveDate: day('2026-02-28'),
      postings: [pair(), { debit: PAYABLE, credit: FEES, amountMinor: 34n }],
    }),
    capture({ key: 'pay-2', effectiveDate: day('2026-03-01'), reference: 'order-2', runId: 4n }),
    capture({ key: 'pay-3', effectiveDate: day('2026-03-02'), currency: 'USD', kind: 'refund' }),
  ]);
  const other = await givenBook(tx, 'other');
  await postBatch(tx, [capture({ postings: [pair({ amountMinor: 1n })] })], { bookId: other });
}

async function balancesAsOf(date?: string) {
  return await inRolledBackTransaction(async (tx) => {
    await givenThree(tx);
    const asOf = date === undefined ? {} : { asOf: day(date) };
    const balances = await listBalances(tx, { bookId: BOOK_ID, ...asOf });
    return balances.map(({ code, currency, debitsMinor, creditsMinor, balanceMinor }) => [
      `${code} ${currency}`,
      debitsMinor,
      creditsMinor,
      balanceMinor,
    ]);
  });
}

test('the trial balance holds every account of the book that was posted to', async () => {
  expect(await balancesAsOf()).toEqual([
    [`${RECEIVABLE} EUR`, 2468n, 0n, 2468n],
    [`${RECEIVABLE} USD`, 1234n, 0n, 1234n],
    [`${FEES} EUR`, 0n, 34n, -34n],
    [`${PAYABLE} EUR`, 34n, 2468n, -2434n],
    [`${PAYABLE} USD`, 0n, 1234n, -1234n],
  ]);
});

test('the trial balance of a day counts that day and none after it', async () => {
  expect(await balancesAsOf('2026-03-01')).toEqual([
    [`${RECEIVABLE} EUR`, 2468n, 0n, 2468n],
    [`${FEES} EUR`, 0n, 34n, -34n],
    [`${PAYABLE} EUR`, 34n, 2468n, -2434n],
  ]);
  expect((await balancesAsOf('2026-02-28'))[0]).toEqual([`${RECEIVABLE} EUR`, 1234n, 0n, 1234n]);
  expect(await balancesAsOf('2026-02-27')).toEqual([]);
});

test.each<[string, object, string[]]>([
  ['all, newest first', {}, ['pay-3/1', 'pay-2/1', 'pay-1/1', 'pay-1/2']],
  ['those of a kind', { kind: 'refund' }, ['pay-3/1']],
  ['those with a reference', { reference: 'order-2' }, ['pay-2/1']],
  ['those of a run', { runId: 4n }, ['pay-2/1']],
  ['as many postings as asked', { limit: 3 }, ['pay-3/1', 'pay-2/1', 'pay-1/1']],
  ['none where nothing fits', { kind: 'refund', runId: 4n }, []],
])('lists journals: %s', async (_, filter, expected) => {
  const lines = await inRolledBackTransaction(async (tx) => {
    await givenThree(tx);
    return await listJournals(tx, { bookId: BOOK_ID, limit: 100, ...filter });
  });
  expect(lines.map(({ key, seq }) => `${key}/${seq}`)).toEqual(expected);
});

test('lists accounts by code and currency', async () => {
  const accounts = await inRolledBackTransaction(async (tx) => {
    await givenThree(tx);
    return await listAccounts(tx, BOOK_ID);
  });
  expect(accounts.map(({ code, currency }) => `${code} ${currency}`)).toEqual([
    `${RECEIVABLE} EUR`,
    `${RECEIVABLE} USD`,
    `${FEES} EUR`,
    `${PAYABLE} EUR`,
    `${PAYABLE} USD`,
  ]);
  expect(accounts[0]).toMatchObject({
    name: 'Receivable from processor adyen',
    type: 'asset',
    normalSide: 'debit',
    isReconcilable: true,
    status: 'active',
  });
});

test('a book is taken by one run at a time, and free again when that ends', async () => {
  const fresh = await freshDatabase();
  try {
    await fresh.db.transaction((tx) => givenBook(tx));
    await fresh.db.transaction(async (tx) => {
      await lockBook(tx, BOOK_ID);
      const second = fresh.db.transaction((other) => lockBook(other, BOOK_ID));
      await expect(second).rejects.toMatchObject({ code: 'book_busy' });
      await fresh.db.transaction((other) => postBatch(other, [capture()]));
    });
    await fresh.db.transaction((tx) => lockBook(tx, BOOK_ID));
  } finally {
    await fresh.drop();
  }
});

test('a book that is open keeps what it was opened with', () =>
  inRolledBackTransaction(async (tx) => {
    expect(await givenBook(tx)).toBe(BOOK_ID);
    expect(await givenBook(tx)).toBe(BOOK_ID);
    const rows = await tx.query('select code, base_currency from tieout.book');
    expect(rows).toEqual([{ code: 'acme', base_currency: 'EUR' }]);
  }));
