import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { post } from '../../src/ledger/post.ts';
import { type BuiltCli, buildCli } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { acting, journal, paid } from './acts.ts';
import { brokenChecks, givenBook, inCalls, NOW, postOptions, RECEIVABLE } from './books.ts';
import { rowsIn, type Tables } from './model-tables.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});

afterAll(() => fresh.drop());

/** A batch of every kind, in three calls: sales that are reversed, holds that are posted in part or voided. */
function batch(name: string, size: number): JournalRequest[] {
  const places = Array.from({ length: size }, (_, n) => n);
  const due = paid(7n, { debit: RECEIVABLE, opens: 'auto' });
  return [
    ...places.map((n) => journal(`${name}-sale-${n}`, due, paid(BigInt(1 + n)))),
    ...places.map((n) => acting(`${name}-back-${n}`, { reverses: { key: `${name}-sale-${n}` } })),
    ...places.map((n) => ({
      ...journal(`${name}-hold-${n}`, paid(10n)),
      hold: { place: true } as const,
    })),
    ...places.map((n) =>
      acting(`${name}-act-${n}`, {
        hold:
          n % 2 === 0
            ? { post: `${name}-hold-${n}`, amountMinor: 4n }
            : { void: `${name}-hold-${n}` },
      }),
    ),
  ];
}

async function postInto(tx: Tx, bookId: bigint, journals: readonly JournalRequest[]) {
  return await post(tx, inCalls([journals]), postOptions({ bookId, operationId: randomUUID() }));
}

async function booksOf(bookId: bigint): Promise<{ tables: Tables; broken: string[] }> {
  return await fresh.db.read(async (tx) => ({
    tables: await rowsIn(tx, bookId),
    broken: await brokenChecks(tx, bookId),
  }));
}

function isEmpty(tables: Tables): boolean {
  return Object.values(tables).every((rows) => rows.length === 0);
}

describe('a connection that is ended at any statement of a post', () => {
  const journals = batch('a', 3);

  /** Ends its own backend before its n-th statement or after it; counts the statements. */
  function ending(tx: Tx, statement: number, moment: 'before' | 'after') {
    let sent = 0;
    const end = async () => {
      await tx.execute('set local role none');
      await tx.execute('select pg_terminate_backend(pg_backend_pid())');
    };
    const around = async <T>(send: () => Promise<T>): Promise<T> => {
      sent += 1;
      const isHere = sent === statement;
      if (isHere && moment === 'before') await end();
      const answer = await send();
      if (isHere && moment === 'after') await end();
      return answer;
    };
    const wrapped: Tx = {
      query: (sql, params) => around(() => tx.query(sql, params)),
      execute: (sql, params) => around(() => tx.execute(sql, params)),
      copyIn: (target, batches) => around(() => tx.copyIn(target, batches)),
      runScript: (sql) => around(() => tx.runScript(sql)),
    };
    return { wrapped, count: () => sent };
  }

  test.each(['before', 'after'] as const)(
    '%s it: nothing is written, and it is as if asked once',
    async (moment) => {
      const open = (code: string) => fresh.db.transaction((tx) => givenBook(tx, code));
      const aloneId = await open(`${moment}-alone`);
      const statements = await fresh.db.transaction(async (tx) => {
        const counting = ending(tx, 0, moment);
        await postInto(counting.wrapped, aloneId, journals);
        return counting.count();
      });
      const alone = await booksOf(aloneId);
      expect(statements).toBeGreaterThanOrEqual(5);
      for (let statement = 1; statement <= statements; statement += 1) {
        const bookId = await open(`${moment}-${statement}`);
        const ended = fresh.db.transaction((tx) =>
          postInto(ending(tx, statement, moment).wrapped, bookId, journals),
        );
        await expect(ended).rejects.toMatchObject({ code: 'interrupted' });
        expect(isEmpty((await booksOf(bookId)).tables)).toBe(true);
        const { created } = await fresh.db.transaction((tx) => postInto(tx, bookId, journals));
        expect(created).toBe(journals.length);
        expect(await booksOf(bookId)).toEqual(alone);
      }
    },
  );
});

