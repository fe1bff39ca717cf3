import { expect, test } from 'vitest';
import type { SolveOptions } from '../../../src/match/solver/component.ts';
import { solveAll } from '../../../src/match/solver/pool.ts';
import { solve } from '../../../src/match/solver/solve.ts';

const OPTIONS: SolveOptions = {
  cardinality: '1:N',
  underMinor: 0n,
  overMinor: 0n,
  maxItems: 4,
  budgetNodes: 10_000,
};

function pairOfTwo(place: number) {
  const node = (name: string, amountMinor: bigint) => ({
    key: `${name}${place}`,
    amountMinor,
    sameness: name,
  });
  return {
    name: place,
    lefts: [node('L', 30n)],
    rights: [node('Ra', 10n), node('Rb', 20n), node('Rc', place % 2 === 0 ? 30n : 5n)],
    edges: [0, 1, 2].map((right) => ({ left: 0, right, distance: right })),
  };
}

test('every component comes back in its order with what deciding it alone says', async () => {
  const given = Array.from({ length: 700 }, (_, place) => pairOfTwo(place));
  let place = 0;
  for await (const { component, decisions } of solveAll(given, OPTIONS)) {
    expect(component).toBe(given[place]);
    expect(decisions).toEqual(solve(component, OPTIONS));
    place += 1;
  }
  expect(place).toBe(700);
});

test('other work of the process gets its turn between components', async () => {
  const turns: number[] = [];
  let solved = 0;
  const timer = setInterval(() => turns.push(solved), 0);
  const given = Array.from({ length: 5_000 }, (_, place) => pairOfTwo(place));
  for await (const { decisions } of solveAll(given, OPTIONS))
    solved += Math.min(1, decisions.length);
  clearInterval(timer);
  expect(solved).toBe(5_000);
  expect(turns.filter((count) => count > 0 && count < 5_000).length).toBeGreaterThan(2);
});
