import { setImmediate } from 'node:timers/promises';
import type { Component, Decision, SolveOptions } from './component.ts';
import { solve } from './solve.ts';

/** Search nodes after which other work of the process gets its turn; some tens of milliseconds. */
const NODES_A_TURN = 250_000;
/** And components, since small ones use hardly any nodes. */
const COMPONENTS_A_TURN = 500;

/** A component's decisions, beside what it was made of. */
export interface Solved<T extends Component> {
  readonly component: T;
  readonly decisions: readonly Decision[];
}

/**
 * Decides components one after the other, in their order, and lets other work of the process in now and then.
 *
 * One thread, on purpose: five thousand small components take half a second, and of the heavy ones each is bounded by
 * its budget (docs/decisions/0014-certificates.md).
 */
export async function* solveAll<T extends Component>(
  components: Iterable<T> | AsyncIterable<T>,
  options: SolveOptions,
): AsyncGenerator<Solved<T>, void, undefined> {
  let [nodes, count] = [0, 0];
  for await (const component of components) {
    const decisions = solve(component, options);
    yield { component, decisions };
    nodes += decisions.reduce((sum, decision) => sum + decision.nodes, 0);
    count += 1;
    if (nodes < NODES_A_TURN && count < COMPONENTS_A_TURN) continue;
    [nodes, count] = [0, 0];
    await setImmediate();
  }
}
