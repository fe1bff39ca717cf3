import { type BusinessDate, dayNumber } from '../business-date.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import {
  type Calendars,
  evaluateRule,
  failing,
  isNamed,
  type VectorEntry,
} from './explain/evaluate.ts';
import { type EntryRow, entryFields, type ItemRow, itemFields } from './explain/field-values.ts';
import { matchKey, matchToken } from './explain/normalise.ts';
import { readEntries, readOpenItems } from './explain/read-fields.ts';
import { type Context, type Rule, type RulePack, ruleVersion } from './rules/rule.ts';

/** What the nearest candidates are judged by. */
export interface NearOptions {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly packs: readonly RulePack[];
  readonly calendars: Calendars;
  /** At most so many entries and so many items are looked at; 500 when absent. */
  readonly subjects?: number;
}

/** How many open entries and items were looked at, and how many candidates were kept for them. */
export interface NearOutcome {
  readonly subjects: number;
  readonly candidates: number;
}

/** At most so many candidates are kept for one subject. */
const NEAREST = 5;
const SUBJECTS = 500;

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);
const NEAR_SUBJECTS = step('near/10_subjects.sql');
const NEAR_ITEMS = step('near/20_items.sql');
const NEAR_ENTRIES = step('near/30_entries.sql');
const FORGET_NEAR = step('near/40_forget.sql');

interface Subject {
  readonly subject: 'entry' | 'item';
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
}

interface Found {
  readonly subjectNo: number;
  /** By a name they share, and not by the amount alone. */
  readonly isNamed: boolean;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
}

interface Candidate {
  readonly subject: 'entry' | 'item';
  readonly entry: EntryRow;
  readonly item: ItemRow;
  readonly rule: string;
  /** Of the rule: a smaller one is the more precise. */
  readonly priority: number;
  readonly vector: readonly VectorEntry[];
}

/**
 * Keeps, for what is open with an exception, the nearest candidates with every condition of the rule that misses least.
 *
 * The most severe and largest subjects first, up to a bound; what an earlier run said of the same subject is replaced, and what
 * is no longer open on either side is forgotten. The cost follows what is open.
 */
export async function storeNearest(tx: Tx, options: NearOptions): Promise<NearOutcome> {
  const { bookId, subjects: bound = SUBJECTS } = options;
  const subjects = await tx.query<Subject>(NEAR_SUBJECTS, [bookId, bound]);
  const entries = subjects.filter(({ subject }) => subject === 'entry');
  const items = subjects.filter(({ subject }) => subject === 'item');
  await tx.execute(FORGET_NEAR, [
    bookId,
    entries.map(({ fileNo }) => fileNo),
    entries.map(({ ordinal }) => ordinal),
    items.map(({ itemId }) => itemId),
  ]);
  const names: Names = new Map();
  const candidates = [
    ...(await nearItems(tx, entries, { ...options, names })),
    ...(await nearEntries(tx, items, { ...options, names })),
  ];
  await insertNear(tx, candidates, options);
  return { subjects: subjects.length, candidates: candidates.length };
}

/** By the place of an entry, what it names; `null` for nothing. Entries that were not looked at are not there. */
type Names = Map<string, string | null>;

type Judging = NearOptions & { readonly names: Names };

async function nearItems(
  tx: Tx,
  subjects: readonly Subject[],
  options: Judging,
): Promise<Candidate[]> {
  const entries = await readEntries(tx, options.bookId, subjects.map(placeOf));
  const found = await search(tx, NEAR_ITEMS, options.bookId, entries.map(soughtOfEntry));
  const items = await readOpenItems(
    tx,
    options.bookId,
    found.map(({ itemId }) => itemId ?? ''),
  );
  const byId = new Map(items.map((item) => [item.itemId, item]));
  const bySubject = grouped(found);
  return entries.flatMap((entry, at) => {
    const near = (bySubject.get(at) ?? []).flatMap((one) => {
      const item = byId.get(one.itemId ?? '');
      return item === undefined || !(one.isNamed || isOneDirection(entry, item)) ? [] : [item];
    });
    options.names.set(entryKey(entry), namedBy(entry, near, options));
    return nearest(near.flatMap((item) => judged('entry', entry, item, options)));
  });
}

function grouped(found: readonly Found[]): ReadonlyMap<number, Found[]> {
  const bySubject = new Map<number, Found[]>();
  for (const one of found) {
    const near = bySubject.get(one.subjectNo);
    if (near === undefined) bySubject.set(one.subjectNo, [one]);
    else near.push(one);
  }
  return bySubject;
}

