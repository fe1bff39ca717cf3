import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Currency } from '../../src/currency.ts';
import type { Tx } from '../../src/db/db.ts';
import { listBalances } from '../../src/ledger/balances.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import { type Conversion, convert } from '../../src/ledger/conversion.ts';
import { listPositions, positionOf } from '../../src/ledger/positions.ts';
import { postAll } from '../../src/ledger/post.ts';
import {
  FX_GAIN,
  FX_LOSS,
  type OpenCost,
  realisedGain,
  realisedGainJournal,
  realisedGains,
  settlePart,
} from '../../src/ledger/realised-gain.ts';
import { sumMinor } from '../../src/money.ts';
import { parseRate, type Rate, rateBetween, toMinor } from '../../src/rate.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK, BOOK_ID, brokenChecks, day, givenBook, postOptions } from './books.ts';

const CUSTOMER = 'assets:customer';
const SUPPLIER = 'liabilities:supplier';

function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (parsed === undefined) throw new Error(`${text} is not a rate`);
  return parsed;
}

function item(foreignMinor: bigint, foreignCurrency: Currency, recognised: string) {
  const rateAtRecognition = rate(recognised);
  return { foreignMinor, foreignCurrency, baseCurrency: 'EUR', rateAtRecognition };
}

test.each<[string, bigint, Currency, string, string, bigint, bigint, bigint]>([
  ['a claim on a currency that rose gains', 10_000n, 'USD', '0.90', '0.95', 9000n, 9500n, 500n],
  ['a claim on a currency that fell loses', 10_000n, 'USD', '0.95', '0.90', 9500n, 9000n, -500n],
  ['a debt in a currency that rose loses', -10_000n, 'USD', '0.90', '0.95', -9000n, -9500n, -500n],
  ['a debt in a currency that fell gains', -10_000n, 'USD', '0.95', '0.90', -9500n, -9000n, 500n],
  ['one rate gains nothing', 12_345n, 'USD', '0.9231', '0.9231', 11_396n, 11_396n, 0n],
  ['no decimals', 16_327n, 'JPY', '0.0061', '0.0062', 9959n, 10_123n, 164n],
  ['three decimals', 12_345n, 'KWD', '2.9', '3.0', 3580n, 3704n, 124n],
  ['four decimals', 12_345n, 'CLF', '36.5', '36.4', 4506n, 4494n, -12n],
])('%s', (_, foreignMinor, currency, recognised, settled, at0, at1, gainMinor) => {
  expect(
    realisedGain({ ...item(foreignMinor, currency, recognised), rateAtSettlement: rate(settled) }),
  ).toEqual({ baseAtRecognitionMinor: at0, baseAtSettlementMinor: at1, gainMinor });
});

test('rounds half up where it is told to', () => {
  const one = { ...item(1n, 'USD', '0.5'), rateAtSettlement: rate('1.5') };
  expect(realisedGain(one)).toMatchObject({ baseAtRecognitionMinor: 0n, gainMinor: 2n });
  expect(realisedGain({ ...one, rounding: 'half_up' })).toMatchObject({
    baseAtRecognitionMinor: 1n,
    gainMinor: 1n,
  });
});

const sign = fc.constantFrom(1n, -1n);
const currency = fc.constantFrom('JPY', 'USD', 'KWD', 'CLF');
const anyRate = fc
  .bigInt(1000n, 10n ** 8n)
  .map((digits) => rate(`${digits / 10_000n}.${(digits % 10_000n).toString().padStart(4, '0')}`));
const partSizes = fc.array(fc.bigInt(1n, 10n ** 9n), { minLength: 1, maxLength: 6 });

function partsOf(sizes: readonly bigint[], direction: bigint, rates: readonly Rate[]) {
  return sizes.map((size, place) => ({
    foreignMinor: size * direction,
    rateAtSettlement: rates[place % rates.length] ?? rate('1'),
  }));
}

test('parts settled at one rate gain together exactly what the whole gains', () => {
  fc.assert(
    fc.property(partSizes, sign, currency, anyRate, anyRate, (sizes, direction, code, r0, r1) => {
      const whole = {
        ...item(direction * sumMinor(sizes), code, '1'),
        rateAtRecognition: r0,
      };
      const parts = realisedGains({ ...whole, parts: partsOf(sizes, direction, [r1]) });
      const gain = realisedGain({ ...whole, rateAtSettlement: r1 });
      expect(sumMinor(parts.map((part) => part.gainMinor))).toBe(gain.gainMinor);
      for (const [place, part] of parts.entries()) {
        const exact = toMinor((sizes[place] ?? 0n) * direction, code, 'EUR', r0);
        const off = part.baseAtRecognitionMinor - exact;
        expect(off >= -1n && off <= 1n).toBe(true);
      }
    }),
  );
});

