import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import type { Adjustment, AdjustmentType, HandConfig } from '../hand-config.ts';
import { type ActedException, getException, wantOverride } from '../match/exception-acts.ts';
import { confirmGroups, rejectGroups, revokeGroups } from '../match/revoke.ts';
import {
  type AskedEntry,
  type AskedItem,
  askedEntries,
  askedItems,
  type EntryRef,
  liveGroups,
  nextGroupOf,
  nextGroupOfItem,
  refuseHeld,
  reopenResolved,
  tieByHand,
} from '../match/tie-by-hand.ts';
import { formatMoney } from '../money.ts';
import { openItemsFor } from '../settle/openings.ts';
import type { SettleOptions } from '../settle/settle.ts';

/** Why a person may book a difference that nothing proves. */
export type OverrideReason =
  | 'POLICY_EXCEPTION'
  | 'OPS_APPROVAL'
  | 'CUSTOMER_DISPUTE'
  | 'DATA_CORRECTION';

/** A difference that a person accepts. */
export interface Force {
  readonly type: AdjustmentType;
  /** Absent: the account of the configuration. */
  readonly account?: string;
  readonly overrideReason: OverrideReason;
}

/** What a person does about matches. Exceptions stand for their entry, their item or the match suggested for them. */
export type HandAct =
  | {
      readonly kind: 'match';
      readonly exceptions: readonly string[];
      readonly entries: readonly EntryRef[];
      readonly items: readonly string[];
      readonly force?: Force;
    }
  | {
      readonly kind: 'unmatch';
      readonly groups?: readonly string[];
      readonly entry?: EntryRef;
      readonly item?: string;
      readonly run?: bigint;
      /** Its name or SHA-256. */
      readonly file?: string;
    }
  | { readonly kind: 'confirm' | 'reject'; readonly target: string }
  | { readonly kind: 'split'; readonly item: string; readonly partsMinor: readonly bigint[] }
  | {
      readonly kind: 'write-off';
      readonly exception?: string;
      readonly entry?: EntryRef;
      readonly item?: string;
      readonly force: Force;
    };

/** An act in the run it is part of. */
export interface Acting {
  readonly tx: Tx;
  readonly bookId: bigint;
  readonly byHand: HandConfig;
  readonly by: string;
  readonly because: string;
  /** Opens the run's record, once there is something to do. */
  readonly begin: () => Promise<SettleOptions>;
}

/** The groups an act decides; none when it was done before. */
export async function doAct(act: HandAct, acting: Acting): Promise<readonly string[]> {
  if (act.kind === 'match') return await matchByHand(act, acting);
  if (act.kind === 'unmatch') return await unmatch(act, acting);
  if (act.kind === 'split') return await split(act, acting);
  if (act.kind === 'write-off') return await writeOff(act, acting);
  return await decide(act, acting);
}

type Of<Kind extends HandAct['kind']> = Extract<HandAct, { readonly kind: Kind }>;

async function matchByHand(act: Of<'match'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  const named = await exceptionsOf(acting, act.exceptions);
  const refs = unique([...named.flatMap(entryOf), ...act.entries], nameOf);
  const ids = unique([...named.flatMap(({ itemId }) => itemId ?? []), ...act.items], String);
  if (refs.length === 0 || ids.length === 0)
    throw new OperationalError('usage', 'a match takes at least one entry and one item');
  const entries = await askedEntries(tx, bookId, refs);
  const items = await askedItems(tx, bookId, ids);
  if (await isTiedSo(acting, entries, items)) return [];
  refuseHeld(entries, items);
  return [await tie(entries, items, act.force, acting)];
}

/** Whether one live match holds these entries and items, and nothing else. */
async function isTiedSo(
  { tx, bookId }: Acting,
  entries: readonly AskedEntry[],
  items: readonly AskedItem[],
): Promise<boolean> {
  const holders = new Set([...entries, ...items].map(({ heldBy }) => heldBy));
  const [holder] = holders;
  if (holders.size !== 1 || holder === null || holder === undefined) return false;
  const [found] = await tx.query<{ sides: bigint }>(
    `select count(file_no) + count(item_id) as sides from tieout.match_member
     where book_id = $1 and group_id = $2::uuid`,
    [bookId, holder],
  );
  return found?.sides === BigInt(entries.length + items.length);
}

