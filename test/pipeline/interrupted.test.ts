import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationalError } from '../../src/errors.ts';
import {
  bookIn,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { bookDigest } from '../support/book-tables.ts';
import { type BuiltCli, buildCli, type Started } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver } from '../support/deliveries.ts';
import { filesOf, ledgerOf, makeWorld } from '../support/world.ts';

const CONFIG = new URL('tieout.yaml', REPLAY);
const WORLD = makeWorld({ batches: 8, lines: 250 });
const KILLS = 10;

let cli: BuiltCli;
let folder: string;
let delivered: string;
let database: FreshDatabase;

beforeAll(async () => {
  cli = buildCli();
  folder = await mkdtemp(join(tmpdir(), 'tieout-interrupted-'));
  await copyFile(CONFIG, join(folder, 'tieout.yaml'));
  delivered = await deliver(folder, 'in', filesOf(WORLD));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  cli.remove();
  await rm(folder, { recursive: true, force: true });
});

async function bookOf(code: string): Promise<TestBook> {
  const book = bookIn(database, CONFIG, code);
  expect((await importLedger(book, ledgerOf(WORLD))).rejections).toEqual([]);
  return book;
}

function start(code: string): Started {
  const args = ['run', delivered, '--book', code, '--date', '2026-03-06'];
  return cli.start(args, { cwd: folder, env: { DATABASE_URL: database.url } });
}

/** The rerun a scheduler makes; the server may still be ending the killed one's last statement. */
async function rerun(book: TestBook): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await runNight(book, [delivered]);
      return;
    } catch (error) {
      const isHeld = error instanceof OperationalError && error.code === 'book_busy';
      if (!isHeld || attempt > 100) throw error;
      await sleep(100);
    }
  }
}

describe('a run of a few thousand entries', () => {
  test('killed at any moment and run again is as one that was left alone', {
    timeout: 300_000,
  }, async () => {
    const alone = await bookOf('alone');
    const began = Date.now();
    expect((await start('alone').ended).code).toBe(0);
    const tookMs = Date.now() - began;
    const expected = await bookDigest(alone);

    const limit = pLimit(2);
    const moments = Array.from(
      { length: KILLS },
      (_, kill) => tookMs * (0.3 + (0.7 * kill) / KILLS),
    );
    const signals = await Promise.all(
      moments.map((moment, kill) =>
        limit(async () => {
          const book = await bookOf(`killed-${kill}`);
          const { child, ended } = start(`killed-${kill}`);
          await sleep(moment);
          child.kill('SIGKILL');
          const { signal } = await ended;
          await rerun(book);
          expect(await bookDigest(book)).toEqual(expected);
          expect(await ledgerBreaches(book)).toEqual([]);
          return signal;
        }),
      ),
    );
    expect(signals.filter((signal) => signal === 'SIGKILL').length).toBeGreaterThanOrEqual(3);
  });

  test('ended by SIGTERM exits 143 and leaves nothing half', async () => {
    const book = await bookOf('ended');
    const ended = await database.db.transaction(
      async (tx) => {
        // Posting waits for this lock: the signal comes in the middle of the run's transaction.
        await tx.execute('lock table tieout.posting in share mode');
        const started = start('ended');
        await waitForPosting(book);
        started.child.kill('SIGTERM');
        return await started.ended;
      },
      { rollback: true, role: 'owner' },
    );
    expect(ended).toMatchObject({ code: 143, stdout: '' });
    expect(ended.stderr).toContain('tieout: SIGTERM, rolling back');
    const counts = await book.db.read((tx) =>
      tx.query(
        `select (select count(*)::int from tieout.match_told where book_id = $1) as groups,
                (select count(*)::int from tieout.settlement_journal where book_id = $1) as journals,
                (select count(*)::int from tieout.run where book_id = $1 and state = 'APPLIED') as applied`,
        [book.bookId],
      ),
    );
    expect(counts).toEqual([{ groups: 0, journals: 0, applied: 0 }]);
    await rerun(book);
    expect(await ledgerBreaches(book)).toEqual([]);
  });
});

async function waitForPosting({ db }: TestBook): Promise<void> {
  for (let attempt = 0; attempt < 800; attempt += 1) {
    const waiting = await db.read((tx) =>
      tx.query(
        `select 1 from pg_locks where relation = 'tieout.posting'::regclass and not granted`,
      ),
    );
    if (waiting.length > 0) return;
    await sleep(25);
  }
  throw new Error('the run has not come to its postings');
}
