import type { BusinessDate } from '../../business-date.ts';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import {
  clip,
  FileRefusal,
  type ParsedEntry,
  type StatementClosed,
  type StatementOpened,
} from '../record.ts';
import { FieldCursor, parseMinor, readFunds } from './bai2-field.ts';
import type { Group } from './bai2-group.ts';
import type { LogicalRecord } from './bai2-record.ts';

/** What record 03 says of an account. */
export interface AccountHeader {
  readonly account: string | null;
  readonly currency: Currency;
  /** Ledger balances (type codes 010 and 015); available balances are something else. */
  readonly openingMinor: bigint | null;
  readonly closingMinor: bigint | null;
  /** Sum of all its amounts, as the control total counts them; `null` when one is unreadable. */
  readonly controlMinor: bigint | null;
  /** What could not be read of it. */
  readonly notes: readonly string[];
}

const OPENING_LEDGER = '010';
const CLOSING_LEDGER = '015';
const DEFAULT_CURRENCY = 'USD';

/**
 * Record 03, an account with its balances and summaries:
 *
 *   03,account,currency,type code,amount,item count,funds type and its fields, … repeated
 */
export function parseAccount(record: LogicalRecord, group: Group): AccountHeader {
  const cursor = new FieldCursor(record.pieces);
  const account = cursor.next().replaceAll(' ', '') || null;
  const currency = cursor.next() || group.currency || DEFAULT_CURRENCY;
  if (historicCurrencyExponent(currency) === undefined)
    throw new FileRefusal(
      'CCY_UNKNOWN',
      `account ${account} has the unknown currency "${clip(currency, 80)}"`,
      { line: record.line },
    );
  const summaries = readSummaries(cursor);
  const { amounts, notes } = summaries;
  return {
    account,
    currency,
    openingMinor: amounts.get(OPENING_LEDGER) ?? null,
    closingMinor: amounts.get(CLOSING_LEDGER) ?? null,
    controlMinor: notes.length > 0 ? null : summaries.sumMinor,
    notes,
  };
}

function readSummaries(cursor: FieldCursor) {
  const amounts = new Map<string, bigint>();
  const notes: string[] = [];
  let sumMinor = 0n;
  while (cursor.hasMore) {
    const typeCode = cursor.next();
    // Some banks end a record with one comma too many; the next record then begins with a type code.
    if (typeCode === '' && cursor.isAtPieceStart) continue;
    const amountText = cursor.next();
    const amount = parseMinor(amountText, 'signed');
    cursor.next();
    const funds = readFunds(cursor);
    if (!funds.isKnown) notes.push(`funds type "${clip(funds.type, 80)}" is unknown`);
    if (amount.ok) {
      amounts.set(typeCode, amount.amountMinor);
      sumMinor += amount.amountMinor;
    } else if (amount.reason !== 'AMOUNT_MISSING') {
      notes.push(`amount "${clip(amountText, 80)}" of type code "${clip(typeCode, 80)}" is none`);
    }
  }
  return { amounts, notes, sumMinor };
}

/** The account being read: its running sums between record 03 and record 49. */
export class RunningAccount {
  readonly header: AccountHeader;
  readonly asOf: BusinessDate;
  private readonly line: number;
  private readonly openingMinor: bigint | null;
  private readonly closingMinor: bigint | null;
  private creditsMinor = 0n;
  private debitsMinor = 0n;
  private entries = 0;

  constructor(header: AccountHeader, group: Group, line: number) {
    this.header = header;
    this.asOf = group.asOf;
    this.line = line;
    // Balances of a group that does not count have no place in the chain of balances.
    const isCounted = group.status === 'booked';
    this.openingMinor = isCounted ? header.openingMinor : null;
    this.closingMinor = isCounted ? header.closingMinor : null;
  }

  /** Counts an entry; only booked ones move the account. */
  add(entry: ParsedEntry): void {
    this.entries += 1;
    if (entry.status !== 'booked') return;
    if (entry.amountMinor < 0n) this.debitsMinor -= entry.amountMinor;
    else this.creditsMinor += entry.amountMinor;
  }

  /** The record that opens the statement. */
  opened(): StatementOpened {
    return {
      kind: 'statement',
      statementKind: 'bank-statement',
      account: this.header.account,
      currency: this.header.currency,
      number: null,
      openingMinor: this.openingMinor,
      openingDate: this.openingMinor === null ? null : this.asOf,
      locator: { line: this.line },
    };
  }

  /** The record that closes the statement. */
  closed(line: number): StatementClosed {
    return {
      kind: 'statement-end',
      account: this.header.account,
      currency: this.header.currency,
      openingMinor: this.openingMinor,
      closingMinor: this.closingMinor,
      closingDate: this.closingMinor === null ? null : this.asOf,
      creditsMinor: this.creditsMinor,
      debitsMinor: this.debitsMinor,
      entries: this.entries,
      differenceMinor: this.differenceMinor(),
      isProvenWhole: true,
      locator: { line },
    };
  }

  private differenceMinor(): bigint | null {
    if (this.openingMinor === null || this.closingMinor === null) return null;
    return this.openingMinor + this.creditsMinor - this.debitsMinor - this.closingMinor;
  }
}
