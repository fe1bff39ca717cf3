import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CsvFormat } from '../../src/ingest/formats/csv.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import { type IngestedFile, ingest } from '../../src/ingest/ingest.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { bookIn, dayOf, eveningOf, REPLAY } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver } from '../support/deliveries.ts';
import { sourceConfig } from '../support/source.ts';

const FIXTURES = new URL('../../fixtures/ingest/', import.meta.url);
const NOW = eveningOf(dayOf('2026-06-01'));

const PROCESSORS = FORMATS.filter((format): format is CsvFormat => 'profile' in format).filter(
  (format) => format.profile().role === 'processor' && existsSync(folderOf(format)),
);

const SOURCE = sourceConfig({
  source: 'processor',
  role: 'processor',
  formats: PROCESSORS.map((format) => format.name),
});

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-profiles-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function folderOf(format: CsvFormat): URL {
  return new URL(`${format.name.slice('csv:'.length)}/`, FIXTURES);
}

function fixture(path: string): string {
  return readFileSync(new URL(`${path}/input.csv`, FIXTURES), 'utf8');
}

/** Loads texts as files, one after another, into a book of their own. */
async function load(...texts: readonly string[]): Promise<readonly IngestedFile[]> {
  books += 1;
  const name = `profiles-${books}`;
  const { config, db, bookId } = bookIn(database, new URL('tieout.yaml', REPLAY), name);
  await db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId, sources: [SOURCE] });
  });
  const files: IngestedFile[] = [];
  for (const [place, text] of texts.entries()) {
    const path = await deliver(folder, `${name}-${place}`, { [`report-${place}.csv`]: text });
    files.push(...(await ingest(db, [path], { bookId, runId: 0n, sources: [SOURCE], now: NOW })));
  }
  return files;
}

function outcomes(files: readonly IngestedFile[]) {
  return files.map(({ outcome, refusal }) => refusal?.reason ?? outcome);
}

test('the batches of Klarna with a tax, of Checkout.com in fractions, of Mollie with twins are whole', async () => {
  const files = await load(
    fixture('klarna-settlement/a-correction-has-a-sign-and-repaid-debt-has-no-row'),
    fixture('checkout-settlement-breakdown/a-gross-in-whole-cents-is-not-changed-by-rounding'),
    fixture('mollie-settlement/fees-of-two-months-are-two-rows-that-look-alike'),
    fixture('gocardless-payout-transactions/a-refund-and-a-late-failure-are-their-own-rows'),
  );
  expect(outcomes(files)).toEqual(['loaded', 'loaded', 'loaded', 'loaded']);
  expect(files.map(({ counts }) => Number(counts.loaded))).toEqual([8, 4, 5, 4]);
});

test('an account without batches, deposits and disbursements are loaded', async () => {
  const files = await load(
    fixture('paypal-activity-de/german-export-reads-decimal-commas'),
    fixture('paypal-activity/a-currency-conversion-is-two-rows-of-one-event'),
    fixture('square-transactions/a-cash-sale-is-not-deposited'),
    fixture('braintree-transactions/a-declined-and-a-voided-row-move-nothing'),
  );
  expect(outcomes(files)).toEqual(['loaded', 'loaded', 'loaded', 'loaded']);
  expect(files.map(({ counts }) => Number(counts.loaded))).toEqual([3, 4, 3, 1]);
});

test('a report whose balance column does not follow is refused, unless a row was kept aside', async () => {
  const files = await load(
    fixture('paypal-activity-de/a-balance-that-does-not-follow-is-told'),
    fixture('paypal-activity/a-row-kept-aside-does-not-break-the-balance'),
  );
  expect(outcomes(files)).toEqual(['CONTROL_TOTAL', 'loaded']);
});

test('a report of life cycles loads nothing, and its file is no failure', async () => {
  const files = await load(fixture('adyen-payments-accounting/life-cycle-rows-move-nothing'));
  expect(outcomes(files)).toEqual(['loaded']);
  const [{ loaded, ignored, rejected } = { loaded: -1, ignored: -1, rejected: -1 }] = files.map(
    ({ counts }) => counts,
  );
  expect([loaded, ignored, rejected].map(Number)).toEqual([0, 1, 0]);
});

test('a settlement that its rows miss is refused', async () => {
  const files = await load(fixture('klarna-settlement/rows-that-miss-the-settlement-are-told'));
  expect(outcomes(files)).toEqual(['SET_BATCH_UNBALANCED']);
});

test.each([
  ['before', ['checkout-payouts', 'checkout-settlement-breakdown']],
  ['after', ['checkout-settlement-breakdown', 'checkout-payouts']],
] as const)('a report of payouts %s their lines moves nothing a second time', async (_, order) => {
  const claims = {
    'checkout-payouts': 'a-payout-row-is-what-the-bank-shows',
    'checkout-settlement-breakdown': 'a-breakdown-sums-to-its-payout',
  };
  const files = await load(...order.map((name) => fixture(`${name}/${claims[name]}`)));
  expect(outcomes(files)).toEqual(['loaded', 'loaded']);
  const loaded = files.map(({ format, counts }) => [format, Number(counts.loaded)] as const);
  expect(Object.fromEntries(loaded)).toEqual({
    'csv:checkout-payouts': 0,
    'csv:checkout-settlement-breakdown': 7,
  });
});

test('a report delivered again is known, entry for entry, whatever its rows have as ids', async () => {
  let known = 0;
  for (const format of PROCESSORS) {
    const claims = readdirSync(folderOf(format)).filter((claim) => !/refused|rejected/.test(claim));
    for (const claim of claims) {
      const text = fixture(`${format.name.slice('csv:'.length)}/${claim}`);
      const [first, again] = await load(text, `${text}\n`);
      if (first?.outcome !== 'loaded') continue;
      expect(Number(again?.counts.loaded), `${format.name} ${claim}`).toBe(0);
      known += 1;
    }
  }
  expect(known).toBeGreaterThan(PROCESSORS.length);
});
