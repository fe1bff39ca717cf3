import { type CardToken, maskCardNumbers } from '../card-number.ts';
import { type Diagnostic, FileRefusal, type ParsedRecord } from './record.ts';

/** What is shorter holds no card number and no beginning of one that was cut. */
const SHORTEST = 8;

/** Truncates the card numbers in the records of one file, and counts the records that held one. */
export class CardMask {
  readonly #tokenOf: CardToken | null;
  #records = 0;
  #firstLine = 0;

  constructor(tokenOf: CardToken | null) {
    this.#tokenOf = tokenOf;
  }

  /** The record with every text of it masked; the same object when there is nothing to mask. */
  record(record: ParsedRecord): ParsedRecord {
    const masked = this.#value(record);
    if (masked === record) return record;
    this.#records += 1;
    if (this.#records === 1) this.#firstLine = record.locator.line;
    return this.#withoutDigest(masked, record);
  }

  /** The refusal with its words masked. */
  refusal(refusal: FileRefusal): FileRefusal {
    const { reason, message, locator, imbalance } = refusal;
    return new FileRefusal(reason, this.#value(message), locator, this.#value(imbalance));
  }

  /** What is told of a file once it was read; `undefined` when it held no card number. */
  finding(): Diagnostic | undefined {
    if (this.#records === 0) return undefined;
    return {
      kind: 'diagnostic',
      code: 'PAN_FOUND',
      message: `card numbers stand in ${this.#records} records, the first on line ${this.#firstLine}; they are stored truncated`,
      locator: { line: this.#firstLine },
    };
  }

  #value<T>(value: T): T {
    if (typeof value === 'string') return maskCardNumbers(value, this.#tokenOf) as T & string;
    if (typeof value !== 'object' || value === null) return value;
    let masked: T | undefined;
    for (const key in value) {
      const inner = value[key];
      if (typeof inner === 'string' ? inner.length < SHORTEST : typeof inner !== 'object') continue;
      const clean = this.#value(inner);
      if (clean === inner) continue;
      masked ??= (Array.isArray(value) ? [...value] : { ...value }) as T & object;
      masked[key] = clean;
    }
    return masked ?? value;
  }

  /**
   * Beside the truncated number, a digest without a key would give the rest of it away (PCI DSS 3.5.1). Where the source
   * guarantees no id, the identity is such a digest.
   */
  #withoutDigest(masked: ParsedRecord, record: ParsedRecord): ParsedRecord {
    if (masked.kind !== 'entry' || record.kind !== 'entry' || masked.isIdentityUnique)
      return masked;
    // One that the mask has changed is written in words.
    if (masked.identity !== record.identity) return masked;
    const identity =
      this.#tokenOf === null ? `withheld|${record.locator.line}` : this.#tokenOf(masked.identity);
    return { ...masked, identity };
  }
}
