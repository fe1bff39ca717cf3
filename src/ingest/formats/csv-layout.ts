import { clip, FileRefusal } from '../record.ts';
import { placed } from './csv-control.ts';
import { delimiterOf, otherDelimiter, rowsToLookAt, separatorOf } from './csv-detect.ts';
import { headerByPosition, isHeader, readHeader } from './csv-header.ts';
import { beginsWithLabel } from './csv-label.ts';
import {
  type ContextRow,
  type CsvProfile,
  type LabelRule,
  labelsOf,
  namesOf,
  type RowRule,
  type ValueName,
} from './csv-profile.ts';
import { type CsvSheet, cell, firstFilled, openSheet, setContext } from './csv-sheet.ts';

/** What a row is: an entry, one of a type nobody declared, nothing to read, or a row about other rows. */
export type RowPlace = 'entry' | 'unknown' | 'skip' | ContextRow;

/**
 * Where the table of a file is, and what each row is to it.
 *
 *   Account number: 123         metadata above, one label a row
 *   Date,Amount,…               the header, within the first rows
 *   2026-03-02,4.88,…           entries
 *   Closing balance,100.00      what ends the table, and metadata below
 */
export class CsvLayout {
  readonly #profile: CsvProfile;
  readonly #values: Map<ValueName, string>;
  readonly #rules: ReadonlyMap<string, RowRule>;
  readonly #labels: readonly (readonly [ValueName, readonly string[]])[];
  readonly #labelsAbove: readonly (readonly [ValueName, readonly string[]])[];
  /** The row of labels whose values stand in the next row. */
  #labelRow: readonly string[] | undefined;
  readonly #looked: string[] = [];
  #sheet: CsvSheet | undefined;
  #headerLine = 1;
  #isAfter = false;
  #hasTrailer = false;

