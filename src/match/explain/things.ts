import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';

const THINGS_OF_UUID = sqlFile(import.meta.url, './sql/things_of_uuid.sql');
const THINGS_OF_TEXT = sqlFile(import.meta.url, './sql/things_of_text.sql');

/** Something that can be explained. */
export type Thing =
  | { readonly kind: 'match'; readonly groupId: string }
  | { readonly kind: 'exception'; readonly exceptionId: string }
  | { readonly kind: 'entry'; readonly fileNo: bigint; readonly ordinal: bigint }
  | { readonly kind: 'item'; readonly itemId: string }
  | { readonly kind: 'batch'; readonly batchId: string };

/** At most so many things are found by one text. */
export const MOST_THINGS = 50;

/** What an id may be, for whoever gave none. */
export const ID_FORMS =
  'the id of a match, an exception, an open item or a batch (a UUID), an entry as FILE:ORDINAL, the number of a batch, or a reference';

interface ThingRow {
  readonly kind: Thing['kind'];
  readonly id: string | null;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const ENTRY = /^(\d{1,18})[:/](\d{1,18})$/;

/** What an id or a text names: nothing, one thing, or several. */
export async function findThings(tx: Tx, bookId: bigint, name: string): Promise<Thing[]> {
  const [, fileNo, ordinal] = ENTRY.exec(name) ?? [];
  if (fileNo !== undefined && ordinal !== undefined) {
    const found = await findEntry(tx, bookId, { fileNo: BigInt(fileNo), ordinal: BigInt(ordinal) });
    if (found.length > 0) return found;
  }
  const rows = UUID.test(name)
    ? await tx.query<ThingRow>(THINGS_OF_UUID, [bookId, name])
    : await tx.query<ThingRow>(THINGS_OF_TEXT, [bookId, name, BigInt(MOST_THINGS)]);
  return rows.flatMap(thingOf);
}

async function findEntry(
  tx: Tx,
  bookId: bigint,
  place: { readonly fileNo: bigint; readonly ordinal: bigint },
): Promise<Thing[]> {
  const found = await tx.query(
    'select 1 from tieout.entry where book_id = $1::bigint and file_no = $2::bigint and ordinal = $3::bigint',
    [bookId, place.fileNo, place.ordinal],
  );
  return found.map(() => ({ kind: 'entry', ...place }));
}

function thingOf({ kind, id, fileNo, ordinal }: ThingRow): Thing[] {
  if (kind === 'entry')
    return fileNo === null || ordinal === null ? [] : [{ kind, fileNo, ordinal }];
  if (id === null) return [];
  if (kind === 'match') return [{ kind, groupId: id }];
  if (kind === 'exception') return [{ kind, exceptionId: id }];
  return kind === 'item' ? [{ kind, itemId: id }] : [{ kind, batchId: id }];
}