function entryKey({ fileNo, ordinal }: EntryRow): string {
  return `${fileNo}:${ordinal}`;
}

/** The first of the items that an entry names, by the packs that speak of such pairs. */
function namedBy(entry: EntryRow, items: readonly ItemRow[], options: Judging): string | null {
  const { packs, calendars } = options;
  const ways = packs.filter(({ context }) => context === CONTEXT[entry.role]);
  const named = items.find((item) => {
    const pair = { left: entryFields(entry), right: itemFields(item), calendars };
    return ways.some((pack) => isNamed(pack, pair));
  });
  return named === undefined ? null : (named.reference ?? named.itemId);
}

async function nearEntries(
  tx: Tx,
  subjects: readonly Subject[],
  options: Judging,
): Promise<Candidate[]> {
  const items = await readOpenItems(
    tx,
    options.bookId,
    subjects.map(({ itemId }) => itemId ?? ''),
  );
  const found = await search(tx, NEAR_ENTRIES, options.bookId, items.map(soughtOfItem));
  const entries = await readEntries(tx, options.bookId, found.map(placeOf));
  const byPlace = new Map(entries.map((entry) => [entryKey(entry), entry]));
  const bySubject = grouped(found);
  return items.flatMap((item, at) => {
    const near = bySubject.get(at) ?? [];
    return nearest(
      near.flatMap(({ fileNo, ordinal, isNamed }) => {
        const entry = byPlace.get(`${fileNo}:${ordinal}`);
        if (entry === undefined || !(isNamed || isOneDirection(entry, item))) return [];
        return judged('item', entry, item, options);
      }),
    );
  });
}

/** Money in beside money out is near only where they share a name. */
function isOneDirection(entry: EntryRow, item: ItemRow): boolean {
  return entry.amountMinor < 0n === item.amountMinor < 0n;
}

function placeOf({ fileNo, ordinal }: Pick<Subject, 'fileNo' | 'ordinal'>) {
  return { fileNo: fileNo ?? 0n, ordinal: ordinal ?? 0n };
}

/** By which names and at which amount and day a subject's candidates are looked for. */
interface Sought {
  readonly side: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly day: BusinessDate | null;
  readonly names: readonly (string | null | undefined)[];
}

function soughtOfEntry(entry: EntryRow): Sought {
  const { role, reference, externalId, originalReference, narrative } = entry;
  const names = [reference, externalId, originalReference];
  const words = [reference, externalId, narrative].flatMap((text) => wordsOf(text ?? ''));
  return {
    side: role === 'processor' ? (entry.account ?? '') : 'bank',
    currency: entry.currency,
    amountMinor: entry.amountMinor,
    day: entry.bookingDate ?? entry.valueDate,
    names: role === 'processor' ? names : [...names, ...words],
  };
}

function soughtOfItem(item: ItemRow): Sought {
  const { reference, paymentId } = item;
  const isOfBank = !item.account.startsWith('assets:receivable:');
  const words = reference === null || !isOfBank ? [] : [matchToken(reference), matchKey(reference)];
  return {
    side: isOfBank ? 'bank' : item.account,
    currency: item.currency,
    amountMinor: item.amountMinor,
    day: item.effectiveDate,
    names: [reference, paymentId, ...words],
  };
}

/** Words that could name something: four characters or more with a digit. */
function wordsOf(text: string): string[] {
  const words = text.toUpperCase().match(/[A-Z0-9]{4,}/g) ?? [];
  return words.filter((word) => /\d/.test(word)).slice(0, MOST_WORDS);
}

/** A narrative is short; one that is not would ask for half of what is open. */
const MOST_WORDS = 20;

async function search(
  tx: Tx,
  sql: string,
  bookId: bigint,
  subjects: readonly Sought[],
): Promise<Found[]> {
  const wanted = subjects.flatMap((sought, at) => {
    const { side, currency, amountMinor, day, names } = sought;
    const keys = new Set(names.flatMap((name) => (name ? [name.toUpperCase()] : [])));
    return [
      { at, scope: `${side}|${currency}`, key: '', amountMinor, day },
      ...Array.from(keys, (key) => ({ at, scope: side, key, amountMinor, day })),
    ];
  });
  if (wanted.length === 0) return [];
  return await tx.query<Found>(sql, [
    bookId,
    wanted.map(({ at }) => at),
    wanted.map(({ scope }) => scope),
    wanted.map(({ key }) => key),
    wanted.map(({ amountMinor }) => amountMinor),
    wanted.map(({ day }) => day),
    [...new Set(wanted.map(({ key }) => key))].filter((key) => key !== ''),
  ]);
}

