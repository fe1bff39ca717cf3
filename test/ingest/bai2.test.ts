import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bai2 } from '../../src/ingest/formats/bai2.ts';
import { DEFAULT_SETTINGS } from '../../src/ingest/reader.ts';
import { FileRefusal, type ParsedRecord } from '../../src/ingest/record.ts';
import { baiFile, writeBai } from '../support/bai-file.ts';
import { assertGolden, recordsAsJsonLines } from '../support/golden.ts';

const FIXTURES = new URL('../../fixtures/ingest/bai2/', import.meta.url);
const claims = readdirSync(FIXTURES).sort();
const FILE = '01,BANK,SHOP,260303,0605,1,,,2/\n';
const GROUP = '02,SHOP,BANK,1,260302,2400,USD,2/\n';
const ACCOUNT = '03,4711,,010,100,,,015,600,,/\n16,142,500,Z,B,C,SALE/\n';
const END = '49,1200,3/\n98,1200,1,5/\n99,1200,1,7/\n';
const WHOLE = FILE + GROUP + ACCOUNT + END;

function inputOf(claim: string): string {
  return readFileSync(new URL(`${claim}/input.bai`, FIXTURES), 'utf8');
}

async function parse(...chunks: readonly string[]): Promise<ParsedRecord[]> {
  const records: ParsedRecord[] = [];
  const detected = { format: 'bai2', version: '2' };
  const reader = bai2.open((record) => records.push(record), detected, DEFAULT_SETTINGS);
  for (const chunk of chunks) await reader.write(chunk);
  await reader.end();
  return records;
}

/** The records, or the refusal of the file; any other error is a crash. */
async function outcomeOf(text: string): Promise<ParsedRecord[] | FileRefusal> {
  try {
    return await parse(text);
  } catch (error) {
    if (error instanceof FileRefusal) return error;
    throw error;
  }
}

async function refusalOf(text: string): Promise<string> {
  const outcome = await outcomeOf(text);
  if (!(outcome instanceof FileRefusal)) return 'accepted';
  return `${outcome.reason} at ${outcome.locator?.line}`;
}

function codesOf(records: readonly ParsedRecord[]): string[] {
  return records.flatMap((record) => {
    if (record.kind === 'diagnostic') return [record.code];
    return record.kind === 'rejection' ? [record.reason] : [];
  });
}

function brokenAt(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.toSorted((left, right) => left - right), text.length];
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

