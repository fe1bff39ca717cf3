import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import type { ParsedEntry, StatementClosed, StatementOpened } from '../record.ts';
import type { Balance } from './mt-balance.ts';

/** What the fields before the opening balance say; one message may hold it for one page. */
export interface MessageHeader {
  account: string | null;
  number: string | null;
  currency: Currency | null;
  readonly line: number;
  /** Whether a statement was opened under this header. */
  isUsed: boolean;
}

/** Whether a balance ends a statement (60F, 62F) or a page of it (60M, 62M). */
export type BalanceKind = 'final' | 'page';

/** The header of a message that starts at a line. */
export function newHeader(line: number): MessageHeader {
  return { account: null, number: null, currency: null, line, isUsed: false };
}

/** The statement being read: its running sums, and its closing balance once a page or the whole is closed. */
export class RunningStatement {
  readonly account: string | null;
  readonly number: string | null;
  currency: Currency | null;
  closing: Balance | null = null;
  /** `undefined` while no field 62 was read. */
  closedBy: BalanceKind | undefined;
  private readonly opening: Balance | null;
  private readonly line: number;
  private creditsMinor = 0n;
  private debitsMinor = 0n;
  private entries = 0;

  constructor(header: MessageHeader, opening: Balance | null, line: number) {
    this.account = header.account;
    this.number = header.number;
    this.currency = opening?.currency ?? header.currency;
    this.opening = opening;
    this.line = line;
  }

  /** Whether the bank stated what the account held before the first entry. */
  get hasOpening(): boolean {
    return this.opening !== null;
  }

  /** Counts an entry; informational ones never touch the account. */
  add(entry: ParsedEntry): void {
    this.entries += 1;
    if (entry.status !== 'information') this.move(entry.amountMinor);
  }

  /** Adds what moved the account; also of a rejected line whose amount is readable, because the balance has it. */
  move(amountMinor: bigint): void {
    if (amountMinor < 0n) this.debitsMinor -= amountMinor;
    else this.creditsMinor += amountMinor;
  }

  /** Takes field 62. */
  close(closing: Balance | null, kind: BalanceKind): void {
    this.closing = closing;
    this.closedBy = kind;
    this.currency ??= closing?.currency ?? null;
  }

  /** Whether a header names a further page of this statement: `17001/2` after `17001/1`. */
  isSameStatement(header: MessageHeader): boolean {
    return header.account === this.account && numberOf(header.number) === numberOf(this.number);
  }

  /** Whether a page goes on where this one, itself tying out, stopped. */
  chainsTo(opening: Balance | null): boolean {
    return (
      opening !== null &&
      opening.amountMinor === this.closing?.amountMinor &&
      opening.currency === this.currency &&
      this.differenceMinor() === 0n
    );
  }

  /** Goes on with the next page. */
  reopen(): void {
    this.closing = null;
    this.closedBy = undefined;
  }

  /** The record that opens the statement. */
  opened(): StatementOpened {
    return {
      kind: 'statement',
      statementKind: 'bank-statement',
      account: this.account,
      currency: this.currency,
      number: this.number,
      openingMinor: this.opening?.amountMinor ?? null,
      openingDate: this.opening?.date ?? null,
      locator: { line: this.line },
    };
  }

  /** The record that closes the statement. */
  closed(line: number): StatementClosed {
    const closingDate: BusinessDate | null = this.closing?.date ?? null;
    return {
      kind: 'statement-end',
      account: this.account,
      currency: this.currency,
      openingMinor: this.opening?.amountMinor ?? null,
      closingMinor: this.closing?.amountMinor ?? null,
      closingDate,
      creditsMinor: this.creditsMinor,
      debitsMinor: this.debitsMinor,
      entries: this.entries,
      differenceMinor: this.differenceMinor(),
      locator: { line },
    };
  }

  private differenceMinor(): bigint | null {
    if (this.opening === null || this.closing === null) return null;
    const expected = this.opening.amountMinor + this.creditsMinor - this.debitsMinor;
    return expected - this.closing.amountMinor;
  }
}

function numberOf(number: string | null): string | null {
  return number?.split('/')[0] ?? null;
}
