import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import type { SealedBlock } from './seal-encoding.ts';
import type { PublicSealKey } from './seal-key.ts';
import { storedBlocks } from './stored-chain.ts';

const EXPORT_LEAVES = sqlFile(import.meta.url, './sql/50_export_leaves.sql');
const LEAVES_PER_PAGE = 2000n;

export interface ExportOptions {
  readonly bookId: bigint;
  readonly book: string;
  readonly keys: readonly PublicSealKey[];
}

/** The few lines to keep elsewhere: whoever has them can tell whether anything sealed so far was changed. */
export interface SealDigest {
  readonly schema: 'tieout.audit-digest/1';
  readonly book: string;
  readonly book_id: string;
  readonly blocks: string;
  readonly journals: string;
  readonly postings: string;
  /** Minor units by currency. */
  readonly sums: Readonly<Record<string, string>>;
  /** Of the last block; null when there is none. */
  readonly root: string | null;
  readonly sealed_at: string | null;
  readonly key_id: string | null;
  /** Base64. */
  readonly signature: string | null;
  readonly keys: readonly { readonly key_id: string; readonly public_key: string }[];
  /** The Merkle root of each block from the first on. */
  readonly roots: readonly string[];
}

/** Writes the digest of a book's chain as it is stored; it says nothing about whether the chain is whole. */
export async function sealDigest(tx: Tx, options: ExportOptions): Promise<SealDigest> {
  let [journals, postings] = [0n, 0n];
  const sums = new Map<string, bigint>();
  const roots: string[] = [];
  let last: SealedBlock | undefined;
  for await (const block of storedBlocks(tx, options.bookId)) {
    journals += block.leafCount;
    postings += block.postingCount;
    for (const [currency, sum] of Object.entries(block.sums)) {
      sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(sum));
    }
    roots.push(block.merkleRoot.toString('hex'));
    last = block;
  }
  return {
    schema: 'tieout.audit-digest/1',
    book: options.book,
    book_id: String(options.bookId),
    blocks: String(roots.length),
    journals: String(journals),
    postings: String(postings),
    sums: Object.fromEntries([...sums].sort().map(([currency, sum]) => [currency, String(sum)])),
    root: last?.merkleRoot.toString('hex') ?? null,
    sealed_at: last === undefined ? null : instantOf(last.sealedAt),
    key_id: last?.keyId ?? null,
    signature: last?.signature.toString('base64') ?? null,
    keys: keysOf(options),
    roots,
  };
}

/**
 * Writes everything sealed as NDJSON, in pieces of whole lines: a header, the accounts, and each block with its journals.
 *
 * Every value is the text that is hashed, so that the seals can be recomputed without the database.
 */
export async function* exportSeals(tx: Tx, options: ExportOptions): AsyncGenerator<string> {
  const { bookId } = options;
  yield line({
    type: 'header',
    schema: 'tieout.audit-export/1',
    book: options.book,
    book_id: String(bookId),
    keys: keysOf(options),
  });
  const accounts = await tx.query<{ account_id: string; code: string; currency: string }>(
    'select account_id::text, code, currency from tieout.account where book_id = $1 order by code, currency',
    [bookId],
  );
  yield accounts.map((account) => line({ type: 'account', ...account })).join('');
  for await (const block of storedBlocks(tx, bookId)) {
    yield line(blockJson(block));
    for (let first = 0n; first < block.leafCount; first += LEAVES_PER_PAGE) {
      const place = [bookId, block.blockNo, first, first + LEAVES_PER_PAGE - 1n];
      const leaves = await tx.query<{ line: string }>(EXPORT_LEAVES, place);
      if (leaves.length > 0) yield `${leaves.map((leaf) => leaf.line).join('\n')}\n`;
    }
  }
}

function blockJson(block: SealedBlock): object {
  return {
    type: 'block',
    block: String(block.blockNo),
    journals: String(block.leafCount),
    postings: String(block.postingCount),
    sums: block.sums,
    root: block.merkleRoot.toString('hex'),
    previous_root: block.previousRoot.toString('hex'),
    sealed_at: String(block.sealedAt),
    key_id: block.keyId,
    signature: block.signature.toString('base64'),
  };
}

function keysOf({ keys }: ExportOptions): SealDigest['keys'] {
  return keys.map(({ keyId, pem }) => ({ key_id: keyId, public_key: pem }));
}

/** RFC 3339, from microseconds; seals have whole milliseconds. */
function instantOf(microseconds: bigint): string {
  return new Date(Number(microseconds / 1000n)).toISOString();
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
