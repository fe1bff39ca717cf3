import { createHash, hash } from 'node:crypto';

/** SHA-256 of UTF-8 text, as lower-case hexadecimal. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * The id of a book, from its code: the first 63 bits of its SHA-256.
 *
 * Derived, not counted: a distributed Postgres has no uniqueness across books, and every machine must find the same id.
 */
export function bookIdOf(code: string): bigint {
  return BigInt(`0x${sha256Hex(`book|${code}`).slice(0, 16)}`) >> 1n;
}

/** The id of an account, from its code and currency: the first 63 bits of their SHA-256. `tieout.account_id` agrees. */
export function accountIdOf(code: string, currency: string): bigint {
  return BigInt(`0x${sha256Hex(`account|${code}|${currency}`).slice(0, 16)}`) >> 1n;
}

/** The hash under which a journal key is unique in its book: the first 16 bytes of its SHA-256. */
export function keyHashOf(key: string): Uint8Array {
  return hash('sha256', key, 'buffer').subarray(0, 16);
}

/**
 * The id of a journal, from its effective date and key: a UUID of version 8 (RFC 9562) that sorts by date.
 *
 * The last 16 bits are zero: an open item's id is its journal's with the posting's place written there.
 */
export function journalIdOf(effectiveDate: string, keyHash: Uint8Array): string {
  return dashed(Buffer.from(journalIdBytesOf(effectiveDate, keyHash)).toString('hex'));
}

/** The id of the open item that a side of a journal's posting opens. `tieout.item_id` agrees. */
export function itemIdOf(journalId: string, seq: number, side: 'debit' | 'credit'): string {
  const place = seq * 2 + (side === 'debit' ? 0 : 1);
  return `${journalId.slice(0, -4)}${place.toString(16).padStart(4, '0')}`;
}

/** A UUID of version 8 (RFC 9562) from the first digits of a hash: an id derived from content. */
export function uuidFrom(hash: string): string {
  return dashed(`${hash.slice(0, 12)}8${hash.slice(13, 16)}a${hash.slice(17, 32)}`);
}

function dashed(digits: string): string {
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

/** The sixteen bytes of {@link journalIdOf}. */
export function journalIdBytesOf(effectiveDate: string, keyHash: Uint8Array): Uint8Array {
  const id = Buffer.alloc(16);
  id.writeUIntBE(Math.max(0, Date.parse(`${effectiveDate}T00:00:00Z`)), 0, 6);
  const digits = Buffer.from(keyHash).toString('hex');
  id.write(`8${digits.slice(0, 3)}a${digits.slice(3, 6)}${digits.slice(6, 14)}`, 6, 'hex');
  return id;
}
