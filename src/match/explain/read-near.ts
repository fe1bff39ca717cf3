import type { Tx } from '../../db/db.ts';
import type { BoundChange, VectorEntry } from './evaluate.ts';
import { failing } from './evaluate.ts';
import type { EntryRow, ItemRow } from './field-values.ts';
import { type EntryPlace, readEntries, readOpenItems } from './read-fields.ts';

/** A candidate as the last run kept it, with the other side as it is. */
export interface NearCandidate {
  readonly rank: number;
  readonly rule: string;
  readonly runId: bigint;
  readonly entry: EntryRow;
  readonly item: ItemRow;
  readonly vector: readonly VectorEntry[];
}

/** What would have to change in a rule for a pair to tie, and how many other pairs that would touch. */
export interface RuleChange {
  readonly rule: string;
  readonly rank: number;
  readonly changes: readonly (BoundChange & { readonly predicate: string })[];
  /** Counted among the nearest candidates that runs have kept of what is open now. */
  readonly otherPairs: bigint;
}

interface StoredNear {
  readonly rank: number;
  readonly rule: string;
  readonly runId: bigint;
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly itemId: string;
  readonly predicates: readonly VectorEntry[];
}

/** The nearest candidates of an open entry, or of an open item, nearest first. */
export async function readNear(
  tx: Tx,
  bookId: bigint,
  subject: EntryPlace | { readonly itemId: string },
): Promise<NearCandidate[]> {
  const isItem = 'itemId' in subject;
  const stored = await tx.query<StoredNear>(
    `select rank, rule, run_id as "runId", file_no as "fileNo", ordinal, item_id as "itemId", predicates
     from tieout.match_near
     where book_id = $1::bigint
       and ((subject = 'item' and item_id = $2::uuid)
         or (subject = 'entry' and file_no = $3::bigint and ordinal = $4::bigint))
     order by rank`,
    [
      bookId,
      isItem ? subject.itemId : null,
      isItem ? null : subject.fileNo,
      isItem ? null : subject.ordinal,
    ],
  );
  const entries = await readEntries(tx, bookId, stored);
  const items = await readOpenItems(
    tx,
    bookId,
    stored.map(({ itemId }) => itemId),
  );
  return stored.flatMap(({ rank, rule, runId, fileNo, ordinal, itemId, predicates }) => {
    const entry = entries.find((one) => one.fileNo === fileNo && one.ordinal === ordinal);
    const item = items.find((one) => one.itemId === itemId);
    if (entry === undefined || item === undefined) return [];
    return [{ rank, rule, runId, entry, item, vector: predicates }];
  });
}

/** The change of the fewest bounds that would tie one of the candidates; `undefined` where no bound would. */
export async function smallestChange(
  tx: Tx,
  bookId: bigint,
  near: readonly NearCandidate[],
): Promise<RuleChange | undefined> {
  const [best] = near
    .flatMap((candidate) => {
      const missed = failing(candidate.vector);
      const changes = missed.flatMap(({ predicate, change }) =>
        change === undefined ? [] : [{ predicate, ...change }],
      );
      return missed.length > 0 && changes.length === missed.length ? [{ candidate, changes }] : [];
    })
    .sort(
      (one, other) =>
        one.changes.length - other.changes.length || one.candidate.rank - other.candidate.rank,
    );
  if (best === undefined) return undefined;
  const { candidate, changes } = best;
  const otherPairs = await countTouched(tx, bookId, candidate, changes);
  return { rule: candidate.rule, rank: candidate.rank, changes, otherPairs };
}

/** Other open pairs of the same rule that miss nothing but what the changes would allow. */
async function countTouched(
  tx: Tx,
  bookId: bigint,
  { rule, entry, item }: NearCandidate,
  changes: RuleChange['changes'],
): Promise<bigint> {
  const [counted] = await tx.query<{ pairs: bigint }>(
    `select count(distinct (file_no, ordinal, item_id)) as pairs
     from tieout.match_near
     where book_id = $1::bigint and rule = $2
       and (file_no, ordinal, item_id) <> ($3::bigint, $4::bigint, $5::uuid)
       and exists (select from jsonb_array_elements(predicates) part (content) where content @> '{"holds": false}')
       and not exists (
         select from jsonb_array_elements(predicates) part (content)
         where content @> '{"holds": false}'
           and not exists (
             select
             from unnest($6::text[], $7::text[], $8::numeric[], $9::text[]) as change (predicate, parameter, size, currency)
             where change.predicate = content ->> 'predicate'
               and change.parameter = content #>> '{change,parameter}'
               and change.size >= (content #>> '{change,size}')::numeric
               and change.currency is not distinct from content #>> '{change,currency}'
           )
       )`,
    [
      bookId,
      rule,
      entry.fileNo,
      entry.ordinal,
      item.itemId,
      changes.map(({ predicate }) => predicate),
      changes.map(({ parameter }) => parameter),
      changes.map(({ size }) => size),
      changes.map(({ currency }) => currency),
    ],
  );
  return counted?.pairs ?? 0n;
}
