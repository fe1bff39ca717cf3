import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { accountIdOf } from '../../src/ids.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import {
  type Conversion,
  type ConvertOutcome,
  conversionJournal,
  convert,
  ROUNDING,
} from '../../src/ledger/conversion.ts';
import { listPositions, positionOf } from '../../src/ledger/positions.ts';
import { formatRate, parseRate, type Rate, toMinor } from '../../src/rate.ts';
import { freshDatabase, inRolledBackTransaction } from '../support/database.ts';
import {
  BANK,
  BOOK_ID,
  brokenChecks,
  day,
  givenBook,
  postOptions,
  RECEIVABLE,
  rowCounts,
} from './books.ts';

const USD = positionOf('USD');
const GBP = positionOf('GBP');

function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (parsed === undefined) throw new Error(`${text} is not a rate`);
  return parsed;
}

/** 100.00 USD of the bank account become 92.31 EUR there. */
function dollars(changes: Partial<Conversion> = {}): Conversion {
  return {
    key: 'convert-1',
    effectiveDate: day('2026-03-01'),
    from: { amountMinor: 10_000n, currency: 'USD' },
    to: { amountMinor: 9231n, currency: 'EUR' },
    credit: BANK,
    debit: BANK,
    rate: rate('0.9231'),
    rateDate: day('2026-02-28'),
    rateSource: 'house bank',
    createdBy: 'tester',
    ...changes,
  };
}

/** The postings of a conversion, a line each: debit < credit amount currency. */
function lines(conversion: Conversion, baseCurrency = 'EUR'): readonly string[] {
  const made = conversionJournal(conversion, baseCurrency);
  if (made.status === 'refused') return [made.code];
  return made.journal.postings.map(
    ({ debit, credit, amountMinor, currency }) => `${debit} < ${credit} ${amountMinor} ${currency}`,
  );
}

async function converted(tx: Tx, ...conversions: Conversion[]): Promise<ConvertOutcome[]> {
  await givenBook(tx);
  const outcomes = [];
  for (const conversion of conversions) outcomes.push(await convert(tx, conversion, postOptions()));
  return outcomes;
}

async function rates(tx: Tx): Promise<unknown[]> {
  return await tx.query(
    `select from_currency, from_minor, to_currency, to_minor, rate::text, rate_date, rate_source
     from tieout.conversion where book_id = $1 order by to_minor`,
    [BOOK_ID],
  );
}

test('takes one currency through its position into the other', () => {
  expect(lines(dollars())).toEqual([`${USD} < ${BANK} 10000 USD`, `${BANK} < ${USD} 9231 EUR`]);
});

test('buys a currency through the same position that it is sold through', () => {
  const bought = dollars({
    from: { amountMinor: 9231n, currency: 'EUR' },
    to: { amountMinor: 10_000n, currency: 'USD' },
    rate: rate('1.0833'),
  });
  expect(lines(bought)).toEqual([`${USD} < ${BANK} 9231 EUR`, `${BANK} < ${USD} 10000 USD`]);
});

test('moves the cost from position to position when neither currency is the base currency', () => {
  const cross = dollars({
    to: { amountMinor: 7900n, currency: 'GBP' },
    rate: rate('0.79'),
    worth: { amountMinor: 9231n, currency: 'EUR' },
  });
  expect(lines(cross)).toEqual([
    `${USD} < ${BANK} 10000 USD`,
    `${BANK} < ${GBP} 7900 GBP`,
    `${GBP} < ${USD} 9231 EUR`,
  ]);
  expect(lines(cross, 'GBP')).toEqual(['worth_unneeded']);
  const { worth, ...withoutWorth } = cross;
  expect(lines(withoutWorth)).toEqual(['worth_missing']);
  expect(lines({ ...cross, worth: { amountMinor: 1n, currency: 'CHF' } })).toEqual([
    'worth_missing',
  ]);
});

test.each<[string, bigint, string, bigint, string, string]>([
  ['no decimals', 10_000n, 'USD', 15_723n, 'JPY', '157.234'],
  ['two decimals', 15_723n, 'JPY', 10_000n, 'USD', '0.00636'],
  ['three decimals', 10_000n, 'USD', 30_725n, 'KWD', '0.30725'],
  ['four decimals', 10_000n, 'USD', 25_340n, 'CLF', '0.02534'],
])('a rate is between major units: to %s', (_, fromMinor, from, toMinorUnits, to, text) => {
  const conversion = dollars({
    from: { amountMinor: fromMinor, currency: from },
    to: { amountMinor: toMinorUnits, currency: to },
    rate: rate(text),
  });
  expect(lines(conversion, from)).toHaveLength(2);
});

