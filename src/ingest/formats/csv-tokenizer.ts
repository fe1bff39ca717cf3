import { FileRefusal } from '../record.ts';

/** The largest record, in characters; a quote that is never closed is found here before memory is. */
const MAX_RECORD = 1_048_576;

const MAX_FIELDS = 1_000;

const [QUOTE, LINE_FEED, CARRIAGE_RETURN] = [34, 10, 13];

type LineEnd = '\n' | '\r\n' | '\r';

export interface TokenizerOptions {
  readonly delimiter: string;
  /** Whether a quoted field may hold a line end; without it a stray pair of quotes would merge two records unseen. */
  readonly quotedNewlines: boolean;
  /** Takes one record and the line it starts on, counted from 1. */
  readonly take: (row: readonly string[], line: number) => void;
}

/**
 * Splits CSV (RFC 4180) into records, strictly, in pushed chunks that may break anywhere.
 *
 *   a,b,c          a line without quotes is cut at its delimiters
 *   a,"b "" ,",c   only a record with quotes is read character by character
 *
 * Empty lines are passed over and counted. Every line ends as the first one does: LF, CRLF or CR.
 */
export class CsvTokenizer {
  readonly #options: TokenizerOptions;
  readonly #delimiterCode: number;
  #lineEnd: LineEnd | undefined;
  #rest = '';
  #line = 1;
  #last = 1;
  #isStarted = false;
  #hasFinalNewline = true;

  constructor(options: TokenizerOptions) {
    this.#options = options;
    this.#delimiterCode = options.delimiter.charCodeAt(0);
  }

  /** The line the last record started on. */
  get lastLine(): number {
    return this.#last;
  }

  /** Whether the last record of the file had a line end. */
  get hasFinalNewline(): boolean {
    return this.#hasFinalNewline;
  }

