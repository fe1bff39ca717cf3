import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceConfig } from '../../src/config.ts';
import type { IngestedFile } from '../../src/ingest/ingest.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  type BankRow,
  bankStatement,
  payoutRow,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';
import { type LoadingBook, loadInto, openLoadingBook } from '../support/loading.ts';

const RENT: BankRow = { amountMinor: 500, text: 'Miete' };
const POWER: BankRow = { amountMinor: 700, text: 'Strom' };
const FEE: BankRow = { amountMinor: -190, text: 'Kontofuehrung' };

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-identity-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function openBook(source: Partial<SourceConfig> = {}): Promise<LoadingBook> {
  books += 1;
  return openLoadingBook(database, { code: `identity-${books}`, folder, source });
}

function outcomes(files: readonly IngestedFile[]) {
  return files.map(({ outcome, refusal }) => [outcome, refusal?.reason ?? null]);
}

function counts({ counts }: IngestedFile) {
  const { read, loaded, duplicate, rejected } = counts;
  return { read, loaded, duplicate, rejected };
}

async function rowsOf<Row>({ db, bookId }: LoadingBook, sql: string): Promise<readonly Row[]> {
  return await db.read((tx) => tx.query<Row>(sql, [bookId]));
}

describe('a file of a known name and other content', () => {
  const known = bankStatement([RENT]);
  const other = bankStatement([POWER], { openingMinor: 100_000_500, number: 65 });

  test('is held, and nothing of it is loaded, however often it comes', async () => {
    const book = await openBook();
    await loadInto(book, { 'statement.xml': known });
    const [held] = await loadInto(book, { 'statement.xml': other });
    const [again] = await loadInto(book, { 'statement.xml': other });
    expect(outcomes([held, again].filter((file) => file !== undefined))).toEqual([
      ['held', 'NAME_CONFLICT'],
      ['held', 'NAME_CONFLICT'],
    ]);
    expect(held?.refusal?.message).toContain('--accept statement.xml');
    const stored = await rowsOf(
      book,
      `select source_file.state, source_file.source, count(entry.*)::int as entries
       from tieout.source_file left join tieout.entry using (book_id, file_no)
       where book_id = $1 group by book_id, file_no, state, source order by file_no`,
    );
    expect(stored).toEqual([
      { state: 'loaded', source: 'house-bank', entries: 1 },
      { state: 'held', source: 'house-bank', entries: 0 },
    ]);
  });

  test('is loaded as a revision once it is accepted, by its name or its digest', async () => {
    const accepts = [() => 'statement.xml', (sha256: string) => sha256.slice(0, 8)];
    for (const accept of accepts) {
      const book = await openBook();
      const [first] = await loadInto(book, { 'statement.xml': known });
      const [held] = await loadInto(book, { 'statement.xml': other });
      const acceptance = { files: [accept(held?.sha256 ?? '')], by: 'treasurer' };
      const loaded = await loadInto(book, { 'statement.xml': other }, { acceptance });
      expect(outcomes(loaded)).toEqual([['loaded', null]]);
      const [revision] = await rowsOf(
        book,
        `select accepted_as_revision_of_file_no as "of", accepted_by as by, accepted_at is not null as "hasTime"
         from tieout.source_file where book_id = $1 and name = 'statement.xml' order by file_no desc`,
      );
      expect(revision).toEqual({ of: first?.fileNo, by: 'treasurer', hasTime: true });
    }
  });

  test('is a revision of what was loaded, not of another one that is held', async () => {
    const book = await openBook();
    const [first] = await loadInto(book, { 'statement.xml': known });
    await loadInto(book, { 'statement.xml': other });
    const third = bankStatement([RENT, FEE]);
    const acceptance = { files: ['statement.xml'], by: 'treasurer' };
    expect(outcomes(await loadInto(book, { 'statement.xml': third }, { acceptance }))).toEqual([
      ['loaded', null],
    ]);
    const revisions = await rowsOf(
      book,
      `select state, accepted_as_revision_of_file_no as "of" from tieout.source_file where book_id = $1 order by file_no`,
    );
    expect(revisions).toEqual([
      { state: 'loaded', of: null },
      { state: 'held', of: null },
      { state: 'loaded', of: first?.fileNo },
    ]);
  });

  test('may follow one that was refused: nothing of that was loaded', async () => {
    const book = await openBook();
    const files = [
      ...(await loadInto(book, { 'statement.xml': known.slice(0, -40) })),
      ...(await loadInto(book, { 'statement.xml': known })),
    ];
    expect(outcomes(files)).toEqual([
      ['rejected', 'XML_UNCLOSED'],
      ['loaded', null],
    ]);
  });

  test('is held too when the name was given to known bytes by a second delivery', async () => {
    const book = await openBook();
    await loadInto(book, { 'first.xml': known });
    await loadInto(book, { 'second.xml': known });
    expect(outcomes(await loadInto(book, { 'second.xml': other }))).toEqual([
      ['held', 'NAME_CONFLICT'],
    ]);
  });

  test('is no conflict between two sources, nor in one that uses names again', async () => {
    const book = await openBook();
    const rows: SettlementRow[] = [
      { type: 'Settled', reference: 'ORD-1', grossMinor: 1000, batch: 1 },
      payoutRow(1, 1000),
    ];
    await loadInto(book, { report: known });
    expect(outcomes(await loadInto(book, { report: settlementReport(rows) }))).toEqual([
      ['loaded', null],
    ]);
    const reusing = await openBook({ names: 'reused' });
    await loadInto(reusing, { 'statement.xml': known });
    expect(outcomes(await loadInto(reusing, { 'statement.xml': other }))).toEqual([
      ['loaded', null],
    ]);
  });

  test('cannot be accepted under a name that no given file has, or that two of them have', async () => {
    const book = await openBook();
    const accept = (file: string) => ({ acceptance: { files: [file], by: 'treasurer' } });
    await expect(
      loadInto(book, { 'statement.xml': known }, accept('absent.xml')),
    ).rejects.toMatchObject({ code: 'usage' });
    const both = { 'a/statement.xml': known, 'b/statement.xml': other };
    await expect(loadInto(book, both, accept('statement.xml'))).rejects.toThrow(/fits 2 files/);
  });
});

