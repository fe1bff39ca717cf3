import { describe, expect, test } from 'vitest';
import type { BusinessDate } from '../../../src/business-date.ts';
import { SIDES } from '../../../src/match/engine/side.ts';
import { evaluateRule, failing, type VectorEntry } from '../../../src/match/explain/evaluate.ts';
import { entryFields, type FieldValues } from '../../../src/match/explain/field-values.ts';
import {
  holdsWhole,
  matchKey,
  matchToken,
  sharedTrigrams,
} from '../../../src/match/explain/normalise.ts';
import type { FieldName, Predicate, Rule, Tolerance } from '../../../src/match/rules/rule.ts';
import { inRolledBackTransaction } from '../../support/database.ts';
import { generator } from '../../support/world.ts';
import { field, key, packOf, rule, weekdays, within } from './packs.ts';

function row(
  amountMinor: bigint,
  texts: Partial<Record<FieldName, string | null>> = {},
): FieldValues {
  return { currency: 'EUR', amountMinor, texts: { currency: 'EUR', ...texts } };
}

function held(more: Partial<Rule>, left: FieldValues, right: FieldValues): VectorEntry[] {
  const only = rule('only', more);
  return evaluateRule(packOf('p', [only]), only, { left, right, calendars: weekdays });
}

function one(predicate: Predicate, left: FieldValues, right: FieldValues): VectorEntry {
  const [entry] = held({ predicates: [predicate] }, left, right);
  if (entry === undefined) throw new Error('a predicate gave no entry');
  return entry;
}

describe('names are cleaned as the database cleans them', () => {
  test('token, key and whole words of two thousand texts agree with the functions of the database', async () => {
    const random = generator(7);
    const pieces = [
      'a',
      'B',
      'Z9',
      '1',
      '07',
      ' ',
      '-',
      '_',
      '/',
      'ü',
      'É',
      '.',
      'AB12CD',
      '99',
      'x',
    ];
    const text = (most: number) =>
      Array.from(
        { length: 1 + Math.floor(random() * most) },
        () => pieces[Math.floor(random() * pieces.length)],
      ).join('');
    const texts = [
      'Auszahlung TX712198402XT batch 472',
      'PAYOUT-100',
      '',
      'ÄB12CDE',
      'AB12_CD',
    ].concat(Array.from({ length: 2_000 }, () => text(12)));
    const words = texts.map(() => text(2));
    const rows = await inRolledBackTransaction((tx) =>
      tx.query<{ token: string; key: string | null; holds: boolean }>(
        `select tieout.match_token(content) as token, tieout.match_key(content) as key,
                tieout.holds_whole(content, word) as holds
         from unnest($1::text[], $2::text[]) with ordinality as given (content, word, place) order by place`,
        [texts, words],
      ),
    );
    const mine = texts.map((content, at) => ({
      token: matchToken(content),
      key: matchKey(content) ?? null,
      holds: holdsWhole(content, words[at] ?? ''),
    }));
    expect(mine).toEqual(rows);
    expect(rows.filter(({ holds }) => holds).length).toBeGreaterThan(20);
    expect(rows.filter(({ key: found }) => found === null).length).toBeGreaterThan(5);
  });

  test('likeness counts trigrams as pg_trgm does: word and two words share 4 of 11', () => {
    expect(sharedTrigrams('word', 'two words')).toEqual({ shared: 4, all: 11 });
  });

  test.each([
    ['vom 20260305 Nr INV20771 danke', 'INV20771'],
    ['zz99 then aa11', 'ZZ99'],
    ['05032026 Miete', null],
    [
      '/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/ADYEN N.V./REMI/payout',
      null,
    ],
    ['/CNTP/NL91ABNA0417164300/ABNANL2A/ADYEN N.V./AMSTERDAM/REMI/USTD//payout', null],
    ['/IBAN/NL91ABNA0417164300/REMI/TX635094301XT', 'TX635094301XT'],
    ['SVWZ+Gutschrift IBAN+DE02120300000000202051 BIC+BYLADEM1001', null],
    ['IBAN: DE02120300000000202051 RE-77123', '77123'],
    ['NL91ABNA0417164300', 'NL91ABNA0417164300'],
  ])('the identifier of %s is %s, here and in the database', async (narrative, expected) => {
    const entry = {
      fileNo: 1n,
      ordinal: 1n,
      role: 'bank',
      source: 'b',
      account: null,
      type: 'bank',
      currency: 'EUR',
      amountMinor: 1n,
      isReversal: false,
      bookingDate: null,
      valueDate: null,
      externalId: null,
      reference: null,
      originalReference: null,
      merchant: null,
      batch: null,
      counterparty: null,
      narrative,
    } as const;
    expect(entryFields(entry).texts.identifier).toBe(expected);
    const inDatabase = SIDES['bank-to-item'].left.fields.identifier?.replaceAll('@', 'told');
    const rows = await inRolledBackTransaction((tx) =>
      tx.query(
        `select ${inDatabase} as identifier from (values (null::text, $1::text)) told (reference, narrative)`,
        [narrative],
      ),
    );
    expect(rows).toEqual([{ identifier: expected }]);
  });
});

