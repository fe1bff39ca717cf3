/**
 * A copy of a text that outlives its chunk.
 *
 * V8 cuts a cell out of a chunk without copying it: a cell that is kept keeps its whole chunk in memory, and a cache of
 * thousands of them keeps the file.
 */
export function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
