import { CsvError, Parser } from 'csv-parse';
import { CsvLines } from '../../csv-lines.ts';
import { historicCurrencyExponent } from '../../currency.ts';
import type { Emit, Format, Reader } from '../reader.ts';
import { clip, type Diagnostic, FileRefusal, type Locator, type Rejection } from '../record.ts';
import { type RowRefusal, readSigned } from './csv-amounts.ts';
import { SettlementBatches } from './csv-batches.ts';
import { readEntry } from './csv-entry.ts';
import { holdsSignature, readHeader } from './csv-header.ts';
import type { CsvProfile } from './csv-profile.ts';
import { type CsvSheet, cell, openSheet } from './csv-sheet.ts';

/** A file with more rejections than this, and more than one record in a hundred, is not the file it claims to be. */
const MAX_REJECTIONS = 100;

/** The largest record, in bytes; a quote that is never closed is found here before memory is. */
const MAX_RECORD_BYTES = 1_048_576;

/**
 * Settlement reports as CSV, read by a profile.
 *
 *   Merchant Account,Psp Reference,Type,…,Net Debit (NC),Net Credit (NC),…,Batch Number
 *   Shop,8816…,Settled,…,,4.88,…,380
 *   Shop,,MerchantPayout,"TX1XT batch 380, Shop",…,4.88,,…,380
 */
export function csvFormat(profile: CsvProfile): Format {
  const name = `csv:${profile.name}`;
  return {
    name,
    detect: (head) => (holdsSignature(head, profile) ? { format: name, version: null } : undefined),
    open: (emit) => new CsvReader(profile, emit),
  };
}

/**
 * Hands each record over at once instead of queueing it as a stream of objects.
 *
 * The hook `on_record` does so too, but copies the parser's counters for every record: 300,000 records took a
 * sixth longer.
 */
class RowParser extends Parser {
  readonly #take: (row: readonly string[]) => void;

  constructor(delimiter: string, take: (row: readonly string[]) => void) {
    // The count of fields is checked per row by the reader: a short row is one rejection, not the end of the file.
    super({ bom: true, delimiter, relax_column_count: true, skip_empty_lines: true });
    this.#take = take;
  }

  override push(row: readonly string[] | null): boolean {
    if (row !== null) this.#take(row);
    return true;
  }
}

class CsvReader implements Reader {
  readonly #profile: CsvProfile;
  readonly #emit: Emit;
  readonly #parser: Parser;
  readonly #lines = new CsvLines();
  readonly #batches = new SettlementBatches();
  #sheet: CsvSheet | undefined;
  #isOpened = false;
  #records = 0;
  #rejections = 0;
  #bytesWritten = 0;
  #bytesRead = 0;
  #mayHoldNul = false;
  #hasFinalNewline = false;
  #heldBack = '';

  constructor(profile: CsvProfile, emit: Emit) {
    this.#profile = profile;
    this.#emit = emit;
    this.#parser = new RowParser(profile.delimiter, (row) => this.#read(row));
    // The parser tells an error twice, as an event and to the writer, who acts on it.
    this.#parser.on('error', () => undefined);
  }

  async write(chunk: string): Promise<void> {
    const text = this.#whole(chunk);
    if (text === '') return;
    this.#mayHoldNul ||= text.includes('\0');
    this.#hasFinalNewline = text.endsWith('\n') || text.endsWith('\r');
    const bytes = Buffer.from(text, 'utf8');
    this.#bytesWritten += bytes.length;
    await this.#parsed((done) => this.#parser.write(bytes, done));
    this.#capRecord(this.#bytesWritten);
  }

