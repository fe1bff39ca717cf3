import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardTokenOf } from '../../src/card-number.ts';
import { CardMask } from '../../src/ingest/card-mask.ts';
import { textDigestOf } from '../../src/ingest/formats/entry-identity.ts';
import {
  FileRefusal,
  type ParsedEntry,
  type ParsedRecord,
  type Rejection,
} from '../../src/ingest/record.ts';

const TOKEN = cardTokenOf(new Uint8Array(32).fill(9));
const PAN = '4111111111111111';
const MASKED = `411111xxxxxx1111#${TOKEN(PAN)}`;

const ENTRY: ParsedEntry = {
  kind: 'entry',
  type: 'bank',
  status: 'booked',
  currency: 'EUR',
  amountMinor: 4_111_111_111_111_111n,
  grossMinor: 500n,
  feesMinor: { commission: 1n },
  isReversal: false,
  bookingDate: null,
  valueDate: null,
  externalId: 'EXT-1',
  reference: 'REF-1',
  originalReference: 'ORIG-1',
  account: 'DE02120300000000202051',
  batch: '17',
  counterparty: 'Anna',
  narrative: 'Miete',
  identity: 'a1'.repeat(16),
  isIdentityUnique: false,
  details: 0,
  attributes: {
    transactionCode: 'NTRF',
    references: { mandate: 'M-1', cheque: 'C-1' },
    counterpartyAccount: '123',
    creditorReference: 'RF18',
    returnReason: 'AC04',
    charges: [{ currency: 'EUR', amountMinor: 1n, isIncluded: null, type: 'COMM' }],
  },
  locator: { line: 7, element: 'Ntry[1]' },
};

/** Every place of a record where text stands. */
function textPathsOf(value: object, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner === 'string') return [[...path, key]];
    if (typeof inner !== 'object' || inner === null) return [];
    return textPathsOf(inner, [...path, key]);
  });
}

function withText<T extends object>(
  value: T,
  [key = '', ...rest]: readonly string[],
  text: string,
): T {
  const inner = (value as Record<string, unknown>)[key];
  const changed = rest.length === 0 ? text : withText(inner as object, rest, text);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  (copy as Record<string, unknown>)[key] = changed;
  return copy as T;
}

describe('a record', () => {
  const paths = textPathsOf(ENTRY).filter(([key]) => key !== 'kind');

  test('without a card number is left as it is, the same object', () => {
    expect(new CardMask(TOKEN).record(ENTRY)).toBe(ENTRY);
    expect(paths.length).toBeGreaterThan(15);
  });

  test('has no card number left in any field', () => {
    const grouped = fc.constantFrom(PAN, '4111 1111 1111 1111', '5555-5555-5555-4444');
    fc.assert(
      fc.property(fc.constantFrom(...paths), grouped, (path, number) => {
        const told = JSON.stringify(
          new CardMask(TOKEN).record(withText(ENTRY, path, `x ${number} y`)),
          (_, value: unknown) => (typeof value === 'bigint' ? 'money' : value),
        );
        expect(told.replaceAll(/[ -]/g, '')).not.toContain(number.replaceAll(/[ -]/g, ''));
        expect(told).toContain(number.startsWith('4') ? MASKED : '555555xxxxxx4444#');
      }),
    );
  });

  test('keeps its amounts, whatever their digits', () => {
    const masked = new CardMask(TOKEN).record({ ...ENTRY, narrative: PAN });
    expect(masked).toMatchObject({ amountMinor: ENTRY.amountMinor, narrative: MASKED });
  });

  test('has no digest of a card number: it is keyed, and still tells equal records', () => {
    const record = { ...ENTRY, narrative: PAN };
    const masked = new CardMask(TOKEN).record(record);
    expect(masked).toMatchObject({ identity: TOKEN(ENTRY.identity) });
    expect(new CardMask(TOKEN).record(record)).toEqual(masked);
    const other = new CardMask(cardTokenOf(new Uint8Array(32))).record(record);
    expect(other).not.toMatchObject({ identity: TOKEN(ENTRY.identity) });
    expect(new CardMask(null).record(record)).toMatchObject({ identity: 'withheld|7' });
  });

  test('has no bare digest of a reader beside it, whatever its letters', () => {
    const identity = textDigestOf(`${PAN}|5`);
    const record = { ...ENTRY, identity, narrative: `paid with ${PAN}` };
    expect(new CardMask(TOKEN).record(record)).toMatchObject({ identity: TOKEN(identity) });
  });

  test('keeps an identity that is written in words, but for the number in it', () => {
    const masked = new CardMask(TOKEN).record({ ...ENTRY, identity: `${PAN}|Settled|1` });
    expect(masked).toMatchObject({ identity: `${MASKED}|Settled|1` });
  });

  test('that was rejected is masked in its raw text, also where that was cut', () => {
    const rejection: Rejection = {
      kind: 'rejection',
      reason: 'BAD_AMOUNT',
      message: `"${PAN}" is no amount`,
      field: 'Amount',
      raw: `${PAN},41111111\n11111111,4111 1111 11…`,
      amountMinor: null,
      batch: null,
      locator: { line: 3 },
    };
    expect(new CardMask(null).record(rejection)).toMatchObject({
      message: '"411111xxxxxx1111" is no amount',
      raw: '411111xxxxxx1111,411111xxxxxx1111,411111xxxx…',
    });
  });
});

test('the finding counts records, and names the first line and no number', () => {
  const mask = new CardMask(TOKEN);
  expect(mask.finding()).toBeUndefined();
  const records: readonly ParsedRecord[] = [
    ENTRY,
    { ...ENTRY, narrative: `${PAN} ${PAN}`, locator: { line: 8 } },
    { ...ENTRY, reference: PAN, locator: { line: 9 } },
  ];
  for (const record of records) mask.record(record);
  expect(mask.finding()).toEqual({
    kind: 'diagnostic',
    code: 'PAN_FOUND',
    message: 'card numbers stand in 2 records, the first on line 8; they are stored truncated',
    locator: { line: 8 },
  });
});

test('a refusal is masked, with the reference of what it misses', () => {
  const imbalance = { reference: PAN, currency: 'EUR', differenceMinor: 1n };
  const refusal = new FileRefusal('X', `batch ${PAN}`, { line: 1 }, imbalance);
  const masked = new CardMask(TOKEN).refusal(refusal);
  expect(masked).toBeInstanceOf(FileRefusal);
  expect(masked).toMatchObject({
    reason: 'X',
    message: `batch ${MASKED}`,
    imbalance: { reference: MASKED, differenceMinor: 1n },
  });
});
