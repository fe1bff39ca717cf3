import { expect, test } from 'vitest';
import { inRolledBackTransaction } from '../support/database.ts';
import { FEES } from './books.ts';
import { brokenByScript, journalId } from './whole-ledger.ts';

const account = (code: string) => `tieout.account_id('${code}', 'EUR')`;
const of = (key: string) => `journal_id = ${journalId(key)}`;

async function broken(sql: string): Promise<string[]> {
  return await inRolledBackTransaction((tx) => brokenByScript(tx, sql));
}

test.each<[string, string, readonly string[]]>([
  [
    'a total that was edited',
    `update tieout.reversal_total set reversed_minor = reversed_minor - 1 where ${of('sale-1')}`,
    ['I6'],
  ],
  ['a total that was deleted', `delete from tieout.reversal_total where ${of('sale-1')}`, ['I6']],
  [
    'a total of a posting that nothing reversed',
    `insert into tieout.reversal_total select book_id, journal_id, 1, 3, 3 from tieout.journal where key = 'march'`,
    ['I6'],
  ],
  [
    'a total with another amount than its posting',
    `update tieout.reversal_total set amount_minor = amount_minor + 1 where ${of('sale-1')}`,
    ['I6'],
  ],
  [
    'more reversed than was posted',
    `alter table tieout.reversal_total drop constraint reversal_total_stays_within_the_original;
     update tieout.reversal_total set reversed_minor = 1001 where ${of('sale-1')};
     update tieout.posting set amount_minor = 1001 where ${of('sale-1 in part')}`,
    ['I2', 'I3', 'I6', 'I15'],
  ],
  [
    'a reversing posting that is not swapped',
    `update tieout.posting set debit_account_id = credit_account_id, credit_account_id = debit_account_id, opens_debit_item = true where ${of('sale-2 back')}`,
    ['I2', 'I3', 'I6', 'I15'],
  ],
  [
    'a reversing posting that debits another account',
    `update tieout.posting set debit_account_id = ${account(FEES)} where ${of('sale-1 in part')}`,
    ['I2', 'I3', 'I6'],
  ],
  [
    'a reversing posting that credits another account',
    `update tieout.posting set credit_account_id = ${account(FEES)} where ${of('sale-1 in part')}`,
    ['I2', 'I3', 'I6'],
  ],
  [
    'a reversal of what was never settled',
    `update tieout.posting set layer = 'pending' where ${of('sale-2')}`,
    ['I2', 'I3', 'I6', 'I7', 'I15'],
  ],
  [
    'a reversing posting of another place',
    `update tieout.posting set seq = 9 where ${of('sale-1 in part')}`,
    ['I6', 'I15'],
  ],
  [
    'a reversing posting that is not settled',
    `update tieout.posting set layer = 'pending' where ${of('sale-1 in part')}`,
    ['I2', 'I3', 'I6', 'I7', 'I15'],
  ],
  [
    'a reversing posting in another currency',
    `update tieout.posting set currency = 'USD' where ${of('sale-1 in part')}`,
    ['I1', 'I6'],
  ],
  [
    'a reversing journal without reversal',
    `delete from tieout.reversal where ${of('sale-1 in part')}`,
    ['I6'],
  ],
  [
    'a reversal of a journal that does not say so',
    `update tieout.journal set reverses_journal_id = null where key = 'sale-2 back'`,
    ['I6'],
  ],
  [
    'a reversal of another journal than it says',
    `update tieout.reversal set reversed_journal_id = ${journalId('sale-2')} where ${of('sale-1 in part')}`,
    ['I6'],
  ],
  [
    'a reversal that has the wrong day of its original',
    `update tieout.reversal set reversed_booked_on = '2020-01-01' where ${of('sale-1 in part')}`,
    ['I6'],
  ],
  [
    'a reversal that has the wrong day of its own',
    `update tieout.reversal set booked_on = '2020-01-01' where ${of('sale-1 in part')}`,
    ['I6'],
  ],
])('finds a breach of reversals: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});
