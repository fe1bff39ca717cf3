import { ambiguous, decidedBy, type Part, places, type Solution, unsolved } from './answer.ts';
import { at, type ClassEdge, type ClassGraph, type NodeClass } from './classes.ts';
import { type Decision, MOST_AMBIGUOUS } from './component.ts';
import {
  type Arc,
  cycleThrough,
  fill,
  findCycle,
  type Network,
  networkOf,
  potentialsOf,
  push,
  type Rooms,
  strongComponents,
} from './residual.ts';

/** Steps spent on counting the alternatives of one part, and on finding its nearest. Neither changes a certificate. */
const MOST_STEPS = 20_000_000;

/**
 * Decides who goes with whom, one to one: the solutions are the matchings with the most pairs.
 *
 * A pair is in some such matching when one maximum matching holds it or the residual network leads from its right back to
 * its left (Dulmage and Mendelsohn). The pairs that are in none fall away, and what hangs together by the others is decided
 * apart: a maximum matching of the whole is exactly one of each part.
 */
export function decideOneToOne(graph: ClassGraph, budgetNodes: number): Decision[] {
  const { network, rooms } = matchingNetwork(graph);
  const component = strongComponents(network, rooms);
  const allowed = graph.edges.filter(
    (edge, n) =>
      at(rooms, 2 * n + 1) > 0 ||
      at(component, edge.left) === at(component, graph.lefts.length + edge.right),
  );
  let budget = budgetNodes;
  const { parts, rest } = partsOf(graph, allowed);
  const decisions = parts.map(({ part, edges }) => {
    const decision = decidePart(cut(graph, part, edges), budget);
    budget -= decision.nodes;
    return decision;
  });
  const isNothingLeft = rest.lefts.length + rest.rights.length === 0;
  return isNothingLeft ? decisions : [...decisions, unsolved(graph, rest, 'INFEASIBLE', 0)];
}

/** What hangs together by some edges, and the classes that no edge touches. */
function partsOf(graph: ClassGraph, edges: readonly ClassEdge[]) {
  const ofLeft = groupBy(edges, ({ left }) => left);
  const ofRight = groupBy(edges, ({ right }) => right);
  const done = { lefts: new Set<number>(), rights: new Set<number>() };
  const parts: { part: Part; edges: ClassEdge[] }[] = [];
  for (const first of places(graph.lefts)) {
    if (done.lefts.has(first) || !ofLeft.has(first)) continue;
    const lefts = [first];
    const rights: number[] = [];
    const within: ClassEdge[] = [];
    done.lefts.add(first);
    for (const left of lefts) {
      for (const edge of ofLeft.get(left) ?? []) {
        within.push(edge);
        if (done.rights.has(edge.right)) continue;
        done.rights.add(edge.right);
        rights.push(edge.right);
        for (const { left: further } of ofRight.get(edge.right) ?? []) {
          if (done.lefts.has(further)) continue;
          done.lefts.add(further);
          lefts.push(further);
        }
      }
    }
    const sorted = within.sort((one, other) => one.left - other.left || one.right - other.right);
    parts.push({ part: { lefts: ascending(lefts), rights: ascending(rights) }, edges: sorted });
  }
  const rest = {
    lefts: places(graph.lefts).filter((left) => !done.lefts.has(left)),
    rights: places(graph.rights).filter((right) => !done.rights.has(right)),
  };
  return { parts, rest };
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((one, other) => one - other);
}

/** The graph of a part alone, its classes numbered anew. */
function cut(graph: ClassGraph, { lefts, rights }: Part, edges: readonly ClassEdge[]): ClassGraph {
  const leftAt = new Map(lefts.map((left, place) => [left, place]));
  const rightAt = new Map(rights.map((right, place) => [right, place]));
  return {
    lefts: lefts.map((left) => graph.lefts[left] as NodeClass),
    rights: rights.map((right) => graph.rights[right] as NodeClass),
    edges: edges.map(({ left, right, distance }) => ({
      left: leftAt.get(left) as number,
      right: rightAt.get(right) as number,
      distance,
    })),
  };
}

function decidePart(graph: ClassGraph, budget: number): Decision {
  const part = { lefts: places(graph.lefts), rights: places(graph.rights) };
  const { network, rooms } = matchingNetwork(graph);
  const { alternatives, nodes } = countAlternatives(network, rooms, {
    pairs: graph.edges.length,
    budget,
  });
  if (alternatives === 1) return decidedBy(graph, part, solutionOf(graph, rooms), nodes);
  const nearest = solutionOf(graph, nearestOf(network, rooms, graph.edges.length));
  return ambiguous(graph, part, { nearest, alternatives, nodes });
}