describe('a line of a known id', () => {
  const lines: SettlementRow[] = [
    { type: 'Settled', reference: 'ORD-1', grossMinor: 10_000, feeMinor: 100, batch: 1 },
    { type: 'Settled', reference: 'ORD-2', grossMinor: 5_000, feeMinor: 50, batch: 1 },
  ];
  const report = settlementReport([...lines, payoutRow(1, 14_850)]);
  // Not a correction of the whole batch: its lines no longer sum to its payout.
  const corrected = settlementReport([
    ...lines.map((line, at) => ({
      ...line,
      grossMinor: line.grossMinor + (at === 0 ? 100 : -90),
    })),
    payoutRow(1, 14_850),
  ]);

  test('and another amount is rejected with both, and neither updated nor a duplicate', async () => {
    const book = await openBook();
    await loadInto(book, { 'report.csv': report });
    const [file] = await loadInto(book, { 'corrected.csv': corrected });
    expect(file === undefined ? file : counts(file)).toEqual({
      read: 3n,
      loaded: 0n,
      duplicate: 1n,
      rejected: 2n,
    });
    const rejections = await rowsOf(
      book,
      `select reason_code as reason, reason_text as text, amount_minor as "amountMinor", currency, line
       from tieout.rejection where book_id = $1 order by rejection_no`,
    );
    expect(rejections).toEqual([
      {
        reason: 'IDENTITY_CONFLICT',
        text: 'PSPORD1 is known from report.csv as a payment of 99.00 EUR (gross 100.00 EUR), and comes as a payment of 100.00 EUR (gross 101.00 EUR)',
        amountMinor: 10_000n,
        currency: 'EUR',
        line: 2n,
      },
      expect.objectContaining({ reason: 'IDENTITY_CONFLICT', amountMinor: 4_860n, line: 3n }),
    ]);
    const known = await rowsOf(
      book,
      `select amount_minor as "amountMinor" from tieout.entry where book_id = $1 and file_no = 1 order by ordinal`,
    );
    expect(known).toEqual([
      { amountMinor: 9_900n },
      { amountMinor: 4_950n },
      { amountMinor: -14_850n },
    ]);
  });

  test('keeps what it said, whole', async () => {
    const book = await openBook();
    await loadInto(book, { 'report.csv': report });
    await loadInto(book, { 'corrected.csv': corrected });
    const [rejection] = await rowsOf<{ raw: string }>(
      book,
      'select raw from tieout.rejection where book_id = $1 order by rejection_no',
    );
    expect(JSON.parse(rejection?.raw ?? '')).toMatchObject({
      reference: 'ORD-1',
      external_id: 'PSPORD1',
      amount_minor: 10_000,
      fee_commission_minor: 100,
      batch: '1',
    });
  });

  test('and another gross or another currency is rejected too', async () => {
    const gross = lines.map((line) => ({
      ...line,
      grossMinor: line.grossMinor + 10,
      feeMinor: (line.feeMinor ?? 0) + 10,
    }));
    const others = [
      settlementReport([...gross, payoutRow(1, 14_840)]),
      report.replaceAll(',EUR,', ',USD,'),
    ];
    for (const other of others) {
      const book = await openBook();
      await loadInto(book, { 'report.csv': report });
      const [file] = await loadInto(book, { 'other.csv': other });
      expect(file?.counts.rejected).toBe(2n);
    }
  });

  test('contradicts itself inside one file as well', async () => {
    const book = await openBook();
    const [first] = lines;
    const twice = first === undefined ? [] : [{ ...first, grossMinor: 10_100 }];
    const text = settlementReport([...lines, ...twice, payoutRow(1, 14_850)]);
    const [file] = await loadInto(book, { 'report.csv': text });
    expect(file === undefined ? file : counts(file)).toEqual({
      read: 4n,
      loaded: 3n,
      duplicate: 0n,
      rejected: 1n,
    });
  });

  test('is accounted for in amount by currency, whatever became of it', async () => {
    const book = await openBook();
    await loadInto(book, { 'report.csv': report });
    await loadInto(book, { 'corrected.csv': corrected });
    const totals = await rowsOf(
      book,
      `select currency, amount_minor as read, loaded_minor as loaded, duplicate_minor as duplicate,
              rejected_minor as rejected, ignored_minor as ignored
       from tieout.file_total where book_id = $1 order by file_no`,
    );
    expect(totals).toEqual([
      { currency: 'EUR', read: 0n, loaded: 0n, duplicate: 0n, rejected: 0n, ignored: 0n },
      {
        currency: 'EUR',
        read: 10n,
        loaded: 0n,
        duplicate: -14_850n,
        rejected: 14_860n,
        ignored: 0n,
      },
    ]);
    const lost = database.db.transaction(
      (tx) =>
        tx.execute(
          'update tieout.file_total set loaded_minor = loaded_minor + 1 where book_id = $1',
          [book.bookId],
        ),
      { role: 'owner' },
    );
    await expect(lost).rejects.toThrow(/file_total_loses_nothing/);
  });
});

