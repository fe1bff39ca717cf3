import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';

/** A posting of a journal, by account codes. */
export interface JournalLine {
  readonly journalId: string;
  readonly key: string;
  readonly kind: string;
  readonly effectiveDate: BusinessDate;
  readonly reference: string | null;
  readonly description: string;
  readonly runId: bigint | null;
  readonly seq: number;
  /** Whether it moves money (`settled`), reserves it (`pending`) or ends a reservation (`released`). */
  readonly layer: 'settled' | 'pending' | 'released';
  readonly debit: string;
  readonly credit: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

export interface JournalFilter {
  readonly bookId: bigint;
  readonly kind?: string;
  readonly reference?: string;
  readonly runId?: bigint;
  readonly limit: number;
}

/** The postings of journals, newest effective date first; at most `limit` postings. */
export async function listJournals(tx: Tx, filter: JournalFilter): Promise<JournalLine[]> {
  return await tx.query<JournalLine>(
    `select journal.journal_id as "journalId", journal.key, journal.kind, journal.effective_date as "effectiveDate",
            journal.reference, journal.description, journal.run_id as "runId", posting.seq, posting.layer,
            debit.code as debit, credit.code as credit, posting.currency, posting.amount_minor as "amountMinor"
     from tieout.journal
     join tieout.posting on posting.book_id = journal.book_id and posting.booked_on = journal.booked_on
      and posting.journal_id = journal.journal_id
     join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
     join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
     where journal.book_id = $1::bigint
       and ($2::text is null or journal.kind = $2::text)
       and ($3::text is null or journal.reference = $3::text)
       and ($4::bigint is null or journal.run_id = $4::bigint)
     order by journal.effective_date desc, journal.journal_id, posting.seq
     limit $5::bigint`,
    [
      filter.bookId,
      filter.kind ?? null,
      filter.reference ?? null,
      filter.runId ?? null,
      filter.limit,
    ],
  );
}
