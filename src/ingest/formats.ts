import { bai2 } from './formats/bai2.ts';
import { camt053 } from './formats/camt.ts';
import { csvFormat } from './formats/csv.ts';
import { readProfile } from './formats/csv-profile.ts';
import { mt940 } from './formats/mt940.ts';
import { paymentMessage } from './formats/payment-message.ts';
import type { Format } from './reader.ts';

/** Every format this build reads, in the order in which files are held against them. */
export const FORMATS: readonly Format[] = [
  camt053,
  paymentMessage,
  mt940,
  bai2,
  csvFormat(readProfile(new URL('profiles/adyen-settlement-details.yaml', import.meta.url))),
];
