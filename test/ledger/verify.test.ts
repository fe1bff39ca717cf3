import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { closeItems } from '../../src/ledger/close-items.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';
import {
  BOOK_ID,
  brokenChecks,
  capture,
  day,
  FEES,
  givenBook,
  PAYABLE,
  pair,
  postBatch,
  RECEIVABLE,
  rowCounts,
} from './books.ts';

/** Three captures on two days in two currencies, one with a fee, one closed by a live match. */
async function givenLedger(tx: Tx): Promise<void> {
  await givenBook(tx);
  const fee = { debit: PAYABLE, credit: FEES, amountMinor: 34n };
  const closing = { debit: 'assets:bank:main', credit: RECEIVABLE, amountMinor: 1234n };
  await postBatch(tx, [
    capture({ postings: [pair(), fee] }),
    capture({ key: 'pay-2', effectiveDate: day('2026-02-28') }),
    capture({ key: 'pay-3', currency: 'USD' }),
    capture({ key: 'settlement', kind: 'settlement', postings: [closing] }),
  ]);
  await tie(tx, 'pay-2');
  expect(await closeItems(tx, { bookId: BOOK_ID, runId: 1n })).toBe(1);
}

/** A live match of run 1 that holds the open item of a journal. */
async function tie(tx: Tx, key: string): Promise<void> {
  await tx.execute(
    `insert into tieout.match_member
       (book_id, group_id, member_no, run_id, item_id, item_account_id, item_amount_minor, is_live)
     select open_item.book_id, journal_id, 1, 1, item_id, account_id, amount_minor, true
     from tieout.open_item join tieout.journal using (book_id, journal_id)
     where book_id = $1 and key = $2`,
    [BOOK_ID, key],
  );
  await tx.execute(
    `insert into tieout.run (book_id, run_id, state, business_date, started_at, host, pid, code_version)
     values ($1, 1, 'APPLIED', '2026-03-01', '2026-03-02T09:00Z', 'here', 1, '0')
     on conflict do nothing`,
    [BOOK_ID],
  );
  await tx.execute(
    `insert into tieout.match_group (book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at)
     select distinct book_id, group_id, 1, 'by-hand', 'UNIQUE', 0, 'confirmed', 1, timestamptz '2026-03-02T09:00Z'
     from tieout.match_member where book_id = $1
     on conflict do nothing`,
    [BOOK_ID],
  );
}

async function brokenBy(sql: string): Promise<string[]> {
  return await inRolledBackTransaction(async (tx) => {
    await givenLedger(tx);
    await tamper(tx, sql);
    // I16 is I11 by day and is broken with many others; open-items.test.ts plants its own breaches.
    return (await brokenChecks(tx)).filter((id) => id !== 'I16');
  });
}

test('looks at every row of a sound ledger and finds nothing', async () => {
  const checks = await inRolledBackTransaction(async (tx) => {
    await givenLedger(tx);
    return await verifyLedger(tx, BOOK_ID);
  });
  const found = checks.filter(({ checked }) => checked > 0n);
  expect(found.map(({ id, checked, breaches }) => [id, checked, breaches])).toEqual([
    ['I1', 5n, 0n],
    ['I2', 6n, 0n],
    ['I3', 8n, 0n],
    ['I5', 4n, 0n],
    ['I11', 2n, 0n],
    ['I15', 3n, 0n],
    ['I16', 3n, 0n],
  ]);
});

test('finds nothing in a book nobody posted to, and nothing of another book', () =>
  inRolledBackTransaction(async (tx) => {
    await givenLedger(tx);
    const other = await givenBook(tx, 'other');
    await tamper(tx, 'delete from tieout.journal_key');
    expect(await brokenChecks(tx, other)).toEqual([]);
    expect(await brokenChecks(tx, BOOK_ID)).toEqual(['I5']);
  }));

const ONE_ITEM = `item_id = (select min(item_id::text)::uuid from tieout.open_item)`;
const JOURNAL = `(select journal_id from tieout.journal where key = 'pay-1')`;

