import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { camt053 } from '../../src/ingest/formats/camt.ts';
import { DEFAULT_SETTINGS } from '../../src/ingest/reader.ts';
import { FileRefusal, type ParsedEntry, type ParsedRecord } from '../../src/ingest/record.ts';
import { assertGolden, recordsAsJsonLines } from '../support/golden.ts';

const CASES = new URL('../../fixtures/ingest/camt.053/', import.meta.url);
const NAMES = readdirSync(CASES).sort();
const PLAIN = 'version-08-writes-the-status-as-code-and-names-in-a-party';

const inputOf = (name: string): string => readFileSync(new URL(`${name}/input.xml`, CASES), 'utf8');

function read(chunks: Iterable<string>, format = 'camt.053'): ParsedRecord[] {
  const records: ParsedRecord[] = [];
  const reader = camt053.open(
    (record) => records.push(record),
    { format, version: null },
    DEFAULT_SETTINGS,
  );
  for (const chunk of chunks) void reader.write(chunk);
  void reader.end();
  return records;
}

function refusalOf(chunks: Iterable<string>): FileRefusal | undefined {
  try {
    read(chunks);
  } catch (error) {
    if (error instanceof FileRefusal) return error;
    throw error;
  }
  return undefined;
}

const FORMATS = ['camt.052', 'camt.053', 'camt.054'] as const;

describe.each(FORMATS)('a %s file is read as its fixture says:', (format) => {
  const cases = new URL(`../../fixtures/ingest/${format}/`, import.meta.url);
  test.each(readdirSync(cases).sort())('%s', (name) => {
    const input = readFileSync(new URL(`${name}/input.xml`, cases), 'utf8');
    expect(camt053.detect(input.slice(0, 16_384))?.format).toBe(format);
    assertGolden(
      new URL(`${name}/expected.jsonl`, cases),
      recordsAsJsonLines(read([input], format)),
    );
  });
});

test('every statement that is not about a fault closes', () => {
  const faulty = /reversals-says-so|minor-units|rejected|not-summed/;
  for (const name of NAMES.filter((one) => !faulty.test(one))) {
    const ends = read([inputOf(name)]).filter(({ kind }) => kind === 'statement-end');
    for (const end of ends) expect({ name, end }).toMatchObject({ end: { differenceMinor: 0n } });
  }
});

test('chunk boundaries do not matter', () => {
  const documents = NAMES.map((name) => ({ text: inputOf(name), whole: read([inputOf(name)]) }));
  const cuts = fc.array(fc.nat(6_000), { maxLength: 40 });
  fc.assert(
    fc.property(fc.constantFrom(...documents), cuts, ({ text, whole }, at) => {
      const borders = [0, ...at.sort((left, right) => left - right), text.length];
      const chunks = borders.slice(1).map((border, index) => text.slice(borders[index], border));
      expect(read(chunks)).toEqual(whole);
    }),
  );
  for (const { text, whole } of documents) expect(read(text)).toEqual(whole);
});

interface PlainEntry {
  readonly Amt: { readonly '#text': string; readonly '@_Ccy'?: string } | string;
  readonly CdtDbtInd: string;
  readonly Sts?: string | { readonly Cd?: string };
}

/** Entries of a file with one statement, as another XML reader sees them. */
function independentEntries(xml: string): PlainEntry[] {
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreAttributes: false,
    removeNSPrefix: true,
    isArray: (name) => name === 'Ntry' || name === 'Stmt',
  });
  const root = parser.parse(xml);
  const documents = [root.Delivery?.Document ?? root.Document].flat();
  const statements = documents.flatMap((document) => document.BkToCstmrStmt.Stmt);
  return statements.flatMap((stmt: { Ntry?: PlainEntry[] }) => stmt.Ntry ?? []);
}