describe('a statement told anew', () => {
  const first = bankStatement([RENT, POWER, FEE]);

  /** What the second of two files restates, in short. */
  async function restated(
    before: string,
    now: string,
    source: Partial<SourceConfig> = {},
  ): Promise<readonly object[]> {
    const book = await openBook(source);
    await loadInto(book, { 'before.xml': before });
    const [file] = await loadInto(book, { 'now.xml': now });
    expect(file?.outcome).toBe('loaded');
    return (file?.restatements ?? []).map(
      ({ kind, account, ofFileNo, ...restatement }) => restatement,
    );
  }

  test('is compared line by line, with counts and amounts', async () => {
    const now = bankStatement([
      RENT,
      { ...POWER, amountMinor: 900 },
      { amountMinor: 25, text: 'Zins' },
    ]);
    expect(await restated(first, now)).toEqual([
      {
        number: '64',
        currency: 'EUR',
        ofName: 'before.xml',
        added: 2n,
        addedMinor: 925n,
        removed: 2n,
        removedMinor: 510n,
        changed: 0n,
        changedFromMinor: 0n,
        changedToMinor: 0n,
      },
    ]);
  });

  test('has a changed line where an id says that it is the same', async () => {
    const identified = (text: string, id: string) =>
      text.replace('<NtryDtls>', `<AcctSvcrRef>${id}</AcctSvcrRef><NtryDtls>`);
    const before = identified(bankStatement([RENT, POWER]), 'BANK-1');
    const now = identified(bankStatement([{ ...RENT, amountMinor: 600 }, POWER]), 'BANK-1');
    expect(await restated(before, now)).toMatchObject([
      { added: 0n, removed: 0n, changed: 1n, changedFromMinor: 500n, changedToMinor: 600n },
    ]);
  });

  test('lists the line that was rejected for its amount as changed', async () => {
    const line: SettlementRow = {
      type: 'Settled',
      reference: 'ORD-1',
      grossMinor: 1_000,
      batch: 1,
    };
    const other: SettlementRow = { ...line, reference: 'ORD-2' };
    const before = settlementReport([line, other, payoutRow(1, 2_000)]);
    const now = settlementReport([
      { ...line, grossMinor: 1_100 },
      { ...other, grossMinor: 900 },
      payoutRow(1, 2_000),
    ]);
    expect(await restated(before, now)).toMatchObject([
      {
        number: '1',
        added: 0n,
        removed: 0n,
        changed: 2n,
        changedFromMinor: 2_000n,
        changedToMinor: 2_000n,
      },
    ]);
    const book = await openBook();
    await loadInto(book, { 'before.csv': before });
    await loadInto(book, { 'now.csv': now });
    const [again] = await loadInto(book, { 'again.csv': `${now}\n` });
    expect(again?.restatements).toEqual([]);
    const lines = await rowsOf(
      book,
      `select change, amount_minor as now, of_amount_minor as before from tieout.restatement_line
       where book_id = $1 order by file_no, line_no`,
    );
    expect(lines).toEqual([
      { change: 'changed', now: 1_100n, before: 1_000n },
      { change: 'changed', now: 900n, before: 1_000n },
    ]);
  });

  test.each([
    ['in another order', [FEE, POWER, RENT], {}],
    ['with another number', [RENT], { number: 65 }],
    ['with that number in another year', [RENT], { day: '2027-03-05' }],
  ])('is none %s', async (_, rows, options) => {
    expect(await restated(first, bankStatement(rows, options))).toEqual([]);
  });

  test('is none under the number 0, which names nothing', async () => {
    const before = bankStatement([RENT], { number: 0 });
    expect(await restated(before, bankStatement([POWER], { number: 0 }))).toEqual([]);
  });

  test('is none when it is the next sheet of one number', async () => {
    const sheet = bankStatement([POWER], { openingMinor: 100_000_500 });
    expect(await restated(bankStatement([RENT]), sheet)).toEqual([]);
    expect(await restated(sheet, bankStatement([RENT]))).toEqual([]);
  });

  test('counts twins by how often they stand there', async () => {
    const now = bankStatement([RENT, RENT, POWER, FEE]);
    expect(await restated(first, now)).toMatchObject([
      { added: 1n, addedMinor: 500n, removed: 0n, changed: 0n },
    ]);
  });

  test('is a batch with one line in place of another, and none in another order or of parts', async () => {
    const lines: SettlementRow[] = ['ORD-1', 'ORD-2'].map((reference) => ({
      ...{ type: 'Settled', reference, grossMinor: 1_000, batch: 1 },
    }));
    const report = (...rows: readonly (SettlementRow | undefined)[]) =>
      settlementReport([...rows.filter((row) => row !== undefined), payoutRow(1, 2_000)]);
    const before = report(...lines);
    expect(await restated(before, report(...[...lines].reverse()))).toEqual([]);
    expect(await restated(before, report(lines[0], lines[0]))).toMatchObject([
      { added: 1n, removed: 1n, changed: 0n },
    ]);
    expect(await restated(before, report(lines[0], lines[0]), { delivery: 'disjoint' })).toEqual(
      [],
    );
  });
});

