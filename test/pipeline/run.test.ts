import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationalError } from '../../src/errors.ts';
import { listAccounts } from '../../src/ledger/accounts.ts';
import { parseBalanceMode, setBalanceMode } from '../../src/ledger/balance-mode.ts';
import type { RunOutcome } from '../../src/pipeline/run.ts';
import {
  bookIn,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { bookDigest, exceptionTable } from '../support/book-tables.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  bankStatement,
  deliver,
  ledgerFile,
  netOf,
  payoutRow,
  payoutText,
  settlementReport,
} from '../support/deliveries.ts';
import {
  filesOf,
  generator,
  ledgerOf,
  makeWorld,
  shuffled,
  shuffledWorld,
} from '../support/world.ts';

const WORLD = makeWorld({ batches: 10, lines: 12 });

let folder: string;
let delivered: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-pipeline-'));
  delivered = await deliver(folder, 'world', filesOf(WORLD));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A new book that has imported the world's ledger. */
async function bookOfWorld(): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `world-${books}`);
  const { rejections } = await importLedger(book, ledgerOf(WORLD));
  expect(rejections).toEqual([]);
  return book;
}

async function errorOf(outcome: Promise<unknown>): Promise<OperationalError> {
  const error = await outcome.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OperationalError) return error;
  throw new Error(`expected an operational error, got ${String(error)}`);
}

async function runsOf({ db, bookId }: TestBook) {
  return await db.read((tx) =>
    tx.query<{ runId: bigint; state: string; error: string | null }>(
      'select run_id as "runId", state, error from tieout.run where book_id = $1 order by run_id',
      [bookId],
    ),
  );
}

async function settledRows({ db, bookId }: TestBook): Promise<bigint> {
  const [row] = await db.read((tx) =>
    tx.query<{ rows: bigint }>(
      `select (select count(*) from tieout.settlement_journal where book_id = $1)
         + (select count(*) from tieout.match_told where book_id = $1)
         + (select count(*) from tieout.exception_item where book_id = $1)
         + (select count(*) from tieout.matched_file where book_id = $1) as rows`,
      [bookId],
    ),
  );
  return row?.rows ?? -1n;
}

describe('a run', () => {
  test('tells each difference that was put into a world, and nothing else', async () => {
    const book = await bookOfWorld();
    const { result } = await runNight(book, [delivered]);
    expect(result.exceptions.by_code).toEqual({
      DIF_AMOUNT_OVER: 10,
      DUP_WITHIN_FILE: 1,
      SET_PAYOUT_SHORT: 2,
      UNM_IN_BANK: 1,
      // One line of each batch, and the bank's own fee.
      UNM_IN_LEDGER: 11,
      UNM_IN_SETTLEMENT: 10,
    });
    expect(result.matched.by_certificate).toMatchObject({ EQUIVALENT: 20 });
    expect(await ledgerBreaches(book)).toEqual([]);
  });

  test.each(['derived', 'slots:4'])(
    'proves the same with the balances of its clearing accounts in mode %s',
    async (mode) => {
      const book = await bookOfWorld();
      const balanceMode = parseBalanceMode(mode) ?? { mode: 'inline', slots: 1 };
      const codes = await book.db.read((tx) => listAccounts(tx, book.bookId));
      for (const { code, currency } of codes) {
        const act = { bookId: book.bookId, code, currency, balanceMode };
        const terms = { actor: 'tester', reason: 'busy', now: new Date('2026-03-02T09:00:00Z') };
        const { code: outcome } = await book.db.transaction((tx) =>
          setBalanceMode(tx, { ...act, ...terms }),
        );
        expect(outcome).toBe('changed');
      }
      const { result } = await runNight(book, [delivered]);
      expect(result.proof.closes).toBe(true);
      expect(result.exceptions.by_code).toMatchObject({ SET_PAYOUT_SHORT: 2, UNM_IN_LEDGER: 11 });
      // What a night leaves unfolded, the next one folds.
      await runNight(book, [delivered]);
      expect(
        await book.db.read((tx) =>
          tx.query('select 1 from tieout.balance_delta where book_id = $1', [book.bookId]),
        ),
      ).toEqual([]);
      expect(await ledgerBreaches(book)).toEqual([]);
    },
  );

  test('finds the same whatever the order of files and of rows', async () => {
    const book = await bookOfWorld();
    await runNight(book, [delivered]);
    const other = await bookOfWorld();
    const files = filesOf(shuffledWorld(WORLD, 7));
    const again = await deliver(folder, 'shuffled', files);
    const paths = Object.keys(files).map((name) => join(again, name));
    await runNight(other, shuffled(paths, generator(11)));
    const compared = { isSameBytes: false };
    expect(await bookDigest(other, compared)).toEqual(await bookDigest(book, compared));
  });

  test('finds the same whatever the order of the arguments, down to the keys of journals', async () => {
    const [book, other] = [await bookOfWorld(), await bookOfWorld()];
    const paths = Object.keys(filesOf(WORLD)).map((name) => join(delivered, name));
    await runNight(book, paths);
    await runNight(other, shuffled(paths, generator(3)));
    expect(await bookDigest(other)).toEqual(await bookDigest(book));
  });

  test('that is not the only one of its book names the holder and ends', async () => {
    const book = await bookOfWorld();
    let first: Promise<RunOutcome> | undefined;
    await book.db.transaction(
      async (tx) => {
        // What the first run must write is locked: it waits, holding the book.
        await tx.execute('lock table tieout.settlement_batch in share mode');
        first = runNight(book, [delivered]);
        await waitUntil(async () => (await runsOf(book)).length > 0);
        const refused = await errorOf(runNight(book, [delivered], { pid: 4712 }));
        expect(refused.code).toBe('book_busy');
        expect(refused.message).toContain('run 1 (process 4711 on test-host');
      },
      { rollback: true },
    );
    expect((await first)?.result.state).toBe('applied');
    expect((await runsOf(book)).map((run) => run.state)).toEqual(['APPLIED']);
  });

  test('started five times at once posts once', async () => {
    const book = await bookOfWorld();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => runNight(book, [delivered])),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const outcome of refused) expect(outcome.reason).toMatchObject({ code: 'book_busy' });
    const done = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    const posted = done.map((outcome) => outcome.value.result.journals.created);
    expect(posted.filter((journals) => journals > 0)).toHaveLength(1);
    const alone = await bookOfWorld();
    await runNight(alone, [delivered]);
    expect(await bookDigest(book)).toEqual(await bookDigest(alone));
  });

  test('whose proof fails saves nothing, and says what does not close', async () => {
    const book = await bookOfWorld();
    await book.db.transaction((tx) =>
      tx.execute(
        `update tieout.balance set debits_minor = debits_minor + 1
         where book_id = $1 and account_id = tieout.account_id('assets:receivable:adyen', 'EUR')`,
        [book.bookId],
      ),
    );
    const broken = await errorOf(runNight(book, [delivered]));
    expect(broken.code).toBe('invariant_broken');
    expect(broken.message).toContain('P8 all accounts: debits = credits');
    expect(broken.message).toContain('P9 assets:receivable:adyen');
    expect(await settledRows(book)).toBe(0n);
    expect(await runsOf(book)).toEqual([{ runId: 1n, state: 'FAILED', error: broken.message }]);
  });

  test('goes on after one whose process is gone, and marks that one as interrupted', async () => {
    const book = await bookOfWorld();
    await book.db.transaction((tx) =>
      tx.execute(
        `insert into tieout.run (book_id, run_id, state, business_date, started_at, host, pid, code_version)
         values ($1, 1, 'RUNNING', '2026-03-05', '2026-03-05T21:45:00Z', 'test-host', 1, '0.0.0')`,
        [book.bookId],
      ),
    );
    await runNight(book, [delivered]);
    expect((await runsOf(book)).map((run) => run.state)).toEqual(['INTERRUPTED', 'APPLIED']);
  });
});

