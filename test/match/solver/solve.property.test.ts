import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Component, Decision, SolveOptions } from '../../../src/match/solver/component.ts';
import { solve } from '../../../src/match/solver/solve.ts';
import { type BitGroup, type EverySolution, everySolution, placesOf } from './every-solution.ts';
import { smallComponent, smallOptions } from './small-component.ts';

const SIZES = { '1:1': [5, 6], '1:N': [4, 6], 'N:1': [6, 4], 'N:M': [4, 4] } as const;
const CARDINALITIES = Object.keys(SIZES) as (keyof typeof SIZES)[];
const RUNS = { '1:1': 1_500, '1:N': 1_500, 'N:1': 800, 'N:M': 500 } as const;

const bitsOf = (places: readonly number[]) =>
  places.reduce((bits, place) => bits | (1 << place), 0);
const nameOf = (groups: readonly BitGroup[]) =>
  groups
    .map(({ lefts, rights }) => `${lefts}+${rights}`)
    .sort()
    .join(' ');
const within = (group: BitGroup, decision: Decision) =>
  (group.lefts & ~bitsOf(decision.lefts)) === 0 && (group.rights & ~bitsOf(decision.rights)) === 0;
const touches = (group: BitGroup, decision: Decision) =>
  (group.lefts & bitsOf(decision.lefts)) !== 0 || (group.rights & bitsOf(decision.rights)) !== 0;
const groupsOf = (decision: Decision): BitGroup[] =>
  decision.groups.map(({ lefts, rights }) => ({ lefts: bitsOf(lefts), rights: bitsOf(rights) }));

/** Holds a decision against all that can be done with the nodes it covers. */
function expectTruth(decision: Decision, every: EverySolution): void {
  const own = every.solutions.map((solution) =>
    solution.filter((group) => touches(group, decision)),
  );
  expect(own.flat().every((group) => within(group, decision))).toBe(true);
  const labelled = new Map(own.map((solution) => [nameOf(solution), solution]));
  const materials = new Set(own.map(every.materialOf));
  const answer = groupsOf(decision);
  switch (decision.certificate) {
    case 'UNIQUE':
      expect([...labelled.keys()]).toEqual([nameOf(answer)]);
      expect(answer).not.toEqual([]);
      expect(decision.alternatives).toBe(1);
      break;
    case 'EQUIVALENT':
      expect([...materials]).toEqual([every.materialOf(answer)]);
      expect(labelled.has(nameOf(answer))).toBe(true);
      expect(decision.alternatives).toBe(labelled.size);
      expect(labelled.size).toBeGreaterThan(1);
      break;
    case 'AMBIGUOUS': {
      const nearest = Math.min(...own.map(every.distanceOf));
      expect(decision.alternatives).toBe(Math.min(materials.size, 1_000));
      expect(materials.size).toBeGreaterThan(1);
      expect(labelled.has(nameOf(answer))).toBe(true);
      if (materials.size < 1_000) expect(every.distanceOf(answer)).toBe(nearest);
      break;
    }
    case 'INFEASIBLE':
      expect(every.groups.filter((group) => touches(group, decision))).toEqual([]);
      expect(answer).toEqual([]);
      expect(decision.alternatives).toBe(0);
      break;
    case 'BUDGET_EXHAUSTED':
      expect(answer).toEqual([]);
      expect(decision.alternatives).toBe(0);
  }
}

function expectEachNodeOnce(component: Component, decisions: readonly Decision[]): void {
  const ascending = (values: number[]) => values.sort((one, other) => one - other);
  for (const side of ['lefts', 'rights'] as const) {
    const covered = ascending(decisions.flatMap((decision) => decision[side]));
    expect(covered).toEqual([...component[side].keys()]);
    for (const decision of decisions) {
      const grouped = decision.groups.flatMap((group) => group[side]);
      expect(new Set(grouped).size).toBe(grouped.length);
    }
  }
}

