import { type BusinessCalendar, businessDayNumber } from '../../business-calendar.ts';
import { type BusinessDate, businessDateOf, dayNumber } from '../../business-date.ts';
import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';
import { sha256Hex } from '../../ids.ts';

const CALENDAR_DAYS = sqlFile(import.meta.url, '../sql/05_calendar_days.sql');

/**
 * What a calendar's days are stored under: its name and the hash of what it says.
 *
 * A holiday more moves every number after it, and days that are stored stay as they are: the new calendar has days of its own.
 */
export function calendarKey({ name, weekend, holidays }: BusinessCalendar): string {
  return `${name}@${sha256Hex(JSON.stringify([[...weekend].sort(), holidays])).slice(0, 12)}`;
}

/** Writes the missing days from `from` to `to`; returns the key of each calendar, by its name. */
export async function fillCalendarDays(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly calendars: readonly BusinessCalendar[];
    readonly from: BusinessDate;
    readonly to: BusinessDate;
  },
): Promise<ReadonlyMap<string, string>> {
  const { bookId, calendars, from, to } = options;
  const days = daysBetween(from, to);
  const stored = await storedDays(tx, options);
  const keys = new Map(calendars.map((calendar) => [calendar.name, calendarKey(calendar)]));
  const missing = calendars.flatMap((calendar) => {
    const key = calendarKey(calendar);
    if (stored.get(key) === BigInt(days.length)) return [];
    return days.map((day) => ({ key, day, number: businessDayNumber(calendar, day) }));
  });
  if (missing.length > 0) {
    await tx.execute(CALENDAR_DAYS, [
      bookId,
      missing.map(({ key }) => key),
      missing.map(({ day }) => day),
      missing.map(({ number }) => number),
    ]);
  }
  return keys;
}

async function storedDays(
  tx: Tx,
  { bookId, calendars, from, to }: Parameters<typeof fillCalendarDays>[1],
): Promise<ReadonlyMap<string, bigint>> {
  const counts = await tx.query<{ readonly calendar: string; readonly days: bigint }>(
    `select calendar, count(*) as days
     from tieout.calendar_day
     where book_id = $1 and calendar = any ($2::text[]) and day between $3::date and $4::date
     group by calendar`,
    [bookId, calendars.map(calendarKey), from, to],
  );
  return new Map(counts.map(({ calendar, days }) => [calendar, days]));
}

function daysBetween(from: BusinessDate, to: BusinessDate): readonly BusinessDate[] {
  const first = dayNumber(from);
  const length = Math.max(0, dayNumber(to) - first + 1);
  return Array.from({ length }, (_, index) => new Date((first + index) * 86_400_000))
    .map((at) => businessDateOf(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()))
    .filter((day) => day !== undefined);
}
