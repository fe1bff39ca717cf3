import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { keyHashOf } from '../ids.ts';

/** A journal and its postings, in their order. */
export interface FoundJournal {
  readonly key: string;
  readonly journalId: string;
  readonly postings: readonly {
    readonly seq: number;
    readonly currency: Currency;
    readonly amountMinor: bigint;
  }[];
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Finds a journal by its key, or else by its id. */
export async function findJournal(
  tx: Tx,
  bookId: bigint,
  name: string,
): Promise<FoundJournal | undefined> {
  const [found] = await tx.query<Head>(
    `select journal.key, journal.journal_id as "journalId", journal.booked_on as "bookedOn"
     from tieout.journal_key
     join tieout.journal on journal.book_id = journal_key.book_id and journal.booked_on = journal_key.booked_on
      and journal.journal_id = journal_key.journal_id
     where journal_key.book_id = $1::bigint and journal_key.key_hash = $2::bytea`,
    [bookId, keyHashOf(name)],
  );
  const head = found ?? (UUID.test(name) ? await findById(tx, bookId, name) : undefined);
  if (head === undefined) return undefined;
  const postings = await tx.query<FoundJournal['postings'][number]>(
    `select seq, currency, amount_minor as "amountMinor" from tieout.posting
     where book_id = $1::bigint and booked_on = $2::date and journal_id = $3::uuid and layer = 'settled' order by seq`,
    [bookId, head.bookedOn, head.journalId],
  );
  return { key: head.key, journalId: head.journalId, postings };
}

interface Head {
  readonly key: string;
  readonly journalId: string;
  readonly bookedOn: string;
}

async function findById(tx: Tx, bookId: bigint, id: string): Promise<Head | undefined> {
  const [found] = await tx.query<Head>(
    `select key, journal_id as "journalId", booked_on as "bookedOn" from tieout.journal
     where book_id = $1::bigint and journal_id = $2::uuid`,
    [bookId, id],
  );
  return found;
}
