import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { accountIdOf } from '../../src/ids.ts';
import type { AccountAct } from '../../src/ledger/account-admin.ts';
import { setLimits } from '../../src/ledger/account-limits.ts';
import {
  foldDerivedBalances,
  formatBalanceMode,
  parseBalanceMode,
  setBalanceMode,
} from '../../src/ledger/balance-mode.ts';
import { openAccount } from '../../src/ledger/open-account.ts';
import { freshDatabase, inRolledBackTransaction } from '../support/database.ts';
import { BOOK_ID, givenBook, NOW } from './books.ts';

const ACT: AccountAct = {
  bookId: BOOK_ID,
  code: 'clearing:hot',
  currency: 'EUR',
  actor: 'ann',
  reason: 'too many writers',
  now: NOW,
};
const ACCOUNT_ID = accountIdOf(ACT.code, ACT.currency);
const INLINE = { mode: 'inline', slots: 1 } as const;
const DERIVED = { mode: 'derived', slots: 1 } as const;
const SLOTS = { mode: 'slots', slots: 4 } as const;

interface Movement {
  readonly place: number;
  readonly day: string;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly pending: bigint;
}

async function givenAccount(tx: Tx, mode: typeof INLINE | typeof DERIVED | typeof SLOTS) {
  await givenBook(tx);
  await openAccount(tx, { ...ACT, terms: { type: 'asset', balanceMode: mode } });
}

/** Writes a movement as a posting in that mode would. */
async function move(tx: Tx, mode: string, movement: Movement): Promise<void> {
  const { place, day, debits, credits, pending } = movement;
  if (mode === 'derived') {
    await tx.execute(
      `insert into tieout.balance_delta values ($1, $2, gen_random_uuid(), $3::date, $3::date, $4, $5, $6, $6)`,
      [BOOK_ID, ACCOUNT_ID, day, debits, credits, pending],
    );
    return;
  }
  const slot = mode === 'slots' ? place : 0;
  await tx.execute(
    `insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor, pending_debits_minor, pending_credits_minor)
     values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (book_id, account_id, slot) do update
     set debits_minor = balance.debits_minor + $4, credits_minor = balance.credits_minor + $5,
         pending_debits_minor = balance.pending_debits_minor + $6, pending_credits_minor = balance.pending_credits_minor + $6`,
    [BOOK_ID, ACCOUNT_ID, slot, debits, credits, pending],
  );
  await tx.execute(
    `insert into tieout.balance_day (book_id, account_id, effective_date, booked_on, slot, debits_minor, credits_minor)
     values ($1, $2, $3::date, $3::date, $4, $5, $6)
     on conflict (book_id, account_id, effective_date, booked_on, slot) do update
     set debits_minor = balance_day.debits_minor + $5, credits_minor = balance_day.credits_minor + $6`,
    [BOOK_ID, ACCOUNT_ID, day, slot, debits, credits],
  );
}

async function sums(tx: Tx): Promise<object> {
  const now = await tx.query('select * from tieout.account_balance where book_id = $1', [BOOK_ID]);
  const days = await tx.query(
    `select effective_date, booked_on, sum(debits_minor)::bigint as debits, sum(credits_minor)::bigint as credits
     from tieout.account_day where book_id = $1 group by 1, 2
     having sum(debits_minor) <> 0 or sum(credits_minor) <> 0 order by 1, 2`,
    [BOOK_ID],
  );
  return { now, days };
}

async function countRows(tx: Tx, table: 'balance' | 'balance_day' | 'balance_delta') {
  const rows = await tx.query(`select 1 from tieout.${table} where book_id = $1`, [BOOK_ID]);
  return rows.length;
}

const MOVEMENT: fc.Arbitrary<Movement> = fc.record({
  place: fc.integer({ min: 0, max: 3 }),
  day: fc.constantFrom('2026-02-27', '2026-02-28', '2026-03-01'),
  debits: fc.bigInt({ min: 0n, max: 10_000n }),
  credits: fc.bigInt({ min: 0n, max: 10_000n }),
  pending: fc.bigInt({ min: -100n, max: 100n }),
});
const STEPS = fc.array(
  fc.oneof(
    fc.record({ mode: fc.constantFrom(INLINE, DERIVED, SLOTS) }),
    fc.record({ movement: MOVEMENT }),
    fc.record({ fold: fc.constant(true) }),
  ),
  { maxLength: 15 },
);

test('no sum changes, whichever modes an account goes through', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, (steps) =>
      inRolledBackTransaction(async (tx) => {
        await givenAccount(tx, INLINE);
        let mode = 'inline';
        for (const step of steps) {
          if ('movement' in step) {
            await move(tx, mode, step.movement);
            continue;
          }
          const before = await sums(tx);
          if ('mode' in step) {
            const result = await setBalanceMode(tx, { ...ACT, balanceMode: step.mode });
            expect(['changed', 'unchanged']).toContain(result.code);
            mode = step.mode.mode;
          } else await foldDerivedBalances(tx, BOOK_ID);
          const after = await sums(tx);
          const isFirstRow = JSON.stringify(before, text).startsWith('{"now":[]');
          if (!isFirstRow) expect(after).toEqual(before);
        }
      }),
    ),
    { numRuns: 40 },
  );
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