async function tie(
  entries: readonly AskedEntry[],
  items: readonly AskedItem[],
  force: Force | undefined,
  acting: Acting,
): Promise<string> {
  const [first] = entries;
  if (first === undefined) throw new OperationalError('usage', 'a match takes at least one entry');
  const { currency } = first;
  const other = [...entries, ...items].find((side) => side.currency !== currency);
  if (other !== undefined)
    throw refused(
      `entries and items are of one currency, not of ${currency} and ${other.currency}`,
    );
  const differenceMinor = sum(items) - sum(entries);
  if (differenceMinor !== 0n && force === undefined)
    throw refused(
      `the items sum to ${money(sum(items), currency)} and the entries to ${money(sum(entries), currency)}; ` +
        `what becomes of the ${money(differenceMinor, currency)} between them is said with --force`,
    );
  const residual =
    differenceMinor === 0n || force === undefined
      ? undefined
      : residualOf(force, { amountMinor: differenceMinor, currency }, acting);
  const options = await acting.begin();
  const groupId = await nextGroupOf(acting.tx, first);
  await tieByHand(acting.tx, {
    ...handOf(acting, options),
    groupId,
    entries,
    items,
    ...(residual === undefined ? {} : { residual }),
  });
  if (residual !== undefined && force !== undefined)
    await tellForced(acting, options, { groupId, currency, amountMinor: differenceMinor, force });
  return groupId;
}

/** The account of a difference, unless it is above what the configuration allows. */
function residualOf(
  force: Force,
  { amountMinor, currency }: { readonly amountMinor: bigint; readonly currency: string },
  { byHand }: Acting,
): { readonly type: string; readonly account: string } {
  const adjustment: Adjustment | undefined = byHand.adjustments.get(force.type);
  const limit = adjustment?.limits.get(currency);
  const size = amountMinor < 0n ? -amountMinor : amountMinor;
  if (limit !== undefined && size > limit)
    throw new OperationalError(
      'not_permitted',
      `a ${force.type} of ${money(size, currency)} is above its limit of ${money(limit, currency)}`,
    );
  const account = force.account ?? adjustment?.account;
  if (account === undefined) throw new OperationalError('usage', `${force.type} has no account`);
  return { type: force.type, account };
}

async function tellForced(
  { tx, because, by }: Acting,
  { bookId, runId }: SettleOptions,
  forced: {
    readonly groupId: string;
    readonly currency: string;
    readonly amountMinor: bigint;
    readonly force: Force;
  },
): Promise<void> {
  const { groupId, currency, amountMinor, force } = forced;
  await wantOverride(tx, {
    bookId,
    runId,
    groupId,
    currency,
    amountMinor,
    text: `${by} booked {amount} of match ${groupId} as ${force.type} (${force.overrideReason}): ${because}`,
  });
}

async function unmatch(act: Of<'unmatch'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  const groupIds = await groupsToRevoke(act, acting);
  const [status] = await tx.query<{ live: bigint }>(
    `select count(*) as live from tieout.match_told
     where book_id = $1 and group_id = any ($2::uuid[]) and status <> 'revoked'`,
    [bookId, groupIds],
  );
  const unknown =
    act.groups !== undefined && status?.live === 0n ? await unknownOf(acting, groupIds) : undefined;
  if (unknown !== undefined)
    throw new OperationalError('not_found', `there is no match ${unknown}`);
  if (status?.live === 0n) return [];
  const options = await acting.begin();
  await revokeGroups(tx, { ...handOf(acting, options), groupIds });
  await reopenResolved(tx, options);
  return groupIds;
}

async function unknownOf(
  { tx, bookId }: Acting,
  ids: readonly string[],
): Promise<string | undefined> {
  const known = await tx.query<{ id: string }>(
    'select group_id as id from tieout.match_told where book_id = $1 and group_id = any ($2::uuid[])',
    [bookId, ids],
  );
  return ids.find((id) => !known.some((group) => group.id === id));
}

async function groupsToRevoke(act: Of<'unmatch'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  if (act.groups !== undefined) return act.groups;
  if (act.run !== undefined) {
    const [run] = await tx.query(
      'select run_id from tieout.run where book_id = $1 and run_id = $2',
      [bookId, act.run],
    );
    if (run === undefined) throw new OperationalError('not_found', `there is no run ${act.run}`);
    return await liveGroups(tx, bookId, { runId: act.run });
  }
  if (act.file !== undefined)
    return await liveGroups(tx, bookId, { fileNo: await fileOf(acting, act.file) });
  if (act.entry !== undefined) {
    await askedEntries(tx, bookId, [act.entry]);
    return await liveGroups(tx, bookId, act.entry);
  }
  if (act.item === undefined) throw new OperationalError('usage', 'say which match to undo');
  await askedItems(tx, bookId, [act.item]);
  return await liveGroups(tx, bookId, { itemId: act.item });
}

