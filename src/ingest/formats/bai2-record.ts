import { FileRefusal } from '../record.ts';

/** What a record is, but for 88, which continues the record before it. */
export type RecordCode = '01' | '02' | '03' | '16' | '49' | '98' | '99';

/** A record with its continuations. */
export interface LogicalRecord {
  readonly code: RecordCode;
  /** Where it begins. */
  readonly line: number;
  /** What stands behind the code, a piece for each physical record: its own and those of its 88s. */
  readonly pieces: string[];
}

/** What a scanner tells, in file order. */
export interface RecordHandler {
  onRecord(record: LogicalRecord): void;
  /** Text that no record begins with and none goes on with. */
  onStray(text: string, line: number): void;
}

const LONGEST_RECORD = 1 << 20;
const CODE = /^(?:(0[123]|16|49|9[89]),|88(?:[,:/]|$))/;
const FIELDS_END = /\/(?=\s|$|(?:0[123]|16|49|88|9[89]),)/;
// A text may hold slashes, also before numbers (`INV 7/16, 2 PCS`), so what follows must be shaped like a whole record.
const TEXT_END =
  /\/(?=$|\s*(?:16,\d{3},\d*(?:,|\/|$)|49,[+-]?\d*,\d*\s*(?:\/|$)|9[89],[+-]?\d*,\d*,\d*\s*(?:\/|$)|03,[^,/]*,(?:[A-Z]{3})?,|02,[^,/]*,[^,/]*,[1-4],\d{6},)|\s+88,)/;
const CONTROL_Z = '\u001a';

/**
 * Assembles logical records from lines.
 *
 * A record ends at its `/`, or where the line ends. Banks pad it with blanks, put several on one line, and break one over
 * lines; a line without a code goes on with a record that has not ended.
 */
export class RecordScanner {
  private record: LogicalRecord | undefined;
  private length = 0;
  private isEnded = true;
  private readonly handler: RecordHandler;

  constructor(handler: RecordHandler) {
    this.handler = handler;
  }

  /** What the record that is still open is. */
  get lastCode(): RecordCode | undefined {
    return this.record?.code;
  }

  /** Takes the next line of the file. */
  readLine(text: string, line: number): void {
    let rest = withoutEndOfFile(text).trim();
    while (rest !== '') {
      const found = CODE.exec(rest);
      if (found) rest = this.begin(found[1] as RecordCode | undefined, rest, line);
      else if (this.record !== undefined && !this.isEnded) rest = this.goOn(rest, line);
      else {
        this.handler.onStray(rest, line);
        rest = '';
      }
    }
  }

  /** Hands over the record that is still open. */
  flush(): void {
    const { record } = this;
    this.record = undefined;
    this.isEnded = true;
    if (record !== undefined) this.handler.onRecord(record);
  }

  /** Begins a physical record; without a code it is an 88. */
  private begin(code: RecordCode | undefined, text: string, line: number): string {
    if (code !== undefined) {
      this.flush();
      this.record = { code, line, pieces: [] };
      this.length = 0;
    }
    if (this.record === undefined) {
      this.handler.onStray(text, line);
      return '';
    }
    const isBare = text[2] === '/' || text.length === 2;
    const { content, rest } = this.cut(text.slice(isBare ? 2 : 3));
    this.record.pieces.push(content);
    this.measure(content, line);
    return rest;
  }

  private goOn(text: string, line: number): string {
    const { content, rest } = this.cut(text);
    const last = this.record?.pieces.pop() ?? '';
    const gap = this.record?.code === '16' ? ' ' : '';
    this.record?.pieces.push(last + gap + content);
    this.measure(content, line);
    return rest;
  }

  private cut(text: string): { content: string; rest: string } {
    const end = text.search(this.record?.code === '16' ? TEXT_END : FIELDS_END);
    this.isEnded = end >= 0;
    if (end < 0) return { content: text, rest: '' };
    return { content: text.slice(0, end), rest: text.slice(end + 1).trimStart() };
  }

  private measure(content: string, line: number): void {
    this.length += content.length + 1;
    if (this.length <= LONGEST_RECORD) return;
    throw new FileRefusal('FIELD_TOO_LONG', `record ${this.record?.code} never ends`, { line });
  }
}

/** Old systems end a file with control-Z, and some fill up the last block with it. */
function withoutEndOfFile(text: string): string {
  return text.includes(CONTROL_Z) ? text.replaceAll(CONTROL_Z, ' ') : text;
}
