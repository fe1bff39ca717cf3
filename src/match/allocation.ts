/** One side of a match with its amount; signed, minor units. */
export interface Share {
  readonly amountMinor: bigint;
}

/** Which part of which item an entry closes, by their places. */
export interface Part {
  readonly entry: number;
  readonly item: number;
  readonly amountMinor: bigint;
}

/**
 * Tells how entries close items of the same sum: the parts of each entry and of each item sum to it exactly.
 *
 * In the order they come, the smaller of two remainders is used up first; the last of a side takes what is left. So there are
 * fewer parts than entries and items together, whatever the signs.
 */
export function allocateParts(entries: readonly Share[], items: readonly Share[]): Part[] {
  const parts: Part[] = [];
  let entry = 0;
  let item = 0;
  let entryLeft = entries[0]?.amountMinor ?? 0n;
  let itemLeft = items[0]?.amountMinor ?? 0n;
  while (entry < entries.length && item < items.length) {
    const isLastEntry = entry === entries.length - 1;
    const isLastItem = item === items.length - 1;
    const usesEntry = isLastItem || (!isLastEntry && size(entryLeft) <= size(itemLeft));
    const amountMinor = usesEntry ? entryLeft : itemLeft;
    if (amountMinor !== 0n) parts.push({ entry, item, amountMinor });
    entryLeft -= amountMinor;
    itemLeft -= amountMinor;
    if (usesEntry) {
      entry += 1;
      entryLeft = entries[entry]?.amountMinor ?? 0n;
    } else {
      item += 1;
      itemLeft = items[item]?.amountMinor ?? 0n;
    }
  }
  return parts;
}

function size(amountMinor: bigint): bigint {
  return amountMinor < 0n ? -amountMinor : amountMinor;
}