test.each<[string, string, readonly string[]]>([
  [
    'a posting between two currencies',
    `alter table tieout.posting drop constraint posting_credit_account_fk;
     update tieout.posting set credit_account_id = tieout.account_id('${PAYABLE}', 'USD')
     where seq = 1 and journal_id = ${JOURNAL}`,
    ['I1', 'I2', 'I3'],
  ],
  [
    'a posting on an account that is gone',
    `alter table tieout.posting drop constraint posting_credit_account_fk;
     alter table tieout.balance drop constraint balance_account_fk;
     delete from tieout.account where code = '${FEES}'`,
    ['I1'],
  ],
  [
    'a balance that was edited',
    `update tieout.balance set debits_minor = debits_minor + 1 where account_id = tieout.account_id('${FEES}', 'EUR')`,
    ['I2'],
  ],
  [
    'a balance that was deleted',
    `delete from tieout.balance where account_id = tieout.account_id('${FEES}', 'EUR')`,
    ['I2'],
  ],
  [
    'a balance that nothing was posted to',
    `insert into tieout.balance select book_id, account_id, 1, 1, 1 from tieout.balance limit 1`,
    ['I2'],
  ],
  [
    'a day that was edited',
    'update tieout.balance_day set credits_minor = credits_minor + 1',
    ['I3'],
  ],
  [
    'a day that was moved',
    `update tieout.balance_day set effective_date = '2020-01-01' where effective_date = '2026-02-28'`,
    ['I3'],
  ],
  [
    'a day that was deleted',
    `delete from tieout.balance_day where effective_date = '2026-02-28'`,
    ['I3'],
  ],
  [
    'an amount that was edited',
    `update tieout.posting set amount_minor = 1 where seq = 2`,
    ['I2', 'I3'],
  ],
  [
    'a posting moved to another day',
    `update tieout.posting set effective_date = '2020-01-01' where seq = 2`,
    ['I3'],
  ],
  ['a posting that was deleted', 'delete from tieout.posting where seq = 2', ['I2', 'I3']],
  [
    'every posting of a journal deleted, and its balances with them',
    `delete from tieout.posting where journal_id = ${JOURNAL}`,
    ['I2', 'I3', 'I5', 'I15'],
  ],
  ['a journal that was deleted', `delete from tieout.journal where key = 'pay-1'`, ['I5', 'I15']],
  [
    'a key that was deleted',
    `delete from tieout.journal_key where journal_id = ${JOURNAL}`,
    ['I5'],
  ],
  [
    'a second key of one journal',
    `insert into tieout.journal_key select book_id, '\\x00', journal_id, booked_on, fingerprint, operation_id from tieout.journal_key limit 1`,
    ['I5'],
  ],
  [
    'a journal whose key was edited',
    `update tieout.journal set key = 'pay-9' where key = 'pay-1'`,
    ['I5'],
  ],
  [
    'an open item that was edited',
    `update tieout.open_item set amount_minor = amount_minor + 1 where ${ONE_ITEM}`,
    ['I11', 'I15'],
  ],
  [
    'an open item that was deleted',
    `delete from tieout.open_item where ${ONE_ITEM}`,
    ['I11', 'I15'],
  ],
  [
    'an open item that no posting opened',
    `update tieout.open_item set item_id = '00000000-0000-8000-8000-000000000002' where ${ONE_ITEM}`,
    ['I15'],
  ],
  [
    'an item closed by a match that is not live',
    'update tieout.match_member set is_live = false',
    ['I15'],
  ],
  [
    'a match of an item that no posting opened',
    `delete from tieout.open_item where ${ONE_ITEM}; update tieout.match_member set item_id = '00000000-0000-8000-8000-000000000002'`,
    ['I11', 'I15'],
  ],
])('finds %s', async (_, sql, broken) => {
  expect(await brokenBy(sql)).toEqual(broken);
});

test('finds an item that is open although a live match holds it', async () => {
  const broken = await inRolledBackTransaction(async (tx) => {
    await givenLedger(tx);
    await tie(tx, 'pay-1');
    return await brokenChecks(tx);
  });
  expect(broken).toEqual(['I15', 'I16']);
});

test('closes what the live matches of the run hold, and nothing else', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture(), capture({ key: 'pay-2' }), capture({ key: 'pay-3' })]);
    await tie(tx, 'pay-1');
    await tie(tx, 'pay-2');
    await tamper(
      tx,
      `update tieout.match_member set is_live = false
       where group_id = (select journal_id from tieout.journal where key = 'pay-2')`,
    );
    expect(await closeItems(tx, { bookId: BOOK_ID, runId: 2n })).toBe(0);
    expect(await closeItems(tx, { bookId: BOOK_ID, runId: 1n })).toBe(1);
    expect(await closeItems(tx, { bookId: BOOK_ID, runId: 1n })).toBe(0);
    expect(await rowCounts(tx)).toMatchObject({ open_item: 2, posting: 3 });
  }));
