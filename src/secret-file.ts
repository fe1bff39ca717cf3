import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
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

function unreadable(path: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return new OperationalError('configuration', `cannot read the secret file ${path}`, {
    cause,
    context: { reason },
  });
}
