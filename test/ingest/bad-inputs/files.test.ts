import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceConfig } from '../../../src/config.ts';
import { FORMATS } from '../../../src/ingest/formats.ts';
import { type IngestedFile, ingest } from '../../../src/ingest/ingest.ts';
import {
  detectFormat,
  type InspectOptions,
  readRecords,
  surveyFile,
} from '../../../src/ingest/intake.ts';
import { FileRefusal, type ParsedRecord } from '../../../src/ingest/record.ts';
import { registerSources } from '../../../src/ingest/source.ts';
import { openBook } from '../../../src/ledger/book.ts';
import { zipOf } from '../../support/archives.ts';
import { bookIn, dayOf, eveningOf, REPLAY, type TestBook } from '../../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { bankStatement, payoutRow, settlementReport } from '../../support/deliveries.ts';

const NOW = eveningOf(dayOf('2026-03-06'));

let folder: string;
let database: FreshDatabase;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-bad-files-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  count += 1;
  const path = join(folder, String(count));
  await mkdir(path);
  return path;
}

async function newBook(more: Partial<SourceConfig> = {}): Promise<TestBook> {
  count += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `files-${count}`);
  const sources = book.config.sources.map((source) => ({ ...source, ...more }));
  const config = { ...book.config, sources };
  await book.db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId: book.bookId, sources });
  });
  return { ...book, config };
}

async function delivered(
  book: TestBook,
  path: string,
  rawFolder: string | null = null,
): Promise<readonly IngestedFile[]> {
  const { db, bookId, config } = book;
  const options = { bookId, runId: 0n, sources: config.sources, now: NOW, rawFolder };
  return await ingest(db, [path], options);
}

/** What a file is refused for and where, or the records it holds. */
async function readingOf(
  name: string,
  bytes: Uint8Array | string,
  options: InspectOptions = {},
): Promise<{ refusal?: FileRefusal; records: readonly ParsedRecord[] }> {
  const path = join(await newFolder(), name);
  await writeFile(path, bytes);
  const records: ParsedRecord[] = [];
  try {
    const { inspected, refusal } = await surveyFile(path, options);
    if (inspected === undefined) throw refusal;
    const recognised = detectFormat(inspected.head, FORMATS);
    for await (const batch of readRecords(path, inspected, recognised)) records.push(...batch);
    return { records };
  } catch (error) {
    if (error instanceof FileRefusal) return { refusal: error, records };
    throw error;
  }
}

function narrativesOf(records: readonly ParsedRecord[]): readonly (string | null)[] {
  return records.flatMap((record) => (record.kind === 'entry' ? [record.narrative] : []));
}

function codesOf(records: readonly ParsedRecord[]): readonly string[] {
  return records.flatMap((record) => (record.kind === 'diagnostic' ? [record.code] : []));
}

/** A report that sums: one sale and its payout. */
function report(reference: string, batch = 17): string {
  const sale = { type: 'Settled', reference, grossMinor: 5_000, feeMinor: 50, batch } as const;
  return settlementReport([sale, payoutRow(batch, 4_950)]);
}

