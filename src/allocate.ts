import { assertInvariant } from './errors.ts';

/**
 * Splits an amount of minor units by weights; the parts sum to it exactly.
 *
 * The method of largest remainders (Hamilton): each part is its exact share rounded towards zero, and what is then left is
 * given out one minor unit each, to the largest remainders, the earlier weight first where two are equal. So each part lies
 * within one minor unit of its exact share, a weight of zero gets nothing, and a negative amount gives the parts of the
 * positive one, negated. No weight may be negative, and one must be positive unless the amount is zero: else a bug is thrown.
 */
export function allocate(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  assertInvariant(
    weights.every((weight) => weight >= 0n),
    'an amount is split by weights of which none is negative',
  );
  if (amountMinor < 0n) return allocate(-amountMinor, weights).map((part) => -part);
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  assertInvariant(total > 0n || amountMinor === 0n, 'an amount is split by at least one weight');
  if (total === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight, place) => {
    const product = amountMinor * weight;
    return { place, part: product / total, remainder: product % total };
  });
  let left = amountMinor - shares.reduce((sum, share) => sum + share.part, 0n);
  for (const share of [...shares].sort(byRemainder)) {
    if (left === 0n) break;
    share.part += 1n;
    left -= 1n;
  }
  return shares.map((share) => share.part);
}

interface Share {
  readonly place: number;
  readonly remainder: bigint;
}

/** Largest remainder first; the order of the weights decides between equal ones. */
function byRemainder(one: Share, other: Share): number {
  if (one.remainder === other.remainder) return one.place - other.place;
  return one.remainder > other.remainder ? -1 : 1;
}
