import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';

/** What an exception is about, as acts on it need it. */
export interface ActedException {
  readonly exceptionId: string;
  readonly code: string;
  readonly state: string;
  readonly owner: string | null;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
  /** The match that is suggested for it. */
  readonly groupId: string | null;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** One exception; `not_found` (exit 66) when there is none of that id. */
export async function getException(tx: Tx, bookId: bigint, id: string): Promise<ActedException> {
  const [found] = UUID.test(id)
    ? await tx.query<ActedException>(
        `select exception_id as "exceptionId", code, state, owner, file_no as "fileNo", ordinal, item_id as "itemId",
                group_id as "groupId"
         from tieout.exception_item where book_id = $1 and exception_id = $2::uuid`,
        [bookId, id],
      )
    : [];
  if (found !== undefined) return found;
  throw new OperationalError('not_found', `there is no exception ${id}`);
}

/** Sets the owner and the state of an exception; returns whether that was news. */
export async function setException(
  tx: Tx,
  bookId: bigint,
  exception: ActedException,
  wanted: { readonly state: string; readonly owner: string | null },
): Promise<boolean> {
  const { rowCount } = await tx.execute(
    `update tieout.exception_item
     set state = $3, owner = $4
     where book_id = $1 and exception_id = $2::uuid and (state, owner) is distinct from ($3, $4)`,
    [bookId, exception.exceptionId, wanted.state, wanted.owner],
  );
  return rowCount > 0;
}

/** Tells in a run that a person has forced something; for information, and until a person resolves it. */
export async function wantOverride(
  tx: Tx,
  override: {
    readonly bookId: bigint;
    readonly runId: bigint;
    readonly groupId: string;
    readonly currency: string;
    readonly amountMinor: bigint;
    readonly text: string;
  },
): Promise<void> {
  await tx.execute(
    `insert into tieout.exception_wanted (
       book_id, run_id, exception_id, code, severity, currency, amount_minor, text, group_id)
     values ($1, $2, tieout.content_id('OVERRIDE|' || $3::text), 'CTL_OPERATOR_OVERRIDE', 'info', $4, $5::bigint, $6, $3::uuid)`,
    [
      override.bookId,
      override.runId,
      override.groupId,
      override.currency,
      override.amountMinor,
      override.text,
    ],
  );
}
