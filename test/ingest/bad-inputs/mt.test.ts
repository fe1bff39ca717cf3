import { describe, expect, test } from 'vitest';
import { parseDateTimeIndication } from '../../../src/ingest/formats/mt-date.ts';
import { mt940 } from '../../../src/ingest/formats/mt940.ts';
import { DEFAULT_SETTINGS } from '../../../src/ingest/reader.ts';
import {
  FileRefusal,
  type ParsedEntry,
  type ParsedRecord,
  type StatementClosed,
} from '../../../src/ingest/record.ts';

interface Reading {
  readonly entries: readonly ParsedEntry[];
  readonly rejections: readonly string[];
  readonly diagnostics: readonly string[];
  readonly ends: readonly StatementClosed[];
}

function read(text: string): Reading {
  const records: ParsedRecord[] = [];
  const reader = mt940.open(
    (record) => records.push(record),
    { format: 'mt940', version: null },
    DEFAULT_SETTINGS,
  );
  void reader.write(text);
  void reader.end();
  return {
    entries: records.filter((record) => record.kind === 'entry'),
    rejections: records.flatMap((one) => (one.kind === 'rejection' ? [one.reason] : [])),
    diagnostics: records.flatMap((one) => (one.kind === 'diagnostic' ? [one.code] : [])),
    ends: records.filter((record) => record.kind === 'statement-end'),
  };
}

function refusalOf(text: string): string | undefined {
  try {
    read(text);
  } catch (error) {
    if (error instanceof FileRefusal) return error.reason;
    throw error;
  }
  return undefined;
}

const HEAD = ':20:S\n:25:DE1\n:28C:1\n';
const OPEN = `${HEAD}:60F:C260302EUR0,00\n`;
const lines = (...fields: readonly string[]): string =>
  `${OPEN}${fields.join('\n')}\n:62F:C260303EUR10,00\n-\n`;
const one = (field: string): ParsedEntry | undefined => read(lines(field)).entries[0];

describe('the year of an entry date', () => {
  test.each([
    ['#67', ':61:2101011230CR0,00NTRFA', '2021-01-01', '2020-12-30'],
    ['#68', ':61:1412310105C1,00NTRFA', '2014-12-31', '2015-01-05'],
  ])('%s %s is the one nearest to the value date', (_, field, valueDate, bookingDate) => {
    expect(one(field)).toMatchObject({ valueDate, bookingDate });
  });
});

describe('#69 amounts', () => {
  test.each([
    ['C0,NTRFA', 0n],
    ['C80,NTRFA', 8000n],
    ['C,50NTRFA', 50n],
    ['C7,5NTRFA', 750n],
    ['C000000000147,50NTRFA', 14750n],
  ])('#69 %s is read exactly', (field, amountMinor) => {
    expect(one(`:61:260303${field}`)?.amountMinor).toBe(amountMinor);
  });

  test.each([
    ['C,', 'MT_AMOUNT'],
    ['C1.234,56NTRFA', 'MT_AMOUNT'],
    ['C1,234.56NTRFA', 'MT_AMOUNT'],
    ['C1 000,00NTRFA', 'MT_AMOUNT'],
    ['C1,005NTRFA', 'TOO_MANY_DECIMALS'],
    ['CNTRFA', 'MT_AMOUNT'],
  ])('#69 %s is rejected, and the rest goes on', (field, reason) => {
    const { rejections, entries } = read(lines(`:61:260303${field}`, ':61:260303C1,NTRFB'));
    expect(rejections).toEqual([reason]);
    expect(entries.map(({ reference }) => reference)).toEqual(['B']);
  });

  test('#69 a decimal point is read, and told', () => {
    const { entries, diagnostics } = read(lines(':61:260303C100.00NTRFA'));
    expect(entries[0]?.amountMinor).toBe(10_000n);
    expect(diagnostics).toEqual(['MT_DECIMAL_POINT']);
  });
});

describe('#70 marks', () => {
  test.each([
    ['C', 100n, false],
    ['D', -100n, false],
    ['RC', -100n, true],
    ['RD', 100n, true],
    ['CN', 100n, false],
    ['DR', -100n, false],
    ['CR', 100n, false],
    ['RCR', -100n, true],
    ['RDD', 100n, true],
  ])('#70 %s moves the account by %s', (mark, amountMinor, isReversal) => {
    expect(one(`:61:2603030303${mark}1,00NTRFA`)).toMatchObject({ amountMinor, isReversal });
  });
});

