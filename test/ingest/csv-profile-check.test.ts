import { describe, expect, test } from 'vitest';
import { OperationalError } from '../../src/errors.ts';
import type { CsvFormat } from '../../src/ingest/formats/csv.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import { bankProfile } from '../support/csv-cases.ts';

const shipped = FORMATS.filter((format): format is CsvFormat => 'profile' in format);

test.each(shipped.map((format) => [format.name, format] as const))(
  'the profile of %s is right and has the name of its file',
  (name, format) => {
    expect(`csv:${parseProfile(format.profile(), name).name}`).toBe(name);
  },
);

type Change = Readonly<Record<string, unknown>>;

const { entry } = bankProfile();
const WRONG: readonly (readonly [string, Change, RegExp])[] = [
  ['a key nobody knows', { colums: {} }, /unknown key "colums" in the top level/],
  [
    'a key nobody knows inside',
    { numbers: { decimal: '.', groop: ',' } },
    /unknown key "groop" in numbers/,
  ],
  ['a role nobody knows', { role: 'shop' }, /role must be one of processor, bank/],
  ['a delimiter of two characters', { delimiter: '||' }, /delimiter must be one of/],
  [
    'a delimiter of two characters among others',
    { delimiter: [';', '||'] },
    /delimiter\.1 must be/,
  ],
  [
    'a sign that repeats a word, and no word',
    { entry: { ...entry, net: { of: 'amount', positive: 'in', out_sign: 'optional' } } },
    /entry\.net\.out_sign/,
  ],
  [
    'a part of the payout that every row has',
    {
      role: 'processor',
      payouts: {
        date: 'date',
        declared: { of: 'amount', positive: 'in' },
        unlisted: { fee: { of: 'amount', positive: 'out' } },
      },
    },
    /payouts\.unlisted uses "amount", which every row has/,
  ],
  [
    'a part of a payout that nothing proves',
    {
      role: 'processor',
      metadata: { tax: { below: 'Tax' } },
      payouts: { date: 'date', unlisted: { fee: { of: 'tax', positive: 'out' } } },
    },
    /payouts\.unlisted needs payouts\.declared/,
  ],
  [
    'a label that stands neither beside nor above its value',
    { metadata: { account: { left: 'Account' } } },
    /metadata\.account must have required property 'below'/,
  ],
  [
    'a total of fees, and no fees',
    { entry: { ...entry, fees_total: { of: 'amount', positive: 'out' } } },
    /entry must have property fees when property fees_total is present/,
  ],
  [
    'a total of fees from a column nobody declared',
    {
      entry: {
        ...entry,
        fees: { other: { of: 'amount', positive: 'out' } },
        fees_total: { of: 'fees', positive: 'out' },
      },
    },
    /entry\.fees_total uses "fees"/,
  ],
  ['a type nobody knows', { entry: { ...entry, type: 'gift' } }, /entry\.type/],
  ['no amount', { entry: { ...entry, net: undefined } }, /entry must have required property 'net'/],
  [
    'an amount without its direction',
    { entry: { ...entry, net: { of: 'amount' } } },
    /entry\.net must have required property 'positive'/,
  ],
  [
    'an amount with two directions',
    {
      entry: { ...entry, net: { of: 'amount', positive: 'in', credit: 'amount', debit: 'amount' } },
    },
    /entry\.net\.(?:of|positive)/,
  ],
  [
    'a direction word without words',
    { entry: { ...entry, net: { of: 'amount', direction: 'text' } } },
    /entry\.net must have required property 'in'/,
  ],
  [
    'a fee without its direction',
    { entry: { ...entry, fees: { other: { of: 'amount' } } } },
    /entry\.fees\.other must have required property 'positive'/,
  ],
  [
    'a fee of no kind',
    { entry: { ...entry, fees: { tip: { of: 'amount', positive: 'out' } } } },
    /entry\.fees/,
  ],
  [
    'a name that nothing declares',
    { entry: { ...entry, reference: 'invoice' } },
    /entry uses "invoice", which nothing declares/,
  ],
  [
    'an identity of a value that is not read',
    { entry: { ...entry, identity: [{ of: ['$gross'] }] } },
    /entry\.identity\.0\.of\.0/,
  ],
  [
    'a header of two columns',
    {
      columns: {
        date: 'date',
        amount: 'amount',
        currency: 'currency',
        text: 'text',
        ref: ['ref', 'text'],
      },
    },
    /both name the header "text"/,
  ],
  [
    'a name that is a column and a constant',
    { constants: { amount: '1.00' } },
    /"amount" is a column and something else too/,
  ],
  ['no signature', { table: {} }, /table\.signature is needed/],
  ['a table without header and without width', { table: { header: false } }, /must be a position/],
  [
    'a group that is the decimal separator',
    { numbers: { decimal: '.', group: '.' } },
    /numbers\.group/,
  ],
  [
    'exponents without minor units',
    { numbers: { decimal: '.', exponents: { JPY: 2 } } },
    /numbers\.exponents/,
  ],
  [
    'a zone that is none',
    { dates: { patterns: ['yyyy-MM-dd'], zone: 'Mars/Base' } },
    /"Mars\/Base" is not an IANA time zone/,
  ],
  [
    'a counting zone without any offset',
    { dates: { patterns: ['yyyy-MM-dd HH:mm'], day_in: 'UTC' } },
    /dates\.day_in needs/,
  ],
  [
    'a bound that is no day',
    { dates: { patterns: ['yyyy-MM-dd'], latest: '2026-02-30' } },
    /dates\.latest/,
  ],
  [
    'a section column that is no column',
    { sections: { column: 'kind', rows: { D: 'entry' } } },
    /sections uses "kind", which is no column/,
  ],
  [
    'a payout rule in a bank profile',
    { payouts: { date: 'date' } },
    /payouts says something only of a processor/,
  ],
  [
    'the balances of a statement in a processor profile',
    { role: 'processor', balances: { closing: 'amount' } },
    /balances\.opening and balances\.closing say something only of a bank/,
  ],
  [
    'a status nobody knows',
    { entry: { ...entry, status: 'void' } },
    /entry\.status must be one of booked, pending, information/,
  ],
  [
    'a number format of a column that is none',
    { numbers: { decimal: '.', columns: { saldo: { decimal: ',' } } } },
    /numbers\.columns uses "saldo", which nothing declares/,
  ],
  [
    'another fraction of the minor unit in one column',
    { numbers: { decimal: '.', columns: { amount: { decimal: ',', extra_decimals: 2 } } } },
    /numbers\.columns\.amount/,
  ],
  ['a base nobody knows', { extends: 'no-such-profile' }, /extends "no-such-profile", and no/],
  ['a base outside the profiles', { extends: '../../config' }, /extends "\.\.\/\.\.\/config"/],
];

test('a profile that extends another has a name of its own', () => {
  const read = () => parseProfile({ extends: 'generic-bank' }, 'a test');
  expect(read).toThrow(/must have required property 'name'/);
});

describe('a profile is refused with', () => {
  test.each(WRONG)('%s', (_, change, words) => {
    const read = () => bankProfile(change);
    expect(read).toThrow(OperationalError);
    expect(read).toThrow(words);
    expect(read).toThrow(/^a test: /);
  });
});

test.each([null, 'csv', [], 7])('%j is no profile', (document) => {
  expect(() => parseProfile(document, 'sources.shop.profile')).toThrow(/^sources\.shop\.profile: /);
});
