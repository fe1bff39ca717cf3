import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate } from '../src/allocate.ts';
import { sumMinor } from '../src/money.ts';

const amount = fc.bigInt(-(2n ** 63n), 2n ** 63n);
const weight = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 10n ** 24n));
const weights = fc
  .array(weight, { minLength: 1, maxLength: 12 })
  .filter((all) => all.some((one) => one > 0n));

test.each<[bigint, bigint[], bigint[]]>([
  [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
  [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
  [5n, [3n, 7n], [2n, 3n]],
  [1n, [0n, 1n, 0n], [0n, 1n, 0n]],
  [2n, [1n, 1n, 1n], [1n, 1n, 0n]],
  [10n, [1n, 0n, 5n, 3n], [1n, 0n, 6n, 3n]],
  [0n, [1n, 2n], [0n, 0n]],
  [0n, [0n, 0n], [0n, 0n]],
  [0n, [], []],
  [7n, [9n], [7n]],
])('splits %s by %s into %s', (whole, by, parts) => {
  expect(allocate(whole, by)).toEqual(parts);
});

test('gives the seats that the method of Hamilton gives five states of 26,000 people', () => {
  expect(allocate(26n, [9061n, 7179n, 5259n, 3319n, 1182n])).toEqual([9n, 7n, 5n, 4n, 1n]);
});

test('the parts sum to the whole, each within one minor unit of its exact share', () => {
  fc.assert(
    fc.property(amount, weights, (whole, by) => {
      const total = sumMinor(by);
      const parts = allocate(whole, by);
      expect(sumMinor(parts)).toBe(whole);
      parts.forEach((part, place) => {
        const beyond = part * total - whole * (by[place] ?? 0n);
        expect(beyond < total && -beyond < total).toBe(true);
      });
    }),
  );
});

test('a negative amount mirrors the positive one, and a weight of zero gets nothing', () => {
  fc.assert(
    fc.property(amount, weights, (whole, by) => {
      const parts = allocate(whole, by);
      expect(allocate(-whole, by)).toEqual(parts.map((part) => -part));
      expect(parts.filter((_, place) => by[place] === 0n).every((part) => part === 0n)).toBe(true);
    }),
  );
});

test('nobody with a larger weight gets less, and among equals the earlier is served first', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 9n), weights, (whole, by) => {
      const parts = allocate(whole, by);
      const ranked = by
        .map((one, place) => ({ weight: one, part: parts[place] ?? 0n, place }))
        .sort((a, b) => (a.weight === b.weight ? a.place - b.place : a.weight > b.weight ? -1 : 1));
      ranked.forEach(({ part }, rank) => {
        expect(part <= (ranked[rank - 1]?.part ?? part)).toBe(true);
      });
    }),
  );
});

test('a multiple of the weights splits without any remainder', () => {
  fc.assert(
    fc.property(fc.bigInt(-1000n, 1000n), weights, (times, by) => {
      expect(allocate(times * sumMinor(by), by)).toEqual(by.map((one) => times * one));
    }),
  );
});

test.each<[string, bigint, bigint[]]>([
  ['a negative weight', 1n, [2n, -1n]],
  ['nobody to give it to', 1n, []],
  ['weights that are all zero', 1n, [0n, 0n]],
])('takes %s for a bug', (_, whole, by) => {
  expect(() => allocate(whole, by)).toThrow(
    expect.objectContaining({ code: 'invariant_broken' }) as Error,
  );
});
