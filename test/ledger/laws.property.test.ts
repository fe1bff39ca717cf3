import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import type { JournalRequest, PairPosting } from '../../src/ledger/journal-request.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import {
  BANK,
  BOOK_ID,
  brokenChecks,
  capture,
  day,
  FEES,
  givenBook,
  ledgerTables,
  PAYABLE,
  postBatch,
  RECEIVABLE,
} from './books.ts';

const IN_TRANSIT = 'liabilities:payouts-in-transit';
const RECONCILABLE = new Set([RECEIVABLE, IN_TRANSIT]);

const [one, other] = [
  fc.constantFrom(RECEIVABLE, IN_TRANSIT),
  fc.constantFrom(PAYABLE, BANK, FEES, 'equity:opening'),
];
const amountMinor = fc.oneof(fc.bigInt(1n, 10n), fc.bigInt(1n, 10n ** 15n));

/** A movement whose side on a reconcilable account always waits for evidence. */
const posting = fc
  .oneof(fc.tuple(one, other), fc.tuple(other, one), fc.tuple(other, other))
  .filter(([debit, credit]) => debit !== credit)
  .chain(([debit, credit]) =>
    amountMinor.map((amount): PairPosting => {
      const movement = { debit, credit, amountMinor: amount };
      if (RECONCILABLE.has(debit)) return { ...movement, opens: 'debit' };
      return RECONCILABLE.has(credit) ? { ...movement, opens: 'credit' } : movement;
    }),
  );

/** Few keys, so that some come twice, with the same content or another. */
const journal: fc.Arbitrary<JournalRequest> = fc
  .record({
    key: fc.integer({ min: 1, max: 40 }).map((n) => `key-${n}`),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    effectiveDate: fc.constantFrom(day('2024-02-29'), day('2026-03-01'), day('2026-03-02')),
    postings: fc.array(posting, { minLength: 1, maxLength: 5 }),
  })
  .map((changes) => capture(changes));
const operations = fc.array(
  fc.record({
    journals: fc.array(journal, { maxLength: 12 }),
    now: fc.constantFrom(new Date('2026-03-02T12:00:00Z'), new Date('2026-03-03T12:00:00Z')),
  }),
  { maxLength: 4 },
);

async function countUnequal(tx: Tx, sql: string): Promise<bigint | undefined> {
  const [row] = await tx.query<{ unequal: bigint }>(`select count(*) as unequal from (${sql}) t`, [
    BOOK_ID,
  ]);
  return row?.unequal;
}

const LAWS: Readonly<Record<string, string>> = {
  'debits equal credits in every currency': `
    select account.currency from tieout.balance join tieout.account using (book_id, account_id)
    where book_id = $1 group by account.currency having sum(debits_minor) <> sum(credits_minor)`,
  'a balance is the sum of its postings': `
    select account_id from (
      select account_id, signed_minor as minor from tieout.account_line where book_id = $1
      union all
      select account_id, credits_minor - debits_minor from tieout.balance where book_id = $1
    ) side group by account_id having sum(minor) <> 0`,
  'a day is the sum of its postings': `
    select account_id from (
      select account_id, effective_date, booked_on, signed_minor as minor from tieout.account_line where book_id = $1
      union all
      select account_id, effective_date, booked_on, credits_minor - debits_minor from tieout.balance_day where book_id = $1
    ) side group by account_id, effective_date, booked_on having sum(minor) <> 0`,
  'the open items of a reconcilable account are its balance as long as nothing closes them': `
    select account_id from (
      select account_id, debits_minor - credits_minor as minor
      from tieout.balance join tieout.account using (book_id, account_id) where book_id = $1 and is_reconcilable
      union all
      select account_id, -amount_minor from tieout.open_item where book_id = $1
    ) side group by account_id having sum(minor) <> 0`,
};

test('keeps its laws whatever is posted', async () => {
  await fc.assert(
    fc.asyncProperty(operations, (asked) =>
      inRolledBackTransaction(async (tx) => {
        await givenBook(tx);
        for (const { journals, now } of asked) {
          const outcome = await postBatch(tx, journals, { now });
          expect(outcome.created + outcome.exists + outcome.refused.length).toBe(journals.length);
        }
        for (const [law, sql] of Object.entries(LAWS)) {
          expect(await countUnequal(tx, sql), law).toBe(0n);
        }
        expect(await brokenChecks(tx)).toEqual([]);
      }),
    ),
    { numRuns: 60 },
  );
});

test('writes nothing when the same journals are posted again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(journal, { maxLength: 15 }), (journals) =>
      inRolledBackTransaction(async (tx) => {
        await givenBook(tx);
        const first = await postBatch(tx, journals);
        const before = await ledgerTables(tx);
        const again = await postBatch(tx, journals);
        expect(again.created).toBe(0);
        expect(again.exists).toBe(first.created + first.exists);
        expect(await ledgerTables(tx)).toEqual(before);
      }),
    ),
    { numRuns: 30 },
  );
});

test('writes the same for a batch as for its journals one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(journal, { maxLength: 10 }), async (journals) => {
      const tables = (batches: readonly (readonly JournalRequest[])[]) =>
        inRolledBackTransaction(async (tx) => {
          await givenBook(tx);
          for (const batch of batches) await postBatch(tx, batch);
          const { account, ...written } = await ledgerTables(tx);
          return { written, accounts: account?.length };
        });
      expect(await tables([journals])).toEqual(await tables(journals.map((one) => [one])));
    }),
    { numRuns: 30 },
  );
});
