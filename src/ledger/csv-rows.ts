import { pipeline, type Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { CsvLines } from '../csv-lines.ts';
import { OperationalError } from '../errors.ts';

/** A record of a CSV file and the line it starts on. */
export interface CsvRow {
  readonly line: number;
  readonly record: readonly string[];
}

// The line ends are named: left to itself, the parser takes the first one it sees for the only one.
const CSV = {
  bom: true,
  info: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
};

/** Reads a CSV file in UTF-8, header included; throws `invalid_input` when it is not one. */
export async function* csvRows(input: Readable): AsyncGenerator<CsvRow> {
  const rows = parse(CSV);
  // Whatever fails is thrown to the reader of the rows.
  pipeline(input, utf8Text, rows, () => undefined);
  const lines = new CsvLines();
  try {
    for await (const { info, record } of rows as AsyncIterable<ParsedRow>) {
      yield { line: lines.startOf(record, info), record };
    }
  } catch (cause) {
    throw readingError(cause);
  }
}

interface ParsedRow {
  readonly info: { readonly lines: number; readonly empty_lines: number };
  readonly record: readonly string[];
}

/** Replacing what is not UTF-8 would make one key of two. */
async function* utf8Text(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of chunks) {
      yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new OperationalError('invalid_input', 'the file is not UTF-8 [BAD_ENCODING]', { cause });
  }
}

function readingError(cause: unknown): unknown {
  if (cause instanceof OperationalError || !(cause instanceof Error)) return cause;
  if ('lines' in cause)
    return new OperationalError('invalid_input', `the file is not valid CSV: ${cause.message}`, {
      cause,
    });
  if ('syscall' in cause)
    return new OperationalError('io_error', `cannot read the file: ${cause.message}`, { cause });
  return cause;
}
