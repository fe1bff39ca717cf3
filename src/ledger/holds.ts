import { type BusinessDate, businessDateIn } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { keyHashOf } from '../ids.ts';
import type { JournalRequest } from './journal-request.ts';

/** An amount reserved on two accounts; minor units. */
export interface Hold {
  readonly holdId: string;
  /** The key of the journal that placed it. */
  readonly key: string;
  readonly debit: string;
  readonly credit: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly postedMinor: bigint;
  readonly voidedMinor: bigint;
  readonly expiredMinor: bigint;
  readonly remainingMinor: bigint;
  readonly placedAt: Date;
  readonly expiresAt: Date | null;
}

/** The holds of a book, first to expire first; only those of which something remains, unless all are asked for. */
export async function listHolds(
  tx: Tx,
  options: { readonly bookId: bigint; readonly all?: boolean },
): Promise<Hold[]> {
  return await selectHolds(tx, [options.bookId, options.all === true, null, null]);
}

/** The hold that a key placed, whatever remains of it. */
export async function findHold(tx: Tx, bookId: bigint, key: string): Promise<Hold | undefined> {
  const hash = Buffer.from(keyHashOf(key)).toString('hex');
  const [hold] = await selectHolds(tx, [bookId, true, null, hash]);
  return hold;
}

/** The journals that expire every hold whose time has come: in the order of expiry, then of placing. */
export async function expiringJournals(
  tx: Tx,
  options: { readonly bookId: bigint; readonly now: Date; readonly createdBy: string },
): Promise<JournalRequest[]> {
  const holds = await selectHolds(tx, [options.bookId, false, options.now.toISOString(), null]);
  const effectiveDate: BusinessDate = businessDateIn('UTC', options.now);
  return holds.map((hold) => ({
    key: `expire|${hold.holdId}`,
    kind: 'hold-expiry',
    effectiveDate,
    currency: hold.currency,
    description: `hold ${hold.key} expired`,
    createdBy: options.createdBy,
    postings: [],
    hold: { expire: hold.key },
  }));
}

async function selectHolds(
  tx: Tx,
  params: readonly [bigint, boolean, string | null, string | null],
): Promise<Hold[]> {
  return await tx.query<Hold>(
    `select hold.hold_id as "holdId", journal.key, debit.code as debit, credit.code as credit, hold.currency,
            hold.amount_minor as "amountMinor", hold.posted_minor as "postedMinor", hold.voided_minor as "voidedMinor",
            hold.expired_minor as "expiredMinor", hold.remaining_minor as "remainingMinor",
            hold.placed_at as "placedAt", hold.expires_at as "expiresAt"
     from tieout.hold
     join tieout.journal on journal.book_id = hold.book_id and journal.booked_on = hold.booked_on
      and journal.journal_id = hold.hold_id
     join tieout.account debit on debit.book_id = hold.book_id and debit.account_id = hold.debit_account_id
     join tieout.account credit on credit.book_id = hold.book_id and credit.account_id = hold.credit_account_id
     where hold.book_id = $1::bigint
       and ($2::boolean or hold.remaining_minor > 0)
       and ($3::timestamptz is null or hold.expires_at <= $3::timestamptz)
       and ($4::text is null or hold.hold_id = (
         select journal_key.journal_id from tieout.journal_key
         where journal_key.book_id = $1::bigint and journal_key.key_hash = decode($4::text, 'hex')
       ))
     order by hold.expires_at, hold.placed_at, hold.hold_id`,
    params,
  );
}
