import { describe, expect, test } from 'vitest';
import { camt053 } from '../../../src/ingest/formats/camt.ts';
import { DEFAULT_SETTINGS, type ReadSettings } from '../../../src/ingest/reader.ts';
import type { ParsedEntry, ParsedRecord, StatementClosed } from '../../../src/ingest/record.ts';

const REVERSED: ReadSettings = { ...DEFAULT_SETTINGS, hasOriginalDirection: () => true };
const PARTS = {
  'camt.053': ['BkToCstmrStmt', 'Stmt'],
  'camt.052': ['BkToCstmrAcctRpt', 'Rpt'],
  'camt.054': ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
} as const;

interface Reading {
  readonly records: readonly ParsedRecord[];
  readonly entries: readonly ParsedEntry[];
  readonly rejections: readonly string[];
  readonly diagnostics: readonly string[];
  readonly end: StatementClosed | undefined;
}

function read(
  chunks: Iterable<string>,
  settings: ReadSettings = DEFAULT_SETTINGS,
  format: keyof typeof PARTS = 'camt.053',
): Reading {
  const records: ParsedRecord[] = [];
  const reader = camt053.open(
    (record) => records.push(record),
    { format, version: null },
    settings,
  );
  for (const chunk of chunks) void reader.write(chunk);
  void reader.end();
  return {
    records,
    entries: records.filter((record) => record.kind === 'entry'),
    rejections: records.flatMap((one) => (one.kind === 'rejection' ? [one.reason] : [])),
    diagnostics: records.flatMap((one) => (one.kind === 'diagnostic' ? [one.code] : [])),
    end: records.findLast((record) => record.kind === 'statement-end'),
  };
}

function message(inner: string, format: keyof typeof PARTS = 'camt.053', header = ''): string {
  const [name, statement] = PARTS[format];
  const account = '<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>';
  const wrapped = `<${statement}><Id>1</Id>${inner.startsWith('<CpyDplctInd>') ? '' : account}${inner}</${statement}>`;
  return `<Document><${name}>${header}${wrapped}</${name}></Document>`;
}

const balance = (type: string, amount: string): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>`;

const entry = (inner: string, amount = '10.00'): string =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt>${inner}</Ntry>`;
const CREDIT = '<CdtDbtInd>CRDT</CdtDbtInd>';
const DEBIT = '<CdtDbtInd>DBIT</CdtDbtInd>';
const REVERSAL = '<RvslInd>true</RvslInd>';

describe('#60 direction, reversal and status', () => {
  test.each([
    ['no direction', entry('')],
    ['an unknown direction', entry('<CdtDbtInd>CREDIT</CdtDbtInd>')],
  ])('#60 rejects an entry with %s, and the rest goes on', (_, broken) => {
    const { rejections, entries } = read([message(broken + entry(CREDIT))]);
    expect(rejections).toEqual(['DIRECTION_MISSING']);
    expect(entries).toHaveLength(1);
  });

  test('#60 a reversal moves the account in its own direction', () => {
    const { entries, end, diagnostics } = read([
      message(balance('OPBD', '50.00') + balance('CLBD', '60.00') + entry(CREDIT + REVERSAL)),
    ]);
    expect(entries[0]).toMatchObject({ amountMinor: 1000n, isReversal: true });
    expect(end?.differenceMinor).toBe(0n);
    expect(diagnostics).toEqual([]);
  });

  test('#60 a reversal is turned when its source writes the original direction', () => {
    const xml = message(
      balance('OPBD', '50.00') + balance('CLBD', '40.00') + entry(CREDIT + REVERSAL),
    );
    const { entries, end, diagnostics } = read([xml], REVERSED);
    expect(entries[0]).toMatchObject({ amountMinor: -1000n, isReversal: true });
    expect(end?.differenceMinor).toBe(0n);
    expect(diagnostics).toEqual([]);
  });

  test.each([
    ['own-direction', DEFAULT_SETTINGS, '40.00', 'original-direction'],
    ['original-direction', REVERSED, '60.00', 'own-direction'],
  ])('#60 a statement that does not close with %s names the other convention', (...row) => {
    const [, settings, closing, wanted] = row;
    const xml = message(
      balance('OPBD', '50.00') + balance('CLBD', closing) + entry(CREDIT + REVERSAL),
    );
    const { records, end } = read([xml], settings);
    expect(end?.differenceMinor).not.toBe(0n);
    expect(records.find((record) => record.kind === 'diagnostic')).toMatchObject({
      code: 'REVERSAL_CONVENTION_MISMATCH',
      message: expect.stringContaining(`reversals: ${wanted}`),
    });
  });

  test('#60 a turned batch is still held against its details', () => {
    const details = '<NtryDtls><TxDtls><Amt Ccy="EUR">10.00</Amt></TxDtls></NtryDtls>';
    expect(read([message(entry(CREDIT + REVERSAL + details))], REVERSED).diagnostics).toEqual([]);
    const wrong = details.replace('10.00', '9.00');
    expect(read([message(entry(CREDIT + REVERSAL + wrong))], REVERSED).diagnostics).toEqual([
      'BATCH_SUM',
    ]);
  });

  test.each([
    ['PDNG', 'pending'],
    ['INFO', 'information'],
    ['FUTR', 'pending'],
  ])('#60 an entry with status %s is %s and in no sum', (code, status) => {
    const { entries, end } = read([message(entry(`${CREDIT}<Sts><Cd>${code}</Cd></Sts>`))]);
    expect(entries[0]?.status).toBe(status);
    expect(end).toMatchObject({ creditsMinor: 0n, entries: 1 });
  });
});