test.each<[string, bigint, string | undefined]>([
  ['rounded down', 9230n, undefined],
  ['rounded up', 9231n, undefined],
  ['a minor unit less than rounded down', 9229n, 'rate_mismatch'],
  ['a minor unit more than rounded up', 9232n, 'rate_mismatch'],
])('a to-amount may be the product %s', (_, amountMinor, code) => {
  const conversion = dollars({ to: { amountMinor, currency: 'EUR' }, rate: rate('0.923049') });
  expect(lines(conversion)).toHaveLength(code === undefined ? 2 : 1);
  expect(lines(conversion)[0]).toBe(code ?? `${USD} < ${BANK} 10000 USD`);
});

test('a whole minor unit beside an exact product is no rounding', () => {
  const off = (amountMinor: bigint) => lines(dollars({ to: { amountMinor, currency: 'EUR' } }))[0];
  expect([off(9230n), off(9232n)]).toEqual(['rate_mismatch', 'rate_mismatch']);
});

test('a difference that somebody wants booked is a posting of its own', () => {
  const more = dollars({ to: { amountMinor: 9233n, currency: 'EUR' }, residueUpToMinor: 2n });
  expect(lines(more)).toEqual([
    `${USD} < ${BANK} 10000 USD`,
    `${BANK} < ${USD} 9231 EUR`,
    `${BANK} < ${ROUNDING} 2 EUR`,
  ]);
  const less = dollars({ to: { amountMinor: 9229n, currency: 'EUR' }, residueUpToMinor: 2n });
  expect(lines(less)[2]).toBe(`${ROUNDING} < ${BANK} 2 EUR`);
  expect(lines({ ...more, residueUpToMinor: 1n })).toEqual(['rate_mismatch']);
  expect(lines({ ...less, residueUpToMinor: 1n })).toEqual(['rate_mismatch']);
  expect(lines(dollars({ residueUpToMinor: 2n }))).toHaveLength(2);
});

test.each<[string, Partial<Conversion>]>([
  ['same_currency', { to: { amountMinor: 1n, currency: 'USD' } }],
  ['amount_not_positive', { from: { amountMinor: 0n, currency: 'USD' } }],
  ['amount_not_positive', { to: { amountMinor: -1n, currency: 'EUR' } }],
  ['reserved_account', { debit: USD }],
  ['reserved_account', { credit: ROUNDING }],
  ['rate_mismatch', { rate: rate('1.0833') }],
  ['rate_mismatch', { rate: rate('0.000001'), residueUpToMinor: 10_000n }],
])('refuses with %s', (code, changes) => {
  expect(lines(dollars(changes))).toEqual([code]);
});

test('tells what the rate gives when it is refused', () => {
  const made = conversionJournal(dollars({ rate: rate('0.9') }), 'EUR');
  expect(made).toMatchObject({ message: '100.00 USD at 0.9 is 90.00 EUR, not 92.31 EUR' });
});

test('posts once by its key and keeps the rate beside the journal', () =>
  inRolledBackTransaction(async (tx) => {
    const [first, again] = await converted(tx, dollars(), dollars({ rate: rate('0.92310') }));
    expect([first?.status, again?.status]).toEqual(['created', 'exists']);
    expect(await rates(tx)).toEqual([
      {
        from_currency: 'USD',
        from_minor: 10_000n,
        to_currency: 'EUR',
        to_minor: 9231n,
        rate: '0.9231',
        rate_date: '2026-02-28',
        rate_source: 'house bank',
      },
    ]);
    expect(await rowCounts(tx)).toMatchObject({ journal: 1, posting: 2, account: 4 });
    expect(await brokenChecks(tx)).toEqual([]);
  }));

test.each<[string, string, Partial<Conversion>]>([
  ['rate', 'metadata', { rate: rate('0.92309') }],
  ['day of the rate', 'metadata', { rateDate: day('2026-03-01') }],
  ['source of the rate', 'metadata', { rateSource: 'somebody' }],
  [
    'currency',
    'postings',
    { to: { amountMinor: 9231n, currency: 'GBP' }, worth: { amountMinor: 1n, currency: 'EUR' } },
  ],
])('refuses a known key with another %s, and writes nothing', (_, field, changes) =>
  inRolledBackTransaction(async (tx) => {
    const [, other] = await converted(tx, dollars(), dollars(changes));
    expect(other).toMatchObject({ status: 'refused', code: `exists_with_different_${field}` });
    expect(await rates(tx)).toHaveLength(1);
    expect(await rowCounts(tx)).toMatchObject({ journal: 1, posting: 2 });
  }),
);

