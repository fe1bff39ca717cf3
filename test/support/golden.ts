import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { ParsedRecord } from '../../src/ingest/record.ts';

/**
 * Holds text against a committed file.
 *
 * `UPDATE_GOLDEN=1` rewrites the file. Outside CI a missing file is written, so that a new claim can be
 * looked at and committed; in CI it fails.
 */
export function assertGolden(url: URL, actual: string): void {
  const isMissing = !existsSync(url);
  if (process.env.UPDATE_GOLDEN === '1' || (isMissing && !process.env.CI)) {
    writeFileSync(url, actual);
    return;
  }
  if (isMissing) throw new Error(`golden file is missing: ${url.pathname}`);
  expect(actual).toBe(readFileSync(url, 'utf8'));
}

/** One JSON object a line, keys sorted, bigint as a decimal string of minor units. */
export function recordsAsJsonLines(records: readonly ParsedRecord[]): string {
  return records.map((record) => `${JSON.stringify(plain(record))}\n`).join('');
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const sorted = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, plain(inner)]));
}
