import { suspectCharacter } from '../../suspect-text.ts';
import type { Emit, Reader } from '../reader.ts';
import { clip, FileRefusal, type ParsedEntry, type Rejection } from '../record.ts';
import { readNetAlone } from './csv-amounts.ts';
import { BankStatements } from './csv-bank-statement.ts';
import { cleanerOf } from './csv-cleaner.ts';
import { ControlTotals } from './csv-control.ts';
import { delimiterOf } from './csv-detect.ts';
import { type IgnoredRow, readEntry } from './csv-entry.ts';
import { CsvLayout } from './csv-layout.ts';
import type { CsvProfile } from './csv-profile.ts';
import type { CsvReport } from './csv-report.ts';
import { CarriedRounding } from './csv-rounding.ts';
import { SettlementReport } from './csv-settlement.ts';
import { type CsvSheet, cell } from './csv-sheet.ts';
import { detached } from './csv-text.ts';
import { CsvTokenizer } from './csv-tokenizer.ts';

/** A file with more rejections than this, and more than one record in a hundred, is not the file it claims to be. */
const MAX_REJECTIONS = 100;

/** Reads one file by one profile. */
export class CsvReader implements Reader {
  readonly #profile: CsvProfile;
  readonly #emit: Emit;
  readonly #tokenizer: CsvTokenizer;
  readonly #layout: CsvLayout;
  readonly #report: CsvReport;
  readonly #controls: ControlTotals | undefined;
  readonly #rounding: CarriedRounding | undefined;
  readonly #ignored = new Map<string, number>();
  #isTold = false;
  #records = 0;
  #rejections = 0;
  #mayHoldNul = false;
  #mayBeSuspect = false;

