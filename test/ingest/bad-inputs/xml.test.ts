import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../../src/ingest/formats.ts';
import { detectFormat, inspectFile, readRecords } from '../../../src/ingest/intake.ts';
import { DEFAULT_SETTINGS } from '../../../src/ingest/reader.ts';
import { FileRefusal, type ParsedRecord } from '../../../src/ingest/record.ts';

/** A kind of file the bad inputs are put into. */
interface Host {
  readonly format: string;
  readonly version: string;
  /** The element that holds the message. */
  readonly message: string;
  /** What stands inside the message around the records. */
  readonly around: readonly [string, string];
  /** The element of one record. */
  readonly record: string;
  /** The element of its amount. */
  readonly amount: string;
  readonly recordWith: (amount: string) => string;
}

const CAMT: Host = {
  format: 'camt.053',
  version: 'camt.053.001.08',
  message: 'BkToCstmrStmt',
  around: [
    '<GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>',
    '</Stmt>',
  ],
  record: 'Ntry',
  amount: 'Amt',
  recordWith: (amount) =>
    `<Ntry>${amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>`,
};

const PAIN: Host = {
  format: 'pain.001',
  version: 'pain.001.001.03',
  message: 'CstmrCdtTrfInitn',
  around: [
    '<GrpHdr><MsgId>M</MsgId></GrpHdr><PmtInf><PmtInfId>1</PmtInfId><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></DbtrAcct>',
    '</PmtInf>',
  ],
  record: 'CdtTrfTxInf',
  amount: 'InstdAmt',
  recordWith: (amount) => `<CdtTrfTxInf><Amt>${amount}</Amt></CdtTrfTxInf>`,
};

const HOSTS = [CAMT, PAIN];
const MIB = 1024 * 1024;

function document(host: Host, inside: string, version = host.version): string {
  const [before, after] = host.around;
  return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${version}"><${host.message}>${before}${inside}${after}</${host.message}></Document>`;
}

function good(host: Host): string {
  return host.recordWith(`<${host.amount} Ccy="EUR">5.00</${host.amount}>`);
}

/** A file up to the inside of a record. */
function opened(host: Host): string {
  const whole = document(host, `${good(host)}<${host.record}>`);
  return whole.slice(0, whole.lastIndexOf(`<${host.record}>`) + host.record.length + 2);
}

function* repeated(head: string, piece: string, times: number): Generator<string> {
  yield head;
  for (let count = 0; count < times; count += 1) yield piece;
}

/** What becomes of a file: refused whole, or read with the reasons of what was kept aside. */
type Disposition =
  | { readonly refused: string }
  | { readonly rejected: string }
  | { readonly entries: number };

interface BadInput {
  readonly row: number;
  readonly what: string;
  readonly disposition: Disposition;
  readonly input: (host: Host) => Iterable<string>;
  /** Where it does not apply to every kind of file. */
  readonly hosts?: readonly Host[];
}

const refused = (reason: string): Disposition => ({ refused: reason });
const rejected = (reason: string): Disposition => ({ rejected: reason });
const accepted = (entries: number): Disposition => ({ entries });

