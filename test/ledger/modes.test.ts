import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { post } from '../../src/ledger/post.ts';
import {
  acting,
  ask,
  balanceOf,
  givenAccount,
  inLedger,
  journal,
  paid,
  SALES,
  TILL,
} from './acts.ts';
import { BOOK_ID, capture, inCalls, NOW, pair, postOptions } from './books.ts';

async function counts(tx: Tx): Promise<Record<string, bigint>> {
  const [row] = await tx.query<Record<string, bigint>>(
    `select (select count(*) from tieout.balance where book_id = $1) as balances,
            (select count(*) from tieout.balance_delta where book_id = $1) as deltas`,
    [BOOK_ID],
  );
  return row ?? {};
}

test('an account in slots spreads over rows that sum to its balance', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, TILL, { mode: 'slots' });
    for (let n = 0; n < 60; n += 1) await ask(tx, journal(`sale-${n}`, paid(1n)));
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 60n, pending: 0n });
    const { balances = 0n } = await counts(tx);
    // Eight slots of the till, nearly all of them met in sixty calls, and one row of the sales.
    expect(balances).toBeGreaterThan(5n);
    expect(balances).toBeLessThanOrEqual(9n);
  }));

test('an account whose balance is derived is only added to', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, SALES, { mode: 'derived' });
    for (let n = 0; n < 5; n += 1) await ask(tx, journal(`sale-${n}`, paid(3n)));
    expect(await balanceOf(tx, SALES)).toEqual({ settled: -15n, pending: 0n });
    expect(await counts(tx)).toEqual({ balances: 1n, deltas: 5n });
  }));

test.each(['inline', 'slots', 'derived'] as const)(
  'holds and reversals count on an account that is %s',
  (mode) =>
    inLedger(async (tx) => {
      await givenAccount(tx, TILL, { mode });
      const hold = { ...journal('hold', paid(10n)), hold: { place: true } as const };
      await ask(tx, hold, acting('post', { hold: { post: 'hold', amountMinor: 6n } }));
      expect(await balanceOf(tx, TILL)).toEqual({ settled: 6n, pending: 4n });
      await ask(
        tx,
        acting('back', { reverses: { key: 'post' } }),
        acting('void', { hold: { void: 'hold' } }),
      );
      expect(await balanceOf(tx, TILL)).toEqual({ settled: 0n, pending: 0n });
    }),
);

test('a journal that is announced writes one event, one that is refused or repeated none', () =>
  inLedger(async (tx) => {
    const chart = postOptions().chart;
    const announced = { ...capture(), announce: true };
    const wrong = { ...announced, key: 'wrong', postings: [pair({ debit: 'nowhere:1' })] };
    const silent = capture({ key: 'silent' });
    await post(tx, inCalls([[announced, wrong, silent, announced]]), postOptions({ chart }));
    await post(tx, inCalls([[announced]]), postOptions({ chart }));
    const events = await tx.query(
      `select outbox_event.type, journal.key, journal.is_announced, outbox_event.occurred_at
       from tieout.outbox_event join tieout.journal using (book_id, booked_on, journal_id) where book_id = $1`,
      [BOOK_ID],
    );
    expect(events).toEqual([
      { type: 'ledger.posted', key: 'pay-1', is_announced: true, occurred_at: NOW },
    ]);
  }));
