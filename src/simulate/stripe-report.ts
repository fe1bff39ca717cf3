import { amountText } from './amount-text.ts';
import {
  type BatchHead,
  csvField,
  feeOf,
  type LineType,
  netOf,
  type ReportLine,
} from './report-line.ts';

/**
 * Stripe's itemised payout reconciliation: one row a balance transaction, each with the payout that pays it. The payout is
 * no row: it is the sum of its lines.
 */
const COLUMNS = [
  'automatic_payout_id',
  'automatic_payout_effective_at_utc',
  'balance_transaction_id',
  'created_utc',
  'available_on_utc',
  'currency',
  'gross',
  'fee',
  'net',
  'reporting_category',
  'source_id',
  'charge_id',
  'payment_intent_id',
  'order_id',
  'description',
];

export const STRIPE_HEADER = `${COLUMNS.join(',')}\n`;

const CATEGORIES: Readonly<Record<LineType, string>> = {
  payment: 'charge',
  refund: 'refund',
  chargeback: 'dispute',
  fee: 'fee',
  reserve: 'risk_reserved_funds',
};

/** The row of a line. */
export function stripeRow(head: BatchHead, line: ReportLine): string {
  const { currency, day } = head;
  const isPayment = line.originalId !== '';
  const ids = isPayment
    ? `${line.id},${line.originalId},pi_${line.originalId.slice(3)},${csvField(line.reference)},`
    : ',,,,';
  return (
    `${head.batch},${day} 00:00:00,txn_${line.id.slice(3)},${line.day} ${line.time},${day} 00:00:00,` +
    `${currency.toLowerCase()},${amountText(line.grossMinor, currency)},${amountText(feeOf(line.fees), currency)},` +
    `${amountText(netOf(line), currency)},${CATEGORIES[line.type]},${ids}${isPayment ? '' : csvField(line.reference)}\n`
  );
}
