import { clip, FileRefusal, type Locator } from '../record.ts';
import { type ColumnName, type CsvProfile, columnsOf, headersOf } from './csv-profile.ts';

/** Where each column of a profile stands in one file. */
export interface CsvHeader {
  /** The header row as the file writes it. */
  readonly cells: readonly string[];
  /** Position of a column; -1 when the file does not carry it. */
  readonly position: Readonly<Record<ColumnName, number>>;
  /** Headers the profile does not know. */
  readonly unknown: readonly string[];
}

const LOCATOR: Locator = { line: 1 };

/** Names that mean something to JavaScript objects; a report has no honest use for them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether the first row of a text holds the headers of the profile's signature, all or all but one, in any order. */
export function holdsSignature(head: string, profile: CsvProfile): boolean {
  const [firstRow = ''] = head.replace(/^\uFEFF/, '').split(/[\r\n]/, 1);
  const cells = firstRow.split(profile.delimiter).map((cell) => cell.replace(/^"(.*)"$/, '$1'));
  const present = new Set(cells.map((cell) => cell.trim()));
  // One may be missing or misspelt: then the reader names it, which tells more than an unknown format.
  return profile.signature.filter((header) => !present.has(header)).length <= 1;
}

/** Finds the columns by name, in any order; refuses a header that is ambiguous or incomplete. */
export function readHeader(cells: readonly string[], profile: CsvProfile): CsvHeader {
  const at = positionsByName(cells);
  const position = Object.fromEntries(
    columnsOf(profile).map((column) => [column, positionOf(column, at, profile)]),
  ) as Record<ColumnName, number>;
  const known = new Set([
    ...columnsOf(profile).flatMap((column) => headersOf(profile, column)),
    ...profile.ignored,
  ]);
  const unknown = [...at.keys()].filter((name) => !known.has(name));
  return { cells, position, unknown };
}

function positionsByName(cells: readonly string[]): Map<string, number> {
  const at = new Map<string, number>();
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim();
    if (name === '') continue;
    if (FORBIDDEN.has(name)) {
      throw new FileRefusal('BAD_HEADER', `the header "${name}" is not a column name`, LOCATOR);
    }
    if (at.has(name)) {
      const message = `the header "${clip(name, 80)}" stands twice; which column is meant is not known`;
      throw new FileRefusal('DUPLICATE_HEADER', message, LOCATOR);
    }
    at.set(name, index);
  }
  return at;
}

function positionOf(
  column: ColumnName,
  at: ReadonlyMap<string, number>,
  profile: CsvProfile,
): number {
  const headers = headersOf(profile, column);
  const found = headers.filter((header) => at.has(header));
  if (found.length > 1) {
    const message = `the headers "${found.join('" and "')}" name the same column`;
    throw new FileRefusal('DUPLICATE_HEADER', message, LOCATOR);
  }
  if (found.length === 0 && !profile.optional.includes(column)) {
    throw new FileRefusal('MISSING_COLUMN', `the column "${headers[0]}" is missing`, LOCATOR);
  }
  return at.get(found[0] ?? '') ?? -1;
}
