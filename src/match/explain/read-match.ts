import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';
import { type Calendars, evaluateRule, type VectorEntry } from './evaluate.ts';
import { type EntryRow, entryFields, type ItemRow, itemFields } from './field-values.ts';
import { type EntryPlace, readEntries, readItems } from './read-fields.ts';
import { type StoredRule, storedRule } from './stored-rule.ts';

const MATCH_JOURNALS = sqlFile(import.meta.url, './sql/match_journals.sql');
const GROUPS_OF_ENTRY = sqlFile(import.meta.url, './sql/groups_of_entry.sql');

/** Why entries and items are tied, and all that became of it. */
export interface ExplainedMatch {
  readonly group: MatchGroup;
  /** The rule as it stood; `null` for a rule older than stored packs, or an act by hand. */
  readonly stored: StoredRule | null;
  readonly members: readonly MatchMember[];
  readonly allocations: readonly Allocation[];
  readonly entries: readonly EntryRow[];
  readonly items: readonly ItemRow[];
  /** Every condition of the rule for each entry with an item of its own member. */
  readonly vectors: readonly PairVector[];
  readonly journals: readonly MatchJournal[];
  readonly history: readonly MatchEvent[];
}

export interface MatchGroup {
  readonly groupId: string;
  readonly level: number;
  readonly rule: string;
  readonly certificate: string;
  readonly alternatives: bigint;
  readonly status: string;
  readonly runId: bigint;
  readonly matchedAt: string;
  readonly residualType: string | null;
  readonly residualAccount: string | null;
  readonly residualMinor: bigint | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly decidedBecause: string | null;
  readonly closedInRun: bigint | null;
}

export interface MatchMember {
  readonly memberNo: number;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
  readonly itemAccountId: bigint | null;
  readonly isLive: boolean;
}

/** Which part of an item an entry closes; without an entry, the residual. */
export interface Allocation {
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string;
  readonly amountMinor: bigint;
}

export interface PairVector {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly itemId: string;
  readonly vector: readonly VectorEntry[];
}

