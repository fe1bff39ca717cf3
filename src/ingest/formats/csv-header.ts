import { clip, FileRefusal } from '../record.ts';
import { type CsvProfile, headersOf, type ValueName } from './csv-profile.ts';

/** Where the columns of a profile stand in one file. */
export interface CsvHeader {
  /** The header row as the file writes it; empty for a table without one. */
  readonly cells: readonly string[];
  /** How many fields a row has; `null` where the rows of a file have several widths. */
  readonly width: number | null;
  /** Position of every column the file carries. */
  readonly position: ReadonlyMap<ValueName, number>;
  /** Headers the profile does not know. */
  readonly unknown: readonly string[];
}

/** Names that mean something to JavaScript objects; a report has no honest use for them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Whether a row is the header of a profile's table: it holds the columns of the signature, in any order.
 *
 * A signature names only what tells the report from others: of the other columns the reader says which one is missing,
 * which tells more than an unknown format.
 */
export function isHeader(row: readonly string[], profile: CsvProfile): boolean {
  const { signature = [], absent = [] } = profile.table ?? {};
  if (signature.length === 0) return false;
  const present = new Set(row.map((cell) => cell.trim()));
  if (absent.some((header) => present.has(header))) return false;
  return signature.every((column) =>
    headersOf(profile, column).some((header) => present.has(header)),
  );
}

/** Finds the columns by name, in any order; refuses a header that is ambiguous or incomplete. */
export function readHeader(cells: readonly string[], profile: CsvProfile, line: number): CsvHeader {
  const at = positionsByName(cells, line);
  const position = new Map<ValueName, number>();
  for (const column of Object.keys(profile.columns)) {
    const found = positionOf(column, at, { profile, line });
    if (found !== undefined) position.set(column, found);
  }
  const known = new Set([
    ...Object.keys(profile.columns).flatMap((column) => headersOf(profile, column)),
    ...(profile.ignored ?? []),
  ]);
  // The first cell of a header row among sections is its record type.
  const type = profile.sections?.column === 1 ? cells[0]?.trim() : undefined;
  const families = (profile.ignored ?? [])
    .filter((header) => header.endsWith('*'))
    .map((header) => header.slice(0, -1));
  const unknown = [...at.keys()].filter(
    (name) =>
      !known.has(name) && name !== type && !families.some((family) => name.startsWith(family)),
  );
  return { cells, width: cells.length, position, unknown };
}

/** The columns of a table without header: they stand where the profile says. */
export function headerByPosition(profile: CsvProfile): CsvHeader {
  const places = Object.entries(profile.columns).filter(
    (column): column is [string, number] => typeof column[1] === 'number',
  );
  const position = new Map(places.map(([name, place]) => [name, place - 1]));
  return { cells: [], width: profile.table?.width ?? null, position, unknown: [] };
}

function positionsByName(cells: readonly string[], line: number): Map<string, number> {
  const at = new Map<string, number>();
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim();
    if (name === '') continue;
    if (FORBIDDEN.has(name)) {
      const message = `the header "${name}" is not a column name`;
      throw new FileRefusal('BAD_HEADER', message, { line });
    }
    if (at.has(name)) {
      const message = `the header "${clip(name, 80)}" stands twice; which column is meant is not known`;
      throw new FileRefusal('DUPLICATE_HEADER', message, { line });
    }
    at.set(name, index);
  }
  return at;
}

function positionOf(
  column: ValueName,
  at: ReadonlyMap<string, number>,
  { profile, line }: { readonly profile: CsvProfile; readonly line: number },
): number | undefined {
  const rule = profile.columns[column];
  if (typeof rule === 'number') return rule - 1;
  const headers = headersOf(profile, column);
  const found = headers.filter((header) => at.has(header));
  if (found.length > 1) {
    const message = `the headers "${found.join('" and "')}" name the same column`;
    throw new FileRefusal('DUPLICATE_HEADER', message, { line });
  }
  const [header] = found;
  if (header === undefined && !profile.optional?.includes(column)) {
    throw new FileRefusal('MISSING_COLUMN', `the column "${headers[0]}" is missing`, { line });
  }
  return header === undefined ? undefined : at.get(header);
}
