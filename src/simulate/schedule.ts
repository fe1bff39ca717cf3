import type { BusinessDate } from '../business-date.ts';
import { isBusinessDay, plusBusinessDays, plusDays } from './calendar.ts';
import { CHANNELS, type Channel } from './channel.ts';
import type { Dice } from './dice.ts';

/** Worlds begin on a Monday before a holiday: Easter, Labour Day, and Christmas with the turn of the year. */
const STARTS = ['2026-03-30', '2026-04-27', '2025-12-22', '2025-04-14'].map(
  (day) => day as BusinessDate,
);
const CAPTURE_DAYS = 12;
/** What a day without business counts of one with it, in tenths. */
const BUSY = 10;
const QUIET = 6;

/** Payments of one channel and day. */
export interface Portion {
  readonly day: BusinessDate;
  readonly channel: Channel;
  readonly payments: number;
}

/** When what happens in a world: twelve days of payments, and as many nights as it takes until all is paid. */
export class Schedule {
  readonly portions: readonly Portion[];
  readonly #start: BusinessDate;

  constructor(dice: Dice, payments: number) {
    this.#start = dice.oneOf(STARTS);
    this.portions = portionsOf(this.#start, payments);
  }

  /** The business date of a night, counted from 1. */
  dateOf(night: number): BusinessDate {
    return plusBusinessDays(this.#start, night - 1);
  }

  /** The night of a business date, counted from 1. */
  nightOf(date: BusinessDate): number {
    let night = 1;
    while (this.dateOf(night) < date) night += 1;
    return night;
  }

  /** What is captured since the night before, up to this one. */
  portionsFor(night: number): readonly Portion[] {
    const [until, after] = [this.dateOf(night), night === 1 ? '' : this.dateOf(night - 1)];
    return this.portions.filter(({ day }) => day <= until && day > after);
  }
}

/** Spreads payments over days and channels by weight; the shares sum to the whole. */
function portionsOf(start: BusinessDate, payments: number): Portion[] {
  const weighed = Array.from({ length: CAPTURE_DAYS }, (_, place) =>
    plusDays(start, place),
  ).flatMap((day) =>
    CHANNELS.map((channel) => ({
      day,
      channel,
      weight: channel.percent * (isBusinessDay(day) ? BUSY : QUIET),
    })),
  );
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  return weighed.map(({ day, channel, weight }) => {
    const from = Math.floor((payments * before) / total);
    before += weight;
    return { day, channel, payments: Math.floor((payments * before) / total) - from };
  });
}
