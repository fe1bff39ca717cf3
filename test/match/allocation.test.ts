import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocateParts } from '../../src/match/allocation.ts';

const amount = fc.bigInt(-(10n ** 12n), 10n ** 12n).filter((minor) => minor !== 0n);
const share = amount.map((amountMinor) => ({ amountMinor }));
const sum = (shares: readonly { readonly amountMinor: bigint }[]) =>
  shares.reduce((total, { amountMinor }) => total + amountMinor, 0n);

test('the parts of every entry and of every item sum to it, whatever the signs', () => {
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 1, maxLength: 6 }),
      fc.array(share, { maxLength: 6 }),
      (entries, others) => {
        const last = sum(entries) - sum(others);
        fc.pre(last !== 0n);
        const items = [...others, { amountMinor: last }];
        const parts = allocateParts(entries, items);
        entries.forEach((entry, place) => {
          expect(sum(parts.filter((part) => part.entry === place))).toBe(entry.amountMinor);
        });
        items.forEach((item, place) => {
          expect(sum(parts.filter((part) => part.item === place))).toBe(item.amountMinor);
        });
        expect(parts.length).toBeLessThan(entries.length + items.length);
        expect(parts.every(({ amountMinor }) => amountMinor !== 0n)).toBe(true);
      },
    ),
  );
});

test('one entry and one item are one part, and one entry closes several items in their order', () => {
  expect(allocateParts([{ amountMinor: 5n }], [{ amountMinor: 5n }])).toEqual([
    { entry: 0, item: 0, amountMinor: 5n },
  ]);
  const items = [{ amountMinor: 3n }, { amountMinor: 2n }];
  expect(allocateParts([{ amountMinor: 5n }], items)).toEqual([
    { entry: 0, item: 0, amountMinor: 3n },
    { entry: 0, item: 1, amountMinor: 2n },
  ]);
});
