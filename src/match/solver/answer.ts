import type { ClassGraph, NodeClass } from './classes.ts';
import { type Certificate, type Decision, type Group, MOST_EQUIVALENT } from './component.ts';

/** So many nodes of one class. */
export interface Share {
  readonly of: number;
  readonly count: number;
}

/** What groups have in common that differ only in interchangeable nodes. */
export interface GroupType {
  /** In the order of the classes. */
  readonly lefts: readonly Share[];
  readonly rights: readonly Share[];
  readonly distance: number;
}

/** So many groups of one type. */
export interface Taken {
  readonly type: GroupType;
  readonly times: number;
}

/** A solution up to interchangeable nodes. Two with other numbers of any type differ materially. */
export type Solution = readonly Taken[];

/** The classes a decision covers. */
export interface Part {
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** The decision on a part whose one solution, up to interchangeable nodes, is proved. */
export function decidedBy(
  graph: ClassGraph,
  part: Part,
  solution: Solution,
  nodes: number,
): Decision {
  const alternatives = waysOf(graph, solution);
  const certificate = alternatives === 1 ? 'UNIQUE' : 'EQUIVALENT';
  const groups = groupsOf(graph, solution);
  return { certificate, alternatives, groups, ...nodesOf(graph, part), nodes };
}

/** The decision on a part of which several materially different solutions are known; the given one is proposed. */
export function ambiguous(
  graph: ClassGraph,
  part: Part,
  { nearest, alternatives, nodes }: { nearest: Solution; alternatives: number; nodes: number },
): Decision {
  const groups = groupsOf(graph, nearest);
  return { certificate: 'AMBIGUOUS', alternatives, groups, ...nodesOf(graph, part), nodes };
}

/** The decision on a part of which no solution is given. */
export function unsolved(
  graph: ClassGraph,
  part: Part,
  certificate: Extract<Certificate, 'INFEASIBLE' | 'BUDGET_EXHAUSTED'>,
  nodes: number,
): Decision {
  return { certificate, alternatives: 0, groups: [], ...nodesOf(graph, part), nodes };
}

/** Numbers of the classes from 0 up. */
export function places(classes: readonly unknown[]): number[] {
  return [...classes.keys()];
}

function nodesOf(graph: ClassGraph, part: Part): Group {
  return {
    lefts: part.lefts.flatMap((place) => membersOf(graph.lefts, place)),
    rights: part.rights.flatMap((place) => membersOf(graph.rights, place)),
  };
}

function membersOf(classes: readonly NodeClass[], place: number): readonly number[] {
  return (classes[place] as NodeClass).members;
}

/** The canonical one among the solutions that differ only in interchangeable nodes: these are taken in the order of keys. */
function groupsOf(graph: ClassGraph, solution: Solution): Group[] {
  const take = { left: takerOf(graph.lefts), right: takerOf(graph.rights) };
  return solution.flatMap(({ type, times }) =>
    Array.from({ length: times }, () => ({
      lefts: type.lefts.flatMap(take.left),
      rights: type.rights.flatMap(take.right),
    })),
  );
}

function takerOf(classes: readonly NodeClass[]): (share: Share) => readonly number[] {
  const taken = new Map<number, number>();
  return ({ of, count }) => {
    const from = taken.get(of) ?? 0;
    taken.set(of, from + count);
    return membersOf(classes, of).slice(from, from + count);
  };
}

/**
 * How many ways there are to fill a solution with members of its classes, up to the cap.
 *
 * Each factor is a whole number, so a product above the cap stays above it. Groups of one type have no order among
 * themselves: of the class they are told apart by, each next group holds the first member that is left.
 */
function waysOf(graph: ClassGraph, solution: Solution): number {
  const left = {
    lefts: graph.lefts.map(({ members }) => members.length),
    rights: graph.rights.map(({ members }) => members.length),
  };
  let ways = 1;
  for (const { type, times } of solution) {
    const [first, ...others] = [
      ...type.lefts.map((share) => ({ ...share, of: share.of, side: left.lefts })),
      ...type.rights.map((share) => ({ ...share, of: share.of, side: left.rights })),
    ];
    if (first === undefined) continue;
    ways = capped(ways * chosen(first.side[first.of] as number, first.count * times));
    for (let group = 0; group < times && ways < MOST_EQUIVALENT; group += 1) {
      ways = capped(ways * chosen(first.count * (times - group) - 1, first.count - 1));
      for (const { side, of, count } of others) {
        ways = capped(ways * chosen((side[of] as number) - group * count, count));
      }
    }
    for (const { side, of, count } of [first, ...others]) {
      side[of] = (side[of] as number) - count * times;
    }
  }
  return ways;
}

function capped(ways: number): number {
  return Math.min(ways, MOST_EQUIVALENT);
}

/** Subsets of so many of so many, up to the cap. What is multiplied stays below 2^53, for classes of up to 9,000,000 nodes. */
function chosen(of: number, count: number): number {
  const fewer = Math.min(count, of - count);
  let ways = 1;
  for (let n = 1; n <= fewer; n += 1) {
    ways = (ways * (of - fewer + n)) / n;
    if (ways >= MOST_EQUIVALENT) return MOST_EQUIVALENT;
  }
  return ways;
}
