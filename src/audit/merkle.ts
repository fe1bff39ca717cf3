import { createHash } from 'node:crypto';

const HASH_BYTES = 32;
const NODE = Buffer.of(0x01);

/**
 * The Merkle tree of RFC 6962, section 2.1, built leaf by leaf in memory that grows with the logarithm of the leaves.
 *
 * It takes leaf hashes (SHA-256 of 0x00 and the content), not contents.
 */
export class MerkleTree {
  /** The roots of the full subtrees so far, by height; as in a binary counter, each height is there or not. */
  readonly #full: (Buffer | undefined)[] = [];
  leaves = 0;

  /** Adds leaf hashes of 32 bytes, one behind another. */
  add(hashes: Uint8Array): void {
    for (let start = 0; start < hashes.length; start += HASH_BYTES) {
      this.#addOne(Buffer.from(hashes.subarray(start, start + HASH_BYTES)));
    }
  }

  /** The root of what was added: of nothing, the hash of nothing. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const subtree of this.#full) {
      if (subtree !== undefined) root = root === undefined ? subtree : nodeHash(subtree, root);
    }
    return root ?? createHash('sha256').digest();
  }

  #addOne(leaf: Buffer): void {
    let subtree = leaf;
    let height = 0;
    for (let left = this.#full[0]; left !== undefined; left = this.#full[height]) {
      subtree = nodeHash(left, subtree);
      this.#full[height] = undefined;
      height += 1;
    }
    this.#full[height] = subtree;
    this.leaves += 1;
  }
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}