function independentSum(entries: readonly PlainEntry[], indicator: string): number {
  const booked = entries.filter(({ CdtDbtInd, Sts }) => {
    const status = typeof Sts === 'string' ? Sts : (Sts?.Cd ?? 'BOOK');
    return CdtDbtInd === indicator && status === 'BOOK';
  });
  const amounts = booked.map(({ Amt }) => Number(typeof Amt === 'string' ? Amt : Amt['#text']));
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

test('an independent XML reader counts the same entries, credits and debits', () => {
  const skipped =
    /minor-units|rejected|information|several-statements|net-total|stays-apart|message-is-missed/;
  for (const name of NAMES.filter((one) => !skipped.test(one))) {
    const entries = independentEntries(inputOf(name));
    const end = read([inputOf(name)]).at(-1);
    expect({ name, end }).toMatchObject({
      end: {
        entries: entries.length,
        creditsMinor: BigInt(Math.round(independentSum(entries, 'CRDT') * 100)),
        debitsMinor: BigInt(Math.round(independentSum(entries, 'DBIT') * 100)),
      },
    });
  }
});

test('an independent XML reader counts what was rejected or not booked as well', () => {
  for (const name of NAMES) {
    const records = read([inputOf(name)]);
    const lines = records.filter(({ kind }) => kind === 'entry' || kind === 'rejection');
    expect({ name, entries: lines.length }).toEqual({
      name,
      entries: independentEntries(inputOf(name)).length,
    });
  }
});

test('blank lines before the declaration only move the line numbers', () => {
  const lineOf = ({ locator }: ParsedRecord) => locator.line;
  const plain = read([inputOf(PLAIN)]);
  const moved = read(['\n', ' \n', inputOf(PLAIN)]);
  expect(moved.map(lineOf)).toEqual(plain.map((record) => lineOf(record) + 2));
  expect(refusalOf(['\n<?xml version="1.0"?><a></b>'])?.locator?.line).toBe(2);
});

describe('detection', () => {
  test('names format and version of plain, prefixed and wrapped documents', () => {
    const detected = (name: string) => camt053.detect(inputOf(name).slice(0, 16_384));
    const version = 'camt.053.001.08';
    expect(detected(PLAIN)).toEqual({ format: 'camt.053', version });
    expect(detected('prefixed-and-wrapped-in-an-envelope')).toEqual({
      format: 'camt.053',
      version,
    });
    expect(detected('without-any-namespace')).toEqual({ format: 'camt.053', version: null });
  });

  test('leaves other messages and other files alone', () => {
    for (const head of ['', ':20:STMT', '{"Document":1}', '<html>', '<Documents><BkToCstmrStmt>'])
      expect(camt053.detect(head)).toBeUndefined();
    expect(camt053.detect('<Document><CstmrCdtTrfInitn>')).toBeUndefined();
  });
});

test('reports and notifications are read by the same rules', () => {
  const entry =
    '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>' +
    '<Ntry><Amt Ccy="EUR">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>';
  const messages = [
    ['camt.052', 'BkToCstmrAcctRpt', 'Rpt'],
    ['camt.054', 'BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
  ] as const;
  for (const [format, message, statement] of messages) {
    const xml = `<Document><${message}><${statement}>${entry}</${statement}></${message}></Document>`;
    expect(camt053.detect(xml)?.format).toBe(format);
    const [, booked, unsaid, end] = read([xml], format);
    expect(booked).toMatchObject({ locator: { element: `${statement}[1]/Ntry[1]` } });
    expect(unsaid).toMatchObject({ kind: 'rejection', reason: 'STATUS_UNKNOWN' });
    expect(end).toMatchObject({ creditsMinor: 100n, differenceMinor: null });
  }
});

test('fifty thousand details leave one entry and one sum', () => {
  const detail = '<TxDtls><Amt Ccy="EUR">0.01</Amt><RmtInf><Ustrd>part</Ustrd></RmtInf></TxDtls>';
  const entry = `<Ntry><Amt Ccy="EUR">500</Amt><CdtDbtInd>DBIT</CdtDbtInd><NtryDtls>${detail.repeat(50_000)}</NtryDtls></Ntry>`;
  const records = read([wrap(entry)]);
  const kinds = ['statement', 'entry', 'diagnostic', 'statement-end'];
  expect(records.map(({ kind }) => kind)).toEqual(kinds);
  expect(records[2]).toMatchObject({ code: 'NARRATIVE_CUT' });
  expect((records[1] as ParsedEntry).details).toBe(50_000);
});

const wrap = (inner: string): string =>
  `<Document><BkToCstmrStmt><Stmt><Id>1</Id>${inner}</Stmt></BkToCstmrStmt></Document>`;

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['a document type declaration', 'XML_DOCTYPE', `<!DOCTYPE Document>${wrap('')}`],
  [
    'an external entity',
    'XML_DOCTYPE',
    `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>${wrap('&x;')}`,
  ],
  ['an undeclared entity', 'XML_NOT_WELL_FORMED', wrap('<X>&unknown;</X>')],
  ['an entity named like a property of objects', 'XML_NOT_WELL_FORMED', wrap('<X>&toString;</X>')],
  ['a file cut off after an entry', 'XML_UNCLOSED', wrap('<Ntry></Ntry>').slice(0, -20)],
  ['a file cut off inside a tag', 'XML_UNCLOSED', wrap('').slice(0, -3)],
  ['mismatched tags', 'XML_NOT_WELL_FORMED', wrap('<A><B></A></B>')],
  ['two roots', 'XML_NOT_WELL_FORMED', wrap('') + wrap('')],
  ['text after the root', 'XML_NOT_WELL_FORMED', `${wrap('')}junk`],
  ['a control character', 'XML_NOT_WELL_FORMED', wrap('<X>\u0001</X>')],
  ['an empty file', 'XML_NOT_WELL_FORMED', ''],
  ['a duplicate attribute', 'XML_DUP_ATTR', wrap('<Amt Ccy="EUR" Ccy="USD">1</Amt>')],
  ['another message', 'MESSAGE_TYPE', '<Document><CstmrPmtStsRpt/></Document>'],
  ['a file without a message', 'MESSAGE_TYPE', '<Envelope><Body/></Envelope>'],
  [
    'too many attributes',
    'XML_TOKEN_TOO_LARGE',
    wrap(`<X${Array.from({ length: 65 }, (_, index) => ` a${index}="1"`).join('')}/>`),
  ],
];

test.each(REFUSED)('refuses %s with %s', (_claim, reason, xml) => {
  expect(refusalOf([xml])?.reason).toBe(reason);
  expect(refusalOf(xml)?.reason).toBe(reason);
});

function* repeated(head: string, piece: string, times: number): Generator<string> {
  yield head;
  for (let count = 0; count < times; count += 1) yield piece;
}

const HEAD = wrap('<Ntry><Amt Ccy="EUR">').split('</Stmt>')[0] ?? '';
const MIB = 1024 * 1024;

const HOSTILE: readonly (readonly [string, string, () => Iterable<string>])[] = [
  ['20,000 nested elements', 'XML_DEPTH', () => [`${HEAD}${'<a>'.repeat(20_000)}`]],
  ['100 MB of text', 'XML_TOKEN_TOO_LARGE', () => repeated(HEAD, 'x'.repeat(MIB), 100)],
  ['100 MB of comment', 'XML_TOKEN_TOO_LARGE', () => repeated(`${HEAD}<!--`, ' '.repeat(MIB), 100)],
  ['100 MB of one tag name', 'XML_TOKEN_TOO_LARGE', () => repeated('<', 'x'.repeat(MIB), 100)],
  [
    '100 MB of document type declaration',
    'XML_TOKEN_TOO_LARGE',
    () => repeated('<!DOCTYPE d [', ' '.repeat(MIB), 100),
  ],
  [
    'a million character references',
    'XML_TOKEN_TOO_LARGE',
    () => repeated(HEAD, '&#65;'.repeat(1_000), 1_000),
  ],
  [
    'an entry with millions of elements',
    'XML_TOKEN_TOO_LARGE',
    () => repeated(`${HEAD}</Amt>`, '<a>1</a>'.repeat(1_000), 5_000),
  ],
  [
    'a billion laughs',
    'XML_DOCTYPE',
    () => [
      `<!DOCTYPE d [${Array.from({ length: 10 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join('')}]>${wrap('&l10;')}`,
    ],
  ],
];

test.each(HOSTILE)('ends within a second on %s, with %s', (_claim, reason, chunks) => {
  const heapBefore = process.memoryUsage().heapUsed;
  const startedAt = performance.now();
  expect(refusalOf(chunks())?.reason).toBe(reason);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(64 * MIB);
});
