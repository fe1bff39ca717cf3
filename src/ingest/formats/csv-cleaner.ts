import type { CsvProfile } from './csv-profile.ts';

type Row = readonly string[];

/** What a profile does to every row first: blanks around a value go, and a value that says there is none. */
export function cleanerOf({ trim = false, empty = [] }: CsvProfile): (row: Row) => Row {
  if (!trim && empty.length === 0) return (row) => row;
  const nothing = new Set(empty);
  return (row) =>
    row.map((text) => {
      const value = trim ? text.replace(/^[ \t]+|[ \t]+$/g, '') : text;
      return nothing.has(value) ? '' : value;
    });
}
