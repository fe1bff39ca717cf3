import { describe, expect, test } from 'vitest';
import type { Cardinality, Component, SolveOptions } from '../../../src/match/solver/component.ts';
import { solve } from '../../../src/match/solver/solve.ts';

/** `amount` or `amount×count` of nodes that are alike. */
type Row = readonly [amountMinor: number | bigint, count: number];

function side(name: string, rows: readonly Row[]): Component['lefts'] {
  return rows.flatMap(([amountMinor, count], kind) =>
    Array.from({ length: count }, (_, place) => ({
      key: `${name}${String(kind).padStart(3, '0')}-${String(place).padStart(5, '0')}`,
      amountMinor: BigInt(amountMinor),
      sameness: `${name}${kind}`,
    })),
  );
}

/** Everybody may meet everybody, unless pairs are given. */
function component(
  lefts: readonly Row[],
  rights: readonly Row[],
  pairs?: readonly (readonly [number, number])[],
): Component {
  const nodes = { lefts: side('L', lefts), rights: side('R', rights) };
  const all = nodes.lefts.flatMap((_, left) => nodes.rights.map((_r, right) => [left, right]));
  const edges = (pairs ?? all).map(([left = 0, right = 0]) => ({ left, right, distance: 0 }));
  return { ...nodes, edges };
}

function decide(given: Component, cardinality: Cardinality, options: Partial<SolveOptions> = {}) {
  const asked = { underMinor: 0n, overMinor: 0n, maxItems: 12, budgetNodes: 5_000_000, ...options };
  return solve(given, { cardinality, ...asked }).map((decision) => {
    const { certificate, alternatives, groups } = decision;
    const told = groups.map(({ lefts, rights }) => `${lefts.join(',')}=${rights.join(',')}`);
    return [certificate, alternatives, told.join(' ')] as const;
  });
}

describe('one to one', () => {
  test('two lefts and three interchangeable rights are equivalent, the earliest taken', () => {
    const given = component(
      [
        [5, 1],
        [5, 1],
      ],
      [[5, 3]],
    );
    expect(decide(component([[5, 2]], [[5, 3]]), '1:1')).toEqual([['EQUIVALENT', 6, '0=0 1=1']]);
    expect(decide(given, '1:1')).toEqual([['EQUIVALENT', 6, '0=0 1=1']]);
  });

  test('which of five interchangeable lefts stay open is immaterial', () => {
    expect(decide(component([[5, 5]], [[5, 3]]), '1:1')).toEqual([
      ['EQUIVALENT', 60, '0=0 1=1 2=2'],
    ]);
  });

  test('alike nodes with other neighbours are not interchangeable', () => {
    const pairs = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [1, 2],
    ] as const;
    expect(decide(component([[5, 2]], [[5, 3]], pairs), '1:1')[0]?.slice(0, 2)).toEqual([
      'AMBIGUOUS',
      2,
    ]);
  });

  test('a distance makes nothing unique', () => {
    const given = component(
      [[5, 1]],
      [
        [5, 1],
        [5, 1],
      ],
    );
    const edges = given.edges.map((edge, place) => ({ ...edge, distance: 9 - 8 * place }));
    expect(decide({ ...given, edges }, '1:1')).toEqual([['AMBIGUOUS', 2, '0=1']]);
  });

  test('a forced pair is unique beside what is ambiguous', () => {
    const pairs = [
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
    ] as const;
    expect(
      decide(
        component(
          [
            [5, 1],
            [5, 1],
          ],
          [
            [5, 1],
            [5, 1],
            [5, 1],
          ],
          pairs,
        ),
        '1:1',
      ),
    ).toEqual([
      ['UNIQUE', 1, '0=0'],
      ['AMBIGUOUS', 2, '1=1'],
    ]);
  });

  test('a chain of a thousand pairs with one way through is a thousand forced pairs', () => {
    const pairs = Array.from(
      { length: 1_999 },
      (_, place) => [(place + 1) >> 1, place >> 1] as const,
    );
    const rows = Array.from({ length: 1_000 }, (): Row => [5, 1]);
    const decisions = decide(component(rows, rows, pairs), '1:1');
    expect(decisions).toHaveLength(1_000);
    expect(decisions.every(([certificate]) => certificate === 'UNIQUE')).toBe(true);
  });

  test('a thousand equals on either side are counted, not tried', () => {
    const [decision, ...others] = solve(component([[5, 1_000]], [[5, 1_000]]), {
      cardinality: '1:1',
      underMinor: 0n,
      overMinor: 0n,
      maxItems: 1,
      budgetNodes: 0,
    });
    expect(others).toEqual([]);
    expect(decision).toMatchObject({
      certificate: 'EQUIVALENT',
      alternatives: 1_000_000_000,
      nodes: 0,
    });
    expect(decision?.groups).toEqual(
      Array.from({ length: 1_000 }, (_, place) => ({ lefts: [place], rights: [place] })),
    );
  });

  test('more ways than the cap are told as the cap', () => {
    const rows = Array.from({ length: 8 }, (): Row => [5, 1]);
    expect(decide(component(rows, rows), '1:1')[0]?.slice(0, 2)).toEqual(['AMBIGUOUS', 1_000]);
  });

  test('what has no candidate is infeasible, and nothing at all is no decision', () => {
    expect(decide(component([[5, 1]], [[5, 1]], []), '1:1')).toEqual([['INFEASIBLE', 0, '']]);
    expect(decide(component([], []), '1:1')).toEqual([]);
  });
});