test('one row is left when slots or movements become one balance', async () => {
  await inRolledBackTransaction(async (tx) => {
    const movement = { day: '2026-03-01', debits: 7n, credits: 2n, pending: 3n };
    await givenAccount(tx, SLOTS);
    for (const place of [0, 1, 2, 3]) await move(tx, 'slots', { ...movement, place });
    expect(await countRows(tx, 'balance')).toBe(4);
    await setBalanceMode(tx, { ...ACT, balanceMode: INLINE });
    expect([await countRows(tx, 'balance'), await countRows(tx, 'balance_day')]).toEqual([1, 1]);
    await setBalanceMode(tx, { ...ACT, balanceMode: DERIVED });
    for (const place of [0, 1]) await move(tx, 'derived', { ...movement, place });
    expect(await foldDerivedBalances(tx, BOOK_ID)).toBe(1);
    expect(await countRows(tx, 'balance_delta')).toBe(0);
    expect(await sums(tx)).toMatchObject({
      now: [{ debits_minor: 42n, credits_minor: 12n, pending_debits_minor: 18n }],
      days: [{ debits: 42n, credits: 12n }],
    });
  });
});

test('folds a movement that ends a hold after the one that began it', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenAccount(tx, DERIVED);
    const movement = { place: 0, day: '2026-03-01', debits: 0n, credits: 0n };
    await move(tx, 'derived', { ...movement, pending: 5n });
    await foldDerivedBalances(tx, BOOK_ID);
    await move(tx, 'derived', { ...movement, pending: -5n });
    await foldDerivedBalances(tx, BOOK_ID);
    expect(await sums(tx)).toMatchObject({ now: [{ pending_debits_minor: 0n }], days: [] });
    expect(await countRows(tx, 'balance_day')).toBe(0);
  });
});

test('a movement of another book stays where it is', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenAccount(tx, DERIVED);
    const movement = { place: 0, day: '2026-03-01', debits: 1n, credits: 0n, pending: 0n };
    await move(tx, 'derived', movement);
    expect(await foldDerivedBalances(tx, BOOK_ID + 1n)).toBe(0);
    expect(await countRows(tx, 'balance_delta')).toBe(1);
  });
});

test('counts every movement once when many fold while others post', async () => {
  const fresh = await freshDatabase();
  try {
    await fresh.db.transaction((tx) => givenAccount(tx, DERIVED));
    const movement = { place: 0, day: '2026-03-01', debits: 1n, credits: 0n, pending: 0n };
    const work = Array.from({ length: 60 }, (_, n) =>
      fresh.db.transaction(async (tx) => {
        if (n % 3 === 0) await foldDerivedBalances(tx, BOOK_ID);
        else await move(tx, 'derived', movement);
      }),
    );
    await Promise.all(work);
    await fresh.db.transaction((tx) => foldDerivedBalances(tx, BOOK_ID));
    await fresh.db.read(async (tx) => {
      expect(await sums(tx)).toMatchObject({
        now: [{ debits_minor: 40n }],
        days: [{ debits: 40n }],
      });
      expect(await countRows(tx, 'balance_delta')).toBe(0);
    });
  } finally {
    await fresh.drop();
  }
});

test('limits keep the one row, and the one row is what limits need', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenAccount(tx, DERIVED);
    expect((await setLimits(tx, { ...ACT, floorMinor: 0n })).code).toBe('limits_need_inline');
    await setBalanceMode(tx, { ...ACT, balanceMode: INLINE });
    await setLimits(tx, { ...ACT, floorMinor: 0n });
    expect((await setBalanceMode(tx, { ...ACT, balanceMode: SLOTS })).code).toBe(
      'limits_need_inline',
    );
  });
});

test('writes the mode before and after into the audit log', async () => {
  const rows = await inRolledBackTransaction(async (tx) => {
    await givenAccount(tx, INLINE);
    await setBalanceMode(tx, { ...ACT, balanceMode: SLOTS });
    return await tx.query(
      `select before, after from tieout.audit_event where book_id = $1 and action = 'set-balance-mode'`,
      [BOOK_ID],
    );
  });
  expect(rows).toEqual([
    { before: { balance_mode: 'inline' }, after: { balance_mode: 'slots:4' } },
  ]);
});

test.each(['inline', 'derived', 'slots:2', 'slots:64'])('reads %s and writes it again', (mode) => {
  const terms = parseBalanceMode(mode);
  expect(terms && formatBalanceMode({ balanceMode: terms.mode, slots: terms.slots })).toBe(mode);
});

test.each(['', 'slots', 'slots:1', 'slots:65', 'slots:4x', 'Inline', 'slots:0x9'])(
  'reads no mode from "%s"',
  (mode) => {
    expect(parseBalanceMode(mode)).toBeUndefined();
  },
);
