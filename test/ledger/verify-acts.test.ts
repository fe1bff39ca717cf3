import { expect, test } from 'vitest';
import { inRolledBackTransaction } from '../support/database.ts';
import { BOOK_ID, FEES } from './books.ts';
import { BOB, brokenByScript, EVE, journalId } from './whole-ledger.ts';

const account = (code: string) => `tieout.account_id('${code}', 'EUR')`;
const of = (key: string) => `journal_id = ${journalId(key)}`;
const NOBODY = `'00000000-0000-8000-8000-00000000000f'`;

async function broken(sql: string): Promise<string[]> {
  return await inRolledBackTransaction((tx) => brokenByScript(tx, sql));
}

const HOLD = `hold_id = ${journalId('hold')}`;
test.each<[string, string, readonly string[]]>([
  [
    'posted that remains',
    `update tieout.hold set posted_minor = 299, remaining_minor = 51 where ${HOLD}`,
    ['I7'],
  ],
  [
    'voided that remains',
    `update tieout.hold set voided_minor = 99, remaining_minor = 51 where ${HOLD}`,
    ['I7'],
  ],
  [
    'expired that remains',
    `update tieout.hold set expired_minor = 0, remaining_minor = 100 where ${HOLD}`,
    ['I7'],
  ],
  [
    'parts that do not add up',
    `alter table tieout.hold drop constraint hold_loses_nothing; update tieout.hold set remaining_minor = 51 where ${HOLD}`,
    ['I7'],
  ],
  [
    'a resolution with another amount',
    `update tieout.hold_resolution set amount_minor = 99 where action = 'void' and ${HOLD}`,
    ['I7'],
  ],
  [
    'a resolution by another action',
    `update tieout.hold_resolution set action = 'void' where action = 'expire'`,
    ['I7'],
  ],
  [
    'a resolution of no hold',
    `update tieout.hold_resolution set hold_id = ${NOBODY} where action = 'expire'`,
    ['I7'],
  ],
  [
    'a resolution by a journal that released nothing',
    `update tieout.hold_resolution set journal_id = ${journalId('march')} where action = 'expire'`,
    ['I7'],
  ],
  [
    'an amount that is not the one that is pending',
    `update tieout.hold set amount_minor = 501, remaining_minor = 51 where ${HOLD}`,
    ['I7'],
  ],
  [
    'a hold between other accounts than its posting',
    `update tieout.hold set credit_account_id = ${account(FEES)} where ${HOLD}`,
    ['I7'],
  ],
  [
    'a pending posting that debits another account',
    `update tieout.posting set debit_account_id = ${account(BOB)} where ${of('hold')}`,
    ['I2', 'I7'],
  ],
  [
    'a pending posting that credits another account',
    `update tieout.posting set credit_account_id = ${account(FEES)} where ${of('hold')}`,
    ['I2', 'I7'],
  ],
  [
    'a pending posting in another currency',
    `update tieout.posting set currency = 'USD' where ${of('hold')}`,
    ['I1', 'I7'],
  ],
  [
    'a hold of another day than its posting',
    `update tieout.hold set booked_on = booked_on + 1 where ${HOLD}`,
    ['I7'],
  ],
  [
    'a hold without its posting',
    `delete from tieout.posting where ${of('hold')}`,
    ['I2', 'I5', 'I7'],
  ],
  ['a pending posting without hold', `delete from tieout.hold where ${HOLD}`, ['I7']],
  [
    'a released posting with another amount',
    `update tieout.posting set amount_minor = 49 where ${of('hold expired')}`,
    ['I2', 'I7'],
  ],
  [
    'a released posting between other accounts',
    `update tieout.posting set credit_account_id = ${account(FEES)} where ${of('bob voided')}`,
    ['I2', 'I7'],
  ],
])('finds a breach of holds: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});

test.each<[string, string, readonly string[]]>([
  [
    'a posting booked after the lock',
    `update tieout.journal set booked_at = '2026-02-05T00:00:01Z' where key = 'adjusted'`,
    ['I8'],
  ],
  [
    'an adjustment into what is locked',
    `update tieout.period set state = 'locked' where name = '2026-02'`,
    ['I8'],
  ],
  [
    'nothing in a period that was locked after its adjustment',
    `update tieout.period set state = 'locked', changed_at = '2026-03-04T10:00Z' where name = '2026-02'`,
    [],
  ],
  [
    'nothing beside a locked period',
    `update tieout.period set state = 'locked', ends_on = '2026-02-27' where name = '2026-02'; delete from tieout.period_balance where starts_on = '2026-02-01'`,
    ['I4'],
  ],
  [
    'nothing in a soft-closed one',
    `update tieout.period set state = 'soft_closed' where name = '2026-01'; update tieout.journal set booked_at = '2026-02-05T00:00:01Z' where key = 'adjusted'`,
    [],
  ],
])('finds a breach of periods: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});

test.each<[string, string, readonly string[]]>([
  [
    'a frozen side that was debited',
    `update tieout.audit_event set happened_at = '2026-02-14T10:59Z' where action = 'freeze';
     insert into tieout.audit_event values (${BOOK_ID}, ${NOBODY}, '2026-02-15Z', 'x', 'set-limits', 'account', '${BOB}|EUR')`,
    ['I9'],
  ],
  [
    'a frozen side that was credited',
    `update tieout.account set status = 'credit_frozen' where code = '${BOB}'`,
    ['I9'],
  ],
  [
    'an account frozen on both sides that was credited',
    `update tieout.account set status = 'frozen' where code = '${BOB}'`,
    ['I9'],
  ],
  [
    'nothing when the later of two freezes is after the posting',
    `update tieout.account set status = 'frozen' where code = '${BOB}';
     insert into tieout.audit_event select book_id, ${NOBODY}, '2026-02-16T11:00Z', 'x', action, object_type, object_id from tieout.audit_event where action = 'freeze'`,
    [],
  ],
  [
    'a closed account that was moved',
    `update tieout.audit_event set happened_at = '2026-02-15T08:59Z' where action = 'close'`,
    ['I9'],
  ],
  [
    'a closed account with a balance',
    `update tieout.account set status = 'closed' where code = '${FEES}';
     insert into tieout.audit_event values (${BOOK_ID}, ${NOBODY}, '2026-03-06Z', 'x', 'close', 'account', '${FEES}|EUR')`,
    ['I9'],
  ],
  [
    'a closed account with pending credits',
    `update tieout.balance set pending_credits_minor = 1 where account_id = ${account(EVE)}`,
    ['I2', 'I9'],
  ],
  [
    'a closed account with pending debits',
    `update tieout.balance set pending_debits_minor = 1 where account_id = ${account(EVE)}`,
    ['I2', 'I9'],
  ],
  [
    'nothing in a freeze that nobody recorded',
    `delete from tieout.audit_event where action = 'freeze'; update tieout.account set status = 'frozen' where code = '${BOB}'`,
    [],
  ],
  [
    'nothing after what was recorded for another object',
    `update tieout.audit_event set happened_at = '2026-02-15T08:59Z', object_type = 'period' where action = 'close'`,
    [],
  ],
])('finds a breach of account states: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});
