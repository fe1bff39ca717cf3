import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealJournals } from '../../src/audit/seal.ts';
import { type SealKey, sealKeyOf } from '../../src/audit/seal-key.ts';
import { findStray, storedChain } from '../../src/audit/stored-chain.ts';
import { type Anchor, type ChainVerdict, verifyChain } from '../../src/audit/verify-chain.ts';
import type { Tx } from '../../src/db/db.ts';
import {
  BOOK_ID,
  capture,
  day,
  FEES,
  givenBook,
  NOW,
  PAYABLE,
  pair,
  postBatch,
} from '../ledger/books.ts';
import { tamper } from '../support/database.ts';

export const KEY = newSealKey();
export const LEAVES_PER_BLOCK = 4;

/** A key of its own, made as the command makes it. */
export function newSealKey(): SealKey {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-seal-key-'));
  const newKey = () => generateKeyPairSync('ed25519').privateKey;
  try {
    return sealKeyOf({ file: undefined, stateDirectory: folder, newKey });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ten journals, `pay-0` to `pay-9`, in their order; `pay-5` has two postings, `pay-8` is in dollars. */
export async function givenJournals(tx: Tx): Promise<void> {
  await givenBook(tx);
  const fee = { debit: PAYABLE, credit: FEES, amountMinor: 34n };
  await postBatch(
    tx,
    Array.from({ length: 10 }, (_, index) =>
      capture({
        key: `pay-${index}`,
        effectiveDate: day(`2026-02-1${index}`),
        metadata: '{"b": 1, "a": "ü"}',
        ...(index === 5 ? { postings: [pair(), fee] } : {}),
        ...(index === 8 ? { currency: 'USD' as const } : {}),
      }),
    ),
  );
}

/** Seals what is there: of ten journals three blocks of 4, 4 and 2. */
export async function sealAll(tx: Tx, key = KEY): Promise<void> {
  await sealJournals(tx, { bookId: BOOK_ID, key, now: NOW, blockLeaves: LEAVES_PER_BLOCK });
}

export async function givenSealedJournals(tx: Tx): Promise<void> {
  await givenJournals(tx);
  await sealAll(tx);
}

/** What `tieout audit verify` finds in the database. */
export async function verifyStored(
  tx: Tx,
  options: { readonly anchor?: Anchor; readonly keys?: readonly SealKey[] } = {},
): Promise<ChainVerdict> {
  const verdict = await verifyChain({
    bookId: BOOK_ID,
    blocks: storedChain(tx, BOOK_ID),
    keys: (options.keys ?? [KEY]).map(({ publicKey }) => publicKey),
    ...(options.anchor === undefined ? {} : { anchor: options.anchor }),
  });
  const stray = verdict.breach ?? (await findStray(tx, BOOK_ID));
  return stray === undefined ? verdict : { ...verdict, breach: stray };
}

/** The breach in short: what, in which block, at which leaf, of which key. */
export function inShort({ breach }: ChainVerdict): readonly unknown[] | undefined {
  if (breach === undefined) return undefined;
  const number = (value: bigint | null) => (value === null ? null : Number(value));
  return [breach.fault, number(breach.blockNo), number(breach.leafNo), breach.key];
}

/** Seals everything again as if nothing had been sealed before. */
export async function sealAgain(tx: Tx, key: SealKey): Promise<void> {
  await tamper(tx, 'delete from tieout.seal_leaf; delete from tieout.seal_block');
  await sealAll(tx, key);
}