describe('a plan', () => {
  test('changes nothing but what is loaded, and has the hash of the run that follows', async () => {
    const book = await bookOfWorld();
    const before = await bookDigest(book);
    const plan = await runNight(book, [delivered], { isPlan: true });
    expect(plan.result.state).toBe('planned');
    expect(plan.result.journals.created).toBeGreaterThan(0);
    expect(await settledRows(book)).toBe(0n);
    expect({ ...(await bookDigest(book)), files: [] }).toEqual(before);

    const applied = await runNight(book, [delivered], { approvedPlan: plan.result.plan_hash });
    expect(applied.result.plan_hash).toBe(plan.result.plan_hash);
    expect(applied.result.state).toBe('applied');
    expect(applied.result.matched).toEqual(plan.result.matched);
    expect(applied.result.journals).toEqual(plan.result.journals);
    expect(applied.result.exceptions).toEqual(plan.result.exceptions);
  });

  test('has the same hash twice', async () => {
    const book = await bookOfWorld();
    const [first, second] = [
      await runNight(book, [delivered], { isPlan: true }),
      await runNight(book, [delivered], { isPlan: true }),
    ];
    expect(second.result.plan_hash).toBe(first.result.plan_hash);
  });

  test('that was approved is refused when something underneath has changed', async () => {
    const book = await bookOfWorld();
    const plan = await runNight(book, [delivered], { isPlan: true });
    const late = { kind: 'capture', reference: 'ORD-10001', amountMinor: lateAmount() } as const;
    await importLedger(book, ledgerFile([late]));
    const approved = { approvedPlan: plan.result.plan_hash };
    const refused = await errorOf(runNight(book, [delivered], approved));
    expect(refused.code).toBe('invalid_input');
    expect(refused.message).toContain(plan.result.plan_hash);
    expect(await settledRows(book)).toBe(0n);
  });

  test('does not take away that a file was kept aside', async () => {
    const book = await bookOfWorld();
    const bad = await deliver(folder, 'bad', { 'bad.csv': 'not a report\n' });
    await runNight(book, [bad], { isPlan: true });
    await runNight(book, []);
    expect(await exceptionTable(book)).toContain('FIL_INVALID,,bad.csv');
  });
});

describe('a second run', () => {
  test('ties what the first could not, once the ledger knows it', async () => {
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), 'late');
    const line = { type: 'Settled', reference: 'A-1', grossMinor: 500, batch: 1 } as const;
    const net = netOf([line]);
    const files = {
      'settlement.csv': settlementReport([line, payoutRow(1, net)]),
      'statement.xml': bankStatement([{ amountMinor: net, text: payoutText(1) }]),
    };
    const first = await runNight(book, [await deliver(folder, 'late', files)]);
    expect(first.result.exceptions.by_code).toEqual({ UNM_IN_LEDGER: 1 });
    await importLedger(book, ledgerFile([{ kind: 'capture', reference: 'A-1', amountMinor: 500 }]));
    const { result } = await runNight(book, []);
    expect(result.journals).toEqual({ created: 1, by_kind: { release: 1 } });
    expect(result.exceptions).toMatchObject({ opened: 0, closed: 1, open: 0 });
    expect(await ledgerBreaches(book)).toEqual([]);
  });
});

/** What the line that the ledger does not know, the second of batch 1, has been settled with. */
function lateAmount(): number {
  return WORLD.batches[0]?.[1]?.grossMinor ?? 0;
}

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await holds()) return;
    await sleep(25);
  }
  throw new Error('what was waited for has not come');
}