/** Source to lefts to rights to sink, filled to the maximum. Arc `2n` is edge `n`; only classes with edges take part. */
function matchingNetwork({ lefts, rights, edges }: ClassGraph) {
  const source = lefts.length + rights.length;
  const size = (classes: readonly NodeClass[], place: number) =>
    classes[place]?.members.length ?? 0;
  const arcs: Arc[] = edges.map(({ left, right, distance }) => ({
    from: left,
    to: lefts.length + right,
    room: Math.min(size(lefts, left), size(rights, right)),
    cost: distance,
  }));
  for (const left of new Set(edges.map((edge) => edge.left))) {
    arcs.push({ from: source, to: left, room: size(lefts, left), cost: 0 });
  }
  for (const right of new Set(edges.map((edge) => edge.right))) {
    arcs.push({ from: lefts.length + right, to: source + 1, room: size(rights, right), cost: 0 });
  }
  const { network, rooms } = networkOf(source + 2, arcs);
  fill(network, rooms, source, source + 1);
  return { network, rooms };
}

/**
 * Counts the maximum matchings that differ materially, up to the cap.
 *
 * A cycle in the residual network gives a second matching, which differs in the number of some pair. Bounding that number
 * from either side parts the matchings into two sets, neither empty, without one in common; a set without a cycle is one
 * matching. So every set on the stack counts for at least one.
 */
function countAlternatives(
  network: Network,
  rooms: Rooms,
  { pairs, budget }: { pairs: number; budget: number },
): { alternatives: number; nodes: number } {
  const most = Math.max(2, Math.min(MOST_AMBIGUOUS, Math.floor(MOST_STEPS / network.to.length)));
  const open: Rooms[] = [rooms.slice()];
  let [single, nodes] = [0, 0];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const cycle = findCycle(network, state);
    if (cycle === undefined) {
      single += 1;
      continue;
    }
    const pivot = cycle.find((arc) => arc < 2 * pairs) as number;
    const [without, along] = [state.slice(), state];
    push(along, cycle, 1);
    without[pivot] = 0;
    along[pivot ^ 1] = 0;
    open.push(without, along);
    nodes += 1;
    if (single + open.length >= most || nodes >= budget) break;
  }
  return { alternatives: single + open.length, nodes };
}

/** Of the maximum matchings the one of least total distance; among those, earlier lefts have the earliest rights. */
function nearestOf(network: Network, filled: Rooms, pairs: number): Rooms {
  const rooms = filled.slice();
  let steps = MOST_STEPS;
  const round = network.size * network.to.length;
  for (steps -= round; steps > 0; steps -= round) {
    const found = potentialsOf(network, rooms);
    if ('cheaper' in found) push(rooms, found.cheaper);
    else return earliestOf(network, rooms, { pairs, potentials: found.potentials, steps });
  }
  return rooms;
}

/** Moves what can be moved without cost, pair after pair: an arc has no slack exactly when some nearest matching uses it. */
function earliestOf(
  network: Network,
  rooms: Rooms,
  { pairs, potentials, steps }: { pairs: number; potentials: Float64Array; steps: number },
): Rooms {
  const tight = rooms.map((room, arc) => {
    const ahead = at(potentials, at(network.from, arc)) + at(network.cost, arc);
    return ahead === at(potentials, at(network.to, arc)) ? room : 0;
  });
  const settled = rooms.slice();
  for (let n = 0; n < pairs; n += 1) {
    if (n * network.to.length > steps) break;
    while (at(tight, 2 * n) > 0) {
      const cycle = cycleThrough(network, tight, 2 * n);
      if (cycle === undefined) break;
      const most = cycle.reduce((least, arc) => Math.min(least, at(tight, arc)), at(tight, 2 * n));
      push(tight, cycle, most);
      push(settled, cycle, most);
    }
    tight[2 * n] = 0;
    tight[2 * n + 1] = 0;
  }
  return settled;
}

function solutionOf(graph: ClassGraph, rooms: Rooms): Solution {
  return graph.edges.flatMap(({ left, right, distance }, n) => {
    const times = at(rooms, 2 * n + 1);
    const type = { lefts: [{ of: left, count: 1 }], rights: [{ of: right, count: 1 }], distance };
    return times === 0 ? [] : [{ type, times }];
  });
}
