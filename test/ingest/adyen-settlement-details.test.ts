import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/ingest/formats.ts';
import { assertGolden } from '../support/golden.ts';
import { chunked, told as toldBy } from '../support/reading.ts';

const CASES = new URL('../../fixtures/ingest/adyen-settlement-details/', import.meta.url);
const NAMES = readdirSync(CASES).sort();

describe('adyen-settlement-details', () => {
  for (const name of NAMES) {
    test(name.replaceAll('-', ' '), async () => {
      assertGolden(new URL(`${name}/expected.jsonl`, CASES), await told([inputOf(name)]));
    });
  }

  test('says the same wherever its chunks break', async () => {
    const name = fc.constantFrom(...NAMES);
    const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(name, cuts, async (one, at) => {
        const text = inputOf(one);
        expect(await told(chunked(text, at))).toBe(await told([text]));
      }),
      { numRuns: 300 },
    );
  });

  test('keeps a character whole that a chunk cuts in half', async () => {
    const text = inputOf('a-batch-sums-to-zero-with-its-payout').replace('ORD-1001', 'ORD-🌳');
    const middle = text.indexOf('🌳') + 1;
    const records = await told([text.slice(0, middle), text.slice(middle)]);
    expect(records).toContain('"reference":"ORD-🌳"');
  });

  test('is refused when more than 100 records and one in a hundred cannot be read', async () => {
    const [header = '', good = ''] = inputOf('a-batch-sums-to-zero-with-its-payout').split('\n');
    const bad = good.replace('Settled', 'Confiscated');
    const file = (rejections: number, records: number) => [
      `${[header, ...lines(bad, rejections), ...lines(good, records - rejections)].join('\n')}\n`,
    ];
    expect(await told(file(101, 10_099))).toContain('TOO_MANY_REJECTIONS');
    expect(await told(file(101, 10_100))).not.toContain('TOO_MANY_REJECTIONS');
    expect(await told(file(100, 100))).not.toContain('TOO_MANY_REJECTIONS');
  });

  test('is refused when one record is longer than a mebibyte', async () => {
    const text = inputOf('a-batch-sums-to-zero-with-its-payout');
    const long = text.replace('ORD-1001', 'x'.repeat(1_200_000));
    expect(await told([long])).toContain('"reason":"RECORD_TOO_LONG"');
    expect(await told(chunked(long, [400_000, 400_000]))).toContain('"reason":"RECORD_TOO_LONG"');
  });
});

function inputOf(name: string): string {
  return readFileSync(new URL(`${name}/input.csv`, CASES), 'utf8');
}

function lines(line: string, count: number): string[] {
  return Array.from({ length: count }, () => line);
}

function told(chunks: readonly string[]): Promise<string> {
  return toldBy(chunks, FORMATS);
}