async function fileOf({ tx, bookId }: Acting, name: string): Promise<bigint> {
  const files = await tx.query<{ fileNo: bigint }>(
    `select file_no as "fileNo" from tieout.source_file
     where book_id = $1 and state = 'loaded' and (name = $2 or sha256 = $2) order by file_no`,
    [bookId, name],
  );
  const [file, second] = files;
  if (file === undefined) throw new OperationalError('not_found', `no loaded file is ${name}`);
  if (second !== undefined)
    throw refused(`several loaded files have the name ${name}; name the one by its SHA-256`);
  return file.fileNo;
}

async function decide(act: Of<'confirm' | 'reject'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  const [group] = await tx.query<{ status: string }>(
    'select status from tieout.match_told where book_id = $1 and group_id = $2::uuid',
    [bookId, act.target],
  );
  const groupId =
    group === undefined ? (await getException(tx, bookId, act.target)).groupId : act.target;
  if (groupId === null) throw refused(`no match is suggested for exception ${act.target}`);
  const wanted = act.kind === 'confirm' ? 'confirmed' : 'rejected';
  const [found] = await tx.query<{ status: string }>(
    'select status from tieout.match_told where book_id = $1 and group_id = $2::uuid',
    [bookId, groupId],
  );
  if (found?.status === wanted) return [];
  const options = await acting.begin();
  const decision = { ...handOf(acting, options), groupIds: [groupId] };
  await (act.kind === 'confirm' ? confirmGroups(tx, decision) : rejectGroups(tx, decision));
  return [groupId];
}

const SPLIT_ACCOUNT = 'assets:split';

/** Closes an item by a group of its own and opens its parts on the same account. */
async function split(act: Of<'split'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  const [item] = await askedItems(tx, bookId, [act.item]);
  if (item === undefined) return [];
  if (item.heldBy !== null && (await isSplitInto(acting, item.heldBy, act.partsMinor))) return [];
  refuseHeld([], [item]);
  const isPart = (part: bigint) => part !== 0n && part > 0n === item.amountMinor > 0n;
  const total = act.partsMinor.reduce((left, part) => left + part, 0n);
  if (act.partsMinor.length < 2 || !act.partsMinor.every(isPart) || total !== item.amountMinor)
    throw refused(
      `the parts of item ${item.itemId} are two or more that sum to ${money(item.amountMinor, item.currency)}`,
    );
  const options = await acting.begin();
  const groupId = await nextGroupOfItem(tx, bookId, item.itemId);
  await tieByHand(tx, {
    ...handOf(acting, options),
    groupId,
    entries: [],
    items: [item],
    residual: { type: 'MISCELLANEOUS', account: SPLIT_ACCOUNT },
  });
  await openItemsFor(
    tx,
    {
      groupId,
      kind: 'split',
      code: item.accountCode,
      counterCode: SPLIT_ACCOUNT,
      currency: item.currency,
      amountsMinor: act.partsMinor,
      reference: item.reference,
      paymentId: item.paymentId,
      description: `item ${item.itemId} in parts: ${acting.because}`,
      by: acting.by,
    },
    options,
  );
  return [groupId];
}

async function isSplitInto(
  { tx, bookId }: Acting,
  groupId: string,
  partsMinor: readonly bigint[],
): Promise<boolean> {
  const parts = await tx.query<{ amountMinor: bigint }>(
    `select posting.amount_minor as "amountMinor"
     from tieout.settlement_journal
     join tieout.posting using (book_id, booked_on, journal_id)
     where settlement_journal.book_id = $1 and settlement_journal.group_id = $2::uuid
       and settlement_journal.kind = 'opening'
     order by posting.seq`,
    [bookId, groupId],
  );
  const sizes = partsMinor.map((part) => (part < 0n ? -part : part));
  return parts.map(({ amountMinor }) => amountMinor).join() === sizes.join();
}

