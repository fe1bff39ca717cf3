declare const brand: unique symbol;

/** A calendar day, `YYYY-MM-DD`, in the zone of whoever stated it; never a JavaScript `Date`. */
export type BusinessDate = string & { readonly [brand]: 'BusinessDate' };

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days of a month in the proleptic Gregorian calendar (ISO 8601). */
export function daysInMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** The day of these numbers, or `undefined` when the calendar has no such day. There is no year 0, as in Postgres. */
export function businessDateOf(year: number, month: number, day: number): BusinessDate | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
    return undefined;
  const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  return text as BusinessDate;
}

/** Reads `YYYY-MM-DD`; `undefined` for any other shape and for a day the calendar does not have. */
export function parseBusinessDate(text: string): BusinessDate | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return undefined;
  return businessDateOf(Number(found[1]), Number(found[2]), Number(found[3]));
}

/** Days since 1970-01-01. */
export function dayNumber(date: BusinessDate): number {
  // Not Date.UTC, which takes the year 50 for 1950.
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** The calendar day of an instant in a time zone (IANA name). */
export function businessDateIn(timeZone: string, instant: Date): BusinessDate {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return parts.format(instant) as BusinessDate;
}

/** The number of the last business day up to a day; the difference of two is their distance in business days. */
export type DayNumbering = (date: BusinessDate) => number;

/** Business days after `from`, up to and including `to`; 0 when `to` is not later. Without a numbering, weekdays. */
export function businessDaysBetween(
  from: BusinessDate,
  to: BusinessDate,
  numberOf: DayNumbering = weekdayNumber,
): number {
  return Math.max(0, numberOf(to) - numberOf(from));
}

function weekdayNumber(date: BusinessDate): number {
  // Day 0, 1970-01-01, was a Thursday: of days counted from the Monday before, five of seven are weekdays.
  const days = dayNumber(date) + 3;
  const weeks = Math.floor(days / 7);
  return weeks * 5 + Math.min(days - weeks * 7, 4);
}
