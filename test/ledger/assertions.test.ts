import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { type AssertBalance, assertBalance, listAssertions } from '../../src/ledger/assertions.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { BANK, BOOK_ID, capture, day, givenBook, NOW, PAYABLE, postBatch } from './books.ts';

function saying(changes: Partial<AssertBalance> = {}): AssertBalance {
  return {
    bookId: BOOK_ID,
    code: PAYABLE,
    currency: 'EUR',
    effectiveDate: day('2026-03-01'),
    balanceMinor: -1234n,
    actor: 'ann',
    reason: 'statement of the merchant',
    now: NOW,
    ...changes,
  };
}

async function givenDeposits(tx: Tx): Promise<void> {
  await givenBook(tx);
  const postings = [{ debit: BANK, credit: PAYABLE, amountMinor: 1234n }];
  const later = capture({ key: 'later', effectiveDate: day('2026-03-02'), postings });
  await postBatch(tx, [capture({ postings }), later]);
}

test('records what a balance is, beside what the postings of that day and before sum to', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposits(tx);
    const result = await assertBalance(tx, saying());
    expect(result).toEqual({
      code: 'changed',
      assertion: {
        code: PAYABLE,
        currency: 'EUR',
        effectiveDate: '2026-03-01',
        assertedMinor: -1234n,
        balanceMinor: -1234n,
        assertedAt: NOW,
        assertedBy: 'ann',
        reason: 'statement of the merchant',
      },
    });
    expect(await listAssertions(tx, BOOK_ID)).toEqual([Object(result).assertion]);
  });
});

test('records one that does not hold too, and takes the later word', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposits(tx);
    const wrong = await assertBalance(tx, saying({ balanceMinor: 0n }));
    expect(wrong).toMatchObject({ assertion: { assertedMinor: 0n, balanceMinor: -1234n } });
    const later = new Date(NOW.getTime() + 1);
    await assertBalance(tx, saying({ now: later }));
    expect((await assertBalance(tx, saying({ now: later }))).code).toBe('unchanged');
    expect(await listAssertions(tx, BOOK_ID)).toMatchObject([{ assertedMinor: -1234n }]);
    const log = await tx.query(
      'select action, object_id, before, after from tieout.audit_event where book_id = $1 order by happened_at',
      [BOOK_ID],
    );
    const said = (minor: string) => ({ effective_date: '2026-03-01', balance_minor: minor });
    const common = { action: 'assert', object_id: `${PAYABLE}|EUR` };
    expect(log).toEqual([
      { ...common, before: null, after: said('0') },
      { ...common, before: said('0'), after: said('-1234') },
    ]);
  });
});

test('says nothing of an account the book does not have', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposits(tx);
    expect(await assertBalance(tx, saying({ currency: 'USD' }))).toEqual({
      code: 'unknown_account',
    });
    expect(await listAssertions(tx, BOOK_ID)).toEqual([]);
  });
});

test('a day before every posting sums to nothing', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposits(tx);
    const before = saying({ effectiveDate: day('2026-02-01'), balanceMinor: 0n });
    expect(await assertBalance(tx, before)).toMatchObject({ assertion: { balanceMinor: 0n } });
  });
});