test('parts settled at several rates have cost together what the whole was recognised at', () => {
  const rates = fc.array(anyRate, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(partSizes, sign, currency, anyRate, rates, (sizes, direction, code, r0, all) => {
      const foreignMinor = direction * sumMinor(sizes);
      const whole = { ...item(foreignMinor, code, '1'), rateAtRecognition: r0 };
      const parts = realisedGains({ ...whole, parts: partsOf(sizes, direction, all) });
      const cost = sumMinor(parts.map((part) => part.baseAtRecognitionMinor));
      const settled = sumMinor(parts.map((part) => part.baseAtSettlementMinor));
      expect(cost).toBe(toMinor(foreignMinor, code, 'EUR', r0));
      expect(sumMinor(parts.map((part) => part.gainMinor))).toBe(settled - cost);
    }),
  );
});

test('one part after the other, the cost is used up when nothing is open', () => {
  fc.assert(
    fc.property(partSizes, sign, fc.bigInt(0n, 10n ** 12n), (sizes, direction, base) => {
      let open: OpenCost = {
        foreignMinor: direction * sumMinor(sizes),
        baseMinor: direction * base,
      };
      const costs: bigint[] = [];
      for (const size of sizes) {
        const settled = settlePart(open, {
          foreignMinor: size * direction,
          baseAtSettlementMinor: 0n,
        });
        costs.push(settled.gain.baseAtRecognitionMinor);
        open = settled.open;
      }
      expect(open).toEqual({ foreignMinor: 0n, baseMinor: 0n });
      expect(sumMinor(costs)).toBe(direction * base);
    }),
  );
});

test.each<[string, () => unknown]>([
  [
    'parts that do not sum to the item',
    () => realisedGains({ ...item(5n, 'USD', '1'), parts: [] }),
  ],
  [
    'a part of the other sign',
    () =>
      realisedGains({
        ...item(5n, 'USD', '1'),
        parts: [7n, -2n].map((foreignMinor) => ({ foreignMinor, rateAtSettlement: rate('1') })),
      }),
  ],
  [
    'a part larger than what is open',
    () =>
      settlePart(
        { foreignMinor: 5n, baseMinor: 5n },
        { foreignMinor: 6n, baseAtSettlementMinor: 6n },
      ),
  ],
])('takes %s for a bug', (_, work) => {
  expect(work).toThrow(expect.objectContaining({ code: 'invariant_broken' }) as Error);
});

function gainJournal(gainMinor: bigint) {
  return realisedGainJournal({
    key: 'gain-1',
    effectiveDate: day('2026-03-01'),
    foreignCurrency: 'USD',
    baseCurrency: 'EUR',
    gainMinor,
    createdBy: 'tester',
  });
}

test('a gain is income that the position owes, a loss an expense that it is owed, nothing is no journal', () => {
  const position = positionOf('USD');
  const amount = { amountMinor: 500n, currency: 'EUR' };
  expect(gainJournal(500n)).toMatchObject({
    kind: 'exchange-difference',
    description: 'realised gain of 5.00 EUR on USD',
    postings: [{ debit: position, credit: FX_GAIN, ...amount }],
  });
  expect(gainJournal(-500n)).toMatchObject({
    description: 'realised loss of 5.00 EUR on USD',
    postings: [{ debit: FX_LOSS, credit: position, ...amount }],
  });
  expect(gainJournal(0n)).toBeUndefined();
  expect(chartOf([])(FX_GAIN, 'EUR')).toMatchObject({ type: 'income', normalSide: 'credit' });
  expect(chartOf([])(FX_LOSS, 'EUR')).toMatchObject({ type: 'expense', normalSide: 'debit' });
});

