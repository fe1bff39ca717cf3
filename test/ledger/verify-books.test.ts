import { expect, test } from 'vitest';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK, BOOK_ID, FEES, PAYABLE, RECEIVABLE } from './books.ts';
import { ANN, brokenByScript, givenWholeLedger, journalId } from './whole-ledger.ts';

test('finds nothing in a sound ledger with all that a book can have', async () => {
  const checks = await inRolledBackTransaction(async (tx) => {
    await givenWholeLedger(tx);
    return await verifyLedger(tx, BOOK_ID);
  });
  const found = checks.map(({ id, checked, breaches, example }) => [
    id,
    checked,
    breaches,
    example,
  ]);
  expect(found).toEqual([
    ['I1', 26n, 0n, null],
    ['I2', 8n, 0n, null],
    ['I3', 34n, 0n, null],
    ['I4', 16n, 0n, null],
    ['I5', 25n, 0n, null],
    ['I6', 6n, 0n, null],
    ['I7', 6n, 0n, null],
    ['I8', 10n, 0n, null],
    ['I9', 2n, 0n, null],
    ['I10', 7n, 0n, null],
    ['I11', 2n, 0n, null],
    ['I12', 1n, 0n, null],
    ['I13', 0n, 0n, null],
    ['I14', 2n, 0n, null],
    ['I15', 6n, 0n, null],
    ['I16', 7n, 0n, null],
  ]);
});

const account = (code: string) => `tieout.account_id('${code}', 'EUR')`;
const REFUSED = `substring(sha256('refused') for 16)`;

