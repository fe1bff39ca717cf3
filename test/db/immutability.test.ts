import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { BOOK_ID, capture, givenBook, postBatch } from '../ledger/books.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';

const RULES: Readonly<Record<string, { readonly history?: boolean }>> = JSON.parse(
  readFileSync(new URL('../../src/db/table-grants.json', import.meta.url), 'utf8'),
);
const HISTORY = Object.keys(RULES).filter((table) => RULES[table]?.history === true);
const CHANGES = HISTORY.flatMap((table) => [
  { verb: 'UPDATE', table, sql: `update tieout.${table} set book_id = book_id` },
  { verb: 'DELETE', table, sql: `delete from tieout.${table} where false` },
  { verb: 'TRUNCATE', table, sql: `truncate tieout.${table}` },
]);

test('history is what was posted, refused, converted, told and sealed', () => {
  expect(HISTORY.sort()).toEqual([
    'audit_event',
    'conversion',
    'hold_resolution',
    'journal',
    'journal_key',
    'journal_refusal',
    'posting',
    'reversal',
    'seal_block',
    'seal_leaf',
  ]);
});

test.each(CHANGES)('the program has no privilege to $verb $table', async ({ table, sql }) => {
  const work = inRolledBackTransaction((tx) => tx.execute(sql));
  await expect(work).rejects.toMatchObject({
    code: 'not_permitted',
    cause: { code: '42501' },
    message: expect.stringContaining(`permission denied for table ${table}`),
  });
});

test.each(CHANGES)(
  'the owner who would $verb $table is told what to do instead',
  async (change) => {
    const { verb, table, sql } = change;
    const work = inRolledBackTransaction((tx) => tx.execute(sql), { role: 'owner' });
    await expect(work).rejects.toMatchObject({
      sqlState: '23001',
      message: expect.stringMatching(
        new RegExp(`tieout\\.${table} is history, so ${verb} is refused: .+ instead`),
      ),
    });
  },
);

test('a truncate that reaches history through another table is refused', async () => {
  const work = inRolledBackTransaction((tx) => tx.execute('truncate tieout.book cascade'), {
    role: 'owner',
  });
  await expect(work).rejects.toMatchObject({ sqlState: '23001' });
});

test('an upsert that would change history is refused before it finds a conflict', async () => {
  const work = inRolledBackTransaction(
    (tx) =>
      tx.execute(
        `insert into tieout.journal_key select * from tieout.journal_key
         on conflict (book_id, key_hash) do update set fingerprint = excluded.fingerprint`,
      ),
    { role: 'owner' },
  );
  await expect(work).rejects.toMatchObject({ sqlState: '23001' });
});

test('the program posts, and reads what it posted', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture()]);
    expect(await rowsOf(tx)).toBe(1);
  }));

test('a superuser who says that it is a restore may change history', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture()]);
    await tamper(tx, 'delete from tieout.journal');
    expect(await rowsOf(tx)).toBe(0);
    await expect(tx.execute('delete from tieout.posting')).rejects.toMatchObject({
      code: 'not_permitted',
    });
  }));

test('history, and nothing else, has the trigger', () =>
  inRolledBackTransaction(async (tx) => {
    const guarded = await tx.query<{ table: string }>(
      `select tgrelid::regclass::text as table from pg_trigger
       where tgname = 'ro_history' and tgenabled = 'O' order by 1`,
    );
    expect(guarded.map(({ table }) => table)).toEqual(HISTORY.map((table) => `tieout.${table}`));
  }));

async function rowsOf(tx: Tx): Promise<number> {
  const rows = await tx.query('select from tieout.journal where book_id = $1', [BOOK_ID]);
  return rows.length;
}