/** An item and how it is settled: each part at a rate of its own. */
const story = fc.record({
  direction: sign,
  currency,
  recognised: anyRate,
  parts: fc.array(fc.record({ size: fc.bigInt(10n ** 5n, 10n ** 9n), settled: anyRate }), {
    minLength: 1,
    maxLength: 4,
  }),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Base currency on one side, foreign currency on the other, at a rate of base units for a foreign one. */
function exchange(
  key: string,
  told: { foreignMinor: bigint; currency: Currency; at: Rate; isForeignIn: boolean },
  accounts: { foreign: string; base: string },
): Conversion {
  const foreign = { amountMinor: told.foreignMinor, currency: told.currency };
  const base = {
    amountMinor: toMinor(told.foreignMinor, told.currency, 'EUR', told.at),
    currency: 'EUR',
  };
  const { isForeignIn } = told;
  return {
    key,
    effectiveDate: day('2026-03-01'),
    from: isForeignIn ? base : foreign,
    to: isForeignIn ? foreign : base,
    credit: isForeignIn ? accounts.base : accounts.foreign,
    debit: isForeignIn ? accounts.foreign : accounts.base,
    rate: isForeignIn ? rateBetween(base, foreign) : told.at,
    rateDate: day('2026-03-01'),
    rateSource: 'law',
    createdBy: 'tester',
  };
}

/** Recognises an item and settles its parts, with the exchange difference of each; returns the sum of those. */
async function tell(tx: Tx, told: Story, name: string): Promise<bigint> {
  const { direction, currency: code, recognised, parts } = told;
  const isClaim = direction > 0n;
  const foreign = isClaim ? CUSTOMER : SUPPLIER;
  const whole = sumMinor(parts.map(({ size }) => size));
  const booked = exchange(
    name,
    { foreignMinor: whole, currency: code, at: recognised, isForeignIn: isClaim },
    { foreign, base: isClaim ? 'income:sales' : 'expenses:goods' },
  );
  await converted(tx, booked);
  const baseMinor = (isClaim ? booked.from : booked.to).amountMinor;
  let open: OpenCost = { foreignMinor: direction * whole, baseMinor: direction * baseMinor };
  let gains = 0n;
  for (const [place, { size, settled }] of parts.entries()) {
    const key = `${name}.${place}`;
    const paid = exchange(
      key,
      { foreignMinor: size, currency: code, at: settled, isForeignIn: !isClaim },
      { foreign, base: BANK },
    );
    await converted(tx, paid);
    const settlement = settlePart(open, {
      foreignMinor: direction * size,
      baseAtSettlementMinor: direction * (isClaim ? paid.to : paid.from).amountMinor,
    });
    open = settlement.open;
    gains += settlement.gain.gainMinor;
    const journal = realisedGainJournal({
      key: `${key}.gain`,
      effectiveDate: day('2026-03-01'),
      foreignCurrency: code,
      baseCurrency: 'EUR',
      gainMinor: settlement.gain.gainMinor,
      createdBy: 'tester',
    });
    await postAll(tx, journal === undefined ? [] : [journal], postOptions());
  }
  return gains;
}

async function converted(tx: Tx, conversion: Conversion): Promise<void> {
  expect(await convert(tx, conversion, postOptions())).toMatchObject({ status: 'created' });
}

test('once every item is settled, every position is zero and the gains are what it brought', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(story, { minLength: 1, maxLength: 4 }), (stories) =>
      inRolledBackTransaction(async (tx) => {
        await givenBook(tx);
        let gains = 0n;
        for (const [place, told] of stories.entries()) gains += await tell(tx, told, `i${place}`);
        for (const { foreignMinor, costMinor } of await listPositions(tx, { bookId: BOOK_ID }))
          expect([foreignMinor, costMinor]).toEqual([0n, 0n]);
        const balances = await listBalances(tx, { bookId: BOOK_ID });
        const sumOf = (...codes: readonly string[]) =>
          sumMinor(
            balances
              .filter(({ code, currency: own }) => codes.includes(code) && own === 'EUR')
              .map(({ balanceMinor }) => balanceMinor),
          );
        expect(-sumOf(FX_GAIN, FX_LOSS)).toBe(gains);
        expect(sumOf(BANK)).toBe(gains - sumOf('income:sales', 'expenses:goods'));
        expect(await brokenChecks(tx)).toEqual([]);
      }),
    ),
    { numRuns: 25 },
  );
});

test('before the exchange difference is posted, the position shows it as a cost of nothing', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    const accounts = { foreign: CUSTOMER, base: BANK };
    const told = { foreignMinor: 10_000n, currency: 'USD', isForeignIn: true };
    await converted(tx, exchange('sold', { ...told, at: rate('0.9') }, accounts));
    await converted(
      tx,
      exchange('paid', { ...told, at: rate('0.95'), isForeignIn: false }, accounts),
    );
    const [position] = await listPositions(tx, { bookId: BOOK_ID });
    expect(position).toMatchObject({ foreignMinor: 0n, costMinor: -500n, averageRate: null });
  }));
