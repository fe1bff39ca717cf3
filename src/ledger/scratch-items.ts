import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { accountIdOf, bookIdOf } from '../ids.ts';
import { type AccountRef, openAccounts } from './accounts.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const COPY_ACCOUNTS = step('84_copy_accounts.sql');
const COPY_OPEN = step('85_copy_open_items.sql');
const COPY_CLOSED = step('86_copy_closed_items.sql');
const OPEN_AS_BOOKED = step('87_open_as_booked.sql');

/** A made-up open item of a scratch book. */
export interface ScratchItem extends AccountRef {
  readonly itemId: string;
  readonly amountMinor: bigint;
  readonly kind: string;
  readonly reference: string | null;
  readonly paymentId: string | null;
  readonly effectiveDate: BusinessDate;
}

/**
 * Opens a book to try things in, under a code that no configuration may have; only in a transaction that is rolled back.
 *
 * What is matched in it is matched by the same statements as in any other book, and touches none of their rows.
 */
export async function openScratchBook(
  tx: Tx,
  options: { readonly name: string; readonly currency: Currency; readonly now: Date },
): Promise<bigint> {
  const code = `scratch: ${options.name}`;
  const bookId = bookIdOf(code);
  await tx.execute(
    `insert into tieout.book (book_id, code, base_currency, time_zone, opened_at)
     values ($1, $2, $3, 'UTC', $4::timestamptz)`,
    [bookId, code, options.currency, options.now.toISOString()],
  );
  return bookId;
}

/** Writes made-up open items into a scratch book with their accounts, and accounts beside them. */
export async function writeScratchItems(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly items: readonly ScratchItem[];
    readonly accounts: readonly AccountRef[];
    readonly now: Date;
  },
): Promise<void> {
  const { bookId, items, accounts, now } = options;
  const chart = (code: string) => ({
    name: code,
    type: 'asset' as const,
    normalSide: 'debit' as const,
    isReconcilable: true,
  });
  await openAccounts(tx, { bookId, chart, accounts: distinct([...items, ...accounts]), now });
  await tx.execute(
    `insert into tieout.open_item (
       book_id, item_id, account_id, currency, amount_minor, kind, reference, payment_id, effective_date, booked_on, journal_id
     )
     select $1::bigint, item_id, account_id, currency, amount_minor, kind, reference, payment_id, day, day, item_id
     from unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::date[])
       as item (item_id, account_id, currency, amount_minor, kind, reference, payment_id, day)`,
    [
      bookId,
      items.map(({ itemId }) => itemId),
      items.map(({ code, currency }) => accountIdOf(code, currency)),
      items.map(({ currency }) => currency),
      items.map(({ amountMinor }) => amountMinor),
      items.map(({ kind }) => kind),
      items.map(({ reference }) => reference),
      items.map(({ paymentId }) => paymentId),
      items.map(({ effectiveDate }) => effectiveDate),
    ],
  );
}

function distinct(accounts: readonly AccountRef[]): readonly AccountRef[] {
  return [
    ...new Map(accounts.map(({ code, currency }) => [`${code} ${currency}`, { code, currency }])),
  ].map(([, account]) => account);
}

/** Items that were open since a run, aside from the scratch book in which they are opened night by night. */
export interface ItemsAside {
  readonly bookId: bigint;
  readonly asideBookId: bigint;
  readonly scratchBookId: bigint;
}

/**
 * Copies the accounts into a scratch book, and aside every item of receivables (or of the other accounts) that was open when
 * a run began or has been opened since: those open now, and those of the matches made since.
 */
export async function copyItemsAside(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly scratchBookId: bigint;
    readonly isReceivable: boolean;
    readonly sinceRun: bigint;
  },
): Promise<ItemsAside> {
  const { bookId, scratchBookId, isReceivable, sinceRun } = options;
  const asideBookId = bookIdOf(`scratch: items of ${scratchBookId}`);
  await tx.execute(COPY_ACCOUNTS, [bookId, scratchBookId]);
  await tx.execute(COPY_OPEN, [bookId, asideBookId, isReceivable]);
  for (const looksForLater of [false, true])
    await tx.execute(COPY_CLOSED, [bookId, asideBookId, isReceivable, sinceRun, looksForLater]);
  return { bookId, asideBookId, scratchBookId };
}

/** Opens the items in the scratch book that were booked up to an instant, and not before the one given last. */
export async function openAsBooked(
  tx: Tx,
  { bookId, asideBookId, scratchBookId }: ItemsAside,
  booked: { readonly after: Date | undefined; readonly until: Date },
): Promise<void> {
  await tx.execute(OPEN_AS_BOOKED, [
    bookId,
    asideBookId,
    scratchBookId,
    booked.after?.toISOString() ?? null,
    booked.until.toISOString(),
  ]);
}
