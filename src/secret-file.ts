import {
  chmodSync,
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { OperationalError } from './errors.ts';

const OPEN_TO_OTHERS = 0o077;

/** Reads a file that only its owner may open; throws `configuration` naming it, never what it holds. */
export function readSecretFile(path: string): Buffer {
  let isOpenToOthers: boolean;
  let secret: Buffer;
  try {
    const file = openSync(path, 'r');
    try {
      isOpenToOthers = (fstatSync(file).mode & OPEN_TO_OTHERS) !== 0;
      secret = readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!isOpenToOthers) return secret;
  const message = `the secret file ${path} can be read by others; chmod 600 it`;
  throw new OperationalError('configuration', message);
}

/**
 * Makes a file that only its owner may open, unless there is one; throws `cannot_create`.
 *
 * The name comes into being with the whole secret behind it: whoever is second uses the secret of the first.
 */
export function makeSecretFile(path: string, secret: Uint8Array): void {
  const draft = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, secret, { mode: 0o600 });
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
    throw new OperationalError('cannot_create', `cannot make the secret file ${path}`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
}

function unreadable(path: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return new OperationalError('configuration', `cannot read the secret file ${path}`, {
    cause,
    context: { reason },
  });
}
