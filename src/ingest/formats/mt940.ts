import type { Currency } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { Detected, Emit, Format, Reader } from '../reader.ts';
import { type Charge, clip, FileRefusal, type ParsedEntry, type Rejection } from '../record.ts';
import { rateFault } from './exchange-rate.ts';
import {
  type Balance,
  firstLine,
  parseBalance,
  parseBalanceCurrency,
  parseFloorCurrency,
} from './mt-balance.ts';
import { parseDateTimeIndication } from './mt-date.ts';
import { type EntryFieldResult, type EntryNote, parseEntryField } from './mt-entry.ts';
import { LineSplitter } from './mt-lines.ts';
import { entryOf, type PendingEntry } from './mt-record.ts';
import { type MessageHeader, newHeader, RunningStatement } from './mt-statement.ts';
import { type Tag, type TagHandler, TagScanner } from './mt-tags.ts';
import { parseTotal } from './mt-totals.ts';
import { suspectTextIn } from './suspect-text.ts';

/**
 * SWIFT MT940, and its relatives MT942 (intraday, no balances) and MT950 (no narratives):
 *
 *   :20: reference   :25: account   :28C: statement number/page
 *   :60F: opening balance (60M: of a page)
 *   :61: entry       :86: its narrative        … repeated
 *   :62F: closing balance (62M: of a page)     :86: narrative of the statement
 *   -}   end of the message, often missing
 */
export const mt940: Format = {
  name: 'mt940',
  detect: detectMt,
  open: (emit) => new MtReader(emit),
};

const NUL_BYTE = { reason: 'NUL_BYTE', message: 'the record holds a NUL byte' } as const;

