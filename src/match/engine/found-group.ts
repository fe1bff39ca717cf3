import { sha256Hex, uuidFrom } from '../../ids.ts';
import { allocateParts } from '../allocation.ts';
import type { Certificate } from '../solver/component.ts';

/** An entry of a group: how it is named, and its signed amount in minor units. */
export interface EntryEnd {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly amountMinor: bigint;
  /** How many groups it was the first member of before. */
  readonly revision: number;
}

/** An open item of a group, with its signed amount in minor units. */
export interface ItemEnd {
  readonly itemId: string;
  readonly amountMinor: bigint;
}

/** What a rule, or a person, puts together. */
export interface FoundGroup {
  readonly level: number;
  /** `rule@version`, or `by-hand`. */
  readonly rule: string;
  readonly certificate: Certificate | 'BY_HAND';
  readonly alternatives: number;
  readonly status: 'confirmed' | 'suggested';
  readonly entries: readonly EntryEnd[];
  readonly items: readonly ItemEnd[];
  readonly residual?: { readonly type: string; readonly account: string };
  /** Of what a person puts together: the id, whose, and why. The id of what a rule finds follows from what is in it. */
  readonly decision?: { readonly groupId: string; readonly by: string; readonly because: string };
}

/** What the items sum to above the entries, minor units; 0 for entries that tie to each other. */
export function residualOf(group: FoundGroup): bigint {
  if (group.items.length === 0) return 0n;
  return sum(group.items) - sum(group.entries);
}

function sum(ends: readonly { readonly amountMinor: bigint }[]): bigint {
  return ends.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

/**
 * The id of a group: of its first entry, the level and how often that entry was tied before; of a suggestion, everything in
 * it, so that one that was rejected is not made again.
 */
export function groupIdOf(group: FoundGroup): string {
  if (group.decision !== undefined) return group.decision.groupId;
  const [first] = group.entries;
  if (first === undefined || group.status === 'suggested') {
    const members = [
      ...group.entries.map(({ fileNo, ordinal }) => `${fileNo}:${ordinal}`),
      ...group.items.map(({ itemId }) => itemId),
    ];
    return uuidFrom(
      sha256Hex(
        `match|${group.status}|${group.level}|${group.rule.split('@')[0]}|${members.join('|')}`,
      ),
    );
  }
  const hex = (value: bigint | number, digits: number) => value.toString(16).padStart(digits, '0');
  const text =
    hex(first.fileNo, 8) + hex(first.ordinal, 16) + hex(group.level + 16 * first.revision, 8);
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A row of match_member. */
export interface MemberRow {
  readonly entry: EntryEnd | null;
  readonly itemId: string | null;
}

/** The members of a group: one row for a pair, else a row for each end. */
export function membersOf(group: FoundGroup): MemberRow[] {
  const [entry] = group.entries;
  const [item] = group.items;
  if (isPair(group) && entry !== undefined && item !== undefined)
    return [{ entry, itemId: item.itemId }];
  return [
    ...group.entries.map((end) => ({ entry: end, itemId: null })),
    ...group.items.map(({ itemId }) => ({ entry: null, itemId })),
  ];
}

/** Whether one entry closes one item, to the minor unit. */
function isPair(group: FoundGroup): boolean {
  return group.entries.length === 1 && group.items.length === 1 && residualOf(group) === 0n;
}

/** A row of match_allocation: which part of an item an entry closes, or, without an entry, the residual. */
export interface AllocationRow {
  readonly entry: EntryEnd | null;
  readonly itemId: string;
  readonly amountMinor: bigint;
}

/** Which part of which item each entry of a group closes; the residual comes last, as if it were an entry. */
export function allocationsOf(group: FoundGroup): AllocationRow[] {
  if (isPair(group) || group.items.length === 0) return [];
  const closing = [
    ...group.entries.map((entry) => ({ entry, amountMinor: entry.amountMinor })),
    { entry: null, amountMinor: residualOf(group) },
  ].filter(({ amountMinor }) => amountMinor !== 0n);
  return allocateParts(closing, group.items).map(({ entry, item, amountMinor }) => ({
    entry: closing[entry]?.entry ?? null,
    itemId: (group.items[item] as ItemEnd).itemId,
    amountMinor,
  }));
}
