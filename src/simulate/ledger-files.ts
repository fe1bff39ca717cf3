import type { BusinessDate } from '../business-date.ts';
import { amountText, type WorldCurrency } from './amount-text.ts';
import type { TextFile } from './text-file.ts';

/** A payment as the books expect it; one row of a file for `tieout ledger import`. */
export interface LedgerRow {
  readonly paymentId: string;
  readonly reference: string;
  readonly kind: 'capture' | 'refund' | 'chargeback' | 'payout';
  readonly source: string;
  readonly merchant: string;
  readonly currency: WorldCurrency;
  readonly amountMinor: bigint;
  readonly day: BusinessDate;
}

export const LEDGER_HEADER =
  'payment_id,reference,kind,source,merchant,currency,amount,effective_date\n';

export function writeLedgerRow(file: TextFile, row: LedgerRow): void {
  file.write(
    `${row.paymentId},${row.reference},${row.kind},${row.source},${row.merchant},${row.currency},` +
      `${amountText(row.amountMinor, row.currency)},${row.day}\n`,
  );
}