const MESSAGE_TYPE = /\{2:[IO](\d{3})/;
const FIRST_FIELD = /(?:^|[\n\r]|\{4:)\s{0,16}:20:/;
const STATEMENT_FIELD = /[\n\r]:(?:28C?|60[FM]?|61|34F):/;

function detectMt(head: string): Detected | undefined {
  const declared = MESSAGE_TYPE.exec(head)?.[1];
  if (declared === '940' || declared === '942' || declared === '950')
    return { format: `mt${declared}`, version: null };
  if (declared !== undefined) return undefined;
  if (!FIRST_FIELD.test(head) || !STATEMENT_FIELD.test(head)) return undefined;
  const isIntraday = /[\n\r]:34F:/.test(head) && !/[\n\r]:60[FM]?:/.test(head);
  return { format: isIntraday ? 'mt942' : 'mt940', version: null };
}

/** Holds one entry and the running sums of one statement; a statement closed by a page balance waits for the next page. */
class MtReader implements Reader, TagHandler {
  private readonly emit: Emit;
  private readonly scanner = new TagScanner(this);
  private readonly lines = new LineSplitter((text, line) => this.readLine(text, line));
  private header: MessageHeader = newHeader(0);
  private statement: RunningStatement | undefined;
  private pending: PendingEntry | undefined;
  /** The report before, whose totals the next page may include. */
  private intraday: RunningStatement | undefined;
  private hasTrailer = false;
  private hasClosedStatement = false;
  private hasToldDecimalPoint = false;
  private lastTag = '';
  private line = 0;
  private closingLine = 0;

  constructor(emit: Emit) {
    this.emit = emit;
  }

  write(chunk: string): void {
    this.lines.write(chunk);
  }

  end(): void {
    const isCutInLine = this.lines.end();
    this.scanner.flush();
    this.finishEntry();
    this.assertNotTruncated(isCutInLine);
    this.finishStatement();
    this.tellUnusedHeader();
  }

  onTag(tag: Tag): void {
    this.lastTag = tag.id;
    if (tag.id === '61') this.readEntry(tag);
    else if (tag.id === '86') this.readNarrative(tag);
    else if (tag.id === 'NS') this.readNonSwift(tag);
    else this.readStatementTag(tag);
  }

  onUnknownTag(id: string, line: number): void {
    this.tell('UNKNOWN_TAG', `:${id}: is not a field of a statement; read as text`, line);
  }

  onTrailer(): void {
    this.finishEntry();
    this.hasTrailer = true;
  }

  private readLine(text: string, line: number): void {
    this.line = line;
    this.scanner.readLine(text, line);
  }

  private readStatementTag(tag: Tag): void {
    this.finishEntry();
    switch (tag.id) {
      case '20':
        this.startMessage(tag);
        break;
      case '25':
      case '25P':
        this.header.account = headerText(tag).replaceAll(' ', '') || null;
        break;
      case '28':
      case '28C':
        this.header.number = headerText(tag).trim() || null;
        break;
      case '13D':
        if (parseDateTimeIndication(firstLine(tag.text).trim()) === undefined)
          this.tell('BAD_DATE_TIME', `:13D:${clip(tag.text, 40)} is no time`, tag.line);
        break;
      case '34F':
        this.readFloor(tag);
        break;
      case '90C':
      case '90D':
        this.readTotal(tag);
        break;
      case '60':
      case '60F':
      case '60M':
        this.readOpening(tag);
        break;
      case '62':
      case '62F':
      case '62M':
        this.readClosing(tag);
        break;
    }
  }

  /** One floor limit for both directions, or a second for credits in the same currency. */
  private readFloor(tag: Tag): void {
    const currency = parseFloorCurrency(tag);
    const known = this.header.currency;
    if (known !== null && currency !== null && known !== currency)
      throw new FileRefusal('CCY_MISMATCH', `floor limits are in ${known} and ${currency}`, {
        line: tag.line,
      });
    this.header.currency ??= currency;
    if (this.header.isUsed) return;
    const before = this.statement ?? this.intraday;
    this.openStatement(undefined, tag.line);
    if (before?.isSameStatement(this.header)) this.statement?.countOnFrom(before);
  }

  private readTotal(tag: Tag): void {
    const total = parseTotal(tag);
    if (total === undefined)
      this.tell('TOTAL_UNREADABLE', `:${tag.id}:${clip(tag.text, 80)} is no total`, tag.line);
    else this.statement?.declare(total);
  }

  private startMessage(tag: Tag): void {
    // A statement that waits for its next page stays open until that page's opening balance.
    if (this.statement?.closedBy !== 'page') this.finishStatement();
    this.tellUnusedHeader();
    this.header = newHeader(tag.line);
    this.hasTrailer = false;
    if (/:(?:25|28C?|60[FM]?|61):/.test(tag.text))
      this.tell('TAG_NOT_AT_LINE_START', `":20:${clip(tag.text, 80)}" holds a tag`, tag.line);
  }

  private readOpening(tag: Tag): void {
    const balance = this.readBalance(tag);
    if (balance === undefined) this.header.currency ??= parseBalanceCurrency(tag);
    const isPage = tag.id === '60M';
    const held = this.statement?.closedBy === 'page' ? this.statement : undefined;
    const isNext = held !== undefined && isPage && held.isSameStatement(this.header);
    if (isNext && held.chainsTo(balance ?? null)) {
      if (held.skipsPagesBefore(this.header))
        this.tell('PAGE_MISSING', `pages before ${this.header.number} are not here`, tag.line);
      held.reopen(this.header);
      this.header.isUsed = true;
      this.header.currency = held.currency;
      return;
    }
    if (isNext) {
      const message = `page ${this.header.number} does not go on where the page before it ends`;
      this.tell('PAGE_DISCONTINUOUS', message, tag.line);
      this.finishStatement('told');
    }
    this.openStatement(balance, tag.line);
    if (isPage && !isNext) this.tell('PAGE_MISSING', 'the pages before are not here', tag.line);
  }

  private openStatement(balance: Balance | undefined, line: number): void {
    this.finishStatement();
    const statement = new RunningStatement(this.header, balance ?? null, line);
    this.statement = statement;
    this.header.isUsed = true;
    this.header.currency = statement.currency;
    this.emit(statement.opened());
  }

  private readClosing(tag: Tag): void {
    if (this.statement === undefined || this.statement.closedBy !== undefined)
      this.openStatement(undefined, tag.line);
    const balance = this.readBalance(tag);
    const { statement } = this;
    if (!statement) return;
    const { currency } = statement;
    if (balance && currency !== null && balance.currency !== currency)
      throw new FileRefusal(
        'CCY_MISMATCH',
        `closing balance is in ${balance.currency}, opening balance in ${currency}`,
        { line: tag.line },
      );
    statement.close(balance ?? null, tag.id === '62M' ? 'page' : 'final');
    this.closingLine = tag.line;
    if (balance) this.hasClosedStatement = true;
  }

  private readBalance(tag: Tag): Balance | undefined {
    const isClosing = tag.id.startsWith('62');
    const currency = isClosing ? (this.statement?.currency ?? null) : this.header.currency;
    const balance = parseBalance(tag, currency);
    if (!balance)
      this.tell('BALANCE_UNREADABLE', `:${tag.id}:${clip(tag.text, 80)} is no balance`, tag.line);
    if (balance?.hasDecimalPoint) this.tellDecimalPoint(tag.text, tag.line);
    return balance;
  }

  private readEntry(tag: Tag): void {
    this.finishEntry();
    if (this.statement === undefined || this.statement.closedBy !== undefined)
      this.openStatement(undefined, tag.line);
    const currency = this.statement?.currency ?? null;
    if (currency === null) {
      const message = 'no balance before the entry tells its currency';
      this.reject(tag, { reason: 'CCY_MISSING', message, amountMinor: null });
      return;
    }
    const result = parseEntryField(tag.text, currency);
    if (tag.text.includes('\0')) {
      this.reject(tag, { ...NUL_BYTE, amountMinor: bookedMinor(result) });
    } else if (result.ok) {
      this.tellNotes(result.field.notes, tag.line);
      this.pending = { field: result.field, line: tag.line, narrative: '', nonSwift: '' };
    } else {
      this.reject(tag, result);
    }
  }

  /** A narrative after a balance is the statement's; old files give one entry several. */
  private readNarrative(tag: Tag): void {
    const { pending } = this;
    if (!pending) return;
    pending.narrative = pending.narrative === '' ? tag.text : `${pending.narrative}\n${tag.text}`;
  }

  private readNonSwift(tag: Tag): void {
    if (this.pending) this.pending.nonSwift = tag.text;
  }

  private finishEntry(): void {
    const { pending, statement } = this;
    if (!pending || !statement) return;
    this.pending = undefined;
    const { field, line, narrative, nonSwift } = pending;
    if (narrative.includes('\0') || nonSwift.includes('\0')) {
      const tag = { id: '86', text: narrative || nonSwift, line };
      this.reject(tag, { ...NUL_BYTE, amountMinor: bookedMinor({ ok: true, field }) });
      return;
    }
    const currency = statement.currency ?? '';
    const entry = entryOf(pending, statement.account ?? '', currency);
    statement.add(entry);
    this.emit(entry);
    this.tellOddities(entry, currency);
  }

  private tellOddities(entry: ParsedEntry, currency: Currency): void {
    const exchange = entry.attributes?.exchange;
    const { line } = entry.locator;
    if (exchange !== undefined) {
      const charges = entry.attributes?.charges ?? [];
      const fault = rateFault(exchange, amountsWithCharges(entry, charges), currency);
      if (fault !== undefined) this.tell('FX_RATE_MISMATCH', fault, line);
    }
    const suspect = suspectTextIn(entry);
    if (suspect !== undefined) this.tell('SUSPECT_TEXT', suspect, line);
  }

  private finishStatement(pages: 'told' | 'untold' = 'untold'): void {
    const { statement } = this;
    if (!statement) return;
    this.statement = undefined;
    const line = statement.closedBy === undefined ? this.line : this.closingLine;
    if (statement.closedBy === undefined && statement.hasOpening)
      this.tell('CLOSING_MISSING', 'the statement has no closing balance', line);
    for (const { total, read } of statement.disagreements()) {
      const message = `the file declares ${total.count} ${total.side}s of ${formatAmount(total.sumMinor, total.currency)} ${total.currency}, read ${read}`;
      this.tell('CONTROL_TOTAL', message, total.line);
    }
    if (!statement.hasOpening) this.intraday = statement;
    if (statement.closedBy === 'page' && pages === 'untold')
      this.tell('PAGE_MISSING', 'the pages after are not here', line);
    this.emit(statement.closed(line));
  }

  /**
   * A statement without its closing balance is cut off when something else shows it: a block still open,
   * a last line without an end, or statements before it that have theirs. Some banks leave it out.
   */
  private assertNotTruncated(isCutInLine: boolean): void {
    const { statement } = this;
    const isUnclosed = statement?.closedBy === undefined || statement.closing === null;
    if (!statement || !isUnclosed || this.hasTrailer) return;
    const isOwedBalance = statement.hasOpening && (isCutInLine || this.hasClosedStatement);
    if (!this.scanner.isInsideBlock && !isOwedBalance) return;
    throw new FileRefusal(
      'TRUNCATED',
      `file ends after :${this.lastTag}: in a statement without a closing balance`,
      { line: this.line },
    );
  }

  private tellUnusedHeader(): void {
    const { header } = this;
    if (header.isUsed || header.line === 0) return;
    this.tell('MESSAGE_EMPTY', 'the message has neither balance nor entry', header.line);
  }

  private tellNotes(notes: readonly EntryNote[], line: number): void {
    for (const note of notes) {
      if (note.code === 'MT_DECIMAL_POINT') this.tellDecimalPoint(note.message, line);
      else this.tell(note.code, note.message, line);
    }
  }

  /** Told once: a file that writes one writes all of them so. */
  private tellDecimalPoint(message: string, line: number): void {
    if (this.hasToldDecimalPoint) return;
    this.hasToldDecimalPoint = true;
    this.tell('MT_DECIMAL_POINT', message, line);
  }

  private tell(code: string, message: string, line: number): void {
    this.emit({ kind: 'diagnostic', code, message, locator: { line } });
  }

  private reject(tag: Tag, why: Pick<Rejection, 'reason' | 'message' | 'amountMinor'>): void {
    const rejection: Rejection = {
      kind: 'rejection',
      reason: why.reason,
      message: why.message,
      field: `:${tag.id}:`,
      raw: clip(`:${tag.id}:${tag.text}`),
      amountMinor: why.amountMinor,
      batch: null,
      locator: { line: tag.line },
    };
    this.statement?.reject(why.amountMinor);
    this.emit(rejection);
  }
}

/** What a readable line moved; `null` when it could not be read or only informs. */
function bookedMinor(result: EntryFieldResult): bigint | null {
  if (!result.ok) return result.amountMinor;
  return result.field.status === 'booked' ? result.field.amountMinor : null;
}

/** An original amount may stand for the entry with or without its charges. */
function amountsWithCharges(entry: ParsedEntry, charges: readonly Charge[]): readonly bigint[] {
  let costs = 0n;
  for (const charge of charges) {
    if (charge.currency === entry.currency) costs += charge.amountMinor;
  }
  const { amountMinor } = entry;
  return [amountMinor, amountMinor - costs].map((amount) => (amount < 0n ? -amount : amount));
}

/** The one line of a header field; what stands in it goes on into keys, where a NUL byte may not. */
function headerText(tag: Tag): string {
  const text = firstLine(tag.text);
  if (!text.includes('\0')) return text;
  throw new FileRefusal('NUL_BYTE', `:${tag.id}: holds a NUL byte`, { line: tag.line });
}
