import { expect, test } from 'vitest';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK } from './books.ts';
import { brokenByScript, journalId } from './whole-ledger.ts';

const account = (code: string) => `tieout.account_id('${code}', 'EUR')`;
const of = (key: string) => `journal_id = ${journalId(key)}`;
const NOBODY = `'00000000-0000-8000-8000-00000000000f'`;

async function broken(sql: string): Promise<string[]> {
  return await inRolledBackTransaction((tx) => brokenByScript(tx, sql));
}

test.each<[string, string, readonly string[]]>([
  [
    'one of two items of one posting that is gone',
    `delete from tieout.open_item where ${of('between items')} and amount_minor < 0`,
    ['I11', 'I15'],
  ],
  [
    'what a reversal left of an item, edited',
    `update tieout.open_item set amount_minor = 1000 where ${of('sale-1')}`,
    ['I11', 'I15'],
  ],
  [
    'an item that was reversed whole and is open',
    `insert into tieout.open_item (book_id, item_id, account_id, currency, amount_minor, kind, effective_date, booked_on, journal_id)
     select book_id, tieout.item_id(journal_id, seq, true), debit_account_id, currency, 250, '', effective_date, booked_on, journal_id from tieout.posting where ${of('sale-3')}`,
    ['I11', 'I15'],
  ],
  [
    'an item that was reversed whole and is matched',
    `update tieout.match_member set item_id = tieout.item_id(${journalId('sale-3')}, 1, true)`,
    ['I15'],
  ],
  [
    'a reversal that claims to have opened an item',
    `update tieout.posting set opens_credit_item = true where ${of('sale-1 in part')}`,
    ['I15'],
  ],
  ['a match of another amount', `update tieout.match_member set item_amount_minor = 699`, ['I15']],
  [
    'a match on another account',
    `update tieout.match_member set item_account_id = ${account(BANK)}`,
    ['I15'],
  ],
  [
    'an item on another account',
    `update tieout.open_item set account_id = ${account(BANK)} where ${of('sale-1')}`,
    ['I11', 'I15'],
  ],
  [
    'an item in another currency',
    `update tieout.open_item set currency = 'USD' where ${of('sale-1')}`,
    ['I15'],
  ],
  [
    'an item of another journal',
    `update tieout.open_item set journal_id = ${journalId('march')} where ${of('sale-1')}`,
    ['I15'],
  ],
  [
    'an item of another day',
    `update tieout.open_item set booked_on = booked_on + 1 where ${of('sale-1')}`,
    ['I15'],
  ],
  [
    'a posting whose journal is on another day',
    `update tieout.journal set booked_on = booked_on + 1 where key = 'load bob'`,
    ['I5', 'I15'],
  ],
  [
    'nothing of what is only pending',
    `update tieout.posting set opens_debit_item = true where ${of('hold bob')}`,
    [],
  ],
  [
    'a conversion on another day than its journal',
    'update tieout.conversion set booked_on = booked_on + 1',
    ['I15'],
  ],
  ['a conversion without journal', `update tieout.conversion set journal_id = ${NOBODY}`, ['I15']],
])('finds a breach of items: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});
