import type { Currency } from '../../src/currency.ts';
import type { IngestedFile } from '../../src/ingest/ingest.ts';
import { listBalances } from '../../src/ledger/balances.ts';
import { formatAmount } from '../../src/money.ts';
import type { TestBook } from './book.ts';

type Cell = string | null;

/** The open exceptions of a book, as a finance person reads them: no id, no clock. */
export async function exceptionTable({ db, bookId }: TestBook): Promise<string> {
  const rows = await db.read((tx) =>
    tx.query<{
      code: string;
      source: string | null;
      reference: string | null;
      currency: Currency | null;
      amountMinor: bigint | null;
      differenceMinor: bigint | null;
    }>(
      `select code, source, reference, currency, amount_minor as "amountMinor", difference_minor as "differenceMinor"
       from tieout.exception_item
       where book_id = $1 and state <> 'RESOLVED'
       order by code collate "C", reference collate "C", currency, amount_minor, source`,
      [bookId],
    ),
  );
  return tableOf(
    ['code', 'source', 'reference', 'currency', 'amount', 'difference'],
    rows.map((row) => [
      row.code,
      row.source,
      row.reference,
      row.currency,
      amountCell(row.amountMinor, row.currency),
      amountCell(row.differenceMinor, row.currency),
    ]),
  );
}

/** Debits, credits and balance of every account that was posted to. */
export async function trialBalanceTable({ db, bookId }: TestBook): Promise<string> {
  const balances = await db.read((tx) => listBalances(tx, { bookId }));
  return tableOf(
    ['account', 'currency', 'debits', 'credits', 'balance'],
    balances.map((balance) => [
      balance.code,
      balance.currency,
      formatAmount(balance.debitsMinor, balance.currency),
      formatAmount(balance.creditsMinor, balance.currency),
      formatAmount(balance.balanceMinor, balance.currency),
    ]),
  );
}

/** What became of each delivered file, in the order they were taken. */
export function fileTable(files: readonly IngestedFile[]): string {
  return tableOf(
    ['name', 'outcome', 'reason'],
    files.map((file) => [file.name, file.outcome, file.refusal?.reason ?? null]),
  );
}

function amountCell(amountMinor: bigint | null, currency: Currency | null): Cell {
  return amountMinor === null || currency === null ? null : formatAmount(amountMinor, currency);
}

function tableOf(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

function quoted(cell: Cell): string {
  if (cell === null) return '';
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * Everything a book says, without what a clock or the number of attempts decides: exceptions, journals, what they move,
 * balances, open items and ties.
 */
export async function bookDigest(
  { db, bookId }: Pick<TestBook, 'db' | 'bookId'>,
  options: { readonly isSameBytes: boolean } = { isSameBytes: true },
): Promise<Readonly<Record<string, readonly string[]>>> {
  return await db.read(async (tx) => {
    const digest: Record<string, readonly string[]> = {};
    for (const [name, sql] of Object.entries(DIGEST)) {
      const rows = await tx.query<{ line: string }>(sql, [bookId, options.isSameBytes]);
      digest[name] = rows.map((row) => row.line).sort();
    }
    return digest;
  });
}

/** Where the bytes of files may differ, `$2` leaves out what names them: journal keys, and the places texts tell. */
const DIGEST: Readonly<Record<string, string>> = {
  exceptions: `
    select concat_ws('|', code, severity, state, source, reference, currency, amount_minor, difference_minor,
      case when $2::boolean then text end) as line
    from tieout.exception_item where book_id = $1`,
  journals: `
    select concat_ws('|', case when $2::boolean then journal.key end, journal.kind, journal.effective_date, journal.reference,
      journal.description, string_agg(
        concat_ws(' ', debit.code, credit.code, posting.currency, posting.amount_minor), ', '
        order by debit.code, credit.code, posting.amount_minor
      )) as line
    from tieout.journal
    join tieout.posting using (book_id, booked_on, journal_id)
    join tieout.account debit on debit.book_id = posting.book_id and debit.account_id = posting.debit_account_id
    join tieout.account credit on credit.book_id = posting.book_id and credit.account_id = posting.credit_account_id
    where journal.book_id = $1
    group by journal.book_id, journal.booked_on, journal.journal_id`,
  balances: `
    select concat_ws('|', account.code, account.currency, sum(debits_minor), sum(credits_minor)) as line
    from tieout.balance join tieout.account using (book_id, account_id)
    where book_id = $1 and $2::boolean is not null
    group by account.code, account.currency`,
  openItems: `
    select concat_ws('|', account.code, open_item.currency, amount_minor, kind, reference, payment_id, effective_date) as line
    from tieout.open_item join tieout.account using (book_id, account_id)
    where book_id = $1 and $2::boolean is not null`,
  openEntries: `
    select concat_ws('|', entry.type, entry.reference, entry.narrative, entry.gross_minor) as line
    from tieout.open_entry join tieout.entry using (book_id, file_no, ordinal)
    where book_id = $1 and $2::boolean is not null`,
  ties: `
    select concat_ws('|', match_told.rule, match_told.certificate, match_told.alternatives, entry.type, entry.reference,
      entry.narrative, entry.gross_minor, match_member.item_amount_minor) as line
    from tieout.match_member
    join tieout.match_told using (book_id, group_id)
    join tieout.entry using (book_id, file_no, ordinal)
    where book_id = $1 and match_member.is_live and $2::boolean is not null`,
  files: `
    select concat_ws('|', name, state, entries_read, entries_loaded, entries_duplicate, entries_rejected, reason_code) as line
    from tieout.source_file where book_id = $1 and $2::boolean is not null`,
};
