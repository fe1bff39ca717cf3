import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import type { Share } from './allocation.ts';
import { writeGroups } from './engine/write-groups.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const ENTRIES = step('90_entries_asked_for.sql');
const ITEMS = step('91_items_asked_for.sql');
const GROUPS = step('92_groups_asked_for.sql');
const REOPEN_BY_PERSON = step('93_reopen_by_person.sql');
const ENTRIES_TIED = step('88_entries_tied.sql');

/** An entry as a person names it. */
export interface EntryRef {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
}

/** An entry that a person names. */
export interface AskedEntry extends EntryRef, Share {
  readonly currency: Currency;
  readonly source: string;
  readonly role: 'processor' | 'bank';
  readonly reference: string | null;
  readonly isOpen: boolean;
  readonly heldBy: string | null;
  /** How many groups it has been the first member of. */
  readonly revision: number;
}

/** An open item that a person names. */
export interface AskedItem extends Share {
  readonly itemId: string;
  readonly accountId: bigint;
  readonly accountCode: string;
  readonly currency: Currency;
  readonly reference: string | null;
  readonly paymentId: string | null;
  readonly heldBy: string | null;
}

/** What becomes of the difference between items and entries. */
export interface Residual {
  readonly type: string;
  readonly account: string;
}

/** Entries, in the order given; an unknown one is `not_found` (exit 66). Whether they are free is for the caller to see. */
export async function askedEntries(
  tx: Tx,
  bookId: bigint,
  refs: readonly EntryRef[],
): Promise<readonly AskedEntry[]> {
  const found = await tx.query<AskedEntry & { readonly currency: Currency | null }>(ENTRIES, [
    bookId,
    refs.map(({ fileNo }) => fileNo),
    refs.map(({ ordinal }) => ordinal),
  ]);
  const unknown = found.find(({ currency }) => currency === null);
  if (unknown !== undefined)
    throw new OperationalError('not_found', `there is no entry ${nameOf(unknown)}`);
  return found;
}

/** Items, in the order given; one that is neither open nor tied is `not_found` (exit 66). */
export async function askedItems(
  tx: Tx,
  bookId: bigint,
  itemIds: readonly string[],
): Promise<readonly AskedItem[]> {
  const found = await tx.query<AskedItem & { readonly currency: Currency | null }>(ITEMS, [
    bookId,
    itemIds,
  ]);
  const unknown = found.find(({ currency, heldBy }) => currency === null && heldBy === null);
  if (unknown !== undefined)
    throw new OperationalError('not_found', `there is no open item ${unknown.itemId}`);
  return found;
}

/** Refuses entries and items that something holds or that are not open, naming the first. */
export function refuseHeld(entries: readonly AskedEntry[], items: readonly AskedItem[]): void {
  for (const entry of entries) {
    if (entry.heldBy !== null)
      throw refused(`entry ${nameOf(entry)} is held by match ${entry.heldBy}`);
    if (!entry.isOpen)
      throw refused(
        `entry ${nameOf(entry)} is not open: it is settled within its batch, or a copy`,
      );
  }
  const held = items.find(({ heldBy }) => heldBy !== null);
  if (held !== undefined) throw refused(`item ${held.itemId} is held by match ${held.heldBy}`);
}

/** The live groups that hold an entry, an item, or what a run or a file tied. */
export async function liveGroups(
  tx: Tx,
  bookId: bigint,
  by: {
    readonly fileNo?: bigint;
    readonly ordinal?: bigint;
    readonly itemId?: string;
    readonly runId?: bigint;
  },
): Promise<readonly string[]> {
  const rows = await tx.query<{ groupId: string }>(GROUPS, [
    bookId,
    by.fileNo ?? null,
    by.ordinal ?? null,
    by.itemId ?? null,
    by.runId ?? null,
  ]);
  return rows.map(({ groupId }) => groupId);
}

/** The id of the next group whose first entry this is. */
export async function nextGroupOf(tx: Tx, entry: AskedEntry): Promise<string> {
  const [row] = await tx.query<{ groupId: string }>(
    'select tieout.group_id($1::bigint, $2::bigint, $3::int) as "groupId"',
    [entry.fileNo, entry.ordinal, levelOf(entry) + 16 * entry.revision],
  );
  return row?.groupId ?? '';
}

/** The id of the next group that holds this item alone. */
export async function nextGroupOfItem(tx: Tx, bookId: bigint, itemId: string): Promise<string> {
  for (let revision = 0; ; revision += 1) {
    const [row] = await tx.query<{ groupId: string; isTaken: boolean }>(
      `select named.group_id as "groupId", exists (
         select from tieout.match_told
         where match_told.book_id = $1::bigint and match_told.group_id = named.group_id
       ) as "isTaken"
       from (select tieout.content_id($2::text) as group_id) named`,
      [bookId, `ITEM|${itemId}|${revision}`],
    );
    if (row?.isTaken === false) return row.groupId;
  }
}

export interface HandGroup {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly groupId: string;
  readonly entries: readonly AskedEntry[];
  readonly items: readonly AskedItem[];
  /** Takes what the items sum to above the entries; without it the sums must be equal. */
  readonly residual?: Residual;
  readonly by: string;
  readonly because: string;
  readonly now: Date;
}

/** Ties entries and items that a person says belong together: a confirmed group, whose entries are no longer open. */
export async function tieByHand(tx: Tx, group: HandGroup): Promise<void> {
  const { bookId, groupId, entries, items, residual, by, because } = group;
  const residualMinor = sum(items) - sum(entries);
  if (residual === undefined && residualMinor !== 0n)
    throw refused(`items and entries differ by ${residualMinor} minor units`);
  const written = await writeGroups(
    tx,
    [
      {
        level: entries[0] === undefined ? 1 : levelOf(entries[0]),
        rule: 'by-hand',
        certificate: 'BY_HAND',
        alternatives: 1,
        status: 'confirmed',
        entries,
        items,
        ...(residual === undefined ? {} : { residual }),
        decision: { groupId, by, because },
      },
    ],
    group,
  );
  if (!written.has(groupId)) throw new Error(`match ${groupId} is there already`);
  await tx.execute(ENTRIES_TIED, [bookId, [groupId]]);
}

/** Lets a run tell again what a person had resolved of matches that it has revoked. */
export async function reopenResolved(
  tx: Tx,
  options: { readonly bookId: bigint; readonly runId: bigint },
): Promise<void> {
  await tx.execute(REOPEN_BY_PERSON, [options.bookId, options.runId]);
}

function levelOf({ role }: AskedEntry): number {
  return role === 'processor' ? 1 : 2;
}

function nameOf({ fileNo, ordinal }: EntryRef): string {
  return `${fileNo}:${ordinal}`;
}

function sum(shares: readonly Share[]): bigint {
  return shares.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

function refused(text: string): OperationalError {
  return new OperationalError('invalid_input', text);
}
