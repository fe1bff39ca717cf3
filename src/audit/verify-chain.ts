import { verify } from 'node:crypto';
import { MerkleTree } from './merkle.ts';
import { NO_ROOT, type SealedBlock, sealedBlockBytes } from './seal-encoding.ts';
import type { PublicSealKey } from './seal-key.ts';

/** What is wrong with a seal or with what it seals. */
export type SealFault =
  | 'edited'
  | 'deleted'
  | 'missing'
  | 'inserted'
  | 'order'
  | 'root'
  | 'totals'
  | 'chain'
  | 'signature'
  | 'anchor'
  | 'truncated'
  | 'account';

/** A journal in its place; what nobody knows any more is null. */
export interface SealedPlace {
  readonly leafNo: bigint | null;
  readonly journalId: string | null;
  readonly key: string | null;
}

/** The first thing found wrong. */
export interface SealBreach extends SealedPlace {
  readonly fault: SealFault;
  readonly blockNo: bigint | null;
  /** One sentence for a person. */
  readonly text: string;
}

/** Some leaves of a block in their order: their recomputed hashes of 32 bytes, and the first that is wrong. */
export interface LeafPart {
  readonly leaves: bigint;
  readonly hashes: Buffer;
  readonly fault?: SealedPlace & {
    readonly fault: 'edited' | 'deleted' | 'missing' | 'inserted' | 'order';
  };
}

export type BlockTotals = Pick<SealedBlock, 'postingCount' | 'sums'>;

/** A block with what it seals; its parts are read once, before its totals and before the next block. */
export interface BlockContent {
  readonly block: SealedBlock;
  readonly parts: AsyncIterable<LeafPart>;
  totals(): Promise<BlockTotals>;
}

/** What was kept elsewhere: a digest, or a whole export, which can name the journal too. */
export interface Anchor {
  readonly bookId: bigint;
  /** The Merkle root of each block from the first on, as lower-case hexadecimal. */
  readonly roots: readonly string[];
  /** The leaves of a block as they were sealed, by an export only. */
  leaves?(blockNo: bigint): AsyncIterable<SealedPlace & { readonly hash: Buffer }>;
}

export interface ChainToVerify {
  readonly bookId: bigint;
  readonly blocks: AsyncIterable<BlockContent>;
  readonly keys: readonly PublicSealKey[];
  readonly anchor?: Anchor;
}

export interface ChainVerdict {
  /** Blocks and journals that were found whole, before the breach if there is one. */
  readonly blocks: bigint;
  readonly journals: bigint;
  readonly breach?: SealBreach;
}

interface Walked {
  readonly leaves: bigint;
  readonly root: Buffer;
  readonly hashes: Buffer;
  readonly fault?: LeafPart['fault'];
}

const NOWHERE: SealedPlace = { leafNo: null, journalId: null, key: null };

const LEAF_TEXT: Readonly<Record<NonNullable<LeafPart['fault']>['fault'], string>> = {
  edited: 'the journal or one of its postings was changed after it was sealed',
  deleted: 'the journal was sealed and is not there any more',
  missing: 'the leaf of a sealed journal is not there any more',
  inserted: 'the journal was put into a block after that was sealed',
  order: 'the journal is not at the place it was sealed at',
};

/**
 * Recomputes a chain of seals from what it seals and names the first breach.
 *
 * Memory grows with the leaves of one block. Against an anchor kept elsewhere nothing that was sealed before it can be
 * changed, left out or added unseen, whoever signs the changed chain. Without one, a chain that was cut off at a block,
 * or made again with the right key, is a good one.
 */
export async function verifyChain(chain: ChainToVerify): Promise<ChainVerdict> {
  const { anchor } = chain;
  let [blocks, journals, previousRoot] = [0n, 0n, NO_ROOT];
  const until = (breach: SealBreach | undefined): ChainVerdict => ({
    blocks,
    journals,
    ...(breach === undefined ? {} : { breach }),
  });
  if (anchor !== undefined && anchor.bookId !== chain.bookId) {
    return until({
      ...NOWHERE,
      fault: 'anchor',
      blockNo: null,
      text: 'what was kept elsewhere is of another book',
    });
  }
  const anchored = BigInt(anchor?.roots.length ?? 0);
  let signed: ChainVerdict | undefined;
  for await (const content of chain.blocks) {
    const breach = await breachOf(content, { chain, blockNo: blocks + 1n, previousRoot });
    // A chain that was signed again is looked through for what was changed, as far as somebody kept what was there.
    if (breach?.fault === 'signature' && blocks < anchored) signed ??= until(breach);
    else if (breach !== undefined) return until(breach);
    blocks += 1n;
    journals += content.block.leafCount;
    previousRoot = content.block.merkleRoot;
  }
  if (blocks < anchored) {
    const text = `the chain ends with block ${blocks}; what was kept elsewhere has ${anchored}`;
    return until({ ...NOWHERE, fault: 'truncated', blockNo: blocks + 1n, text });
  }
  return signed ?? until(undefined);
}

interface Expected {
  readonly chain: ChainToVerify;
  readonly blockNo: bigint;
  readonly previousRoot: Buffer;
}