function statement(text: string, encoding = 'UTF-8'): string {
  return bankStatement([{ amountMinor: 500, text }]).replace('"UTF-8"', `"${encoding}"`);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

const WIDE_HEADER = `${report('W').split('\n')[0]}${',x'.repeat(1_000_000)}\n`;
const LONG_LINE = `${report('L')}AcmeShop,"${'x'.repeat(20_000_000)}`;
const SHORT_OF_PAYOUT = report('S').split('\n').slice(0, 2).join('\n');

describe('is refused as a whole', () => {
  test.each<readonly [string, string, Uint8Array | string, string]>([
    ['#01 nothing in it', 'a.csv', '', 'EMPTY_FILE'],
    ['#02 a header and no records', 'a.csv', settlementReport([]), 'NO_RECORDS'],
    [
      '#16 a gzip file that is cut',
      'a.gz',
      gzipSync(report('A')).subarray(0, 60),
      'TRUNCATED_GZIP',
    ],
    [
      '#17 bytes behind a gzip file',
      'a.gz',
      Buffer.concat([gzipSync(report('A')), Buffer.from('...')]),
      'GZIP_TRAILING',
    ],
    ['#18 a bomb', 'a.gz', gzipSync(Buffer.alloc(20_000_000)), 'DECOMPRESS_LIMIT'],
    [
      '#19 two files in an archive',
      'a.zip',
      zipOf([
        { name: 'a.csv', content: report('A') },
        { name: 'b.csv', content: report('B') },
      ]),
      'ARCHIVE_UNSAFE',
    ],
    ['#20 a PDF in a .csv', 'a.csv', '%PDF-1.7\n1 0 obj', 'CONTENT_TYPE_MISMATCH'],
    [
      '#20 a login page in a .csv',
      'a.csv',
      '<!DOCTYPE html><title>Sign in</title>',
      'CONTENT_TYPE_MISMATCH',
    ],
    [
      '#20 a spreadsheet in a .csv',
      'a.csv',
      zipOf([{ name: '[Content_Types].xml', content: '<Types/>' }]),
      'CONTENT_TYPE_MISMATCH',
    ],
    [
      '#20 a picture',
      'a.xml',
      latin1('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR'),
      'CONTENT_TYPE_MISMATCH',
    ],
    [
      '#20 an old spreadsheet',
      'a.csv',
      latin1('\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1'),
      'CONTENT_TYPE_MISMATCH',
    ],
    ['#23 UTF-16 without its mark', 'a.csv', utf16(report('A')), 'ENCODING_UNEXPECTED'],
    ['#23 UTF-16 of the other order', 'a.csv', utf16(report('A')).swap16(), 'ENCODING_UNEXPECTED'],
    ['#24 Latin-1 declared as UTF-8', 'a.xml', latin1(statement('Müller')), 'INVALID_UTF8'],
    [
      '#24 Latin-1 behind the mark of UTF-8',
      'a.csv',
      Buffer.concat([Buffer.from('\uFEFF'), latin1(report('Müller'))]),
      'INVALID_UTF8',
    ],
    ['#28 a line of 20 MB', 'a.csv', LONG_LINE, 'RECORD_TOO_LONG'],
    ['#28 a million columns', 'a.csv', WIDE_HEADER, 'RECORD_TOO_LONG'],
    [
      '#58 UTF-8 declared as Latin-1',
      'a.xml',
      statement('Müller und Söhne, Zürich', 'ISO-8859-1'),
      'ENCODING_MISMATCH',
    ],
    [
      '#58 Latin-1 declared as UTF-16',
      'a.xml',
      latin1(statement('Müller', 'utf-16')),
      'ENCODING_MISMATCH',
    ],
  ])('%s', async (_, name, bytes, reason) => {
    expect((await readingOf(name, bytes)).refusal).toMatchObject({ reason });
  });

  test('#24 naming the byte and the line, in a chunk far behind the first', async () => {
    const rows = Array.from({ length: 4_000 }, (_, place) => ({
      amountMinor: 1,
      text: `n${place}`,
    }));
    const whole = latin1(bankStatement([...rows, { amountMinor: 1, text: 'Müller' }]));
    const { refusal } = await readingOf('a.xml', whole);
    const place = whole.indexOf(0xfc);
    const line = whole.toString('latin1', 0, place).split('\n').length;
    expect(place).toBeGreaterThan(500_000);
    expect(refusal).toMatchObject({ reason: 'INVALID_UTF8', locator: { line } });
    expect(refusal?.message).toContain(`byte ${place + 1} `);
  });
});

describe('is read', () => {
  test('#20 XML in a .csv, by what it is', async () => {
    const { records } = await readingOf('a.csv', statement('Miete'));
    expect(narrativesOf(records)).toEqual(['Miete']);
  });

  test('#21 behind the mark of UTF-8, which is no part of the first name', async () => {
    const { records } = await readingOf('a.csv', `\uFEFF${report('Ä-1')}`);
    expect(records.find((record) => record.kind === 'entry')).toMatchObject({ reference: 'Ä-1' });
  });

  test.each([
    ['little-endian', (text: string) => utf16(`\uFEFF${text}`)],
    ['big-endian', (text: string) => utf16(`\uFEFF${text}`).swap16()],
  ])('#22 UTF-16 behind its mark, %s, with and without an XML declaration of it', async (_, of) => {
    const { records } = await readingOf('a.xml', of(statement('Müller', 'UTF-16')));
    expect(narrativesOf(records)).toEqual(['Müller']);
    const { records: rows } = await readingOf('a.csv', of(report('Ä-2')));
    expect(rows.find((record) => record.kind === 'entry')).toMatchObject({ reference: 'Ä-2' });
  });

  test('#22 UTF-8 declared as UTF-16, as some writers always declare, and told', async () => {
    const { records } = await readingOf('a.xml', statement('Müller', 'utf-16'));
    expect(narrativesOf(records)).toEqual(['Müller']);
    expect(codesOf(records)).toEqual(['ENCODING_GUESSED']);
  });

  test('#25 windows-1252 that nothing declares, as a guess that is told', async () => {
    const { records } = await readingOf('a.csv', latin1(report('\u0080')));
    expect(records.find((record) => record.kind === 'entry')).toMatchObject({ reference: '€' });
    expect(codesOf(records)).toEqual(['ENCODING_GUESSED']);
  });

  test('#25 text that was encoded twice, as it is, and told once with its line', async () => {
    const twice = Buffer.from('Müller', 'utf8').toString('latin1');
    const rows = ['Miete', twice, twice].map((text) => ({ amountMinor: 5, text }));
    const { records } = await readingOf('a.xml', bankStatement(rows));
    expect(narrativesOf(records)).toEqual(['Miete', twice, twice]);
    const suspect = records.filter((record) => record.kind === 'diagnostic');
    expect(suspect).toMatchObject([{ code: 'MOJIBAKE_SUSPECT', locator: { line: 6 } }]);
  });

  test.each(['Ação à São João', 'Âge, Â, â', 'Zürich', 'Ã 5 €', 'naïve café'])(
    '#25 %j without suspicion',
    async (text) => {
      expect(codesOf((await readingOf('a.xml', statement(text))).records)).toEqual([]);
    },
  );

  test('#26 around a NUL byte, which rejects its record', async () => {
    const { records } = await readingOf('a.csv', report('A\0B'));
    const rejected = records.filter((record) => record.kind === 'rejection');
    expect(rejected).toMatchObject([{ reason: 'NUL_BYTE', field: 'Psp Reference' }]);
  });

  test('#29 without a final newline, which is told', async () => {
    const { records } = await readingOf('a.csv', report('A').trimEnd());
    expect(codesOf(records)).toContain('NO_FINAL_NEWLINE');
  });

  test.each(['Ã¼ Müller', 'Ã¼'])(
    '#58 Latin-1 that is Latin-1, with a pair that UTF-8 could be: %j',
    async (text) => {
      const { records } = await readingOf('a.xml', latin1(statement(text, 'ISO-8859-1')));
      expect(narrativesOf(records)).toEqual([text]);
    },
  );

  test('code page 852 where its source is configured so, and nothing is guessed', async () => {
    // 0x81 is ü in code page 852; in windows-1252 it is nothing.
    const bytes = latin1(report('M\u0081ller'));
    const { records } = await readingOf('a.csv', bytes, { fallbackEncoding: 'cp852' });
    expect(records.find((record) => record.kind === 'entry')).toMatchObject({
      reference: 'Müller',
    });
    expect(codesOf(records)).toEqual([]);
  });
});

describe('delivered to a book', () => {
  test('#30 cut at the end of a record is refused by its totals', async () => {
    const inbox = await newFolder();
    await writeFile(join(inbox, 'a.csv'), `${SHORT_OF_PAYOUT}\n`);
    const [file] = await delivered(await newBook(), inbox);
    expect(file).toMatchObject({
      outcome: 'rejected',
      refusal: { reason: 'SET_BATCH_UNBALANCED' },
    });
  });

  test('#03 #04 a name is text: it is stored as it is, and no path is made of it', async () => {
    const book = await newBook();
    const [inbox, raw] = [await newFolder(), join(await newFolder(), 'raw')];
    const names = [
      '-rf.csv',
      'x\\..\\y.csv',
      'a\nb.csv',
      '\u202Egpj.csv',
      `${'x'.repeat(200)}.csv`,
      'CON.csv',
    ];
    for (const [place, name] of names.entries())
      await writeFile(join(inbox, name), report(`N${place}`, place + 1));
    const files = await delivered(book, inbox, raw);
    expect(files.map(({ outcome }) => outcome)).toEqual(names.map(() => 'loaded'));
    const stored = await book.db.read((tx) =>
      tx.query<{ name: string }>('select name from tieout.source_file where book_id = $1', [
        book.bookId,
      ]),
    );
    expect(stored.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect((await readdir(raw)).every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
  });

  test('#06 a link, a pipe and a folder are refused by name, and the file beside them is read', async () => {
    const inbox = await newFolder();
    await writeFile(join(inbox, 'd.csv'), report('R'));
    await symlink(join(inbox, 'd.csv'), join(inbox, 'a.csv'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(inbox, 'b.csv')]);
    const files = await delivered(await newBook(), inbox);
    expect(files.map(({ name, refusal }) => [name, refusal?.reason])).toEqual([
      ['a.csv', 'NOT_REGULAR_FILE'],
      ['b.csv', 'NOT_REGULAR_FILE'],
      ['d.csv', undefined],
    ]);
  });

  test('#07 what is still on its way, or only speaks of another file, is passed over', async () => {
    const inbox = await newFolder();
    for (const end of ['.tmp', '.part', '.filepart', '.partial', '.swp', '.done', '.ok', '.md5']) {
      await writeFile(join(inbox, `a.csv${end}`), 'x');
    }
    expect(await delivered(await newBook(), inbox)).toEqual([]);
  });

  test('#10 #15 the same content is known, under another name and in another packing', async () => {
    const book = await newBook();
    const [inbox, raw] = [await newFolder(), join(await newFolder(), 'raw')];
    const text = report('SAME');
    await writeFile(join(inbox, 'a.csv.gz'), gzipSync(text, { level: 9 }));
    await writeFile(join(inbox, 'b.csv.gz'), gzipSync(text, { level: 1 }));
    await writeFile(join(inbox, 'c.csv'), text);
    const files = await delivered(book, inbox, raw);
    expect(files.map(({ outcome }) => outcome)).toEqual(['loaded', 'duplicate', 'duplicate']);
    expect(await readdir(raw)).toHaveLength(3);
    const [row] = await book.db.read((tx) =>
      tx.query(
        `select sha256, size_bytes as size, packing, delivered_sha256 as delivered, delivered_size_bytes as "deliveredSize"
         from tieout.source_file where book_id = $1`,
        [book.bookId],
      ),
    );
    const packed = gzipSync(text, { level: 9 });
    expect(row).toEqual({
      sha256: sha256(text),
      size: BigInt(text.length),
      packing: 'gzip',
      delivered: sha256(packed),
      deliveredSize: BigInt(packed.length),
    });
  });

  test('#17 a packed file that can be opened at last is the file that could not', async () => {
    const book = await newBook();
    const inbox = await newFolder();
    const text = report('LATER');
    const half = Math.floor(text.length / 2);
    const two = [text.slice(0, half), text.slice(half)].map((part) => gzipSync(part));
    await writeFile(join(inbox, 'a.gz'), Buffer.concat(two));
    const [first] = await delivered(book, inbox);
    const sources = book.config.sources.map((one) => ({ ...one, hasSeveralGzipMembers: true }));
    const [again] = await delivered({ ...book, config: { ...book.config, sources } }, inbox);
    expect([first?.refusal?.reason, again?.outcome]).toEqual(['GZIP_TRAILING', 'loaded']);
    expect([again?.fileNo, again?.sha256]).toEqual([first?.fileNo, sha256(text)]);
  });

  test('is read in the encoding that all sources of its format agree on', async () => {
    const book = await newBook({ encoding: 'cp852' });
    const inbox = await newFolder();
    await writeFile(join(inbox, 'a.csv'), latin1(report('K\u0094nig')));
    await delivered(book, inbox);
    const [entry] = await book.db.read((tx) =>
      tx.query('select reference from tieout.entry where book_id = $1 order by ordinal limit 1', [
        book.bookId,
      ]),
    );
    expect(entry).toEqual({ reference: 'König' });
  });
});

describe('the raw store', () => {
  test('keeps what was delivered, refused or not, for its owner alone, and once', async () => {
    const book = await newBook();
    const [inbox, raw] = [await newFolder(), join(await newFolder(), 'state', 'raw')];
    const texts = [report('KEEP'), '%PDF-1.7 no'];
    await writeFile(join(inbox, 'a.csv'), texts[0] ?? '');
    await writeFile(join(inbox, 'b.pdf'), texts[1] ?? '');
    await writeFile(join(inbox, 'c.csv'), '');
    await delivered(book, inbox, raw);
    expect((await readdir(raw)).sort()).toEqual(texts.map(sha256).sort());
    const path = join(raw, sha256(texts[0] ?? ''));
    expect(await readFile(path, 'utf8')).toBe(texts[0]);
    const before = await stat(path);
    expect([before.mode & 0o777, (await stat(raw)).mode & 0o777]).toEqual([0o600, 0o700]);
    await delivered(book, inbox, raw);
    expect((await stat(path)).ino).toBe(before.ino);
  });

  test('writes bytes again that have another size by now', async () => {
    const book = await newBook();
    const [inbox, raw] = [await newFolder(), join(await newFolder(), 'raw')];
    await writeFile(join(inbox, 'a.csv'), report('CUT'));
    await delivered(book, inbox, raw);
    const path = join(raw, sha256(report('CUT')));
    await writeFile(path, 'cut');
    await delivered(book, inbox, raw);
    expect(await readFile(path, 'utf8')).toBe(report('CUT'));
  });

  test('keeps nothing when it is not asked to', async () => {
    const [inbox, raw] = [await newFolder(), await newFolder()];
    await writeFile(join(inbox, 'a.csv'), report('NONE'));
    const [file] = await delivered(await newBook(), inbox, null);
    expect(file?.outcome).toBe('loaded');
    expect(await readdir(raw)).toEqual([]);
  });
});

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
