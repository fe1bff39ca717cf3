import type { BusinessDate } from '../business-date.ts';
import type { WorldCurrency } from './amount-text.ts';

/** A movement on a bank account; positive is money in. */
export interface BankEntry {
  /** The bank's own reference. */
  readonly id: string;
  readonly amountMinor: bigint;
  readonly valueDate: BusinessDate;
  readonly counterparty: string;
  /** What the bank passes on of the purpose. */
  readonly narrative: string;
  /** The reference of the one who ordered the payment, where the bank has it. */
  readonly endToEndId: string | null;
  readonly isReturn: boolean;
  /** Whether the entry is what everybody expects: only such a one may be told wrongly and corrected. */
  readonly isPlain: boolean;
}

/** A bank statement of one day. */
export interface BankStatement {
  readonly iban: string;
  readonly currency: WorldCurrency;
  readonly number: number;
  readonly day: BusinessDate;
  readonly openingMinor: bigint;
  readonly entries: readonly BankEntry[];
  /** 1 for the first telling, 2 for the correction of it. */
  readonly telling: number;
}

/** What the statement ends with. */
export function closingOf(statement: BankStatement): bigint {
  return statement.entries.reduce((sum, entry) => sum + entry.amountMinor, statement.openingMinor);
}
