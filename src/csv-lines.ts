/** What a CSV parser counted up to the end of a record. */
interface Counted {
  readonly lines: number;
  readonly empty_lines: number;
}

/** Tells the line a CSV record starts on; the parser itself tells only the line it ends on. */
export class CsvLines {
  #next = 1;
  #last = 1;
  #countedLines = 0;
  #countedEmpty = 0;

  /** The line the next record starts on. */
  get next(): number {
    return this.#next;
  }

  /** The line the last record started on. */
  get last(): number {
    return this.#last;
  }

  /** The first line of a record, counting on from the record before. */
  startOf(row: readonly string[], counted: Counted): number {
    const emptyLines = counted.empty_lines - this.#countedEmpty;
    const lines = counted.lines - this.#countedLines - emptyLines;
    this.#countedLines = counted.lines;
    this.#countedEmpty = counted.empty_lines;
    this.#last = this.#next + emptyLines;
    // The parser counts a quoted CRLF as two lines, so a record over several lines is counted again.
    this.#next = this.#last + (lines === 1 ? 1 : 1 + newlinesIn(row));
    return this.#last;
  }
}

function newlinesIn(row: readonly string[]): number {
  return row.reduce((count, text) => count + (text.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}
