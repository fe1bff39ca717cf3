import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { post, postAll } from '../../src/ledger/post.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import {
  BANK,
  BOOK_ID,
  brokenChecks,
  capture,
  day,
  FEES,
  givenBook,
  ledgerTables,
  NOW,
  PAYABLE,
  pair,
  postBatch,
  postOptions,
  RECEIVABLE,
  rowCounts,
} from './books.ts';

const CREATED_ONE = { created: 1, exists: 0, refused: [] };

function inBook<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    return await work(tx);
  });
}

async function setStatus(tx: Tx, code: string, status: string): Promise<void> {
  const { rowCount } = await tx.execute('update tieout.account set status = $2 where code = $1', [
    code,
    status,
  ]);
  expect(rowCount).toBe(1);
}

test('writes a journal with its postings, its open item and its balances', () =>
  inBook(async (tx) => {
    const fee = { debit: PAYABLE, credit: FEES, amountMinor: 34n };
    const journal = capture({
      paymentId: 'pay-1',
      runId: 7n,
      metadata: '{"shop": "north"}',
      postings: [pair(), fee],
    });
    expect(await postBatch(tx, [journal])).toEqual(CREATED_ONE);
    const { account, journal_key, ...tables } = await ledgerTables(tx);
    expect(account).toHaveLength(3);
    expect(journal_key).toHaveLength(1);
    const names = new Map(
      (account as { account_id: number; code: string }[]).map((row) => [row.account_id, row.code]),
    );
    const named = JSON.parse(JSON.stringify(tables), (key, value) =>
      key.endsWith('account_id') ? names.get(value) : value,
    );
    expect(named).toMatchObject({
      journal: [
        {
          key: 'pay-1',
          kind: 'capture',
          effective_date: '2026-03-01',
          booked_on: '2026-03-02',
          reference: 'order-1',
          description: 'capture order-1',
          run_id: 7,
          created_by: 'tester',
          metadata: { shop: 'north' },
        },
      ],
      posting: [
        {
          seq: 1,
          debit_account_id: RECEIVABLE,
          credit_account_id: PAYABLE,
          amount_minor: 1234,
          opens_debit_item: true,
          opens_credit_item: false,
        },
        {
          seq: 2,
          debit_account_id: PAYABLE,
          credit_account_id: FEES,
          amount_minor: 34,
          opens_debit_item: false,
        },
      ],
      open_item: [
        {
          account_id: RECEIVABLE,
          amount_minor: 1234,
          reference: 'order-1',
          payment_id: 'pay-1',
          kind: 'capture',
          effective_date: '2026-03-01',
          run_id: 7,
        },
      ],
    });
    expect(named.balance).toHaveLength(3);
    expect(named.balance).toContainEqual(
      expect.objectContaining({
        account_id: PAYABLE,
        slot: 0,
        debits_minor: 34,
        credits_minor: 1234,
        pending_debits_minor: 0,
        pending_credits_minor: 0,
      }),
    );
    expect(named.balance_day).toContainEqual({
      account_id: PAYABLE,
      effective_date: '2026-03-01',
      booked_on: '2026-03-02',
      debits_minor: 34,
      credits_minor: 1234,
      slot: 0,
    });
  }));

test('opens a negative item for a credit that waits for evidence, with the posting’s own reference', () =>
  inBook(async (tx) => {
    const refund = pair({
      debit: PAYABLE,
      credit: RECEIVABLE,
      opens: 'credit',
      reference: 'psp-9',
    });
    await postBatch(tx, [capture({ postings: [refund] })]);
    const { open_item } = await ledgerTables(tx);
    expect(open_item).toMatchObject([{ amount_minor: -1234, reference: 'psp-9' }]);
  }));

test('books on the day it is in UTC, whatever the effective date', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture({ effectiveDate: day('2025-12-31') })], {
      now: new Date('2026-03-02T23:59:59.999Z'),
    });
    const { journal } = await ledgerTables(tx);
    expect(journal).toMatchObject([{ booked_on: '2026-03-02', effective_date: '2025-12-31' }]);
  }));

test('posts many journals over many batches', () =>
  inBook(async (tx) => {
    async function* batches() {
      for (let batch = 0; batch < 5; batch += 1) {
        yield Array.from({ length: 400 }, (_, n) => capture({ key: `pay-${batch}-${n}` }));
      }
      yield [];
    }
    const outcome = await post(tx, batches(), postOptions());
    expect(outcome).toEqual({ created: 2_000, exists: 0, refused: [] });
    expect(await rowCounts(tx)).toMatchObject({ journal: 2_000, open_item: 2_000, balance: 2 });
    expect(await brokenChecks(tx)).toEqual([]);
  }));

