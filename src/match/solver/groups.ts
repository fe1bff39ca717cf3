import {
  ambiguous,
  decidedBy,
  type GroupType,
  type Part,
  places,
  type Share,
  type Solution,
  unsolved,
} from './answer.ts';
import { type Budget, spend } from './budget.ts';
import { type ClassEdge, type ClassGraph, mirrored, type NodeClass } from './classes.ts';
import type { Decision, SolveOptions } from './component.ts';
import { rootOf, unite } from './components.ts';
import { type PackingType, pack } from './packing.ts';
import { findBalanced, findSubsets, type Window } from './subset-search.ts';

/** Groups of one class that are looked for; of more, nothing but ambiguity could be proved. */
const MOST_GROUPS = 5_000;
/** Groups of a class that is alone on its side: then a thousand are already a thousand solutions. */
const MOST_ALONE = 1_000;

/** Groups that are possible, and the classes of which not all of them are known. */
interface Possible {
  readonly types: readonly GroupType[];
  readonly unfinished: Part;
}

/**
 * Decides groups of one left and several rights: the solutions are the sets of disjoint groups that explain the most lefts.
 *
 * Every possible group is listed, up to interchangeable nodes. What hangs together by possible groups is decided apart.
 */
export function decideOneToMany(graph: ClassGraph, options: SolveOptions): Decision[] {
  const budget = { most: options.budgetNodes, spent: 0 };
  const possible = groupsOfEach(graph, (amount) => rightWindows(amount, options), options, budget);
  return decideParts(graph, possible, { areRightsWanted: false, budget });
}

/** The same with the sides exchanged: the solutions explain the most rights. */
export function decideManyToOne(graph: ClassGraph, options: SolveOptions): Decision[] {
  const budget = { most: options.budgetNodes, spent: 0 };
  const turned = mirrored(graph);
  const found = groupsOfEach(turned, (amount) => [leftWindow(amount, options)], options, budget);
  return decideParts(turned, found, { areRightsWanted: false, budget }).map(turn);
}

function turn(decision: Decision): Decision {
  const groups = decision.groups.map(({ lefts, rights }) => ({ lefts: rights, rights: lefts }));
  return { ...decision, lefts: decision.rights, rights: decision.lefts, groups };
}

/**
 * Decides groups of several lefts and several rights: the solutions are the sets of disjoint groups that explain the most
 * nodes of both sides.
 *
 * A group hangs together by its edges, balances, and holds no smaller group: a whole that can be told in parts is told in
 * parts.
 */
export function decideManyToMany(graph: ClassGraph, options: SolveOptions): Decision[] {
  const budget = { most: options.budgetNodes, spent: 0 };
  const possible = groupsOfBoth(graph, options, budget);
  return decideParts(graph, possible, { areRightsWanted: true, budget });
}

/** Sums of rights that balance a left of this amount; the tolerances follow the direction of the rights. */
function rightWindows(amount: bigint, { underMinor, overMinor }: SolveOptions): Window[] {
  const least = amount - overMinor;
  const most = amount + overMinor;
  return [
    { from: least > 0n ? least : 0n, to: amount + underMinor },
    { from: amount - underMinor, to: most < -1n ? most : -1n },
  ];
}

/** Sums of lefts that balance rights of this sum. */
function leftWindow(sum: bigint, { underMinor, overMinor }: SolveOptions): Window {
  return sum < 0n
    ? { from: sum - overMinor, to: sum + underMinor }
    : { from: sum - underMinor, to: sum + overMinor };
}

function groupsOfEach(
  graph: ClassGraph,
  windowsOf: (amountMinor: bigint) => readonly Window[],
  { maxItems }: SolveOptions,
  budget: Budget,
): Possible {
  const types: GroupType[] = [];
  const unfinished = { lefts: [] as number[], rights: [] as number[] };
  const edgesOf = edgesByLeft(graph);
  const isAlone = graph.lefts.length === 1 && graph.lefts[0]?.members.length === 1;
  graph.lefts.forEach(({ amountMinor }, left) => {
    const edges = edgesOf.get(left) ?? [];
    const items = edges.map(({ right }) => itemOf(graph.rights, right, maxItems));
    const limits = { maxItems, mostFound: isAlone ? MOST_ALONE : MOST_GROUPS };
    const search = findSubsets(items, windowsOf(amountMinor), limits, budget);
    const distance = new Map(edges.map((edge) => [edge.right, edge.distance]));
    const own = search.found.map((rights) => ({
      lefts: [{ of: left, count: 1 }],
      rights,
      distance: rights.reduce((sum, { of, count }) => sum + count * (distance.get(of) ?? 0), 0),
    }));
    for (const type of own.sort(nearestFirst)) types.push(type);
    if (search.isComplete) return;
    unfinished.lefts.push(left);
    unfinished.rights.push(...edges.map(({ right }) => right));
  });
  return { types, unfinished };
}

