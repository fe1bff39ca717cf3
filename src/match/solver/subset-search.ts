import type { Share } from './answer.ts';
import { type Budget, spend } from './budget.ts';
import { at } from './classes.ts';
import {
  bySize,
  countBelow,
  exactNumbers,
  halves,
  type Item,
  listSubsets,
  type NumberItem,
  type SubsetList,
  sharesOf,
  spanOf,
} from './subset-list.ts';

/** A range of sums, its ends included. */
export interface Window {
  readonly from: bigint;
  readonly to: bigint;
}

/** Subsets that were found, and whether these are proved to be all. */
export interface Search<T> {
  readonly found: T[];
  readonly isComplete: boolean;
}

export interface SubsetLimits {
  readonly maxItems: number;
  /** The search stops, incomplete, when it has found more than this. */
  readonly mostFound: number;
}

/**
 * Finds every choice of 1 to `maxItems` members of some items whose sum lies in one of the windows.
 *
 * Meets in the middle: the subsets of either half of the items are listed by sum, and the lists are read against each other.
 * Forty items are two lists of a million instead of a million million subsets.
 */
export function findSubsets(
  items: readonly Item[],
  windows: readonly Window[],
  limits: SubsetLimits,
  budget: Budget,
): Search<Share[]> {
  const open = windows.filter(({ from, to }) => from <= to);
  if (open.length === 0) return { found: [], isComplete: true };
  const numbers = exactNumbers(
    items,
    open.flatMap(({ from, to }) => [from, to]),
  );
  if (numbers === undefined) return searchPlainly(items, open, limits, budget);
  const [first, second] = halves(numbers.sort(bySize));
  const one = listHalf(first, second, open, limits, budget);
  const other = listHalf(second, [], open, { ...limits, first }, budget);
  const found: Share[][] = [];
  const isRead = open.every((window) => readAgainst(one, other, { window, limits, budget, found }));
  return { found, isComplete: isRead && one.isComplete && other.isComplete };
}

function listHalf(
  items: readonly NumberItem[],
  beyond: readonly NumberItem[],
  windows: readonly Window[],
  { maxItems, first = [] }: SubsetLimits & { first?: readonly NumberItem[] },
  budget: Budget,
): SubsetList {
  const limits = {
    maxItems,
    least: Math.min(...windows.map(({ from }) => Number(from))),
    most: Math.max(...windows.map(({ to }) => Number(to))),
    beyond: spanOf([...beyond, ...first]),
    budgetNodes: listShareOf(budget),
  };
  return listSubsets(items, limits, budget);
}

/** Either list may take a little less than half: what is left reads them, and may find two ways even in parts of them. */
function listShareOf(budget: Budget): number {
  return Math.floor(budget.most * 0.48);
}

/** As the first sum rises, the sums that complete it fall; false when not all could be read. */
function readAgainst(
  one: SubsetList,
  other: SubsetList,
  search: { window: Window; limits: SubsetLimits; budget: Budget; found: Share[][] },
): boolean {
  const { limits, budget, found } = search;
  const [from, to] = [Number(search.window.from), Number(search.window.to)];
  let end = other.order.length;
  for (const first of one.order) {
    const sum = at(one.sums, first);
    while (end > 0 && at(other.sums, at(other.order, end - 1)) > to - sum) end -= 1;
    for (let place = end - 1; place >= 0; place -= 1) {
      const second = at(other.order, place);
      if (at(other.sums, second) < from - sum) break;
      if (!spend(budget)) return false;
      const size = at(one.sizes, first) + at(other.sizes, second);
      if (size === 0 || size > limits.maxItems) continue;
      found.push([...sharesOf(one, first), ...sharesOf(other, second)].sort(byClass));
      if (found.length > limits.mostFound) return false;
    }
  }
  return true;
}

function byClass(one: Share, other: Share): number {
  return one.of - other.of;
}

/** The same for amounts whose sums are no exact numbers: subset after subset, without those that cannot reach a window. */
function searchPlainly(
  items: readonly Item[],
  windows: readonly Window[],
  { maxItems, mostFound }: SubsetLimits,
  budget: Budget,
): Search<Share[]> {
  const found: Share[][] = [];
  const spans = items.map((_, place) => spanOfAmounts(items.slice(place)));
  const canReach = (place: number, sum: bigint) => {
    const { least, most } = spans[place] ?? { least: 0n, most: 0n };
    return windows.some(({ from, to }) => sum + most >= from && sum + least <= to);
  };
  const extend = (place: number, taken: readonly Share[], size: number, sum: bigint): boolean => {
    if (size > 0 && windows.some(({ from, to }) => from <= sum && sum <= to)) {
      found.push([...taken]);
      if (found.length > mostFound) return false;
    }
    for (let next = place; next < items.length && canReach(next, sum); next += 1) {
      const { of, amountMinor, most } = items[next] as Item;
      for (let count = 1; count <= Math.min(most, maxItems - size); count += 1) {
        if (!spend(budget)) return false;
        const further = sum + amountMinor * BigInt(count);
        if (!extend(next + 1, [...taken, { of, count }], size + count, further)) return false;
      }
    }
    return true;
  };
  const isComplete = extend(0, [], 0, 0n);
  return { found, isComplete };
}

function spanOfAmounts(items: readonly Item[]): { least: bigint; most: bigint } {
  let [least, most] = [0n, 0n];
  for (const { amountMinor, most: count } of items) {
    if (amountMinor < 0n) least += amountMinor * BigInt(count);
    else most += amountMinor * BigInt(count);
  }
  return { least, most };
}

/** Nodes of both sides that balance. */
export interface BalancedPair {
  readonly lefts: readonly Share[];
  readonly rights: readonly Share[];
}

/** Finds every choice of 1 to `maxItems` members of each side that balances: the subsets of one side against the other's. */
export function findBalanced(
  sides: { readonly lefts: readonly Item[]; readonly rights: readonly Item[] },
  windowOf: (rightSum: bigint) => Window,
  limits: SubsetLimits & { readonly tolerances: readonly bigint[] },
  budget: Budget,
): Search<BalancedPair> {
  const found: BalancedPair[] = [];
  const numbers = exactNumbers([...sides.lefts, ...sides.rights], limits.tolerances);
  if (numbers === undefined) return { found, isComplete: false };
  const anySum = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  const whole = {
    maxItems: limits.maxItems,
    ...anySum,
    beyond: { least: 0, most: 0 },
    budgetNodes: listShareOf(budget),
  };
  const lefts = listSubsets(numbers.slice(0, sides.lefts.length), whole, budget);
  const rights = listSubsets(numbers.slice(sides.lefts.length), whole, budget);
  for (const right of rights.order) {
    if (at(rights.sizes, right) === 0) continue;
    const { from, to } = windowOf(BigInt(at(rights.sums, right)));
    for (let n = countBelow(lefts, Number(from)); n < lefts.order.length; n += 1) {
      const left = at(lefts.order, n);
      if (at(lefts.sums, left) > Number(to)) break;
      if (!spend(budget)) return { found, isComplete: false };
      if (at(lefts.sizes, left) === 0) continue;
      found.push({
        lefts: sharesOf(lefts, left).sort(byClass),
        rights: sharesOf(rights, right).sort(byClass),
      });
      if (found.length > limits.mostFound) return { found, isComplete: false };
    }
  }
  return { found, isComplete: lefts.isComplete && rights.isComplete };
}
