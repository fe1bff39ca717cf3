import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from './errors.ts';

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
 * be read or is too short.
 */
export function tokenKeyOf({ file, stateDirectory, newBytes }: TokenKeyOptions): Uint8Array {
  if (file !== undefined) return readKey(file);
  const own = join(stateDirectory, 'token.key');
  if (!existsSync(own)) makeKey(own, stateDirectory, newBytes);
  return readKey(own);
}

function readKey(file: string): Uint8Array {
  let key: Uint8Array;
  try {
    key = readFileSync(file);
  } catch (cause) {
    throw new OperationalError('configuration', `cannot read the token key ${file}`, { cause });
  }
  if (key.length >= KEY_BYTES) return key;
  throw new OperationalError(
    'configuration',
    `the token key ${file} has ${key.length} bytes; it needs ${KEY_BYTES} random ones`,
  );
}

/** The name comes into being with the whole key behind it: whoever is second uses the key of the first. */
function makeKey(
  file: string,
  stateDirectory: string,
  newBytes: TokenKeyOptions['newBytes'],
): void {
  const draft = `${file}.${process.pid}.part`;
  try {
    mkdirSync(stateDirectory, { recursive: true });
    writeFileSync(draft, newBytes(KEY_BYTES), { mode: 0o600 });
    chmodSync(draft, 0o600);
    linkSync(draft, file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
    throw new OperationalError('cannot_create', `cannot make the token key ${file}`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
}
