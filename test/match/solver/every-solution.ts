import type { Cardinality, Component, SolveOptions } from '../../../src/match/solver/component.ts';

/** A group as two bit sets of places. */
export interface BitGroup {
  readonly lefts: number;
  readonly rights: number;
}

/** What trying everything finds out about a component. */
export interface EverySolution {
  /** All balanced groups. */
  readonly groups: readonly BitGroup[];
  /** All sets of disjoint groups that explain the most. */
  readonly solutions: readonly (readonly BitGroup[])[];
  /** The same for solutions that differ only in interchangeable nodes. */
  readonly materialOf: (solution: readonly BitGroup[]) => string;
  readonly distanceOf: (solution: readonly BitGroup[]) => number;
}

const has = (bits: number, place: number) => (bits & (1 << place)) !== 0;
export const placesOf = (bits: number) =>
  Array.from({ length: 31 }, (_, place) => place).filter((place) => has(bits, place));
const countOf = (bits: number) => placesOf(bits).length;

/** Tries every group and every set of groups. Knows nothing of classes, flows or lists. */
export function everySolution(component: Component, options: SolveOptions): EverySolution {
  const groups = everyGroup(component, options);
  const classes = { lefts: twins(component, 'left'), rights: twins(component, 'right') };
  const named = ({ lefts, rights }: BitGroup) =>
    `${placesOf(lefts)
      .map((l) => classes.lefts[l])
      .sort()}+${placesOf(rights)
      .map((r) => classes.rights[r])
      .sort()}`;
  const nearest = new Map<string, number>();
  for (const { left, right, distance } of component.edges) {
    const pair = `${classes.lefts[left]}+${classes.rights[right]}`;
    nearest.set(pair, Math.min(nearest.get(pair) ?? distance, distance));
  }
  const distanceOf = (group: BitGroup) =>
    placesOf(group.lefts)
      .flatMap((l) =>
        placesOf(group.rights).map((r) => nearest.get(`${classes.lefts[l]}+${classes.rights[r]}`)),
      )
      .reduce<number>((sum, distance) => sum + (distance ?? 0), 0);
  return {
    groups,
    solutions: bestSets(groups, options.cardinality),
    materialOf: (solution) => solution.map(named).sort().join(' '),
    distanceOf: (solution) => solution.reduce((sum, group) => sum + distanceOf(group), 0),
  };
}

function everyGroup(component: Component, options: SolveOptions): BitGroup[] {
  const { lefts, rights, edges } = component;
  const { cardinality, maxItems } = options;
  const neighbours = lefts.map((_, left) =>
    edges.filter((edge) => edge.left === left).reduce((bits, { right }) => bits | (1 << right), 0),
  );
  const sumOf = (nodes: Component['lefts'], bits: number) =>
    placesOf(bits).reduce((sum, place) => sum + (nodes[place]?.amountMinor ?? 0n), 0n);
  const mostLefts = cardinality === 'N:1' || cardinality === 'N:M' ? maxItems : 1;
  const mostRights = cardinality === '1:N' || cardinality === 'N:M' ? maxItems : 1;
  const found: BitGroup[] = [];
  for (let l = 1; l < 1 << lefts.length; l += 1) {
    if (countOf(l) > mostLefts) continue;
    for (let r = 1; r < 1 << rights.length; r += 1) {
      if (countOf(r) > mostRights || !isConnected(neighbours, l, r)) continue;
      const rightSum = sumOf(rights, r);
      const less = rightSum - sumOf(lefts, l);
      const under = rightSum < 0n ? -less : less;
      const isBalanced = under <= options.underMinor && -under <= options.overMinor;
      if (cardinality === '1:1' || isBalanced) found.push({ lefts: l, rights: r });
    }
  }
  if (cardinality !== 'N:M') return found;
  return found.filter(
    (group) =>
      !found.some(
        (other) =>
          other !== group &&
          (other.lefts & group.lefts) === other.lefts &&
          (other.rights & group.rights) === other.rights,
      ),
  );
}

function isConnected(neighbours: readonly number[], lefts: number, rights: number): boolean {
  const start = placesOf(lefts)[0] as number;
  let [l, r] = [1 << start, 0];
  for (let before = -1; before !== l + r; ) {
    before = l + r;
    for (const left of placesOf(lefts)) {
      const own = (neighbours[left] as number) & rights;
      if (has(l, left)) r |= own;
      else if ((own & r) !== 0) l |= 1 << left;
    }
  }
  return l === lefts && r === rights;
}

function bestSets(groups: readonly BitGroup[], cardinality: Cardinality): BitGroup[][] {
  const weightOf = ({ lefts, rights }: BitGroup) =>
    (cardinality === 'N:1' ? 0 : countOf(lefts)) +
    (cardinality === 'N:1' || cardinality === 'N:M' ? countOf(rights) : 0);
  let best = 1;
  let sets: BitGroup[][] = [];
  const extend = (from: number, taken: readonly BitGroup[], used: BitGroup, weight: number) => {
    if (weight > best) sets = [];
    if (weight >= best) {
      best = weight;
      sets.push([...taken]);
    }
    groups.forEach((group, place) => {
      if (place < from || (group.lefts & used.lefts) !== 0 || (group.rights & used.rights) !== 0) {
        return;
      }
      const both = { lefts: used.lefts | group.lefts, rights: used.rights | group.rights };
      extend(place + 1, [...taken, group], both, weight + weightOf(group));
    });
  };
  extend(0, [], { lefts: 0, rights: 0 }, 0);
  return sets.length === 0 ? [[]] : sets;
}

/** By node, what its interchangeable ones have in common. */
function twins(component: Component, side: 'left' | 'right'): string[] {
  const other = side === 'left' ? 'right' : 'left';
  const nodes = side === 'left' ? component.lefts : component.rights;
  return nodes.map(({ amountMinor, sameness }, place) => {
    const own = component.edges.filter((edge) => edge[side] === place).map((edge) => edge[other]);
    const neighbours = [...new Set(own)].sort((one, another) => one - another);
    return `${sameness}/${amountMinor}/${neighbours.join('-')}`;
  });
}
