import { hash } from 'node:crypto';

/** The identity of an entry whose source guarantees none: a digest of what it says, in a fixed order. */
export function digestOf(content: readonly (string | null | undefined)[]): string {
  return textDigestOf(JSON.stringify(content));
}

/** The first 132 bits of SHA-256: what an entry says, put together by a reader in a fixed order. */
export function textDigestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
