import { createHash } from 'node:crypto';

/** The fingerprint of a host key as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return `SHA256:${digest}`;
}

/** Accepts only the pinned keys, and remembers which other one was shown. */
export class HostKeyPin {
  readonly #accepted: readonly string[];
  #refused: string | undefined;

  constructor(accepted: readonly string[]) {
    this.#accepted = accepted;
  }

  /** The fingerprint that was not among the pinned ones. */
  get refused(): string | undefined {
    return this.#refused;
  }

  readonly accepts = (key: Buffer): boolean => {
    const shown = fingerprintOf(key);
    if (this.#accepted.includes(shown)) return true;
    this.#refused = shown;
    return false;
  };
}
