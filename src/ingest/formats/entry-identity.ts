import { hash } from 'node:crypto';

/** The identity of an entry whose source guarantees none: a digest of what it says, in a fixed order. */
export function digestOf(content: readonly (string | null | undefined)[]): string {
  return hash('sha256', JSON.stringify(content), 'base64url').slice(0, 22);
}
