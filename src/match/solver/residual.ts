import { at } from './classes.ts';

/**
 * A flow network by what each arc still has room for. Arc `2n` and arc `2n + 1` are opposite: pushing along one gives the
 * other room. A state of the flow is only the array of rooms, so that many states share one network.
 */
export interface Network {
  readonly size: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly cost: readonly number[];
  /** By node, the arcs that leave it. */
  readonly leaving: readonly (readonly number[])[];
}

export type Rooms = Int32Array;

/** An arc with its room and cost, as a network is built from it. */
export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly room: number;
  readonly cost: number;
}

/** Builds the network of some arcs; arc `n` of the list is arc `2n` of the network. */
export function networkOf(size: number, arcs: readonly Arc[]): { network: Network; rooms: Rooms } {
  const leaving = Array.from({ length: size }, (): number[] => []);
  const from: number[] = [];
  const to: number[] = [];
  const cost: number[] = [];
  const rooms = new Int32Array(arcs.length * 2);
  for (const arc of arcs) {
    leaving[arc.from]?.push(from.length);
    leaving[arc.to]?.push(from.length + 1);
    rooms[from.length] = arc.room;
    from.push(arc.from, arc.to);
    to.push(arc.to, arc.from);
    cost.push(arc.cost, -arc.cost);
  }
  return { network: { size, from, to, cost, leaving }, rooms };
}

/** Pushes as much as goes along the arcs of a path or a cycle. */
export function push(
  rooms: Rooms,
  arcs: readonly number[],
  amount = Number.POSITIVE_INFINITY,
): void {
  const most = arcs.reduce((least, arc) => Math.min(least, at(rooms, arc)), amount);
  for (const arc of arcs) {
    rooms[arc] = at(rooms, arc) - most;
    rooms[arc ^ 1] = at(rooms, arc ^ 1) + most;
  }
}

/**
 * Fills the network from source to sink to the maximum: Hopcroft and Karp's phases of shortest augmenting paths, in Dinic's
 * form, since a class stands for many nodes.
 */
export function fill(network: Network, rooms: Rooms, source: number, sink: number): void {
  for (;;) {
    const levels = levelsFrom(network, rooms, source);
    if (at(levels, sink) < 0) return;
    const next = new Int32Array(network.size);
    for (;;) {
      const path = pathByLevels(network, rooms, { levels, next, source, sink });
      if (path === undefined) break;
      push(rooms, path);
    }
  }
}

function levelsFrom(network: Network, rooms: Rooms, source: number): Int32Array {
  const levels = new Int32Array(network.size).fill(-1);
  levels[source] = 0;
  const queue = [source];
  for (const node of queue) {
    for (const arc of network.leaving[node] ?? []) {
      const to = at(network.to, arc);
      if (at(rooms, arc) === 0 || at(levels, to) >= 0) continue;
      levels[to] = at(levels, node) + 1;
      queue.push(to);
    }
  }
  return levels;
}

interface Phase {
  readonly levels: Int32Array;
  /** By node, how many of its arcs lead nowhere any more. */
  readonly next: Int32Array;
  readonly source: number;
  readonly sink: number;
}

function pathByLevels(network: Network, rooms: Rooms, phase: Phase): number[] | undefined {
  const { levels, next, source, sink } = phase;
  const path: number[] = [];
  let node = source;
  while (node !== sink) {
    const arc = network.leaving[node]?.[at(next, node)];
    if (arc === undefined) {
      const back = path.pop();
      if (back === undefined) return undefined;
      node = at(network.from, back);
      next[node] = at(next, node) + 1;
    } else if (at(rooms, arc) > 0 && at(levels, at(network.to, arc)) === at(levels, node) + 1) {
      path.push(arc);
      node = at(network.to, arc);
    } else {
      next[node] = at(next, node) + 1;
    }
  }
  return path;
}

