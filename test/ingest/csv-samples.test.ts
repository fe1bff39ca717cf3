import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { csvFormat } from '../../src/ingest/formats/csv.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import { detectFormat, inspectFile, readRecords } from '../../src/ingest/intake.ts';
import type { ParsedRecord } from '../../src/ingest/record.ts';

/** Real exports, with facts derived by others; they lie beside the project and are no part of it. */
const SAMPLES = new URL('../../../shared/samples/', import.meta.url);
const FACTS = new URL('EXPECTED.json', SAMPLES);
const PROFILES = new URL('../../fixtures/ingest/sample-profiles.yaml', import.meta.url);

/** A file, the profile a user would write for it, and how many of its rows are no entries. */
interface Sample {
  readonly file: string;
  readonly profile: Readonly<Record<string, unknown>>;
  /** Rows above the table, its header among them. */
  readonly above?: number;
  /** Rows passed over. */
  readonly ignored?: number;
  readonly rejected?: number;
  /** Why the file is not read at all. */
  readonly refused?: string;
}

interface Fact {
  readonly file: string;
  readonly expected: { readonly records: number };
}

const samples = parse(readFileSync(PROFILES, 'utf8'), { merge: true }) as readonly Sample[];
const facts: readonly Fact[] = existsSync(FACTS)
  ? (JSON.parse(readFileSync(FACTS, 'utf8')) as Fact[])
  : [];

describe.skipIf(facts.length === 0)('a user can read the real file', () => {
  test.each(samples.map((sample) => [sample.file, sample] as const))('%s', async (file, sample) => {
    if (sample.refused !== undefined) {
      await expect(recordsOf(sample)).rejects.toMatchObject({ reason: sample.refused });
      return;
    }
    const records = await recordsOf(sample);
    const count = (kind: string) => records.filter((record) => record.kind === kind).length;
    const { above = 0, ignored = 0, rejected = 0 } = sample;
    expect(count('rejection')).toBe(rejected);
    expect(above + ignored + count('entry') + rejected).toBe(
      facts.find((fact) => fact.file === file)?.expected.records,
    );
    expect(records.filter(isBroken)).toEqual([]);
  });
});

async function recordsOf({ file, profile }: Sample): Promise<readonly ParsedRecord[]> {
  const path = fileURLToPath(new URL(file, SAMPLES));
  const inspected = await inspectFile(path);
  const document = { name: 'a-sample', ...profile };
  const recognised = detectFormat(inspected.head, [csvFormat(parseProfile(document, file))]);
  const records: ParsedRecord[] = [];
  for await (const batch of readRecords(path, inspected, recognised)) records.push(...batch);
  return records;
}

function isBroken(record: ParsedRecord): boolean {
  return record.kind === 'diagnostic' && record.code === 'BALANCE_BROKEN';
}
