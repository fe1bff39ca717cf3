import type { BusinessDate } from '../business-date.ts';
import type { WorldCurrency } from './amount-text.ts';

export type LineType = 'payment' | 'refund' | 'chargeback' | 'fee' | 'reserve';

/** What a processor takes of one line, by kind. */
export interface Fees {
  readonly commission: bigint;
  readonly markup: bigint;
  readonly scheme: bigint;
  readonly interchange: bigint;
}

/** A line of a settlement report before it is written in a format; amounts are positive towards us. */
export interface ReportLine {
  readonly type: LineType;
  readonly day: BusinessDate;
  readonly time: string;
  /** The merchant's reference; of a fee or reserve, what it says of itself. */
  readonly reference: string;
  /** The processor's id of the line, and of the payment it goes back to. */
  readonly id: string;
  readonly originalId: string;
  readonly grossMinor: bigint;
  readonly fees: Fees;
  /** What the shopper paid, where that is another currency. */
  readonly captured?: {
    readonly currency: WorldCurrency;
    readonly minor: bigint;
    readonly rate: string;
  };
}

export const NO_FEES: Fees = { commission: 0n, markup: 0n, scheme: 0n, interchange: 0n };

/** All that the processor keeps of a line. */
export function feeOf({ commission, markup, scheme, interchange }: Fees): bigint {
  return commission + markup + scheme + interchange;
}

/** What a line adds to its batch. */
export function netOf(line: ReportLine): bigint {
  return line.grossMinor - feeOf(line.fees);
}

/** The batch a line is written in. */
export interface BatchHead {
  readonly merchantAccount: string;
  readonly currency: WorldCurrency;
  /** Adyen's batch number, or Stripe's payout. */
  readonly batch: string;
  /** The day the processor pays the batch. */
  readonly day: BusinessDate;
}

/** A field of a CSV file. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
