import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { camt053 } from '../../src/ingest/formats/camt.ts';
import { paymentMessage } from '../../src/ingest/formats/payment-message.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import { detectFormat } from '../../src/ingest/intake.ts';
import { DEFAULT_SETTINGS } from '../../src/ingest/reader.ts';
import type { ParsedEntry, ParsedRecord } from '../../src/ingest/record.ts';
import { Summariser } from '../../src/ingest/summary.ts';
import { assertGolden, recordsAsJsonLines } from '../support/golden.ts';

const CASES = new URL('../../fixtures/ingest/', import.meta.url);
const FORMAT_NAMES = ['pacs.002', 'pacs.004', 'pacs.008', 'pain.001', 'pain.002', 'pain.008'];
const NAMES = FORMAT_NAMES.flatMap((format) =>
  readdirSync(new URL(`${format}/`, CASES))
    .sort()
    .map((name) => `${format}/${name}`),
);
const PLAIN = 'pain.001/a-group-pays-from-one-account-on-one-day';
const WRAPPED = 'pain.001/version-09-writes-the-date-as-a-choice-below-an-envelope';
const SWISS = 'pain.001/a-swiss-namespace-names-its-rule-book';

const inputOf = (name: string): string => readFileSync(new URL(`${name}/input.xml`, CASES), 'utf8');

/** Reads a file as the intake does: whichever format claims it, whatever the chunks. */
function read(text: string, chunks: Iterable<string> = [text]): ParsedRecord[] {
  const records: ParsedRecord[] = [];
  const { format, detected } = detectFormat(text.slice(0, 16_384), FORMATS);
  const reader = format.open((record) => records.push(record), detected, DEFAULT_SETTINGS);
  for (const chunk of chunks) void reader.write(chunk);
  void reader.end();
  return records;
}

function entriesOf(records: readonly ParsedRecord[]): ParsedEntry[] {
  return records.filter((record): record is ParsedEntry => record.kind === 'entry');
}

describe('a file is read as its fixture says:', () => {
  test.each(NAMES)('%s', (name) => {
    const records = recordsAsJsonLines(read(inputOf(name)));
    assertGolden(new URL(`${name}/expected.jsonl`, CASES), records);
  });
});

test('every fixture is claimed by the format its folder names', () => {
  for (const name of NAMES) {
    const found = paymentMessage.detect(inputOf(name).slice(0, 16_384));
    expect({ name, format: found?.format }).toEqual({ name, format: name.split('/')[0] });
    expect(camt053.detect(inputOf(name).slice(0, 16_384))).toBeUndefined();
  }
});

test('statements never overlap, and every record lies in one', () => {
  for (const name of NAMES) {
    let isOpen = false;
    for (const { kind } of read(inputOf(name))) {
      expect({ name, kind, isOpen: kind !== 'statement' }).toEqual({ name, kind, isOpen });
      if (kind === 'statement') isOpen = true;
      if (kind === 'statement-end') isOpen = false;
    }
    expect({ name, isOpen }).toEqual({ name, isOpen: false });
  }
});

test('nothing a payment message says is booked', () => {
  for (const name of NAMES) {
    const records = read(inputOf(name));
    for (const entry of entriesOf(records))
      expect(entry).toMatchObject({ status: 'information', bookingDate: null });
    for (const end of records.filter(({ kind }) => kind === 'statement-end'))
      expect(end).toMatchObject({ creditsMinor: 0n, debitsMinor: 0n, differenceMinor: null });
  }
});

test('statement ends count the entries between', () => {
  for (const name of NAMES) {
    const records = read(inputOf(name));
    const told = records.map((record) => (record.kind === 'statement-end' ? record.entries : 0));
    const sum = told.reduce((total, entries) => total + entries, 0);
    expect({ name, sum }).toEqual({ name, sum: entriesOf(records).length });
  }
});

