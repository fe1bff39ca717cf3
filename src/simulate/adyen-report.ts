import { amountText, type WorldCurrency } from './amount-text.ts';
import { type BatchHead, csvField, type LineType, netOf, type ReportLine } from './report-line.ts';

/**
 * Adyen's settlement details report: one row a line, every amount unsigned, the column says the direction. The last row is
 * the payout, and with it a batch sums to zero.
 */
const COLUMNS = [
  'Company Account',
  'Merchant Account',
  'Psp Reference',
  'Merchant Reference',
  'Payment Method',
  'Creation Date',
  'TimeZone',
  'Type',
  'Modification Reference',
  'Gross Currency',
  'Gross Debit (GC)',
  'Gross Credit (GC)',
  'Exchange Rate',
  'Net Currency',
  'Net Debit (NC)',
  'Net Credit (NC)',
  'Commission (NC)',
  'Markup (NC)',
  'Scheme Fees (NC)',
  'Interchange (NC)',
  'Payment Method Variant',
  'Modification Merchant Reference',
  'Batch Number',
  'Reserved4',
];

export const ADYEN_HEADER = `${COLUMNS.join(',')}\n`;

const TYPES: Readonly<Record<LineType, string>> = {
  payment: 'Settled',
  refund: 'Refunded',
  chargeback: 'Chargeback',
  fee: 'Fee',
  reserve: 'ReserveAdjustment',
};

/** The row of a line. */
export function adyenRow(head: BatchHead, line: ReportLine): string {
  return line.type === 'fee' || line.type === 'reserve'
    ? bookingRow(head, {
        type: TYPES[line.type],
        text: line.reference,
        when: `${line.day} ${line.time}`,
        netMinor: line.grossMinor,
      })
    : paymentRow(head, line);
}

/** The row that pays the batch out, with the text that banks quote. */
export function adyenPayoutRow(head: BatchHead, text: string, netMinor: bigint): string {
  const when = `${head.day} 22:04:11`;
  return bookingRow(head, { type: 'MerchantPayout', text, when, netMinor: -netMinor });
}

function paymentRow(head: BatchHead, line: ReportLine): string {
  const { currency } = head;
  const gross = line.captured ?? { currency, minor: line.grossMinor, rate: '1' };
  const { commission, markup, scheme, interchange } = line.fees;
  const isCard = commission === 0n;
  return (
    `AcmeCompany,${head.merchantAccount},${line.originalId},${csvField(line.reference)},${isCard ? 'visa' : 'ideal'},` +
    `${line.day} ${line.time},CET,${TYPES[line.type]},${line.id},${gross.currency},${sides(gross.minor, gross.currency)},` +
    `${gross.rate},${currency},${sides(netOf(line), currency)},${cost(commission, currency)},${cost(markup, currency)},` +
    `${cost(scheme, currency)},${cost(interchange, currency)},${isCard ? 'visastandardcredit' : 'ideal'},,${head.batch},\n`
  );
}

function bookingRow(
  head: BatchHead,
  row: {
    readonly type: string;
    readonly text: string;
    readonly when: string;
    readonly netMinor: bigint;
  },
): string {
  return (
    `AcmeCompany,${head.merchantAccount},,,,${row.when},CET,${row.type},${csvField(row.text)},,,,,${head.currency},` +
    `${sides(row.netMinor, head.currency)},,,,,,,${head.batch},\n`
  );
}

/** Debit and credit, one of them empty. */
function sides(minor: bigint, currency: WorldCurrency): string {
  return minor < 0n ? `${amountText(-minor, currency)},` : `,${amountText(minor, currency)}`;
}

function cost(minor: bigint, currency: WorldCurrency): string {
  return minor === 0n ? '' : amountText(minor, currency);
}
