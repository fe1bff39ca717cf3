/** Parts edge rows into components: two rows are in one when a chain of shared lefts and rights ties them. */
export function componentsOf<T extends { readonly left: string; readonly right: string }>(
  edges: readonly T[],
): T[][] {
  const sorted = [...edges].sort(byKeys);
  const lefts = new Map<string, number>();
  const rights = new Map<string, number>();
  const roots: number[] = [];
  const numberOf = (side: Map<string, number>, key: string): number => {
    const known = side.get(key);
    if (known !== undefined) return known;
    side.set(key, roots.length);
    return roots.push(roots.length) - 1;
  };
  const ends = sorted.map(({ left, right }) => {
    const end = numberOf(lefts, left);
    unite(roots, end, numberOf(rights, right));
    return end;
  });
  const components = new Map<number, T[]>();
  sorted.forEach((edge, place) => {
    const root = rootOf(roots, ends[place] as number);
    const known = components.get(root);
    if (known === undefined) components.set(root, [edge]);
    else known.push(edge);
  });
  return [...components.values()];
}

/** By left, then by right; code units decide, so no locale does. */
function byKeys(
  one: { readonly left: string; readonly right: string },
  other: { readonly left: string; readonly right: string },
): number {
  if (one.left !== other.left) return one.left < other.left ? -1 : 1;
  if (one.right !== other.right) return one.right < other.right ? -1 : 1;
  return 0;
}

/** The trees of a union-find as an array of parents. */
export function rootOf(parents: number[], node: number): number {
  let root = node;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root] as number] as number;
    root = parents[root] as number;
  }
  return root;
}

/** Makes two trees one, under the smaller root. */
export function unite(parents: number[], one: number, other: number): void {
  const [first, second] = [rootOf(parents, one), rootOf(parents, other)];
  parents[Math.max(first, second)] = Math.min(first, second);
}
