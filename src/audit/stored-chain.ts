import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import type { SealedBlock } from './seal-encoding.ts';
import type {
  BlockContent,
  BlockTotals,
  LeafPart,
  SealBreach,
  SealedPlace,
} from './verify-chain.ts';

const BLOCK_TOTALS = sqlFile(import.meta.url, './sql/20_block_totals.sql');
const RECOMPUTED_LEAVES = sqlFile(import.meta.url, './sql/40_recomputed_leaves.sql');

const BLOCKS_PER_PAGE = 1000;
const LEAVES_PER_PAGE = 10_000n;

/** The blocks of a book in their order, as they are stored. */
export async function* storedBlocks(tx: Tx, bookId: bigint): AsyncGenerator<SealedBlock> {
  for (let after = -1n; ; ) {
    const page = await tx.query<SealedBlock>(
      `select block_no as "blockNo", leaf_count as "leafCount", posting_count as "postingCount", sums,
         merkle_root as "merkleRoot", previous_root as "previousRoot",
         (extract(epoch from sealed_at) * 1000000)::bigint as "sealedAt", key_id as "keyId", signature
       from tieout.seal_block
       where book_id = $1 and block_no > $2
       order by block_no
       limit $3`,
      [bookId, after, BLOCKS_PER_PAGE],
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.blockNo;
  }
}

/** The blocks of a book with their journals hashed again, for `verifyChain`. */
export async function* storedChain(tx: Tx, bookId: bigint): AsyncGenerator<BlockContent> {
  for await (const block of storedBlocks(tx, bookId)) {
    yield {
      block,
      parts: storedParts(tx, bookId, block),
      totals: () => totalsOf(tx, bookId, block),
    };
  }
}

/**
 * What the chain itself does not tell: a leaf of a block that is not there, and an account whose code is not the one its id
 * was derived from, so that every posting of it would read as another.
 */
export async function findStray(tx: Tx, bookId: bigint): Promise<SealBreach | undefined> {
  const [leaf] = await tx.query<SealedPlace & { blockNo: bigint }>(
    `select seal_leaf.block_no as "blockNo", seal_leaf.leaf_no as "leafNo", seal_leaf.journal_id as "journalId", journal.key
     from tieout.seal_leaf
     left join tieout.journal on journal.book_id = seal_leaf.book_id and journal.booked_on = seal_leaf.booked_on
       and journal.journal_id = seal_leaf.journal_id
     where seal_leaf.book_id = $1 and not exists (
       select from tieout.seal_block where seal_block.book_id = $1 and seal_block.block_no = seal_leaf.block_no
     )
     order by seal_leaf.block_no, seal_leaf.leaf_no
     limit 1`,
    [bookId],
  );
  if (leaf !== undefined) {
    return {
      ...leaf,
      fault: 'missing',
      text: 'the journal was sealed in a block that is not there any more',
    };
  }
  const [account] = await tx.query<{ code: string; currency: string }>(
    `select code, currency
     from tieout.account
     where book_id = $1 and account_id <> tieout.account_id(code, currency)
     order by code, currency
     limit 1`,
    [bookId],
  );
  if (account === undefined) return undefined;
  const text = `account ${account.code} in ${account.currency} was renamed: its id is that of another code`;
  return { fault: 'account', blockNo: null, leafNo: null, journalId: null, key: null, text };
}

async function* storedParts(tx: Tx, bookId: bigint, block: SealedBlock): AsyncGenerator<LeafPart> {
  const { blockNo, leafCount } = block;
  for (let first = 0n; first < leafCount; first += LEAVES_PER_PAGE) {
    const wanted = min(LEAVES_PER_PAGE, leafCount - first);
    const part = await partOf(tx, [bookId, blockNo, first, first + wanted - 1n]);
    yield part.leaves === wanted || part.fault !== undefined
      ? part
      : { ...part, fault: missing(first + part.leaves) };
    if (part.leaves === 0n) return;
  }
  const [extra] = await tx.query<SealedPlace>(
    `select leaf_no as "leafNo", journal_id as "journalId", key
     from tieout.seal_leaf
     left join tieout.journal using (book_id, booked_on, journal_id)
     where book_id = $1 and block_no = $2 and (leaf_no < 0 or leaf_no >= $3)
     order by leaf_no
     limit 1`,
    [bookId, blockNo, leafCount],
  );
  if (extra !== undefined) {
    yield { leaves: 0n, hashes: Buffer.alloc(0), fault: { ...extra, fault: 'inserted' } };
  }
}

type PartRow = Pick<LeafPart, 'leaves' | 'hashes'> &
  SealedPlace & { readonly fault: 'edited' | 'deleted' | 'missing' | 'order' | null };

async function partOf(tx: Tx, place: readonly bigint[]): Promise<LeafPart> {
  const [row] = await tx.query<PartRow>(RECOMPUTED_LEAVES, place);
  if (row === undefined) return { leaves: 0n, hashes: Buffer.alloc(0) };
  const { leaves, hashes, leafNo, journalId, key, fault } = row;
  if (fault === null) return { leaves, hashes };
  // The row behind a gap is a good one; what stood in the gap is not known.
  if (fault === 'missing' && leafNo !== null) return { leaves, hashes, fault: missing(leafNo) };
  return { leaves, hashes, fault: { leafNo, journalId, key, fault } };
}

function missing(leafNo: bigint): NonNullable<LeafPart['fault']> {
  return { fault: 'missing', leafNo, journalId: null, key: null };
}

async function totalsOf(tx: Tx, bookId: bigint, { blockNo }: SealedBlock): Promise<BlockTotals> {
  const rows = await tx.query<{ currency: string; postings: bigint; sumMinor: string }>(
    BLOCK_TOTALS,
    [bookId, blockNo, blockNo],
  );
  return {
    postingCount: rows.reduce((sum, { postings }) => sum + postings, 0n),
    sums: Object.fromEntries(rows.map(({ currency, sumMinor }) => [currency, sumMinor])),
  };
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