  constructor(profile: CsvProfile, emit: Emit) {
    this.#profile = profile;
    this.#emit = emit;
    this.#layout = new CsvLayout(profile);
    this.#report = profile.role === 'bank' ? new BankStatements(emit) : new SettlementReport(emit);
    const { extra_decimals: extraDecimals } = profile.numbers;
    if (extraDecimals !== undefined) this.#rounding = new CarriedRounding(extraDecimals);
    this.#controls = profile.sections === undefined ? undefined : new ControlTotals(emit);
    const cleaned = cleanerOf(profile);
    this.#tokenizer = new CsvTokenizer({
      delimiter: delimiterOf(profile),
      quotedNewlines: profile.quoted_newlines ?? false,
      take: (row, line) => this.#read(cleaned(row), line),
    });
  }

  write(chunk: string): void {
    this.#mayHoldNul ||= chunk.includes('\0');
    this.#mayBeSuspect ||= suspectCharacter(chunk) !== undefined;
    this.#tokenizer.write(chunk);
  }

  end(): void {
    this.#tokenizer.end();
    const line = this.#tokenizer.lastLine;
    const sheet = this.#layout.finish(line);
    if (this.#records === 0 && !this.#layout.hasTrailer) {
      throw new FileRefusal('NO_RECORDS', 'the file has a header and no records', { line: 1 });
    }
    this.#open(sheet, [], line);
    this.#limitRejections();
    this.#controls?.end(sheet, this.#profile.sections?.rows ?? {}, line);
    if (!this.#tokenizer.hasFinalNewline) {
      const proof = this.#profile.role === 'bank' ? 'the balances' : 'the batch sum';
      const message = `the last line has no end; if the file was cut, only ${proof} can tell`;
      this.#tell('NO_FINAL_NEWLINE', message, line);
    }
    for (const [rule, count] of this.#ignored) {
      this.#tell('ROWS_IGNORED', `${count} rows are passed over: ${rule}`, line);
    }
    this.#report.end(sheet, line);
  }

  #read(row: readonly string[], line: number): void {
    const found = this.#layout.place(row, line);
    if (found === 'skip') return;
    if (typeof found === 'object') {
      this.#controls?.take(this.#layout.sheet, found, row, line);
      return;
    }
    const { sheet } = this.#layout;
    if (sheet === undefined) {
      const message = `the row "${clip(row.join(' '), 80)}" stands before the header`;
      throw new FileRefusal('MISSING_HEADER', message, { line });
    }
    this.#records += 1;
    if (found === 'entry') this.#readRow(sheet, row, line);
    else this.#readUnknown(sheet, row, line);
  }

  #readUnknown(sheet: CsvSheet, row: readonly string[], line: number): void {
    this.#open(sheet, [], line);
    const message = `"${clip(this.#layout.typeOf(row) ?? '', 80)}" is not a record type that ${this.#profile.name} knows`;
    this.#reject(sheet, [], row, { reason: 'UNKNOWN_RECORD', message, field: null, line });
  }

  #readRow(sheet: CsvSheet, row: readonly string[], line: number): void {
    const { width } = sheet.header;
    const hasWidth = width === null || row.length === width || hasEmptyTail(row, width);
    this.#open(sheet, hasWidth ? row : [], line);
    if (!hasWidth) {
      const message = `the row has ${row.length} fields, the header ${width}`;
      this.#reject(sheet, [], row, { reason: 'FIELD_COUNT', message, field: null, line });
      return;
    }
    const nul = this.#mayHoldNul ? row.findIndex((text) => text.includes('\0')) : -1;
    if (nul >= 0) {
      const field = sheet.header.cells[nul] ?? null;
      const message = 'the field holds a NUL byte';
      this.#reject(sheet, row, row, { reason: 'NUL_BYTE', message, field, line });
      return;
    }
    const entry = readEntry(sheet, row, { line });
    if (entry.kind === 'entry') this.#accept(sheet, row, entry);
    else if (entry.kind === 'ignored') this.#ignore(entry, line);
    else this.#reject(sheet, row, row, { ...entry, line });
  }

  #accept(sheet: CsvSheet, row: readonly string[], entry: ParsedEntry): void {
    const { line } = entry.locator;
    const rounded = this.#rounding === undefined ? entry : this.#rounding.round(entry);
    const refusal = this.#report.accept(sheet, row, rounded);
    if (refusal !== undefined) {
      this.#reject(sheet, row, row, { ...refusal, line });
      return;
    }
    this.#controls?.add(entry, line);
    if (this.#mayBeSuspect) this.#tellSuspect(entry);
  }

  #ignore({ rule }: IgnoredRow, line: number): void {
    this.#controls?.add(null, line);
    this.#ignored.set(rule, (this.#ignored.get(rule) ?? 0) + 1);
  }

  /** Opens what a row belongs to; what is odd about the file is told behind the first statement. */
  #open(sheet: CsvSheet, row: readonly string[], line: number): void {
    this.#report.open(sheet, row, line);
    if (this.#isTold) return;
    this.#isTold = true;
    if (sheet.header.unknown.length === 0) return;
    const names = clip(sheet.header.unknown.join(', '), 300);
    const message = `columns that ${this.#profile.name} does not know are not read: ${names}`;
    this.#tell('UNKNOWN_COLUMN', message, this.#layout.headerLine);
  }

  /** Rejects a row; `cells` is what of it may be trusted to stand in its column. */
  #reject(
    sheet: CsvSheet,
    cells: readonly string[],
    row: readonly string[],
    refusal: Pick<Rejection, 'reason' | 'message' | 'field'> & { readonly line: number },
  ): void {
    this.#rejections += 1;
    const { reason, message, field, line } = refusal;
    const found = cells.length === 0 ? '' : cell(sheet, cells, sheet.slots.batch);
    const batch = found === '' ? null : detached(found);
    this.#report.miss(batch);
    this.#controls?.add(null, line);
    this.#emit({
      kind: 'rejection',
      reason,
      message,
      field,
      raw: clip(row.join(delimiterOf(this.#profile))),
      amountMinor: cells.length === 0 ? null : readNetAlone(sheet, cells),
      batch,
      locator: { line },
    });
  }

  #tellSuspect(entry: ParsedEntry): void {
    const { externalId, reference, originalReference, batch, locator } = entry;
    for (const text of [externalId, reference, originalReference, batch]) {
      const character = text === null ? undefined : suspectCharacter(text);
      if (character === undefined) continue;
      const message = `a reference holds ${character}, which cannot be seen or stands for a character that was lost`;
      this.#tell('SUSPECT_TEXT', message, locator.line);
      return;
    }
  }

  #tell(code: string, message: string, line: number): void {
    this.#emit({ kind: 'diagnostic', code, message, locator: { line } });
  }

  #limitRejections(): void {
    const isTooMany = this.#rejections > MAX_REJECTIONS && this.#rejections * 100 > this.#records;
    if (!isTooMany) return;
    const message = `${this.#rejections} of ${this.#records} records cannot be read`;
    throw new FileRefusal('TOO_MANY_REJECTIONS', message);
  }
}

function hasEmptyTail(row: readonly string[], width: number): boolean {
  return row.length > width && row.slice(width).every((text) => text === '');
}