describe('groups', () => {
  test('one left and its rights, of equal ones as many as are asked', () => {
    expect(decide(component([[30, 1]], [[10, 5]]), '1:N')).toEqual([['EQUIVALENT', 10, '0=0,1,2']]);
    expect(
      decide(
        component(
          [[30, 1]],
          [
            [10, 3],
            [7, 2],
          ],
        ),
        '1:N',
      ),
    ).toEqual([
      ['UNIQUE', 1, '0=0,1,2'],
      ['INFEASIBLE', 0, ''],
    ]);
    expect(decide(component([[10, 5]], [[30, 1]]), 'N:1')).toEqual([['EQUIVALENT', 10, '0,1,2=0']]);
  });

  test('no more items than are allowed', () => {
    expect(decide(component([[30, 1]], [[10, 3]]), '1:N', { maxItems: 2 })[0]?.[0]).toBe(
      'INFEASIBLE',
    );
  });

  test('items of either sign', () => {
    expect(
      decide(
        component(
          [[70, 1]],
          [
            [100, 1],
            [-30, 1],
            [55, 1],
          ],
        ),
        '1:N',
      )[0],
    ).toEqual(['UNIQUE', 1, '0=0,1']);
  });

  test.each<[number, number, string]>([
    [98, 100, 'UNIQUE'],
    [97, 100, 'INFEASIBLE'],
    [101, 100, 'UNIQUE'],
    [102, 100, 'INFEASIBLE'],
    [-98, -100, 'UNIQUE'],
    [-97, -100, 'INFEASIBLE'],
    [-101, -100, 'UNIQUE'],
    [-102, -100, 'INFEASIBLE'],
  ])('a left of %d for rights of %d, two less and one more allowed, is %s', (left, right, told) => {
    const options = { underMinor: 2n, overMinor: 1n };
    for (const cardinality of ['1:N', 'N:1', 'N:M'] as const) {
      expect(decide(component([[left, 1]], [[right, 1]]), cardinality, options)[0]?.[0]).toBe(told);
    }
  });

  test('the most lefts are explained, though one could take what two need', () => {
    const pairs = [
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 1],
    ] as const;
    const given = component(
      [
        [30, 1],
        [10, 1],
        [20, 1],
      ],
      [
        [10, 1],
        [20, 1],
      ],
      pairs,
    );
    expect(decide(given, '1:N')).toEqual([['UNIQUE', 1, '1=0 2=1']]);
  });

  test('a whole that balances in one way only is one group, and parts that balance are told apart', () => {
    expect(
      decide(
        component(
          [
            [60, 1],
            [40, 1],
          ],
          [
            [75, 1],
            [25, 1],
          ],
        ),
        'N:M',
      ),
    ).toEqual([['UNIQUE', 1, '0,1=0,1']]);
    expect(
      decide(
        component(
          [
            [60, 1],
            [40, 1],
          ],
          [
            [60, 1],
            [40, 1],
          ],
        ),
        'N:M',
      ),
    ).toEqual([
      ['UNIQUE', 1, '0=0'],
      ['UNIQUE', 1, '1=1'],
    ]);
  });

  test('three hundred equals that take three of nine hundred each are counted, not tried', () => {
    const decisions = decide(component([[300, 300]], [[100, 900]]), '1:N', { budgetNodes: 20 });
    expect(decisions.map(([certificate]) => certificate)).toEqual(['EQUIVALENT']);
    expect(decisions[0]?.[2].split(' ')[1]).toBe('1=3,4,5');
  });

  test('too many lefts for too few equal items are ambiguous, and soon known to be', () => {
    const lefts = Array.from({ length: 30 }, (): Row => [5, 1]);
    const rights = Array.from({ length: 15 }, (): Row => [5, 1]);
    expect(
      decide(component(lefts, rights), '1:N', { budgetNodes: 500_000 })[0]?.slice(0, 2),
    ).toEqual(['AMBIGUOUS', 1_000]);
  });
});

describe('twelve of forty', () => {
  /** Amounts below a bound, the same at every run and without a pattern (Knuth's MMIX). */
  const amounts = (bound: bigint) => {
    let state = 2_026n;
    return Array.from({ length: 40 }, () => {
      state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
      return 1n + ((state >> 11n) % bound);
    });
  };
  const givenWanted = (bound: bigint, more = 0n) => {
    const all = amounts(bound);
    const wanted = all.filter((_, place) => place % 10 < 3).reduce((sum, each) => sum + each, more);
    return component(
      [[wanted, 1]],
      all.map((amount): Row => [amount, 1]),
    );
  };
  const planted = Array.from({ length: 40 }, (_, place) => place).filter((place) => place % 10 < 3);

  test('are found and proved to be the only ones, within two million search nodes', () => {
    const given = givenWanted(10n ** 13n);
    expect(decide(given, '1:N', { budgetNodes: 2_000_000 })[0]).toEqual([
      'UNIQUE',
      1,
      `0=${planted.join(',')}`,
    ]);
  });

  test('of small amounts are ambiguous', () => {
    expect(decide(givenWanted(10n ** 4n), '1:N')[0]?.slice(0, 2)).toEqual(['AMBIGUOUS', 1_000]);
  });

  test('that miss by a minor unit are proved not to exist', () => {
    expect(decide(givenWanted(10n ** 13n, 1n), '1:N')).toEqual([['INFEASIBLE', 0, '']]);
  });

  test('are not claimed when the budget does not reach', () => {
    for (const budgetNodes of [0, 1, 1_000, 100_000, 1_000_000]) {
      expect(decide(givenWanted(10n ** 13n), '1:N', { budgetNodes })[0]?.[0]).toBe(
        'BUDGET_EXHAUSTED',
      );
    }
  });
});
