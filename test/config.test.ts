import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isBusinessDay, weekendOnly } from '../src/business-calendar.ts';
import type { BusinessDate } from '../src/business-date.ts';
import { type Config, loadConfig, stateDirectoryWithoutConfig } from '../src/config.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const WHOLE = `
book: acme
currency: EUR
sources:
  adyen:
    role: processor
    profile: adyen-settlement-details
  house-bank:
    role: bank
    accounts:
      DE02 1203 0000 0000 2020 51: assets:bank:main
`;

function load(text: string, env: NodeJS.ProcessEnv = {}, book?: string): Config {
  writeFileSync(join(folder, 'tieout.yaml'), text);
  return loadConfig({ cwd: folder, env, ...(book === undefined ? {} : { book }) });
}

function refusal(text: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(text, env);
  } catch (error) {
    expect(error).toMatchObject({ name: 'OperationalError', code: 'configuration' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the configuration was accepted');
}

test('reads a small file, and says the rest itself', () => {
  expect(load(WHOLE)).toEqual({
    book: 'acme',
    currency: 'EUR',
    timeZone: 'UTC',
    stateDirectory: join(folder, '.tieout'),
    sources: [
      {
        source: 'adyen',
        role: 'processor',
        formats: ['csv:adyen-settlement-details'],
        accounts: new Map(),
        ignoredAccounts: new Set(),
        reversals: 'own-direction',
        names: 'unique',
        delivery: 'cumulative',
      },
      {
        source: 'house-bank',
        role: 'bank',
        formats: ['camt.053', 'mt940'],
        accounts: new Map([['DE02120300000000202051', 'assets:bank:main']]),
        ignoredAccounts: new Set(),
        reversals: 'own-direction',
        names: 'unique',
        delivery: 'cumulative',
      },
    ],
    profiles: new Map(),
    chart: [],
    ruleDocuments: [],
    calendars: new Map(),
    calendar: weekendOnly(),
    byHand: { adjustments: expect.any(Map) },
  });
});

test('reads everything a file may say', () => {
  const config = load(`${WHOLE}    formats: [mt940]
timezone: Europe/Berlin
state_directory: ../state
chart:
  - { code: 'assets:till:*', type: asset, name: Till, currency: CHF, reconcilable: true, normal_side: credit }
  - { code: rounding, type: expense }
