export interface TextColumn {
  readonly title?: string;
  readonly align?: 'left' | 'right';
  /** Gives way, to eight characters at least, when the table is too wide. */
  readonly isElastic?: boolean;
}

export interface TextTableOptions {
  readonly columns: readonly TextColumn[];
  readonly rows: readonly (readonly string[])[];
  readonly width: number;
  readonly indent?: number;
}

const GAP = 2;
const NARROWEST = 8;

/** Rows as lines with aligned columns, no line wider than asked for as long as elastic columns can give way. */
export function textTable(options: TextTableOptions): string[] {
  const { columns, width, indent = 0 } = options;
  const rows = options.rows.map((row) => row.map(oneLine));
  const head = columns.some(({ title }) => title !== undefined)
    ? [columns.map(({ title }) => title ?? '')]
    : [];
  const widths = columnWidths(columns, [...head, ...rows], width - indent);
  const margin = ' '.repeat(indent);
  return [...head, ...rows].map((row) =>
    `${margin}${row.map((cell, at) => aligned(cell, columns[at], widths[at] ?? 0)).join(' '.repeat(GAP))}`.trimEnd(),
  );
}

/** Text cut into lines at blanks; a longer word is left whole. */
export function wrapped(text: string, width: number, indent = 0): string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let current = '';
  for (const word of oneLine(text).split(/ +/)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && widthOf(longer) + indent > width) {
      lines.push(margin + current);
      current = word;
    } else current = longer;
  }
  if (current !== '') lines.push(margin + current);
  return lines;
}

function columnWidths(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] {
  const widths = columns.map((_, at) => Math.max(0, ...rows.map((row) => widthOf(row[at] ?? ''))));
  let excess = widths.reduce((sum, one) => sum + one, GAP * (columns.length - 1)) - width;
  while (excess > 0) {
    const widest = widestElastic(columns, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function widestElastic(
  columns: readonly TextColumn[],
  widths: readonly number[],
): number | undefined {
  let widest: number | undefined;
  columns.forEach(({ isElastic }, at) => {
    const one = widths[at] ?? 0;
    if (isElastic && one > NARROWEST && one > (widths[widest ?? -1] ?? 0)) widest = at;
  });
  return widest;
}

function aligned(cell: string, column: TextColumn | undefined, width: number): string {
  const characters = [...cell];
  const text = characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : cell;
  const padding = ' '.repeat(width - widthOf(text));
  return column?.align === 'right' ? padding + text : text + padding;
}

function widthOf(text: string): number {
  return [...text].length;
}

/** Files write what they like: control and direction characters would let them redraw the terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
