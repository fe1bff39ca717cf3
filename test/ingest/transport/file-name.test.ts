import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isDeliveryName,
  matchesPattern,
  shownName,
  unsafeBecause,
} from '../../../src/ingest/transport/file-name.ts';

describe('a pattern', () => {
  test.each([
    ['*', 'settlement.csv', true],
    ['*', '', true],
    ['settlement_*.csv', 'settlement_2026-03-02.csv', true],
    ['settlement_*.csv', 'settlement_.csv', true],
    ['settlement_*.csv', 'settlement_2026.csv.tmp', false],
    ['settlement_*.csv', 'old-settlement_2026.csv', false],
    ['?.csv', 'a.csv', true],
    ['?.csv', 'ü.csv', true],
    ['?.csv', '𝄞.csv', true],
    ['?.csv', 'ab.csv', false],
    ['*a*b', 'xaxbxaxb', true],
    ['*a*b', 'xaxbxaxbx', false],
    ['a.c', 'abc', false],
    ['[ab].csv', 'a.csv', false],
    ['[ab].csv', '[ab].csv', true],
    ['A.csv', 'a.csv', false],
  ])('%s and the name %s: %s', (pattern, name, fits) => {
    expect(matchesPattern(pattern, name)).toBe(fits);
  });

  test('fits a name as the rule by rule reading of it does', () => {
    const letters = (extra: readonly string[]) =>
      fc.array(fc.constantFrom('a', 'b', ...extra), { maxLength: 8 });
    const fits = (pattern: readonly string[], name: readonly string[]): boolean => {
      const [first, ...rest] = pattern;
      if (first === undefined) return name.length === 0;
      if (first === '*')
        return fits(rest, name) || (name.length > 0 && fits(pattern, name.slice(1)));
      return name.length > 0 && (first === '?' || first === name[0]) && fits(rest, name.slice(1));
    };
    fc.assert(
      fc.property(letters(['*', '?']), letters([]), (pattern, name) => {
        expect(matchesPattern(pattern.join(''), name.join(''))).toBe(fits(pattern, name));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of many stars is not slow', () => {
    const started = performance.now();
    expect(matchesPattern('*a'.repeat(120), 'a'.repeat(119) + 'b'.repeat(136))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a remote name', () => {
  test.each([
    '../../x',
    '..',
    '..\\x',
    '..x.csv',
    'a/b',
    'a\0b.csv',
    'a\nb.csv',
    'a\r.csv',
    'a\u001b[2J.csv',
    'a\u0085.csv',
    '\u202ecsv.exe',
    'a\u2066b',
    'a\u2028b',
    '-rf',
    '',
    'x'.repeat(256),
    'ü'.repeat(128),
    'M\ufffdller.csv',
    'a\ud800.csv',
  ])('is unsafe: %j', (name) => {
    expect(unsafeBecause(name)).toEqual(expect.any(String));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the point of the check.
    expect(shownName(name)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test.each([
    'settlement_2026-03-02.csv',
    'Abrechnung März (neu).csv',
    'a..b.csv',
    'CON.csv',
    'x'.repeat(255),
    '報告.csv',
  ])('is safe: %s', (name) => {
    expect(unsafeBecause(name)).toBeUndefined();
    expect(shownName(name.slice(0, 100))).toBe(name.slice(0, 100));
  });

  test.each([
    'a.tmp',
    'a.csv.PART',
    'a.partial',
    'a.filepart',
    '.a.csv.swp',
    'a.done',
    'a.csv.md5',
    'a.sha256',
    '.hidden',
  ])('is of no delivery: %s', (name) => {
    expect(isDeliveryName(name)).toBe(false);
  });
});
