import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from './errors.ts';
import { makeSecretFile, readSecretFile } from './secret-file.ts';

const KEY_BYTES = 32;

export interface TokenKeyOptions {
  /** As configured; without it the key lies in the state directory. */
  readonly file: string | undefined;
  readonly stateDirectory: string;
  readonly newBytes: (size: number) => Uint8Array;
}

/**
 * The key of card tokens: the configured file, else one of the state directory, made the first time.
 *
 * It must stay: with another key the same card number gets another token. Throws `configuration` for a file that cannot
 * be read, is too short, or is open to others.
 */
export function tokenKeyOf({ file, stateDirectory, newBytes }: TokenKeyOptions): Uint8Array {
  const path = file ?? join(stateDirectory, 'token.key');
  if (file === undefined && !existsSync(path)) makeSecretFile(path, newBytes(KEY_BYTES));
  return wholeKey(path, readSecretFile(path));
}

function wholeKey(file: string, key: Uint8Array): Uint8Array {
  if (key.length >= KEY_BYTES) return key;
  throw new OperationalError(
    'configuration',
    `the token key ${file} has ${key.length} bytes; it needs ${KEY_BYTES} random ones`,
  );
}