/** By node, the number of its strongly connected component in the residual network (Tarjan). */
export function strongComponents(network: Network, rooms: Rooms): Int32Array {
  const { size, leaving, to } = network;
  const component = new Int32Array(size).fill(-1);
  const seen = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const next = new Int32Array(size);
  const open: number[] = [];
  let [clock, components] = [0, 0];
  const enter = (node: number) => {
    seen[node] = clock;
    low[node] = clock;
    clock += 1;
    open.push(node);
  };
  const close = (node: number) => {
    for (let member = -1; member !== node; ) {
      member = open.pop() as number;
      component[member] = components;
    }
    components += 1;
  };
  for (let root = 0; root < size; root += 1) {
    if (at(seen, root) >= 0) continue;
    const path = [root];
    enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const arc = leaving[node]?.[at(next, node)];
      next[node] = at(next, node) + 1;
      if (arc === undefined) {
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
        if (at(low, node) === at(seen, node)) close(node);
        continue;
      }
      const target = at(to, arc);
      if (at(rooms, arc) === 0) continue;
      if (at(seen, target) < 0) {
        path.push(target);
        enter(target);
      } else if (at(component, target) < 0) {
        low[node] = Math.min(at(low, node), at(seen, target));
      }
    }
  }
  return component;
}

/**
 * A cycle of three arcs or more along which the flow can change; undefined when there is none, and then the flow is the only
 * one of its value.
 *
 * A strongly connected component without such a cycle is a tree of opposite arcs. So it is enough to look for an arc
 * inside a component without room in its opposite, and for a pair of opposite arcs that closes a ring.
 */
export function findCycle(network: Network, rooms: Rooms): readonly number[] | undefined {
  const component = strongComponents(network, rooms);
  const root = Int32Array.from({ length: network.size }, (_, node) => node);
  const rootOf = (node: number): number => {
    let top = node;
    while (at(root, top) !== top) {
      root[top] = at(root, at(root, top));
      top = at(root, top);
    }
    return top;
  };
  for (let arc = 0; arc < network.to.length; arc += 2) {
    const one = at(network.from, arc);
    const other = at(network.to, arc);
    if (at(component, one) !== at(component, other)) continue;
    const [there, back] = [at(rooms, arc) > 0, at(rooms, arc + 1) > 0];
    if (!there && !back) continue;
    if (there && back && rootOf(one) !== rootOf(other)) {
      root[rootOf(one)] = rootOf(other);
      continue;
    }
    return cycleThrough(network, rooms, there ? arc : arc + 1);
  }
  return undefined;
}

/** The arc and a shortest way back to its start that does not use its opposite. */
export function cycleThrough(
  network: Network,
  rooms: Rooms,
  closing: number,
): readonly number[] | undefined {
  const start = at(network.to, closing);
  const goal = at(network.from, closing);
  const reachedBy = new Int32Array(network.size).fill(-1);
  const queue = [start];
  for (const node of queue) {
    if (node === goal) break;
    for (const arc of network.leaving[node] ?? []) {
      const to = at(network.to, arc);
      if (at(rooms, arc) === 0 || arc >> 1 === closing >> 1) continue;
      if (to === start || at(reachedBy, to) >= 0) continue;
      reachedBy[to] = arc;
      queue.push(to);
    }
  }
  if (at(reachedBy, goal) < 0) return undefined;
  const cycle = [closing];
  for (let node = goal; node !== start; node = at(network.from, cycle.at(-1) as number)) {
    cycle.push(at(reachedBy, node));
  }
  return cycle;
}

/** Distances from everywhere at once (Bellman and Ford), or a cycle that costs less than nothing. */
export function potentialsOf(
  network: Network,
  rooms: Rooms,
): { readonly potentials: Float64Array } | { readonly cheaper: readonly number[] } {
  const potentials = new Float64Array(network.size);
  const reachedBy = new Int32Array(network.size).fill(-1);
  let last = -1;
  for (let round = 0; round <= network.size; round += 1) {
    last = -1;
    for (let arc = 0; arc < network.to.length; arc += 1) {
      if (at(rooms, arc) === 0) continue;
      const reached = at(potentials, at(network.from, arc)) + at(network.cost, arc);
      if (reached >= at(potentials, at(network.to, arc))) continue;
      potentials[at(network.to, arc)] = reached;
      reachedBy[at(network.to, arc)] = arc;
      last = at(network.to, arc);
    }
    if (last < 0) return { potentials };
  }
  let node = last;
  for (let step = 0; step < network.size; step += 1) {
    node = at(network.from, at(reachedBy, node));
  }
  const cheaper: number[] = [];
  for (let back = node; cheaper.length === 0 || back !== node; ) {
    const arc = at(reachedBy, back);
    cheaper.push(arc);
    back = at(network.from, arc);
  }
  return { cheaper };
}
