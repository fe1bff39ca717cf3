import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';

/**
 * What every reader makes of a file, whatever its format: a flat stream of records in file order.
 *
 *   statement  (entry | rejection | diagnostic)*  statement-end      … repeated
 *
 * Amounts are bigint minor units, signed from the account owner's (bank) or the merchant's (processor) view:
 * money in is positive. What a file does not say is `null`; nothing is defaulted or guessed.
 */
export type ParsedRecord = StatementOpened | ParsedEntry | Rejection | Diagnostic | StatementClosed;

/** Where a record stands in its file: a line number (1-based) and, for XML, the path of its element. */
export interface Locator {
  readonly line: number;
  /** For example `Stmt[2]/Ntry[17]`; counts from 1, local names. */
  readonly element?: string;
}

export type StatementKind = 'bank-statement' | 'settlement-report';

export interface StatementOpened {
  readonly kind: 'statement';
  readonly statementKind: StatementKind;
  /** IBAN, other account number, or merchant account, as the file writes it without blanks. */
  readonly account: string | null;
  readonly currency: Currency | null;
  /** Statement number as the file writes it (`:28C:`, `ElctrncSeqNb` or `LglSeqNb`, batch number). */
  readonly number: string | null;
  readonly openingMinor: bigint | null;
  readonly openingDate: BusinessDate | null;
  readonly locator: Locator;
}

/** Closes the last opened statement; what the reader counted is checked against what the file declares. */
export interface StatementClosed {
  readonly kind: 'statement-end';
  /** Set here too, because some formats tell them only after the first entry. */
  readonly account: string | null;
  readonly currency: Currency | null;
  readonly openingMinor: bigint | null;
  readonly closingMinor: bigint | null;
  readonly closingDate: BusinessDate | null;
  /** Sums of booked entries that increase and decrease the account, both ≥ 0. */
  readonly creditsMinor: bigint;
  readonly debitsMinor: bigint;
  readonly entries: number;
  /** opening + credits − debits − closing; `null` when a balance is missing. */
  readonly differenceMinor: bigint | null;
  readonly locator: Locator;
}

export type EntryType =
  | 'bank'
  | 'payment'
  | 'refund'
  | 'chargeback'
  | 'chargeback-reversal'
  | 'fee'
  | 'adjustment'
  | 'reserve'
  | 'transfer'
  | 'payout';

export type EntryStatus = 'booked' | 'pending' | 'information';

export type FeeKind = 'commission' | 'markup' | 'scheme' | 'interchange' | 'other';

export interface ParsedEntry {
  readonly kind: 'entry';
  readonly type: EntryType;
  readonly status: EntryStatus;
  readonly currency: Currency;
  /** What moves the account: the bank amount, or the settlement line's net (gross − fees). */
  readonly amountMinor: bigint;
  /** The bank amount, or the settlement line's gross in the settlement currency. */
  readonly grossMinor: bigint;
  /** Fees of a settlement line by kind; positive is a cost. Absent kinds are zero. */
  readonly feesMinor: Readonly<Partial<Record<FeeKind, bigint>>>;
  /** Whether the source marks the entry as a reversal of an earlier one (RC, RD, RvslInd). */
  readonly isReversal: boolean;
  readonly bookingDate: BusinessDate | null;
  readonly valueDate: BusinessDate | null;
  /** The source's own id where it guarantees one (PSP reference, AcctSvcrRef, bank reference). */
  readonly externalId: string | null;
  /** What identifies the payment to us: merchant reference, end-to-end id, account owner's reference. */
  readonly reference: string | null;
  /** The PSP reference of the payment a refund or chargeback goes back to. */
  readonly originalReference: string | null;
  /** The merchant account of a settlement line; batch numbers start again in every one. */
  readonly account?: string;
  /** The processor's batch the line settles in. */
  readonly batch: string | null;
  readonly counterparty: string | null;
  /** The narrative, unfolded, as the file writes it. */
  readonly narrative: string | null;
  /**
   * The identity of the record in its source: external id and type where the source guarantees one,
   * else a digest of its content. Two records with one identity are either twins or duplicates: `isIdentityUnique` tells.
   */
  readonly identity: string;
  /** Whether the source guarantees that no two records share an identity. */
  readonly isIdentityUnique: boolean;
  /** Children of a batch-booked entry; told for explanation, never summed with it. */
  readonly details: number;
  readonly locator: Locator;
}

/** One record that could not be read; the rest of the file goes on. */
export interface Rejection {
  readonly kind: 'rejection';
  readonly reason: string;
  readonly message: string;
  /** The field that was wrong, in the format's own name (`:61:`, `Amt`, a column header). */
  readonly field: string | null;
  /** The raw record, clipped to 500 characters. */
  readonly raw: string;
  /** The amount, when it alone could be read. */
  readonly amountMinor: bigint | null;
  readonly batch: string | null;
  readonly locator: Locator;
}

/** Something odd that does not stop the record: an unknown tag, a guessed encoding, a clamped date. */
export interface Diagnostic {
  readonly kind: 'diagnostic';
  readonly code: string;
  readonly message: string;
  readonly locator: Locator;
}

/**
 * Refuses the whole file: its structure, totals or identity are wrong, so nothing of it may be posted.
 *
 * Thrown by readers; the intake turns it into a rejected file, or into exit 65 for a single-file command.
 */
export class FileRefusal extends Error {
  readonly reason: string;
  readonly locator: Locator | null;
  readonly imbalance: Imbalance | null;

  constructor(
    reason: string,
    message: string,
    locator: Locator | null = null,
    imbalance: Imbalance | null = null,
  ) {
    super(message);
    this.name = 'FileRefusal';
    this.reason = reason;
    this.locator = locator;
    this.imbalance = imbalance;
  }
}

/** By how much a statement or batch contradicts its own totals. */
export interface Imbalance {
  /** The account of the statement, or the batch number. */
  readonly reference: string;
  readonly currency: Currency;
  readonly differenceMinor: bigint;
}

/** Text clipped for a rejection or a message. */
export function clip(text: string, length = 500): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
