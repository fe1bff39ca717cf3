import {
  BUILT_IN_CALENDARS,
  type BusinessCalendar,
  calendarBasedOn,
  calendarProblem,
  findCalendar,
  WEEKEND_ONLY,
  type Weekday,
} from './business-calendar.ts';
import { type BusinessDate, parseBusinessDate } from './business-date.ts';
import { OperationalError } from './errors.ts';

/** A calendar of the user's own as the configuration tells it. */
export interface CalendarDocument {
  readonly based_on?: string;
  readonly holidays?: readonly string[];
  readonly weekend?: readonly Weekday[];
}

/** The calendars under `calendars` of the configuration, by name. */
export function calendarsOf(
  documents: Readonly<Record<string, CalendarDocument>>,
  file: string,
): ReadonlyMap<string, BusinessCalendar> {
  return new Map(
    Object.entries(documents).map(([name, document]) => [
      name,
      calendarOf(name, document, `${file}: calendars.${name}`),
    ]),
  );
}

function calendarOf(name: string, document: CalendarDocument, where: string): BusinessCalendar {
  const { based_on: basedOn = WEEKEND_ONLY, holidays = [], weekend } = document;
  if (BUILT_IN_CALENDARS.includes(name))
    throw wrong(
      where,
      'is the name of a built-in calendar; choose another one and base it on that',
    );
  const base = findCalendar(basedOn);
  if (base === undefined) throw wrong(`${where}.based_on`, calendarProblem(basedOn) ?? '');
  return calendarBasedOn(base, {
    name,
    holidays: holidays.map((text, index) => dayOf(text, `${where}.holidays[${index}]`)),
    ...(weekend === undefined ? {} : { weekend }),
  });
}

function dayOf(text: string, where: string): BusinessDate {
  const day = parseBusinessDate(text);
  if (day !== undefined) return day;
  throw wrong(where, `"${text}" is not a day as YYYY-MM-DD`);
}

/** The calendar of a name, built in or of the user's own. */
export function knownCalendar(
  name: string,
  own: ReadonlyMap<string, BusinessCalendar>,
  file: string,
): BusinessCalendar {
  const calendar = findCalendar(name, own);
  if (calendar !== undefined) return calendar;
  throw wrong(`${file}: calendar`, calendarProblem(name, [...own.keys()]) ?? '');
}

function wrong(where: string, problem: string): OperationalError {
  return new OperationalError('configuration', `${where}: ${problem}`);
}
