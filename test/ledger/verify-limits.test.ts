import { expect, test } from 'vitest';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK, BOOK_ID } from './books.ts';
import { ANN, brokenByScript } from './whole-ledger.ts';

const account = (code: string) => `tieout.account_id('${code}', 'EUR')`;
const NOBODY = `'00000000-0000-8000-8000-00000000000f'`;

async function broken(sql: string): Promise<string[]> {
  return await inRolledBackTransaction((tx) => brokenByScript(tx, sql));
}

const OTHER = `'00000000-0000-8000-8000-00000000000e'`;

const THIRD = `'00000000-0000-8000-8000-00000000000d'`;

const LIMITS = (floor: string, ceiling: string) =>
  `alter table tieout.balance drop constraint balance_keeps_its_floor; alter table tieout.balance drop constraint balance_keeps_its_ceiling;
   update tieout.account set floor_minor = ${floor}, ceiling_minor = ${ceiling} where code = '${ANN}';
   update tieout.balance set floor_minor = ${floor}, ceiling_minor = ${ceiling} where account_id = ${account(ANN)};`;
const SINCE = (at: string) =>
  `update tieout.audit_event set happened_at = '${at}' where action = 'set-limits'`;
const DEBIT_SIDE = `update tieout.account set normal_side = 'debit' where code = '${ANN}';
   update tieout.balance set is_debit_normal = true where account_id = ${account(ANN)};`;

test.each<[string, string, readonly string[]]>([
  [
    'a floor of the row that is not the one of the account',
    `update tieout.balance set floor_minor = -1 where account_id = ${account(ANN)}`,
    ['I10'],
  ],
  [
    'a ceiling that the row lacks',
    `update tieout.balance set ceiling_minor = null where account_id = ${account(ANN)}`,
    ['I10'],
  ],
  [
    'a row with a limit that its account lacks',
    `update tieout.account set floor_minor = null, ceiling_minor = null where code = '${ANN}'`,
    ['I10'],
  ],
  [
    'a row on the wrong side',
    `${LIMITS('0', '1000')} update tieout.balance set is_debit_normal = true where account_id = ${account(ANN)}`,
    ['I10'],
  ],
  [
    'less available than the floor now',
    `${LIMITS('551', 'null')} ${SINCE('2026-03-01Z')}`,
    ['I10'],
  ],
  ['more than the ceiling now', `${LIMITS('null', '599')} ${SINCE('2026-03-01Z')}`, ['I10']],
  ['nothing at the very limits', `${LIMITS('550', '600')} ${SINCE('2026-02-14T10:00Z')}`, []],
  [
    'nothing that was so before the limit was set',
    `${LIMITS('550', '900')} ${SINCE('2026-02-12T10:00Z')}`,
    [],
  ],
  [
    'a balance in force when the limit was set',
    `${LIMITS('550', 'null')} ${SINCE('2026-02-12T09:59Z')};
     insert into tieout.audit_event values
       (${BOOK_ID}, ${NOBODY}, '2026-02-25Z', 'x', 'set-limits', 'period', '${ANN}|EUR'),
       (${BOOK_ID}, ${OTHER}, '2026-02-25Z', 'x', 'rename', 'account', '${ANN}|EUR'),
       (${BOOK_ID}, ${THIRD}, '2026-02-25Z', 'x', 'set-limits', 'account', '${BANK}|EUR')`,
    ['I10'],
  ],
  [
    'a row that lacks both limits',
    `update tieout.balance set floor_minor = null, ceiling_minor = null where account_id = ${account(ANN)}`,
    ['I10'],
  ],
  [
    'a row with a ceiling that its account lacks',
    `update tieout.account set floor_minor = null, ceiling_minor = null where code = '${ANN}';
     update tieout.balance set floor_minor = null where account_id = ${account(ANN)}`,
    ['I10'],
  ],
  [
    'a balance below the floor that no posting made',
    `${LIMITS('0', '1000')} update tieout.balance set debits_minor = debits_minor + 1000 where account_id = ${account(ANN)}`,
    ['I2', 'I10'],
  ],
  [
    'a balance above the ceiling that no posting made',
    `${LIMITS('0', '1000')} update tieout.balance set credits_minor = credits_minor + 1000 where account_id = ${account(ANN)}`,
    ['I2', 'I10'],
  ],
  [
    'a limit of which nobody recorded since when',
    `${LIMITS('550', 'null')} delete from tieout.audit_event where action = 'set-limits'`,
    ['I10'],
  ],
  [
    'an instant of being overdrawn',
    `update tieout.journal set booked_at = '2026-02-14T10:00:01Z' where key = 'ann loads'`,
    ['I10'],
  ],
  [
    'an instant above the ceiling',
    `update tieout.journal set booked_at = '2026-02-14T10:00:01Z' where key = 'ann pays'`,
    ['I10'],
  ],
  [
    'nothing at the limits of a debit side with something to come in',
    `${LIMITS('-600', '-550')} ${SINCE('2026-02-14T10:00Z')}; ${DEBIT_SIDE}`,
    [],
  ],
  [
    'less available than the floor on a debit side',
    `${LIMITS('-599', 'null')} ${SINCE('2026-03-01Z')}; ${DEBIT_SIDE}`,
    ['I10'],
  ],
  [
    'more than the ceiling on a debit side',
    `${LIMITS('null', '-551')} ${SINCE('2026-03-01Z')}; ${DEBIT_SIDE}`,
    ['I10'],
  ],
  [
    'nothing in an account that is debited by nature',
    `insert into tieout.audit_event values (${BOOK_ID}, ${NOBODY}, '2026-02-25Z', 'x', 'set-limits', 'account', '${BANK}|EUR');
     update tieout.account set balance_mode = 'inline', slots = 1, floor_minor = 2570, ceiling_minor = 2570 where code = '${BANK}';
     delete from tieout.balance where account_id = ${account(BANK)};
     insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor, is_debit_normal, floor_minor, ceiling_minor)
     select book_id, account_id, 0, sum(greatest(signed_minor, 0)), sum(greatest(-signed_minor, 0)), true, 2570, 2570
     from tieout.account_line where account_id = ${account(BANK)} group by 1, 2`,
    [],
  ],
])('finds a breach of limits: %s', async (_, sql, ids) => {
  expect(await broken(sql)).toEqual(ids);
});
