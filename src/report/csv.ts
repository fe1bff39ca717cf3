/** A cell: text is neutralised, a number (also as decimal text) is written as it is. */
export type CsvCell = { readonly number: string } | string | null;

/**
 * Writes a table as CSV (RFC 4180), every field quoted.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left alone, or `-12.34` would be text.
 */
export function csvOf(header: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  let text = csvLine(header);
  for (const row of rows) text += csvLine(row);
  return text;
}

const FORMULA = /^[=+\-@\t\r\n]/;

/** One line of such a table, for one that is written as it is read. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: CsvCell): string {
  if (cell === null) return '""';
  if (typeof cell !== 'string') return `"${cell.number}"`;
  const neutral = FORMULA.test(cell) ? `'${cell}` : cell;
  return `"${neutral.replaceAll('"', '""')}"`;
}