/** Closes an item against an account of adjustments, or says of an entry what it was. */
async function writeOff(act: Of<'write-off'>, acting: Acting): Promise<readonly string[]> {
  const { tx, bookId } = acting;
  const [named] = await exceptionsOf(acting, act.exception === undefined ? [] : [act.exception]);
  const itemId = act.item ?? named?.itemId;
  const entry = act.entry ?? (named === undefined ? undefined : entryOf(named)[0]);
  if (itemId !== null && itemId !== undefined) {
    const [item] = await askedItems(tx, bookId, [itemId]);
    return item === undefined ? [] : await writeOffItem(item, act.force, acting);
  }
  if (entry === undefined) throw refused(`exception ${act.exception} is of no entry and no item`);
  const [asked] = await askedEntries(tx, bookId, [entry]);
  return asked === undefined ? [] : await writeOffEntry(asked, act.force, acting);
}

async function writeOffItem(
  item: AskedItem,
  force: Force,
  acting: Acting,
): Promise<readonly string[]> {
  if (item.heldBy !== null && (await isWrittenOff(acting, item.heldBy, force))) return [];
  refuseHeld([], [item]);
  const residual = residualOf(force, item, acting);
  const options = await acting.begin();
  const groupId = await nextGroupOfItem(acting.tx, acting.bookId, item.itemId);
  await tieByHand(acting.tx, {
    ...handOf(acting, options),
    groupId,
    entries: [],
    items: [item],
    residual,
  });
  await tellForced(acting, options, { ...item, groupId, force });
  return [groupId];
}

async function isWrittenOff(
  { tx, bookId }: Acting,
  groupId: string,
  { type }: Force,
): Promise<boolean> {
  const [group] = await tx.query(
    `select 1 from tieout.match_told
     where book_id = $1 and group_id = $2::uuid and rule = 'by-hand' and residual_type = $3 and status = 'confirmed'
       and not exists (
         select from tieout.match_member
         where match_member.book_id = match_told.book_id and match_member.group_id = match_told.group_id
           and match_member.file_no is not null
       )`,
    [bookId, groupId, type],
  );
  return group !== undefined;
}

async function writeOffEntry(
  entry: AskedEntry,
  force: Force,
  acting: Acting,
): Promise<readonly string[]> {
  if (entry.heldBy !== null && (await isOpenedFor(acting, entry.heldBy))) return [];
  refuseHeld([entry], []);
  const { account } = residualOf(force, entry, acting);
  const options = await acting.begin();
  const groupId = await nextGroupOf(acting.tx, entry);
  const itemIds = await openItemsFor(
    acting.tx,
    {
      groupId,
      kind: 'write-off',
      code: `assets:${entry.role === 'processor' ? 'receivable' : 'in-transit'}:${entry.source}`,
      counterCode: account,
      currency: entry.currency,
      amountsMinor: [entry.amountMinor],
      reference: entry.reference,
      paymentId: null,
      description: `${force.type} of entry ${nameOf(entry)}: ${acting.because}`,
      by: acting.by,
    },
    options,
  );
  const items = await askedItems(acting.tx, acting.bookId, itemIds);
  await tieByHand(acting.tx, { ...handOf(acting, options), groupId, entries: [entry], items });
  await tellForced(acting, options, { ...entry, groupId, force });
  return [groupId];
}

async function isOpenedFor({ tx, bookId }: Acting, groupId: string): Promise<boolean> {
  const [journal] = await tx.query(
    `select 1 from tieout.settlement_journal where book_id = $1 and group_id = $2::uuid and kind = 'opening'`,
    [bookId, groupId],
  );
  return journal !== undefined;
}

async function exceptionsOf(
  { tx, bookId }: Acting,
  ids: readonly string[],
): Promise<readonly ActedException[]> {
  const found: ActedException[] = [];
  for (const id of ids) found.push(await getException(tx, bookId, id));
  return found;
}

function entryOf({ fileNo, ordinal }: ActedException): readonly EntryRef[] {
  return fileNo === null || ordinal === null ? [] : [{ fileNo, ordinal }];
}

function handOf({ by, because }: Acting, { bookId, runId, now }: SettleOptions) {
  return { bookId, runId, now, by, because };
}

function unique<T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

function nameOf({ fileNo, ordinal }: EntryRef): string {
  return `${fileNo}:${ordinal}`;
}

function sum(sides: readonly { readonly amountMinor: bigint }[]): bigint {
  return sides.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

function money(amountMinor: bigint, currency: string): string {
  return formatMoney({ amountMinor, currency });
}

function refused(text: string): OperationalError {
  return new OperationalError('invalid_input', text);
}