test('writes no rate for what is refused', () =>
  inRolledBackTransaction(async (tx) => {
    const outcomes = await converted(
      tx,
      dollars({ rate: rate('0.9') }),
      dollars({ debit: 'somewhere:else' }),
    );
    expect(outcomes.map((outcome) => outcome.status === 'refused' && outcome.code)).toEqual([
      'rate_mismatch',
      'unknown_account',
    ]);
    expect(await rates(tx)).toEqual([]);
    expect((await rowCounts(tx)).posting).toBe(0);
  }));

test('the rate beside the journal is that of the amount without the difference', () =>
  inRolledBackTransaction(async (tx) => {
    const more = { amountMinor: 9232n, currency: 'EUR' };
    const [outcome] = await converted(tx, dollars({ to: more, residueUpToMinor: 1n }));
    expect(outcome).toMatchObject({ status: 'created', toMinor: 9231n, residueMinor: 1n });
    expect(await rates(tx)).toMatchObject([{ to_minor: 9231n, rate: '0.9231' }]);
  }));

test('opens an item on each side that is reconcilable, so that items and balances agree', () =>
  inRolledBackTransaction(async (tx) => {
    const more = { amountMinor: 9232n, currency: 'EUR' };
    await converted(
      tx,
      dollars({ debit: RECEIVABLE, to: more, residueUpToMinor: 1n }),
      dollars({ key: 'convert-2', credit: RECEIVABLE }),
      dollars({ key: 'convert-3', credit: RECEIVABLE, debit: RECEIVABLE }),
      dollars({
        key: 'convert-4',
        debit: RECEIVABLE,
        to: { amountMinor: 9230n, currency: 'EUR' },
        residueUpToMinor: 1n,
      }),
    );
    expect((await rowCounts(tx)).open_item).toBe(7);
    expect(await brokenChecks(tx)).toEqual([]);
  }));

test('two who convert under one key at once convert once', async () => {
  const fresh = await freshDatabase();
  try {
    await fresh.db.transaction((tx) => givenBook(tx));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        fresh.db.transaction((tx) => convert(tx, dollars(), postOptions())),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual([
      'created',
      ...Array.from({ length: 7 }, () => 'exists'),
    ]);
    const found = await fresh.db.read(async (tx) => [await rates(tx), await rowCounts(tx)]);
    expect(found).toMatchObject([[{ to_minor: 9231n }], { journal: 1, posting: 2 }]);
  } finally {
    await fresh.drop();
  }
});

test('the database stores no posting whose currency is not that of both its accounts', () =>
  inRolledBackTransaction(async (tx) => {
    await converted(tx, dollars());
    const between = (debitCurrency: string, creditCurrency: string, currency: string) =>
      tx.execute(
        `insert into tieout.posting (
           book_id, booked_on, journal_id, seq, layer, debit_account_id, credit_account_id, currency, amount_minor,
           effective_date, opens_debit_item, opens_credit_item)
         select book_id, booked_on, journal_id, 9, 'settled', $2, $3, $4, 1, effective_date, false, false
         from tieout.journal where book_id = $1`,
        [BOOK_ID, accountIdOf(BANK, debitCurrency), accountIdOf(USD, creditCurrency), currency],
      );
    for (const [debit, credit, currency, constraint] of [
      ['EUR', 'USD', 'EUR', 'posting_credit_account_fk'],
      ['EUR', 'USD', 'USD', 'posting_debit_account_fk'],
      ['EUR', 'EUR', 'USD', 'posting_debit_account_fk'],
    ] as const) {
      await tx.execute('savepoint before');
      await expect(between(debit, credit, currency)).rejects.toThrow(constraint);
      await tx.execute('rollback to savepoint before');
    }
    expect((await between('EUR', 'EUR', 'EUR')).rowCount).toBe(1);
  }));