describe('bai2', () => {
  it.each(claims)('%s', async (claim) => {
    const golden = new URL(`${claim}/expected.jsonl`, FIXTURES);
    assertGolden(golden, recordsAsJsonLines(await parse(inputOf(claim))));
  });

  it('reads the same records wherever the chunks break and however lines end', async () => {
    const text = claims.map((claim) => `${inputOf(claim)}\n`).join('');
    const expected = await parse(text);
    const cuts = fc.array(fc.nat(text.length * 2), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom('\n', '\r\n', '\r'), async (places, lineEnd) => {
        const written = text.replaceAll('\n', lineEnd);
        expect(await parse(...brokenAt(written, places))).toEqual(expected);
      }),
    );
  });

  it('reads back what was written, however records are ended and continued', async () => {
    const cuts = fc.array(fc.nat(5_000), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(baiFile, cuts, async (file, places) => {
        const records = await parse(...brokenAt(writeBai(file), places));
        expect(codesOf(records)).toEqual([]);
        expect(records.filter((record) => record.kind === 'entry').map(factsOf)).toEqual(
          file.accounts.flatMap(({ currency, details }) =>
            details.map(({ funds, ...detail }) => ({
              ...detail,
              currency,
              valueDate: funds.valueDate,
            })),
          ),
        );
        expect(records.filter((record) => record.kind === 'statement-end').map(sumsOf)).toEqual(
          file.accounts.map(({ details, ...account }) => ({ ...account, entries: details.length })),
        );
      }),
    );
  });

  it('never takes a cut file for a whole one', async () => {
    const text = inputOf('a-funds-type-brings-its-own-fields');
    const whole = await parse(text);
    for (let length = 0; length < text.length; length += 1) {
      const outcome = await outcomeOf(text.slice(0, length));
      if (outcome instanceof FileRefusal) expect(outcome.reason).toBe('TRUNCATED');
      else if (!codesOf(outcome).includes('CONTROL_TOTAL')) expect(outcome).toEqual(whole);
    }
  });

  it('reads or refuses any damaged file, and never breaks', async () => {
    const text = claims.map((claim) => `${inputOf(claim)}\n`).join('');
    const piece = fc.constantFrom(
      ...['', '/', ',', '\n', '88,', '16,', '\n16,142,', '\n49,', '-', 'é', '\0', '\u001a', '99'],
      ...['\n03,', '/ 02,', '9'.repeat(40), ',D,9999,', '\n88:', '\r', '01,A,B,260303,,,,,2/\n'],
    );
    const damage = fc.tuple(fc.nat(text.length), fc.nat(30), piece);
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 8 }), async (damages) => {
        const damaged = damages.reduce(
          (so, [at, removed, added]) => so.slice(0, at) + added + so.slice(at + removed),
          text,
        );
        const outcome = await outcomeOf(damaged);
        if (outcome instanceof FileRefusal) expect(outcome.message).not.toBe('');
        else expect(opensAndCloses(outcome)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no trailer', FILE + GROUP + ACCOUNT + END.slice(0, -13), 'TRUNCATED at 6'],
    ['a cut inside a transaction', `${FILE + GROUP}03,4711,/\n16,142,5`, 'TRUNCATED at 4'],
    ['a cut inside the trailer', WHOLE.slice(0, -4), 'TRUNCATED at 7'],
    [
      'an account without its trailer',
      FILE + GROUP + ACCOUNT + ACCOUNT + END,
      'TRAILER_MISSING at 5',
    ],
    ['a group without its trailer', FILE + GROUP + GROUP + END, 'TRAILER_MISSING at 3'],
    ['a file without its trailer', FILE + FILE + END, 'TRAILER_MISSING at 2'],
    [
      'a group closed over an open account',
      `${FILE + GROUP + ACCOUNT}98,/\n99,/`,
      'TRAILER_MISSING at 5',
    ],
    ['a file closed over an open account', `${FILE + GROUP + ACCOUNT}99,/`, 'TRAILER_MISSING at 5'],
    ['a file closed over an open group', `${FILE + GROUP}99,/`, 'TRAILER_MISSING at 3'],
    ['an account outside a group', FILE + ACCOUNT + END, 'RECORD_ORDER at 2'],
    ['a group outside a file', WHOLE + GROUP + END, 'RECORD_ORDER at 8'],
    ['a transaction outside an account', `${FILE + GROUP}16,142,500,Z/\n99,/`, 'RECORD_ORDER at 3'],
    ['an account closed twice', `${FILE + GROUP + ACCOUNT}49,,/\n49,,/\n99,/`, 'RECORD_ORDER at 6'],
    ['a group closed twice', `${FILE + GROUP}98,,,/\n98,,,/\n99,/`, 'RECORD_ORDER at 4'],
    ['a file closed twice', `${WHOLE}99,,,/`, 'RECORD_ORDER at 8'],
    ['another version', WHOLE.replace(',2/', ',3/'), 'VERSION_UNSUPPORTED at 1'],
    ['an unknown currency', WHOLE.replace('USD', 'QQQ'), 'CCY_UNKNOWN at 3'],
    ['a group status of no meaning', WHOLE.replace('BANK,1', 'BANK,7'), 'GROUP_STATUS at 2'],
    ['a group without a day', WHOLE.replace('260302', '260230'), 'BAD_DATE at 2'],
    [
      'a record without end',
      `${FILE}${`88,${'x'.repeat(1 << 19)}\n`.repeat(3)}`,
      'FIELD_TOO_LONG at 3',
    ],
    ['a line without end', `${FILE}88,${'x'.repeat(1 << 20)}`, 'LINE_TOO_LONG at 2'],
  ])('refuses a file for %s', async (_, text, refusal) => {
    expect(await refusalOf(text)).toBe(refusal);
  });

  it('accepts several files in one, and a header that leaves the version out', async () => {
    const records = await parse(WHOLE + WHOLE.replace(',2/', ',/'));
    expect(codesOf(records)).toEqual([]);
    expect(records.filter((record) => record.kind === 'entry')).toHaveLength(2);
  });

  it('rejects a line that is no record and continues none', async () => {
    expect(codesOf(await parse(WHOLE.replace('49,', '17,142,500/\n49,')))).toEqual([
      'RECORD_UNKNOWN',
    ]);
  });

  it('takes an empty total and an empty number for nothing declared', async () => {
    const text = `${FILE + GROUP + ACCOUNT}49,,/\n98,,,/\n99,,,/\n`;
    expect(codesOf(await parse(text))).toEqual([]);
  });

  it('still checks the total when an amount is empty, and cannot when one is unreadable', async () => {
    const end = '49,1201,4/\n98,1200,1,6/\n99,1200,1,8/\n';
    const empty = `${FILE + GROUP + ACCOUNT}16,142,,Z/\n${end}`;
    expect(codesOf(await parse(empty))).toEqual(['AMOUNT_MISSING', 'CONTROL_TOTAL']);
    const unreadable = WHOLE.replace('015,600,,', '100,5OO,,,015,600,,').replace('1200', '9');
    expect(codesOf(await parse(unreadable))).toEqual(['SUMMARY_UNREADABLE']);
    expect(codesOf(await parse(WHOLE.replace('142,500', '142,5.00')))).toEqual(['BAD_NUMBER']);
  });

  it('ignores the control-Z and blank lines that old systems end a file with', async () => {
    expect(codesOf(await parse(`${WHOLE}\n  \n\u001a\u001a`))).toEqual([]);
  });

  it('knows that a record is missing although the amounts agree', async () => {
    const text = WHOLE.replace('16,', '16,142,0,Z/\n16,');
    const told = (await parse(text)).flatMap((record) =>
      record.kind === 'diagnostic' ? [record.message] : [],
    );
    expect(told).toEqual([
      'record 49 declares 3 records, read were 4',
      'record 98 declares 5 records, read were 6',
      'record 99 declares 7 records, read were 8',
    ]);
  });

  it.each([
    ['bai2', '2', FILE],
    ['bai2', '2', '\n  01,BANK,SHOP,260303,0605,1,80,1,2'],
    ['bai2', null, '01,BANK,SHOP,260303,0605,1,,,/\n'],
    ['bai2', null, '01,BANK,SHOP,260303'.concat(',')],
    [undefined, undefined, '00,BANK,SHOP,260303,0605,1,,,2/\n'],
    [undefined, undefined, '01,BANK,SHOP,26/0303,0605,1,,,2/\n'],
    [undefined, undefined, 'date,amount\n01,BANK,SHOP,260303,\n'],
  ])('detects %s, version %s', (format, version, head) => {
    expect(bai2.detect(head)?.format).toBe(format);
    expect(bai2.detect(head)?.version).toBe(version);
  });
});

function factsOf(entry: Extract<ParsedRecord, { kind: 'entry' }>) {
  const { currency, amountMinor, valueDate, externalId, reference, narrative } = entry;
  const typeCode = entry.attributes?.transactionCode?.slice(0, 3);
  return { typeCode, currency, amountMinor, valueDate, externalId, reference, narrative };
}

function sumsOf(end: Extract<ParsedRecord, { kind: 'statement-end' }>) {
  const { account, currency, openingMinor, closingMinor, entries } = end;
  expect(end.differenceMinor).toBe(0n);
  return { account, currency, openingMinor, closingMinor, entries };
}

/** Whether every entry stands in a statement, and every statement that opens is closed before the next. */
function opensAndCloses(records: readonly ParsedRecord[]): boolean {
  let isOpen = false;
  for (const { kind } of records) {
    if (kind === 'entry' && !isOpen) return false;
    if (kind === 'statement' || kind === 'statement-end') {
      if (isOpen !== (kind === 'statement-end')) return false;
      isOpen = kind === 'statement';
    }
  }
  return !isOpen;
}