/** Posts the batches it is given, a transaction each, and says when one is committed. */
const PROGRAM = `
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Database } from './src/db/db.js';
import { chartOf } from './src/ledger/chart.js';
import { post } from './src/ledger/post.js';

const revive = (_, value) => (typeof value === 'string' && /^\\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value);
const { bookId, now, batches } = JSON.parse(readFileSync(process.argv[2], 'utf8'), revive);
const db = Database.open({ url: process.env.DATABASE_URL });
console.log('started');
for (const journals of batches) {
  const terms = { bookId, now: new Date(now), chart: chartOf([]), operationId: randomUUID() };
  await db.transaction((tx) => post(tx, (async function* () { yield journals; })(), terms));
  console.log('committed');
}
await db.close();
`;

describe('a process that is killed while it posts thousands of journals', () => {
  const KILLS = 5;
  const SIZE = 200;
  const batches = ['a', 'b', 'c'].map((name) => batch(name, SIZE));
  let built: BuiltCli;
  let program: string;

  beforeAll(async () => {
    built = buildCli();
    const root = join(dirname(built.entry), '..');
    program = join(root, 'post-batches.mjs');
    await writeFile(program, PROGRAM);
  });

  afterAll(() => built.remove());

  /** Starts a process that posts into a book of its own; returns when it is about to begin. */
  async function start(code: string) {
    const bookId = await fresh.db.transaction((tx) => givenBook(tx, code));
    const input = `${program}.${code}.json`;
    const write = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
    await writeFile(input, JSON.stringify({ bookId, now: NOW, batches }, write));
    const child = spawn(process.execPath, [program, input], {
      env: { PATH: process.env.PATH, DATABASE_URL: fresh.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    while (!output.includes('started')) await once(child.stdout ?? child, 'data');
    return { bookId, child, closed, said: () => output };
  }

  /** Until the server has noticed that its client is gone. */
  async function untilAlone(): Promise<void> {
    for (let attempt = 0; attempt < 1_500; attempt += 1) {
      const others = await fresh.db.read((tx) =>
        tx.query(
          `select 1 from pg_stat_activity
           where datname = current_database() and application_name = 'tieout' and pid <> pg_backend_pid()`,
        ),
      );
      if (others.length === 0) return;
      await sleep(10);
    }
    throw new Error('the killed process is still connected');
  }

  test('at any moment: whole batches or none of them, and run again it is as if left alone', async () => {
    const alone = await start('alone');
    const began = performance.now();
    await alone.closed;
    const tookMs = performance.now() - began;
    expect(alone.said()).toBe(`started\n${'committed\n'.repeat(3)}`);
    const expected = await booksOf(alone.bookId);
    let killed = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { bookId, child, closed, said } = await start(`killed-${kill}`);
      await sleep((tookMs * kill) / KILLS / 2);
      child.kill('SIGKILL');
      const [, signal] = (await closed) as [number | null, string | null];
      if (signal === 'SIGKILL') killed += 1;
      await untilAlone();
      const journals = (await booksOf(bookId)).tables.journal?.length ?? 0;
      expect(journals % (SIZE * 4)).toBe(0);
      expect(journals).toBeGreaterThanOrEqual((said().split('committed').length - 1) * SIZE * 4);
      for (const journal of batches)
        await fresh.db.transaction((tx) => postInto(tx, bookId, journal));
      expect(await booksOf(bookId)).toEqual(expected);
    }
    expect(killed).toBeGreaterThan(0);
  }, 240_000);
});

test('a commit whose answer is lost has happened, and asked again says so', async () => {
  const bookId = await fresh.db.transaction((tx) => givenBook(tx, 'lost'));
  const journals = batch('a', 5);
  await fresh.db.transaction((tx) => postInto(tx, bookId, journals));
  const before = await booksOf(bookId);
  const again = await fresh.db.transaction((tx) => postInto(tx, bookId, journals));
  expect(again).toEqual({ created: 0, exists: journals.length, refused: [] });
  expect(await booksOf(bookId)).toEqual(before);
});