describe('#61 totals', () => {
  test('#61 a declared total that is not what was read is told', () => {
    const summary =
      '<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries><Sum>11.00</Sum></TtlNtries></TxsSummry>';
    const { diagnostics } = read([message(summary + entry(CREDIT))]);
    expect(diagnostics).toEqual(['CONTROL_TOTAL', 'CONTROL_TOTAL']);
  });

  test('#61 a statement that does not close says by how much', () => {
    const { end } = read([
      message(balance('OPBD', '50.00') + balance('CLBD', '60.01') + entry(CREDIT)),
    ]);
    expect(end).toMatchObject({ openingMinor: 5000n, closingMinor: 6001n, differenceMinor: -1n });
  });
});

describe('#62 batches', () => {
  const details = (count: number, amount: string): string =>
    `<NtryDtls><Btch><NbOfTxs>${count}</NbOfTxs></Btch><TxDtls><Amt Ccy="EUR">${amount}</Amt></TxDtls></NtryDtls>`;

  test('#62 an entry whose details sum to something else stands, and that is told', () => {
    const { entries, rejections, diagnostics } = read([
      message(entry(CREDIT + details(1, '9.99'))),
    ]);
    expect(entries[0]).toMatchObject({ amountMinor: 1000n, details: 1 });
    expect({ rejections, diagnostics }).toEqual({ rejections: [], diagnostics: ['BATCH_SUM'] });
  });

  test('#62 an entry with another number of details than declared stands, and that is told', () => {
    const { entries, diagnostics } = read([message(entry(CREDIT + details(102, '10.00')))]);
    expect(entries).toHaveLength(1);
    expect(diagnostics).toEqual(['BATCH_COUNT']);
  });
});

describe('#63 copies', () => {
  test.each(['DUPL', 'COPY', 'CODU'])('#63 nothing of a statement marked %s is booked', (mark) => {
    const { entries, diagnostics, end } = read([
      message(
        `<CpyDplctInd>${mark}</CpyDplctInd>${balance('OPBD', '0')}${balance('CLBD', '10')}${entry(CREDIT)}`,
      ),
    ]);
    expect(diagnostics).toEqual(['COPY_STATEMENT']);
    expect(entries.map(({ status }) => status)).toEqual(['information']);
    expect(end?.differenceMinor).toBe(0n);
  });
});

describe('#64 pages', () => {
  const page = (number: number, isLast: boolean): string =>
    `<GrpHdr><MsgPgntn><PgNb>${number}</PgNb><LastPgInd>${isLast}</LastPgInd></MsgPgntn></GrpHdr>`;

  test.each([
    ['owes the next one', page(1, false), ['PAGE_MISSING']],
    ['misses the one before', page(2, true), ['PAGE_MISSING']],
    ['misses both', page(2, false), ['PAGE_MISSING']],
    ['is the only one', page(1, true), []],
    ['has no number', '<GrpHdr/>', []],
  ])('#64 a page that %s', (_, header, codes) => {
    expect(read([message(entry(CREDIT), 'camt.053', header)]).diagnostics).toEqual(codes);
  });

  test('#64 pages in the wrong order stay apart', () => {
    const file = [2, 1].map((number) => message(entry(CREDIT), 'camt.053', page(number, false)));
    const { records, diagnostics } = read([`<All>${file.join('')}</All>`]);
    expect(records.filter(({ kind }) => kind === 'statement-end')).toHaveLength(2);
    expect(diagnostics).toEqual(['PAGE_MISSING', 'PAGE_MISSING']);
  });

  test('#64 a message that begins anew leaves the pages owed before it missing', () => {
    const first = message(entry(CREDIT), 'camt.053', page(1, false));
    const second = message(entry(CREDIT), 'camt.053', page(1, true));
    expect(read([`<All>${first}${second}</All>`]).diagnostics).toEqual(['PAGE_MISSING']);
  });

  test('#64 a page left out is missed even where the balances chain', () => {
    const first = message(
      balance('OPBD', '0') + balance('CLBD', '10') + entry(CREDIT),
      'camt.053',
      page(1, false),
    );
    const third = message(
      balance('OPBD', '10') + balance('CLBD', '20') + entry(CREDIT),
      'camt.053',
      page(3, true),
    );
    const { records, diagnostics } = read([`<All>${first}${third}</All>`]);
    expect(records.filter(({ kind }) => kind === 'statement-end')).toHaveLength(2);
    expect(diagnostics).toEqual(['PAGE_MISSING', 'PAGE_MISSING']);
  });

  test('#64 the page of another account does not go on with a statement', () => {
    const first = message(
      balance('OPBD', '0') + balance('CLBD', '10') + entry(CREDIT),
      'camt.053',
      page(1, false),
    );
    const second = message(
      balance('OPBD', '10') + balance('CLBD', '20') + entry(CREDIT),
      'camt.053',
      page(2, true),
    );
    const ends = (xml: string) =>
      read([xml]).records.filter(({ kind }) => kind === 'statement-end');
    expect(ends(`<All>${first}${second}</All>`)).toHaveLength(1);
    const other = second.replace('DE89370400440532013000', 'DE02120300000000202051');
    expect(ends(`<All>${first}${other}</All>`)).toHaveLength(2);
  });
});

