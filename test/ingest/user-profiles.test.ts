import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { csvFormat } from '../../src/ingest/formats/csv.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import { detectFormat, inspectFile, readRecords } from '../../src/ingest/intake.ts';
import type { Format } from '../../src/ingest/reader.ts';
import { FileRefusal, type ParsedRecord } from '../../src/ingest/record.ts';
import { assertGolden, recordsAsJsonLines } from '../support/golden.ts';

/** Exports of banks, each with the profile that a user of the bank would write. */
const BANKS = new URL('../../fixtures/ingest/user-profiles/', import.meta.url);

describe.each(readdirSync(BANKS).sort())('a user can read %s:', (bank) => {
  const folder = new URL(`${bank}/`, BANKS);
  const claims = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());

  test.each(claims.map((claim) => claim.name).sort())('%s', async (claim) => {
    const cases = new URL(`${claim}/`, folder);
    const said = await told(new URL('input.csv', cases), formatOf(cases, folder));
    assertGolden(new URL('expected.jsonl', cases), said);
    expect(said.split('\n').at(-2)).toMatch(/"kind":"(?:statement-end|refused)"/);
  });
});

/** The profile of the claim, else that of its bank. */
function formatOf(...folders: readonly URL[]): Format {
  const urls = folders.map((folder) => new URL('profile.yaml', folder));
  const url = urls.find((one) => existsSync(one));
  if (url === undefined) throw new Error('the bank has no profile.yaml');
  const document: unknown = parse(readFileSync(url, 'utf8'));
  return csvFormat(parseProfile(document, url.pathname));
}

/** As a file is read in earnest: bytes, encoding, detection, records; and as a last line why it is refused. */
async function told(url: URL, format: Format): Promise<string> {
  const path = fileURLToPath(url);
  const records: ParsedRecord[] = [];
  try {
    const inspected = await inspectFile(path);
    const recognised = detectFormat(inspected.head, [format]);
    for await (const batch of readRecords(path, inspected, recognised)) records.push(...batch);
    return recordsAsJsonLines(records);
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    const { reason, message, locator } = error;
    return `${recordsAsJsonLines(records)}${JSON.stringify({ kind: 'refused', locator, message, reason })}\n`;
  }
}