describe('amounts', () => {
  test('are within a bound that is reached, and beyond it by one minor unit', () => {
    expect(one(within('15.00', '0'), row(98_500n), row(100_000n)).holds).toBe(true);
    const beyond = one(within('15.00', '0'), row(98_499n), row(100_000n));
    expect(beyond).toMatchObject({
      holds: false,
      found: '15.01 EUR under',
      change: {
        parameter: 'under',
        allowed: '15.00',
        needed: '15.01',
        size: '1501',
        currency: 'EUR',
      },
    });
  });

  test('are compared in size: money out that is more is over', () => {
    expect(one(within('0', '1.00'), row(-1_100n), row(-1_000n)).found).toBe('1.00 EUR over');
    expect(one(within('0', '1.00'), row(-1_100n), row(-1_000n)).holds).toBe(true);
    expect(one(within('99.00'), row(-1_000n), row(1_000n))).toMatchObject({
      holds: false,
      found: 'the other direction',
    });
  });

  test('are held to a share of the right amount without rounding it', () => {
    const bound = (tolerance: Tolerance) =>
      ({ op: 'within', field: 'amount', under: tolerance, over: tolerance }) as const;
    const third = bound({ abs: '0', percent: '0.03', governs: 'larger' });
    expect(one(third, row(10_002n), row(9_999n)).holds).toBe(false);
    expect(one(third, row(10_002n), row(10_000n)).holds).toBe(true);
    const smaller = bound({ abs: '0.01', percent: '50', governs: 'smaller' });
    expect(one(smaller, row(1_002n), row(1_000n)).holds).toBe(false);
    const larger = bound({ abs: '0.01', percent: '50', governs: 'larger' });
    expect(one(larger, row(1_002n), row(1_000n)).holds).toBe(true);
  });

  test('beyond what a double holds are told apart', () => {
    const huge = 9_007_199_254_740_993n;
    expect(one(within('0'), row(huge), row(huge - 1n)).holds).toBe(false);
    expect(one(within('0.01'), row(huge), row(huge - 1n)).holds).toBe(true);
  });

  test('of a rule that does not speak of them must be one', () => {
    const vector = held({ blockOn: [key('currency')] }, row(100n), row(101n));
    expect(failing(vector).map(({ part }) => part)).toEqual(['balance']);
    expect(failing(held({ blockOn: [key('amount')] }, row(100n), row(101n)))).toHaveLength(1);
  });

  test('that differ by more than a tenth ask for no wider bound', () => {
    expect(one(within('1'), row(889n), row(1_000n)).change).toBeUndefined();
    expect(one(within('0.99'), row(900n), row(1_000n)).change).toBeDefined();
  });
});

describe('days', () => {
  const offset = (from: number, to: number, unit: 'day' | 'business_day'): Predicate => ({
    op: 'offset',
    left: 'value_date',
    right: 'date',
    from,
    to,
    unit,
    calendar: 'WEEKDAYS',
  });
  const bank = (day: string) => row(1n, { value_date: day as BusinessDate });
  const item = (day: string) => row(1n, { date: day as BusinessDate });

  test('count the business days of a calendar: from Friday to Monday it is one', () => {
    const found = one(offset(0, 2, 'business_day'), bank('2026-03-09'), item('2026-03-06'));
    expect(found).toMatchObject({
      predicate: 'value_date − date within 0..2 business days of WEEKDAYS',
      found: '1 business day',
      holds: true,
    });
    expect(one(offset(0, 2, 'day'), bank('2026-03-09'), item('2026-03-06')).holds).toBe(false);
  });

  test('before the window ask for another from, days after it for another to', () => {
    expect(
      one(offset(0, 5, 'business_day'), bank('2026-03-17'), item('2026-03-06')).change,
    ).toMatchObject({
      parameter: 'to',
      allowed: '5',
      needed: '7',
      size: '2',
    });
    expect(
      one(offset(0, 5, 'business_day'), bank('2026-03-05'), item('2026-03-06')).change,
    ).toMatchObject({
      parameter: 'from',
      allowed: '0',
      needed: '-1',
      size: '1',
    });
  });

  test('that a calendar does not have never hold', () => {
    const other = { ...offset(0, 5, 'business_day'), calendar: 'NOWHERE' } as Predicate;
    expect(one(other, bank('2026-03-09'), item('2026-03-09'))).toMatchObject({
      holds: false,
      found: 'a day that NOWHERE does not have',
    });
  });
});