describe('#65 sequence numbers', () => {
  test.each([
    ['<ElctrncSeqNb>17</ElctrncSeqNb><LglSeqNb>4</LglSeqNb>', '4'],
    ['<ElctrncSeqNb>17</ElctrncSeqNb>', '17'],
    ['', '1'],
  ])('#65 %s is told as written, for the chain of statements', (numbers, number) => {
    expect(read([message(numbers)]).records[0]).toMatchObject({ kind: 'statement', number });
  });
});

test('#66 a statement of any size is read in the memory of one entry', () => {
  const piece = entry(`${CREDIT}<AddtlNtryInf>${'x'.repeat(2_000)}</AddtlNtryInf>`, '0.01');
  let largest = 0;
  let entries = 0;
  const emit = (record: ParsedRecord): void => {
    if (record.kind !== 'entry') return;
    entries += 1;
    if (entries % 5_000 === 0) largest = Math.max(largest, process.memoryUsage().heapUsed);
  };
  const reader = camt053.open(emit, { format: 'camt.053', version: null }, DEFAULT_SETTINGS);
  const [head = '', tail = ''] = message('<!---->').split('<!---->');
  const before = process.memoryUsage().heapUsed;
  void reader.write(head);
  for (let count = 0; count < 400; count += 1) void reader.write(piece.repeat(50));
  void reader.write(tail);
  void reader.end();
  expect(entries).toBe(20_000);
  expect(largest - before).toBeLessThan(100 * 1024 * 1024);
});

describe('an entry told in several messages', () => {
  const bare = `${CREDIT}<Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>`;
  const detailed = `${bare}<NtryDtls><TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs><RmtInf><Ustrd>Order 1</Ustrd></RmtInf></TxDtls></NtryDtls>`;
  const identities = (own: string): (string | undefined)[] => [
    read([message(entry(own + bare), 'camt.053')]).entries[0]?.identity,
    read([message(entry(own + bare), 'camt.052')], DEFAULT_SETTINGS, 'camt.052').entries[0]
      ?.identity,
    read([message(entry(own + detailed), 'camt.054')], DEFAULT_SETTINGS, 'camt.054').entries[0]
      ?.identity,
  ];

  test('is one when the bank repeats its reference, whatever else it tells', () => {
    expect(new Set(identities('<AcctSvcrRef>BK-1</AcctSvcrRef>')).size).toBe(1);
    expect(identities('<AcctSvcrRef>BK-1</AcctSvcrRef>')[0]).not.toBe(
      identities('<AcctSvcrRef>BK-2</AcctSvcrRef>')[0],
    );
  });

  test('is another when the bank has no reference for it and the notification tells more', () => {
    const [statement, report, notification] = identities('<NtryRef>1</NtryRef>');
    expect(report).toBe(statement);
    expect(notification).not.toBe(statement);
  });

  test('a reversal under the same reference is another entry', () => {
    const own = '<AcctSvcrRef>BK-1</AcctSvcrRef>';
    const { entries } = read([message(entry(own + CREDIT) + entry(own + DEBIT + REVERSAL))]);
    expect(entries[0]?.identity).not.toBe(entries[1]?.identity);
  });
});

test('a NUL byte is no character of XML and refuses the file', () => {
  expect(() => read([message(entry(`${CREDIT}<AcctSvcrRef>A\0B</AcctSvcrRef>`))])).toThrow(
    expect.objectContaining({ reason: 'XML_NOT_WELL_FORMED' }),
  );
});
