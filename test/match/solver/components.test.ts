import fc from 'fast-check';
import { expect, test } from 'vitest';
import { componentsOf } from '../../../src/match/solver/components.ts';

const edge = fc.record({
  left: fc.nat({ max: 9 }).map(String),
  right: fc.nat({ max: 9 }).map(String),
  rule: fc.nat({ max: 1 }),
});

test('rows that share a left or a right are in one component, others are not', () => {
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 14 }), (edges) => {
      const components = componentsOf(edges);
      expect(components.flat()).toHaveLength(edges.length);
      for (const component of components) {
        const reached = new Set(component.slice(0, 1));
        for (const row of reached) {
          for (const other of edges) {
            if (other.left === row.left || other.right === row.right) reached.add(other);
          }
        }
        expect(new Set(component)).toEqual(reached);
      }
    }),
  );
});

test('components and their rows are in the order of keys, whatever the order given', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(edge, { selector: ({ left, right }) => `${left}+${right}`, maxLength: 14 }),
      (edges) => {
        const components = componentsOf(edges);
        expect(componentsOf([...edges].reverse())).toEqual(components);
        const firsts = components.map(([first]) => `${first?.left}+${first?.right}`);
        expect([...firsts].sort()).toEqual(firsts);
      },
    ),
  );
});

test('a left and a right of one key are two nodes', () => {
  const edges = [
    { left: 'a', right: 'b' },
    { left: 'b', right: 'c' },
  ];
  expect(componentsOf(edges)).toEqual([[edges[0]], [edges[1]]]);
});

test('a chain of two hundred thousand rows is one component', () => {
  const edges = Array.from({ length: 200_000 }, (_, place) => ({
    left: String((place + 1) >> 1),
    right: String(place >> 1),
  }));
  expect(componentsOf(edges).map(({ length }) => length)).toEqual([200_000]);
});
