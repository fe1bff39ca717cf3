import type { GroupType, Solution, Taken } from './answer.ts';
import { type Budget, spend } from './budget.ts';
import { MOST_AMBIGUOUS } from './component.ts';

/** How often a type may be taken is limited by what it needs of each resource: a class of either side. */
export interface PackingType {
  readonly type: GroupType;
  readonly needs: readonly { readonly resource: number; readonly count: number }[];
  /** Nodes it explains of those that are to be explained. */
  readonly weight: number;
  /** Nodes it takes of the others. */
  readonly others: number;
}

/** What may be taken, and how much there is of it. */
export interface Packing {
  readonly types: readonly PackingType[];
  /** By resource: how many nodes there are. */
  readonly room: readonly number[];
  /** By resource: whether its nodes are those to be explained. */
  readonly isWanted: readonly boolean[];
}

/** The packings that explain the most nodes, as far as they were found. */
export interface Packed {
  /** Materially different ones, each once; no more than the cap. */
  readonly solutions: readonly Solution[];
  readonly explained: number;
  /** Whether it is proved that none explains more, and that below the cap there are no others. */
  readonly isProved: boolean;
}

/** Chains of more types than this are given up, since each is a call within a call. */
const MOST_DEPTH = 2_000;

/**
 * Finds the packings that explain the most, by branch and bound over the types in their order.
 *
 * Each multiset of types is visited once. A branch falls away when what is left, though all of it were explained, could not
 * reach the best so far; once as many as the cap are known, also when it could only equal it.
 */
export function pack({ types, room, isWanted }: Packing, budget: Budget): Packed {
  const left = [...room];
  const ends = endsOf(types, isWanted);
  const leastOthers = leastFromEnd(types);
  const all = wantedIn(types, isWanted).reduce((sum, resource) => sum + at(room, resource), 0);
  const others = otherIn(types, isWanted).reduce((sum, resource) => sum + at(room, resource), 0);
  const taken: Taken[] = [];
  let solutions: Taken[][] = [];
  let best = 1;
  let isProved = true;

  const record = (explained: number) => {
    if (explained < best) return;
    if (explained > best) solutions = [];
    best = explained;
    if (solutions.length < MOST_AMBIGUOUS) solutions.push([...taken]);
  };
  const isOver = () => !isProved || (best === all && solutions.length >= MOST_AMBIGUOUS);
  const canMatter = (explained: number) =>
    explained > best || (explained === best && solutions.length < MOST_AMBIGUOUS);

  const explore = (from: number, open: number, spare: number, explained: number): void => {
    record(explained);
    if (taken.length > MOST_DEPTH) isProved = false;
    let reachable = open;
    for (let place = from; place < types.length && !isOver(); place += 1) {
      const { type, needs, weight, others: size } = types[place] as PackingType;
      const each = at(leastOthers, place);
      const most = each === 0 ? reachable : Math.min(reachable, Math.floor(spare / each));
      if (!canMatter(explained + most)) return;
      if (!spend(budget)) {
        isProved = false;
        return;
      }
      const fits = needs.map(({ resource, count }) => Math.floor(at(left, resource) / count));
      for (let times = Math.min(...fits); times > 0 && !isOver(); times -= 1) {
        take(left, needs, times);
        taken.push({ type, times });
        const after = endOf(ends, place, left);
        const gained = weight * times;
        explore(place + 1, reachable - gained - after, spare - size * times, explained + gained);
        taken.pop();
        take(left, needs, -times);
      }
      reachable -= endOf(ends, place, left);
    }
  };
  explore(0, all, others, 0);
  return { solutions, explained: solutions.length === 0 ? 0 : best, isProved };
}

function at(values: readonly number[], place: number): number {
  return values[place] as number;
}

function take(left: number[], needs: PackingType['needs'], times: number): void {
  for (const { resource, count } of needs) left[resource] = at(left, resource) - count * times;
}

/** By type, the wanted resources that no later type uses: what is left of them then stays unexplained. */
function endsOf(types: readonly PackingType[], isWanted: readonly boolean[]): number[][] {
  const seen = new Set<number>();
  const ends = types.map((): number[] => []);
  for (let place = types.length - 1; place >= 0; place -= 1) {
    for (const { resource } of types[place]?.needs ?? []) {
      if (seen.has(resource) || isWanted[resource] !== true) continue;
      seen.add(resource);
      ends[place]?.push(resource);
    }
  }
  return ends;
}

function endOf(
  ends: readonly (readonly number[])[],
  place: number,
  left: readonly number[],
): number {
  return (ends[place] ?? []).reduce((sum, resource) => sum + at(left, resource), 0);
}

/** By type, the fewest other nodes that it or a later one takes for each node it explains: whole, since one explains one. */
function leastFromEnd(types: readonly PackingType[]): number[] {
  const least: number[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (let place = types.length - 1; place >= 0; place -= 1) {
    const { others, weight } = types[place] as PackingType;
    fewest = Math.min(fewest, others / weight);
    least[place] = fewest;
  }
  return least;
}

function wantedIn(types: readonly PackingType[], isWanted: readonly boolean[]): number[] {
  return resourcesIn(types).filter((resource) => isWanted[resource] === true);
}

function otherIn(types: readonly PackingType[], isWanted: readonly boolean[]): number[] {
  return resourcesIn(types).filter((resource) => isWanted[resource] !== true);
}

function resourcesIn(types: readonly PackingType[]): number[] {
  return [...new Set(types.flatMap(({ needs }) => needs.map(({ resource }) => resource)))];
}
