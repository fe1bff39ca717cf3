import type { BusinessDate } from '../../business-date.ts';
import { parseMtDate } from './mt-date.ts';

/** Reads the fields of a record one after the other; a continuation goes on with the next field, not inside one. */
export class FieldCursor {
  private piece = 0;
  private at = 0;
  private readonly pieces: readonly string[];

  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
  }

  get hasMore(): boolean {
    return this.piece < this.pieces.length;
  }

  /** Whether the next field is the first of a physical record. */
  get isAtPieceStart(): boolean {
    return this.at === 0;
  }

  /** The next field without blanks around it; empty when there is none. */
  next(): string {
    const text = this.pieces[this.piece];
    if (text === undefined) return '';
    const comma = text.indexOf(',', this.at);
    const field = comma < 0 ? text.slice(this.at) : text.slice(this.at, comma);
    this.piece += comma < 0 ? 1 : 0;
    this.at = comma < 0 ? 0 : comma + 1;
    return field.trim();
  }

  /** All that is left as one text: commas are its own, continuations begin a new word. */
  rest(): string {
    const [first = '', ...others] = this.pieces.slice(this.piece);
    const texts = [first.slice(this.at), ...others].map((text) => text.trim());
    this.piece = this.pieces.length;
    return texts.filter((text) => text !== '').join(' ');
  }
}

/** When the money of an amount can be used. */
export interface Funds {
  /** `0` same day, `1` and `2` days later, `V` at a date, `S` and `D` spread, `Z` or empty unknown. */
  readonly type: string;
  /** The date of type V, as the file writes it. */
  readonly valueText: string;
  /** Whether the type is one of the standard's, so that the fields after it are where they belong. */
  readonly isKnown: boolean;
}

/** Reads a funds type and the fields it brings along: `V` two, `S` three, `D` a count and as many pairs. */
export function readFunds(cursor: FieldCursor): Funds {
  const type = cursor.next().toUpperCase();
  const valueText = type === 'V' ? cursor.next() : '';
  if (type === 'V') skip(cursor, 1);
  if (type === 'S') skip(cursor, 3);
  if (type !== 'D') return { type, valueText, isKnown: /^[012ZVS]?$/.test(type) };
  const count = cursor.next();
  const isKnown = /^\d{1,4}$/.test(count);
  if (isKnown) skip(cursor, 2 * Number(count));
  return { type, valueText, isKnown };
}

function skip(cursor: FieldCursor, fields: number): void {
  for (let skipped = 0; skipped < fields && cursor.hasMore; skipped += 1) cursor.next();
}

/** An amount in minor units, or why it is none. */
export type MinorResult =
  | { readonly ok: true; readonly amountMinor: bigint }
  | { readonly ok: false; readonly reason: 'AMOUNT_MISSING' | 'BAD_NUMBER' | 'AMOUNT_RANGE' };

/** Reads an amount without a decimal point, in minor units; only summaries and totals carry a sign. */
export function parseMinor(text: string, sign: 'signed' | 'unsigned'): MinorResult {
  if (text === '') return { ok: false, reason: 'AMOUNT_MISSING' };
  const [, mark, digits = ''] = /^([+-]?)0*(\d+)$/.exec(text) ?? [];
  if (mark === undefined || (mark !== '' && sign === 'unsigned'))
    return { ok: false, reason: 'BAD_NUMBER' };
  // What a Postgres bigint holds for certain; the standard itself stops at ten digits.
  if (digits.length > 18) return { ok: false, reason: 'AMOUNT_RANGE' };
  return { ok: true, amountMinor: mark === '-' ? -BigInt(digits) : BigInt(digits) };
}

/** Reads `YYMMDD`; `undefined` for any other shape and for a day the calendar does not have. */
export function parseBaiDate(text: string): BusinessDate | undefined {
  if (!/^\d{6}$/.test(text)) return undefined;
  const read = parseMtDate(text);
  return read?.isClamped === false ? read.date : undefined;
}
