import type { Tx } from '../../db/db.ts';
import type { EntryRow, ItemRow } from './field-values.ts';
import { type EntryPlace, readEntries, readOpenItems } from './read-fields.ts';
import { groupsOfEntry } from './read-match.ts';
import { type NearCandidate, type RuleChange, readNear, smallestChange } from './read-near.ts';

/** What is known of something open: what it is, what came near it, and what was tried with it before. */
export interface ExplainedOpen {
  readonly entry: EntryRow | null;
  readonly item: ItemRow | null;
  /** The exceptions that speak of it, not resolved. */
  readonly exceptionIds: readonly string[];
  readonly near: readonly NearCandidate[];
  readonly change: RuleChange | null;
  /** Matches it is or was in: suggested, revoked, rejected. */
  readonly groups: readonly { readonly groupId: string; readonly status: string }[];
}

/** Reads what explains an entry, an item, or the two that an exception sets side by side. */
export async function readOpen(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly entry?: EntryPlace;
    readonly itemId?: string;
  },
): Promise<ExplainedOpen> {
  const { bookId, entry, itemId } = options;
  const subject = entry ?? (itemId === undefined ? undefined : { itemId });
  const near = subject === undefined ? [] : await readNear(tx, bookId, subject);
  const [found] = entry === undefined ? [] : await readEntries(tx, bookId, [entry]);
  const [item] = itemId === undefined ? [] : await readOpenItems(tx, bookId, [itemId]);
  return {
    entry: found ?? null,
    item: item ?? null,
    exceptionIds: await exceptionsOf(tx, options),
    near,
    change: (await smallestChange(tx, bookId, near)) ?? null,
    groups: entry === undefined ? [] : await groupsOfEntry(tx, bookId, entry),
  };
}

async function exceptionsOf(
  tx: Tx,
  { bookId, entry, itemId }: Parameters<typeof readOpen>[1],
): Promise<string[]> {
  const found = await tx.query<{ id: string }>(
    `select exception_id as id
     from tieout.exception_item
     where book_id = $1::bigint and state <> 'RESOLVED'
       and ((file_no = $2::bigint and ordinal = $3::bigint) or item_id = $4::uuid)
     order by code, exception_id`,
    [bookId, entry?.fileNo ?? null, entry?.ordinal ?? null, itemId ?? null],
  );
  return found.map(({ id }) => id);
}

/** What an exception speaks of. */
export interface ExceptionSubject {
  readonly code: string;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
}

/** Reads what an exception speaks of; `undefined` where there is none of that id. */
export async function readExceptionSubject(
  tx: Tx,
  bookId: bigint,
  exceptionId: string,
): Promise<ExceptionSubject | undefined> {
  const [found] = await tx.query<ExceptionSubject>(
    `select code, file_no as "fileNo", ordinal, item_id as "itemId"
     from tieout.exception_item
     where book_id = $1::bigint and exception_id = $2::uuid`,
    [bookId, exceptionId],
  );
  return found;
}
