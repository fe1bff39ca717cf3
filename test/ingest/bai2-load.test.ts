import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IngestedFile, ingest } from '../../src/ingest/ingest.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { bookIn, dayOf, eveningOf, REPLAY } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver } from '../support/deliveries.ts';
import { sourceConfig } from '../support/source.ts';

const NOW = eveningOf(dayOf('2026-03-06'));
const SOURCE = sourceConfig({
  source: 'us-bank',
  role: 'bank',
  formats: ['bai2'],
  accounts: new Map([['4711', 'assets:bank:main']]),
});

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-bai2-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Loads files in turn into a book of its own, and reads how its statements chain. */
async function load(...texts: readonly string[]) {
  books += 1;
  const { config, db, bookId } = bookIn(
    database,
    new URL('tieout.yaml', REPLAY),
    `bai2-load-${books}`,
  );
  const sources = [SOURCE];
  await db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId, sources });
  });
  const files: IngestedFile[] = [];
  for (const [place, text] of texts.entries()) {
    const path = await deliver(folder, `bai2-${books}-${place}`, { [`report-${place}.bai`]: text });
    files.push(...(await ingest(db, [path], { bookId, runId: 0n, sources, now: NOW })));
  }
  const statements = await db.transaction((tx) =>
    tx.query<{ chain: string }>(
      'select chain from tieout.statement where book_id = $1 order by file_no, statement_no',
      [bookId],
    ),
  );
  return { files, chains: statements.map(({ chain }) => chain) };
}

interface Report {
  readonly day: string;
  readonly group?: { readonly status?: number; readonly modifier?: number };
  readonly opening: number;
  readonly closing: number;
  /** Transactions as `type code, amount`. */
  readonly details: readonly (readonly [string, number])[];
  readonly fileNumber?: number;
}

function report({ day, group, opening, closing, details, fileNumber = 1 }: Report): string {
  const sum = details.reduce((total, [, amount]) => total + amount, opening + closing);
  const records = details.length + 2;
  return [
    `01,BANK,SHOP,${day},0605,${fileNumber},,,2/`,
    `02,SHOP,BANK,${group?.status ?? 1},${day},2400,EUR,${group?.modifier ?? 2}/`,
    `03,4711,,010,${opening},,,015,${closing},,/`,
    ...details.map(([code, amount], index) => `16,${code},${amount},Z,B${index},C${index},TEXT/`),
    `49,${sum},${records}/`,
    `98,${sum},1,${records + 2}/`,
    `99,${sum},1,${records + 4}/`,
  ].join('\n');
}

function counts(files: readonly IngestedFile[]) {
  return files.map(({ counts: { read, loaded, duplicate, rejected, ignored } }) =>
    [read, loaded, duplicate, rejected, ignored].map(Number),
  );
}

const MONDAY: Report = {
  day: '260302',
  opening: 1000,
  closing: 1300,
  details: [
    ['142', 500],
    ['475', 200],
  ],
};
const TUESDAY: Report = { day: '260303', opening: 1300, closing: 1400, details: [['142', 100]] };

test('chains the balances of one day to the next', async () => {
  const { files, chains } = await load(report(MONDAY), report(TUESDAY));
  expect(counts(files)).toEqual([
    [2, 2, 0, 0, 0],
    [1, 1, 0, 0, 0],
  ]);
  expect(chains).toEqual(['continuous', 'continuous']);
});

test('counts a report once that is sent again under a new number', async () => {
  const { files } = await load(report(MONDAY), report({ ...MONDAY, fileNumber: 2 }));
  expect(counts(files)).toEqual([
    [2, 2, 0, 0, 0],
    [2, 0, 2, 0, 0],
  ]);
});

test('keeps aside what has no direction, and ignores a message without money', async () => {
  const details = [...MONDAY.details, ['905', 99] as const, ['890', 0] as const];
  const { files } = await load(report({ ...MONDAY, details }));
  expect(counts(files)).toEqual([[4, 2, 0, 1, 1]]);
});

test.each([
  ['a test', { status: 4 }],
  ['a deletion', { status: 2 }],
  ['an interim report', { modifier: 3 }],
])('books nothing of %s, whose balances no later report must follow', async (_, group) => {
  const odd = { ...MONDAY, group, opening: 77, closing: 377 };
  const { files, chains } = await load(report(odd), report(MONDAY), report(TUESDAY));
  expect(counts(files)).toEqual([
    [2, 0, 0, 0, 2],
    [2, 2, 0, 0, 0],
    [1, 1, 0, 0, 0],
  ]);
  expect(chains.slice(1)).toEqual(['continuous', 'continuous']);
});

test('refuses a report that contradicts its own totals', async () => {
  const { files } = await load(
    report(MONDAY).replace('49,3000', '49,3001'),
    report({ ...MONDAY, closing: 1301 }),
    report(MONDAY).replace(/99,.*/, ''),
  );
  expect(files.map(({ refusal }) => refusal?.reason)).toEqual([
    'CONTROL_TOTAL',
    'STM_INCONSISTENT',
    'TRUNCATED',
  ]);
});

test('loads a report without a closing balance, whose trailers prove it whole', async () => {
  const open = report(MONDAY)
    .replace(',,,015,1300,,/', ',,/')
    .replace('49,3000', '49,1700')
    .replace('98,3000', '98,1700')
    .replace('99,3000', '99,1700');
  const { files } = await load(open);
  expect(counts(files)).toEqual([[2, 2, 0, 0, 0]]);
});