describe('texts', () => {
  test('are one when one of their keys is', () => {
    const keys = [key(field('words', 'words'), field('reference', 'token'))];
    const right = row(1n, { reference: 'TX712198402XT batch 472' });
    const [entry] = held({ blockOn: keys }, row(1n, { words: 'SEPA tx712198402xt 2/2' }), right);
    expect(entry).toMatchObject({
      predicate: 'a word of words = token of reference',
      right: 'TX712198402XT',
      holds: true,
    });
  });

  test('that are missing on a side never hold', () => {
    const [entry] = held({ blockOn: [key('reference')] }, row(1n, { reference: null }), row(1n));
    expect(entry).toMatchObject({ holds: false, found: 'missing' });
  });

  test('hold a word whole or contain it folded from a length on', () => {
    const text = row(1n, { narrative: 'EREF ACME PO50 0117 danke' });
    const right = row(1n, { reference: 'ACMEPO500117' });
    const word = field('reference');
    expect(one({ op: 'holds', text: 'narrative', word }, text, right).holds).toBe(false);
    expect(one({ op: 'contains', text: 'narrative', word, minLength: 10 }, text, right).holds).toBe(
      true,
    );
    expect(
      one({ op: 'contains', text: 'narrative', word, minLength: 14 }, text, right).change,
    ).toMatchObject({
      parameter: 'min_length',
      allowed: '14',
      needed: '12',
    });
  });

  test('are like each other from a bound on, and ask for one that they reach', () => {
    const like = (atLeast: string): Predicate => ({
      op: 'similar',
      left: 'counterparty',
      right: 'merchant',
      atLeast,
    });
    const [left, right] = [row(1n, { counterparty: 'word' }), row(1n, { merchant: 'two words' })];
    const missed = one(like('0.5'), left, right);
    expect(missed).toMatchObject({ holds: false, change: { needed: '0.3636' } });
    expect(one(like(missed.change?.needed ?? ''), left, right).holds).toBe(true);
  });
});

describe('a rule', () => {
  test('of named entries takes the naming that misses least', () => {
    const named = rule('named', { among: 'named', blockOn: [key('currency')] });
    const pack = packOf('p', [named], {
      naming: [
        {
          id: 'a',
          strength: 1,
          blockOn: [key('merchant'), key('batch')],
          predicates: [],
          uniqueRightKey: false,
        },
        {
          id: 'b',
          strength: 2,
          blockOn: [key('reference')],
          predicates: [],
          uniqueRightKey: false,
        },
      ],
    });
    const pair = {
      left: row(5n, { reference: 'A' }),
      right: row(5n, { reference: 'A' }),
      calendars: weekdays,
    };
    const vector = evaluateRule(pack, named, pair);
    expect(vector.map(({ part, holds }) => [part, holds])).toEqual([
      ['naming', true],
      ['key', true],
      ['balance', true],
    ]);
  });

  test('holds the rows to its scope, amounts in major units', () => {
    const scope = (
      op: '>' | '<>' | 'in' | 'like' | 'is null',
      field_: FieldName,
      ...values: string[]
    ) =>
      held(
        { scope: { left: [{ field: field_, op, values }], right: [] } },
        row(1_000n, { kind: 'bank' }),
        row(1_000n),
      )[0]?.holds;
    expect(scope('>', 'amount', '9.99')).toBe(true);
    expect(scope('>', 'amount', '10.00')).toBe(false);
    expect(scope('<>', 'amount', '10.00')).toBe(false);
    expect(scope('in', 'kind', 'a', 'bank')).toBe(true);
    expect(scope('like', 'kind', 'b%k')).toBe(true);
    expect(scope('like', 'kind', 'b.*k')).toBe(false);
    expect(scope('is null', 'reference')).toBe(true);
  });

  test('with a residual says that its limit would have to be wider too', () => {
    const residual = {
      type: 'BANK_FEE',
      account: 'expenses:bank-charges',
      tax: 'none',
      limitPerItem: '15.00',
      limitPerRun: '500.00',
    } as const;
    const of = (minor: bigint) =>
      failing(held({ predicates: [within('10.00')], residual }, row(minor), row(100_000n)))[0]
        ?.change;
    expect(of(98_800n)?.also).toBeUndefined();
    expect(of(97_650n)).toMatchObject({ needed: '23.50', also: 'limit_per_item: 15.00 → 23.50' });
  });

  test('for what names nothing misses an entry that names something else', () => {
    const unnamed = rule('unnamed', { among: 'unnamed', blockOn: [key('amount')] });
    const pair = { left: row(5n), right: row(5n), calendars: weekdays };
    const found = (names: string | null) =>
      failing(evaluateRule(packOf('p', [unnamed]), unnamed, { ...pair, names })).map(
        (one) => one.found,
      );
    expect(found('ACMEPO500117')).toEqual(['names ACMEPO500117']);
    expect(found(null)).toEqual([]);
  });
});
