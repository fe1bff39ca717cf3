import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findSubsets } from '../../../src/match/solver/subset-search.ts';

/** How many choices there are by size and sum, item after item; nothing is listed. */
function countChoices(
  items: readonly { amountMinor: bigint; most: number }[],
  maxItems: number,
  isWanted: (sum: bigint) => boolean,
): number {
  let counts = new Map([['0/0', 1]]);
  for (const { amountMinor, most } of items) {
    const next = new Map<string, number>();
    for (const [key, count] of counts) {
      const [size = '', sum = ''] = key.split('/');
      for (let n = 0; n <= most && Number(size) + n <= maxItems; n += 1) {
        const further = `${Number(size) + n}/${BigInt(sum) + BigInt(n) * amountMinor}`;
        next.set(further, (next.get(further) ?? 0) + count);
      }
    }
    counts = next;
  }
  return [...counts]
    .filter(([key]) => !key.startsWith('0/') && isWanted(BigInt(key.split('/')[1] ?? '')))
    .reduce((sum, [, count]) => sum + count, 0);
}

const item = fc.record({
  amountMinor: fc.bigInt(-60n, 400n),
  most: fc.constantFrom(1, 1, 1, 2, 3),
});
const window = fc
  .tuple(fc.bigInt(-100n, 900n), fc.bigInt(0n, 2n))
  .map(([from, width]) => ({ from, to: from + width }));

test.each([
  ['a dozen', 12, 100],
  ['two dozen, in lists that are sorted by digits,', 24, 12],
])('as many subsets of %s items are found as can be counted', (_, most, numRuns) => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: most / 2, maxLength: most }),
      window,
      window,
      fc.constantFrom(2, 4, 20),
      (drawn, one, other, maxItems) => {
        const items = drawn.map((each, of) => ({ ...each, of }));
        const windows = one.to < other.from ? [one, other] : [one];
        const budget = { most: 8_000_000, spent: 0 };
        const { found, isComplete } = findSubsets(
          items,
          windows,
          { maxItems, mostFound: 200_000 },
          budget,
        );
        const isWanted = (sum: bigint) => windows.some(({ from, to }) => from <= sum && sum <= to);
        fc.pre(isComplete);
        for (const shares of found) {
          const sum = shares.reduce(
            (total, { of, count }) => total + BigInt(count) * (items[of]?.amountMinor ?? 0n),
            0n,
          );
          expect(isWanted(sum)).toBe(true);
        }
        expect(new Set(found.map((shares) => JSON.stringify(shares))).size).toBe(found.length);
        expect(found.length).toBe(countChoices(items, maxItems, isWanted));
      },
    ),
    { numRuns },
  );
});