  /** Reads on; a record that is not whole waits for the next chunk. */
  write(chunk: string): void {
    if (chunk === '') return;
    const isStarted = this.#isStarted;
    this.#isStarted = true;
    const added = !isStarted && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
    const text = this.#rest + added;
    // A long record in small chunks is looked at again only when it may have ended.
    const mayEnd = this.#rest === '' || this.#rest.endsWith('\r') || /["\r\n]/.test(added);
    this.#rest = mayEnd ? text.slice(this.#read(text, false)) : text;
    if (this.#rest.length > MAX_RECORD) throw this.#tooLong();
  }

  /** The file is over: what waits is the last record, or a `FileRefusal`. */
  end(): void {
    this.#hasFinalNewline = this.#rest === '';
    const text = this.#rest;
    this.#rest = '';
    this.#read(text, true);
  }

  /** Takes every whole record; returns where the first one begins that is not. */
  #read(text: string, isEnd: boolean): number {
    let at = 0;
    let quote = text.indexOf('"');
    while (at < text.length) {
      if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
      const stop = this.#lineStop(text, at);
      const isPlain = stop !== -1 && (quote === -1 || stop < quote);
      if (!isPlain && quote === -1 && this.#lineEnd !== undefined && !isEnd) return at;
      const next = isPlain ? this.#takeLine(text, at, stop) : this.#takeQuoted(text, at, isEnd);
      if (next === -1) return at;
      at = next;
    }
    return at;
  }

  #lineStop(text: string, at: number): number {
    if (this.#lineEnd === undefined) return -1;
    return text.indexOf(this.#lineEnd === '\r' ? '\r' : '\n', at);
  }

  /** Takes the line without quotes that ends at `stop`. */
  #takeLine(text: string, at: number, stop: number): number {
    const end = this.#lineEnd === '\r\n' ? stop - 1 : stop;
    const line = text.slice(at, Math.max(at, end));
    const isWhole = this.#lineEnd !== '\r\n' || (end >= at && text.charCodeAt(end) === 13);
    if (!isWhole || line.includes('\r') || (this.#lineEnd === '\r' && line.includes('\n'))) {
      throw this.#mixed(this.#line);
    }
    if (line === '') this.#line += 1;
    else this.#emit(line.split(this.#options.delimiter), stop + 1 - at, 0);
    return stop + 1;
  }

  /** Takes the record at `start`, quotes and all; -1 when more of it is to come. */
  #takeQuoted(text: string, start: number, isEnd: boolean): number {
    const cells: string[] = [];
    let [at, newlines] = [start, 0];
    for (;;) {
      const isQuoted = text.charCodeAt(at) === QUOTE;
      const line = this.#line + newlines;
      const stop = isQuoted ? this.#closingQuote(text, at) : this.#fieldStop(text, at, line);
      if (isQuoted && stop === -1 && isEnd) throw unclosed(line);
      if (stop === -1 || (!isEnd && stop + (isQuoted ? 1 : 0) >= text.length)) return -1;
      const raw = text.slice(isQuoted ? at + 1 : at, stop);
      cells.push(isQuoted && raw.includes('"') ? raw.replaceAll('""', '"') : raw);
      if (isQuoted) newlines += this.#newlinesIn(raw, line);
      at = isQuoted ? stop + 1 : stop;
      if (text.charCodeAt(at) === this.#delimiterCode) {
        at += 1;
        continue;
      }
      const length = this.#lineEndAt(text, at, { isEnd, isQuoted, line });
      if (length === -1) return -1;
      if (at === start && !isQuoted) this.#line += 1;
      else this.#emit(cells, at + length - start, newlines);
      return at + length;
    }
  }

  #closingQuote(text: string, opening: number): number {
    for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 2)) {
      if (text.charCodeAt(at + 1) !== QUOTE) return at;
    }
    return -1;
  }

  #fieldStop(text: string, from: number, line: number): number {
    let at = from;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === this.#delimiterCode || code === LINE_FEED || code === CARRIAGE_RETURN) return at;
      if (code === QUOTE) throw badQuote('a quote stands inside a field that has no quotes', line);
    }
    return at;
  }

  #newlinesIn(raw: string, line: number): number {
    if (!raw.includes('\n') && !raw.includes('\r')) return 0;
    if (!this.#options.quotedNewlines) {
      const message =
        'a field that opens with a quote on this line ends on a later one; two stray quotes would merge records';
      throw new FileRefusal('EMBEDDED_NEWLINE', message, { line });
    }
    return raw.match(/\r\n|\n|\r/g)?.length ?? 0;
  }

  /** The length of the line end at a place, 0 at the end of the file, -1 when it may go on in the next chunk. */
  #lineEndAt(
    text: string,
    at: number,
    { isEnd, isQuoted, line }: { isEnd: boolean; isQuoted: boolean; line: number },
  ): number {
    if (at >= text.length) return 0;
    const code = text.charCodeAt(at);
    if (code !== LINE_FEED && code !== CARRIAGE_RETURN) {
      const message = isQuoted
        ? 'text follows the quote that closes a field'
        : 'a field cannot be read';
      throw badQuote(message, line);
    }
    const isLast = at + 1 === text.length;
    if (code === CARRIAGE_RETURN && isLast && !isEnd && this.#lineEnd !== '\r') return -1;
    const found = lineEndOf(text, at);
    this.#lineEnd ??= found;
    if (found !== this.#lineEnd && !(found === '\r\n' && this.#lineEnd === '\r')) {
      throw this.#mixed(line);
    }
    return this.#lineEnd.length;
  }

  #emit(cells: readonly string[], length: number, newlines: number): void {
    if (length > MAX_RECORD) throw this.#tooLong();
    if (cells.length > MAX_FIELDS) {
      const message = `the record has ${cells.length} fields; more than ${MAX_FIELDS} is no report`;
      throw new FileRefusal('TOO_MANY_FIELDS', message, { line: this.#line });
    }
    this.#last = this.#line;
    this.#line += newlines + 1;
    this.#options.take(cells, this.#last);
  }

  #tooLong(): FileRefusal {
    const message = `the record is longer than ${MAX_RECORD} characters; a quote may be open`;
    return new FileRefusal('RECORD_TOO_LONG', message, { line: this.#line });
  }

  #mixed(line: number): FileRefusal {
    const message = 'the lines of the file do not all end the same way';
    return new FileRefusal('MIXED_EOL', message, { line });
  }
}

function lineEndOf(text: string, at: number): LineEnd {
  if (text.charCodeAt(at) === LINE_FEED) return '\n';
  return text.charCodeAt(at + 1) === LINE_FEED ? '\r\n' : '\r';
}

function unclosed(line: number): FileRefusal {
  const message = 'a quote that opens on this line is never closed';
  return new FileRefusal('UNCLOSED_QUOTE', message, { line });
}

function badQuote(what: string, line: number): FileRefusal {
  return new FileRefusal('BAD_QUOTE', `a quote stands where none may stand: ${what}`, { line });
}
