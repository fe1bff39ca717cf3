import { type ClassGraph, classesOf } from './classes.ts';
import type { Cardinality, Component, Decision, SolveOptions } from './component.ts';
import { decideManyToMany, decideManyToOne, decideOneToMany } from './groups.ts';
import { decideOneToOne } from './one-to-one.ts';

type Decide = (graph: ClassGraph, options: SolveOptions) => readonly Decision[];

const DECIDE: Readonly<Record<Cardinality, Decide>> = {
  '1:1': (graph, { budgetNodes }) => decideOneToOne(graph, budgetNodes),
  '1:N': decideOneToMany,
  'N:1': decideManyToOne,
  'N:M': decideManyToMany,
};

/**
 * Decides a component exactly, with a certificate for each part that can be decided apart.
 *
 * The decisions cover every node once. They depend on keys, amounts, samenesses and edges only: not on the order in which
 * these are given, and, but for the proposal of an ambiguous part, not on distances.
 */
export function solve(component: Component, options: SolveOptions): readonly Decision[] {
  return DECIDE[options.cardinality](classesOf(component), options);
}
