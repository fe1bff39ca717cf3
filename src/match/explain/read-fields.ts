import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';
import type { EntryRow, ItemRow } from './field-values.ts';

const ENTRY_FIELDS = sqlFile(import.meta.url, './sql/entry_fields.sql');
const OPEN_ITEM_FIELDS = sqlFile(import.meta.url, './sql/open_item_fields.sql');
const ITEM_FIELDS = sqlFile(import.meta.url, './sql/item_fields.sql');

/** Where an entry stands: its file and its place in it. */
export interface EntryPlace {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
}

/** The entries at these places, each once. */
export async function readEntries(
  tx: Tx,
  bookId: bigint,
  places: readonly EntryPlace[],
): Promise<EntryRow[]> {
  const distinct = [
    ...new Map(places.map((place) => [`${place.fileNo}:${place.ordinal}`, place])).values(),
  ];
  return await tx.query<EntryRow>(ENTRY_FIELDS, [
    bookId,
    distinct.map(({ fileNo }) => fileNo),
    distinct.map(({ ordinal }) => ordinal),
  ]);
}

/** The open items of these ids, each once. */
export async function readOpenItems(
  tx: Tx,
  bookId: bigint,
  ids: readonly string[],
): Promise<ItemRow[]> {
  return await tx.query<ItemRow>(OPEN_ITEM_FIELDS, [bookId, [...new Set(ids)]]);
}

/** Items, open or closed, whose accounts are known. */
export async function readItems(
  tx: Tx,
  bookId: bigint,
  items: readonly { readonly itemId: string; readonly accountId: bigint }[],
): Promise<ItemRow[]> {
  return await tx.query<ItemRow>(ITEM_FIELDS, [
    bookId,
    items.map(({ itemId }) => itemId),
    items.map(({ accountId }) => accountId),
  ]);
}
