import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';

const LARGE = 1;
const NEW = 2;
const ROWS = 20_000;

/** A book with a long history that the statistics know, and one that they know nothing of. */
const HISTORY = `
  insert into tieout.match_member (
    book_id, group_id, member_no, run_id, rule_no, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
  )
  select ${LARGE}, tieout.group_id(1, n, 1), 1, 1, 1, 1, n, md5('item ' || n)::uuid, 1, 1, true from generate_series(1, ${ROWS}) n;
  insert into tieout.entry (
    book_id, file_no, ordinal, statement_no, type, status, currency, amount_minor, gross_minor, fee_commission_minor,
    fee_markup_minor, fee_scheme_minor, fee_interchange_minor, fee_other_minor, is_reversal, booking_date, identity,
    is_identity_unique, details, line, is_counted
  )
  select ${LARGE}, n / 100, n, 1, 'payment', 'booked', 'EUR', 1, 1, 0, 0, 0, 0, 0, false, '2026-03-04', 'id ' || n, true, 0, n,
    true
  from generate_series(1, ${ROWS}) n;
  analyze tieout.match_member, tieout.entry;`;

async function planOf(sql: string): Promise<string> {
  return await inRolledBackTransaction(async (tx: Tx) => {
    await tamper(tx, HISTORY);
    const lines = await tx.query<{ 'QUERY PLAN': string }>(`explain ${sql}`);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  });
}

describe('beside a long history', () => {
  test('whether an entry is tied is asked of the index of entries, also in a new book', async () => {
    const plan = await planOf(
      `select true from tieout.match_member
       where book_id = ${NEW} and file_no = 1 and ordinal = 1 and is_live limit 1`,
    );
    expect(plan).toContain('match_member_entry_is_tied_once');
  });

  test('whether an item is tied is asked of the index of items, also in a new book', async () => {
    const plan = await planOf(
      `select true from tieout.match_member
       where book_id = ${NEW} and item_id = '019cb1bd-1000-8000-a000-00000f000002' and is_live limit 1`,
    );
    expect(plan).toContain('match_member_item_is_tied_once');
  });

  test('what a run looks at is looked up, and the entries of other nights are not read', async () => {
    const plan = await planOf(
      `select * from tieout.entry_to_match where book_id = ${LARGE} and (is_carried or run_id = 9)`,
    );
    expect(plan).toContain('on entry');
    expect(plan).not.toContain('Seq Scan on entry');
  });

  test.each([
    [
      '40_bank_legs.sql',
      /match_member_entry_is_tied_once on match_member.*\n *Index Cond: .*\(ordinal = /,
    ],
    ['30_releases.sql', /entry_pkey on entry.*\n *Index Cond: .*\(ordinal = /],
  ])('%s looks up what is tied, entry by entry', async (file, lookedUp) => {
    const sql = readFileSync(new URL(`../../src/settle/sql/${file}`, import.meta.url), 'utf8')
      .replaceAll('$1', `${NEW}`)
      .replaceAll('$2', '1')
      .replaceAll('$3', `'bank-statement'`);
    expect(await planOf(sql)).toMatch(lookedUp);
  });

  test('what a run has tied is found by its number', async () => {
    const plan = await planOf(
      `select count(*) from tieout.match_member where book_id = ${LARGE} and run_id = 9 and is_live`,
    );
    expect(plan).toContain('match_member_by_run');
  });
});
