import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/db/db.ts';
import { emptyDatabase, type FreshDatabase } from '../support/database.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await emptyDatabase();
  await fresh.db.transaction((tx) => tx.runScript('create table item (id bigint primary key)'));
});

afterAll(() => fresh.drop());

async function countItems(): Promise<bigint | undefined> {
  const rows = await fresh.db.read((tx) =>
    tx.query<{ count: bigint }>('select count(*) as count from item'),
  );
  return rows[0]?.count;
}

test('keeps nothing of work that throws', async () => {
  const before = await countItems();
  const work = fresh.db.transaction(async (tx) => {
    await tx.execute('insert into item values ($1)', [1n]);
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(await countItems()).toBe(before);
});

test('returns the value of work that asked for rollback, and keeps nothing', async () => {
  const before = await countItems();
  const inserted = await fresh.db.transaction(
    (tx) => tx.execute('insert into item values (2), (3)'),
    { rollback: true },
  );
  expect(inserted.rowCount).toBe(2);
  expect(await countItems()).toBe(before);
});

test('refuses to commit when the work swallowed a failed statement', async () => {
  const work = fresh.db.transaction(async (tx) => {
    await tx.execute('insert into item values (4)');
    await tx.query('select 1/0').catch(() => undefined);
  });
  await expect(work).rejects.toMatchObject({ code: 'invariant_broken' });
});

test('shows the first line of the statement that failed', async () => {
  const work = fresh.db.read((tx) => tx.query('select no_such_column\nfrom item'));
  await expect(work).rejects.toMatchObject({
    sqlState: '42703',
    message: expect.stringContaining('in: select no_such_column'),
  });
});

test('reads int8 as bigint, and dates and numerics as the text they are', async () => {
  const rows = await fresh.db.read((tx) =>
    tx.query(
      `select 9007199254740993::int8 as big, date '2026-03-29' as day, 1.10::numeric as amount,
         array[1, null]::int8[] as bigs, array[date '2026-01-01'] as days, $1::int8 as given`,
      [-(2n ** 63n)],
    ),
  );
  expect(rows).toEqual([
    {
      big: 9007199254740993n,
      day: '2026-03-29',
      amount: '1.10',
      bigs: [1n, null],
      days: ['2026-01-01'],
      given: -(2n ** 63n),
    },
  ]);
});

test('says that a book is busy when its lock is not available', async () => {
  await fresh.db.transaction((tx) => tx.execute('insert into item values (5)'));
  await fresh.db.transaction(async (holder) => {
    await holder.query('select from item where id = 5 for update');
    const second = fresh.db.transaction((tx) =>
      tx.query('select from item where id = 5 for update nowait'),
    );
    await expect(second).rejects.toMatchObject({ code: 'book_busy' });
  });
});

test('says that it was interrupted when the connection dies, and works again afterwards', async () => {
  const work = fresh.db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await fresh.db.transaction((other) =>
      other.query('select pg_terminate_backend($1)', [row?.pid ?? 0]),
    );
    await tx.query('select 1');
  });
  await expect(work).rejects.toMatchObject({ code: 'interrupted' });
  expect(await countItems()).toBeDefined();
});

test('survives the death of an idle connection', async () => {
  const db = Database.open({ url: fresh.url, maxConnections: 1 });
  const rows = await db.read((tx) => tx.query<{ pid: number }>('select pg_backend_pid() as pid'));
  await fresh.db.transaction((tx) =>
    tx.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid ?? 0]),
  );
  await expect(db.read((tx) => tx.query('select 1 as one'))).resolves.toEqual([{ one: 1 }]);
  await db.close();
});

test('says that the database is unreachable without naming the password', async () => {
  const db = Database.open({ url: 'postgres://someone:secret@127.0.0.1:1/nowhere' });
  const error = await db.read((tx) => tx.query('select 1')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'database_unreachable' });
  expect(String(error)).not.toContain('secret');
  await db.close();
});

test('runs the victim of a deadlock again, once each', async () => {
  await fresh.db.transaction((tx) =>
    tx.runScript(
      'create table pair (id int primary key, n int); insert into pair values (1, 0), (2, 0)',
    ),
  );
  const bump = (first: number, second: number) =>
    fresh.db.transaction(
      async (tx) => {
        await tx.execute('update pair set n = n + 1 where id = $1', [first]);
        await tx.query('select pg_sleep(0.2)');
        await tx.execute('update pair set n = n + 1 where id = $1', [second]);
      },
      { attempts: 5 },
    );
  await Promise.all([bump(1, 2), bump(2, 1)]);
  const rows = await fresh.db.read((tx) => tx.query('select n from pair order by id'));
  expect(rows).toEqual([{ n: 2 }, { n: 2 }]);
});

test('a call is one statement that commits by itself', async () => {
  const rows = await fresh.db.call('insert into item values ($1) returning id', [100n]);
  expect(rows).toEqual([{ id: 100n }]);
  const again = fresh.db.call('insert into item values ($1)', [100n]);
  await expect(again).rejects.toMatchObject({ sqlState: '23505' });
  expect(await fresh.db.call('select id from item where id = 100')).toHaveLength(1);
});

test('a call whose connection dies does not say that nothing was saved', async () => {
  const work = fresh.db.call('select pg_terminate_backend(pg_backend_pid())');
  await expect(work).rejects.toMatchObject({
    code: 'interrupted',
    message: expect.stringContaining('saved or not; ask again with the same key'),
  });
  expect(await fresh.db.call('select 1 as one')).toEqual([{ one: 1 }]);
});