const CONTEXT: Readonly<Record<EntryRow['role'], Context>> = {
  processor: 'line-to-item',
  bank: 'bank-to-item',
};

/** The pair under the rule that misses least; nothing where no pack speaks of such pairs. */
function judged(
  subject: Candidate['subject'],
  entry: EntryRow,
  item: ItemRow,
  { packs, calendars, names }: Judging,
): Candidate[] {
  const named = names.get(entryKey(entry));
  const pair = {
    left: entryFields(entry),
    right: itemFields(item),
    calendars,
    ...(named === undefined ? {} : { names: named }),
  };
  const ways = packs
    .filter(({ context }) => context === CONTEXT[entry.role])
    .flatMap((pack) =>
      pack.rules.filter(isOfPairs).map((rule) => ({
        subject,
        entry,
        item,
        rule: ruleVersion(pack, rule),
        vector: evaluateRule(pack, rule, pair),
        priority: rule.priority,
      })),
    );
  const [best] = ways.sort(byMisses);
  return best === undefined ? [] : [best];
}

/** One entry and one item: of groups of several, two members alone tell nothing. */
function isOfPairs({ cardinality, retired }: Rule): boolean {
  return cardinality === '1:1' && !retired;
}

/** Fewest conditions missed, then fewest that no wider bound would mend, then the more precise rule. */
function byMisses(one: Candidate, other: Candidate): number {
  return (
    missed(one) - missed(other) ||
    beyondMending(one) - beyondMending(other) ||
    one.priority - other.priority
  );
}

/** The nearest, nearest first: what it misses, then amount, then day, then id. */
function nearest(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates]
    .sort(
      (one, other) =>
        byMisses(one, other) ||
        compare(amountApart(one), amountApart(other)) ||
        daysApart(one) - daysApart(other) ||
        compare(one.entry.fileNo, other.entry.fileNo) ||
        compare(one.entry.ordinal, other.entry.ordinal) ||
        compare(one.item.itemId, other.item.itemId),
    )
    .slice(0, NEAREST);
}

function missed({ vector }: Candidate): number {
  return failing(vector).length;
}

function beyondMending({ vector }: Candidate): number {
  return failing(vector).filter(({ change }) => change === undefined).length;
}

function amountApart({ entry, item }: Candidate): bigint {
  const apart = entry.amountMinor - item.amountMinor;
  return apart < 0n ? -apart : apart;
}

function daysApart({ entry, item }: Candidate): number {
  const day = entry.bookingDate ?? entry.valueDate;
  return day === null ? 0 : Math.abs(dayNumber(day) - dayNumber(item.effectiveDate));
}

function compare<T extends bigint | string>(one: T, other: T): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

async function insertNear(
  tx: Tx,
  candidates: readonly Candidate[],
  { bookId, runId }: NearOptions,
): Promise<void> {
  const ranks = ranksOf(candidates);
  await tx.execute(
    `insert into tieout.match_near (book_id, subject, file_no, ordinal, item_id, rank, rule, run_id, predicates)
     select $1::bigint, near.subject, near.file_no, near.ordinal, near.item_id, near.rank, near.rule, $2::bigint,
            near.predicates::jsonb
     from unnest($3::text[], $4::bigint[], $5::bigint[], $6::uuid[], $7::int[], $8::text[], $9::text[])
       as near (subject, file_no, ordinal, item_id, rank, rule, predicates)`,
    [
      bookId,
      runId,
      candidates.map(({ subject }) => subject),
      candidates.map(({ entry }) => entry.fileNo),
      candidates.map(({ entry }) => entry.ordinal),
      candidates.map(({ item }) => item.itemId),
      ranks,
      candidates.map(({ rule }) => rule),
      candidates.map(({ vector }) => JSON.stringify(vector)),
    ],
  );
}

/** 1, 2, 3… within each subject, in their order. */
function ranksOf(candidates: readonly Candidate[]): number[] {
  const seen = new Map<string, number>();
  return candidates.map(({ subject, entry, item }) => {
    const id = subject === 'entry' ? `${entry.fileNo}:${entry.ordinal}` : item.itemId;
    const rank = (seen.get(id) ?? 0) + 1;
    seen.set(id, rank);
    return rank;
  });
}
