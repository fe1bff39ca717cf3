import { FileRefusal } from '../record.ts';
import { cleanerOf } from './csv-cleaner.ts';
import { readEntry } from './csv-entry.ts';
import { headerByPosition, isHeader } from './csv-header.ts';
import { type CsvProfile, headersOf } from './csv-profile.ts';
import { openSheet } from './csv-sheet.ts';
import { CsvTokenizer } from './csv-tokenizer.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Among sections the header may stand behind as many rows. */
const SECTION_ROWS = 20;

/** No header that a profile knows is wider. */
const SOME_FIELDS = 200;

/** A signature this long under another delimiter is no accident. */
const TELLING_SIGNATURE = 4;

/** The delimiter of a profile that has one. */
export function delimiterOf(profile: CsvProfile): string {
  return delimitersOf(profile)[0] ?? ',';
}

/** A profile once for each of its delimiters. */
export function withOneDelimiter(profile: CsvProfile): readonly CsvProfile[] {
  return delimitersOf(profile).map((delimiter) => ({ ...profile, delimiter }));
}

/** Which of the profiles the beginning of a file belongs to, under its own delimiter or, wrongly, another one. */
export function reportOf(head: string, profiles: readonly CsvProfile[]): CsvProfile | undefined {
  const own = profiles.find((profile) =>
    holds(firstRows(head, delimiterOf(profile), rowsToLookAt(profile)), profile),
  );
  return own ?? profiles.find((profile) => otherDelimiter(head, profile) !== undefined);
}

/** The delimiter under which a text holds the signature of a profile with another delimiter. */
export function otherDelimiter(head: string, profile: CsvProfile): string | undefined {
  const { signature = [] } = profile.table ?? {};
  if (signature.length < TELLING_SIGNATURE) return undefined;
  const isThere = signature.every((column) =>
    headersOf(profile, column).some((header) => head.includes(header)),
  );
  if (!isThere) return undefined;
  return DELIMITERS.filter((delimiter) => delimiter !== delimiterOf(profile)).find((delimiter) =>
    firstRows(head, delimiter, rowsToLookAt(profile)).some((row) => isHeader(row, profile)),
  );
}

/** The delimiter that a spreadsheet writes on the first line (`sep=;`); `undefined` for any other row. */
export function separatorOf(row: readonly string[], delimiter: string): string | undefined {
  if (row.length > 2 || !row[0]?.startsWith('sep=')) return undefined;
  const text = row.join(delimiter);
  return text.length === 5 ? text.slice(4) : undefined;
}

/** How many rows the header may be looked for in. */
export function rowsToLookAt(profile: CsvProfile): number {
  return profile.table?.within ?? (profile.sections === undefined ? 1 : SECTION_ROWS);
}

function holds(rows: readonly (readonly string[])[], profile: CsvProfile): boolean {
  const { sections, table = {} } = profile;
  const [first] = rows;
  if (first === undefined) return false;
  const isByHeader = table.signature !== undefined;
  if (sections !== undefined && typeof sections.column === 'number') {
    const type = first[sections.column - 1]?.trim() ?? '';
    if (!Object.hasOwn(sections.rows, type)) return false;
    return !isByHeader || rows.some((row) => isHeader(row, profile));
  }
  if (table.header !== false) return rows.some((row) => isHeader(row, profile));
  if (first.length !== table.width) return false;
  const values = new Map(Object.entries(profile.constants ?? {}));
  const sheet = openSheet(profile, headerByPosition(profile), values);
  return readEntry(sheet, cleanerOf(profile)(first), { line: 1 }).kind !== 'refusal';
}

function delimitersOf({ delimiter = ',' }: CsvProfile): readonly string[] {
  return typeof delimiter === 'string' ? [delimiter] : delimiter;
}

/** The first rows of a text, as far as they can be read. */
function firstRows(head: string, delimiter: string, count: number): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  const take = (row: readonly string[]) => {
    if (separatorOf(row, delimiter) === undefined && rows.length < count) rows.push(row);
  };
  const tokenizer = new CsvTokenizer({ delimiter, quotedNewlines: true, take });
  try {
    tokenizer.write(head);
    // A file without a line end is one row; the last row of a longer head may be cut.
    if (rows.length === 0) tokenizer.end();
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    // The reader refuses such a row by its name, if the row begins like a header it knows.
    if (error.reason === 'TOO_MANY_FIELDS') rows.push(head.split(delimiter, SOME_FIELDS));
  }
  return rows;
}
