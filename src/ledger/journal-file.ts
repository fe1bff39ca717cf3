import type { Readable } from 'node:stream';
import { distance } from 'fastest-levenshtein';
import { cardTokenOf } from '../card-number.ts';
import type { Currency } from '../currency.ts';
import { OperationalError } from '../errors.ts';
import { csvRows } from './csv-rows.ts';
import { type ClosedPeriod, contentKeyOf, type HandContent, handJournal } from './hand-journal.ts';
import type { JournalRequest } from './journal-request.ts';
import { JOURNAL_COLUMNS, type JournalRow, parseJournalRow } from './journal-row.ts';
import { maskPaymentRow } from './payment-cards.ts';

/** A journal of a file and the line it begins on. */
export interface FileJournal {
  readonly line: number;
  readonly journal: JournalRequest;
}

/** A journal that the file does not tell well enough to post it: the line that is wrong, and why. */
export interface FileRejection {
  readonly line: number;
  readonly code: string;
  readonly text: string;
}

export interface JournalFile {
  /** In the order of their first lines. */
  readonly journals: readonly FileJournal[];
  readonly rejections: readonly FileRejection[];
}

export interface JournalFileOptions {
  readonly createdBy: string;
  /** Of lines that name none. */
  readonly currency: Currency;
  readonly closedPeriod?: ClosedPeriod;
  /** The key of the tokens beside truncated card numbers. */
  readonly tokenKey: Uint8Array;
}

/**
 * Reads journals from a CSV file with a header (column order is free); the whole file is held in memory.
 *
 *   effective_date, debit, credit, amount (major units, positive), and optionally key, journal, kind, currency, reference,
 *   description, payment_id, metadata (JSON)
 *
 * Lines with one text in `journal` are one journal and must agree in all that is the journal's; a line without is a journal of
 * its own. Without a key a journal has one of its content: the same file posts once, and a line that stands twice in it
 * posts twice. A wrong line rejects its journal; throws `invalid_input` when the structure of the file is wrong.
 */
export async function readJournalFile(
  input: Readable,
  options: JournalFileOptions,
): Promise<JournalFile> {
  const groups = new Groups();
  const tokenOf = cardTokenOf(options.tokenKey);
  let columns: Columns | undefined;
  for await (const { line, record } of csvRows(input)) {
    if (columns === undefined) columns = new Columns(record);
    else groups.add(line, rowOf(columns, maskPaymentRow(record, tokenOf), options));
  }
  if (columns === undefined) throw new OperationalError('invalid_input', 'the file is empty');
  return groups.journals(options);
}

function rowOf(
  columns: Columns,
  record: readonly string[],
  options: JournalFileOptions,
): JournalRow | RowFault {
  if (record.length === columns.width)
    return parseJournalRow((name) => columns.field(record, name), options);
  const text = `${record.length} fields where the header has ${columns.width}`;
  return { journal: columns.field(record, 'journal'), code: 'FIELD_COUNT', text };
}

interface RowFault {
  /** The journal it belongs to, as far as it can be told. */
  readonly journal: string;
  readonly code: string;
  readonly text: string;
}

/** The columns of a journal file by name; throws `invalid_input` when one is missing, unknown or stands twice. */
class Columns {
  readonly width: number;
  readonly #places: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.width = names.length;
    this.#places = new Map(names.map((name, place) => [name, place]));
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    if (twice !== undefined)
      throw headerError(`column "${twice}" stands twice`, 'DUPLICATE_HEADER');
    const known: readonly string[] = Object.keys(JOURNAL_COLUMNS);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw headerError(
        `column "${unknown}" is unknown; did you mean "${nearest(unknown, known)}"?`,
        'UNKNOWN_COLUMN',
      );
    const missing = Object.entries(JOURNAL_COLUMNS)
      .filter(([name, need]) => need === 'required' && !this.#places.has(name))
      .map(([name]) => name);
    if (missing.length > 0)
      throw headerError(`the header lacks ${missing.join(', ')}`, 'MISSING_COLUMN');
  }

  field(record: readonly string[], name: string): string {
    const place = this.#places.get(name);
    return place === undefined ? '' : (record[place] ?? '');
  }
}

function headerError(text: string, code: string): OperationalError {
  return new OperationalError('invalid_input', `${text} [${code}]`);
}

function nearest(name: string, known: readonly string[]): string | undefined {
  return [...known].sort((one, other) => distance(name, one) - distance(name, other))[0];
}

interface Group {
  readonly line: number;
  readonly rows: JournalRow[];
  fault?: FileRejection;
}

/** The lines of a file, put together as journals. */
class Groups {
  readonly #groups: Group[] = [];
  readonly #byName = new Map<string, Group>();

  add(line: number, row: JournalRow | RowFault): void {
    const group = this.#groupOf(line, row.journal);
    if ('code' in row) group.fault ??= { line, code: row.code, text: row.text };
    else {
      const [first] = group.rows;
      group.rows.push(row);
      const field = first === undefined ? undefined : differingField(first, row);
      if (field === undefined) return;
      const text = `journal "${row.journal}" has another ${field} in line ${group.line}`;
      group.fault ??= { line, code: 'MIXED_JOURNAL', text };
    }
  }

  journals(options: JournalFileOptions): JournalFile {
    const counts = new Map<string, number>();
    const journals = this.#groups.flatMap((group): FileJournal[] => {
      if (group.fault !== undefined) return [];
      const content = numbered(contentOf(group.rows), counts);
      return [{ line: group.line, journal: handJournal(content, options) }];
    });
    const rejections = this.#groups
      .flatMap(({ fault }) => fault ?? [])
      .sort((one, other) => one.line - other.line);
    return { journals, rejections };
  }

  #groupOf(line: number, name: string): Group {
    const known = name === '' ? undefined : this.#byName.get(name);
    if (known !== undefined) return known;
    const group: Group = { line, rows: [] };
    this.#groups.push(group);
    if (name !== '') this.#byName.set(name, group);
    return group;
  }
}

const OF_THE_JOURNAL = [
  'key',
  'effectiveDate',
  'kind',
  'description',
  'paymentId',
  'metadata',
] as const;

function differingField(first: JournalRow, row: JournalRow): string | undefined {
  const field = OF_THE_JOURNAL.find((name) => first.head[name] !== row.head[name]);
  return field?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function contentOf(rows: readonly JournalRow[]): HandContent {
  const [first, ...others] = rows;
  if (first === undefined) throw new OperationalError('invariant_broken', 'a journal has no line');
  return { ...first.head, lines: [first.movement, ...others.map(({ movement }) => movement)] };
}

/** Two journals of one content in one file are two: the second one's key says so. */
function numbered(content: HandContent, counts: Map<string, number>): HandContent {
  if (content.key !== '') return content;
  const key = contentKeyOf(content);
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count === 1 ? content : { ...content, key: `${key}|${count}` };
}
