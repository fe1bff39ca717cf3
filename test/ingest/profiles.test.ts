import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CsvFormat } from '../../src/ingest/formats/csv.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import { sumMinor } from '../../src/money.ts';

const FIXTURES = new URL('../../fixtures/ingest/', import.meta.url);

/** What of a golden record is looked at here; amounts are decimal strings of minor units. */
interface Told {
  readonly kind: string;
  readonly reason?: string;
  readonly code?: string;
  readonly type?: string;
  readonly status?: string;
  readonly account?: string;
  readonly batch?: string | null;
  readonly currency?: string;
  readonly amountMinor?: string;
  readonly grossMinor?: string;
  readonly feesMinor?: Readonly<Record<string, string>>;
}

/** Codes of a file that contradicts itself. */
const WRONG = new Set(['SET_BATCH_UNBALANCED', 'BALANCE_BROKEN']);

const PROFILES = FORMATS.filter((format): format is CsvFormat => 'profile' in format)
  .map((format) => ({ format, name: format.name.slice('csv:'.length) }))
  .filter(({ name }) => existsSync(new URL(`${name}/`, FIXTURES)));

describe.each(PROFILES)('$name', ({ format, name }) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const claims = readdirSync(folder).sort();

  test.each(claims)('is the one format that claims %s', (claim) => {
    const head = readFileSync(new URL(`${claim}/input.csv`, folder), 'utf8').slice(0, 16_384);
    const found = FORMATS.filter((one) => one.detect(head) !== undefined).map((one) => one.name);
    const isUnknown = toldOf(claim, folder).some((record) => record.reason === 'UNKNOWN_FORMAT');
    expect(found).toEqual(isUnknown ? [] : [format.name]);
  });

  test('has a claim of a file that is wrong, in this language or another', () => {
    const family = name.replace(/-[a-z]{2}$/, '');
    const folders = readdirSync(FIXTURES).filter((one) => one.startsWith(family));
    const loud = folders.flatMap((one) => {
      const inside = new URL(`${one}/`, FIXTURES);
      return readdirSync(inside).filter((claim) => toldOf(claim, inside).some(isLoud));
    });
    expect(loud).not.toEqual([]);
  });

  test.runIf(format.profile().role === 'processor')(
    'tells entries whose gross less fees is the net, and named batches that are paid to zero',
    () => {
      for (const claim of claims) {
        const records = toldOf(claim, folder);
        const entries = records.filter(({ kind }) => kind === 'entry');
        for (const entry of entries) expect(netOf(entry), claim).toBe(minor(entry.amountMinor));
        if (records.some(isLoud)) continue;
        const open = [...batchSums(entries)].filter(([, { isPaid, sum }]) => isPaid && sum !== 0n);
        expect(open, claim).toEqual([]);
      }
    },
  );
});

function toldOf(claim: string, folder: URL): readonly Told[] {
  const lines = readFileSync(new URL(`${claim}/expected.jsonl`, folder), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Told);
}

/** Whether a record says that something of the file is wrong. */
function isLoud({ kind, code = '' }: Told): boolean {
  return kind === 'rejection' || kind === 'refused' || WRONG.has(code);
}

function minor(text = '0'): bigint {
  return BigInt(text);
}

function netOf({ grossMinor, feesMinor = {} }: Told): bigint {
  return minor(grossMinor) - sumMinor(Object.values(feesMinor).map(minor));
}

function batchSums(entries: readonly Told[]) {
  const sums = new Map<string, { sum: bigint; isPaid: boolean }>();
  for (const { account, batch, currency, status, type, amountMinor } of entries) {
    // Lines without a batch are proved by a balance column, or by nothing the file tells.
    if (status !== 'booked' || batch === null) continue;
    const key = JSON.stringify([account, batch, currency]);
    const { sum, isPaid } = sums.get(key) ?? { sum: 0n, isPaid: false };
    sums.set(key, { sum: sum + minor(amountMinor), isPaid: isPaid || type === 'payout' });
  }
  return sums;
}
