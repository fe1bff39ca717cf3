import { bai2 } from './formats/bai2.ts';
import { camt053 } from './formats/camt.ts';
import { type CsvFormat, lazyCsvFormat } from './formats/csv.ts';
import { readShippedProfile } from './formats/csv-extends.ts';
import { mt940 } from './formats/mt940.ts';
import { paymentMessage } from './formats/payment-message.ts';
import type { Format } from './reader.ts';

/** The profiles that come with the program, one file each under its name. */
const PROFILES = [
  'adyen-settlement-details',
  'stripe-payout-reconciliation',
  'stripe-balance-change',
  'paypal-stl',
  'checkout-settlement-breakdown',
  'checkout-payouts',
  'gocardless-payout-transactions',
  'klarna-settlement',
  'mollie-settlement',
  'generic-bank',
  'paypal-activity',
  'paypal-activity-de',
  'paypal-activity-fr',
  'paypal-activity-es',
  'paypal-statement',
  'paypal-statement-de',
  'paypal-statement-fr',
  'paypal-statement-es',
  'braintree-transactions',
  'adyen-payments-accounting',
  'square-transactions',
];

/** Every format this build reads, in the order in which files are held against them. */
export const FORMATS: readonly Format[] = [
  camt053,
  paymentMessage,
  mt940,
  bai2,
  ...PROFILES.map(shipped),
];

/** Tests check these against the schema: compiling it takes longer than reading all of a small file. */
function shipped(name: string): CsvFormat {
  return lazyCsvFormat(name, () => readShippedProfile(name));
}
