import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MerkleTree } from '../../src/audit/merkle.ts';

/** The inputs and roots that the reference implementations of RFC 6962 are tested with. */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function leafHash(content: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(content).digest();
}

/** The tree as RFC 6962 defines it. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(rootByDefinition(leaves.slice(0, split)))
    .update(rootByDefinition(leaves.slice(split)))
    .digest();
}

test.each(ROOTS.map((root, leaves) => [leaves, root] as const))(
  'the root of the first %i test leaves is the known one',
  (leaves, root) => {
    const tree = new MerkleTree();
    for (const input of INPUTS.slice(0, leaves)) tree.add(leafHash(Buffer.from(input, 'hex')));
    expect(tree.root().toString('hex')).toBe(root);
    expect(tree.leaves).toBe(leaves);
  },
);

test('has the shape of RFC 6962 for any number of leaves, however they arrive', () => {
  fc.assert(
    fc.property(fc.nat(70), fc.nat(70), (count, cut) => {
      const leaves = Array.from({ length: count }, (_, index) => leafHash(Buffer.of(index)));
      const tree = new MerkleTree();
      tree.add(Buffer.concat(leaves.slice(0, cut)));
      tree.add(Buffer.concat(leaves.slice(cut)));
      expect(tree.root()).toEqual(rootByDefinition(leaves));
    }),
  );
});