test('chunk boundaries do not matter', () => {
  const documents = NAMES.map((name) => ({ text: inputOf(name), whole: read(inputOf(name)) }));
  const cuts = fc.array(fc.nat(4_000), { maxLength: 40 });
  fc.assert(
    fc.property(fc.constantFrom(...documents), cuts, ({ text, whole }, at) => {
      const borders = [0, ...at.sort((left, right) => left - right), text.length];
      const chunks = borders.slice(1).map((border, index) => text.slice(borders[index], border));
      expect(read(text, chunks)).toEqual(whole);
    }),
  );
  for (const { text, whole } of documents) expect(read(text, text)).toEqual(whole);
});

describe('detection', () => {
  test('names the version, and the rule book of a country', () => {
    const detected = (name: string) => paymentMessage.detect(inputOf(name));
    expect(detected(PLAIN)).toEqual({ format: 'pain.001', version: 'pain.001.001.03' });
    expect(detected(WRAPPED)).toEqual({ format: 'pain.001', version: 'pain.001.001.09' });
    expect(detected(SWISS)).toEqual({ format: 'pain.001', version: 'pain.001.001.03.ch.02' });
  });

  test('goes by the message where there is no namespace, or one of nobody', () => {
    const messages = [
      ['pain.001', 'CstmrCdtTrfInitn'],
      ['pain.008', 'CstmrDrctDbtInitn'],
      ['pain.002', 'CstmrPmtStsRpt'],
      ['pacs.002', 'FIToFIPmtStsRpt'],
      ['pacs.004', 'PmtRtr'],
      ['pacs.008', 'FIToFICstmrCdtTrf'],
    ] as const;
    for (const [format, message] of messages) {
      const none = { format, version: null };
      expect(paymentMessage.detect(`<Document><${message}>`)).toEqual(none);
      expect(paymentMessage.detect(`<a:Document xmlns:a="x"><a:${message}>`)).toEqual(none);
    }
  });

  test('goes by the namespace where the head ends before the message', () => {
    const head = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09">';
    expect(paymentMessage.detect(head)).toEqual({ format: 'pacs.004', version: 'pacs.004.001.09' });
  });

  test('is not led astray by comments, CDATA and other messages', () => {
    const comment = '<!-- <Document><CstmrPmtStsRpt> -->';
    const cdata = '<E><![CDATA[<Document><PmtRtr>]]></E>';
    const text = `<M>${comment}${cdata}<Document><CstmrCdtTrfInitn>`;
    expect(paymentMessage.detect(text)?.format).toBe('pain.001');
    for (const head of ['', '<html>', '<Document><BkToCstmrStmt>', '{"Document":{}}'])
      expect(paymentMessage.detect(head)).toBeUndefined();
  });
});

test('refuses a document with another message than the one detected', () => {
  const statuses = '<Document><CstmrPmtStsRpt/></Document>';
  const transfers = '<Document><CstmrCdtTrfInitn/></Document>';
  expect(() => read(`<Batch>${transfers}${statuses}</Batch>`)).toThrow(
    expect.objectContaining({
      reason: 'MESSAGE_TYPE',
      message: 'the Document holds CstmrPmtStsRpt, not CstmrCdtTrfInitn (pain.001)',
    }),
  );
  expect(() => read(`<Batch>${transfers}</Batch>`)).not.toThrow();
});

test('numbers groups through a file of several messages', () => {
  const message = (id: string) =>
    `<Document><CstmrCdtTrfInitn><GrpHdr><MsgId>${id}</MsgId></GrpHdr><PmtInf/></CstmrCdtTrfInitn></Document>`;
  const records = read(`<Batch>${message('A')}${message('B')}</Batch>`);
  const opened = records.filter(({ kind }) => kind === 'statement');
  expect(opened).toMatchObject([
    { number: 'A', locator: { element: 'PmtInf[1]' } },
    { number: 'B', locator: { element: 'PmtInf[2]' } },
  ]);
});

