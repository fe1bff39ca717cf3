import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Money } from '../money.ts';

/**
 * What every reader makes of a file, whatever its format: a flat stream of records in file order.
 *
 *   statement  (entry | status | rejection | diagnostic)*  statement-end      … repeated
 *
 * Amounts are bigint minor units, signed from the account owner's (bank) or the merchant's (processor) view:
 * money in is positive. What a file does not say is `null`; nothing is defaulted or guessed.
 */
export type ParsedRecord =
  | StatementOpened
  | ParsedEntry
  | PaymentStatus
  | Rejection
  | Diagnostic
  | StatementClosed;

/** Where a record stands in its file: a line number (1-based) and, for XML, the path of its element. */
export interface Locator {
  readonly line: number;
  /** For example `Stmt[2]/Ntry[17]`; counts from 1, local names. */
  readonly element?: string;
}

/** A payment message (pain, pacs) instructs or reports payments; nothing of it moves an account by itself. */
export type StatementKind = 'bank-statement' | 'settlement-report' | 'payment-message';

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
  /** Whether the file's own trailers prove it whole, so that a missing closing balance is not a cut. */
  readonly isProvenWhole?: boolean;
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
  | 'payout'
  | 'credit-transfer'
  | 'direct-debit'
  | 'return';

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
  /**
   * The merchant account of a settlement line, where batch numbers start again in every one; or the account a payment
   * between banks (pacs) is for, of which one message holds many.
   */
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
  /** What else the source says of the entry; absent when it says nothing of the kind. */
  readonly attributes?: EntryAttributes;
  readonly locator: Locator;
}

/** Facts of an entry that no amount depends on, kept for matching and for people. */
export interface EntryAttributes {
  /** ISO 20022 `domain/family/subfamily`, else the bank's own code with its issuer, `NTRF+166 (DK)`. */
  readonly transactionCode?: string;
  /** Of all kinds but the end-to-end id, which is the entry's `reference`. */
  readonly references?: Readonly<Partial<Record<ReferenceKind, string>>>;
  readonly counterpartyAccount?: string;
  /** A structured creditor reference (ISO 11649, QRR, ISR). */
  readonly creditorReference?: string;
  /** Why a payment came back (`AC04`, `MD06`, …). */
  readonly returnReason?: string;
  readonly charges?: readonly Charge[];
  readonly exchange?: Exchange;
}

export type ReferenceKind =
  | 'instruction'
  | 'transaction'
  | 'uetr'
  | 'mandate'
  | 'creditor'
  | 'clearing'
  | 'message'
  | 'payment-information'
  | 'cheque';

/** A charge beside or inside an entry. */
export interface Charge {
  readonly currency: Currency;
  /** Signed from the account owner's view: a cost is negative. */
  readonly amountMinor: bigint;
  /** Whether the entry's amount has it inside already; `null` when the file does not say. */
  readonly isIncluded: boolean | null;
  readonly type: string | null;
}

/** The amount of an entry in another currency, and the rate between them. */
export interface Exchange {
  /** Unsigned. */
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** As a decimal string, exactly as the file writes it. */
  readonly rate: string | null;
  /** The currency of which the rate prices one unit. */
  readonly unitCurrency: Currency | null;
}

/** What became of a payment that was instructed (pain.002, pacs.002, pacs.004); a lower level overrides a higher one. */
export interface PaymentStatus {
  readonly kind: 'status';
  readonly level: 'group' | 'payment-information' | 'transaction';
  readonly originalMessageId: string | null;
  readonly originalMessageName: string | null;
  readonly originalPaymentInformationId: string | null;
  readonly originalInstructionId: string | null;
  readonly originalEndToEndId: string | null;
  readonly originalTransactionId: string | null;
  readonly uetr: string | null;
  /**
   * As the file writes it: `ACSC`, `RJCT`, `PART`, `RVNM`, …, or `RTRN` for a payment that came back; `null` when this level
   * tells only reasons.
   */
  readonly status: string | null;
  readonly reasons: readonly StatusReason[];
  /** Of the original payment, unsigned; of what came back where only that is told. Absent when the file tells none. */
  readonly amount?: Money;
  /** The day of the report, or of the return; absent when the file tells none. */
  readonly date?: BusinessDate;
  /** What the message that is reported on held, as this report repeats it; absent when it does not. */
  readonly original?: { readonly count: string | null; readonly sum: string | null };
  readonly locator: Locator;
}

/** Why a payment has its status: a code (`AC01`, or the bank's own) and what the bank adds in words. */
export interface StatusReason {
  readonly code: string | null;
  readonly text: string | null;
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