/** The first breach of a block: of its journals, then of what it says about them, then of its place and its signer. */
async function breachOf(
  content: BlockContent,
  expected: Expected,
): Promise<SealBreach | undefined> {
  const { block } = content;
  const { blockNo } = expected;
  const ofBlock = (fault: SealFault, text: string): SealBreach => ({
    ...NOWHERE,
    fault,
    blockNo,
    text,
  });
  if (block.blockNo !== blockNo) {
    return ofBlock('missing', `block ${blockNo} is not there, and block ${block.blockNo} is`);
  }
  const walked = await walk(content);
  const anchored = await anchorBreach(walked, block, expected);
  if (anchored?.journalId != null) return anchored;
  if (walked.fault !== undefined) {
    return { ...walked.fault, blockNo, text: LEAF_TEXT[walked.fault.fault] };
  }
  if (anchored !== undefined) return anchored;
  if (walked.leaves !== block.leafCount) {
    return ofBlock(
      'root',
      `the block says ${block.leafCount} journals, and ${walked.leaves} are there`,
    );
  }
  if (!walked.root.equals(block.merkleRoot)) {
    return ofBlock('root', 'the journals of the block do not give its Merkle root');
  }
  if (!sameTotals(await content.totals(), block)) {
    return ofBlock('totals', 'the postings of the block do not give its count and sums');
  }
  if (!block.previousRoot.equals(expected.previousRoot)) {
    return ofBlock('chain', 'the block does not continue the one before it');
  }
  return isSigned(block, expected.chain)
    ? undefined
    : ofBlock('signature', `the block is not signed by a trusted key; it names ${block.keyId}`);
}

async function walk(content: BlockContent): Promise<Walked> {
  const tree = new MerkleTree();
  const hashes: Buffer[] = [];
  let fault: LeafPart['fault'];
  for await (const part of content.parts) {
    tree.add(part.hashes);
    hashes.push(part.hashes);
    fault ??= part.fault;
  }
  return {
    leaves: BigInt(tree.leaves),
    root: tree.root(),
    hashes: Buffer.concat(hashes),
    ...(fault === undefined ? {} : { fault }),
  };
}

/** What differs from the block as it was kept elsewhere; names the journal when the whole block was kept. */
async function anchorBreach(
  walked: Walked,
  block: SealedBlock,
  { chain: { anchor } }: Expected,
): Promise<SealBreach | undefined> {
  const root = anchor?.roots[Number(block.blockNo) - 1];
  if (anchor === undefined || root === undefined) return undefined;
  const { blockNo } = block;
  const isSame = walked.root.toString('hex') === root;
  if (isSame && block.merkleRoot.toString('hex') === root) return undefined;
  if (!isSame && anchor.leaves !== undefined) {
    const named = await firstDifference(walked.hashes, anchor.leaves(blockNo));
    if (named !== undefined) {
      const { fault, ...place } = named;
      return { ...place, fault, blockNo, text: LEAF_TEXT[fault] };
    }
  }
  const text =
    'the block is not the one that was kept elsewhere: its journals were changed and sealed again';
  return { ...NOWHERE, fault: 'anchor', blockNo, text };
}

/** Where the leaves part from the kept ones, and what was done there, as far as the next leaf tells. */
async function firstDifference(
  hashes: Buffer,
  kept: AsyncIterable<SealedPlace & { readonly hash: Buffer }>,
): Promise<LeafPart['fault']> {
  const at = (index: number): Buffer => hashes.subarray(index * 32, index * 32 + 32);
  let different: (SealedPlace & { readonly hash: Buffer }) | undefined;
  let index = 0;
  for await (const leaf of kept) {
    if (different !== undefined) {
      const isNext = leaf.hash.equals(at(index));
      const isLater = different.hash.equals(at(index + 1));
      return {
        ...placeOf(different),
        fault: isNext ? (isLater ? 'order' : 'deleted') : isLater ? 'inserted' : 'edited',
      };
    }
    if (leaf.hash.equals(at(index))) index += 1;
    else different = leaf;
  }
  if (different === undefined) {
    const leafNo = BigInt(index);
    return { leafNo, journalId: null, key: null, fault: 'inserted' };
  }
  const fault =
    at(index).length === 0
      ? 'deleted'
      : different.hash.equals(at(index + 1))
        ? 'inserted'
        : 'edited';
  return { ...placeOf(different), fault };
}

function placeOf({ leafNo, journalId, key }: SealedPlace): SealedPlace {
  return { leafNo, journalId, key };
}

function sameTotals(found: BlockTotals, said: BlockTotals): boolean {
  const currencies = Object.keys(found.sums);
  return (
    found.postingCount === said.postingCount &&
    currencies.length === Object.keys(said.sums).length &&
    currencies.every((currency) => found.sums[currency] === said.sums[currency])
  );
}

function isSigned(block: SealedBlock, { bookId, keys }: ChainToVerify): boolean {
  const signer = keys.find(({ keyId }) => keyId === block.keyId);
  if (signer === undefined) return false;
  return verify(null, sealedBlockBytes(bookId, block), signer.key, block.signature);
}
