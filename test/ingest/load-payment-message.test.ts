import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest } from '../../src/ingest/ingest.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { bookIn, dayOf, eveningOf, REPLAY, runNight } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { bankStatement, deliver } from '../support/deliveries.ts';

const NOW = eveningOf(dayOf('2026-03-06'));
const CASES = new URL('../../fixtures/ingest/', import.meta.url);
const FORMATS = ['pain.001', 'pain.002', 'pain.008', 'pacs.002', 'pacs.004', 'pacs.008'];
const TRANSFERS = inputOf('pain.001/a-group-pays-from-one-account-on-one-day');
const STATUSES = inputOf('pain.002/every-level-tells-its-own-status');
const RETURNED = inputOf('pacs.004/a-return-tells-why-and-what-it-cost');

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-load-payment-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function inputOf(name: string): string {
  return readFileSync(new URL(`${name}/input.xml`, CASES), 'utf8');
}

/** A book of its own whose bank also sends payment messages, and knows the accounts given. */
function freshBook(accounts?: ReadonlyMap<string, string>) {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `load-payment-${books}`);
  const sources = book.config.sources.map((source) =>
    source.role === 'bank'
      ? {
          ...source,
          formats: [...source.formats, ...FORMATS],
          accounts: accounts ?? source.accounts,
        }
      : source,
  );
  return { ...book, config: { ...book.config, sources } };
}

/** Rows of a book. */
async function rowsOf(book: ReturnType<typeof freshBook>, sql: string) {
  return await book.db.read((tx) => tx.query<Record<string, unknown>>(sql, [book.bookId]));
}

/** Loads files into a book. */
async function load(
  book: ReturnType<typeof freshBook>,
  delivery: Readonly<Record<string, string>>,
) {
  const { db, bookId, config } = book;
  await db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId, sources: config.sources });
  });
  const path = await deliver(folder, `load-${books}`, delivery);
  return await ingest(db, [path], { bookId, runId: 0n, sources: config.sources, now: NOW });
}

test('counts what is instructed as read and ignored, of accounts nobody configured', async () => {
  const book = freshBook(new Map());
  const [file] = await load(book, { 'out.xml': TRANSFERS });
  expect(file).toMatchObject({
    outcome: 'loaded',
    counts: { read: 3n, loaded: 0n, duplicate: 0n, rejected: 0n, ignored: 3n },
  });
  const statements = await rowsOf(
    book,
    `select kind, account, currency, number, entries, credits_minor, chain, account_code
     from tieout.statement where book_id = $1 order by statement_no`,
  );
  const same = { kind: 'payment-message', currency: 'EUR', credits_minor: 0n, chain: 'unchained' };
  expect(statements).toEqual([
    {
      ...same,
      account: 'DE02120300000000202051',
      number: 'LINDEN-20260302-1-A',
      entries: 2n,
      account_code: null,
    },
    { ...same, account: '0012345', number: 'LINDEN-20260302-1-B', entries: 1n, account_code: null },
  ]);
});

test('stores every status of a report, which holds no entry, with what the levels above tell', async () => {
  const book = freshBook();
  const [file] = await load(book, { 'status.xml': STATUSES });
  expect(file).toMatchObject({ outcome: 'loaded', counts: { read: 0n, ignored: 0n } });
  const statuses = await rowsOf(
    book,
    `select status_no, level, end_to_end_id, status, reason_code, reason_text, status_date, original_count, element
     from tieout.payment_status where book_id = $1 order by status_no`,
  );
  expect(statuses.map((row) => [row.status_no, row.level, row.status, row.reason_code])).toEqual([
    [1n, 'group', 'PART', null],
    [2n, 'payment-information', 'PART', 'NARR'],
    [3n, 'transaction', 'RJCT', 'AC01; H17'],
    [4n, 'transaction', 'PART', 'NARR'],
    [5n, 'payment-information', 'ACSP', null],
  ]);
  expect(statuses[0]).toMatchObject({ original_count: '3', status_date: '2026-03-02' });
  expect(statuses[2]).toMatchObject({
    end_to_end_id: 'INV-1001',
    reason_text: '1301813;account unknown',
    element: 'CstmrPmtStsRpt[1]/OrgnlPmtInfAndSts[1]/TxInfAndSts[1]',
  });
});

