import {
  type BusinessDate,
  businessDateOf,
  type DayNumbering,
  dayNumber,
} from './business-date.ts';
import { nearestOf } from './schema-problem.ts';

/** Days of the week, Monday first, as calendars of the user's own name them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** On which days somebody works: banks of a country, a settlement system. */
export interface BusinessCalendar {
  readonly name: string;
  readonly weekend: ReadonlySet<Weekday>;
  /** Day numbers in ascending order, none of them at a weekend. */
  readonly holidays: readonly number[];
}

/** The calendar where nobody has said another one. */
export const WEEKEND_ONLY = 'weekend-only';

const SATURDAY_AND_SUNDAY: ReadonlySet<Weekday> = new Set(['sat', 'sun']);
// Holidays are reckoned for these years; before and after only weekends count.
const FIRST_YEAR = 2000;
const LAST_YEAR = 2199;

const BUILT_IN: Readonly<Record<string, () => BusinessCalendar>> = {
  [WEEKEND_ONLY]: weekendOnly,
  TARGET2: () => calendarFrom('TARGET2', SATURDAY_AND_SUNDAY, everyYear(targetHolidays)),
  UK: () => calendarFrom('UK', SATURDAY_AND_SUNDAY, everyYear(ukHolidays)),
  'US-FED': () => calendarFrom('US-FED', SATURDAY_AND_SUNDAY, everyYear(fedHolidays)),
  none: () => calendarFrom('none', new Set(), []),
};

const built = new Map<string, BusinessCalendar>();

/** The names of the calendars that need no configuration. */
export const BUILT_IN_CALENDARS: readonly string[] = Object.keys(BUILT_IN);

/** Why there is no calendar of this name; `undefined` when there is one. */
export function calendarProblem(name: string, own: readonly string[] = []): string | undefined {
  const known = [...BUILT_IN_CALENDARS, ...own];
  if (known.includes(name)) return undefined;
  return `"${name}" is no calendar; known are ${known.join(', ')}; did you mean "${nearestOf(name, known)}"?`;
}

/** A built-in calendar, or one of the user's own. */
export function findCalendar(
  name: string,
  own: ReadonlyMap<string, BusinessCalendar> = new Map(),
): BusinessCalendar | undefined {
  if (!Object.hasOwn(BUILT_IN, name)) return own.get(name);
  const calendar = built.get(name) ?? BUILT_IN[name]?.();
  if (calendar !== undefined) built.set(name, calendar);
  return calendar;
}

/** The calendar without holidays. */
export function weekendOnly(): BusinessCalendar {
  return calendarFrom(WEEKEND_ONLY, SATURDAY_AND_SUNDAY, []);
}

/** A calendar with more holidays than another one, or another weekend. */
export function calendarBasedOn(
  base: BusinessCalendar,
  own: {
    readonly name: string;
    readonly holidays: readonly BusinessDate[];
    readonly weekend?: readonly Weekday[];
  },
): BusinessCalendar {
  const weekend = own.weekend === undefined ? base.weekend : new Set(own.weekend);
  return calendarFrom(own.name, weekend, [...base.holidays, ...own.holidays.map(dayNumber)]);
}

function calendarFrom(
  name: string,
  weekend: ReadonlySet<Weekday>,
  days: readonly number[],
): BusinessCalendar {
  const holidays = [...new Set(days)].filter((day) => !weekend.has(weekdayOf(day)));
  return { name, weekend, holidays: holidays.sort((left, right) => left - right) };
}

/** Whether the day is neither at a weekend nor a holiday. */
export function isBusinessDay(calendar: BusinessCalendar, date: BusinessDate): boolean {
  const day = dayNumber(date);
  return businessDaysUpTo(calendar, day) > businessDaysUpTo(calendar, day - 1);
}

/**
 * The number of the last business day up to this one. Numbers follow one another, so the difference of two days' numbers is
 * their distance in business days.
 */
export function businessDayNumber(calendar: BusinessCalendar, date: BusinessDate): number {
  return businessDaysUpTo(calendar, dayNumber(date));
}

/** Numbers the days by a calendar, for `businessDaysBetween`. */
export function dayNumberingOf(calendar: BusinessCalendar): DayNumbering {
  return (date) => businessDayNumber(calendar, date);
}

/** The business day so many business days after (or before) the last one up to this day; nothing outside years 1 to 9999. */
export function addBusinessDays(
  calendar: BusinessCalendar,
  date: BusinessDate,
  days: number,
): BusinessDate | undefined {
  const wanted = businessDayNumber(calendar, date) + days;
  let day = dayNumber(date);
  while (businessDaysUpTo(calendar, day) < wanted) day += 1;
  while (businessDaysUpTo(calendar, day - 1) >= wanted) day -= 1;
  return dateOf(day);
}

