import { distance } from 'fastest-levenshtein';
import type { ProfileDocument, SourceConfig } from '../config.ts';
import { OperationalError } from '../errors.ts';
import { bai2 } from './formats/bai2.ts';
import { camt053 } from './formats/camt.ts';
import { type CsvFormat, csvFormat, lazyCsvFormat } from './formats/csv.ts';
import { readShippedProfile } from './formats/csv-extends.ts';
import { parseProfile } from './formats/csv-profile-check.ts';
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

/** What of a configuration decides how files are recognised. */
export interface FormatOptions {
  readonly sources: readonly SourceConfig[];
  /** CSV profiles of the user's own, by name. */
  readonly profiles?: ReadonlyMap<string, ProfileDocument>;
}

/**
 * The formats of a configuration, in the order in which files are held against them: the CSV profiles that its sources name
 * first, because two reports may have one header, then all others.
 *
 * Throws `configuration` for a profile of the user's that is wrong, and for one that a source names and nobody has written.
 */
export function formatsOf({ sources, profiles = new Map() }: FormatOptions): readonly Format[] {
  const own = Array.from(profiles, ([name, { document, where }]) =>
    ownFormat(name, document, where),
  );
  const taken = new Set(own.map(({ name }) => name));
  const all = [...own, ...FORMATS.filter(({ name }) => !taken.has(name))];
  const named = new Set(sources.flatMap(({ formats }) => formats));
  const isNamed = ({ name }: Format) => name.startsWith('csv:') && named.has(name);
  for (const source of sources) assertKnown(source, all);
  return [...all.filter(isNamed), ...all.filter((format) => !isNamed(format))];
}

function ownFormat(name: string, document: unknown, where: string): CsvFormat {
  const profile = parseProfile(document, where);
  if (profile.name === name) return csvFormat(profile);
  const message = `${where}: the profile is named "${profile.name}" and stands under "${name}"`;
  throw new OperationalError('configuration', message);
}

function assertKnown({ source, formats }: SourceConfig, known: readonly Format[]): void {
  const profiles = known.map(({ name }) => name).filter((name) => name.startsWith('csv:'));
  for (const format of formats) {
    if (!format.startsWith('csv:') || profiles.includes(format)) continue;
    const name = format.slice('csv:'.length);
    const [nearest = ''] = [...profiles].sort((a, b) => distance(a, format) - distance(b, format));
    throw new OperationalError(
      'configuration',
      `sources.${source} names the profile "${name}", which nobody has written; did you mean "${nearest.slice('csv:'.length)}"? Profiles of your own stand under profiles in tieout.yaml`,
    );
  }
}