/** A journal that books a match, most often together with others of its batch or day. */
export interface MatchJournal {
  readonly journalId: string;
  readonly key: string;
  readonly kind: string;
  readonly effectiveDate: BusinessDate;
  readonly runId: bigint | null;
  /** Debits less credits of the items' accounts in it. */
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

/** Something that happened to a match. */
export interface MatchEvent {
  readonly at: string | null;
  readonly what: string;
  readonly by: string | null;
  readonly because: string | null;
  readonly runId: bigint | null;
}

/** Reads a match with everything that explains it; `undefined` where there is none of that id. */
export async function readMatch(
  tx: Tx,
  options: { readonly bookId: bigint; readonly groupId: string; readonly calendars: Calendars },
): Promise<ExplainedMatch | undefined> {
  const { bookId, groupId, calendars } = options;
  const group = await readGroup(tx, bookId, groupId);
  if (group === undefined) return undefined;
  const members = await readMembers(tx, bookId, groupId);
  const entries = await readEntries(tx, bookId, members.flatMap(entryOf));
  const items = await readItems(tx, bookId, members.flatMap(itemOf));
  const stored = (await storedRule(tx, bookId, group.rule)) ?? null;
  return {
    group,
    stored,
    members,
    entries,
    items,
    allocations: await readAllocations(tx, bookId, groupId),
    vectors: stored === null ? [] : vectorsOf(stored, { members, entries, items, calendars }),
    journals: await tx.query<MatchJournal>(MATCH_JOURNALS, [bookId, groupId]),
    history: await historyOf(tx, bookId, group),
  };
}

async function readGroup(tx: Tx, bookId: bigint, groupId: string): Promise<MatchGroup | undefined> {
  const [group] = await tx.query<MatchGroup>(
    `select group_id as "groupId", level, rule, certificate, alternatives, status, run_id as "runId",
            to_char(matched_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "matchedAt", residual_type as "residualType",
            residual_account as "residualAccount", residual_minor as "residualMinor", decided_by as "decidedBy",
            to_char(decided_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "decidedAt", decided_because as "decidedBecause",
            closed_in_run as "closedInRun"
     from tieout.match_told
     where book_id = $1::bigint and group_id = $2::uuid`,
    [bookId, groupId],
  );
  return group;
}

async function readMembers(tx: Tx, bookId: bigint, groupId: string): Promise<MatchMember[]> {
  return await tx.query<MatchMember>(
    `select member_no as "memberNo", file_no as "fileNo", ordinal, item_id as "itemId",
            item_account_id as "itemAccountId", is_live as "isLive"
     from tieout.match_member
     where book_id = $1::bigint and group_id = $2::uuid
     order by member_no`,
    [bookId, groupId],
  );
}

async function readAllocations(tx: Tx, bookId: bigint, groupId: string): Promise<Allocation[]> {
  return await tx.query<Allocation>(
    `select file_no as "fileNo", ordinal, item_id as "itemId", amount_minor as "amountMinor"
     from tieout.match_allocation
     where book_id = $1::bigint and group_id = $2::uuid
     order by allocation_no`,
    [bookId, groupId],
  );
}

function entryOf({ fileNo, ordinal }: MatchMember): EntryPlace[] {
  return fileNo === null || ordinal === null ? [] : [{ fileNo, ordinal }];
}

function itemOf({ itemId, itemAccountId }: MatchMember) {
  return itemId === null || itemAccountId === null ? [] : [{ itemId, accountId: itemAccountId }];
}

/** Of one entry and one item the pair; of several, each member that holds both. */
function vectorsOf(
  { pack, rule }: StoredRule,
  facts: Pick<ExplainedMatch, 'members' | 'entries' | 'items'> & { readonly calendars: Calendars },
): PairVector[] {
  const { members, entries, items, calendars } = facts;
  const pairs: readonly (readonly [EntryRow | undefined, ItemRow | undefined])[] =
    entries.length === 1 && items.length === 1
      ? [[entries[0], items[0]]]
      : members.map(({ fileNo, ordinal, itemId }) => [
          entries.find((entry) => entry.fileNo === fileNo && entry.ordinal === ordinal),
          items.find((item) => item.itemId === itemId),
        ]);
  return pairs.flatMap(([entry, item]) => {
    if (entry === undefined || item === undefined) return [];
    const pair = { left: entryFields(entry), right: itemFields(item), calendars };
    return [
      {
        fileNo: entry.fileNo,
        ordinal: entry.ordinal,
        itemId: item.itemId,
        vector: evaluateRule(pack, rule, pair),
      },
    ];
  });
}

/** What happened to a group, from the group itself and from the acts upon it. */
async function historyOf(tx: Tx, bookId: bigint, group: MatchGroup): Promise<MatchEvent[]> {
  const acts = await tx.query<MatchEvent>(
    `select to_char(happened_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, action as what, actor as by, reason as because,
            null::bigint as "runId"
     from tieout.audit_event
     where book_id = $1::bigint and object_type in ('match', 'match_told') and object_id = $2
     order by happened_at, event_id`,
    [bookId, group.groupId],
  );
  const made: MatchEvent = {
    at: group.matchedAt,
    what: wasSuggested(group) ? 'suggested' : 'confirmed',
    by: group.certificate === 'BY_HAND' ? group.decidedBy : group.rule,
    because: null,
    runId: group.runId,
  };
  const decided: MatchEvent = {
    at: group.decidedAt,
    what: group.status,
    by: group.decidedBy,
    because: group.decidedBecause,
    runId: group.closedInRun,
  };
  const isTold = acts.some(({ at, by }) => at === decided.at && by === decided.by);
  return group.decidedBy === null || isTold ? [made, ...acts] : [made, ...acts, decided];
}

/** Whether somebody had to decide: what is tied with certainty is confirmed by its rule. */
function wasSuggested({ status, certificate, decidedBy }: MatchGroup): boolean {
  if (certificate === 'BY_HAND') return false;
  return (
    status === 'suggested' ||
    status === 'rejected' ||
    (status === 'confirmed' && decidedBy !== null)
  );
}

/** The groups an entry has ever been the first member of, the live one first. */
export async function groupsOfEntry(
  tx: Tx,
  bookId: bigint,
  { fileNo, ordinal }: EntryPlace,
): Promise<{ readonly groupId: string; readonly status: string }[]> {
  return await tx.query(GROUPS_OF_ENTRY, [bookId, fileNo, ordinal]);
}
