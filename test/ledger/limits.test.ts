import { expect, test } from 'vitest';
import {
  acting,
  ask,
  balanceOf,
  givenAccount,
  inLedger,
  journal,
  paid,
  SALES,
  setStatus,
  TILL,
  WALLET,
} from './acts.ts';

const topUp = (key: string, amount: bigint) => journal(key, paid(amount, { credit: WALLET }));
const spend = (key: string, amount: bigint) => journal(key, paid(amount, { debit: WALLET }));
const held = (key: string, amount: bigint) => ({
  ...spend(key, amount),
  hold: { place: true } as const,
});

test('a wallet pays to the last cent, and not one more', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    expect(await ask(tx, topUp('top', 10n), spend('all', 10n), spend('more', 1n))).toEqual([
      'created',
      'created',
      'insufficient_available',
    ]);
  }));

test('a credit line is a floor below zero', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: -50n });
    expect(await ask(tx, spend('line', 50n), spend('more', 1n))).toEqual([
      'created',
      'insufficient_available',
    ]);
  }));

test('what is held for others is not available', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    expect(
      await ask(
        tx,
        topUp('top', 10n),
        held('hold', 8n),
        spend('spend', 3n),
        acting('post', { hold: { post: 'hold' } }),
        spend('rest', 2n),
      ),
    ).toEqual(['created', 'created', 'insufficient_available', 'created', 'created']);
  }));

test('what is held to come in is not available yet, but counts for the ceiling', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n, ceiling: 10n });
    const coming = { ...topUp('coming', 8n), hold: { place: true } as const };
    expect(
      await ask(
        tx,
        coming,
        spend('spend', 1n),
        topUp('over', 3n),
        acting('void', { hold: { void: 'coming' } }),
        topUp('full', 10n),
      ),
    ).toEqual(['created', 'insufficient_available', 'exceeds_ceiling', 'created', 'created']);
  }));

test('a debit account is limited in its own sign', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, TILL, { floor: 0n, ceiling: 100n });
    const out = (key: string, amount: bigint) =>
      journal(key, { debit: SALES, credit: TILL, amountMinor: amount });
    expect(
      await ask(
        tx,
        out('empty', 1n),
        journal('in', paid(100n)),
        journal('over', paid(1n)),
        out('out', 100n),
      ),
    ).toEqual(['insufficient_available', 'created', 'exceeds_ceiling', 'created']);
  }));

test('a journal is judged by where it ends, not by its postings on the way', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    const through = journal('through', paid(5n, { debit: WALLET }), paid(5n, { credit: WALLET }));
    expect(await ask(tx, through)).toEqual(['created']);
  }));

test('too little is told before too much', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    await givenAccount(tx, TILL, { ceiling: 0n });
    expect(await ask(tx, spend('both', 1n))).toEqual(['insufficient_available']);
    expect(await ask(tx, journal('one', paid(1n)))).toEqual(['exceeds_ceiling']);
  }));

test('what was refused for want of money stays refused when the money has come', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    expect(await ask(tx, spend('early', 1n), topUp('top', 9n), spend('early', 1n))).toEqual([
      'insufficient_available',
      'created',
      'insufficient_available',
    ]);
    expect(await ask(tx, spend('anew', 1n), spend('early', 2n))).toEqual([
      'created',
      'exists_with_different_amount',
    ]);
  }));

test.each<[string, string, string]>([
  ['active', 'created', 'created'],
  ['debit_frozen', 'account_frozen', 'created'],
  ['credit_frozen', 'created', 'account_frozen'],
  ['frozen', 'account_frozen', 'account_frozen'],
  ['closed', 'account_closed', 'account_closed'],
])('an account that is %s answers a debit with %s and a credit with %s', (status, debit, credit) =>
  inLedger(async (tx) => {
    await ask(tx, topUp('first', 5n));
    await setStatus(tx, WALLET, status);
    expect(await ask(tx, spend('debit', 1n), topUp('credit', 1n))).toEqual([debit, credit]);
    const moved = (debit === 'created' ? 1n : 0n) - (credit === 'created' ? 1n : 0n);
    expect(await balanceOf(tx, WALLET)).toEqual({ settled: -5n + moved, pending: 0n });
  }),
);
