import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FORMATS, formatsOf } from '../../src/ingest/formats.ts';
import { detectFormat } from '../../src/ingest/intake.ts';
import { sourceConfig } from '../support/source.ts';

const REPORT = readFileSync(
  new URL(
    '../../fixtures/ingest/adyen-settlement-details/a-batch-sums-to-zero-with-its-payout/input.csv',
    import.meta.url,
  ),
  'utf8',
);
const OWN = new Map([
  [
    'own-adyen',
    {
      document: { name: 'own-adyen', extends: 'adyen-settlement-details' },
      where: 'tieout.yaml: profiles.own-adyen',
    },
  ],
]);

function sender(...formats: readonly string[]) {
  return sourceConfig({ source: 'shop', role: 'processor', formats });
}

function recognised(options: Parameters<typeof formatsOf>[0]): string {
  return detectFormat(REPORT, formatsOf(options)).detected.format;
}

test('without a configuration there are the shipped formats', () => {
  expect(formatsOf({ sources: [] })).toEqual(FORMATS);
});

test('of two profiles with one header, the one that a source names reads the file', () => {
  const profiles = OWN;
  const shipped = 'csv:adyen-settlement-details';
  expect(recognised({ sources: [sender('csv:own-adyen')], profiles })).toBe('csv:own-adyen');
  expect(recognised({ sources: [sender(shipped)], profiles })).toBe(shipped);
  expect(recognised({ sources: [], profiles })).toBe('csv:own-adyen');
});

test('a profile of the name of a shipped one takes its place', () => {
  const name = 'adyen-settlement-details';
  const document = { name, extends: name, trim: true };
  const formats = formatsOf({
    sources: [],
    profiles: new Map([[name, { document, where: 'here' }]]),
  });
  expect(formats.filter((format) => format.name === `csv:${name}`)).toHaveLength(1);
  expect(formats).toHaveLength(FORMATS.length);
});

test.each([
  [{ sources: [sender('csv:adyen-setlement-details')] }, 'did you mean "adyen-settlement-details"'],
  [
    { sources: [], profiles: new Map([['a', { document: { name: 'a' }, where: 'here' }]]) },
    'here: ',
  ],
  [
    {
      sources: [],
      profiles: new Map([
        ['a', { document: { name: 'b', extends: 'generic-bank' }, where: 'here' }],
      ]),
    },
    'named "b"',
  ],
])('a configuration whose profiles are wrong is refused and says where', (options, words) => {
  expect(() => formatsOf(options)).toThrow(
    expect.objectContaining({ code: 'configuration', message: expect.stringContaining(words) }),
  );
});
