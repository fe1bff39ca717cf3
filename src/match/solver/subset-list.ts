import type { Share } from './answer.ts';
import { type Budget, spend } from './budget.ts';
import { at } from './classes.ts';

/** A class of which some members may be taken. */
export interface Item {
  readonly of: number;
  readonly amountMinor: bigint;
  /** Most members of it that may be taken. */
  readonly most: number;
}

/** An item whose amount is an exact number, as are all sums that are made of such items. */
export interface NumberItem {
  readonly of: number;
  readonly amount: number;
  readonly most: number;
}

/** Subsets of some items, each made of an earlier one and some members of one more item. */
export interface SubsetList {
  readonly items: readonly NumberItem[];
  readonly sums: Float64Array;
  readonly sizes: Int32Array;
  readonly made: { readonly of: Int32Array; readonly item: Int32Array; readonly times: Int32Array };
  /** The subsets by ascending sum. */
  readonly order: Uint32Array;
  /** Whether every subset that can matter is there. */
  readonly isComplete: boolean;
}

/** What makes a subset matter: its size, and whether what is still to come can bring its sum between two bounds. */
export interface ListLimits {
  readonly maxItems: number;
  readonly least: number;
  readonly most: number;
  /** What the items of no list of this one may add or take. */
  readonly beyond: { readonly least: number; readonly most: number };
  readonly budgetNodes: number;
}

/** The numbers of some items, and the promise that all sums with them and the given amounts are exact; else undefined. */
export function exactNumbers(
  items: readonly Item[],
  amounts: readonly bigint[],
): NumberItem[] | undefined {
  const whole = items.reduce((sum, item) => sum + size(item.amountMinor) * BigInt(item.most), 0n);
  const reach = amounts.reduce((sum, amount) => sum + size(amount), 2n * whole);
  if (reach > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return items.map(({ of, amountMinor, most }) => ({ of, amount: Number(amountMinor), most }));
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** The least and the most that any choice of some items can sum to. */
export function spanOf(items: readonly NumberItem[]): { least: number; most: number } {
  let [least, most] = [0, 0];
  for (const item of items) {
    if (item.amount < 0) least += item.amount * item.most;
    else most += item.amount * item.most;
  }
  return { least, most };
}

/** Largest amounts first, so that what cannot fit falls away early; the order of classes decides between equal ones. */
export function bySize(one: NumberItem, other: NumberItem): number {
  return Math.abs(other.amount) - Math.abs(one.amount) || one.of - other.of;
}

/** Parts items into two of about as many subsets each. */
export function halves(items: readonly NumberItem[]): [NumberItem[], NumberItem[]] {
  const weights = items.map((item) => Math.log2(item.most + 1));
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let sum = 0;
  const end = weights.findIndex((weight) => {
    sum += weight;
    return sum >= half - 1e-9;
  });
  return [items.slice(0, end + 1), items.slice(end + 1)];
}

/** A list is no longer than this, some 400 MB, whatever the budget. */
const MOST_LISTED = 2 ** 24;

/** Lists the subsets of some items, the empty one first. */
export function listSubsets(
  items: readonly NumberItem[],
  limits: ListLimits,
  budget: Budget,
): SubsetList {
  const all = items.reduce((count, item) => Math.min(count * (item.most + 1), 2 ** 31), 1);
  const room = Math.min(all, MOST_LISTED, limits.budgetNodes + 1, budget.most - budget.spent + 1);
  const sums = new Float64Array(room);
  const sizes = new Int32Array(room);
  const made = {
    of: new Int32Array(room),
    item: new Int32Array(room),
    times: new Int32Array(room),
  };
  let [count, isComplete] = [1, true];
  for (let place = 0; place < items.length && isComplete; place += 1) {
    const item = items[place] as NumberItem;
    const rest = spanOf(items.slice(place + 1));
    const least = limits.least - rest.most - limits.beyond.most;
    const most = limits.most - rest.least - limits.beyond.least;
    const before = count;
    for (let of = 0; of < before && isComplete; of += 1) {
      const times = Math.min(item.most, limits.maxItems - at(sizes, of));
      for (let n = 1; n <= times; n += 1) {
        const sum = at(sums, of) + n * item.amount;
        if (sum < least || sum > most) continue;
        isComplete = count < room && spend(budget);
        if (!isComplete) break;
        sums[count] = sum;
        sizes[count] = at(sizes, of) + n;
        made.of[count] = of;
        made.item[count] = place;
        made.times[count] = n;
        count += 1;
      }
    }
  }
  const filled = sums.subarray(0, count);
  return { items, sums: filled, sizes, made, order: orderOf(filled), isComplete };
}

/** What a subset is made of. */
export function sharesOf(list: SubsetList, subset: number): Share[] {
  const shares: Share[] = [];
  for (let place = subset; place !== 0; place = at(list.made.of, place)) {
    const item = list.items[at(list.made.item, place)] as NumberItem;
    shares.push({ of: item.of, count: at(list.made.times, place) });
  }
  return shares;
}

/** How many subsets of the list, by their order, sum to less than a bound. */
export function countBelow(list: SubsetList, bound: number): number {
  let [low, high] = [0, list.order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(list.sums, at(list.order, middle)) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Below this a comparison sort is quicker than passes over 65,536 counters. */
const FEW = 8_192;
const DIGIT = 65_536;

/** Places by ascending sum, earlier places first among equal sums: a radix sort, ten times as fast as comparing a million. */
function orderOf(sums: Float64Array): Uint32Array {
  let order = new Uint32Array(sums.length);
  for (let place = 0; place < sums.length; place += 1) order[place] = place;
  if (sums.length < FEW) {
    return order.sort((one, other) => at(sums, one) - at(sums, other) || one - other);
  }
  let [least, most] = [0, 0];
  for (const sum of sums) {
    if (sum < least) least = sum;
    else if (sum > most) most = sum;
  }
  let sorted = new Uint32Array(sums.length);
  const digits = new Uint16Array(sums.length);
  for (let unit = 1; unit <= most - least; unit *= DIGIT) {
    const starts = new Uint32Array(DIGIT + 1);
    for (let place = 0; place < sums.length; place += 1) {
      const digit = Math.floor((at(sums, place) - least) / unit) % DIGIT;
      digits[place] = digit;
      starts[digit + 1] = at(starts, digit + 1) + 1;
    }
    for (let n = 1; n <= DIGIT; n += 1) starts[n] = at(starts, n) + at(starts, n - 1);
    for (let n = 0; n < order.length; n += 1) {
      const place = at(order, n);
      const digit = at(digits, place);
      const start = at(starts, digit);
      sorted[start] = place;
      starts[digit] = start + 1;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}
