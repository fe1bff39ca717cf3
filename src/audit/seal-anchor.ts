import { readFile } from 'node:fs/promises';
import { OperationalError } from '../errors.ts';
import type { SealDigest } from './export-seals.ts';
import { exportedBlocks, exportedLeaves, readExportHeader } from './exported-chain.ts';
import { type PublicSealKey, parsePublicKey } from './seal-key.ts';
import type { Anchor } from './verify-chain.ts';

/** What was kept elsewhere, with the public keys that were kept with it. */
export interface KeptSeals {
  readonly anchor: Anchor;
  readonly keys: readonly PublicSealKey[];
}

/**
 * Reads what was kept elsewhere: a digest, or a whole export, which is told by its first line.
 *
 * Throws `not_found` or `invalid_input`. An export is not recomputed here: it is believed, as a digest is.
 */
export async function readKeptSeals(file: string): Promise<KeptSeals> {
  const header = await readExportHeader(file).catch((error: unknown) => {
    if (error instanceof OperationalError && error.code === 'invalid_input') return undefined;
    throw error;
  });
  if (header === undefined) return readDigest(await readFile(file, 'utf8'), file);
  const roots: string[] = [];
  for await (const block of exportedBlocks(file)) roots.push(block.merkleRoot.toString('hex'));
  return {
    anchor: {
      bookId: header.bookId,
      roots,
      leaves: (blockNo) => exportedLeaves(file, blockNo),
    },
    keys: header.keys,
  };
}

function readDigest(text: string, file: string): KeptSeals {
  let digest: SealDigest | undefined;
  try {
    digest = JSON.parse(text);
  } catch {
    digest = undefined;
  }
  if (digest?.schema !== 'tieout.audit-digest/1' || !Array.isArray(digest.roots)) {
    throw new OperationalError(
      'invalid_input',
      `${file} is neither a digest nor an export of "tieout audit export"`,
    );
  }
  return {
    anchor: { bookId: BigInt(digest.book_id), roots: digest.roots },
    keys: digest.keys.map((key) => parsePublicKey(key.public_key, file)),
  };
}