describe('a batch told anew', () => {
  const line: SettlementRow = { type: 'Settled', reference: 'ORD-1', grossMinor: 1_000, batch: 1 };

  test('has a line less that was only kept aside before', async () => {
    const book = await openBook();
    const elsewhere: SettlementRow = { ...line, reference: 'ORD-9', batch: 9 };
    const contradicting = { ...elsewhere, grossMinor: 1_100, batch: 1 };
    await loadInto(book, { 'a.csv': settlementReport([elsewhere, payoutRow(9, 1_000)]) });
    const payout = payoutRow(1, 2_100);
    await loadInto(book, { 'b.csv': settlementReport([line, contradicting, payout]) });
    const [file] = await loadInto(book, { 'c.csv': settlementReport([line, payout]) });
    expect(file?.counts).toMatchObject({ loaded: 0n, duplicate: 2n });
    expect(file?.restatements).toMatchObject([
      { number: '1', added: 0n, removed: 1n, removedMinor: 1_100n, changed: 0n },
    ]);
  });
});

describe('a source whose files never repeat one another', () => {
  const disjoint = { delivery: 'disjoint' } as const;
  const withoutBalances = (text: string) => text.replaceAll(/<Bal>.*?<\/Bal>\n/gs, '');

  async function loadedCounts(
    source: Partial<SourceConfig>,
    ...texts: readonly string[]
  ): Promise<readonly (readonly bigint[])[]> {
    const book = await openBook(source);
    const found: (readonly bigint[])[] = [];
    for (const [at, text] of texts.entries()) {
      const [file] = await loadInto(book, { [`part-${at}.xml`]: text });
      found.push([file?.counts.loaded ?? -1n, file?.counts.duplicate ?? -1n]);
    }
    return found;
  }

  test('has equal lines of two files as two lines, where others have one', async () => {
    const one = withoutBalances(bankStatement([RENT], { number: 1 }));
    const two = withoutBalances(bankStatement([RENT, POWER], { number: 2 }));
    expect(await loadedCounts(disjoint, one, two)).toEqual([
      [1n, 0n],
      [2n, 0n],
    ]);
    expect(await loadedCounts({}, one, two)).toEqual([
      [1n, 0n],
      [1n, 1n],
    ]);
  });

  test('has the very same statement once, however its bytes differ', async () => {
    const one = withoutBalances(bankStatement([RENT, RENT], { number: 1 }));
    expect(await loadedCounts(disjoint, one, `${one}\n`)).toEqual([
      [2n, 0n],
      [0n, 2n],
    ]);
  });

  test('is corrected by balances that only close without what is known', async () => {
    const noon = bankStatement([RENT], { number: 64 });
    const evening = bankStatement([RENT, POWER], { number: 64 });
    expect(await loadedCounts(disjoint, noon, evening)).toEqual([
      [1n, 0n],
      [1n, 1n],
    ]);
  });
});

