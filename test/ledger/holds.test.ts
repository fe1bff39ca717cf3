import { expect, test } from 'vitest';
import {
  acting,
  ask,
  askAt,
  balanceOf,
  givenAccount,
  inLedger,
  journal,
  openItems,
  paid,
  SALES,
  setStatus,
  TILL,
  WALLET,
} from './acts.ts';
import { NOW, RECEIVABLE } from './books.ts';

const LATER = new Date(NOW.getTime() + 3_600_000);
const HOLD = { ...journal('hold', paid(100n)), hold: { place: true } as const };
const EXPIRING = { ...HOLD, hold: { place: true, expiresAt: LATER } as const };

const posted = (key: string, amountMinor?: bigint) =>
  acting(key, { hold: { post: 'hold', ...(amountMinor === undefined ? {} : { amountMinor }) } });
const voided = (key = 'void') => acting(key, { hold: { void: 'hold' } });
const expired = (key = 'expire') => acting(key, { hold: { expire: 'hold' } });

test('a hold reserves without moving money', () =>
  inLedger(async (tx) => {
    expect(await ask(tx, HOLD)).toEqual(['created']);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 0n, pending: 100n });
    expect(await balanceOf(tx, SALES)).toEqual({ settled: 0n, pending: -100n });
  }));

test('posting a hold moves what was reserved', () =>
  inLedger(async (tx) => {
    expect(await ask(tx, HOLD, posted('post'))).toEqual(['created', 'created']);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 100n, pending: 0n });
  }));

test('posting a part leaves the rest pending, for another part or to be voided', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD, posted('first', 30n));
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 30n, pending: 70n });
    expect(await ask(tx, posted('second', 50n), voided())).toEqual(['created', 'created']);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 80n, pending: 0n });
  }));

test('a hold is never posted for more than remains of it', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD, posted('first', 30n));
    expect(await ask(tx, posted('second', 71n), posted('third', 70n))).toEqual([
      'exceeds_hold',
      'created',
    ]);
  }));

test('what is done with a hold is done once, and the answer says what it was', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD, posted('post'));
    expect(await ask(tx, posted('again'), voided(), expired())).toEqual(
      Array(3).fill('hold_already_posted'),
    );
  }));

test('a hold that was voided after a part was posted counts as voided', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD, posted('part', 1n), voided());
    expect(await ask(tx, voided('again'), posted('late'))).toEqual(
      Array(2).fill('hold_already_voided'),
    );
  }));

test('a hold expires only when it is time, and is not posted from then on', () =>
  inLedger(async (tx) => {
    expect(await ask(tx, EXPIRING, expired('early'))).toEqual(['created', 'hold_not_expired']);
    expect(await askAt(LATER, tx, posted('late'), expired(), voided())).toEqual([
      'hold_expired',
      'created',
      'hold_already_expired',
    ]);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 0n, pending: 0n });
  }));

test('a hold without an end never expires', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD);
    expect(await askAt(new Date('2999-01-01T00:00:00Z'), tx, expired(), posted('post'))).toEqual([
      'hold_not_expired',
      'created',
    ]);
  }));

test('a journal that placed no hold is none, nor is a hold that was refused', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    const refused = { ...journal('hold', paid(1n, { debit: WALLET })), hold: HOLD.hold };
    expect(await ask(tx, voided('early'), refused, voided(), journal('plain', paid(1n)))).toEqual([
      'unknown_hold',
      'insufficient_available',
      'unknown_hold',
      'created',
    ]);
    expect(await ask(tx, acting('other', { hold: { void: 'plain' } }))).toEqual(['unknown_hold']);
  }));

test('a frozen account keeps its holds from being posted, never from being released', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD);
    await setStatus(tx, TILL, 'debit_frozen');
    expect(await ask(tx, posted('post'), voided())).toEqual(['account_frozen', 'created']);
  }));

test('a hold opens its item when it is posted, for what is posted, named as the hold is', () =>
  inLedger(async (tx) => {
    const sale = paid(100n, { debit: RECEIVABLE, opens: 'auto' });
    await ask(tx, { ...journal('hold', sale), hold: { place: true } });
    expect(await openItems(tx)).toEqual([]);
    await ask(tx, posted('part', 60n), voided());
    expect(await openItems(tx)).toEqual([{ amount: 60n, reference: 'order-1' }]);
  }));

test('a capture that names its own order opens its item under that', () =>
  inLedger(async (tx) => {
    const sale = paid(100n, { debit: RECEIVABLE, opens: 'auto' });
    await ask(tx, { ...journal('hold', sale), hold: { place: true } });
    await ask(tx, { ...posted('post'), reference: 'shipment-2' });
    expect(await openItems(tx)).toEqual([{ amount: 100n, reference: 'shipment-2' }]);
  }));

test('an act asked twice is done once; asked differently it is told apart', () =>
  inLedger(async (tx) => {
    await ask(tx, HOLD, posted('post', 30n));
    expect(
      await ask(
        tx,
        posted('post', 30n),
        posted('post', 31n),
        posted('post'),
        { ...posted('post', 30n), description: 'another' },
        voided('post'),
      ),
    ).toEqual([
      'exists',
      'exists_with_different_amount',
      'exists_with_different_amount',
      'exists_with_different_description',
      'exists_with_different_action',
    ]);
  }));

test('a refused act is told apart by what was asked, not by what became of its target', () =>
  inLedger(async (tx) => {
    expect(await ask(tx, voided(), HOLD, voided())).toEqual([
      'unknown_hold',
      'created',
      'unknown_hold',
    ]);
    expect(await ask(tx, { ...voided(), description: 'another' })).toEqual([
      'exists_with_different_description',
    ]);
  }));
