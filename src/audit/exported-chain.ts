import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OperationalError } from '../errors.ts';
import { accountIdOf } from '../ids.ts';
import { type SealedBlock, type SealedJournal, sealedHashOf } from './seal-encoding.ts';
import { type PublicSealKey, parsePublicKey } from './seal-key.ts';
import type {
  BlockContent,
  BlockTotals,
  LeafPart,
  SealBreach,
  SealedPlace,
} from './verify-chain.ts';

const LEAVES_PER_PART = 1000;

/** The first line of an export. */
export interface ExportHeader {
  readonly bookId: bigint;
  readonly book: string;
  /** As the export says, which proves nothing about who wrote it. */
  readonly keys: readonly PublicSealKey[];
}

/** An exported journal at its place; its hash is recomputed, `stated` is what the export says. */
export interface ExportedLeaf extends SealedPlace {
  readonly kind: 'leaf';
  readonly hash: Buffer;
  readonly stated: string;
  readonly journal: SealedJournal;
}

type ExportedLine =
  | { readonly kind: 'header'; readonly header: ExportHeader }
  | { readonly kind: 'account'; readonly breach?: SealBreach }
  | { readonly kind: 'block'; readonly block: SealedBlock }
  | ExportedLeaf;

/** Reads the first line of an export; throws `not_found` or `invalid_input`. */
export async function readExportHeader(file: string): Promise<ExportHeader> {
  for await (const line of exportedLines(file)) {
    if (line.kind === 'header') return line.header;
    break;
  }
  throw new OperationalError('invalid_input', `${file} is not an export of "tieout audit export"`);
}

/** The blocks of an export with their journals hashed again, for `verifyChain`; the file is read once, a line at a time. */
export async function* exportedChain(file: string): AsyncGenerator<BlockContent> {
  const lines = new LinesAhead(exportedLines(file));
  for (let line = await lines.take(); line !== undefined; line = await lines.take()) {
    if (line.kind !== 'block') continue;
    const totals = new TotalsOfLeaves();
    yield { block: line.block, parts: exportedParts(lines, totals), totals: async () => totals };
  }
}

/** The blocks of an export without their journals. */
export async function* exportedBlocks(file: string): AsyncGenerator<SealedBlock> {
  for await (const line of exportedLines(file, { skipLeaves: true })) {
    if (line.kind === 'block') yield line.block;
  }
}

/** The journals of one block of an export. */
export async function* exportedLeaves(file: string, blockNo: bigint): AsyncGenerator<ExportedLeaf> {
  let current: bigint | undefined;
  for await (const line of exportedLines(file)) {
    if (line.kind === 'block') current = line.block.blockNo;
    if (line.kind === 'leaf' && current === blockNo) yield line;
    if (current !== undefined && current > blockNo) return;
  }
}

/** The first account of an export whose id was derived from another code. */
export async function findRenamedAccount(file: string): Promise<SealBreach | undefined> {
  for await (const line of exportedLines(file, { skipLeaves: true })) {
    if (line.kind === 'account' && line.breach !== undefined) return line.breach;
    if (line.kind === 'block') return undefined;
  }
  return undefined;
}

/** A stream of lines that can be looked at before they are taken. */
class LinesAhead {
  readonly #lines: AsyncGenerator<ExportedLine>;
  #next: ExportedLine | undefined;

  constructor(lines: AsyncGenerator<ExportedLine>) {
    this.#lines = lines;
  }

  async peek(): Promise<ExportedLine | undefined> {
    if (this.#next === undefined) {
      const { value, done } = await this.#lines.next();
      this.#next = done === true ? undefined : value;
    }
    return this.#next;
  }

  async take(): Promise<ExportedLine | undefined> {
    const line = await this.peek();
    this.#next = undefined;
    return line;
  }
}

class TotalsOfLeaves implements BlockTotals {
  postingCount = 0n;
  readonly sums: Record<string, string> = {};

  add({ postings }: SealedJournal): void {
    for (const { currency, amount_minor } of postings) {
      this.postingCount += 1n;
      this.sums[currency] = String(BigInt(this.sums[currency] ?? 0) + BigInt(amount_minor));
    }
  }
}