function edgesByLeft(graph: ClassGraph): Map<number, ClassEdge[]> {
  const edgesOf = new Map<number, ClassEdge[]>();
  for (const edge of graph.edges) {
    const known = edgesOf.get(edge.left);
    if (known === undefined) edgesOf.set(edge.left, [edge]);
    else known.push(edge);
  }
  return edgesOf;
}

function itemOf(classes: readonly NodeClass[], of: number, maxItems: number) {
  const { amountMinor, members } = classes[of] as NodeClass;
  return { of, amountMinor, most: Math.min(members.length, maxItems) };
}

/** Nearest first, then by the classes in their order. */
function nearestFirst(one: GroupType, other: GroupType): number {
  return (
    one.distance - other.distance ||
    compareShares(one.lefts, other.lefts) ||
    compareShares(one.rights, other.rights)
  );
}

function compareShares(one: readonly Share[], other: readonly Share[]): number {
  for (let place = 0; place < Math.min(one.length, other.length); place += 1) {
    const [a, b] = [one[place] as Share, other[place] as Share];
    if (a.of !== b.of || a.count !== b.count) return a.of - b.of || b.count - a.count;
  }
  return one.length - other.length;
}

function groupsOfBoth(graph: ClassGraph, options: SolveOptions, budget: Budget): Possible {
  const { maxItems, underMinor, overMinor } = options;
  const items = (classes: readonly NodeClass[]) =>
    places(classes).map((of) => itemOf(classes, of, maxItems));
  const touched = withEdges(graph);
  const sides = {
    lefts: items(graph.lefts).filter(({ of }) => touched.lefts.includes(of)),
    rights: items(graph.rights).filter(({ of }) => touched.rights.includes(of)),
  };
  const limits = { maxItems, mostFound: MOST_GROUPS, tolerances: [underMinor, overMinor] };
  const search = findBalanced(sides, (sum) => leftWindow(sum, options), limits, budget);
  if (!search.isComplete) return { types: [], unfinished: touched };
  const distances = new Map(
    graph.edges.map(({ left, right, distance }) => [left * graph.rights.length + right, distance]),
  );
  const connected = search.found.flatMap(({ lefts, rights }) => {
    const edges = lefts.flatMap((left) =>
      rights.flatMap((right) => {
        const each = distances.get(left.of * graph.rights.length + right.of);
        return each === undefined ? [] : [{ left, right, each }];
      }),
    );
    const distance = edges.reduce(
      (sum, { left, right, each }) => sum + left.count * right.count * each,
      0,
    );
    return hangsTogether(lefts, rights, edges) ? [{ lefts, rights, distance }] : [];
  });
  const smallest: GroupType[] = [];
  for (const type of connected.sort((one, other) => sizeOf(one) - sizeOf(other))) {
    if (!spend(budget)) return { types: [], unfinished: touched };
    if (!smallest.some((smaller) => holds(type, smaller))) smallest.push(type);
  }
  return { types: smallest.sort(nearestFirst), unfinished: { lefts: [], rights: [] } };
}

function withEdges({ lefts, rights, edges }: ClassGraph): Part {
  const touched = {
    lefts: new Set(edges.map(({ left }) => left)),
    rights: new Set(edges.map(({ right }) => right)),
  };
  return {
    lefts: places(lefts).filter((left) => touched.lefts.has(left)),
    rights: places(rights).filter((right) => touched.rights.has(right)),
  };
}

function hangsTogether(
  lefts: readonly Share[],
  rights: readonly Share[],
  edges: readonly { readonly left: Share; readonly right: Share }[],
): boolean {
  const parents = [...lefts.keys(), ...rights.keys()].map((_, place) => place);
  for (const { left, right } of edges) {
    unite(parents, lefts.indexOf(left), lefts.length + rights.indexOf(right));
  }
  return parents.every((_, place) => rootOf(parents, place) === 0);
}

function holds(whole: GroupType, smaller: GroupType): boolean {
  const has = (shares: readonly Share[], { of, count }: Share) =>
    shares.some((share) => share.of === of && share.count >= count);
  return (
    smaller.lefts.every((share) => has(whole.lefts, share)) &&
    smaller.rights.every((share) => has(whole.rights, share))
  );
}

function sizeOf({ lefts, rights }: GroupType): number {
  return [...lefts, ...rights].reduce((sum, { count }) => sum + count, 0);
}

interface PartSearch {
  /** Whether rights are to be explained as well as lefts. */
  readonly areRightsWanted: boolean;
  readonly budget: Budget;
}

