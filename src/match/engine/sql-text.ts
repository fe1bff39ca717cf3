import type { SqlValue } from '../../db/db.ts';

/** The values of a statement that is put together from fixed pieces: none of them ever becomes part of its text. */
export class Parameters {
  readonly values: SqlValue[] = [];

  /** The place of a value, with its type: `$3::text`. */
  add(
    value: SqlValue,
    type: 'text' | 'bigint' | 'int' | 'numeric' | 'timestamptz' | 'date',
  ): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** A statement with its values. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}