test('posts nothing when nothing is asked', () =>
  inBook(async (tx) => {
    expect(await postBatch(tx, [])).toEqual({ created: 0, exists: 0, refused: [] });
    expect(await postAll(tx, [], postOptions())).toEqual({ created: 0, exists: 0, refused: [] });
    expect(await rowCounts(tx)).toMatchObject({ journal: 0, account: 0 });
  }));

test('posts a key that comes twice in one batch once, and finds it the second time', () =>
  inBook(async (tx) => {
    const outcome = await postBatch(tx, [capture(), capture()]);
    expect(outcome).toEqual({ created: 1, exists: 1, refused: [] });
    expect(await rowCounts(tx)).toMatchObject({ journal: 1, posting: 1, open_item: 1 });
    expect(await brokenChecks(tx)).toEqual([]);
  }));

test('lets the first of a batch win when one key comes with two contents', () =>
  inBook(async (tx) => {
    const other = capture({ postings: [pair({ amountMinor: 99n })] });
    const outcome = await postBatch(tx, [capture({ key: 'pay-0' }), capture(), capture(), other]);
    expect(outcome).toEqual({
      created: 2,
      exists: 1,
      refused: [
        { requestNo: 3n, key: 'pay-1', code: 'exists_with_different_amount', isReplay: true },
      ],
    });
    const { posting } = await ledgerTables(tx);
    expect(posting).toMatchObject([{ amount_minor: 1234 }, { amount_minor: 1234 }]);
  }));

test('finds a journal that was posted before, whoever asks and in whichever run', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture()]);
    const before = await ledgerTables(tx);
    const later = { now: new Date('2027-01-01T00:00:00Z') };
    const again = capture({ createdBy: 'somebody else', runId: 12n });
    expect(await postBatch(tx, [again], later)).toEqual({ created: 0, exists: 1, refused: [] });
    expect(await ledgerTables(tx)).toEqual(before);
  }));

test.each<[string, string, Partial<JournalRequest>]>([
  ['amount', 'amount', { postings: [pair({ amountMinor: 1235n })] }],
  ['debited account', 'debit_account', { postings: [pair({ debit: 'assets:receivable:other' })] }],
  [
    'credited account',
    'credit_account',
    { postings: [pair({ credit: 'liabilities:payable:other' })] },
  ],
  [
    'side that waits',
    'opens',
    { postings: [{ debit: RECEIVABLE, credit: PAYABLE, amountMinor: 1234n }] },
  ],
  ['number of postings', 'postings', { postings: [pair(), pair()] }],
  ['reference of a posting', 'item_reference', { postings: [pair({ reference: 'psp-1' })] }],
  ['effective date', 'effective_date', { effectiveDate: day('2026-03-02') }],
  ['reference', 'reference', { reference: 'order-2' }],
  ['kind', 'kind', { kind: 'refund' }],
  ['currency', 'currency', { currency: 'USD' }],
  ['payment', 'payment_id', { paymentId: 'pay-1' }],
  ['metadata', 'metadata', { metadata: '{}' }],
])(
  'refuses a key that comes back with another %s, and writes nothing for it',
  (_, field, changes) =>
    inBook(async (tx) => {
      await postBatch(tx, [capture()]);
      const { account: _accounts, ...before } = await ledgerTables(tx);
      const outcome = await postBatch(tx, [capture(changes)]);
      expect(outcome).toEqual({
        created: 0,
        exists: 0,
        refused: [
          { requestNo: 0n, key: 'pay-1', code: `exists_with_different_${field}`, isReplay: true },
        ],
      });
      const { account: _after, ...after } = await ledgerTables(tx);
      expect(after).toEqual(before);
    }),
);

test('keeps the keys of two books apart', () =>
  inBook(async (tx) => {
    const other = await givenBook(tx, 'other');
    expect(await postBatch(tx, [capture()])).toEqual(CREATED_ONE);
    expect(await postBatch(tx, [capture()], { bookId: other })).toEqual(CREATED_ONE);
    expect(await brokenChecks(tx, other)).toEqual([]);
  }));