`);
  expect(config).toMatchObject({
    timeZone: 'Europe/Berlin',
    stateDirectory: join(dirname(folder), 'state'),
    sources: [{}, { formats: ['mt940'] }],
  });
  expect(config.chart).toEqual([
    {
      code: 'assets:till:*',
      type: 'asset',
      name: 'Till',
      currency: 'CHF',
      isReconcilable: true,
      normalSide: 'credit',
    },
    { code: 'rounding', type: 'expense' },
  ]);
});

test('reads the configurations it ships', () => {
  for (const shipped of ['../fixtures/demo/tieout.yaml', '../bin/tieout.example.yaml']) {
    const file = fileURLToPath(new URL(shipped, import.meta.url));
    expect(loadConfig({ file, cwd: folder, env: {} }).sources.length).toBeGreaterThan(0);
  }
});

test.each<[string, string, string]>([
  [
    'book',
    WHOLE.replace('book:', 'bock:'),
    'unknown key "bock" in the top level; did you mean "book"?',
  ],
  [
    'a source',
    WHOLE.replace('profile:', 'profil:'),
    'unknown key "profil" in sources.adyen; did you mean "profile"?',
  ],
  [
    'the chart',
    `${WHOLE}chart:\n  - { code: a, type: asset, recncilable: true }\n`,
    'unknown key "recncilable" in chart.0; did you mean "reconcilable"?',
  ],
])('names the nearest key for an unknown one in %s', (_, text, message) => {
  expect(refusal(text)).toContain(message);
  expect(refusal(text)).toContain(join(folder, 'tieout.yaml'));
});

test('tells every problem at once', () => {
  const message = refusal('book: Acme\ncurrency: eur\nsources: {}\ncolour: red\n');
  for (const place of ['book ', 'currency ', 'sources ', '"colour"'])
    expect(message).toContain(place);
});

test.each<[string, string, string]>([
  ['nothing in it', '', 'the top level must be object'],
  ['a list', '- book\n', 'the top level must be object'],
  ['no sources', 'book: acme\ncurrency: EUR\n', "must have required property 'sources'"],
  ['a currency that is none', WHOLE.replace('EUR', 'EUX'), 'currency "EUX" is not in use'],
  ['a currency that was withdrawn', WHOLE.replace('EUR', 'HRK'), 'currency "HRK" is not in use'],
  [
    'a currency of the chart that is none',
    `${WHOLE}chart: [{ code: a, type: asset, currency: EUX }]\n`,
    'currency "EUX" is not in use',
  ],
  [
    'a zone that is none',
    `${WHOLE}timezone: Europe/Atlantis\n`,
    'timezone "Europe/Atlantis" is not an IANA zone',
  ],
  [
    'a processor without a profile',
    WHOLE.replace('    profile: adyen-settlement-details\n', ''),
    'sources.adyen is a processor and needs a profile',
  ],
  [
    'a role nobody has',
    WHOLE.replace('processor', 'psp'),
    'sources.adyen.role must be one of processor, bank',
  ],
  ['a format it cannot read', `${WHOLE}    formats: [pain.003]\n`, 'did you mean "pain.001"?'],
  ['a book with blanks', WHOLE.replace('acme', 'acme gmbh'), 'book must match pattern'],
  ['a source with capitals', WHOLE.replace('adyen:', 'Adyen:'), 'sources'],
  ['a key twice', `${WHOLE}book: other\n`, 'cannot read'],
  ['tabs', 'book:\n\t- acme\n', 'cannot read'],
])('refuses a file with %s', (_, text, message) => {
  expect(refusal(text)).toContain(message);
});

test('tells a value that is none of a list once, with the list', () => {
  const message = refusal(`${WHOLE}    formats: [camt.53]\n`);
  expect(message).toContain('sources.house-bank.formats.0 must be one of camt.052, camt.053,');
  expect(message).toContain('did you mean "camt.053"?');
  expect(message).not.toContain('pattern');
  expect(message).not.toContain('anyOf');
});

test('finds the file in a folder above', () => {
  writeFileSync(join(folder, 'tieout.yaml'), WHOLE);
  const below = join(folder, 'a', 'b');
  mkdirSync(below, { recursive: true });
  const config = loadConfig({ cwd: below, env: {} });
  expect(config).toMatchObject({ book: 'acme', stateDirectory: join(folder, '.tieout') });
});

test('says which file it wants when there is none', () => {
  expect(() => loadConfig({ cwd: folder, env: {} })).toThrow('write one with "tieout init"');
  const named = () => loadConfig({ cwd: folder, env: {}, file: 'other.yaml' });
  expect(named).toThrow(`cannot read ${join(folder, 'other.yaml')}`);
});

test('takes the environment before the file, and the option before both', () => {
  const env = { TIEOUT_BOOK: 'other', TIEOUT_STATE_DIR: 'state', DATABASE_URL: 'postgres://h/d' };
  expect(load(WHOLE, env)).toMatchObject({
    book: 'other',
    stateDirectory: join(folder, 'state'),
    databaseUrl: 'postgres://h/d',
  });
  expect(load(WHOLE, env, 'third').book).toBe('third');
});

test('takes an empty variable for none', () => {
  const config = load(WHOLE, { TIEOUT_BOOK: '', TIEOUT_STATE_DIR: '', DATABASE_URL: '' });
  expect(config).toMatchObject({ book: 'acme', stateDirectory: join(folder, '.tieout') });
  expect(config).not.toHaveProperty('databaseUrl');
});

test('refuses a book from outside the file that no file could name', () => {
  expect(refusal(WHOLE, { TIEOUT_BOOK: 'Acme GmbH' })).toContain(
    '"Acme GmbH" is not the code of a book',
  );
  expect(() => load(WHOLE, {}, '')).toThrow('is not the code of a book');
});

test('needs no secret and no variable', () => {
  expect(load(WHOLE, {}).databaseUrl).toBeUndefined();
});

test('knows where the state lives with and without a file', () => {
  const options = { cwd: folder, env: {} };
  expect(stateDirectoryWithoutConfig(options)).toBe(join(folder, '.tieout'));
  writeFileSync(join(folder, 'tieout.yaml'), `${WHOLE}state_directory: here\n`);
  expect(stateDirectoryWithoutConfig(options)).toBe(join(folder, 'here'));
  const elsewhere = { ...options, env: { TIEOUT_STATE_DIR: 'there' } };
  expect(stateDirectoryWithoutConfig(elsewhere)).toBe(join(folder, 'there'));
});

test('takes every format a bank sends by its name', () => {
  const names =
    'camt.052 camt.053 camt.054 mt940 mt942 mt950 bai2 pain.001 pain.002 pain.008 pacs.002 pacs.004 pacs.008';
  const formats = names.split(' ');
  const config = load(`${WHOLE}    formats: [${formats.join(', ')}]\n`);
  expect(config.sources.at(-1)?.formats).toEqual(formats);
});

test('takes rule packs as files beside it or written in it, and its own calendars', () => {
  writeFileSync(join(folder, 'mine.yaml'), 'rulepack: mine\n');
  const config = load(`${WHOLE}