describe('one day of an account in two formats', () => {
  const day = bankStatement([RENT, POWER], { openingMinor: 10_000, day: '2026-03-05' });
  const sameDay = (closing: string) =>
    [
      ':20:A',
      ':25:DE02120300000000202051',
      ':28C:64/1',
      ':60F:C260304EUR100,00',
      ':61:260305C5,00NTRFNONREF//B1',
      ':86:MIETE',
      ':61:260305C7,00NTRFNONREF//B2',
      ':86:STROM',
      `:62F:C260305EUR${closing}`,
      '-',
    ].join('\r\n');

  test('is booked once: the second file is kept aside and names the first', async () => {
    const book = await openBook({ formats: ['camt.053', 'mt940'] });
    const [first] = await loadInto(book, { 'day.xml': day });
    const [second] = await loadInto(book, { 'day.sta': sameDay('112,00') });
    expect(outcomes([first, second].filter((file) => file !== undefined))).toEqual([
      ['loaded', null],
      ['rejected', 'STATEMENT_IN_TWO_FORMATS'],
    ]);
    expect(second?.refusal?.message).toContain('camt.053 from day.xml');
  });

  test('is two when the balances differ', async () => {
    const book = await openBook({ formats: ['camt.053', 'mt940'] });
    await loadInto(book, { 'day.xml': day });
    const other = sameDay('112,00')
      .replace('EUR100,00', 'EUR112,00')
      .replace('EUR112,00\r\n-', 'EUR124,00\r\n-');
    const [second] = await loadInto(book, { 'day.sta': other });
    expect(second?.outcome).toBe('loaded');
  });
});
