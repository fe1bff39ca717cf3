import { FileRefusal } from '../record.ts';

const LONGEST_LINE = 1 << 20;

/** Cuts pushed text into lines ended by LF, CRLF or CR; keeps only the unfinished last line. */
export class LineSplitter {
  private rest = '';
  private line = 0;
  private readonly onLine: (text: string, line: number) => void;

  constructor(onLine: (text: string, line: number) => void) {
    this.onLine = onLine;
  }

  /** Delivers every line the chunk finishes. */
  write(chunk: string): void {
    const text = this.rest + chunk;
    let start = 0;
    let end = text.indexOf('\n', this.rest.length);
    let cr = text.indexOf('\r');
    while (end >= 0) {
      // Looked for only behind the last one: a file without any is not searched for them line by line.
      if (cr >= 0 && cr < start) cr = text.indexOf('\r', start);
      if (cr < 0 || cr > end) this.deliver(text.slice(start, end));
      else if (cr === end - 1) this.deliver(text.slice(start, cr));
      else this.deliverEnded(text.slice(start, end));
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    this.rest = this.deliverOldMacLines(text.slice(start));
    this.assertShort(this.rest);
  }

  /** Delivers what is left; says whether the file ended inside a line. */
  end(): boolean {
    const { rest } = this;
    this.rest = '';
    if (rest !== '') this.deliverEnded(rest);
    return rest !== '' && !rest.endsWith('\r');
  }

  private deliverEnded(text: string): void {
    const cr = text.indexOf('\r');
    if (cr < 0) this.deliver(text);
    else if (cr === text.length - 1) this.deliver(text.slice(0, cr));
    else for (const line of text.replace(/\r$/, '').split('\r')) this.deliver(line);
  }

  /** A CR ends a line only once the next character is known not to be its LF. */
  private deliverOldMacLines(text: string): string {
    let start = 0;
    let cr = text.indexOf('\r');
    while (cr >= 0 && cr < text.length - 1) {
      this.deliver(text.slice(start, cr));
      start = cr + 1;
      cr = text.indexOf('\r', start);
    }
    return start === 0 ? text : text.slice(start);
  }

  private deliver(text: string): void {
    this.assertShort(text);
    this.line += 1;
    this.onLine(text, this.line);
  }

  private assertShort(text: string): void {
    if (text.length <= LONGEST_LINE) return;
    throw new FileRefusal('LINE_TOO_LONG', `line is longer than ${LONGEST_LINE} characters`, {
      line: this.line + 1,
    });
  }
}