test('refuses an instruction with thousands of reasons, and keeps the first of what may stand once', () => {
  const report = (inside: string) =>
    `<Document><CstmrPmtStsRpt><OrgnlPmtInfAndSts>${inside}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`;
  const reason = '<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>';
  expect(() => read(report(reason.repeat(2_000)))).toThrow('more than 1000 elements');
  const [, status] = read(report(reason.repeat(900)));
  expect(status).toMatchObject({ level: 'payment-information', reasons: { length: 900 } });
  const group = '<PmtInf><PmtInfId>A</PmtInfId><PmtInfId>B</PmtInfId></PmtInf>';
  const [opened] = read(`<Document><CstmrCdtTrfInitn>${group}</CstmrCdtTrfInitn></Document>`);
  expect(opened).toMatchObject({ number: 'A' });
});

test('every message is held against its own header', () => {
  const transaction = '<CdtTrfTxInf><Amt><InstdAmt Ccy="EUR">1.00</InstdAmt></Amt></CdtTrfTxInf>';
  const message = (count: number) =>
    `<Document><CstmrCdtTrfInitn><GrpHdr><NbOfTxs>${count}</NbOfTxs></GrpHdr><PmtInf>${transaction.repeat(count)}</PmtInf></CstmrCdtTrfInitn></Document>`;
  const records = read(`<Batch>${message(2)}${message(3)}</Batch>`);
  expect(records.filter(({ kind }) => kind === 'diagnostic')).toEqual([]);
  expect(entriesOf(records)).toHaveLength(5);
});

test('without every amount there is no sum to hold against a control sum', () => {
  const file = (amount: string) =>
    `<Document><CstmrCdtTrfInitn><PmtInf><CtrlSum>7</CtrlSum><CdtTrfTxInf><Amt><InstdAmt Ccy="EUR">${amount}</InstdAmt></Amt></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>`;
  const kinds = (amount: string) => read(file(amount)).map(({ kind }) => kind);
  expect(kinds('1<!-- -->00')).toEqual(['statement', 'rejection', 'statement-end']);
  expect(kinds('1,00')).toEqual(['statement', 'rejection', 'statement-end']);
  expect(kinds('1.001')).toEqual(['statement', 'rejection', 'diagnostic', 'statement-end']);
});

test('a summary counts statuses apart from entries', () => {
  const summariser = new Summariser();
  for (const record of read(inputOf('pain.002/every-level-tells-its-own-status')))
    summariser.add(record);
  const inspected = {
    size: 1,
    sha256: '',
    encoding: { label: 'utf-8', isGuessed: false },
    head: '',
  };
  const summary = summariser.finish('a.xml', {
    sha256: inspected.sha256,
    detected: { format: 'pain.002', version: null },
  });
  expect(summary).toMatchObject({ entries: 0, statuses: 5, rejections: 0 });
});

test('fifty thousand transactions are held one at a time', () => {
  const transaction =
    '<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">0.01</InstdAmt></Amt></CdtTrfTxInf>';
  let entries = 0;
  const diagnostics: ParsedRecord[] = [];
  const reader = paymentMessage.open(
    (record) => {
      if (record.kind === 'entry') entries += 1;
      if (record.kind === 'diagnostic') diagnostics.push(record);
    },
    { format: 'pain.001', version: null },
    DEFAULT_SETTINGS,
  );
  void reader.write(
    '<Document><CstmrCdtTrfInitn><GrpHdr><NbOfTxs>50000</NbOfTxs><CtrlSum>500</CtrlSum></GrpHdr><PmtInf>',
  );
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 500; count += 1) void reader.write(transaction.repeat(100));
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(48 * 1024 * 1024);
  void reader.write('</PmtInf></CstmrCdtTrfInitn></Document>');
  void reader.end();
  expect({ entries, diagnostics }).toEqual({ entries: 50_000, diagnostics: [] });
});

interface Instructed {
  readonly currency: 'EUR' | 'JPY' | 'KWD';
  readonly amountMinor: number;
  readonly endToEndId: string;
  readonly name: string;
}

const DECIMALS = { EUR: 2, JPY: 0, KWD: 3 } as const;

