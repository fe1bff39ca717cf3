import fc from 'fast-check';
import type { Component, SolveOptions, SolverNode } from '../../../src/match/solver/component.ts';

const KINDS = 3;

interface Sizes {
  readonly lefts: number;
  readonly rights: number;
}

/** Small components in which ties, interchangeable nodes and several solutions are common. */
export function smallComponent({ lefts, rights }: Sizes): fc.Arbitrary<Component> {
  const kind = fc.nat({ max: KINDS - 1 });
  return fc
    .record({
      leftAmounts: fc.array(fc.integer({ min: -4, max: 9 }), {
        minLength: KINDS,
        maxLength: KINDS,
      }),
      rightAmounts: fc.array(fc.integer({ min: -2, max: 5 }), {
        minLength: KINDS,
        maxLength: KINDS,
      }),
      leftKinds: fc.array(kind, { minLength: 1, maxLength: lefts }),
      rightKinds: fc.array(kind, { minLength: 1, maxLength: rights }),
      mayMeet: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 9, maxLength: 9 }),
      flipped: fc.array(fc.tuple(fc.nat({ max: lefts - 1 }), fc.nat({ max: rights - 1 })), {
        maxLength: 5,
      }),
      distances: fc.array(fc.nat({ max: 3 }), { minLength: 7, maxLength: 7 }),
    })
    .map((drawn) => {
      const flipped = new Set(drawn.flipped.map(([left, right]) => `${left}+${right}`));
      const edges = drawn.leftKinds.flatMap((leftKind, left) =>
        drawn.rightKinds.flatMap((rightKind, right) => {
          const meets = (drawn.mayMeet[leftKind * KINDS + rightKind] ?? 0) > 0;
          const distance = drawn.distances[(3 * left + 5 * right) % 7] ?? 0;
          return meets === flipped.has(`${left}+${right}`) ? [] : [{ left, right, distance }];
        }),
      );
      return {
        lefts: drawn.leftKinds.map(nodeOf('L', drawn.leftAmounts)),
        rights: drawn.rightKinds.map(nodeOf('R', drawn.rightAmounts)),
        edges,
      };
    });
}

function nodeOf(side: string, amounts: readonly number[]) {
  return (kind: number, place: number): SolverNode => ({
    key: `${side}${(place * 7) % 10}${place}`,
    amountMinor: BigInt(amounts[kind] ?? 0),
    sameness: `kind ${kind}`,
  });
}

/** Options of one cardinality, with tolerances and bounds that bind. */
export function smallOptions(cardinality: SolveOptions['cardinality']): fc.Arbitrary<SolveOptions> {
  return fc.record({
    cardinality: fc.constant(cardinality),
    underMinor: fc.constantFrom(0n, 0n, 0n, 1n, 2n),
    overMinor: fc.constantFrom(0n, 0n, 0n, 1n),
    maxItems: fc.constantFrom(1, 2, 3, 6),
    budgetNodes: fc.constant(1_000_000),
  });
}