function dateOf(day: number): BusinessDate | undefined {
  const date = new Date(day * 86_400_000);
  return businessDateOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

/** Business days from day 0, 1970-01-01, to a day, both counted; negative before. */
function businessDaysUpTo({ weekend, holidays }: BusinessCalendar, day: number): number {
  const weeks = Math.floor(day / 7);
  let days = weeks * (7 - weekend.size);
  for (let one = weeks * 7; one <= day; one += 1) if (!weekend.has(weekdayOf(one))) days += 1;
  return days - countUpTo(holidays, day);
}

/** How many of the ascending numbers are not above the bound. */
function countUpTo(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function weekdayOf(day: number): Weekday {
  // Day 0, 1970-01-01, was a Thursday.
  return WEEKDAYS[(((day + 3) % 7) + 7) % 7] ?? 'mon';
}

function everyYear(holidaysOf: (year: number) => readonly number[]): readonly number[] {
  const years = Array.from(
    { length: LAST_YEAR - FIRST_YEAR + 1 },
    (_, index) => FIRST_YEAR + index,
  );
  return years.flatMap(holidaysOf);
}

/** Closing days of TARGET, now T2 (European Central Bank, long-term calendar of 14 December 2000, in force since 2002). */
function targetHolidays(year: number): readonly number[] {
  const easter = easterSunday(year);
  const days = [
    on(year, 1, 1),
    easter - 2,
    easter + 1,
    on(year, 5, 1),
    on(year, 12, 25),
    on(year, 12, 26),
  ];
  // The change of cash to the euro.
  return year === 2001 ? [...days, on(2001, 12, 31)] : days;
}

/** Days proclaimed once in England and Wales, and the regular ones they were moved from (gov.uk/bank-holidays). */
const UK_ONCE: Readonly<
  Record<number, { readonly added: readonly number[]; readonly moved: readonly number[] }>
> = {
  // Golden jubilee.
  2002: { added: [on(2002, 6, 3), on(2002, 6, 4)], moved: [on(2002, 5, 27)] },
  // Royal wedding.
  2011: { added: [on(2011, 4, 29)], moved: [] },
  // Diamond jubilee.
  2012: { added: [on(2012, 6, 4), on(2012, 6, 5)], moved: [on(2012, 5, 28)] },
  // 75 years of VE day.
  2020: { added: [on(2020, 5, 8)], moved: [on(2020, 5, 4)] },
  // Platinum jubilee; state funeral of Queen Elizabeth II.
  2022: { added: [on(2022, 6, 2), on(2022, 6, 3), on(2022, 9, 19)], moved: [on(2022, 5, 30)] },
  // Coronation of King Charles III.
  2023: { added: [on(2023, 5, 8)], moved: [] },
};

/**
 * Bank holidays in England and Wales: Banking and Financial Dealings Act 1971, schedule 1, and royal proclamations.
 *
 * What falls on a weekend is kept on the next weekday that is no holiday itself.
 */
function ukHolidays(year: number): readonly number[] {
  const easter = easterSunday(year);
  const regular = [
    substitute(on(year, 1, 1), []),
    easter - 2,
    easter + 1,
    nthWeekday(year, 5, 'mon', 1),
    lastWeekday(year, 5, 'mon'),
    lastWeekday(year, 8, 'mon'),
  ];
  const boxing = on(year, 12, 26);
  const christmas = substitute(on(year, 12, 25), [boxing]);
  const { added, moved } = UK_ONCE[year] ?? { added: [], moved: [] };
  const kept = regular.filter((day) => !moved.includes(day));
  return [...kept, christmas, substitute(boxing, [christmas]), ...added];
}

/** The day, or the first one after its weekend that is none of the taken. */
function substitute(day: number, taken: readonly number[]): number {
  if (!isAtWeekend(day)) return day;
  let next = day + 1;
  while (isAtWeekend(next) || taken.includes(next)) next += 1;
  return next;
}

function isAtWeekend(day: number): boolean {
  return SATURDAY_AND_SUNDAY.has(weekdayOf(day));
}

/**
 * Holidays of the Federal Reserve Banks (5 U.S.C. 6103; federalreserve.gov/aboutthefed/k8.htm).
 *
 * One on a Sunday is kept on Monday; for one on a Saturday the banks are open on the Friday before.
 */
function fedHolidays(year: number): readonly number[] {
  const fixed = [on(year, 1, 1), on(year, 7, 4), on(year, 11, 11), on(year, 12, 25)];
  // Juneteenth, law since 17 June 2021; its day of that year was a Saturday.
  if (year > 2021) fixed.push(on(year, 6, 19));
  return [
    ...fixed.map((day) => (weekdayOf(day) === 'sun' ? day + 1 : day)),
    nthWeekday(year, 1, 'mon', 3),
    nthWeekday(year, 2, 'mon', 3),
    lastWeekday(year, 5, 'mon'),
    nthWeekday(year, 9, 'mon', 1),
    nthWeekday(year, 10, 'mon', 2),
    nthWeekday(year, 11, 'thu', 4),
  ];
}

function on(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

function nthWeekday(year: number, month: number, weekday: Weekday, nth: number): number {
  let day = on(year, month, 1);
  while (weekdayOf(day) !== weekday) day += 1;
  return day + (nth - 1) * 7;
}

function lastWeekday(year: number, month: number, weekday: Weekday): number {
  let day = on(year, month + 1, 1) - 1;
  while (weekdayOf(day) !== weekday) day -= 1;
  return day;
}

/** Easter Sunday in the Gregorian calendar (the anonymous algorithm of Nature, 20 April 1876). */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const ofCentury = year % 100;
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30;
  const weekday =
    (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - epact - (ofCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * weekday) / 451);
  const march = epact + weekday - 7 * late + 114;
  return on(year, Math.floor(march / 31), (march % 31) + 1);
}
