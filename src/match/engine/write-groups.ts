import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';
import { allocationsOf, type FoundGroup, groupIdOf, membersOf, residualOf } from './found-group.ts';

const GROUPS = sqlFile(import.meta.url, '../sql/34_write_groups.sql');
const MEMBERS = sqlFile(import.meta.url, '../sql/35_write_members.sql');
const ALLOCATIONS = sqlFile(import.meta.url, '../sql/36_write_allocations.sql');

/**
 * Writes groups with their members and the parts of them; returns the ids of those that are new.
 *
 * A suggestion that was made before is not made again. An entry or item that another live group holds breaks a unique index.
 */
export async function writeGroups(
  tx: Tx,
  groups: readonly FoundGroup[],
  options: { readonly bookId: bigint; readonly runId: bigint; readonly now: Date },
): Promise<ReadonlySet<string>> {
  if (groups.length === 0) return new Set();
  const { bookId, runId } = options;
  const ids = new Map(groups.map((group) => [groupIdOf(group), group] as const));
  const all = [...ids];
  const inserted = await tx.query<{ groupId: string }>(GROUPS, [
    bookId,
    runId,
    options.now.toISOString(),
    all.map(([id]) => id),
    all.map(([, { level }]) => level),
    all.map(([, { rule }]) => rule),
    all.map(([, { certificate }]) => certificate),
    all.map(([, { alternatives }]) => alternatives),
    all.map(([, { status }]) => status),
    all.map(([, group]) => (residualOf(group) === 0n ? null : (group.residual?.type ?? null))),
    all.map(([, group]) => (residualOf(group) === 0n ? null : (group.residual?.account ?? null))),
    all.map(([, group]) => (residualOf(group) === 0n ? null : residualOf(group))),
    all.map(([, { decision }]) => decision?.by ?? null),
    all.map(([, { decision }]) => decision?.because ?? null),
  ]);
  const isNew = new Set(inserted.map(({ groupId }) => groupId));
  const fresh = all.filter(([id]) => isNew.has(id));
  const members = fresh.flatMap(([id, group]) =>
    membersOf(group).map((member, place) => ({ id, place: place + 1, group, ...member })),
  );
  await tx.execute(MEMBERS, [
    bookId,
    runId,
    members.map(({ id }) => id),
    members.map(({ place }) => place),
    members.map(({ entry }) => entry?.fileNo ?? null),
    members.map(({ entry }) => entry?.ordinal ?? null),
    members.map(({ itemId }) => itemId),
    members.map(({ group }) => group.status === 'confirmed'),
  ]);
  const parts = fresh.flatMap(([id, group]) =>
    allocationsOf(group).map((part, place) => ({ id, place: place + 1, ...part })),
  );
  await tx.execute(ALLOCATIONS, [
    bookId,
    parts.map(({ id }) => id),
    parts.map(({ place }) => place),
    parts.map(({ entry }) => entry?.fileNo ?? null),
    parts.map(({ entry }) => entry?.ordinal ?? null),
    parts.map(({ itemId }) => itemId),
    parts.map(({ amountMinor }) => amountMinor),
  ]);
  return isNew;
}
