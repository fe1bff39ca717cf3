import { describe, expect, test } from 'vitest';
import { bankProfile, type Disposition, dispositionOf } from '../../support/csv-cases.ts';

const POINT = { decimal: '.' };
const MINOR = { decimal: '.', unit: 'minor' };
const aside = (reason: string): Disposition => ({ aside: reason });
const accepted = (amountMinor: bigint): Disposition => ({ accepted: [amountMinor] });
const bad = aside('BAD_NUMBER');

type Case = readonly [
  row: string,
  amount: string,
  numbers: Readonly<Record<string, unknown>>,
  becomes: Disposition,
  currency?: string,
];

const STYLES = [
  ['1.234,56', { decimal: ',', group: '.' }],
  ['1,234.56', { decimal: '.', group: ',' }],
  ['1 234,56', { decimal: ',', group: ' ' }],
  ["1'234.56", { decimal: '.', group: "'" }],
  ['1’234.56', { decimal: '.', group: '’' }],
  ['1\u00a0234,56', { decimal: ',', group: '\u00a0' }],
  ['1\u202f234,56', { decimal: ',', group: '\u202f' }],
] as const;

const GROUPED: readonly Case[] = STYLES.flatMap(([text, own]) =>
  STYLES.map(
    ([, numbers]): Case => ['#79', text, numbers, numbers === own ? accepted(123_456n) : bad],
  ),
);

const NOTHING: readonly Case[] = ['', ' ', '-', 'N/A', 'null'].map((text) => [
  '#81',
  text,
  POINT,
  aside('AMOUNT_MISSING'),
]);

const NO_NUMBERS: readonly Case[] = [
  '1e3',
  '1E+5',
  '0x1F',
  '1_000',
  'Infinity',
  'NaN',
  '+5',
  '.5',
  '5.',
  '--5',
  '\u0661\u0662',
  '\u221212',
  '12..34',
].map((text) => ['#82', text, POINT, bad]);

const DECLARED: readonly Case[] = [
  ['#82', '+5', { ...POINT, plus_sign: true }, accepted(500n)],
  ['#82', '\u22125', { ...POINT, unicode_minus: true }, accepted(-500n)],
  ['#83', '(12.34)', POINT, bad],
  ['#83', '(12.34)', { ...POINT, parentheses: true }, accepted(-1_234n)],
  ['#83', '(-12.34)', { ...POINT, parentheses: true }, bad],
  ['#83', '(12.34', { ...POINT, parentheses: true }, bad],
  ['#83', '12.34)', { ...POINT, parentheses: true }, bad],
  ['#83', '12.34-', POINT, bad],
  ['#83', '12.34-', { ...POINT, trailing_minus: true }, accepted(-1_234n)],
  ['#83', '-12.34-', { ...POINT, trailing_minus: true }, bad],
  ['#83', '-$76.00', { ...POINT, symbols: ['$'] }, accepted(-7_600n)],
  ['#83', '$-76.00', { ...POINT, symbols: ['$'] }, accepted(-7_600n)],
  ['#83', '-$-76.00', { ...POINT, symbols: ['$'] }, bad],
  ['#83', '($76.00)', { ...POINT, symbols: ['$'], parentheses: true }, accepted(-7_600n)],
  ['#83', '12.34 EUR', { ...POINT, symbols: ['EUR'] }, accepted(1_234n)],
  ['#83', '12.34 EUR', POINT, bad],
  ['#83', '12.34 CR', POINT, bad],
];

const EXACT: readonly Case[] = [
  ['#84', '9007199254740993', { decimal: '.' }, accepted(900_719_925_474_099_300n)],
  ['#84', '92233720368547758.07', POINT, accepted(2n ** 63n - 1n)],
  ['#84', '92233720368547758.08', POINT, aside('AMOUNT_RANGE')],
  ['#84', '99999999999999999999.99', POINT, aside('AMOUNT_RANGE')],
  ['#85', '1.005', POINT, aside('TOO_MANY_DECIMALS')],
  ['#85', '1.000', POINT, accepted(100n)],
  ['#86', '-0', POINT, accepted(0n)],
  ['#86', '-0.00', POINT, accepted(0n)],
  ['#86', '0.00', POINT, accepted(0n)],
  ['#87', '100.00', POINT, accepted(100n), 'JPY'],
  ['#87', '100.50', POINT, aside('TOO_MANY_DECIMALS'), 'JPY'],
  ['#88', '1.234', POINT, accepted(1_234n), 'KWD'],
  ['#88', '1.2345', POINT, accepted(12_345n), 'CLF'],
  ['#88', '1.2345', POINT, accepted(12_345n), 'UYW'],
  ['#88', '1.23', POINT, accepted(123n), 'HUF'],
];

