import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import type { ParsedEntry, StatementClosed, StatementOpened } from '../record.ts';
import type { Balance } from './mt-balance.ts';
import { type DeclaredTotal, EntryTally } from './mt-totals.ts';

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
  private readonly tally = new EntryTally();
  private readonly declared: DeclaredTotal[] = [];
  private tallyBefore: EntryTally | undefined;
  /** The number of the page that is being read. */
  private lastNumber: string | null;
  private creditsMinor = 0n;
  private debitsMinor = 0n;
  private entries = 0;

  constructor(header: MessageHeader, opening: Balance | null, line: number) {
    this.account = header.account;
    this.number = header.number;
    this.lastNumber = header.number;
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
    this.tally.add(entry);
    if (entry.status !== 'information') this.move(entry.amountMinor);
  }

  /** Adds what moved the account. */
  private move(amountMinor: bigint): void {
    if (amountMinor < 0n) this.debitsMinor -= amountMinor;
    else this.creditsMinor += amountMinor;
  }

  /** Takes a rejected line: its amount moved the account where it could be read, and is unknown where not. */
  reject(amountMinor: bigint | null): void {
    if (amountMinor === null) {
      this.tally.isIncomplete = true;
      return;
    }
    this.tally.add({ amountMinor, isReversal: false, status: 'booked' });
    this.move(amountMinor);
  }

  /** Takes field 90D or 90C. */
  declare(total: DeclaredTotal): void {
    this.declared.push(total);
  }

  /** Counts from the page before on: the totals of the last page of a report may be those of all. */
  countOnFrom(page: RunningStatement): void {
    this.tallyBefore = page.wholeTally;
  }

  /** The declared totals that what was read contradicts, each with what was read. */
  disagreements(): { readonly total: DeclaredTotal; readonly read: string }[] {
    const { currency } = this;
    if (currency === null || this.wholeTally.isIncomplete) return [];
    return this.declared
      .filter((total) => !this.isRead(total, currency))
      .map((total) => ({ total, read: this.tally.describe(total.side, currency) }));
  }

  private isRead(total: DeclaredTotal, currency: Currency): boolean {
    if (total.currency !== currency) return false;
    return this.tally.agrees(total) || this.wholeTally.agrees(total);
  }

  private get wholeTally(): EntryTally {
    return this.tallyBefore === undefined ? this.tally : this.tallyBefore.plus(this.tally);
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

  /** Whether a header's page number leaves pages out; `undefined` numbers tell nothing. */
  skipsPagesBefore(header: MessageHeader): boolean {
    const [page, next] = [pageOf(this.lastNumber), pageOf(header.number)];
    return page !== undefined && next !== undefined && next > page + 1;
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
  reopen(header: MessageHeader): void {
    this.closing = null;
    this.closedBy = undefined;
    this.lastNumber = header.number;
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

function pageOf(number: string | null): number | undefined {
  const page = number?.split('/')[1]?.trim() ?? '';
  return /^\d{1,5}$/.test(page) ? Number(page) : undefined;
}