const BAD_INPUTS: readonly BadInput[] = [
  {
    row: 46,
    what: 'a document type declaration without anything in it',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [`<!DOCTYPE Document>${document(host, good(host))}`],
  },
  {
    row: 46,
    what: 'a document type declaration after the XML declaration and a comment',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [
      `<?xml version="1.0"?><!-- a --><!DOCTYPE Document []>${document(host, good(host))}`,
    ],
  },
  {
    row: 47,
    what: 'an entity that names a file',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [
      `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>${document(host, host.recordWith('&x;'))}`,
    ],
  },
  {
    row: 47,
    what: 'a parameter entity',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [
      `<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd">%p;]>${document(host, good(host))}`,
    ],
  },
  {
    row: 47,
    what: 'an external document type definition',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [
      `<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/d.dtd">${document(host, good(host))}`,
    ],
  },
  {
    row: 47,
    what: 'an entity that nothing declares',
    disposition: refused('XML_NOT_WELL_FORMED'),
    input: (host) => [document(host, host.recordWith('&x;'))],
  },
  {
    row: 48,
    what: 'a billion laughs',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => {
      const levels = Array.from(
        { length: 10 },
        (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`,
      );
      return [
        `<!DOCTYPE d [<!ENTITY l0 "lol">${levels.join('')}]>${document(host, host.recordWith('&l10;'))}`,
      ];
    },
  },
  {
    row: 48,
    what: 'a quadratic blow-up',
    disposition: refused('XML_DOCTYPE'),
    input: (host) => [
      `<!DOCTYPE d [<!ENTITY a "${'a'.repeat(10_000)}">]>${document(host, '&a;'.repeat(1_000))}`,
    ],
  },
  {
    row: 48,
    what: 'a million character references',
    disposition: refused('XML_TOKEN_TOO_LARGE'),
    input: (host) => repeated(`${opened(host)}<Id>`, '&#65;'.repeat(1_000), 1_000),
  },
  {
    row: 49,
    what: '20,000 nested elements',
    disposition: refused('XML_DEPTH'),
    input: (host) => [`${opened(host)}${'<a>'.repeat(20_000)}`],
  },
  {
    row: 50,
    what: '100 MB of one text',
    disposition: refused('XML_TOKEN_TOO_LARGE'),
    input: (host) => repeated(`${opened(host)}<Id>`, 'x'.repeat(MIB), 100),
  },
  {
    row: 50,
    what: '10,000 attributes',
    disposition: refused('XML_TOKEN_TOO_LARGE'),
    input: (host) => [
      `${opened(host)}<Id${Array.from({ length: 10_000 }, (_, at) => ` a${at}=""`).join('')}/>`,
    ],
  },
  {
    row: 51,
    what: 'a file that ends after a whole record',
    disposition: refused('XML_UNCLOSED'),
    input: (host) => {
      const whole = document(host, good(host));
      return [whole.slice(0, whole.indexOf(`</${host.record}>`) + host.record.length + 3)];
    },
  },
  {
    row: 51,
    what: 'a file that ends before the end of the document',
    disposition: refused('XML_UNCLOSED'),
    input: (host) => [document(host, good(host)).slice(0, -'</Document>'.length)],
  },
  {
    row: 52,
    what: 'mismatched tags',
    disposition: refused('XML_NOT_WELL_FORMED'),
    input: (host) => [document(host, `<${host.record}><A><B></A></B></${host.record}>`)],
  },
  {
    row: 52,
    what: 'two roots',
    disposition: refused('XML_NOT_WELL_FORMED'),
    input: (host) => [document(host, good(host)).repeat(2)],
  },
  {
    row: 52,
    what: 'text behind the root',
    disposition: refused('XML_NOT_WELL_FORMED'),
    input: (host) => [`${document(host, good(host))}\n0000`],
  },
  {
    row: 52,
    what: 'a control character',
    disposition: refused('XML_NOT_WELL_FORMED'),
    input: (host) => [document(host, host.recordWith('\u0001'))],
  },
  {
    row: 53,
    what: 'an amount in two currencies',
    disposition: refused('XML_DUP_ATTR'),
    input: (host) => [
      document(host, host.recordWith(`<${host.amount} Ccy="EUR" Ccy="USD">1</${host.amount}>`)),
    ],
  },
  {
    row: 54,
    what: 'an amount without currency',
    disposition: rejected('CCY_MISSING'),
    input: (host) => [
      document(host, good(host) + host.recordWith(`<${host.amount}>1</${host.amount}>`)),
    ],
  },
  {
    row: 54,
    what: 'an entry in another currency than its account',
    disposition: rejected('CCY_MISMATCH'),
    input: (host) => [
      document(host, good(host) + host.recordWith(`<${host.amount} Ccy="USD">1</${host.amount}>`)),
    ],
    hosts: [CAMT],
  },
  {
    row: 54,
    what: 'a payment in another currency than the account it is paid from',
    disposition: accepted(2),
    input: (host) => [
      document(host, good(host) + host.recordWith(`<${host.amount} Ccy="USD">1</${host.amount}>`)),
    ],
    hosts: [PAIN],
  },
  {
    row: 55,
    what: 'one record',
    disposition: accepted(1),
    input: (host) => [document(host, good(host))],
  },
  {
    row: 55,
    what: 'many records',
    disposition: accepted(500),
    input: (host) => [document(host, good(host).repeat(500))],
  },
  {
    row: 55,
    what: 'no record',
    disposition: accepted(0),
    input: (host) => [document(host, '')],
  },
  ...['001.02', '001.08', '001.13', '001.99'].map(
    (version): BadInput => ({
      row: 56,
      what: `version ${version}`,
      disposition: accepted(1),
      input: (host) => [document(host, good(host), `${host.format}.${version}`)],
    }),
  ),
  {
    row: 56,
    what: 'prefixed elements',
    disposition: accepted(1),
    input: (host) => [
      document(host, good(host))
        .replaceAll('</', '</ns2:')
        .replaceAll(/<(?=\w)/g, '<ns2:')
        .replace('xmlns=', 'xmlns:ns2='),
    ],
  },
  {
    row: 56,
    what: 'no namespace',
    disposition: accepted(1),
    input: (host) => [document(host, good(host)).replace(/ xmlns="[^"]*"/, '')],
  },
  {
    row: 56,
    what: 'a message nobody reads',
    disposition: refused('UNKNOWN_FORMAT'),
    input: (host) => [
      document(host, good(host), 'camt.029.001.09').replaceAll(host.message, 'RsltnOfInvstgtn'),
    ],
  },
  {
    row: 57,
    what: 'a namespace with another message than its own',
    disposition: refused('MESSAGE_TYPE'),
    input: (host) => [document(host, '').replaceAll(host.message, 'FICdtTrf')],
  },
  ...['BkToCstmrAcctRpt', 'BkToCstmrDbtCdtNtfctn', 'CstmrPmtStsRpt'].map(
    (other): BadInput => ({
      row: 57,
      what: `${other} in a second document`,
      disposition: refused('MESSAGE_TYPE'),
      input: (host) => [
        `<Batch>${document(host, good(host))}<Document><${other}/></Document></Batch>`,
      ],
    }),
  ),
  ...[
    ['a comment', '1<!-- -->00'],
    ['a CDATA section', '<![CDATA[1]]>00'],
    ['a processing instruction', '1<?x y?>00'],
    ['an element', '1<X/>00'],
  ].map(
    ([what, text]): BadInput => ({
      row: 59,
      what: `${what} inside an amount`,
      disposition: rejected('XML_MIXED_AMOUNT'),
      input: (host) => [
        document(
          host,
          good(host) + host.recordWith(`<${host.amount} Ccy="EUR">${text}</${host.amount}>`),
        ),
      ],
    }),
  ),
];

function told(disposition: Disposition): string {
  if ('refused' in disposition) return `refuses the file, ${disposition.refused}`;
  if ('rejected' in disposition) return `rejects the record, ${disposition.rejected}`;
  return `reads ${disposition.entries}`;
}

/** Reads a file as the intake does, once its bytes are characters. */
function dispositionOf(input: Iterable<string>): Disposition {
  const records: ParsedRecord[] = [];
  try {
    readInto(records, input);
  } catch (error) {
    if (error instanceof FileRefusal) return { refused: error.reason };
    throw error;
  }
  return dispositionOfRecords(records);
}

function readInto(records: ParsedRecord[], input: Iterable<string>): void {
  const chunks = input[Symbol.iterator]();
  const first: string = chunks.next().value ?? '';
  const { format, detected } = detectFormat(first.slice(0, 16_384), FORMATS);
  const reader = format.open((record) => records.push(record), detected, DEFAULT_SETTINGS);
  void reader.write(first);
  for (let next = chunks.next(); !next.done; next = chunks.next()) void reader.write(next.value);
  void reader.end();
}

/** A rejected record counts only beside one that was read: the rest of the file must have gone on. */
function dispositionOfRecords(records: readonly ParsedRecord[]): Disposition {
  const entries = records.filter(({ kind }) => kind === 'entry').length;
  const [rejection, ...others] = records.filter((record) => record.kind === 'rejection');
  if (rejection === undefined) return { entries };
  expect({ others, entries }).toEqual({ others: [], entries: 1 });
  expect(rejection.locator.element).toMatch(/\w+\[1\]\/\w+\[2\]$/);
  return { rejected: rejection.reason };
}

describe.each(BAD_INPUTS.map((one) => [`#${one.row} ${one.what}`, one] as const))(
  '%s',
  (_, { disposition, input, hosts = HOSTS }) => {
    test.each(hosts.map((host) => [host.format, host] as const))(
      `in a %s file: ${told(disposition)}`,
      (_format, host) => {
        expect(dispositionOf(input(host))).toEqual(disposition);
      },
    );
  },
);

describe('#58 an encoding that is not the one declared', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tieout-bad-xml-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function dispositionOfBytes(bytes: Buffer): Promise<Disposition> {
    const path = join(folder, 'input.xml');
    await writeFile(path, bytes);
    const records: ParsedRecord[] = [];
    try {
      const inspected = await inspectFile(path);
      const recognised = detectFormat(inspected.head, FORMATS);
      for await (const batch of readRecords(path, inspected, recognised)) records.push(...batch);
    } catch (error) {
      if (error instanceof FileRefusal) return { refused: error.reason };
      throw error;
    }
    return dispositionOfRecords(records);
  }

  const text = (host: Host, declared: string, name = 'Müller, Zürich, Köln') =>
    `<?xml version="1.0" encoding="${declared}"?>${document(host, good(host))}<!-- ${name} -->`;

  test.each(HOSTS.map((host) => [host.format, host] as const))(
    'in a %s file: refuses the file, ENCODING_MISMATCH or INVALID_UTF8',
    async (_, host) => {
      const utf8 = Buffer.from(text(host, 'ISO-8859-1'), 'utf8');
      expect(await dispositionOfBytes(utf8)).toEqual(refused('ENCODING_MISMATCH'));
      const latin1 = Buffer.from(text(host, 'UTF-8'), 'latin1');
      expect(await dispositionOfBytes(latin1)).toEqual(refused('INVALID_UTF8'));
    },
  );

  test.each(HOSTS.map((host) => [host.format, host] as const))(
    'in a %s file: reads 1 where the declaration is right, or no byte tells',
    async (_, host) => {
      for (const [declared, encoding] of [
        ['ISO-8859-1', 'latin1'],
        ['UTF-8', 'utf8'],
      ] as const) {
        const right = Buffer.from(text(host, declared), encoding);
        expect(await dispositionOfBytes(right)).toEqual(accepted(1));
      }
      const ascii = Buffer.from(text(host, 'ISO-8859-1', 'Mueller'));
      expect(await dispositionOfBytes(ascii)).toEqual(accepted(1));
    },
  );
});
