import { beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { accountIdOf } from '../../src/ids.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';
import {
  BANK,
  BOOK_ID,
  capture,
  givenBook,
  PAYABLE,
  pair,
  postBatch,
  RECEIVABLE,
} from './books.ts';

interface Row {
  readonly debit: bigint;
  readonly credit: bigint;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly seq: number;
}

const [RECEIVABLE_EUR, PAYABLE_EUR, PAYABLE_USD] = [
  accountIdOf(RECEIVABLE, 'EUR'),
  accountIdOf(PAYABLE, 'EUR'),
  accountIdOf(PAYABLE, 'USD'),
];
const SOUND: Row = {
  debit: RECEIVABLE_EUR,
  credit: PAYABLE_EUR,
  currency: 'EUR',
  amountMinor: 1n,
  seq: 2,
};

async function insert(tx: Tx, changes: Partial<Row>): Promise<void> {
  const row = { ...SOUND, ...changes };
  await givenBook(tx);
  await postBatch(tx, [capture(), capture({ key: 'dollars', currency: 'USD' })]);
  await tx.execute(
    `insert into tieout.posting
     select book_id, booked_on, journal_id, $2, 'settled', $3, $4, $5, $6, effective_date, false, false
     from tieout.journal where book_id = $1 and key = 'pay-1'`,
    [BOOK_ID, row.seq, row.debit, row.credit, row.currency, row.amountMinor],
  );
}

beforeAll(() => inRolledBackTransaction((tx) => insert(tx, {})));

test.each<[string, Partial<Row>, string]>([
  ['of nothing', { amountMinor: 0n }, 'posting_amount_is_positive'],
  ['of less than nothing', { amountMinor: -1n }, 'posting_amount_is_positive'],
  ['inside one account', { credit: RECEIVABLE_EUR }, 'posting_moves_between_two_accounts'],
  ['in another currency than its accounts', { currency: 'USD' }, 'posting_debit_account_fk'],
  ['to an account of another currency', { credit: PAYABLE_USD }, 'posting_credit_account_fk'],
  ['from an account nobody opened', { credit: 42n }, 'posting_credit_account_fk'],
  ['too far down its journal for an item id', { seq: 32_768 }, 'posting_seq_fits_an_item_id'],
  ['at a place that is taken', { seq: 1 }, 'posting_pkey'],
])('the database refuses a posting %s', async (_, changes, constraint) => {
  const work = inRolledBackTransaction((tx) => insert(tx, changes));
  await expect(work).rejects.toThrow(constraint);
});

test.each<[string, string]>([
  ['a zero amount', 'invalid_amount'],
  ['one account on both sides', 'same_account'],
])('post() refuses %s before the database does', async (_, code) => {
  const posting =
    code === 'same_account' ? pair({ credit: RECEIVABLE }) : pair({ amountMinor: 0n });
  const outcome = await inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    return await postBatch(tx, [capture({ postings: [posting] })]);
  });
  expect(outcome).toMatchObject({ created: 0, refused: [{ key: 'pay-1', code }] });
});

test.each<[string, string, string]>([
  [
    'a second balance of one account',
    'balance_pkey',
    `insert into tieout.balance select * from tieout.balance limit 1`,
  ],
  [
    'a key twice',
    'journal_key_pkey',
    'insert into tieout.journal_key select * from tieout.journal_key limit 1',
  ],
  [
    'an open item of nothing',
    'open_item_amount_is_not_zero',
    'update tieout.open_item set amount_minor = 0',
  ],
  [
    'an account in a currency not in use',
    'account_currency_fk',
    `update tieout.account set currency = 'XXX' where code = '${BANK}'`,
  ],
  ['a status nobody knows', 'account_status_is_known', `update tieout.account set status = 'lost'`],
  [
    'a code twice in one currency',
    'account_code_is_unique',
    'insert into tieout.account select book_id, 42, code, currency, name, type, normal_side, is_reconcilable, status, opened_at from tieout.account limit 1',
  ],
])('the database refuses %s', async (_, constraint, sql) => {
  const work = inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    const unposted = { debit: BANK, credit: 'equity:opening', amountMinor: 1n };
    await postBatch(tx, [capture(), capture({ key: 'opening', postings: [unposted] })]);
    await tamper(tx, 'delete from tieout.posting where not opens_debit_item');
    await tx.execute(sql);
  });
  await expect(work).rejects.toThrow(constraint);
});