const RATES = ['0.9231', '163.27', '0.00612', '1.0843', '39.46329913180741'];
const anyConversion = fc
  .record({
    currencies: fc
      .shuffledSubarray(['EUR', 'USD', 'JPY', 'KWD', 'CLF'], { minLength: 2, maxLength: 2 })
      .map(([from = '', to = '']) => ({ from, to })),
    amountMinor: fc.bigInt(1n, 10n ** 12n),
    rate: fc.constantFrom(...RATES).map(rate),
    residueMinor: fc.bigInt(-3n, 3n),
    worthMinor: fc.bigInt(1n, 10n ** 9n),
    accounts: fc.constantFrom([BANK, BANK], [BANK, RECEIVABLE], [RECEIVABLE, 'income:fees:shop']),
  })
  .map(({ currencies: { from, to }, amountMinor, residueMinor, worthMinor, accounts, ...rest }) => {
    const [debit = '', credit = ''] = accounts;
    const product = toMinor(amountMinor, from, to, rest.rate);
    return dollars({
      key: `${from}${to}${amountMinor}${formatRate(rest.rate)}`,
      from: { amountMinor, currency: from },
      to: { amountMinor: product + residueMinor, currency: to },
      debit,
      credit,
      rate: rest.rate,
      residueUpToMinor: 3n,
      ...(from === 'EUR' || to === 'EUR'
        ? {}
        : { worth: { amountMinor: worthMinor, currency: 'EUR' } }),
    });
  })
  .filter(({ to, residueUpToMinor = 0n }) => to.amountMinor > residueUpToMinor);

test('every journal balances in each of its currencies, whatever is converted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyConversion, { minLength: 1, maxLength: 8 }), (conversions) =>
      inRolledBackTransaction(async (tx) => {
        const outcomes = await converted(tx, ...conversions);
        expect(outcomes.filter(({ status }) => status === 'created').length).toBeGreaterThan(0);
        const unequal = await tx.query(
          `select line.journal_id, account.currency
           from tieout.account_line line
           join tieout.account on account.book_id = line.book_id and account.account_id = line.account_id
           where line.book_id = $1
           group by line.journal_id, account.currency
           having sum(line.signed_minor) <> 0 or min(line.currency) <> account.currency`,
          [BOOK_ID],
        );
        expect(unequal).toEqual([]);
        expect(await brokenChecks(tx)).toEqual([]);
      }),
    ),
    { numRuns: 40 },
  );
});

test('a position tells what is held, what it cost, and the rate of both', () =>
  inRolledBackTransaction(async (tx) => {
    const bought = (key: string, euros: bigint, yen: bigint, text: string, date: string) =>
      dollars({
        key,
        effectiveDate: day(date),
        rateDate: day(date),
        from: { amountMinor: euros, currency: 'EUR' },
        to: { amountMinor: yen, currency: 'JPY' },
        rate: rate(text),
      });
    await converted(
      tx,
      bought('one', 10_000n, 16_000n, '160', '2026-03-01'),
      bought('two', 10_000n, 17_000n, '170.0', '2026-03-03'),
      dollars({ effectiveDate: day('2026-03-02') }),
    );
    expect(await listPositions(tx, { bookId: BOOK_ID })).toEqual([
      {
        currency: 'JPY',
        baseCurrency: 'EUR',
        foreignMinor: 33_000n,
        costMinor: 20_000n,
        averageRate: '0.006060606061',
        lastRate: {
          from: 'EUR',
          to: 'JPY',
          rate: '170',
          date: '2026-03-03',
          source: 'house bank',
        },
      },
      {
        currency: 'USD',
        baseCurrency: 'EUR',
        foreignMinor: -10_000n,
        costMinor: -9231n,
        averageRate: '0.9231',
        lastRate: {
          from: 'USD',
          to: 'EUR',
          rate: '0.9231',
          date: '2026-02-28',
          source: 'house bank',
        },
      },
    ]);
    const before = await listPositions(tx, { bookId: BOOK_ID, asOf: day('2026-03-01') });
    expect(before).toMatchObject([
      { currency: 'JPY', foreignMinor: 16_000n, costMinor: 10_000n, lastRate: { rate: '160' } },
    ]);
    const other = await givenBook(tx, 'other');
    expect(await listPositions(tx, { bookId: other })).toEqual([]);
  }));

test('the default chart has a place for positions, gains, losses and rounding', () => {
  const chart = chartOf([]);
  expect(chart(USD, 'EUR')).toMatchObject({ name: 'Currency position in usd', type: 'equity' });
  expect(chart(ROUNDING, 'JPY')).toMatchObject({ name: 'Rounding differences', type: 'expense' });
});
