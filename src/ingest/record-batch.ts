import type { CardMask } from './card-mask.ts';
import type { FileEncoding } from './encoding.ts';
import type { Diagnostic, ParsedRecord } from './record.ts';

/** Collects records, masked; what is found out about the file itself is told after the next record. */
export class RecordBatch {
  readonly #mask: CardMask;
  #records: ParsedRecord[] = [];
  #pending: Diagnostic[] = [];
  /** The last record, when it closes a statement: the file may have something to tell before it. */
  #closing: ParsedRecord | undefined;

  constructor(encoding: FileEncoding, mask: CardMask) {
    this.#mask = mask;
    if (encoding.isGuessed) this.tell(guessedEncoding(encoding.label));
  }

  get length(): number {
    return this.#records.length;
  }

  tell(diagnostic: Diagnostic | undefined): void {
    if (diagnostic !== undefined) this.#pending.push(diagnostic);
  }

  push(record: ParsedRecord): void {
    this.#release();
    const masked = this.#mask.record(record);
    if (masked.kind === 'statement-end') {
      this.#closing = masked;
      return;
    }
    this.#records.push(masked);
    this.#tellPending();
  }

  take(): readonly ParsedRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** The last records; what concerns the whole file stands before the end of its last statement. */
  end(): readonly ParsedRecord[] {
    this.tell(this.#mask.finding());
    this.#tellPending();
    this.#release();
    return this.take();
  }

  #release(): void {
    if (this.#closing === undefined) return;
    this.#tellPending();
    this.#records.push(this.#closing);
    this.#closing = undefined;
  }

  #tellPending(): void {
    if (this.#pending.length === 0) return;
    this.#records.push(...this.#pending);
    this.#pending = [];
  }
}

function guessedEncoding(label: string): Diagnostic {
  return {
    kind: 'diagnostic',
    code: 'ENCODING_GUESSED',
    message:
      label === 'utf-8'
        ? 'the encoding that the file names cannot be the one it is written in; it is read as utf-8'
        : `the file is not UTF-8 and names no encoding; it is read as ${label}`,
    locator: { line: 1 },
  };
}