test('#71 statements that do not follow each other keep their balances, for the chain to tell', () => {
  const { ends } = read(
    `${OPEN}:61:260303C10,NTRFA\n:62F:C260303EUR10,00\n-\n${OPEN.replace('0,00', '12,00')}:62F:C260304EUR12,00\n-\n`,
  );
  expect(ends.map(({ openingMinor, closingMinor }) => [openingMinor, closingMinor])).toEqual([
    [0n, 1000n],
    [1200n, 1200n],
  ]);
});

test('#72 a statement that does not close says by how much', () => {
  expect(read(lines(':61:260303C9,99NTRFA')).ends[0]).toMatchObject({
    openingMinor: 0n,
    closingMinor: 1000n,
    differenceMinor: -1n,
  });
});

test('#73 statements all numbered 0 are statements of their own', () => {
  const zero = lines(':61:260303C10,NTRFA').replace(':28C:1', ':28C:0');
  const { ends, diagnostics } = read(zero + zero.replace('60F:C260302EUR0', '60F:C260302EUR10'));
  expect(ends).toHaveLength(2);
  expect(diagnostics).toEqual([]);
});

describe('#74 pages', () => {
  const page = (number: string, opening: string, closing: string): string =>
    `${HEAD.replace(':28C:1', `:28C:${number}`)}:${opening}\n:61:260303C1,NTRFA\n:${closing}\n-\n`;

  test.each([
    ['the last one missing', page('7/1', '60F:C260302EUR0,', '62M:C260303EUR1,'), 1],
    ['the first one missing', page('7/2', '60M:C260302EUR1,', '62F:C260303EUR2,'), 1],
    [
      'one between left out',
      page('7/1', '60F:C260302EUR0,', '62M:C260303EUR1,') +
        page('7/3', '60M:C260303EUR1,', '62F:C260303EUR2,'),
      1,
    ],
    [
      'the wrong order',
      page('7/2', '60M:C260303EUR1,', '62F:C260303EUR2,') +
        page('7/1', '60F:C260302EUR0,', '62M:C260303EUR1,'),
      2,
    ],
  ])('#74 pages with %s are told', (_, text, count) => {
    const missing = read(text).diagnostics.filter((code) => code === 'PAGE_MISSING');
    expect(missing).toHaveLength(count);
  });

  test('#74 all pages in order are one statement, and nothing is told', () => {
    const { ends, diagnostics } = read(
      page('7/1', '60F:C260302EUR0,', '62M:C260303EUR1,') +
        page('7/2', '60M:C260303EUR1,', '62F:C260303EUR2,'),
    );
    expect({ statements: ends.length, diagnostics }).toEqual({ statements: 1, diagnostics: [] });
  });
});

describe('#75 narratives', () => {
  test('#75 a narrative longer than the standard allows is kept whole', () => {
    const rows = Array.from({ length: 30 }, (_, row) => `ROW ${row} ${'x'.repeat(58)}`);
    expect(one(`:61:260303C10,NTRFA\n:86:${rows.join('\n')}`)?.narrative).toBe(rows.join(''));
  });

  test.each([
    ['a colon', ':TAN 12'],
    ['a dash', '- AND MORE'],
    ['two slashes', '//NOT A REFERENCE'],
    ['a time', '12:30:45'],
  ])('#75 a line that begins with %s is text', (_, row) => {
    expect(one(`:61:260303C10,NTRFA\n:86:TEXT \n${row}`)?.narrative).toBe(`TEXT ${row}`);
  });

  test('#75 a code word with a colon ends with its word where free text follows', () => {
    const field = ':61:260303C10,NTRFA\n:86:166?20SVWZ+Miete EREF: RENT-3 vielen Dank';
    expect(one(field)?.reference).toBe('RENT-3');
  });

  test('#75 German sub-fields are joined over their cuts', () => {
    const field = ':61:260303C10,NTRFA\n:86:166?00KIND?20EREF+ORD?21ER-1?32Erika?33 Muster';
    expect(one(field)).toMatchObject({ reference: 'ORDER-1', counterparty: 'Erika Muster' });
  });
});

describe('#76 envelopes', () => {
  const envelope = '{1:F01BANKDEFFAXXX0001000001}{2:I940CUSTDEFFXXXXN}{4:\n';
  const body = `${OPEN}:61:260303C10,NTRFA\n:62F:C260303EUR10,00\n`;
  test.each([
    ['no envelope and no trailer', body],
    ['no envelope', `${body}-\n`],
    ['an envelope', `${envelope}${body}-}\n`],
    ['CRLF', `${envelope}${body}-}\n`.replaceAll('\n', '\r\n')],
    ['CR alone', `${body}-\n`.replaceAll('\n', '\r')],
  ])('#76 a statement with %s is read', (_, text) => {
    const { ends, diagnostics } = read(text);
    expect(ends).toMatchObject([{ entries: 1, differenceMinor: 0n }]);
    expect(diagnostics).toEqual([]);
  });

  test('#76 several statements without trailers are told apart', () => {
    expect(read(body.repeat(3)).ends).toHaveLength(3);
  });

  test('#76 a block that never ends refuses the file', () => {
    expect(refusalOf(`${envelope}${OPEN}:61:260303C10,NTRFA\n`)).toBe('TRUNCATED');
  });
});

