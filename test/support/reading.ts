import { detectFormat } from '../../src/ingest/intake.ts';
import { DEFAULT_SETTINGS, type Format } from '../../src/ingest/reader.ts';
import { FileRefusal, type ParsedRecord } from '../../src/ingest/record.ts';
import { recordsAsJsonLines } from './golden.ts';

/** What came of reading a text: its records, and why it was refused if it was. */
export interface Reading {
  readonly format: string | null;
  readonly records: readonly ParsedRecord[];
  readonly refusal: FileRefusal | null;
}

/** Detects and reads a file given in chunks. */
export async function readChunks(
  chunks: readonly string[],
  formats: readonly Format[],
): Promise<Reading> {
  const records: ParsedRecord[] = [];
  let name: string | null = null;
  try {
    const { format, detected } = detectFormat(chunks.join('').slice(0, 16_384), formats);
    name = detected.format;
    const reader = format.open((record) => records.push(record), detected, DEFAULT_SETTINGS);
    for (const chunk of chunks) await reader.write(chunk);
    await reader.end();
    return { format: name, records, refusal: null };
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { format: name, records, refusal: error };
  }
}

/** The records of a file as JSON lines, and as a last line why it is refused. */
export async function told(chunks: readonly string[], formats: readonly Format[]): Promise<string> {
  const { records, refusal } = await readChunks(chunks, formats);
  if (refusal === null) return recordsAsJsonLines(records);
  const { reason, message, locator } = refusal;
  const refused = JSON.stringify({ kind: 'refused', locator, message, reason });
  return `${recordsAsJsonLines(records)}${refused}\n`;
}

/** A text cut after so many characters, again and again. */
export function chunked(text: string, lengths: readonly number[]): string[] {
  const chunks: string[] = [];
  let rest = text;
  for (const length of lengths) {
    chunks.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return [...chunks, rest];
}