const instructed = fc.record<Instructed>({
  currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
  amountMinor: fc.integer({ min: 1, max: 10_000_000 }),
  endToEndId: fc.stringMatching(/^[A-Z][A-Z0-9]{0,20}$/),
  name: fc.stringMatching(/^[A-Za-zäöü&<>"'][A-Za-zäöü&<>"' ]{0,20}[A-Za-z]$/),
});

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function decimal({ amountMinor, currency }: Instructed): string {
  return (amountMinor / 10 ** DECIMALS[currency]).toFixed(DECIMALS[currency]);
}

function transferOf(groups: readonly (readonly Instructed[])[]): string {
  const transaction = (one: Instructed) =>
    `<CdtTrfTxInf><PmtId><EndToEndId>${one.endToEndId}</EndToEndId></PmtId>` +
    `<Amt><InstdAmt Ccy="${one.currency}">${decimal(one)}</InstdAmt></Amt>` +
    `<Cdtr><Nm>${escaped(one.name)}</Nm></Cdtr></CdtTrfTxInf>`;
  const group = (of: readonly Instructed[], index: number) =>
    `<PmtInf><PmtInfId>G${index}</PmtInfId>${of.map(transaction).join('\n')}</PmtInf>`;
  return `<Document><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId></GrpHdr>${groups.map(group).join('')}</CstmrCdtTrfInitn></Document>`;
}

interface PlainTransaction {
  readonly PmtId: { readonly EndToEndId: string };
  readonly Amt: { readonly InstdAmt: { readonly '#text': string; readonly '@_Ccy': string } };
  readonly Cdtr: { readonly Nm: string };
}

/** The transactions of a file, group by group, as another XML reader sees them. */
function independentTransactions(xml: string): PlainTransaction[] {
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreAttributes: false,
    htmlEntities: true,
    isArray: (name) => name === 'PmtInf' || name === 'CdtTrfTxInf',
  });
  const groups = parser.parse(xml).Document.CstmrCdtTrfInitn.PmtInf;
  return groups.flatMap((group: { CdtTrfTxInf?: PlainTransaction[] }) => group.CdtTrfTxInf ?? []);
}

test('an independent XML reader sees the same transactions', () => {
  const groups = fc.array(fc.array(instructed, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(groups, (of) => {
      const xml = transferOf(of);
      const seen = independentTransactions(xml).map(({ PmtId, Amt, Cdtr }) => [
        PmtId.EndToEndId,
        Amt.InstdAmt['@_Ccy'],
        Amt.InstdAmt['#text'].replace('.', '').replace(/^0+(?=\d)/, ''),
        Cdtr.Nm,
      ]);
      const ours = entriesOf(read(xml)).map((entry) => [
        entry.reference,
        entry.currency,
        (-entry.amountMinor).toString(),
        entry.counterparty,
      ]);
      expect(ours).toEqual(seen);
    }),
  );
});

test('a control sum is compared exactly, whatever its zeros and its size', () => {
  const cents = fc.bigInt({ min: 0n, max: 10n ** 18n });
  fc.assert(
    fc.property(fc.array(cents, { minLength: 1, maxLength: 8 }), fc.nat(3), (amounts, zeros) => {
      const text = (units: bigint) => `${units / 100n}.${String(units % 100n).padStart(2, '0')}`;
      const sum = amounts.reduce((total, one) => total + one, 0n);
      const transactions = amounts
        .map(
          (one) =>
            `<CdtTrfTxInf><Amt><InstdAmt Ccy="EUR">${text(one)}</InstdAmt></Amt></CdtTrfTxInf>`,
        )
        .join('');
      const file = (declared: string) =>
        `<Document><CstmrCdtTrfInitn><PmtInf><CtrlSum>${declared}</CtrlSum>${transactions}</PmtInf></CstmrCdtTrfInitn></Document>`;
      const told = (declared: string) =>
        read(file(declared)).filter(({ kind }) => kind === 'diagnostic');
      expect(told(text(sum) + '0'.repeat(zeros))).toEqual([]);
      expect(told(text(sum + 1n))).toMatchObject([
        {
          code: 'CONTROL_TOTAL',
          message: `PmtInf declares a sum of ${text(sum + 1n)} (CtrlSum), read ${text(sum)}`,
        },
      ]);
    }),
  );
});
