import fc from 'fast-check';
import type { BusinessDate } from '../../src/business-date.ts';
import type { Tx } from '../../src/db/db.ts';
import type { JournalRequest, PairPosting } from '../../src/ledger/journal-request.ts';
import { BANK, BOOK_ID, capture, day, FEES, givenBook, PAYABLE, postBatch } from './books.ts';

/** The days of random histories, so few that postings meet. */
export const DAYS = ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03'].map(day);

/** Journals, each with the day it was booked on, in the order of booking. */
export type History = readonly {
  readonly bookedOn: BusinessDate;
  readonly journals: readonly JournalRequest[];
}[];

const posting: fc.Arbitrary<PairPosting> = fc
  .record({
    debit: fc.constantFrom(BANK, PAYABLE, FEES),
    credit: fc.constantFrom(BANK, PAYABLE, FEES),
    amountMinor: fc.bigInt(1n, 10n ** 12n),
  })
  .filter(({ debit, credit }) => debit !== credit);

/** Histories in which journals are dated before, on and after the day they are booked. */
export const history: fc.Arbitrary<History> = fc
  .array(
    fc.record({
      effectiveDate: fc.constantFrom(...DAYS),
      currency: fc.constantFrom('EUR', 'JPY'),
      postings: fc.array(posting, { minLength: 1, maxLength: 3 }),
      bookedOn: fc.constantFrom(...DAYS),
    }),
    { maxLength: 14 },
  )
  .map((asked) =>
    DAYS.map((bookedOn) => ({
      bookedOn,
      journals: asked.flatMap(({ bookedOn: booked, ...changes }, place) =>
        booked === bookedOn ? [capture({ ...changes, key: `key-${place}` })] : [],
      ),
    })),
  );

/** A place in time: absent means everything. */
export const point = fc.record(
  { asOf: fc.constantFrom(...DAYS), knownAt: fc.constantFrom(...DAYS) },
  { requiredKeys: [] },
);

/** Posts a history, every day at noon. */
export async function givenHistory(tx: Tx, days: History): Promise<void> {
  await givenBook(tx);
  for (const { bookedOn, journals } of days) {
    await postBatch(tx, journals, { now: new Date(`${bookedOn}T12:00:00Z`) });
  }
}

/** A posting as it was written, seen from an account. */
export interface WrittenLine {
  readonly code: string;
  readonly currency: string;
  readonly effectiveDate: BusinessDate;
  readonly bookedOn: BusinessDate;
  readonly journalId: string;
  readonly seq: number;
  readonly signedMinor: bigint;
}

/** Every line of the book, read without any sum. */
export async function writtenLines(tx: Tx): Promise<WrittenLine[]> {
  return await tx.query<WrittenLine>(
    `select account.code, account.currency, line.effective_date as "effectiveDate", line.booked_on as "bookedOn",
            line.journal_id as "journalId", line.seq, line.signed_minor as "signedMinor"
     from tieout.account_line line join tieout.account using (book_id, account_id)
     where line.book_id = $1::bigint and line.layer = 'settled'`,
    [BOOK_ID],
  );
}

/** Whether a line counts at a place in time. */
export function counts(
  line: WrittenLine,
  { asOf, knownAt }: { readonly asOf?: BusinessDate; readonly knownAt?: BusinessDate },
): boolean {
  return (
    (asOf === undefined || line.effectiveDate <= asOf) &&
    (knownAt === undefined || line.bookedOn <= knownAt)
  );
}
