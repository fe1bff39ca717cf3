import { bai2 } from './formats/bai2.ts';
import { camt053 } from './formats/camt.ts';
import { type CsvFormat, lazyCsvFormat } from './formats/csv.ts';
import { readProfile } from './formats/csv-profile-check.ts';
import { mt940 } from './formats/mt940.ts';
import { paymentMessage } from './formats/payment-message.ts';
import type { Format } from './reader.ts';

/** The profiles that come with the program, one file each under its name. */
const PROFILES = [
  'adyen-settlement-details',
  'stripe-payout-reconciliation',
  'stripe-balance-change',
  'paypal-stl',
  'generic-bank',
];

/** Every format this build reads, in the order in which files are held against them. */
export const FORMATS: readonly Format[] = [
  camt053,
  paymentMessage,
  mt940,
  bai2,
  ...PROFILES.map(shipped),
];

function shipped(name: string): CsvFormat {
  return lazyCsvFormat(name, () => readProfile(new URL(`profiles/${name}.yaml`, import.meta.url)));
}
