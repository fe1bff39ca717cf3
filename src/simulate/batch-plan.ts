import type { BusinessDate } from '../business-date.ts';
import { isHoliday, plusBusinessDays, plusDays } from './calendar.ts';
import { CHANNELS, type Channel } from './channel.ts';
import type { Dice } from './dice.ts';
import type { Schedule } from './schedule.ts';
import { BATCH_BREAKS, type BatchBreak, RESTATED_REPORTS, type RestatedReport } from './truth.ts';

/** A settlement batch before anything is in it. */
export interface PlannedBatch {
  readonly channel: Channel;
  /** Adyen's batch number, or Stripe's payout. */
  readonly batch: string;
  /** What the processor and the bank call its payout. */
  readonly payoutText: string;
  readonly settleDay: BusinessDate;
  /** The day the bank books the payout, when nothing comes between. */
  readonly payDay: BusinessDate;
  /** How many payments are settled in it. */
  readonly payments: number;
  /** Its place among the batches of its channel. */
  readonly place: number;
  readonly breakKind: BatchBreak | null;
  /** The night its report is delivered, and that of the correction. */
  readonly night: number;
  /** The batch of the channel that is settled after it. */
  readonly next: PlannedBatch | null;
  /** The earlier batch whose payout comes with this one's. */
  readonly mergedWith: PlannedBatch | null;
}

type Draft = { -readonly [Field in keyof PlannedBatch]: PlannedBatch[Field] };

/** A batch of fewer payments is left alone: what is done to it could not be told from its next line. */
const LEAST_PAYMENTS = 3;
const MERGED = ['merged_payout_named', 'merged_payout_unnamed'];

/** A batch whose report is told twice. */
export type RestatedBatch = PlannedBatch & { readonly breakKind: RestatedReport };

/** Whether the report of the batch is told twice. */
export function isRestated(batch: PlannedBatch): batch is RestatedBatch {
  return RESTATED_REPORTS.some((kind) => kind === batch.breakKind);
}

/** All batches of a world in the order of days, and what is broken about which. */
export function planBatches(
  schedule: Schedule,
  options: { readonly dice: Dice; readonly rate: number; readonly withRestatements: boolean },
): readonly PlannedBatch[] {
  const batches = CHANNELS.flatMap((channel) => batchesOf(channel, schedule, options.dice));
  if (options.rate > 0) breakSome(batches, options);
  for (const batch of batches) {
    batch.night = schedule.nightOf(batch.settleDay);
    if (batch.breakKind === 'late_report') batch.night += options.dice.whole(1, 2);
  }
  return batches.sort((left, right) => (left.settleDay < right.settleDay ? -1 : 1));
}

function batchesOf(channel: Channel, schedule: Schedule, dice: Dice): Draft[] {
  const payments = new Map<BusinessDate, number>();
  for (const portion of schedule.portions) {
    if (portion.channel !== channel || portion.payments === 0) continue;
    const day = plusBusinessDays(portion.day, channel.settlesAfter);
    payments.set(day, (payments.get(day) ?? 0) + portion.payments);
  }
  const drafts = Array.from(payments, ([settleDay, count], place) =>
    draftOf({ channel, place, settleDay, payments: count }, dice),
  );
  drafts.forEach((draft, place) => {
    draft.next = drafts[place + 1] ?? null;
  });
  return drafts;
}

function draftOf(
  given: Pick<PlannedBatch, 'channel' | 'place' | 'settleDay' | 'payments'>,
  dice: Dice,
): Draft {
  const { channel, place, settleDay } = given;
  const number = channel.firstBatch + place;
  const isAdyen = channel.processor === 'adyen';
  const tail = dice.whole(100, 999);
  const payout = `po_1${channel.currency}${tail}Kt${String(number).padStart(6, '0')}`;
  return {
    ...given,
    batch: isAdyen ? `${number}` : payout,
    payoutText: isAdyen
      ? `TX${tail}${String(number).padStart(6, '0')}XT batch ${number}, ${channel.merchantAccount}`
      : payout,
    payDay: channel.paysAfter === 0 ? settleDay : plusBusinessDays(settleDay, channel.paysAfter),
    breakKind: null,
    night: 0,
    next: null,
    mergedWith: null,
  };
}

/** Breaks so many batches of each kind as the rate says, one at least; a third of them stays whole. */
function breakSome(
  drafts: readonly Draft[],
  { dice, rate, withRestatements }: Parameters<typeof planBatches>[1],
): void {
  const kinds = dice.shuffled([...BATCH_BREAKS, ...(withRestatements ? RESTATED_REPORTS : [])]);
  // The narrowest first: only few days have a weekend or a holiday behind them.
  kinds.sort((left, right) => rank(left) - rank(right));
  const rounds = Math.max(1, Math.round(rate * drafts.length));
  const touched = new Set<Draft>();
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) {
      if (touched.size > (drafts.length * 2) / 3) return;
      const free = drafts.filter((draft) => !touched.has(draft) && fits(draft, kind, touched));
      if (free.length === 0) continue;
      const draft = dice.oneOf(free);
      draft.breakKind = kind;
      touched.add(draft);
      if (MERGED.includes(kind)) mergeNext(draft, drafts, touched);
    }
  }
}

function rank(kind: BatchBreak): number {
  if (kind === 'weekend' || kind === 'holiday') return 0;
  return MERGED.includes(kind) || kind.startsWith('restated') ? 1 : 2;
}

function fits(draft: Draft, kind: BatchBreak, touched: ReadonlySet<unknown>): boolean {
  if (draft.payments < LEAST_PAYMENTS) return false;
  if (kind === 'weekend') return behind(draft) === 'weekend';
  if (kind === 'holiday') return behind(draft) === 'holiday';
  if (kind.startsWith('restated')) return draft.channel.processor === 'adyen';
  if (!MERGED.includes(kind)) return true;
  return draft.next !== null && draft.next.payments >= LEAST_PAYMENTS && !touched.has(draft.next);
}

function mergeNext(draft: Draft, drafts: readonly Draft[], touched: Set<Draft>): void {
  const next = drafts.find((candidate) => candidate === draft.next);
  if (next === undefined) return;
  next.mergedWith = draft;
  touched.add(next);
}

/** What lies between the day of the payout and the business day after it. */
function behind({ payDay }: Draft): 'holiday' | 'weekend' | 'nothing' {
  const next = plusBusinessDays(payDay, 1);
  const between: BusinessDate[] = [];
  for (let day = plusDays(payDay, 1); day < next; day = plusDays(day, 1)) between.push(day);
  if (between.some(isHoliday)) return 'holiday';
  return between.length > 0 ? 'weekend' : 'nothing';
}
