import { createHash } from 'node:crypto';

/** A posting with the text of each column; `null` where the column is NULL. Days are `YYYY-MM-DD`. */
export interface SealedPosting {
  readonly book_id: string;
  readonly booked_on: string;
  readonly journal_id: string;
  readonly seq: string;
  readonly layer: string;
  readonly debit_account_id: string;
  readonly credit_account_id: string;
  readonly currency: string;
  readonly amount_minor: string;
  readonly effective_date: string;
  readonly opens_debit_item: string;
  readonly opens_credit_item: string;
  readonly item_reference: string | null;
}

/** A journal with the text of each column and its postings in the order of `seq`. */
export interface SealedJournal {
  readonly book_id: string;
  readonly booked_on: string;
  readonly journal_id: string;
  readonly key: string;
  readonly kind: string;
  readonly effective_date: string;
  /** Microseconds since 1970-01-01 UTC. */
  readonly booked_at: string;
  readonly reference: string | null;
  readonly payment_id: string | null;
  readonly description: string;
  readonly run_id: string | null;
  readonly reverses_journal_id: string | null;
  readonly created_by: string;
  /** The text that Postgres gives of its jsonb: keys in its order, a space after each colon and comma. */
  readonly metadata: string | null;
  readonly requested_date: string | null;
  readonly relates_to_period: string | null;
  readonly is_announced: string;
  readonly postings: readonly SealedPosting[];
}

/** The head of a block, as it is signed. */
export interface SealedBlock {
  readonly blockNo: bigint;
  readonly leafCount: bigint;
  readonly postingCount: bigint;
  /** The sum of the amounts of all postings, whatever their layer, by currency; minor units as text. */
  readonly sums: Readonly<Record<string, string>>;
  readonly merkleRoot: Buffer;
  readonly previousRoot: Buffer;
  /** Microseconds since 1970-01-01 UTC. */
  readonly sealedAt: bigint;
  readonly keyId: string;
  readonly signature: Buffer;
}

/** What stands before the first block instead of a root. */
export const NO_ROOT: Buffer = Buffer.alloc(32);

const LEAF = Buffer.of(0x00);
const NULL = Buffer.of(0xff, 0xff, 0xff, 0xff);

/**
 * The leaf hash of a journal: SHA-256 of 0x00 and its canonical bytes (RFC 6962).
 *
 * Every column of the journal and of its postings is in them, length-prefixed; `tieout.sealed_hash` agrees.
 */
export function sealedHashOf(journal: SealedJournal): Buffer {
  const hash = createHash('sha256')
    .update(LEAF)
    .update(encoded(journalFields(journal)));
  for (const posting of journal.postings) hash.update(encoded(postingFields(posting)));
  return hash.digest();
}

/** The canonical bytes of a block's head, which are signed: with the book, the number and the root before it. */
export function sealedBlockBytes(bookId: bigint, block: Omit<SealedBlock, 'signature'>): Buffer {
  const sums = Object.entries(block.sums).sort(([left], [right]) => (left < right ? -1 : 1));
  return encoded([
    'tieout.block/1',
    String(bookId),
    String(block.blockNo),
    String(block.leafCount),
    String(block.postingCount),
    String(sums.length),
    ...sums.flat(),
    block.merkleRoot.toString('hex'),
    block.previousRoot.toString('hex'),
    String(block.sealedAt),
    block.keyId,
  ]);
}

/** Length-prefixed: four bytes, big-endian, and the UTF-8 text; NULL is the length -1 alone. */
function encoded(fields: readonly (string | null)[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields) {
    if (field === null) {
      parts.push(NULL);
      continue;
    }
    const text = Buffer.from(field, 'utf8');
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(text.length);
    parts.push(length, text);
  }
  return Buffer.concat(parts);
}

function journalFields(journal: SealedJournal): readonly (string | null)[] {
  return [
    'tieout.journal/1',
    journal.book_id,
    dayNumber(journal.booked_on),
    journal.journal_id,
    journal.key,
    journal.kind,
    dayNumber(journal.effective_date),
    journal.booked_at,
    journal.reference,
    journal.payment_id,
    journal.description,
    journal.run_id,
    journal.reverses_journal_id,
    journal.created_by,
    journal.metadata,
    journal.requested_date === null ? null : dayNumber(journal.requested_date),
    journal.relates_to_period,
    journal.is_announced,
  ];
}

function postingFields(posting: SealedPosting): readonly (string | null)[] {
  return [
    'tieout.posting/1',
    posting.book_id,
    dayNumber(posting.booked_on),
    posting.journal_id,
    posting.seq,
    posting.layer,
    posting.debit_account_id,
    posting.credit_account_id,
    posting.currency,
    posting.amount_minor,
    dayNumber(posting.effective_date),
    posting.opens_debit_item,
    posting.opens_credit_item,
    posting.item_reference,
  ];
}

/** Days since 1970-01-01, as text. */
function dayNumber(day: string): string {
  return String(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
}