rules: [mine.yaml, { rulepack: other }]
calendars:
  hq: { based_on: UK, holidays: ["2026-03-02"], weekend: [sun] }
calendar: hq
`);
  expect(config.ruleDocuments).toEqual([
    { text: 'rulepack: mine\n', where: join(folder, 'mine.yaml') },
    { document: { rulepack: 'other' }, where: `${join(folder, 'tieout.yaml')}: rules[1]` },
  ]);
  expect(config.calendar).toBe(config.calendars.get('hq'));
  expect(isBusinessDay(config.calendar, '2026-03-02' as BusinessDate)).toBe(false);
  expect(isBusinessDay(config.calendar, '2026-03-07' as BusinessDate)).toBe(true);
  expect(isBusinessDay(config.calendar, '2026-12-28' as BusinessDate)).toBe(false);
});

test.each([
  ['rules: [absent.yaml]', 'rules[0]: cannot read'],
  ['calendars: { hq: { based_on: TARGET } }', 'calendars.hq.based_on: "TARGET" is no calendar'],
  [
    'calendars: { hq: { holidays: [2026-02-30] } }',
    'calendars.hq.holidays[0]: "2026-02-30" is not a day',
  ],
  ['calendars: { UK: {} }', 'calendars.UK: is the name of a built-in calendar'],
  ['calendars: { hq: { weekend: [mo] } }', 'did you mean "mon"?'],
  ['calendar: target2', 'calendar: "target2" is no calendar'],
])('refuses %s', (line, problem) => {
  expect(refusal(`${WHOLE}${line}\n`)).toContain(problem);
});

describe('what people may do by hand', () => {
  test('has an account for every difference, and no limit', () => {
    const { adjustments, approvalLimits } = load(WHOLE).byHand;
    expect(adjustments.get('BANK_FEE')).toEqual({
      account: 'expenses:bank-fees',
      limits: new Map(),
    });
    expect(adjustments.size).toBe(9);
    expect(approvalLimits).toBeUndefined();
  });

  test('takes limits in the currency of the book, or one for each', () => {
    const { adjustments, approvalLimits } = load(
      `${WHOLE}approvals: { limit: "1000.00" }\nadjustments: { ROUNDING: { account: "expenses:cents", limit: { JPY: "5" } } }\n`,
    ).byHand;
    expect(approvalLimits).toEqual(new Map([['EUR', 100_000n]]));
    expect(adjustments.get('ROUNDING')).toEqual({
      account: 'expenses:cents',
      limits: new Map([['JPY', 5n]]),
    });
  });

  test.each([
    ['a type that is none', 'adjustments: { GIFT: {} }', 'unknown key "GIFT" in adjustments'],
    ['too many decimals', 'approvals: { limit: "1.005" }', 'approvals.limit'],
    ['a currency that is none', 'approvals: { limit: { XYZ: "1" } }', '"XYZ" is not in use'],
  ])('refuses %s', (_, text, words) => {
    expect(refusal(`${WHOLE}${text}\n`)).toContain(words);
  });
});

test('takes when what waits for a source is due, by the calendar of ages unless another is named', () => {
  const named = load(WHOLE.replace('role: bank', 'role: bank\n    due: { days: 2, calendar: UK }'));
  expect(named.sources[1]?.due).toMatchObject({ days: 2, calendar: { name: 'UK' } });
  const plain = load(WHOLE.replace('role: bank', 'role: bank\n    due: { days: 2 }'));
  expect(plain.sources[1]?.due).toMatchObject({ calendar: { name: 'weekend-only' } });
  expect(refusal(WHOLE.replace('role: bank', 'role: bank\n    due: { days: -1 }'))).toContain(
    'due.days',
  );
});
