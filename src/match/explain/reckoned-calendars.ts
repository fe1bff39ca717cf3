import { type BusinessCalendar, businessDayNumber, findCalendar } from '../../business-calendar.ts';
import type { Calendars } from './evaluate.ts';

/** The built-in calendars and the user's own, reckoned: the days that runs have stored agree with them. */
export function reckonedCalendars(own: ReadonlyMap<string, BusinessCalendar>): Calendars {
  return (name, day) => {
    const calendar = findCalendar(name, own);
    return calendar === undefined ? undefined : businessDayNumber(calendar, day);
  };
}
