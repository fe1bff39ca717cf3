import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from '../errors.ts';
import { makeSecretFile, readSecretFile } from '../secret-file.ts';

/** A key that signs seals: ed25519 (RFC 8032). */
export interface SealKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicSealKey;
}

/** A key that proves who signed a seal. */
export interface PublicSealKey {
  /** The SHA-256 of the key's SPKI in DER, as lower-case hexadecimal. */
  readonly keyId: string;
  readonly key: KeyObject;
  /** SPKI as PEM. */
  readonly pem: string;
}

export interface SealKeyOptions {
  /** As configured; without it the key lies in the state directory. */
  readonly file: string | undefined;
  readonly stateDirectory: string;
}

/**
 * The key that signs seals: the configured file, else one of the state directory, made the first time; PKCS #8 as PEM.
 *
 * It lies outside the database, so that whoever can write there cannot sign. Throws `configuration` for a file that cannot be
 * read, is open to others, or holds no ed25519 key.
 */
export function sealKeyOf(options: SealKeyOptions & { readonly newKey: () => KeyObject }): SealKey {
  const path = pathOf(options);
  if (options.file === undefined && !existsSync(path)) {
    const pem = options.newKey().export({ type: 'pkcs8', format: 'pem' });
    makeSecretFile(path, Buffer.from(pem));
  }
  return keyIn(path);
}

/** The key that signs seals, if it was made already. */
export function findSealKey(options: SealKeyOptions): SealKey | undefined {
  const path = pathOf(options);
  return options.file === undefined && !existsSync(path) ? undefined : keyIn(path);
}

/** Reads a public key from a PEM file; throws `not_found` or `invalid_input`. */
export function readPublicKey(path: string): PublicSealKey {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OperationalError('not_found', `cannot read the public key ${path}`, { cause });
  }
  return parsePublicKey(pem, path);
}

/** The public key in a PEM text; `where` names it in the error `invalid_input`. */
export function parsePublicKey(pem: string, where: string): PublicSealKey {
  const key = ed25519(() => createPublicKey(pem));
  if (key !== undefined) return publicKeyOf(key);
  throw new OperationalError('invalid_input', `${where} holds no public ed25519 key as PEM`);
}

function pathOf({ file, stateDirectory }: SealKeyOptions): string {
  return file ?? join(stateDirectory, 'seal.key');
}

function keyIn(path: string): SealKey {
  const pem = readSecretFile(path);
  const privateKey = ed25519(() => createPrivateKey(pem));
  if (privateKey !== undefined) {
    return { privateKey, publicKey: publicKeyOf(createPublicKey(privateKey)) };
  }
  const message = `the seal key ${path} is no ed25519 key in PKCS #8 as PEM; "openssl genpkey -algorithm ed25519" makes one`;
  throw new OperationalError('configuration', message);
}

function ed25519(parse: () => KeyObject): KeyObject | undefined {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    return undefined;
  }
  return key.asymmetricKeyType === 'ed25519' ? key : undefined;
}

function publicKeyOf(key: KeyObject): PublicSealKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(der).digest('hex'),
    key,
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