  constructor(profile: CsvProfile) {
    this.#profile = profile;
    this.#rules = new Map(Object.entries(profile.sections?.rows ?? {}));
    const metadata = Object.entries(profile.metadata ?? {});
    const labelled = (rules: typeof metadata) =>
      rules.map(([name, rule]) => [name, labelsOf(rule)] as const);
    this.#labels = labelled(metadata.filter(([, rule]) => !isBelow(rule)));
    this.#labelsAbove = labelled(metadata.filter(([, rule]) => isBelow(rule)));
    const set = [...this.#rules.values()].flatMap((rule) =>
      typeof rule === 'string' ? [] : Object.keys(rule.set ?? {}),
    );
    const empty = [...metadata.map(([name]) => name), ...set];
    this.#values = new Map([
      ...empty.map((name) => [name, ''] as const),
      ...Object.entries(profile.constants ?? {}),
    ]);
    if (hasNoHeader(profile)) this.#openAt(headerByPosition(profile));
  }

  /** The table, once its header was read. */
  get sheet(): CsvSheet | undefined {
    return this.#sheet;
  }

  get headerLine(): number {
    return this.#headerLine;
  }

  /** Whether a trailer or a declared balance vouches for a file without entries. */
  get hasTrailer(): boolean {
    const { sheet } = this;
    if (this.#hasTrailer || sheet === undefined) return this.#hasTrailer;
    return cell(sheet, [], sheet.slots.closing) !== '' && this.#profile.balances !== undefined;
  }

  /** The record type of a row; `undefined` when the file has none, or has not told where it stands. */
  typeOf(row: readonly string[]): string | undefined {
    const { sections } = this.#profile;
    if (sections === undefined) return undefined;
    if (typeof sections.column !== 'number' && this.#sheet === undefined) return undefined;
    return placed(this.#sheet, row, sections.column);
  }

  /** Says what a row is; reads headers, metadata and context on the way. */
  place(row: readonly string[], line: number): RowPlace {
    if (row[0] === '' && row.every((text) => text === '')) return 'skip';
    if (line === 1 && this.#isSeparator(row)) return 'skip';
    if (this.#isAfter) return this.#placeBelow(row, line);
    const type = this.typeOf(row);
    const rule = type === undefined ? undefined : this.#rules.get(type);
    if (rule !== undefined) return this.#apply(rule, row, line);
    if (this.#sheet === undefined) return this.#placeAbove(row, line);
    if (this.#ends(row)) {
      this.#isAfter = true;
      return this.#placeBelow(row, line);
    }
    if (type !== undefined) {
      return this.#profile.sections?.otherwise === 'entry' ? 'entry' : 'unknown';
    }
    this.#refuseHeaderAgain(this.#sheet, row, line);
    return 'entry';
  }

  /** The file is over; refuses one without a table. */
  finish(line: number): CsvSheet {
    if (this.#sheet !== undefined) return this.#sheet;
    throw this.#headerMissing(line);
  }

  #apply(rule: RowRule, row: readonly string[], line: number): RowPlace {
    if (rule === 'header') {
      this.#readHeader(row, line);
      return 'skip';
    }
    if (typeof rule === 'string') return rule;
    for (const [name, at] of Object.entries(rule.set ?? {})) {
      this.#set(name, placed(this.#sheet, row, at));
    }
    this.#hasTrailer ||= rule.trailer !== undefined;
    return rule;
  }

  #placeAbove(row: readonly string[], line: number): 'skip' {
    const within = rowsToLookAt(this.#profile);
    const isOnlyPlace = within === 1 && this.#profile.sections === undefined;
    if (isHeader(row, this.#profile)) {
      this.#readHeader(row, line);
      return 'skip';
    }
    this.#looked.push(row.join(delimiterOf(this.#profile)));
    if (otherDelimiter(this.#looked.at(-1) ?? '', this.#profile) !== undefined) {
      throw this.#headerMissing(line);
    }
    if (isOnlyPlace) {
      this.#readHeader(row, line);
      return 'skip';
    }
    if (this.#looked.length >= within) throw this.#headerMissing(line);
    this.#readMetadata(row, line);
    return 'skip';
  }

  #placeBelow(row: readonly string[], line: number): 'skip' {
    if (this.#readMetadata(row, line) || this.#sheet === undefined) return 'skip';
    const { header, slots, dates } = this.#sheet;
    const isRow = row.length === header.width;
    if (
      isRow &&
      typeof dates.read(
        cell(this.#sheet, row, firstFilled(this.#sheet, row, slots.bookingDate)),
        '',
      ) === 'string'
    ) {
      const message = 'a row of the table stands behind its end';
      throw new FileRefusal('DATA_AFTER_TRAILER', message, { line });
    }
    return 'skip';
  }

  #readHeader(row: readonly string[], line: number): void {
    const { cells } = this.#sheet?.header ?? {};
    if (cells?.length === row.length && row.every((text, index) => text === cells[index])) return;
    this.#headerLine = line;
    this.#labelRow = undefined;
    this.#openAt(readHeader(row, this.#profile, line));
  }

  #openAt(header: ReturnType<typeof readHeader>): void {
    const dates = namesOf(this.#profile.entry.booking_date);
    if (!dates.some((name) => header.position.has(name) || this.#values.has(name))) {
      const message = `no column tells the booking date (${dates.join(' or ')})`;
      throw new FileRefusal('MISSING_COLUMN', message, { line: this.#headerLine });
    }
    this.#sheet = openSheet(this.#profile, header, this.#values);
  }

  #set(name: ValueName, text: string): void {
    this.#values.set(name, text);
    if (this.#sheet !== undefined) setContext(this.#sheet, name, text);
  }

  /** Whether a row was a label with its value, or labels with their values in the next row. */
  #readMetadata(row: readonly string[], line: number): boolean {
    const cells = row.map((text) => text.trim());
    if (this.#readBelow(cells, line)) return true;
    const at = cells.findIndex((text) => text !== '');
    const first = cells[at] ?? '';
    for (const [name, labels] of this.#labels) {
      const label = labels.find((one) => beginsWithLabel(first, one));
      if (label === undefined) continue;
      const rest = first.slice(label.length).replace(/^\s*:\s*|^\s+/, '');
      this.#set(name, rest || (cells.slice(at + 1).find((text) => text !== '') ?? ''));
      return true;
    }
    return false;
  }

  #readBelow(cells: readonly string[], line: number): boolean {
    const labels = this.#labelRow;
    if (labels === undefined) {
      const isLabels = this.#labelsAbove.some(([, names]) =>
        names.some((name) => cells.includes(name)),
      );
      if (isLabels) this.#labelRow = cells;
      return isLabels;
    }
    this.#labelRow = undefined;
    if (cells.length !== labels.length) {
      const message = `the row has ${cells.length} fields, and the labels above it ${labels.length}`;
      throw new FileRefusal('METADATA_WIDTH', message, { line });
    }
    for (const [name, names] of this.#labelsAbove) {
      const at = labels.findIndex((label) => names.includes(label));
      if (at !== -1) this.#set(name, cells[at] ?? '');
    }
    return true;
  }

  #ends(row: readonly string[]): boolean {
    return this.#profile.table?.end?.includes(row[0]?.trim() ?? '') ?? false;
  }

  #isSeparator(row: readonly string[]): boolean {
    const delimiter = delimiterOf(this.#profile);
    const separator = separatorOf(row, delimiter);
    if (separator === undefined || separator === delimiter) return separator !== undefined;
    throw this.#mismatch(separator, 1);
  }

  #refuseHeaderAgain({ header: { cells } }: CsvSheet, row: readonly string[], line: number): void {
    if (row[0] !== cells[0] || !row.every((text, index) => text === cells[index])) return;
    const message = 'the header stands again in the middle; two files were joined';
    throw new FileRefusal('HEADER_REPEATED', message, { line });
  }

  #headerMissing(line: number): FileRefusal {
    const other = otherDelimiter(`${this.#looked.join('\n')}\n`, this.#profile);
    if (other !== undefined) return this.#mismatch(other, line);
    const seen = clip(this.#looked[0] ?? '', 120);
    const message = `no header of ${this.#profile.name} in the first ${rowsToLookAt(this.#profile)} rows; the first row is "${seen}"`;
    return new FileRefusal('MISSING_HEADER', message, { line });
  }

  #mismatch(other: string, line: number): FileRefusal {
    const [is, declared] = [other, delimiterOf(this.#profile)].map((one) => JSON.stringify(one));
    const message = `the file is separated by ${is}, and ${this.#profile.name} by ${declared}; the separator is declared, not guessed`;
    return new FileRefusal('DELIMITER_MISMATCH', message, { line });
  }
}

function isBelow(rule: LabelRule): boolean {
  return typeof rule === 'object' && 'below' in rule;
}

/** A table whose every column stands at a position needs no header to be read. */
function hasNoHeader(profile: CsvProfile): boolean {
  if (profile.table?.header === false) return true;
  return Object.values(profile.columns).every((rule) => typeof rule === 'number');
}
