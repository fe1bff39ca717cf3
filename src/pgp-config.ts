import { resolve } from 'node:path';
import { OperationalError } from './errors.ts';
import { readSecretFile } from './secret-file.ts';

/** With which keys the encrypted files of a source are opened, and whose signature they bear. */
export interface PgpConfig {
  readonly privateKeyFile: string;
  /** What unlocks the private key, read when it is asked for; `undefined` for a key that is not locked. */
  readonly passphrase: () => string | undefined;
  /** Files with the public keys of the senders. */
  readonly verify: readonly string[];
  readonly isSignatureRequired: boolean;
}

/** `sources.<name>.pgp` of tieout.yaml. */
export interface PgpDocument {
  readonly private_key_file: string;
  readonly passphrase_env?: string;
  readonly passphrase_file?: string;
  readonly verify?: readonly string[];
  readonly require_signature?: boolean;
}

/** Where a `pgp` key of the configuration stands. */
export interface PgpPlace {
  /** As errors name it: file and key. */
  readonly name: string;
  /** The folder that relative paths start from. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Reads `sources.<name>.pgp`; throws `configuration` when a signature is required and no key could verify one. */
export function pgpConfigOf(document: PgpDocument, place: PgpPlace): PgpConfig {
  const verify = (document.verify ?? []).map((file) => resolve(place.home, file));
  const isSignatureRequired = document.require_signature ?? true;
  if (isSignatureRequired && verify.length === 0) {
    throw new OperationalError(
      'configuration',
      `${place.name} requires signatures and names no key under verify; add the sender's public key, or set require_signature: false`,
    );
  }
  if (document.passphrase_env !== undefined && document.passphrase_file !== undefined) {
    throw new OperationalError(
      'configuration',
      `${place.name} has both passphrase_env and passphrase_file; keep one`,
    );
  }
  return {
    privateKeyFile: resolve(place.home, document.private_key_file),
    passphrase: () => passphraseOf(document, place),
    verify,
    isSignatureRequired,
  };
}

function passphraseOf(document: PgpDocument, { name, home, env }: PgpPlace): string | undefined {
  if (document.passphrase_env !== undefined) {
    const passphrase = env[document.passphrase_env];
    if (passphrase) return passphrase;
    throw new OperationalError(
      'configuration',
      `${name}: the environment variable ${document.passphrase_env} is empty or not set`,
    );
  }
  if (document.passphrase_file === undefined) return undefined;
  const file = resolve(home, document.passphrase_file);
  return readSecretFile(file)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
