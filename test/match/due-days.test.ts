import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCalendar, weekendOnly } from '../../src/business-calendar.ts';
import type { DueConfig } from '../../src/config.ts';
import { bookIn, dayOf, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  deliver,
  ledgerFile,
  netOf,
  payoutRow,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';

const TARGET2 = findCalendar('TARGET2') ?? weekendOnly();

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-due-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A capture of the second that no report shows, and a payout of the third, a Tuesday, that the bank does not. */
async function waitingBook(due?: DueConfig): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `due-${books}`);
  const sources = book.config.sources.map((source) =>
    due === undefined || source.role !== 'processor' ? source : { ...source, due },
  );
  const own = { ...book, config: { ...book.config, sources } };
  await importLedger(
    own,
    ledgerFile(['A', 'B'].map((reference) => ({ kind: 'capture', reference, amountMinor: 500 }))),
  );
  const rows: SettlementRow[] = [{ type: 'Settled', reference: 'A', grossMinor: 500, batch: 1 }];
  const files = { 'settlement.csv': settlementReport([...rows, payoutRow(1, netOf(rows))]) };
  const path = await deliver(folder, `due-${books}`, files);
  await runNight(own, [path], { businessDate: dayOf('2026-03-04') });
  return own;
}

async function told(book: TestBook, day: string): Promise<readonly string[]> {
  await runNight(book, [], { businessDate: dayOf(day) });
  const rows = await book.db.read((tx) =>
    tx.query<{ code: string; severity: string; text: string }>(
      `select code, severity, text from tieout.exception_item
       where book_id = $1 and state <> 'RESOLVED' order by code`,
      [book.bookId],
    ),
  );
  return rows.map(
    ({ code, severity, text }) => `${code} ${severity} ${/overdue.*/.exec(text)?.[0] ?? ''}`,
  );
}

test('what waits is overdue the day after it was due, by the business days of its calendar', async () => {
  const book = await waitingBook({ days: 2, calendar: TARGET2 });
  expect(await told(book, '2026-03-04')).toEqual(['UNM_IN_BANK info ', 'UNM_IN_SETTLEMENT low ']);
  const [bank, settlement] = await told(book, '2026-03-09');
  expect(bank).toMatch(/^UNM_IN_BANK_OVERDUE medium overdue since 2026-03-0[56]\.$/);
  expect(settlement).toBe('UNM_IN_SETTLEMENT medium overdue since 2026-03-04.');
  const [late] = await told(book, '2026-03-20');
  expect(late).toMatch(/^UNM_IN_BANK_OVERDUE high /);
});

test('holidays put off when a payout is due', async () => {
  const book = await waitingBook({ days: 24, calendar: TARGET2 });
  // The 24th weekday after the second of March is Good Friday; Easter Monday is a holiday too.
  expect((await told(book, '2026-04-07')).join()).not.toContain('overdue');
  expect((await told(book, '2026-04-08')).join()).toContain('overdue since 2026-04-07');
  const other = await waitingBook({ days: 24, calendar: weekendOnly() });
  expect((await told(other, '2026-04-04')).join()).toContain('overdue since 2026-04-03');
});

test('without a due nothing is overdue', async () => {
  const book = await waitingBook();
  expect((await told(book, '2026-03-20')).join()).not.toMatch(/overdue/i);
});
