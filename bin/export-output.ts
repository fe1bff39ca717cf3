import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { OperationalError } from '../src/errors.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Writes pieces of text to a file, or to standard output without one.
 *
 * The file has its name only once it is whole. Throws `cannot_create` when it cannot be written.
 */
export async function writePieces(
  context: CommandContext,
  pieces: AsyncIterable<string>,
  file?: string,
): Promise<void> {
  if (file === undefined) {
    for await (const piece of pieces) await context.out(piece);
    return;
  }
  const draft = `${file}.part`;
  try {
    await pipeline(pieces, createWriteStream(draft));
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new OperationalError('cannot_create', `cannot write ${file}`, { cause });
  }
}
