import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { listBalances, totalsOf } from '../../src/ledger/balances.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK, BOOK_ID, capture, day, FEES, givenBook, PAYABLE, pair, postBatch } from './books.ts';
import {
  counts,
  givenHistory,
  history,
  point,
  type WrittenLine,
  writtenLines,
} from './histories.ts';

const MOVED = { debit: BANK, credit: PAYABLE, amountMinor: 1000n };

/** 10.00 from the payable to the bank. */
async function givenMoved(tx: Tx): Promise<void> {
  await givenBook(tx);
  await postBatch(tx, [capture({ postings: [MOVED] })]);
}

async function amountsOf(tx: Tx, code: string, options: object = {}) {
  const [balance, ...others] = await listBalances(tx, { bookId: BOOK_ID, code, ...options });
  expect(others).toEqual([]);
  if (balance === undefined) throw new Error(`there is no balance of ${code}`);
  const { balanceMinor, postedMinor, pendingMinor, incomingMinor, availableMinor } = balance;
  return { balanceMinor, postedMinor, pendingMinor, incomingMinor, availableMinor };
}

test.each<[string, string, bigint]>([
  ['an asset grows with debits', BANK, 1000n],
  ['a liability grows with credits', PAYABLE, -1000n],
])('%s', (_, code, balanceMinor) =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    expect(await amountsOf(tx, code)).toEqual({
      balanceMinor,
      postedMinor: 1000n,
      pendingMinor: 0n,
      incomingMinor: 0n,
      availableMinor: 1000n,
    });
  }),
);

test.each<[string, string, string, object]>([
  ['an asset', 'credits', BANK, { pendingMinor: 300n, incomingMinor: 0n, availableMinor: 700n }],
  ['an asset', 'debits', BANK, { pendingMinor: 0n, incomingMinor: 300n, availableMinor: 1000n }],
  [
    'a liability',
    'debits',
    PAYABLE,
    { pendingMinor: 300n, incomingMinor: 0n, availableMinor: 700n },
  ],
  [
    'a liability',
    'credits',
    PAYABLE,
    { pendingMinor: 0n, incomingMinor: 300n, availableMinor: 1000n },
  ],
])('of %s pending %s are told, and only what goes out is not available', (_, side, code, pending) =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    await tx.execute(
      `update tieout.balance
       set pending_debits_minor = case when $2::text = 'debits' then 300 else 0 end,
           pending_credits_minor = case when $2::text = 'credits' then 300 else 0 end
       where book_id = $1 and account_id = tieout.account_id($3::text, 'EUR')`,
      [BOOK_ID, side, code],
    );
    expect(await amountsOf(tx, code)).toMatchObject({ postedMinor: 1000n, ...pending });
  }),
);

test('as of a day nothing is told of what is pending', () =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    expect(await amountsOf(tx, PAYABLE, { asOf: day('2026-03-01') })).toEqual({
      balanceMinor: -1000n,
      postedMinor: 1000n,
      pendingMinor: null,
      incomingMinor: null,
      availableMinor: null,
    });
  }));

test('counts every slot of an account, and what is not folded yet', () =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    await tx.runScript(`
      insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor, pending_credits_minor)
      select book_id, account_id, 1, 20, 0, 5 from tieout.balance where account_id = tieout.account_id('${BANK}', 'EUR');
      insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
      select book_id, account_id, effective_date, booked_on, 1, 20, 0 from tieout.balance_day
      where account_id = tieout.account_id('${BANK}', 'EUR');
      insert into tieout.balance_delta
      select book_id, account_id, '00000000-0000-0000-0000-000000000001', effective_date, booked_on, 3, 0, 0, 2
      from tieout.balance_day where account_id = tieout.account_id('${BANK}', 'EUR') and slot = 0;`);
    expect(await amountsOf(tx, BANK)).toMatchObject({ postedMinor: 1023n, pendingMinor: 7n });
    const known = await amountsOf(tx, BANK, { knownAt: day('2026-03-02') });
    expect(known).toMatchObject({ postedMinor: 1023n });
  }));

test('tells an account that nothing was posted to only when it is asked for', () =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    await tx.runScript(`
      insert into tieout.account (book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at)
      select book_id, 1, '${FEES}', 'EUR', 'Fees', 'income', 'credit', false, 'active', opened_at from tieout.account limit 1;
      insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
      select book_id, 1, 0, 0, 0 from tieout.account where account_id = 1;`);
    for (const options of [{}, { asOf: day('2026-03-01') }]) {
      const all = await listBalances(tx, { bookId: BOOK_ID, ...options });
      expect(all.map(({ code }) => code)).toEqual([BANK, PAYABLE]);
      expect(await amountsOf(tx, FEES, options)).toMatchObject({ postedMinor: 0n });
      expect(await listBalances(tx, { bookId: BOOK_ID, code: 'assets:none', ...options })).toEqual(
        [],
      );
    }
  }));

test('a posting dated in the past adds a day to each account and rewrites none', () =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    const days = () =>
      tx.query<object>(
        'select *, xmin::text, ctid::text from tieout.balance_day where book_id = $1 order by ctid',
        [BOOK_ID],
      );
    const before = await days();
    const late = { now: new Date('2026-03-09T09:00:00Z') };
    await postBatch(
      tx,
      [capture({ key: 'late', effectiveDate: day('2026-02-01'), postings: [MOVED] })],
      late,
    );
    const after = await days();
    expect(after).toHaveLength(before.length + 2);
    expect(after.slice(0, before.length)).toEqual(before);
    const asOf = day('2026-03-01');
    expect(await amountsOf(tx, BANK, { asOf })).toMatchObject({ postedMinor: 2000n });
    const known = { asOf, knownAt: day('2026-03-08') };
    expect(await amountsOf(tx, BANK, known)).toMatchObject({ postedMinor: 1000n });
  }));

function naive(lines: readonly WrittenLine[]): string[] {
  const sums = new Map<string, bigint>();
  for (const { code, currency, signedMinor } of lines) {
    const name = `${code} ${currency}`;
    sums.set(name, (sums.get(name) ?? 0n) + signedMinor);
  }
  return Array.from(sums, ([name, sum]) => `${name} ${sum}`).sort();
}

test('as of any day and as known at any other, a balance is the sum of the postings that count', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.array(point, { minLength: 3, maxLength: 3 }), (days, points) =>
      inRolledBackTransaction(async (tx) => {
        await givenHistory(tx, days);
        const lines = await writtenLines(tx);
        for (const at of [{}, ...points]) {
          const balances = await listBalances(tx, { bookId: BOOK_ID, ...at });
          const shown = balances.map((one) => `${one.code} ${one.currency} ${one.balanceMinor}`);
          expect(shown.sort()).toEqual(naive(lines.filter((line) => counts(line, at))));
          for (const total of totalsOf(balances))
            expect(total.debitsMinor).toBe(total.creditsMinor);
        }
      }),
    ),
    { numRuns: 60 },
  );
});

test('sums a trial balance by currency', () =>
  inRolledBackTransaction(async (tx) => {
    await givenMoved(tx);
    await postBatch(tx, [capture({ key: 'yen', currency: 'JPY', postings: [pair()] })]);
    expect(totalsOf(await listBalances(tx, { bookId: BOOK_ID }))).toEqual([
      { currency: 'EUR', debitsMinor: 1000n, creditsMinor: 1000n },
      { currency: 'JPY', debitsMinor: 1234n, creditsMinor: 1234n },
    ]);
  }));
