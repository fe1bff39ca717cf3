import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type BusinessDate, parseBusinessDate } from '../../src/business-date.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { bookIdOf } from '../../src/ids.ts';
import { openBook } from '../../src/ledger/book.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import { type ImportOutcome, importPayments } from '../../src/ledger/import-payments.ts';
import { getPayout, returnOf } from '../../src/ledger/payouts.ts';
import { postByHand } from '../../src/ledger/post-by-hand.ts';
import { verifyLedger } from '../../src/ledger/verify.ts';
import { type RunOptions, type RunOutcome, run } from '../../src/pipeline/run.ts';
import type { FreshDatabase } from './database.ts';

/** A book, with the database it lies in. */
export interface TestBook extends FreshDatabase {
  readonly config: Config;
  readonly bookId: bigint;
}

/** Where the stories' configuration lies that most tests take. */
export const REPLAY = new URL('../../fixtures/replay/', import.meta.url);

/** A book of a tieout.yaml in a database that may hold others, each under a code of its own. */
export function bookIn(database: FreshDatabase, file: URL, code?: string): TestBook {
  const path = fileURLToPath(file);
  const config = loadConfig({
    cwd: dirname(path),
    env: {},
    file: path,
    ...(code === undefined ? {} : { book: code }),
  });
  return { ...database, config, bookId: bookIdOf(config.book) };
}

/** A day written in a test. */
export function dayOf(text: string): BusinessDate {
  const day = parseBusinessDate(text);
  if (day === undefined) throw new Error(`${text} is not a day`);
  return day;
}

/** The evening of a business date: the only clock of the tests. */
export function eveningOf(day: BusinessDate): Date {
  return new Date(`${day}T21:45:00Z`);
}

/** Imports a ledger file, or the text of one. */
export async function importLedger(
  { db, config }: TestBook,
  ledger: URL | string,
  day = dayOf('2026-03-06'),
): Promise<ImportOutcome> {
  return await db.transaction(async (tx) => {
    const now = eveningOf(day);
    const bookId = await openBook(tx, { config, now });
    return await importPayments(
      tx,
      typeof ledger === 'string' ? Readable.from([ledger]) : createReadStream(ledger),
      {
        bookId,
        chart: chartOf(config.chart),
        operationId: randomUUID(),
        now,
        createdBy: 'test',
        sources: config.sources,
      },
    );
  });
}

/** Takes a payout back, as `tieout payouts return` does. */
export async function takeBack(
  { db, config, bookId }: TestBook,
  payout: string,
  day = dayOf('2026-03-06'),
): Promise<void> {
  await db.transaction(async (tx) => {
    const journal = returnOf(await getPayout(tx, bookId, payout), {
      reason: 'told by the bank',
      effectiveDate: day,
      createdBy: 'test',
    });
    const chart = chartOf(config.chart);
    const options = { bookId, chart, operationId: randomUUID(), now: eveningOf(day) };
    const outcome = await postByHand(tx, [journal], options);
    if (outcome.created !== 1) throw new Error(`${payout}: ${outcome.results[0]?.code}`);
  });
}

/** Runs the pipeline in this process, with a clock that stands still. */
export async function runNight(
  { db, config }: Pick<TestBook, 'db' | 'config'>,
  paths: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<RunOutcome> {
  const businessDate = options.businessDate ?? dayOf('2026-03-06');
  return await run(db, {
    config,
    paths,
    businessDate,
    now: () => eveningOf(businessDate),
    newOperationId: randomUUID,
    host: 'test-host',
    pid: 4711,
    codeVersion: '0.0.0',
    ...options,
  });
}

/** The ledger's own checks that do not hold. */
export async function ledgerBreaches({ db, bookId }: TestBook): Promise<readonly string[]> {
  const checks = await db.read((tx) => verifyLedger(tx, bookId));
  return checks
    .filter((check) => check.breaches > 0n)
    .map((check) => `${check.id} ${check.text}: ${check.breaches}`);
}
