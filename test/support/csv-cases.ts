import { csvFormat } from '../../src/ingest/formats/csv.ts';
import type { CsvProfile } from '../../src/ingest/formats/csv-profile.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import { readChunks } from './reading.ts';

/** What becomes of a bad input. */
export type Disposition =
  | { readonly refused: string; readonly line?: number }
  | { readonly aside: string; readonly line?: number }
  | { readonly warned: string }
  | { readonly accepted: readonly (bigint | string)[] };

/** A bank's plain CSV: every rule a test changes is one key of it. */
export function bankProfile(change: Readonly<Record<string, unknown>> = {}): CsvProfile {
  const document = {
    name: 'plain',
    role: 'bank',
    table: { signature: ['date', 'amount', 'currency', 'text'] },
    columns: { date: 'date', amount: 'amount', currency: 'currency', text: 'text', ref: 'ref' },
    optional: ['ref'],
    numbers: { decimal: '.' },
    dates: { patterns: ['yyyy-MM-dd'] },
    entry: {
      currency: 'currency',
      type: 'bank',
      booking_date: 'date',
      net: { of: 'amount', positive: 'in' },
      reference: 'ref',
      narrative: 'text',
    },
    ...change,
  };
  return parseProfile(document, 'a test');
}

/** Reads a text with a profile and says what became of it, in the words of the expectation. */
export async function dispositionOf(
  text: string,
  profile: CsvProfile,
  expected: Disposition,
): Promise<Disposition> {
  const { records, refusal } = await readChunks([text], [csvFormat(profile)]);
  const line = 'line' in expected;
  if (refusal !== null) {
    const at = refusal.locator?.line ?? 0;
    return { refused: refusal.reason, ...(line ? { line: at } : {}) };
  }
  const aside = records.find((record) => record.kind === 'rejection');
  if (aside !== undefined) {
    return { aside: aside.reason, ...(line ? { line: aside.locator.line } : {}) };
  }
  const codes = records.flatMap((record) => (record.kind === 'diagnostic' ? [record.code] : []));
  if ('warned' in expected) {
    return { warned: codes.find((code) => code === expected.warned) ?? codes.join(', ') };
  }
  const entries = records.flatMap((record) => (record.kind === 'entry' ? [record] : []));
  const isText = 'accepted' in expected && typeof expected.accepted[0] === 'string';
  return {
    accepted: entries.map((entry) => (isText ? (entry.narrative ?? '') : entry.amountMinor)),
  };
}
