import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { storedRoot } from './seal.ts';

const VERIFY_SEALS = sqlFile(import.meta.url, './sql/90_verify_seals.sql');

/**
 * Recomputes the seals of a book from its journals: leaves looked at, and breaches found.
 *
 * Every leaf hash is computed again, every Merkle root from its leaves, and the blocks must be a chain. Signatures are not
 * looked at, which needs no key; a tail that was cut off is found only against a digest (`verifyChain`).
 */
export async function verifySeals(
  tx: Tx,
  bookId: bigint,
): Promise<{ readonly checked: bigint; readonly breaches: bigint }> {
  const [counted] = await tx.query<{ checked: bigint; breaches: bigint }>(VERIFY_SEALS, [bookId]);
  const blocks = await tx.query<{ blockNo: bigint; leafCount: bigint; merkleRoot: Buffer }>(
    `select block_no as "blockNo", leaf_count as "leafCount", merkle_root as "merkleRoot"
     from tieout.seal_block
     where book_id = $1
     order by block_no`,
    [bookId],
  );
  let wrongRoots = 0n;
  for (const { blockNo, leafCount, merkleRoot } of blocks) {
    const root = await storedRoot(tx, { bookId, blockNo, leafCount });
    if (!root.equals(merkleRoot)) wrongRoots += 1n;
  }
  return {
    checked: counted?.checked ?? 0n,
    breaches: (counted?.breaches ?? 0n) + wrongRoots,
  };
}