function decideParts(graph: ClassGraph, possible: Possible, search: PartSearch): Decision[] {
  const { parts, rest } = partsOf(graph, possible);
  let counted = 0;
  const nodes = () => {
    const used = search.budget.spent - counted;
    counted = search.budget.spent;
    return used;
  };
  const decisions = parts.map(({ part, types, isFinished }) =>
    decidePart(graph, part, types, { ...search, isFinished, nodes }),
  );
  const isNothingLeft = rest.lefts.length + rest.rights.length === 0;
  return isNothingLeft ? decisions : [...decisions, unsolved(graph, rest, 'INFEASIBLE', nodes())];
}

interface GroupPart {
  readonly part: Part;
  readonly types: readonly GroupType[];
  /** Whether the types are proved to be all. */
  readonly isFinished: boolean;
}

/** What hangs together by possible groups, and what is in none. An unfinished class may go with any of its neighbours. */
function partsOf(graph: ClassGraph, { types, unfinished }: Possible) {
  const rightFrom = graph.lefts.length;
  const parents = places([...graph.lefts, ...graph.rights]);
  const isUsed = new Set<number>();
  const join = (resources: readonly number[]) => {
    for (const resource of resources) {
      isUsed.add(resource);
      unite(parents, resources[0] as number, resource);
    }
  };
  for (const type of types) {
    join([...type.lefts.map(({ of }) => of), ...type.rights.map(({ of }) => rightFrom + of)]);
  }
  const open = new Set(unfinished.lefts);
  for (const left of open) join([left]);
  for (const { left, right } of graph.edges) if (open.has(left)) join([left, rightFrom + right]);

  const parts = new Map<number, { lefts: number[]; rights: number[]; types: GroupType[] }>();
  const partAt = (resource: number) => {
    const root = rootOf(parents, resource);
    const part = parts.get(root) ?? { lefts: [], rights: [], types: [] };
    parts.set(root, part);
    return part;
  };
  const rest = { lefts: [] as number[], rights: [] as number[] };
  for (const resource of parents.keys()) {
    const part = isUsed.has(resource) ? partAt(resource) : rest;
    if (resource < rightFrom) part.lefts.push(resource);
    else part.rights.push(resource - rightFrom);
  }
  for (const type of types) partAt(type.lefts[0]?.of as number).types.push(type);
  const found = [...parts.values()].map((part): GroupPart => {
    const isFinished = !part.lefts.some((left) => open.has(left));
    return { part, types: part.types, isFinished };
  });
  return { parts: found, rest };
}

/**
 * Decides a part. When not all its groups are known, or not all their packings could be searched, several packings still
 * prove that it is ambiguous if they explain everything: then none explains more.
 */
function decidePart(
  graph: ClassGraph,
  part: Part,
  types: readonly GroupType[],
  search: PartSearch & { isFinished: boolean; nodes: () => number },
): Decision {
  const rightFrom = graph.lefts.length;
  const room = [...graph.lefts, ...graph.rights].map(({ members }) => members.length);
  const isWanted = room.map((_, resource) => resource < rightFrom || search.areRightsWanted);
  const packed = pack(
    { types: types.map((type) => packingType(type, rightFrom, isWanted)), room, isWanted },
    search.budget,
  );
  const { solutions, explained } = packed;
  const all = [...part.lefts, ...part.rights.map((right) => rightFrom + right)]
    .filter((resource) => isWanted[resource] === true)
    .reduce((sum, resource) => sum + (room[resource] as number), 0);
  const isProved = search.isFinished && packed.isProved;
  const nodes = search.nodes();
  const [only] = solutions;
  if (only === undefined || (!isProved && (solutions.length === 1 || explained < all))) {
    return unsolved(graph, part, 'BUDGET_EXHAUSTED', nodes);
  }
  if (solutions.length === 1) return decidedBy(graph, part, only, nodes);
  const nearest = nearestOf(solutions, only);
  return ambiguous(graph, part, { nearest, alternatives: solutions.length, nodes });
}

function packingType(
  type: GroupType,
  rightFrom: number,
  isWanted: readonly boolean[],
): PackingType {
  const needs = [
    ...type.lefts.map(({ of, count }) => ({ resource: of, count })),
    ...type.rights.map(({ of, count }) => ({ resource: rightFrom + of, count })),
  ];
  const weight = needs
    .filter(({ resource }) => isWanted[resource] === true)
    .reduce((sum, { count }) => sum + count, 0);
  return { type, needs, weight, others: sizeOf(type) - weight };
}

function nearestOf(solutions: readonly Solution[], first: Solution): Solution {
  const distanceOf = (solution: Solution) =>
    solution.reduce((sum, { type, times }) => sum + times * type.distance, 0);
  return solutions.reduce(
    (nearest, solution) => (distanceOf(solution) < distanceOf(nearest) ? solution : nearest),
    first,
  );
}
