import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { csvFormat } from '../../src/ingest/formats/csv.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import type { Format } from '../../src/ingest/reader.ts';
import { assertGolden } from '../support/golden.ts';
import { chunked, told } from '../support/reading.ts';

const FIXTURES = new URL('../../fixtures/ingest/', import.meta.url);

/** Folders of profiles that come with the program, and one of profiles that show the language. */
const SHIPPED = FORMATS.filter((format) => format.name.startsWith('csv:'))
  .map((format) => format.name.slice('csv:'.length))
  .filter((name) => existsSync(new URL(`${name}/`, FIXTURES)));
const LANGUAGE = new URL('csv-language/', FIXTURES);

describe.each(SHIPPED)('%s', (name) => {
  const cases = new URL(`${name}/`, FIXTURES);
  for (const claim of readdirSync(cases).sort()) {
    test(claim.replaceAll('-', ' '), async () => {
      const text = readFileSync(new URL(`${claim}/input.csv`, cases), 'utf8');
      const said = await told([text], FORMATS);
      assertGolden(new URL(`${claim}/expected.jsonl`, cases), said);
      await sayTheSameInChunks(text, FORMATS, said);
    });
  }
});

describe('a profile can say that', () => {
  for (const claim of readdirSync(LANGUAGE).sort()) {
    test(claim.replaceAll('-', ' '), async () => {
      const folder = new URL(`${claim}/`, LANGUAGE);
      const document: unknown = parse(readFileSync(new URL('profile.yaml', folder), 'utf8'));
      const format = csvFormat(parseProfile(document, `${claim}/profile.yaml`));
      const text = readFileSync(new URL('input.csv', folder), 'utf8');
      const said = await told([text], [format]);
      assertGolden(new URL('expected.jsonl', folder), said);
      await sayTheSameInChunks(text, [format], said);
    });
  }
});

async function sayTheSameInChunks(
  text: string,
  formats: readonly Format[],
  said: string,
): Promise<void> {
  const cuts = fc.array(fc.nat({ max: Math.max(1, text.length) }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      expect(await told(chunked(text, at), formats)).toBe(said);
    }),
    { numRuns: 10 },
  );
}