test('a transaction has the status of its own group of payments, and of no other', async () => {
  const book = freshBook();
  const report = `<Document><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr>
    <OrgnlGrpInfAndSts><OrgnlMsgId>M</OrgnlMsgId><GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts>
    <OrgnlPmtInfAndSts><OrgnlPmtInfId>A</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>
      <TxInfAndSts><OrgnlEndToEndId>1</OrgnlEndToEndId></TxInfAndSts></OrgnlPmtInfAndSts>
    <OrgnlPmtInfAndSts><OrgnlPmtInfId>B</OrgnlPmtInfId>
      <TxInfAndSts><OrgnlEndToEndId>2</OrgnlEndToEndId></TxInfAndSts></OrgnlPmtInfAndSts>
  </CstmrPmtStsRpt></Document>`;
  await load(book, { 'status.xml': report });
  expect(
    await rowsOf(
      book,
      `select end_to_end_id, status from tieout.payment_status
       where book_id = $1 and level = 'transaction' order by status_no`,
    ),
  ).toEqual([
    { end_to_end_id: '1', status: 'RJCT' },
    { end_to_end_id: '2', status: 'ACTC' },
  ]);
});

test('stores what came back as statuses of the original payments, beside the entries it passes over', async () => {
  const book = freshBook();
  const [file] = await load(book, { 'back.xml': RETURNED });
  expect(file).toMatchObject({ outcome: 'loaded', counts: { read: 2n, loaded: 0n, ignored: 2n } });
  const statuses = await rowsOf(
    book,
    `select message, end_to_end_id, transaction_id, status, reason_code, amount_minor, currency, status_date
     from tieout.payment_status where book_id = $1 order by status_no`,
  );
  const same = { message: 'pacs.004', status: 'RTRN', currency: 'EUR' };
  expect(statuses).toEqual([
    {
      ...same,
      end_to_end_id: 'INV-1001',
      transaction_id: 'T-7',
      reason_code: 'AC04',
      amount_minor: 10_000n,
      status_date: '2026-03-04',
    },
    {
      ...same,
      end_to_end_id: null,
      transaction_id: 'T-8',
      reason_code: 'X9',
      amount_minor: 5_000n,
      status_date: '2026-03-05',
    },
  ]);
});

test('a file of statuses that is delivered twice is stored once', async () => {
  const book = freshBook();
  await load(book, { 'status.xml': STATUSES });
  const [again] = await load(book, { 'other-name.xml': STATUSES });
  expect(again).toMatchObject({ outcome: 'duplicate' });
  const [count] = await rowsOf(
    book,
    `select sum(statuses)::bigint as told,
       (select count(*) from tieout.payment_status where book_id = $1) as stored
     from tieout.source_file where book_id = $1`,
  );
  expect(count).toEqual({ told: 5n, stored: 5n });
});

test('keeps aside what cannot be read of a payment message, with its element', async () => {
  const bad = inputOf('pain.001/an-unreadable-transaction-is-rejected-and-the-rest-goes-on');
  const book = freshBook();
  const [file] = await load(book, { 'bad.xml': bad });
  expect(file).toMatchObject({
    outcome: 'loaded',
    counts: { read: 9n, rejected: 8n, ignored: 1n },
  });
  const [first] = await rowsOf(
    book,
    'select reason_code, element from tieout.rejection where book_id = $1 order by rejection_no',
  );
  expect(first).toEqual({ reason_code: 'AMOUNT_MISSING', element: 'PmtInf[1]/CdtTrfTxInf[1]' });
});

test('refuses a payment message whose control values are not what it holds', async () => {
  const wrong = inputOf('pain.001/control-values-that-disagree-are-told-with-both-numbers');
  const [file] = await load(freshBook(), { 'wrong.xml': wrong });
  expect(file).toMatchObject({ outcome: 'rejected', refusal: { reason: 'CONTROL_TOTAL' } });
});

test('a bank statement of an account nobody configured is refused as ever', async () => {
  const statement = bankStatement([{ amountMinor: 500, text: 'Miete' }]);
  const files = await load(freshBook(new Map()), { 'a.xml': statement, 'b.xml': TRANSFERS });
  expect(files.map(({ outcome, refusal }) => [outcome, refusal?.reason])).toEqual([
    ['rejected', 'STM_UNKNOWN_ACCOUNT'],
    ['loaded', undefined],
  ]);
});

test('a night with payment messages beside the statement posts what the statement says, once', async () => {
  const statement = bankStatement([{ amountMinor: 500, text: 'Miete' }]);
  const journals: unknown[] = [];
  for (const beside of [
    {},
    { 'out.xml': TRANSFERS, 'status.xml': STATUSES, 'back.xml': RETURNED },
  ]) {
    const book = freshBook();
    const path = await deliver(folder, `night-${books}`, { 'bank.xml': statement, ...beside });
    await runNight(book, [path]);
    const [posted] = await rowsOf(
      book,
      'select count(*) as postings, sum(amount_minor) as minor from tieout.posting where book_id = $1',
    );
    journals.push(posted);
  }
  expect(journals[0]).toMatchObject({ postings: 1n });
  expect(journals[1]).toEqual(journals[0]);
});