test.each<[string, JournalRequest, string]>([
  [
    'names an account the chart has no place for',
    capture({ postings: [pair({ credit: 'nowhere:1' })] }),
    'unknown_account',
  ],
  [
    'credits a frozen account',
    capture({ postings: [pair({ credit: 'liabilities:frozen' })] }),
    'account_frozen',
  ],
  [
    'debits a frozen account',
    capture({ postings: [{ debit: 'liabilities:frozen', credit: PAYABLE, amountMinor: 1n }] }),
    'account_frozen',
  ],
  [
    'credits a closed account',
    capture({ postings: [pair({ credit: 'liabilities:closed' })] }),
    'account_closed',
  ],
  [
    'opens a debit on an account that is not reconcilable',
    capture({ postings: [pair({ debit: BANK })] }),
    'not_reconcilable',
  ],
  [
    'opens a credit on an account that is not reconcilable',
    capture({ postings: [pair({ opens: 'credit' })] }),
    'not_reconcilable',
  ],
  [
    'is wrong in its second posting only',
    capture({ postings: [pair(), pair({ credit: 'nowhere:1' })] }),
    'unknown_account',
  ],
])('refuses a journal that %s, while the others post', (_, wrong, code) =>
  inBook(async (tx) => {
    const opening = ['liabilities:frozen', 'liabilities:closed'].map((credit) =>
      capture({
        key: credit,
        postings: [
          { debit: BANK, credit, amountMinor: 1n },
          { debit: credit, credit: BANK, amountMinor: 1n },
        ],
      }),
    );
    await postBatch(tx, opening);
    await setStatus(tx, 'liabilities:frozen', 'frozen');
    await setStatus(tx, 'liabilities:closed', 'closed');
    const journals = [capture({ key: 'before' }), wrong, capture({ key: 'after' })];
    expect(await postBatch(tx, journals)).toEqual({
      created: 2,
      exists: 0,
      refused: [{ requestNo: 1n, key: 'pay-1', code, isReplay: false }],
    });
    const { journal, posting, open_item } = await ledgerTables(tx);
    expect(journal).toHaveLength(4);
    expect(posting).toHaveLength(6);
    expect(open_item).toHaveLength(2);
    expect(await brokenChecks(tx)).toEqual([]);
  }),
);

test('keeps a refusal with its key, also once its cause is gone', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture({ key: 'opening' })]);
    await setStatus(tx, PAYABLE, 'frozen');
    const refusal = { requestNo: 0n, key: 'pay-1', code: 'account_frozen' };
    expect((await postBatch(tx, [capture()])).refused).toEqual([{ ...refusal, isReplay: false }]);
    await setStatus(tx, PAYABLE, 'active');
    expect((await postBatch(tx, [capture()])).refused).toEqual([{ ...refusal, isReplay: true }]);
    const other = capture({ kind: 'refund' });
    expect((await postBatch(tx, [other])).refused).toMatchObject([
      { code: 'exists_with_different_kind' },
    ]);
    expect(await rowCounts(tx)).toMatchObject({ journal: 1, journal_refusal: 1 });
  }));

test('lets a refused key post once its cause is gone, when refusals are not to be kept', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture({ key: 'opening' })]);
    await setStatus(tx, PAYABLE, 'frozen');
    const retry = { refusals: 'retry' } as const;
    expect((await postBatch(tx, [capture()], retry)).refused).toHaveLength(1);
    await setStatus(tx, PAYABLE, 'active');
    expect(await postBatch(tx, [capture()], retry)).toEqual(CREATED_ONE);
  }));

test('posts nothing at all when one of all or nothing is refused, and keeps no refusal', () =>
  inBook(async (tx) => {
    const wrong = capture({ key: 'wrong', postings: [pair({ credit: 'nowhere:1' })] });
    const all = { allOrNothing: true };
    const outcome = await postBatch(tx, [capture(), wrong], all);
    expect(outcome).toMatchObject({ created: 0, refused: [{ key: 'wrong' }] });
    expect(await rowCounts(tx)).toMatchObject({ journal: 0, journal_key: 0, journal_refusal: 0 });
    expect(await postBatch(tx, [capture()], all)).toEqual(CREATED_ONE);
  }));

test('finds a journal that was posted before one of its accounts was closed', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture()]);
    await setStatus(tx, PAYABLE, 'closed');
    expect(await postBatch(tx, [capture()])).toEqual({ created: 0, exists: 1, refused: [] });
  }));