/** Decisions told by keys, so that they can be compared between orders of the same nodes. */
function byKey({ lefts, rights }: Component, decisions: readonly Decision[]) {
  const left = (place: number) => lefts[place]?.key;
  const right = (place: number) => rights[place]?.key;
  return decisions.map((decision) => ({
    ...decision,
    lefts: decision.lefts.map(left),
    rights: decision.rights.map(right),
    groups: decision.groups.map((group) => [group.lefts.map(left), group.rights.map(right)]),
  }));
}

function shuffled<T>(values: readonly T[], order: readonly number[]) {
  const places = [...values.keys()].sort(
    (one, other) =>
      (order[one % order.length] ?? 0) - (order[other % order.length] ?? 0) || other - one,
  );
  return { values: places.map((place) => values[place] as T), places };
}

function permuted(component: Component, order: readonly number[]): Component {
  const lefts = shuffled(component.lefts, order);
  const rights = shuffled(component.rights, [...order].reverse());
  const edges = component.edges.map((edge) => ({
    ...edge,
    left: lefts.places.indexOf(edge.left),
    right: rights.places.indexOf(edge.right),
  }));
  return { lefts: lefts.values, rights: rights.values, edges: shuffled(edges, order).values };
}

const sum = (nodes: Component['lefts'], places: readonly number[]) =>
  places.reduce((total, place) => total + (nodes[place]?.amountMinor ?? 0n), 0n);

describe.each(CARDINALITIES)('%s', (cardinality) => {
  const [lefts, rights] = SIZES[cardinality];
  const component = smallComponent({ lefts, rights });
  const options = smallOptions(cardinality);
  const runs = { numRuns: RUNS[cardinality] };

  test('every certificate and count is what trying everything finds, and each node is decided once', () => {
    fc.assert(
      fc.property(component, options, (given, asked) => {
        const decisions = solve(given, asked);
        const every = everySolution(given, asked);
        expectEachNodeOnce(given, decisions);
        for (const decision of decisions) {
          expect(decision.certificate).not.toBe('BUDGET_EXHAUSTED');
          expectTruth(decision, every);
        }
      }),
      runs,
    );
  });

  test('a small budget ends in the truth or in saying that it was spent', () => {
    fc.assert(
      fc.property(component, options, fc.constantFrom(0, 1, 2, 5, 20, 60), (given, asked, most) => {
        const decisions = solve(given, { ...asked, budgetNodes: most });
        expectEachNodeOnce(given, decisions);
        expect(decisions.reduce((used, { nodes }) => used + nodes, 0)).toBeLessThanOrEqual(
          cardinality === '1:1' ? most + decisions.length : most,
        );
        const every = everySolution(given, asked);
        for (const decision of decisions) {
          const { certificate, alternatives } = decision;
          if (certificate !== 'AMBIGUOUS') expectTruth(decision, every);
          else expectAtLeast(decision, every, alternatives);
        }
      }),
      { numRuns: RUNS[cardinality] / 2 },
    );
  });

  test('the order of nodes and edges changes nothing', () => {
    fc.assert(
      fc.property(
        component,
        options,
        fc.array(fc.nat({ max: 9 }), { minLength: 5, maxLength: 11 }),
        (given, asked, order) => {
          const other = permuted(given, order);
          expect(byKey(other, solve(other, asked))).toEqual(byKey(given, solve(given, asked)));
        },
      ),
      runs,
    );
  });

  test('distances change no certificate and no count', () => {
    fc.assert(
      fc.property(component, options, (given, asked) => {
        const bare = (decisions: readonly Decision[]) =>
          decisions.map(({ certificate, alternatives, lefts: l, rights: r }) => ({
            certificate,
            alternatives,
            nodes: [l, r],
          }));
        const far = given.edges.map((edge, place) => ({ ...edge, distance: (place * 31) % 11 }));
        expect(bare(solve({ ...given, edges: far }, asked))).toEqual(bare(solve(given, asked)));
      }),
      runs,
    );
  });

  test.runIf(cardinality !== '1:1')('a group sums to the minor unit, within its tolerance', () => {
    fc.assert(
      fc.property(component, options, (given, asked) => {
        for (const group of solve(given, asked).flatMap(({ groups }) => groups)) {
          const rightSum = sum(given.rights, group.rights);
          const more = sum(given.lefts, group.lefts) - rightSum;
          const over = rightSum < 0n ? -more : more;
          expect(over <= asked.overMinor && -over <= asked.underMinor).toBe(true);
        }
      }),
      runs,
    );
  });

  test.runIf(cardinality === '1:N' || cardinality === 'N:1')(
    'amounts beyond exact numbers are decided like small ones',
    () => {
      const factor = 10n ** 16n;
      const times = (nodes: Component['lefts']) =>
        nodes.map((node) => ({ ...node, amountMinor: node.amountMinor * factor }));
      fc.assert(
        fc.property(component, options, (given, asked) => {
          const large = { ...given, lefts: times(given.lefts), rights: times(given.rights) };
          const tolerances = {
            underMinor: asked.underMinor * factor,
            overMinor: asked.overMinor * factor,
          };
          const told = (decisions: readonly Decision[]) =>
            decisions.map(({ nodes, ...decision }) => decision);
          expect(told(solve(large, { ...asked, ...tolerances }))).toEqual(
            told(solve(given, asked)),
          );
        }),
        runs,
      );
    },
  );
});

