import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeCopyRow } from '../../src/db/copy.ts';
import type { SqlValue } from '../../src/db/db.ts';
import { emptyDatabase, type FreshDatabase } from '../support/database.ts';

let fresh: FreshDatabase;

const TARGET = {
  table: 'public.loaded',
  columns: ['position', 'label', 'amount', 'flag', 'bytes', 'labels'],
};

beforeAll(async () => {
  fresh = await emptyDatabase();
  await fresh.db.transaction((tx) =>
    tx.runScript(`create table loaded (
      position int primary key, label text, amount bigint, flag boolean, bytes bytea, labels text[])`),
  );
});

afterAll(() => fresh.drop());

async function* inBatches(
  rows: readonly (readonly SqlValue[])[],
  size = 3,
): AsyncGenerator<readonly (readonly SqlValue[])[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom('\\', '\t', '\n', '\r', '\b', '\f', '\v', '.', 'N', '"', '{'),
    }),
  )
  .filter((value) => !value.includes('\0'));

const loadedRow = fc.record({
  label: fc.option(text),
  amount: fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  flag: fc.option(fc.boolean()),
  bytes: fc.option(fc.uint8Array({ maxLength: 20 })),
  labels: fc.option(fc.array(fc.option(text), { maxLength: 4 })),
});

test('gives back from Postgres every value that was copied in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(loadedRow, { maxLength: 20 }), async (rows) => {
      const values = rows.map((row, position) => [position, ...Object.values(row)]);
      const stored = await fresh.db.transaction(
        async (tx) => {
          expect(await tx.copyIn(TARGET, inBatches(values))).toBe(rows.length);
          return await tx.query(
            `select ${TARGET.columns.slice(1).join(', ')} from loaded order by position`,
          );
        },
        { rollback: true },
      );
      expect(stored).toEqual(
        rows.map((row) => ({ ...row, bytes: row.bytes === null ? null : Buffer.from(row.bytes) })),
      );
    }),
    { numRuns: 150 },
  );
});

function longRow(position: number): readonly SqlValue[] {
  return [position, 'x'.repeat(1000), null, null, null, null];
}

const LONG = Array.from({ length: 2000 }, (_, position) => longRow(position));

test('throws the error of the source, keeps nothing and leaves the connection usable', async () => {
  async function* failing() {
    yield* inBatches(LONG, 100);
    throw new Error('the file ends in the middle');
  }
  const count = await fresh.db.transaction(async (tx) => {
    await tx.query('savepoint before_copy');
    await expect(tx.copyIn(TARGET, failing())).rejects.toThrow('the file ends in the middle');
    await tx.query('rollback to before_copy');
    return await tx.query('select count(*) as count from loaded');
  });
  expect(count).toEqual([{ count: 0n }]);
});

test('throws the error of a source that fails before its first row', async () => {
  async function* failing(): AsyncGenerator<readonly (readonly SqlValue[])[]> {
    yield await Promise.reject(new Error('no such file'));
  }
  const work = fresh.db.transaction((tx) => tx.copyIn(TARGET, failing()));
  await expect(work).rejects.toThrow('no such file');
});

test('throws what the server refuses in the middle, and closes the source', async () => {
  let closed = false;
  async function* withDuplicates() {
    try {
      yield* inBatches([longRow(1), longRow(1), ...LONG], 100);
    } finally {
      closed = true;
    }
  }
  const work = fresh.db.transaction((tx) => tx.copyIn(TARGET, withDuplicates()));
  await expect(work).rejects.toMatchObject({ sqlState: '23505' });
  expect(closed).toBe(true);
});

test('throws what the server refuses before the first row', async () => {
  const target = { table: 'public.no_such_table', columns: TARGET.columns };
  const work = fresh.db.transaction((tx) => tx.copyIn(target, inBatches(LONG)));
  await expect(work).rejects.toMatchObject({ sqlState: '42P01' });
});

test('ends when the server refuses while the source waits for its next line', async () => {
  async function* slow() {
    yield [...LONG.slice(0, 200), longRow(1)];
    await new Promise((resolve) => setTimeout(resolve, 300));
    yield LONG;
  }
  const work = fresh.db.transaction((tx) => tx.copyIn(TARGET, slow()));
  await expect(work).rejects.toMatchObject({ sqlState: '23505' });
});

test('says that it was interrupted when the server goes away in the middle', async () => {
  const work = fresh.db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    async function* cutOff() {
      yield LONG.slice(0, 500);
      await fresh.db.transaction((other) =>
        other.query('select pg_terminate_backend($1, 5000)', [row?.pid ?? 0]),
      );
      yield LONG.slice(500);
    }
    await tx.copyIn(TARGET, cutOff());
  });
  await expect(work).rejects.toMatchObject({ code: 'interrupted' });
});

test('names the column that holds a NUL character', () => {
  expect(() => encodeCopyRow(['a\0b'], ['label'])).toThrow(/column label holds a NUL/);
});