test('gives the same key to the next request of the batch when the first one was refused', () =>
  inBook(async (tx) => {
    const wrong = capture({ postings: [pair({ credit: 'nowhere:1' })] });
    expect(await postBatch(tx, [wrong, capture()], { refusals: 'retry' })).toEqual({
      created: 1,
      exists: 0,
      refused: [{ requestNo: 0n, key: 'pay-1', code: 'unknown_account', isReplay: false }],
    });
  }));

test('opens an account in each currency it is posted in, with the terms of the chart', () =>
  inBook(async (tx) => {
    const own = chartOf([{ code: 'assets:cash', type: 'asset', name: 'Till', currency: 'EUR' }]);
    const till = (currency: string) =>
      capture({
        key: currency,
        currency,
        postings: [{ debit: 'assets:cash', credit: 'equity:opening', amountMinor: 5n }],
      });
    expect(await postBatch(tx, [till('EUR'), till('USD')], { chart: own })).toMatchObject({
      created: 2,
    });
    const { account } = await ledgerTables(tx);
    expect(account).toHaveLength(4);
    expect(account).toContainEqual(
      expect.objectContaining({ code: 'assets:cash', currency: 'EUR', name: 'Till' }),
    );
  }));

test('never changes the terms of an account that is open', () =>
  inBook(async (tx) => {
    await postBatch(tx, [capture()]);
    const { account: before } = await ledgerTables(tx);
    const chart = chartOf([
      { code: PAYABLE, type: 'asset', name: 'Changed', isReconcilable: true },
    ]);
    await postBatch(tx, [capture({ key: 'pay-2' })], { chart });
    const { account: after } = await ledgerTables(tx);
    expect(after).toEqual(before);
  }));

test('writes the same tables for a batch as for its journals one by one', async () => {
  const journals = Array.from({ length: 40 }, (_, n) =>
    capture({
      key: `pay-${n % 30}`,
      effectiveDate: day(`2026-03-0${(n % 3) + 1}`),
      currency: n % 2 === 0 ? 'EUR' : 'JPY',
      postings: [
        pair({ amountMinor: BigInt(1 + (n % 30)) }),
        pair({
          debit: PAYABLE,
          credit: n % 7 === 0 ? 'nowhere:1' : RECEIVABLE,
          amountMinor: 1n,
          opens: 'credit',
        }),
      ],
    }),
  );
  const [batched, one] = await Promise.all([
    inBook(async (tx) => {
      const outcome = await postBatch(tx, journals);
      return { outcome, tables: await ledgerTables(tx) };
    }),
    inBook(async (tx) => {
      let [created, exists, refused] = [0, 0, 0];
      for (const journal of journals) {
        const outcome = await postBatch(tx, [journal]);
        created += outcome.created;
        exists += outcome.exists;
        refused += outcome.refused.length;
      }
      return { outcome: { created, exists, refused }, tables: await ledgerTables(tx) };
    }),
  ]);
  expect(batched.tables).toEqual(one.tables);
  expect({ ...batched.outcome, refused: batched.outcome.refused.length }).toEqual(one.outcome);
  expect(one.outcome.created).toBeGreaterThan(20);
  expect(one.outcome.refused).toBeGreaterThan(0);
});

test('carries the largest amount a posting can hold, exactly', () =>
  inBook(async (tx) => {
    const amountMinor = 2n ** 63n - 1n;
    await postBatch(tx, [capture({ postings: [pair({ amountMinor })] })]);
    const rows = await tx.query(
      'select amount_minor, debits_minor from tieout.posting, tieout.balance where debits_minor > 0',
    );
    expect(rows).toEqual([{ amount_minor: amountMinor, debits_minor: amountMinor }]);
  }));

test('refuses a journal without postings', () =>
  inBook(async (tx) => {
    const outcome = await postBatch(tx, [capture({ postings: [] }), capture({ key: 'pay-2' })]);
    expect(outcome).toMatchObject({ created: 1, refused: [{ code: 'no_postings' }] });
  }));

test('says which journal the caller of postAll got wrong', () =>
  inBook(async (tx) => {
    const wrong = capture({ postings: [pair({ credit: 'nowhere:1' })] });
    await expect(postAll(tx, [wrong], postOptions())).rejects.toMatchObject({
      code: 'invariant_broken',
      message: 'journal pay-1 was refused: unknown_account; nothing was posted',
    });
    expect(await postAll(tx, [capture()], { ...postOptions(), now: NOW, bookId: BOOK_ID })).toEqual(
      CREATED_ONE,
    );
  }));