async function* exportedParts(lines: LinesAhead, totals: TotalsOfLeaves): AsyncGenerator<LeafPart> {
  let [leafNo, previous] = [0n, ''];
  let hashes: Buffer[] = [];
  let fault: LeafPart['fault'];
  const part = (): LeafPart => ({
    leaves: BigInt(hashes.length),
    hashes: Buffer.concat(hashes),
    ...(fault === undefined ? {} : { fault }),
  });
  for (let line = await lines.peek(); line?.kind === 'leaf'; line = await lines.peek()) {
    await lines.take();
    const { journal } = line;
    const order = `${journal.booked_on} ${journal.journal_id}`;
    fault ??= faultOf(line, leafNo, order > previous);
    totals.add(journal);
    hashes.push(line.hash);
    if (hashes.length === LEAVES_PER_PART) {
      yield part();
      hashes = [];
    }
    leafNo += 1n;
    previous = order;
  }
  yield part();
}

function faultOf(leaf: ExportedLeaf, expected: bigint, isAfter: boolean): LeafPart['fault'] {
  const { leafNo, journalId, key } = leaf;
  if (leaf.hash.toString('hex') !== leaf.stated) return { fault: 'edited', leafNo, journalId, key };
  if (leafNo !== null && leafNo > expected) {
    return { fault: 'missing', leafNo: expected, journalId: null, key: null };
  }
  return leafNo === expected && isAfter ? undefined : { fault: 'order', leafNo, journalId, key };
}

async function* exportedLines(
  file: string,
  options: { readonly skipLeaves?: boolean } = {},
): AsyncGenerator<ExportedLine> {
  const input = createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let lineNo = 0;
  try {
    for await (const text of lines) {
      lineNo += 1;
      if (options.skipLeaves === true && !/^\{"type":"(?:header|account|block)"/.test(text))
        continue;
      yield parsedLine(text, `${file}:${lineNo}`);
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
    throw new OperationalError('not_found', `there is no file ${file}`, { cause });
  } finally {
    input.destroy();
  }
}

/** The shape of a line is trusted as far as a wrong one cannot hash to what was sealed. */
function parsedLine(text: string, where: string): ExportedLine {
  try {
    const line = JSON.parse(text);
    if (line.type === 'header' && line.schema === 'tieout.audit-export/1') {
      const keys = line.keys.map((key: { public_key: string }) =>
        parsePublicKey(key.public_key, where),
      );
      return { kind: 'header', header: { bookId: BigInt(line.book_id), book: line.book, keys } };
    }
    if (line.type === 'account') return accountLine(line);
    if (line.type === 'block') return { kind: 'block', block: blockOf(line) };
    if (line.type === 'journal') return leafOf(line);
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause;
    throw new OperationalError('invalid_input', `${where} is not a line of an export`, { cause });
  }
  throw new OperationalError('invalid_input', `${where} is not a line of an export`);
}

function accountLine(line: { account_id: string; code: string; currency: string }): ExportedLine {
  if (String(accountIdOf(line.code, line.currency)) === line.account_id) return { kind: 'account' };
  const text = `account ${line.code} in ${line.currency} was renamed: its id is that of another code`;
  const breach = {
    fault: 'account',
    blockNo: null,
    leafNo: null,
    journalId: null,
    key: null,
    text,
  } as const;
  return { kind: 'account', breach };
}

function blockOf(line: Readonly<Record<string, string>> & { sums?: unknown }): SealedBlock {
  return {
    blockNo: BigInt(line.block ?? ''),
    leafCount: BigInt(line.journals ?? ''),
    postingCount: BigInt(line.postings ?? ''),
    sums: Object(line.sums),
    merkleRoot: Buffer.from(line.root ?? '', 'hex'),
    previousRoot: Buffer.from(line.previous_root ?? '', 'hex'),
    sealedAt: BigInt(line.sealed_at ?? ''),
    keyId: line.key_id ?? '',
    signature: Buffer.from(line.signature ?? '', 'base64'),
  };
}

function leafOf(line: { leaf: number; hash: string; journal: SealedJournal }): ExportedLeaf {
  const { journal } = line;
  return {
    kind: 'leaf',
    leafNo: BigInt(line.leaf),
    journalId: journal.journal_id,
    key: journal.key,
    hash: sealedHashOf(journal),
    stated: line.hash,
    journal,
  };
}
