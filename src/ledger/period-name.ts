import {
  type BusinessDate,
  businessDateOf,
  dayNumber,
  daysInMonth,
  parseBusinessDate,
} from '../business-date.ts';

/** Days that are closed together, both ends included, under one name. */
export interface PeriodDays {
  readonly name: string;
  readonly startsOn: BusinessDate;
  readonly endsOn: BusinessDate;
}

/**
 * Reads a period: a month `YYYY-MM`, a year `YYYY`, or days `YYYY-MM-DD..YYYY-MM-DD`; `undefined` for anything else.
 *
 * What was read is its name.
 */
export function parsePeriod(text: string): PeriodDays | undefined {
  const [, year, month] = /^(\d{4})(?:-(\d{2}))?$/.exec(text) ?? [];
  if (year !== undefined) return calendarPeriod(text, Number(year), month);
  const [startsOn, endsOn, ...rest] = text.split('..').map(parseBusinessDate);
  if (startsOn === undefined || endsOn === undefined || rest.length > 0) return undefined;
  return startsOn <= endsOn ? { name: text, startsOn, endsOn } : undefined;
}

function calendarPeriod(name: string, year: number, month?: string): PeriodDays | undefined {
  const [first, last] = month === undefined ? [1, 12] : [Number(month), Number(month)];
  const startsOn = businessDateOf(year, first, 1);
  const endsOn = businessDateOf(year, last, daysInMonth(year, last));
  return startsOn === undefined || endsOn === undefined ? undefined : { name, startsOn, endsOn };
}

/** Whether two periods have a day in common. */
export function doOverlap(one: PeriodDays, other: PeriodDays): boolean {
  return one.startsOn <= other.endsOn && other.startsOn <= one.endsOn;
}

/** Whether the second period begins on the day after the first. */
export function isFollowedBy(one: PeriodDays, other: PeriodDays): boolean {
  return dayNumber(one.endsOn) + 1 === dayNumber(other.startsOn);
}
