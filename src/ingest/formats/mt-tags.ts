import { FileRefusal } from '../record.ts';

const KNOWN_TAGS: ReadonlySet<string> = new Set(
  '13D 20 21 25 25P 28 28C 34F 60 60F 60M 61 62 62F 62M 64 65 86 90C 90D NS'.split(' '),
);
/** Shaped like a tag. */
const UNKNOWN_TAG = /^\d\d[A-Z]?$/;

const LONGEST_FIELD = 1 << 20;
const COLON = 58;
/** Starts a 512-byte block of a DOS-PCC file. */
const START_OF_HEADING = 1;
const FRAME_START = /^(?:-\}|-\s*$|\$(?:\s*$|\{)|\{[124]:)/;

/** One field of a message: its lines after `:id:`, joined by `\n`, blank lines left out. */
export interface Tag {
  readonly id: string;
  readonly text: string;
  readonly line: number;
}

/** What a scanner tells, in file order. */
export interface TagHandler {
  onTag(tag: Tag): void;
  /** A line shaped like a tag whose id no statement message knows; kept as text of the tag before it. */
  onUnknownTag(id: string, line: number): void;
  /** The trailer of a message (`-}` or `-`). */
  onTrailer(): void;
}

/**
 * Assembles tags from lines.
 *
 * A tag begins only at the start of a line, or behind `{4:`, and only with a known id: narratives hold
 * lines like `:TAN 12`. Lines outside a message (headers, acknowledgements) are skipped.
 */
export class TagScanner {
  /** Whether a `{4:` block is open, which owes a `-}`. */
  isInsideBlock = false;
  private id: string | undefined;
  private text = '';
  private line = 0;
  private readonly handler: TagHandler;

  constructor(handler: TagHandler) {
    this.handler = handler;
  }

  /** Takes the next line of the file. */
  readLine(text: string, line: number): void {
    const id = text.charCodeAt(0) === COLON ? wordOf(text) : undefined;
    if (id !== undefined && KNOWN_TAGS.has(id)) this.begin(id, text, line);
    else if (isFrame(text)) this.readFrame(text, line);
    else this.goOn(id !== undefined && UNKNOWN_TAG.test(id) ? id : undefined, text, line);
  }

  /** Hands over the tag that is still open. */
  flush(): void {
    const { id } = this;
    if (id === undefined) return;
    this.id = undefined;
    this.handler.onTag({ id, text: this.text, line: this.line });
  }

  private goOn(unknownId: string | undefined, text: string, line: number): void {
    if (this.id === undefined || text.trim() === '') return;
    if (unknownId !== undefined) this.handler.onUnknownTag(unknownId, line);
    this.text += `\n${text}`;
    if (this.text.length > LONGEST_FIELD) {
      throw new FileRefusal('FIELD_TOO_LONG', `:${this.id}: never ends`, { line: this.line });
    }
  }

  private begin(id: string, text: string, line: number): void {
    this.flush();
    this.id = id;
    this.text = text.slice(id.length + 2);
    this.line = line;
  }

  /** One line may end a message and carry the whole header of the next, and an acknowledgement between them. */
  private readFrame(text: string, line: number): void {
    this.flush();
    if (text.startsWith('-')) this.handler.onTrailer();
    const block = text.lastIndexOf('{4:');
    const content = text.slice(block + 3);
    this.isInsideBlock = block >= 0 && !content.startsWith('{');
    if (this.isInsideBlock && content.startsWith(':')) this.readLine(content, line);
  }
}

function isFrame(text: string): boolean {
  return text.charCodeAt(0) === START_OF_HEADING || FRAME_START.test(text);
}

/** The two or three characters between the colon a line begins with and the next. */
function wordOf(text: string): string | undefined {
  const end = text.charCodeAt(3) === COLON ? 3 : 4;
  return text.charCodeAt(end) === COLON ? text.slice(1, end) : undefined;
}
