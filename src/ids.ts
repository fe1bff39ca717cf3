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
