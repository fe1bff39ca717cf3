import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IngestedFile, ingest } from '../../src/ingest/ingest.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { bookIn, dayOf, eveningOf, REPLAY } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { type BankRow, bankStatement, deliver } from '../support/deliveries.ts';

const NOW = eveningOf(dayOf('2026-03-06'));
const ROW: BankRow = { amountMinor: 500, text: 'Miete' };
const OTHER: BankRow = { amountMinor: 700, text: 'Strom' };

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-load-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Loads files, one delivery after another, into a book of its own. */
async function load(
  ...deliveries: readonly Readonly<Record<string, string>>[]
): Promise<readonly IngestedFile[]> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `load-${books}`);
  const { config, db, bookId } = book;
  await db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId, sources: config.sources });
  });
  const files: IngestedFile[] = [];
  for (const [place, delivery] of deliveries.entries()) {
    const path = await deliver(folder, `load-${books}-${place}`, delivery);
    files.push(
      ...(await ingest(db, [path], { bookId, runId: 0n, sources: config.sources, now: NOW })),
    );
  }
  return files;
}

function counts(files: readonly IngestedFile[]) {
  return files.map(({ counts: { loaded, duplicate } }) => [Number(loaded), Number(duplicate)]);
}

test('records the same bytes once, under whatever name', async () => {
  const text = bankStatement([ROW]);
  const files = await load({ 'a.xml': text, 'b.xml': text }, { 'c.xml': text });
  expect(files.map((file) => file.outcome)).toEqual(['loaded', 'duplicate', 'duplicate']);
  expect(new Set(files.map((file) => file.fileNo)).size).toBe(1);
});

test('keeps what one file says twice: twins are two entries', async () => {
  expect(counts(await load({ 'a.xml': bankStatement([ROW, ROW]) }))).toEqual([[2, 0]]);
});

test('counts of a statement exported again only the occurrences beyond those known', async () => {
  const again = bankStatement([ROW, ROW, ROW, OTHER]);
  const files = await load({ 'a.xml': bankStatement([ROW, ROW]) }, { 'b.xml': again });
  expect(counts(files)).toEqual([
    [2, 0],
    [2, 2],
  ]);
});

test('counts equal entries again when the balance says that they are new', async () => {
  const next = bankStatement([ROW], { openingMinor: 100_000_500, number: 65 });
  const files = await load({ 'a.xml': bankStatement([ROW]) }, { 'b.xml': next });
  expect(counts(files)).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

test('keeps a refused file aside with its reason, and says the same when it comes again', async () => {
  const bad = { 'bad.xml': bankStatement([ROW]).slice(0, -40) };
  const files = await load(bad, bad);
  expect(files.map(({ outcome, refusal }) => [outcome, refusal?.reason])).toEqual([
    ['rejected', 'XML_UNCLOSED'],
    ['rejected', 'XML_UNCLOSED'],
  ]);
});

test('refuses a file that no configured source sends, naming what is missing', async () => {
  const report = bankStatement([ROW])
    .replaceAll('camt.053', 'camt.052')
    .replaceAll('BkToCstmrStmt', 'BkToCstmrAcctRpt')
    .replaceAll('Stmt>', 'Rpt>');
  const [file] = await load({ 'intraday.xml': report });
  expect(file).toMatchObject({ outcome: 'rejected', refusal: { reason: 'SOURCE_UNKNOWN' } });
  expect(file?.refusal?.message).toContain('sends camt.052');
});

test('takes an empty file aside and loads the one beside it', async () => {
  const files = await load({ 'a.xml': '', 'b.xml': bankStatement([ROW]) });
  expect(files.map(({ outcome, refusal }) => [outcome, refusal?.reason ?? null])).toEqual([
    ['rejected', 'EMPTY_FILE'],
    ['loaded', null],
  ]);
});

test('reads a file that was kept aside anew, once its account is configured', async () => {
  books += 1;
  const { config, db, bookId } = bookIn(database, new URL('tieout.yaml', REPLAY), `load-${books}`);
  await db.transaction((tx) => openBook(tx, { config, now: NOW }));
  const path = await deliver(folder, `load-${books}`, { 'a.xml': bankStatement([ROW]) });
  const nobody = config.sources.map((source) => ({ ...source, accounts: new Map() }));
  const outcomes: (readonly [string, string | undefined])[] = [];
  for (const sources of [nobody, nobody, config.sources, config.sources]) {
    await db.transaction((tx) => registerSources(tx, { bookId, sources }));
    const [file] = await ingest(db, [path], { bookId, runId: 0n, sources, now: NOW });
    if (file !== undefined) outcomes.push([file.outcome, file.refusal?.reason]);
  }
  expect(outcomes).toEqual([
    ['rejected', 'STM_UNKNOWN_ACCOUNT'],
    ['rejected', 'STM_UNKNOWN_ACCOUNT'],
    ['loaded', undefined],
    ['duplicate', undefined],
  ]);
});

test('knows an account behind whose number the bank puts its currency', async () => {
  const [file] = await load({ 'a.sta': mt940Of('DE02120300000000202051 EUR') });
  expect([file?.outcome, file?.refusal?.reason]).toEqual(['loaded', undefined]);
});

test('takes no other letters behind an account number for a currency', async () => {
  const [file] = await load({ 'a.sta': mt940Of('DE02120300000000202051ABC') });
  expect([file?.outcome, file?.refusal?.reason]).toEqual(['rejected', 'STM_UNKNOWN_ACCOUNT']);
});

function mt940Of(account: string): string {
  return `:20:STARTUMSE
:25:${account}
:28C:1/1
:60F:C260305EUR0,00
:61:2603060306C5,00NTRFNONREF//1
:86:Miete
:62F:C260306EUR5,00
-
`;
}