test.each<[string, string, readonly string[]]>([
  // I1
  [
    'a posting in a currency its accounts are not in',
    `update tieout.posting set currency = 'USD' where journal_id = ${journalId('march')}`,
    ['I1'],
  ],
  [
    'an account in another currency than its postings',
    `update tieout.account set currency = 'USD' where code = '${FEES}'`,
    ['I1'],
  ],
  // I2
  [
    'a slot of a balance that was edited',
    `update tieout.balance set debits_minor = debits_minor + 1 where slot = 1`,
    ['I2'],
  ],
  [
    'pending debits that were edited',
    `update tieout.balance set pending_debits_minor = 51 where account_id = ${account(ANN)}`,
    ['I2'],
  ],
  [
    'pending credits that were edited',
    `update tieout.balance set pending_credits_minor = 1 where account_id = ${account(RECEIVABLE)}`,
    ['I2'],
  ],
  [
    'settled and pending that were exchanged',
    `update tieout.posting set layer = 'settled' where layer = 'pending' and journal_id = ${journalId('hold bob')}`,
    ['I2', 'I3', 'I7'],
  ],
  [
    'a delta that counts as pending what it settled',
    `update tieout.balance_delta set pending_credits_minor = pending_credits_minor + credits_minor, credits_minor = 0 where credits_minor > 0`,
    ['I2', 'I3'],
  ],
  // I3
  [
    'a day of a delta that was moved within its period',
    `update tieout.balance_delta set effective_date = effective_date + 1 where effective_date = '2026-02-14' and credits_minor > 0`,
    ['I3'],
  ],
  [
    'a day of a slot that is booked on another',
    `update tieout.balance_day set booked_on = booked_on + 1 where slot = 1`,
    ['I3'],
  ],
  [
    'credits of a day that were edited',
    `update tieout.balance_day set credits_minor = credits_minor + 1 where account_id = ${account(FEES)} and effective_date = '2026-03-05'`,
    ['I3'],
  ],
  // I4
  [
    'debits of a snapshot that were edited',
    `update tieout.period_balance set debits_minor = debits_minor + 1 where starts_on = '2026-01-01' and account_id = ${account(BANK)}`,
    ['I4'],
  ],
  [
    'credits of a snapshot that were edited',
    `update tieout.period_balance set credits_minor = credits_minor + 1 where starts_on = '2026-01-01' and account_id = ${account(PAYABLE)}`,
    ['I4'],
  ],
  [
    'a snapshot that lacks an account',
    `delete from tieout.period_balance where account_id = ${account(PAYABLE)}`,
    ['I4'],
  ],
  [
    'a snapshot of an account that nothing was posted to',
    `insert into tieout.period_balance values (${BOOK_ID}, '2026-01-01', 1, 1, 1)`,
    ['I4'],
  ],
  [
    'a snapshot of an open period',
    `insert into tieout.period_balance values (${BOOK_ID}, '2025-12-01', ${account(BANK)}, 0, 0)`,
    ['I4'],
  ],
  [
    'a snapshot of no period',
    `insert into tieout.period_balance values (${BOOK_ID}, '2025-11-01', ${account(BANK)}, 0, 0)`,
    ['I4'],
  ],
  // I5
  ['a refusal that was deleted', `delete from tieout.journal_refusal`, ['I5']],
  [
    'the key of a refusal that was deleted',
    `delete from tieout.journal_key where key_hash = ${REFUSED}`,
    ['I5'],
  ],
  [
    'a refusal under the hash of another key',
    `update tieout.journal_refusal set key = 'other'`,
    ['I5'],
  ],
  [
    'a refusal of a key that has a journal',
    `insert into tieout.journal_refusal select book_id, key_hash, 'march', 'x', '{}', '2026-03-05Z', null, 'x' from tieout.journal_key where journal_id = ${journalId('march')}`,
    ['I5'],
  ],
  [
    'a key under another hash than its journal',
    `update tieout.journal_key set key_hash = '\\x00' where journal_id = ${journalId('march')}`,
    ['I5'],
  ],
  [
    'a journal without postings',
    `insert into tieout.journal_key select book_id, substring(sha256('empty') for 16), operation_id, '2026-03-05', '', operation_id from tieout.journal_key where key_hash = ${REFUSED};
     insert into tieout.journal (book_id, booked_on, journal_id, key, kind, effective_date, booked_at, description, created_by)
     select book_id, booked_on, journal_id, 'empty', '', '2026-03-02', '2026-03-02Z', '', '' from tieout.journal_key where key_hash = substring(sha256('empty') for 16)`,
    ['I5'],
  ],
  [
    'a journal that is on another day than its postings',
    `update tieout.journal set booked_on = '2026-03-04' where key = 'march';
     update tieout.journal_key set booked_on = '2026-03-04' where journal_id = ${journalId('march')}`,
    ['I5', 'I14', 'I15'],
  ],
  // I11
  [
    'an open item that was deleted',
    `delete from tieout.open_item where journal_id = ${journalId('sale-1')}`,
    ['I11', 'I15'],
  ],
  [
    'a posting that should have opened an item',
    `update tieout.posting set opens_debit_item = false where journal_id = ${journalId('sale-1')}; delete from tieout.open_item where journal_id = ${journalId('sale-1')}`,
    ['I11'],
  ],
  [
    'an account that became reconcilable without items',
    `update tieout.account set is_reconcilable = true where code = '${FEES}'`,
    ['I11'],
  ],
  // I12
  [
    'an assertion that is not so',
    `update tieout.balance_assertion set balance_minor = balance_minor + 1`,
    ['I12'],
  ],
  [
    'an assertion of an account that nothing was posted to',
    `insert into tieout.balance_assertion values (${BOOK_ID}, 1, '2026-01-01', 1, '2026-01-01Z', '', '')`,
    ['I12'],
  ],
  [
    'an assertion that a later day would fulfil',
    `update tieout.balance_assertion set effective_date = '2026-02-13'`,
    ['I12'],
  ],
  // I14
  ['an announced journal without event', `delete from tieout.outbox_event`, ['I14']],
  [
    'a second announcement of a journal',
    `insert into tieout.outbox_event select book_id, '00000000-0000-8000-8000-000000000001', type, journal_id, booked_on, occurred_at from tieout.outbox_event`,
    ['I14'],
  ],
  [
    'an event of a journal that is not there',
    `insert into tieout.outbox_event select book_id, '00000000-0000-8000-8000-000000000001', 'other', '00000000-0000-8000-8000-000000000001', booked_on, occurred_at from tieout.outbox_event`,
    ['I14'],
  ],
  [
    'an event of a journal on another day',
    `update tieout.outbox_event set booked_on = booked_on + 1`,
    ['I14'],
  ],
  [
    'an announcement of a journal that was to be silent',
    `update tieout.journal set is_announced = false`,
    ['I14'],
  ],
])('finds %s', async (_, sql, broken) => {
  expect(await inRolledBackTransaction((tx) => brokenByScript(tx, sql))).toEqual(broken);
});

test('allows other events of a journal beside its announcement', async () => {
  const sql = `insert into tieout.outbox_event
    select book_id, '00000000-0000-8000-8000-000000000001', 'other', journal_id, booked_on, booked_at from tieout.journal where key in ('march', 'hold')
    limit 1`;
  expect(await inRolledBackTransaction((tx) => brokenByScript(tx, sql))).toEqual([]);
});

test.each<[string, string, RegExp]>([
  [
    'I1',
    `update tieout.posting set currency = 'USD' where journal_id = ${journalId('march')}`,
    new RegExp(`^posting in USD: debit ${PAYABLE} EUR, credit ${FEES} EUR$`),
  ],
  [
    'I2',
    `update tieout.balance set debits_minor = debits_minor + 1 where slot = 1`,
    new RegExp(`^${BANK} EUR: debits are \\d+, postings sum to \\d+$`),
  ],
  [
    'I5',
    `delete from tieout.journal_refusal`,
    /^key [0-9a-f]{32} has neither journal nor refusal$/,
  ],
])('gives an example of what breaks %s', async (id, sql, example) => {
  const checks = await inRolledBackTransaction(async (tx) => {
    await brokenByScript(tx, sql);
    return await verifyLedger(tx, BOOK_ID);
  });
  expect(checks.find((check) => check.id === id)).toMatchObject({
    breaches: 1n,
    example: expect.stringMatching(example),
  });
});
