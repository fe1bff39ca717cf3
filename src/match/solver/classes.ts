import type { Component, SolverEdge, SolverNode } from './component.ts';

/**
 * Interchangeable nodes of one side: equal sameness, equal amount, and candidate edges to exactly the same nodes.
 *
 * Exchanging two of them maps every solution to a solution and every edge to an edge, so the choice between them is provably
 * immaterial. Nodes that only look alike but have other neighbours are not interchangeable: some predicate told them apart.
 */
export interface NodeClass {
  /** Places in the component, in the order of their keys. */
  readonly members: readonly number[];
  readonly amountMinor: bigint;
}

/** Every member of the left class may go with every member of the right class. */
export interface ClassEdge {
  readonly left: number;
  readonly right: number;
  /** The least among the edges it stands for, in millionths. */
  readonly distance: number;
}

/** A component with its interchangeable nodes folded together. Classes are in the order of their first keys. */
export interface ClassGraph {
  readonly lefts: readonly NodeClass[];
  readonly rights: readonly NodeClass[];
  /** In the order of the left class, then of the right class. */
  readonly edges: readonly ClassEdge[];
}

/** Folds interchangeable nodes; the outcome does not depend on the order of nodes and edges. */
export function classesOf(component: Component): ClassGraph {
  const lefts = ranked(component.lefts);
  const rights = ranked(component.rights);
  const neighbours = neighboursOf(component.edges, lefts, rights);
  const leftSide = foldSide(component.lefts, lefts, neighbours.ofLeft);
  const rightSide = foldSide(component.rights, rights, neighbours.ofRight);
  const nearest = new Map<number, number>();
  for (const { left, right, distance } of component.edges) {
    const pair =
      at(leftSide.classOf, left) * rightSide.classes.length + at(rightSide.classOf, right);
    const millionths = Math.round(distance * 1_000_000);
    const known = nearest.get(pair);
    if (known === undefined || millionths < known) nearest.set(pair, millionths);
  }
  const edges = [...nearest]
    .sort(([one], [other]) => one - other)
    .map(([pair, distance]) => ({
      left: Math.floor(pair / rightSide.classes.length),
      right: pair % rightSide.classes.length,
      distance,
    }));
  return { lefts: leftSide.classes, rights: rightSide.classes, edges };
}

/** The same graph seen from the other side. */
export function mirrored(graph: ClassGraph): ClassGraph {
  const edges = graph.edges
    .map(({ left, right, distance }) => ({ left: right, right: left, distance }))
    .sort((one, other) => one.left - other.left || one.right - other.right);
  return { lefts: graph.rights, rights: graph.lefts, edges };
}

/** An element that is known to be there. */
export function at(values: ArrayLike<number>, place: number): number {
  return values[place] as number;
}

interface Ranked {
  /** Places in the order of the keys. */
  readonly order: readonly number[];
  /** By place, its rank. */
  readonly rank: Int32Array;
}

function ranked(nodes: readonly SolverNode[]): Ranked {
  const keys = nodes.map(({ key }) => key);
  const order = [...keys.keys()].sort((one, other) =>
    (keys[one] as string) < (keys[other] as string) ? -1 : 1,
  );
  const rank = new Int32Array(nodes.length);
  order.forEach((place, position) => {
    rank[place] = position;
  });
  return { order, rank };
}

interface Neighbours {
  /** By rank, the ranks of the neighbours, ascending and each once. */
  readonly ofLeft: readonly Int32Array[];
  readonly ofRight: readonly Int32Array[];
}

function neighboursOf(edges: readonly SolverEdge[], lefts: Ranked, rights: Ranked): Neighbours {
  const count = new Int32Array(rights.order.length);
  for (const { right } of edges)
    count[at(rights.rank, right)] = at(count, at(rights.rank, right)) + 1;
  const unsorted = Array.from(count, (length) => new Int32Array(length));
  count.fill(0);
  for (const { left, right } of edges) {
    const rank = at(rights.rank, right);
    const filled = at(count, rank);
    (unsorted[rank] as Int32Array)[filled] = at(lefts.rank, left);
    count[rank] = filled + 1;
  }
  const ofRight = unsorted.map((list) => withoutRepeats(list.sort()));
  return { ofLeft: transposed(ofRight, lefts.order.length), ofRight };
}

function withoutRepeats(sorted: Int32Array): Int32Array {
  return sorted.filter((rank, place) => place === 0 || rank !== sorted[place - 1]);
}

function transposed(lists: readonly Int32Array[], size: number): Int32Array[] {
  const count = new Int32Array(size);
  for (const list of lists) for (const rank of list) count[rank] = at(count, rank) + 1;
  const turned = Array.from(count, (length) => new Int32Array(length));
  count.fill(0);
  lists.forEach((list, from) => {
    for (const rank of list) {
      (turned[rank] as Int32Array)[at(count, rank)] = from;
      count[rank] = at(count, rank) + 1;
    }
  });
  return turned;
}

interface FoldedSide {
  readonly classes: readonly NodeClass[];
  /** By place, its class. */
  readonly classOf: Int32Array;
}

function foldSide(
  nodes: readonly SolverNode[],
  { order }: Ranked,
  neighbours: readonly Int32Array[],
): FoldedSide {
  const found = new Map<string, number>();
  const classes: { members: number[]; amountMinor: bigint }[] = [];
  const classOf = new Int32Array(nodes.length);
  order.forEach((place, rank) => {
    const { amountMinor, sameness } = nodes[place] as SolverNode;
    const alike = `${amountMinor}|${(neighbours[rank] as Int32Array).join(',')}|${sameness}`;
    const known = found.get(alike) ?? classes.push({ members: [], amountMinor }) - 1;
    found.set(alike, known);
    (classes[known] as { members: number[] }).members.push(place);
    classOf[place] = known;
  });
  return { classes, classOf };
}
