import { addBusinessDays, findCalendar } from '../../business-calendar.ts';
import type { BusinessDate } from '../../business-date.ts';
import { sha256Hex } from '../../ids.ts';
import { formatAmount } from '../../money.ts';
import type { Context } from '../rules/rule.ts';
import {
  isItemSide,
  type RowFields,
  type TrialEntry,
  type TrialItem,
  type TrialRows,
  trialEntry,
  trialItem,
} from './trial-rows.ts';

/** What is done to the evidence of a made-up world whose truth is known. */
export type MutationName =
  | 'nothing changed'
  | 'references stripped'
  | 'holidays crossed'
  | 'credits split'
  | 'amounts swapped'
  | 'amounts made equal'
  | 'fees injected';

/** Mutated rows with their truth: of each row on the left, the rows on the right that are its own. */
export interface MutatedWorld {
  readonly mutation: MutationName;
  readonly rows: TrialRows;
  readonly own: ReadonlyMap<string, readonly string[]>;
}

/** A pair of the world before it is read as rows: amounts in minor units of EUR. */
interface Pair {
  readonly left: Fields;
  readonly right: Fields;
}

interface Fields {
  readonly amountMinor: bigint;
  readonly date: string;
  readonly reference: string | null;
  readonly narrative: string | null;
}

/** A left row and the place of its own pair. */
interface Evidence extends Fields {
  readonly pair: number;
}

type Dice = (sides: number) => number;
type Mutate = (pairs: readonly Pair[], dice: Dice) => MutatedPairs;

interface MutatedPairs {
  readonly lefts: readonly Evidence[];
  readonly rights: readonly Fields[];
}

const FIRST_DAY = '2026-03-23' as BusinessDate;
const DAYS = 15;

const MUTATIONS: Readonly<Record<MutationName, Mutate>> = {
  'nothing changed': (pairs) => each(pairs, (left) => [left]),
  'references stripped': (pairs) =>
    each(pairs, (left) => [{ ...left, reference: null, narrative: 'PAYMENT' }]),
  // Up to eight business days late, past Easter.
  'holidays crossed': (pairs, dice) =>
    each(pairs, (left) => [
      { ...left, date: laterBy(left.date, dice(9)), reference: null, narrative: 'PAYMENT' },
    ]),
  'credits split': (pairs, dice) =>
    each(pairs, (left) => {
      const sign = left.amountMinor < 0n ? -1n : 1n;
      const part = BigInt(1 + dice(Number(left.amountMinor * sign) - 1)) * sign;
      return [
        { ...left, amountMinor: part },
        { ...left, amountMinor: left.amountMinor - part },
      ];
    }),
  'amounts swapped': (pairs) =>
    each(pairs, (left, place) => [
      { ...left, amountMinor: (pairs[neighbour(place, pairs.length)] as Pair).left.amountMinor },
    ]),
  'amounts made equal': (pairs) => {
    const alike = pairs.map((pair, place): Pair => {
      const { left, right } = pairs[place - (place % 2)] as Pair;
      return {
        left: { ...pair.left, amountMinor: left.amountMinor, reference: null, narrative: null },
        right: { ...pair.right, amountMinor: right.amountMinor },
      };
    });
    return each(alike, (left) => [left]);
  },
  'fees injected': (pairs, dice) =>
    each(pairs, (left) => {
      const sign = left.amountMinor < 0n ? -1n : 1n;
      return [{ ...left, amountMinor: left.amountMinor - sign * BigInt(1 + dice(2_000)) }];
    }),
};

function each(
  pairs: readonly Pair[],
  mutate: (left: Fields, place: number) => readonly Fields[],
): MutatedPairs {
  return {
    lefts: pairs.flatMap(({ left }, pair) => mutate(left, pair).map((one) => ({ ...one, pair }))),
    rights: pairs.map(({ right }) => right),
  };
}

/** The other one of two; the last of an odd number is its own. */
function neighbour(place: number, length: number): number {
  const other = place % 2 === 0 ? place + 1 : place - 1;
  return other < length ? other : place;
}

function laterBy(date: string, days: number): string {
  const calendar = findCalendar('TARGET2', new Map());
  const later =
    calendar === undefined ? undefined : addBusinessDays(calendar, date as BusinessDate, days);
  return later ?? date;
}

/** The world of a context under every mutation; the same one for the same seed. */
export function mutatedWorlds(
  context: Context,
  options: { readonly seed: number; readonly payments: number },
): readonly MutatedWorld[] {
  const pairs = worldOf(context, options);
  return (Object.keys(MUTATIONS) as MutationName[]).map((mutation) =>
    readWorld(context, mutation, MUTATIONS[mutation](pairs, diceOf(`${options.seed}|${mutation}`))),
  );
}

/** Pairs with names and amounts of their own, each on one of the days around Easter 2026. */
function worldOf(
  context: Context,
  { seed, payments }: { readonly seed: number; readonly payments: number },
): readonly Pair[] {
  const dice = diceOf(`${seed}|world`);
  return Array.from({ length: payments }, (_, place): Pair => {
    const booked = laterBy(FIRST_DAY, dice(DAYS));
    const amountMinor = BigInt(5_000 + dice(500_000));
    const reference = `PO${100_000 + place * 7}`;
    const side = { amountMinor, date: booked, reference, narrative: null };
    const left = { ...side, narrative: `payment ${reference}`, date: laterBy(booked, dice(2)) };
    return context === 'bank-to-bank'
      ? { left: { ...side, amountMinor: -amountMinor }, right: { ...left } }
      : { left, right: side };
  });
}

function readWorld(
  context: Context,
  mutation: MutationName,
  { lefts, rights }: MutatedPairs,
): MutatedWorld {
  const [left, right] = [
    { context, side: 'left' as const },
    { context, side: 'right' as const },
  ];
  const entries = lefts.map((row, place) => trialEntry(`left ${place}`, fieldsOf(row), left));
  const others = rights.map((row, place): TrialEntry | TrialItem => {
    const name = `right ${place}`;
    const fields = isItemSide(context, 'right')
      ? { ...fieldsOf(row), narrative: null }
      : fieldsOf(row);
    return isItemSide(context, 'right')
      ? trialItem(name, fields, right)
      : trialEntry(name, fields, right);
  });
  return {
    mutation,
    rows: {
      entries: [...entries, ...others.filter((row): row is TrialEntry => 'role' in row)],
      items: others.filter((row): row is TrialItem => 'itemId' in row),
    },
    own: new Map(lefts.map(({ pair }, place) => [`left ${place}`, [`right ${pair}`]])),
  };
}

function fieldsOf({ amountMinor, date, reference, narrative }: Fields): RowFields {
  return { currency: 'EUR', amount: formatAmount(amountMinor, 'EUR'), date, reference, narrative };
}

/** Numbers from 0 below `sides`, the same ones for the same text. */
function diceOf(text: string): Dice {
  let thrown = 0;
  return (sides) => {
    thrown += 1;
    return Number(BigInt(`0x${sha256Hex(`${text}|${thrown}`).slice(0, 12)}`) % BigInt(sides));
  };
}