const PROCESSOR_UNITS = { ...MINOR, exponents: { JPY: 2, ISK: 2, UGX: 2, HUF: 2, TWD: 2 } };
const UNITS: readonly Case[] = [
  ['#89', '10000', PROCESSOR_UNITS, accepted(10_000n), 'USD'],
  ['#89', '10000', PROCESSOR_UNITS, accepted(100n), 'JPY'],
  ['#89', '10000', MINOR, accepted(10_000n), 'JPY'],
  ['#89', '10050', PROCESSOR_UNITS, aside('TOO_MANY_DECIMALS'), 'JPY'],
  ['#89', '100.00', PROCESSOR_UNITS, bad, 'USD'],
  ['#89', '5', PROCESSOR_UNITS, accepted(5n), 'USD'],
  ['#90', '500', PROCESSOR_UNITS, accepted(5n), 'ISK'],
  ['#90', '500', PROCESSOR_UNITS, accepted(5n), 'UGX'],
  ['#90', '500', PROCESSOR_UNITS, accepted(500n), 'HUF'],
  ['#90', '500', PROCESSOR_UNITS, accepted(500n), 'TWD'],
  ...['XXX', 'XTS', 'eur', 'EUX', '', '__proto__'].map(
    (currency): Case => ['#91', '1.00', POINT, aside('CCY_UNKNOWN'), currency],
  ),
];

describe('what becomes of an amount', () => {
  const cases = [...GROUPED, ...NOTHING, ...NO_NUMBERS, ...DECLARED, ...EXACT, ...UNITS];
  for (const [row, amount, numbers, becomes, currency = 'EUR'] of cases) {
    test(`${row} ${JSON.stringify(amount)} ${currency} as ${JSON.stringify(numbers)}`, async () => {
      const text = `date,amount,currency,text\n2026-03-02,"${amount}",${currency},A\n`;
      expect(await dispositionOf(text, bankProfile({ numbers }), becomes)).toEqual(becomes);
    });
  }

  test('#80 1,234 is what the profile says, and a profile must say', async () => {
    const text = 'date,amount,currency,text\n2026-03-02,"1,234",KWD,A\n';
    const read = (numbers: object, becomes: Disposition) =>
      dispositionOf(text, bankProfile({ numbers }), becomes);
    expect(await read({ decimal: ',' }, accepted(0n))).toEqual(accepted(1_234n));
    expect(await read({ decimal: '.', group: ',' }, accepted(0n))).toEqual(accepted(1_234_000n));
    expect(await read({ decimal: '.' }, bad)).toEqual(bad);
    expect(() => bankProfile({ numbers: {} })).toThrow(
      /numbers must have required property 'decimal'/,
    );
    expect(() => bankProfile({ numbers: { decimal: ',', group: ',' } })).toThrow(/numbers\.group/);
  });

  describe('#83 the direction of a pair of columns is the only one', () => {
    const pair = (rule: object) => {
      const { entry } = bankProfile();
      const both = {
        date: 'date',
        amount: 'amount',
        currency: 'currency',
        text: 'text',
        debit: 'ref',
      };
      const net = { credit: 'amount', debit: 'debit', ...rule };
      return bankProfile({
        columns: both,
        optional: undefined,
        entry: { ...entry, net, reference: 'text' },
      });
    };
    const cases: readonly (readonly [string, string, object, Disposition])[] = [
      ['5.00', '', {}, accepted(500n)],
      ['', '5.00', {}, accepted(-500n)],
      ['-5.00', '', {}, bad],
      ['', '-5.00', {}, bad],
      ['', '-5.00', { debit_sign: 'negative' }, accepted(-500n)],
      ['', '5.00', { debit_sign: 'negative' }, bad],
      ['5.00', '0.00', {}, accepted(500n)],
      ['0.00', '5.00', {}, accepted(-500n)],
      ['0.00', '-5.00', { debit_sign: 'negative' }, accepted(-500n)],
      ['0.00', '0.00', {}, accepted(0n)],
      ['5.00', '5.00', {}, bad],
      ['', '', {}, aside('AMOUNT_MISSING')],
    ];
    test.each(cases)('credit %j and debit %j with %j', async (credit, debit, rule, becomes) => {
      const text = `date,amount,currency,text,ref\n2026-03-02,${credit},EUR,A,${debit}\n`;
      expect(await dispositionOf(text, pair(rule), becomes)).toEqual(becomes);
    });
  });

  test('#91 lower case is a currency only where the profile folds it', async () => {
    const profile = bankProfile();
    const folding = { ...profile, entry: { ...profile.entry, fold_currency: true } };
    const text = 'date,amount,currency,text\n2026-03-02,1.00,eur,A\n';
    expect(await dispositionOf(text, folding, accepted(100n))).toEqual(accepted(100n));
  });

  test.each(['0', '', '-1', '1e2', '1.1.1'])('#93 %j as an exchange rate', async (rate) => {
    const profile = bankProfile();
    const { columns, entry } = profile;
    const converting = {
      ...profile,
      columns: { ...columns, gross: 'gross', from: 'from', rate: 'rate' },
      entry: {
        ...entry,
        gross: { of: 'gross', positive: 'in' as const },
        gross_currency: 'from',
        rate: 'rate',
        tolerance_minor: 1,
      },
    };
    const row = (value: string) =>
      `date,amount,currency,text,gross,from,rate\n2026-03-02,92.15,EUR,A,100.00,USD,${value}\n`;
    expect(await dispositionOf(row(rate), converting, aside('BAD_RATE'))).toEqual(
      aside('BAD_RATE'),
    );
    const exact = await dispositionOf(row('0.921500000001'), converting, accepted(9_215n));
    expect(exact).toEqual(accepted(9_215n));
    const off = await dispositionOf(row('0.9217'), converting, aside('NET_EQUATION'));
    expect(off).toEqual(aside('NET_EQUATION'));
  });
});
