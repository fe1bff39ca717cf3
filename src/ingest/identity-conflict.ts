import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { formatAmount } from '../money.ts';

const KEEP_ASIDE = sqlFile(import.meta.url, './sql/22_keep_conflicts_aside.sql');

/** A line whose id is known with another amount, currency or type. */
export interface IdentityConflict {
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly batch: string | null;
  readonly line: bigint;
  readonly element: string | null;
  /** The line as it was read, as JSON. */
  readonly record: string;
  /** The id, with what it is known as and what it comes as. */
  readonly message: string;
}

interface FoundConflict extends Omit<IdentityConflict, 'message'> {
  readonly id: string;
  readonly type: string;
  readonly grossMinor: bigint;
  readonly ofName: string;
  readonly ofType: string;
  readonly ofCurrency: Currency;
  readonly ofAmountMinor: bigint;
  readonly ofGrossMinor: bigint;
}

/** Takes lines out of a loaded file that contradict what is known of their id, and tells both sides. */
export async function keepConflictsAside(
  tx: Tx,
  file: { readonly bookId: bigint; readonly fileNo: bigint },
): Promise<readonly IdentityConflict[]> {
  const { rowCount } = await tx.execute(KEEP_ASIDE, [file.bookId, file.fileNo]);
  if (rowCount === 0) return [];
  const found = await tx.query<FoundConflict>(
    `select identity_conflict.type, currency, amount_minor as "amountMinor", gross_minor as "grossMinor", batch, line,
            element, record::text as record, coalesce(external_id, reference, identity) as id,
            source_file.name as "ofName", of_type as "ofType", of_currency as "ofCurrency",
            of_amount_minor as "ofAmountMinor", of_gross_minor as "ofGrossMinor"
     from tieout.identity_conflict
     join tieout.source_file
       on source_file.book_id = identity_conflict.book_id and source_file.file_no = identity_conflict.of_file_no
     where identity_conflict.book_id = $1 and identity_conflict.file_no = $2
     order by ordinal`,
    [file.bookId, file.fileNo],
  );
  return found.map((conflict) => ({ ...conflict, message: messageOf(conflict) }));
}

function messageOf(conflict: FoundConflict): string {
  const { id, ofName, ofType, ofCurrency, ofAmountMinor, ofGrossMinor } = conflict;
  const known = wordsOf(ofType, ofCurrency, ofAmountMinor, ofGrossMinor);
  const { type, currency, amountMinor, grossMinor } = conflict;
  const comes = wordsOf(type, currency, amountMinor, grossMinor);
  return `${id} is known from ${ofName} as a ${known}, and comes as a ${comes}`;
}

function wordsOf(type: string, currency: Currency, amountMinor: bigint, grossMinor: bigint) {
  const gross =
    grossMinor === amountMinor ? '' : ` (gross ${formatAmount(grossMinor, currency)} ${currency})`;
  return `${type} of ${formatAmount(amountMinor, currency)} ${currency}${gross}`;
}
