import { expect, test } from 'vitest';
import {
  acting,
  ask,
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
import { BOOK_ID, postBatch, RECEIVABLE } from './books.ts';

const SALE = journal('sale', paid(100n), paid(20n, { credit: WALLET }));
const DUE = journal('due', paid(100n, { debit: RECEIVABLE, opens: 'auto' }));

const reversal = (key: string, of: string, ...amountsMinor: bigint[]) =>
  acting(key, { reverses: amountsMinor.length === 0 ? { key: of } : { key: of, amountsMinor } });

test('a reversal moves everything back', () =>
  inLedger(async (tx) => {
    expect(await ask(tx, SALE, reversal('back', 'sale'))).toEqual(['created', 'created']);
    for (const code of [TILL, SALES, WALLET])
      expect(await balanceOf(tx, code)).toEqual({ settled: 0n, pending: 0n });
  }));

test('parts are reversed posting by posting, until nothing is left', () =>
  inLedger(async (tx) => {
    expect(
      await ask(tx, SALE, reversal('one', 'sale', 40n), reversal('two', 'sale', 0n, 20n)),
    ).toEqual(Array(3).fill('created'));
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 60n, pending: 0n });
    expect(await ask(tx, reversal('rest', 'sale'), reversal('more', 'sale'))).toEqual([
      'created',
      'already_reversed',
    ]);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 0n, pending: 0n });
  }));

test.each<[string, bigint[]]>([
  ['more than a posting moved', [101n]],
  ['more of one posting, though less in all', [1n, 21n]],
  ['a posting the journal does not have', [1n, 1n, 1n]],
])('refuses to reverse %s', (_, amounts) =>
  inLedger(async (tx) => {
    expect(await ask(tx, SALE, reversal('back', 'sale', ...amounts))).toEqual([
      'created',
      'exceeds_original',
    ]);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 120n, pending: 0n });
  }),
);

test('a reversal is not reversed, nor is a hold, nor what nobody posted', () =>
  inLedger(async (tx) => {
    const hold = { ...journal('hold', paid(5n)), hold: { place: true } as const };
    await ask(tx, SALE, reversal('back', 'sale'), hold);
    expect(
      await ask(tx, reversal('one', 'back'), reversal('two', 'hold'), reversal('three', 'nothing')),
    ).toEqual(['not_reversible', 'not_reversible', 'unknown_journal']);
  }));

test('a captured hold is reversed for what was captured', () =>
  inLedger(async (tx) => {
    const hold = { ...journal('hold', paid(50n)), hold: { place: true } as const };
    await ask(tx, hold, acting('capture', { hold: { post: 'hold', amountMinor: 30n } }));
    expect(await ask(tx, reversal('back', 'capture', 31n), reversal('right', 'capture'))).toEqual([
      'exceeds_original',
      'created',
    ]);
    expect(await balanceOf(tx, TILL)).toEqual({ settled: 0n, pending: 50n - 30n });
  }));

test('the reversal of what is still due closes its item, a partial one makes it smaller', () =>
  inLedger(async (tx) => {
    await ask(tx, DUE, reversal('part', 'due', 30n));
    expect(await openItems(tx)).toEqual([{ amount: 70n, reference: 'order-1' }]);
    await ask(tx, reversal('rest', 'due'));
    expect(await openItems(tx)).toEqual([]);
  }));

test('the reversal of what was matched waits for evidence of its own, under the name of the original', () =>
  inLedger(async (tx) => {
    await ask(tx, DUE);
    await tx.execute('delete from tieout.open_item where book_id = $1', [BOOK_ID]);
    await ask(tx, reversal('back', 'due'));
    expect(await openItems(tx)).toEqual([{ amount: -100n, reference: 'order-1' }]);
  }));

test('each posting of a reversal keeps the name its item had', () =>
  inLedger(async (tx) => {
    const both = [paid(1n, { reference: 'psp-1' }), paid(2n, { reference: 'psp-2' })];
    await ask(
      tx,
      journal(
        'due',
        ...both.map((part) => ({ ...part, debit: RECEIVABLE, opens: 'auto' as const })),
      ),
    );
    await tx.execute('delete from tieout.open_item where book_id = $1', [BOOK_ID]);
    await ask(tx, reversal('back', 'due'));
    expect(await openItems(tx)).toEqual([
      { amount: -2n, reference: 'psp-2' },
      { amount: -1n, reference: 'psp-1' },
    ]);
  }));

test('a reversal is judged by the state of the accounts and by their limits', () =>
  inLedger(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    const top = journal('top', paid(50n, { credit: WALLET }));
    const spent = journal('spent', paid(20n, { debit: WALLET }));
    expect(await ask(tx, top, spent, reversal('back', 'top'))).toEqual([
      'created',
      'created',
      'insufficient_available',
    ]);
    await setStatus(tx, TILL, 'closed');
    expect(await ask(tx, reversal('other', 'top', 1n))).toEqual(['account_closed']);
  }));

test('a reversal and its original come in one batch, in their order', () =>
  inLedger(async (tx) => {
    const outcome = await postBatch(tx, [
      SALE,
      reversal('back', 'sale'),
      reversal('again', 'sale'),
    ]);
    expect(outcome).toMatchObject({
      created: 2,
      refused: [{ key: 'again', code: 'already_reversed' }],
    });
  }));

test('a reversal asked twice is done once, and told apart by its amounts', () =>
  inLedger(async (tx) => {
    await ask(tx, SALE, reversal('back', 'sale', 0n, 5n));
    expect(
      await ask(
        tx,
        reversal('back', 'sale', 0n, 5n),
        reversal('back', 'sale', 5n),
        reversal('back', 'sale'),
        { ...reversal('back', 'sale', 0n, 5n), kind: 'chargeback' },
        reversal('back', 'other', 0n, 5n),
      ),
    ).toEqual([
      'exists',
      'exists_with_different_amount',
      'exists_with_different_amount',
      'exists_with_different_kind',
      'exists_with_different_target',
    ]);
  }));