describe('#77 currencies and days', () => {
  test('#77 a closing balance in another currency refuses the file', () => {
    expect(refusalOf(`${OPEN}:62F:C260303USD0,\n`)).toBe('CCY_MISMATCH');
  });

  test('#77 floor limits in two currencies refuse the file', () => {
    expect(refusalOf(`${HEAD}:34F:EURD0,\n:34F:USDC0,\n`)).toBe('CCY_MISMATCH');
  });

  test('#77 the 29th of February of a common year is clamped, because interest months have it, and told', () => {
    const { entries, diagnostics } = read(lines(':61:260229C10,NTRFA'));
    expect(entries[0]?.valueDate).toBe('2026-02-28');
    expect(diagnostics).toEqual(['DATE_CLAMPED']);
  });

  test.each(['261301', '260332', '260300'])('#77 a value date %s is rejected', (day) => {
    const { rejections, ends } = read(lines(`:61:${day}C10,NTRFA`));
    expect(rejections).toEqual(['BAD_DATE']);
    expect(ends[0]?.differenceMinor).toBe(0n);
  });
});

describe('#78 times', () => {
  test.each([
    ['2603031430+0100', 60],
    ['2603031430-0330', -210],
    ['2603031430+1200', 720],
    ['2603031430', 0],
  ])('#78 %s is %s minutes from UTC', (text, offsetMinutes) => {
    expect(parseDateTimeIndication(text)).toEqual({
      date: '2026-03-03',
      minuteOfDay: 870,
      offsetMinutes,
    });
  });

  test.each(['2603032430+0100', '2602301430+0100', '2603031430+0160', '2603031430+1500', 'NOW'])(
    '#78 %s is no time, and that is told',
    (text) => {
      expect(parseDateTimeIndication(text)).toBeUndefined();
      expect(read(`${HEAD}:34F:EURD0,\n:13D:${text}\n`).diagnostics).toEqual(['BAD_DATE_TIME']);
    },
  );
});

describe('declared totals', () => {
  const report = (entries: string, totals: string): string =>
    `${HEAD}:34F:EURD0,\n${entries}${totals}-\n`;

  test.each([
    ['by effect', ':90D:1EUR3,\n:90C:1EUR5,\n', []],
    ['by mark', ':90D:0EUR0,\n:90C:2EUR8,\n', []],
    ['with expected entries', ':90C:2EUR9,\n', []],
    ['otherwise', ':90C:3EUR5,\n', ['CONTROL_TOTAL']],
    ['in another currency', ':90C:1USD5,\n', ['CONTROL_TOTAL']],
    ['unreadably', ':90C:ONE\n', ['TOTAL_UNREADABLE']],
  ])('a report that counts its entries %s', (_, totals, codes) => {
    const entries = ':61:260303C5,NTRFA\n:61:260303RC3,NTRFB\n:61:260303EC4,NTRFC\n';
    expect(read(report(entries, totals)).diagnostics).toEqual(codes);
  });

  test('no total is held against a report with a line nothing could be read of', () => {
    const { rejections, diagnostics } = read(report(':61:260303CX\n', ':90C:1EUR5,\n'));
    expect({ rejections, diagnostics }).toEqual({ rejections: ['MT_AMOUNT'], diagnostics: [] });
  });
});

describe('NUL bytes', () => {
  test.each([
    ['the line', ':61:260303C10,NTRFA\0'],
    ['the narrative', ':61:260303C10,NTRFA\n:86:A\0B'],
    ['the non-SWIFT fields', ':61:260303C10,NTRFA\n:NS:01A\0B'],
  ])('in %s reject the entry; the balance still has it', (_, field) => {
    const { rejections, entries, ends } = read(lines(field));
    expect({ rejections, entries }).toEqual({ rejections: ['NUL_BYTE'], entries: [] });
    expect(ends[0]?.differenceMinor).toBe(0n);
  });

  test('in the account refuse the file', () => {
    expect(refusalOf(OPEN.replace('DE1', 'DE\0'))).toBe('NUL_BYTE');
  });
});
