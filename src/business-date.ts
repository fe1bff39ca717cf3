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

/** Weekdays after `from`, up to and including `to`; 0 when `to` is not later. Holidays are not counted out. */
export function businessDaysBetween(from: BusinessDate, to: BusinessDate): number {
  const [first, last] = [dayNumber(from), dayNumber(to)];
  if (last <= first) return 0;
  const weeks = Math.floor((last - first) / 7);
  let days = weeks * 5;
  for (let day = first + weeks * 7 + 1; day <= last; day += 1) {
    // Day 0, 1970-01-01, was a Thursday: 2 is Saturday and 3 is Sunday.
    const weekday = ((day % 7) + 7) % 7;
    if (weekday !== 2 && weekday !== 3) days += 1;
  }
  return days;
}
