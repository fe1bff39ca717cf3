import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { csvFormat } from '../../../src/ingest/formats/csv.ts';
import { bankProfile, type Disposition, dispositionOf } from '../../support/csv-cases.ts';
import { readChunks } from '../../support/reading.ts';

const HEAD = 'date,amount,currency,text,ref\n';
const ROW = '2026-03-02,1.00,EUR,A,R1\n';

interface Case {
  readonly claim: string;
  readonly text: string;
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly becomes: Disposition;
}

const SEMICOLON = { delimiter: ';' };

const TRAILED = {
  table: undefined,
  columns: { kind: 1, date: 2, amount: 3, currency: 4, text: 5 },
  optional: undefined,
  entry: {
    currency: 'currency',
    type: 'bank',
    booking_date: 'date',
    net: { of: 'amount', positive: 'in' },
    narrative: 'text',
  },
  sections: {
    column: 1,
    rows: {
      D: 'entry',
      T: { trailer: 'file', count: 2, sums: [{ at: 3, of: 'net' }], required: true },
    },
  },
};
const DATA = 'D,2026-03-02,1.00,EUR,A\nD,2026-03-03,2.00,EUR,B\n';

const CASES: readonly Case[] = [
  {
    claim: '#28 one line of more than a mebibyte',
    text: `${HEAD}2026-03-02,1.00,EUR,${'x'.repeat(1_100_000)},R\n`,
    becomes: { refused: 'RECORD_TOO_LONG', line: 2 },
  },
  {
    claim: '#28 more than a thousand columns',
    text: `${HEAD}${ROW}${','.repeat(1_000)}\n`,
    becomes: { refused: 'TOO_MANY_FIELDS', line: 3 },
  },
  {
    claim: '#29 no line end at the end of the file',
    text: `${HEAD}${ROW}${ROW}`.slice(0, -1),
    becomes: { warned: 'NO_FINAL_NEWLINE' },
  },
  {
    claim: '#30 a file cut exactly between two records, seen by the trailer that is missing',
    text: DATA,
    profile: TRAILED,
    becomes: { refused: 'TRAILER_MISSING' },
  },
  {
    claim: '#30 a file cut exactly between two records, seen by its totals',
    text: `${DATA.slice(0, DATA.indexOf('\n') + 1)}T,2,3.00\n`,
    profile: TRAILED,
    becomes: { refused: 'CONTROL_COUNT' },
  },
  {
    claim: '#31 a stray opening quote, told at its own line',
    text: `${HEAD}${ROW}2026-03-02,1.00,EUR,"A,R1\n${ROW}${ROW}`,
    becomes: { refused: 'UNCLOSED_QUOTE', line: 3 },
  },
  {
    claim: '#32 two stray quotes that would merge two records',
    text: `${HEAD}2026-03-02,1.00,EUR,"A,R1\n2026-03-02,1.00,EUR,A",R1\n`,
    becomes: { refused: 'EMBEDDED_NEWLINE', line: 2 },
  },
  {
    claim: '#32 a line end inside quotes where the profile allows it',
    text: `${HEAD}2026-03-02,1.00,EUR,"A\nB",R1\n`,
    profile: { quoted_newlines: true },
    becomes: { accepted: ['A\nB'] },
  },
  {
    claim: '#33 a quote inside a field',
    text: `${HEAD}2026-03-02,1.00,EUR,5" disk,R1\n`,
    becomes: { refused: 'BAD_QUOTE', line: 2 },
  },
  {
    claim: '#34 a short row',
    text: `${HEAD}${ROW}2026-03-02,1.00,EUR,A\n`,
    becomes: { aside: 'FIELD_COUNT', line: 3 },
  },
  {
    claim: '#34 a long row',
    text: `${HEAD}${ROW}2026-03-02,1.00,EUR,A,R1,more\n`,
    becomes: { aside: 'FIELD_COUNT', line: 3 },
  },
  {
    claim: '#35 a header that stands twice',
    text: `date,amount,currency,text,amount\n${ROW}`,
    becomes: { refused: 'DUPLICATE_HEADER', line: 1 },
  },
  ...['__proto__', 'constructor', 'prototype'].map((name) => ({
    claim: `#36 the header ${name}`,
    text: `date,amount,currency,text,${name}\n${ROW}`,
    becomes: { refused: 'BAD_HEADER', line: 1 },
  })),
  {
    claim: '#37 columns in another order',
    text: 'text,currency,amount,date\nA,EUR,1.00,2026-03-02\n',
    becomes: { accepted: [100n] },
  },
  {
    claim: '#37 a column nobody knows',
    text: `date,amount,currency,text,tide\n${ROW}`,
    becomes: { warned: 'UNKNOWN_COLUMN' },
  },
  {
    claim: '#37 a column that is missing',
    text: `date,amount,currency,text\n${ROW}`,
    profile: { optional: undefined },
    becomes: { refused: 'MISSING_COLUMN', line: 1 },
  },
  {
    claim: '#38 the header again in the middle',
    text: `${HEAD}${ROW}${HEAD}${ROW}`,
    becomes: { refused: 'HEADER_REPEATED', line: 3 },
  },
  {
    claim: '#39 carriage returns alone',
    text: `${HEAD}${ROW}${ROW}`.replaceAll('\n', '\r'),
    becomes: { accepted: [100n, 100n] },
  },
  {
    claim: '#39 mixed line ends',
    text: `${HEAD}${ROW}${ROW}`.replace('\n', '\r\n'),
    becomes: { refused: 'MIXED_EOL', line: 2 },
  },
  ...[';', '\t', '|'].map((delimiter) => ({
    claim: `#40 ${JSON.stringify(delimiter)} where "," is declared`,
    text: `${HEAD}${ROW}`.replaceAll(',', delimiter),
    becomes: { refused: 'DELIMITER_MISMATCH', line: 1 },
  })),
  {
    claim: '#40 "," where ";" is declared',
    text: HEAD + ROW,
    profile: SEMICOLON,
    becomes: { refused: 'DELIMITER_MISMATCH', line: 1 },
  },
  {
    claim: '#40 a spreadsheet line that names another delimiter',
    text: `sep=;\n${`${HEAD}${ROW}`.replaceAll(',', ';')}`,
    becomes: { refused: 'DELIMITER_MISMATCH', line: 1 },
  },
  {
    claim: '#40 a spreadsheet line that names the declared delimiter',
    text: `sep=;\n${`${HEAD}${ROW}`.replaceAll(',', ';')}`,
    profile: SEMICOLON,
    becomes: { accepted: [100n] },
  },
  ...['1.23457E+15', '1,23E+10', '########', '="0123"', '2-Mar', '31-DEC'].map((id) => ({
    claim: `#41 ${id} as a reference`,
    text: `${HEAD}2026-03-02,1.00,EUR,A,"${id.replaceAll('"', '""')}"\n`,
    becomes: { aside: 'EXCEL_MANGLED_ID', line: 2 },
  })),
  {
    claim:
      '#41 digits beyond the fifteenth that are all zeros, where the profile says ids do not end so',
    text: `${HEAD}2026-03-02,1.00,EUR,A,881628123456789000\n`,
    profile: { spreadsheet: { rounded_digits: true } },
    becomes: { aside: 'EXCEL_MANGLED_ID', line: 2 },
  },
  {
    claim: '#41 the same digits, where they may be honest',
    text: `${HEAD}2026-03-02,1.00,EUR,A,881628123456789000\n`,
    becomes: { accepted: [100n] },
  },
  ...['=HYPERLINK(1)', '+1', '-1', '@x', ' x'].map((text) => ({
    claim: `#42 ${text} as a text`,
    text: `${HEAD}2026-03-02,1.00,EUR,${text},R1\n`,
    becomes: { accepted: [text] },
  })),
  {
    claim: '#42 a NUL byte',
    text: `${HEAD}2026-03-02,1.00,EUR,A\0,R1\n`,
    becomes: { aside: 'NUL_BYTE', line: 2 },
  },
  ...['\u202Eabc', 'a\u200Bb', 'a\uFFFDb'].map((reference) => ({
    claim: `#42 ${JSON.stringify(reference)} as a reference`,
    text: `${HEAD}2026-03-02,1.00,EUR,A,${reference}\n`,
    becomes: { warned: 'SUSPECT_TEXT' },
  })),
  ...[' 1.00', '1.00 ', '\u00a01.00', '1.00\u2009', '\uff11\uff12'].map((amount) => ({
    claim: `#43 ${JSON.stringify(amount)} as an amount`,
    text: `${HEAD}2026-03-02,${amount},EUR,A,R1\n`,
    becomes: { aside: 'BAD_NUMBER', line: 2 },
  })),
  {
    claim: '#43 blanks around values, where the profile trims them',
    text: `${HEAD} 2026-03-02 ,\t1.00 , EUR, A ,R1\n`,
    profile: { trim: true },
    becomes: { accepted: ['A'] },
  },
  {
    claim: '#43 a no-break space, where the profile trims blanks',
    text: `${HEAD}2026-03-02,\u00a01.00,EUR,A,R1\n`,
    profile: { trim: true },
    becomes: { aside: 'BAD_NUMBER', line: 2 },
  },
  {
    claim: '#45 a trailer that counts other rows',
    text: `${DATA}T,3,3.00\n`,
    profile: TRAILED,
    becomes: { refused: 'CONTROL_COUNT', line: 3 },
  },
  {
    claim: '#45 a trailer that sums to another amount',
    text: `${DATA}T,2,3.01\n`,
    profile: TRAILED,
    becomes: { refused: 'CONTROL_SUM', line: 3 },
  },
  {
    claim: '#45 a trailer in the middle',
    text: `D,2026-03-02,1.00,EUR,A\nT,1,1.00\nD,2026-03-03,2.00,EUR,B\n`,
    profile: TRAILED,
    becomes: { refused: 'DATA_AFTER_TRAILER', line: 3 },
  },
  {
    claim: '#45 a trailer that agrees',
    text: `${DATA}T,2,3.00\n`,
    profile: TRAILED,
    becomes: { accepted: [100n, 200n] },
  },
];

describe('what becomes of a CSV file with', () => {
  test.each(CASES)('$claim', async ({ text, profile, becomes }) => {
    expect(await dispositionOf(text, bankProfile(profile), becomes)).toEqual(becomes);
  });

  test('#44 the same rows in another order: nothing of a row depends on its place', async () => {
    const rows = [ROW, '2026-03-03,2.00,EUR,B,R2\n', '2026-03-02,1.00,EUR,A,R1\n'];
    const identities = async (text: string) => {
      const { records } = await readChunks([text], [csvFormat(bankProfile())]);
      const entries = records.filter((record) => record.kind === 'entry');
      return entries.map(({ identity }) => identity).sort();
    };
    const forward = await identities(HEAD + rows.join(''));
    expect(await identities(HEAD + rows.toReversed().join(''))).toEqual(forward);
    expect(new Set(forward).size).toBe(2);
  });

  test('every case is named for its row in the list of bad inputs', () => {
    const named = readFileSync(import.meta.filename, 'utf8').match(/#(\d\d)/g) ?? [];
    const rows = new Set(named.map((name) => Number(name.slice(1))));
    for (let row = 28; row <= 45; row += 1) expect(rows).toContain(row);
  });
});