  async end(): Promise<void> {
    await this.#parsed((done) => this.#parser.end(done));
    if (this.#sheet === undefined || this.#records === 0) {
      throw new FileRefusal('NO_RECORDS', 'the file has a header and no records', { line: 1 });
    }
    this.#limitRejections();
    const locator = { line: this.#lines.last };
    if (!this.#hasFinalNewline) {
      const message = 'the last line has no end; if the file was cut, only the batch sum can tell';
      this.#emit(diagnostic('NO_FINAL_NEWLINE', message, locator));
    }
    for (const finding of this.#batches.diagnostics(locator)) this.#emit(finding);
    this.#emit(this.#batches.close(locator));
  }

  /** A chunk may end inside a surrogate pair; its first half waits for the second. */
  #whole(chunk: string): string {
    const text = this.#heldBack + chunk;
    const isSplit = /[\uD800-\uDBFF]$/.test(text.slice(-1));
    this.#heldBack = isSplit ? text.slice(-1) : '';
    return isSplit ? text.slice(0, -1) : text;
  }

  async #parsed(step: (done: (error?: Error | null) => void) => void): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        step((error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throw error instanceof CsvError ? this.#refusalOf(error) : error;
    }
  }

  #refusalOf(error: CsvError): FileRefusal {
    const locator = { line: this.#lines.next };
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
      const message = 'a quote opened in the record of this line is never closed';
      return new FileRefusal('UNCLOSED_QUOTE', message, locator);
    }
    const message = `a quote stands where none may stand: ${clip(error.message, 200)}`;
    return new FileRefusal('BAD_QUOTE', message, locator);
  }

  #capRecord(end: number): void {
    if (end - this.#bytesRead <= MAX_RECORD_BYTES) return;
    const message = `the record is longer than ${MAX_RECORD_BYTES} bytes; a quote may be open`;
    throw new FileRefusal('RECORD_TOO_LONG', message, { line: this.#lines.next });
  }

  #read(row: readonly string[]): void {
    const { info } = this.#parser;
    this.#capRecord(info.bytes);
    this.#bytesRead = info.bytes;
    const locator = { line: this.#lines.startOf(row, info) };
    if (this.#sheet === undefined) {
      this.#sheet = openSheet(this.#profile, readHeader(row, this.#profile));
      return;
    }
    this.#records += 1;
    this.#readRow(this.#sheet, row, locator);
  }

  #readRow(sheet: CsvSheet, row: readonly string[], locator: Locator): void {
    refuseBrokenLayout(sheet, row, locator);
    const hasWidth = row.length === sheet.header.cells.length || hasEmptyTail(sheet, row);
    if (!this.#isOpened) this.#open(sheet, hasWidth ? row : []);
    if (!hasWidth) {
      const message = `the row has ${row.length} fields, the header ${sheet.header.cells.length}`;
      this.#reject(sheet, [], row, { reason: 'FIELD_COUNT', message, field: null }, locator);
      return;
    }
    const nul = this.#mayHoldNul ? row.findIndex((text) => text.includes('\0')) : -1;
    if (nul >= 0) {
      const field = sheet.header.cells[nul] ?? null;
      const refusal = { reason: 'NUL_BYTE', message: 'the field holds a NUL byte', field };
      this.#reject(sheet, row, row, refusal, locator);
      return;
    }
    const entry = readEntry(sheet, row, locator);
    if (entry.kind === 'refusal') this.#reject(sheet, row, row, entry, locator);
    else this.#accept(sheet, row, entry);
  }

  #accept(
    sheet: CsvSheet,
    row: readonly string[],
    entry: Exclude<ReturnType<typeof readEntry>, RowRefusal>,
  ): void {
    const isFirstOfBatch = this.#batches.add(cell(sheet, row, 'account'), entry);
    if (isFirstOfBatch && this.#batches.size === 2) {
      const message = 'the file holds more than one merchant account, batch or currency';
      this.#emit(diagnostic('SEVERAL_BATCHES', message, entry.locator));
    }
    this.#emit(entry);
  }

  #open(sheet: CsvSheet, row: readonly string[]): void {
    this.#isOpened = true;
    const currency = cell(sheet, row, 'netCurrency');
    this.#emit({
      kind: 'statement',
      statementKind: 'settlement-report',
      account: cell(sheet, row, 'account') || null,
      currency: historicCurrencyExponent(currency) === undefined ? null : currency,
      number: cell(sheet, row, 'batch') || null,
      openingMinor: null,
      openingDate: null,
      locator: { line: 1 },
    });
    if (sheet.header.unknown.length === 0) return;
    const names = clip(sheet.header.unknown.join(', '), 300);
    const message = `columns that ${this.#profile.name} does not know are not read: ${names}`;
    this.#emit(diagnostic('UNKNOWN_COLUMN', message, { line: 1 }));
  }

  /** Rejects a row; `cells` is what of it may be trusted to stand in its column. */
  #reject(
    sheet: CsvSheet,
    cells: readonly string[],
    row: readonly string[],
    refusal: Pick<Rejection, 'reason' | 'message' | 'field'>,
    locator: Locator,
  ): void {
    this.#rejections += 1;
    const { reason, message, field } = refusal;
    const net = readSigned(sheet, cells, sheet.profile.signs.net, 'netCurrency');
    this.#emit({
      kind: 'rejection',
      reason,
      message,
      field,
      raw: clip(row.join(this.#profile.delimiter)),
      amountMinor: typeof net === 'bigint' ? net : null,
      batch: cell(sheet, cells, 'batch') || null,
      locator,
    });
  }

  #limitRejections(): void {
    const isTooMany = this.#rejections > MAX_REJECTIONS && this.#rejections * 100 > this.#records;
    if (!isTooMany) return;
    const message = `${this.#rejections} of ${this.#records} records cannot be read`;
    throw new FileRefusal('TOO_MANY_REJECTIONS', message);
  }
}

function refuseBrokenLayout(sheet: CsvSheet, row: readonly string[], locator: Locator): void {
  const { cells } = sheet.header;
  if (row[0] === cells[0] && row.every((text, index) => text === cells[index])) {
    const message = 'the header stands again in the middle; two files were joined';
    throw new FileRefusal('HEADER_REPEATED', message, locator);
  }
  // The parser settles on the first line end it sees; another kind glues itself to the last column.
  const isGlued = row.length > cells.length && /[\r\n]/.test(row[cells.length - 1] ?? '');
  if (isGlued || row[row.length - 1]?.endsWith('\r')) {
    throw new FileRefusal(
      'MIXED_EOL',
      'the lines of the file do not all end the same way',
      locator,
    );
  }
}

function hasEmptyTail(sheet: CsvSheet, row: readonly string[]): boolean {
  const width = sheet.header.cells.length;
  return row.length > width && row.slice(width).every((text) => text === '');
}

function diagnostic(code: string, message: string, locator: Locator): Diagnostic {
  return { kind: 'diagnostic', code, message, locator };
}
