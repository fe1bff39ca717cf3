import { createHash } from 'node:crypto';

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

/** The hash under which a journal key is unique in its book. */
export function keyHashOf(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest().subarray(0, 16);
}

/**
 * The id of a journal, from its effective date and key: a UUID of version 8 (RFC 9562) that sorts by date.
 *
 * The last 16 bits are zero: an open item's id is its journal's with the posting's place written there.
 */
export function journalIdOf(effectiveDate: string, keyHash: Uint8Array): string {
  const milliseconds = Math.max(0, Date.parse(`${effectiveDate}T00:00:00Z`));
  const time = milliseconds.toString(16).padStart(12, '0').slice(-12);
  const hash = Buffer.from(keyHash).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-8${hash.slice(0, 3)}-a${hash.slice(3, 6)}-${hash.slice(6, 14)}0000`;
}
