import { once } from 'node:events';
import type pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { assertInvariant, OperationalError } from '../errors.ts';
import { arrayLiteral, bytesLiteral } from './array-literal.ts';

/** A value that can travel to Postgres. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | null | readonly SqlValue[];

/** Where COPY puts the rows: a schema-qualified table and its columns in the order of the values. */
export interface CopyTarget {
  readonly table: string;
  readonly columns: readonly string[];
}

const CHUNK_CHARACTERS = 128 * 1024;
const NAME = /^[a-z_][a-z0-9_]*$/;
const SPECIAL = /[\\\t\n\r\b\f\v\0]/;
const EVERY_SPECIAL = /[\\\t\n\r\b\f\v]/g;
const ESCAPE: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** Streams the batches into one COPY; an error of the source or of the server ends it and is thrown. */
export async function copyRows(
  client: pg.ClientBase,
  target: CopyTarget,
  batches: AsyncIterable<readonly (readonly SqlValue[])[]>,
): Promise<number> {
  const sink = new CopySink(client.query(copyFrom(copyStatement(target))));
  try {
    for await (const chunk of encodeChunks(target, batches)) await sink.write(chunk);
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
  return await sink.finish();
}

/** One running COPY. It writes a chunk at a time: the stream must never hold chunks when the server refuses. */
class CopySink {
  readonly #stream: CopyStreamQuery;
  // The stream emits the server's refusal without becoming destroyed, and writing on would throw
  // outside any promise.
  #refusal: Error | undefined;

  constructor(stream: CopyStreamQuery) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#refusal ??= error;
    });
  }

  async write(chunk: string): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!this.#stream.write(chunk)) await once(this.#stream, 'drain');
  }

  async finish(): Promise<number> {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#stream.end();
    await once(this.#stream, 'finish');
    return this.#stream.rowCount;
  }

  async abort(reason: unknown): Promise<void> {
    if (this.#refusal !== undefined) return;
    const refused = once(this.#stream, 'close');
    this.#stream.destroy(reason instanceof Error ? reason : new Error(String(reason)));
    await refused.catch(() => undefined);
  }
}

/** Encodes one row in the text format of COPY, line end included. */
export function encodeCopyRow(values: readonly SqlValue[], columns: readonly string[]): string {
  assertInvariant(
    values.length === columns.length,
    `a COPY row has ${values.length} values for ${columns.length} columns`,
  );
  let line = '';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) line += '\t';
    line += encodeField(values[index] ?? null, columns[index] ?? '');
  }
  return `${line}\n`;
}

function encodeField(value: SqlValue, column: string): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escapeText(value, column);
  if (typeof value !== 'object') return String(value);
  return escapeText(
    value instanceof Uint8Array ? bytesLiteral(value) : arrayLiteral(value),
    column,
  );
}

function escapeText(text: string, column: string): string {
  if (!SPECIAL.test(text)) return text;
  if (text.includes('\0')) {
    throw new OperationalError(
      'invalid_input',
      `column ${column} holds a NUL character, which Postgres cannot store; remove it from the input`,
      { context: { column } },
    );
  }
  return text.replace(EVERY_SPECIAL, (character) => ESCAPE[character] ?? character);
}

async function* encodeChunks(
  target: CopyTarget,
  batches: AsyncIterable<readonly (readonly SqlValue[])[]>,
): AsyncGenerator<string> {
  let chunk = '';
  for await (const batch of batches) {
    for (const row of batch) {
      chunk += encodeCopyRow(row, target.columns);
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

function copyStatement(target: CopyTarget): string {
  for (const name of [...target.table.split('.'), ...target.columns]) {
    assertInvariant(NAME.test(name), `"${name}" is not a plain database name`);
  }
  return `copy ${target.table} (${target.columns.join(', ')}) from stdin`;
}
