import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mt940 } from '../../src/ingest/formats/mt940.ts';
import { DEFAULT_SETTINGS } from '../../src/ingest/reader.ts';
import { FileRefusal, type ParsedRecord } from '../../src/ingest/record.ts';
import { assertGolden, recordsAsJsonLines } from '../support/golden.ts';

const FIXTURES = new URL('../../fixtures/ingest/mt940/', import.meta.url);
const claims = readdirSync(FIXTURES).sort();
const OPEN = ':20:S\n:25:DE1\n:28C:1\n:60F:C260302EUR0,00\n';
const BLOCK = '{1:F01BANKDEFFAXXX0001000001}{2:I940CUSTDEFFXXXXN}{4:\n';

function inputOf(claim: string): string {
  return readFileSync(new URL(`${claim}/input.sta`, FIXTURES), 'utf8');
}

async function parse(...chunks: readonly string[]): Promise<ParsedRecord[]> {
  const records: ParsedRecord[] = [];
  const detected = { format: 'mt940', version: null };
  const reader = mt940.open((record) => records.push(record), detected, DEFAULT_SETTINGS);
  for (const chunk of chunks) await reader.write(chunk);
  await reader.end();
  return records;
}

async function refusalOf(text: string): Promise<string> {
  try {
    await parse(text);
  } catch (error) {
    if (error instanceof FileRefusal) return `${error.reason} at ${error.locator?.line}`;
    throw error;
  }
  return 'accepted';
}

async function codesOf(text: string): Promise<string[]> {
  return (await parse(text)).flatMap((record) =>
    record.kind === 'diagnostic' ? [record.code] : [],
  );
}

describe.each(['mt940', 'mt942', 'mt950'])('%s', (format) => {
  const fixtures = new URL(`../../fixtures/ingest/${format}/`, import.meta.url);
  it.each(readdirSync(fixtures).sort())('%s', async (claim) => {
    const input = readFileSync(new URL(`${claim}/input.sta`, fixtures), 'utf8');
    expect(mt940.detect(input.slice(0, 16_384))?.format).toBe(format);
    const golden = new URL(`${claim}/expected.jsonl`, fixtures);
    assertGolden(golden, recordsAsJsonLines(await parse(input)));
  });
});

describe('mt940', () => {
  it('reads the same records wherever the chunks break and however lines end', async () => {
    const text = claims.map(inputOf).join('').replaceAll('\r\n', '\n');
    const expected = await parse(text);
    const cuts = fc.array(fc.nat(text.length * 2), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom('\n', '\r\n', '\r'), async (at, lineEnd) => {
        const written = text.replaceAll('\n', lineEnd);
        const places = [0, ...at.sort((left, right) => left - right), written.length];
        const chunks = places.slice(1).map((end, index) => written.slice(places[index], end));
        expect(await parse(...chunks)).toEqual(expected);
      }),
    );
  });

  it.each([
    ['a block that never ends', `${BLOCK}${OPEN}:61:260303C1,00NTRFA\n`, 'TRUNCATED at 6'],
    ['a cut inside a narrative', `${OPEN}:61:260303C1,00NTRFA\n:86:HAL`, 'TRUNCATED at 6'],
    ['a cut closing balance', `${OPEN}:61:260303C1,00NTRFA\n:62F:C2603`, 'TRUNCATED at 6'],
    [
      'a last statement without the balance the others have',
      `${OPEN}:62F:C260303EUR0,\n${OPEN}:61:260303C1,00NTRFA\n`,
      'TRUNCATED at 10',
    ],
    ['an unknown currency', OPEN.replace('EUR', 'QQQ'), 'CCY_UNKNOWN at 4'],
    ['two currencies', `${OPEN}:62F:C260303USD0,\n`, 'CCY_MISMATCH at 5'],
    ['a line without end', `${OPEN}:86:${'x'.repeat(1 << 20)}`, 'LINE_TOO_LONG at 5'],
  ])('refuses a file for %s', async (_, text, refusal) => {
    expect(await refusalOf(text)).toBe(refusal);
  });

  it('accepts a statement whose bank leaves the closing balance out, and says so', async () => {
    expect(await codesOf(`${OPEN}:61:260303C1,00NTRFA\n-\n`)).toEqual(['CLOSING_MISSING']);
  });

  it('tells a decimal point once a file', async () => {
    const text = `${OPEN}:61:260303C1.00NTRFA\n:61:260303C1.00NTRFB\n:62F:C260303EUR2.00\n`;
    expect(await codesOf(text)).toEqual(['MT_DECIMAL_POINT']);
  });

  it.each([
    ['mt940', `${BLOCK}${OPEN}`],
    ['mt940', `BANKNL2A\n940\n${OPEN}`],
    ['mt942', ':20:S\n:25:DE1\n:28C:1\n:34F:EURD0,\n:13D:2603031200+0100\n'],
    ['mt950', `${BLOCK.replace('940', '950')}${OPEN}`],
    [undefined, BLOCK.replace('940', '103')],
    [undefined, ':20:PAYMENT\n:23B:CRED\n:32A:260303EUR1,00\n'],
    [undefined, '<Document/>'],
  ])('detects %s', (format, head) => {
    expect(mt940.detect(head)?.format).toBe(format);
  });
});