/** An ambiguity that was not counted to its end: at least so many, and the proposal is one of them. */
function expectAtLeast(decision: Decision, every: EverySolution, alternatives: number): void {
  const own = every.solutions.map((solution) =>
    solution.filter((group) => touches(group, decision)),
  );
  expect(alternatives).toBeGreaterThan(1);
  expect(new Set(own.map(every.materialOf)).size).toBeGreaterThanOrEqual(alternatives);
  expect(own.map(nameOf)).toContain(nameOf(groupsOf(decision)));
}

test('an answer to the maximum matching is forced exactly when every matching holds it', () => {
  const asked: SolveOptions = {
    cardinality: '1:1',
    underMinor: 0n,
    overMinor: 0n,
    maxItems: 1,
    budgetNodes: 1_000,
  };
  fc.assert(
    fc.property(smallComponent({ lefts: 5, rights: 6 }), (given) => {
      const [first = [], ...others] = everySolution(given, asked).solutions;
      const forced = first.filter((pair) =>
        others.every((solution) =>
          nameOf(solution)
            .split(' ')
            .includes(nameOf([pair])),
        ),
      );
      const unique = solve(given, asked).filter(({ certificate }) => certificate === 'UNIQUE');
      expect(nameOf(unique.flatMap(groupsOf))).toBe(nameOf(forced));
    }),
    { numRuns: 1_000 },
  );
});

test('bit sets are read back as they were made', () => {
  expect(placesOf(bitsOf([0, 3, 5]))).toEqual([0, 3, 5]);
});

test.each([
  [[1, 2, 2], [2, 1], '00 01 10 20 21', 7],
  [[1, 3], [3, 2, 1], '00 02 10 11 12', 8],
])(
  'of equals %j and %j that meet as %s there are %d ways',
  (leftCounts, rightCounts, meet, ways) => {
    const side = (name: string, counts: readonly number[]) =>
      counts.flatMap((count, kind) =>
        Array.from({ length: count }, (_, place) => ({
          key: `${name}${kind}${place}`,
          amountMinor: 5n,
          sameness: `${kind}`,
        })),
      );
    const lefts = side('L', leftCounts);
    const rights = side('R', rightCounts);
    const edges = lefts.flatMap((one, left) =>
      rights.flatMap((other, right) =>
        meet.split(' ').includes(one.sameness + other.sameness)
          ? [{ left, right, distance: 0 }]
          : [],
      ),
    );
    const asked: SolveOptions = {
      cardinality: '1:1',
      underMinor: 0n,
      overMinor: 0n,
      maxItems: 1,
      budgetNodes: 1_000,
    };
    const given = { lefts, rights, edges };
    const [decision, ...others] = solve(given, asked);
    expect(others).toEqual([]);
    expect(decision).toMatchObject({ certificate: 'AMBIGUOUS', alternatives: ways });
    if (decision !== undefined) expectTruth(decision, everySolution(given, asked));
  },
);
