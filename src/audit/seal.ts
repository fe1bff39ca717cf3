import { sign } from 'node:crypto';
import { lockBook } from '../db/book-lock.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { MerkleTree } from './merkle.ts';
import { NO_ROOT, type SealedBlock, sealedBlockBytes } from './seal-encoding.ts';
import type { SealKey } from './seal-key.ts';

/** Leaves of a full block, unless told otherwise. */
export const BLOCK_LEAVES = 100_000;

const BLOCKS_AT_ONCE = 10;
const PAGE_LEAVES = 20_000n;

const SEAL_LEAVES = sqlFile(import.meta.url, './sql/10_seal_leaves.sql');
const BLOCK_TOTALS = sqlFile(import.meta.url, './sql/20_block_totals.sql');
const LEAF_HASHES = sqlFile(import.meta.url, './sql/30_leaf_hashes.sql');

export interface SealOptions {
  readonly bookId: bigint;
  readonly key: SealKey;
  readonly now: Date;
  /** Leaves of a full block; default 100,000. */
  readonly blockLeaves?: number;
  /** Blocks of one transaction; default 10. */
  readonly blocksAtOnce?: number;
}

export interface SealOutcome {
  readonly blocks: number;
  readonly journals: number;
  readonly postings: number;
  /** Everything asked was full: there may be more to seal. */
  readonly isFull: boolean;
}

interface BlockTotal {
  readonly blockNo: bigint;
  readonly currency: string;
  readonly postings: bigint;
  readonly sumMinor: string;
}

/**
 * Seals the journals of a book that are not sealed yet, oldest booking day first, in signed blocks (RFC 6962, ed25519).
 *
 * A journal that commits while this runs is sealed the next time, whatever its dates. At most `blocksAtOnce` blocks are
 * made in the caller's transaction; call again while the outcome `isFull`. Throws `book_busy` at once while the book is
 * taken, be it by another sealer or by a run.
 */
export async function sealJournals(tx: Tx, options: SealOptions): Promise<SealOutcome> {
  const { bookId } = options;
  const blockLeaves = options.blockLeaves ?? BLOCK_LEAVES;
  const blocksAtOnce = options.blocksAtOnce ?? BLOCKS_AT_ONCE;
  await lockBook(tx, bookId);
  const last = await lastBlock(tx, bookId);
  const firstNo = last.blockNo + 1n;
  const { rowCount: journals } = await tx.execute(SEAL_LEAVES, [
    bookId,
    firstNo,
    blockLeaves,
    blockLeaves * blocksAtOnce,
  ]);
  const blocks = Math.ceil(journals / blockLeaves);
  const totals = await tx.query<BlockTotal>(BLOCK_TOTALS, [
    bookId,
    firstNo,
    last.blockNo + BigInt(blocks),
  ]);
  let previousRoot = last.merkleRoot;
  for (let index = 0; index < blocks; index += 1) {
    const blockNo = firstNo + BigInt(index);
    const leafCount = BigInt(Math.min(blockLeaves, journals - index * blockLeaves));
    const merkleRoot = await storedRoot(tx, { bookId, blockNo, leafCount });
    const ofBlock = totals.filter((total) => total.blockNo === blockNo);
    await writeBlock(tx, options, {
      ...totalsOf(ofBlock),
      blockNo,
      leafCount,
      merkleRoot,
      previousRoot,
    });
    previousRoot = merkleRoot;
  }
  const postings = totals.reduce((sum, total) => sum + Number(total.postings), 0);
  return { blocks, journals, postings, isFull: journals === blockLeaves * blocksAtOnce };
}

/** The Merkle root of a block's leaf hashes as they are stored; fewer leaves than `leafCount` are a bug or a breach. */
export async function storedRoot(
  tx: Tx,
  block: { readonly bookId: bigint; readonly blockNo: bigint; readonly leafCount: bigint },
): Promise<Buffer> {
  const tree = new MerkleTree();
  for (let first = 0n; first < block.leafCount; first += PAGE_LEAVES) {
    const [page] = await tx.query<{ leaves: bigint; hashes: Buffer }>(LEAF_HASHES, [
      block.bookId,
      block.blockNo,
      first,
      first + PAGE_LEAVES - 1n,
    ]);
    if (page === undefined || page.leaves === 0n) break;
    tree.add(page.hashes);
  }
  return tree.root();
}

async function lastBlock(
  tx: Tx,
  bookId: bigint,
): Promise<{ readonly blockNo: bigint; readonly merkleRoot: Buffer }> {
  const [last] = await tx.query<{ blockNo: bigint; merkleRoot: Buffer }>(
    `select block_no as "blockNo", merkle_root as "merkleRoot"
     from tieout.seal_block
     where book_id = $1
     order by block_no desc
     limit 1`,
    [bookId],
  );
  return last ?? { blockNo: 0n, merkleRoot: NO_ROOT };
}

function totalsOf(totals: readonly BlockTotal[]): Pick<SealedBlock, 'postingCount' | 'sums'> {
  return {
    postingCount: totals.reduce((sum, { postings }) => sum + postings, 0n),
    sums: Object.fromEntries(totals.map(({ currency, sumMinor }) => [currency, sumMinor])),
  };
}

async function writeBlock(
  tx: Tx,
  { bookId, key, now }: SealOptions,
  content: Omit<SealedBlock, 'sealedAt' | 'keyId' | 'signature'>,
): Promise<void> {
  const block = {
    ...content,
    sealedAt: BigInt(now.getTime()) * 1000n,
    keyId: key.publicKey.keyId,
  };
  const signature = sign(null, sealedBlockBytes(bookId, block), key.privateKey);
  const { rowCount } = await tx.execute(
    `insert into tieout.seal_block
       (book_id, block_no, leaf_count, posting_count, sums, merkle_root, previous_root, sealed_at, key_id, signature)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8::timestamptz, $9, $10)`,
    [
      bookId,
      block.blockNo,
      block.leafCount,
      block.postingCount,
      JSON.stringify(block.sums),
      block.merkleRoot,
      block.previousRoot,
      now.toISOString(),
      block.keyId,
      signature,
    ],
  );
  assertInvariant(rowCount === 1, 'a block was not written');
}
