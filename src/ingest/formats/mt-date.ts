import { type BusinessDate, businessDateOf, dayNumber, daysInMonth } from '../../business-date.ts';

/** A day read from a field; clamped when the calendar does not have the day the file writes (30 Feb). */
export interface ReadDate {
  readonly date: BusinessDate;
  readonly isClamped: boolean;
}

const OLDEST_YEAR = 1980;

/** Reads `YYMMDD`; `undefined` when the month or the day cannot be one. */
export function parseMtDate(text: string): ReadDate | undefined {
  const short = Number(text.slice(0, 2));
  const year = short + (short + 1900 >= OLDEST_YEAR ? 1900 : 2000);
  return clampedDate(year, Number(text.slice(2, 4)), Number(text.slice(4, 6)));
}

/** Reads `MMDD` in the year that puts it nearest to a day; the field itself has no year. */
export function parseEntryDate(text: string, valueDate: BusinessDate): ReadDate | undefined {
  const [month, day] = [Number(text.slice(0, 2)), Number(text.slice(2, 4))];
  const valueYear = Number(valueDate.slice(0, 4));
  const target = dayNumber(valueDate);
  let nearest: ReadDate | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const year of [valueYear, valueYear - 1, valueYear + 1]) {
    const candidate = clampedDate(year, month, day);
    if (!candidate) return undefined;
    const days = Math.abs(dayNumber(candidate.date) - target);
    if (days < distance) [nearest, distance] = [candidate, days];
  }
  return nearest;
}

/** When a report was made, as the bank's clock shows it and that clock's offset from UTC. */
export interface DateTimeIndication {
  readonly date: BusinessDate;
  readonly minuteOfDay: number;
  /** `+0100` is one hour, 60 minutes; zero where the field has no offset. */
  readonly offsetMinutes: number;
}

const INDICATION = /^(\d{6})(\d{2})(\d{2})(?:([+-])(\d{2})(\d{2}))?$/;
const LARGEST_OFFSET = 14 * 60;

/** Reads field 13D, `YYMMDDHHMM±HHMM`; `undefined` when it is no time the clocks of the earth show. */
export function parseDateTimeIndication(text: string): DateTimeIndication | undefined {
  const [, day = '', hour, minute, sign, offsetHours = '0', offsetMinutes = '0'] =
    INDICATION.exec(text) ?? [];
  const date = parseMtDate(day);
  const [hours, minutes] = [Number(hour), Number(minute)];
  if (date === undefined || date.isClamped || !(hours < 24 && minutes < 60)) return undefined;
  const offset = Number(offsetHours) * 60 + Number(offsetMinutes);
  if (offset > LARGEST_OFFSET || Number(offsetMinutes) > 59) return undefined;
  const minuteOfDay = hours * 60 + minutes;
  return { date: date.date, minuteOfDay, offsetMinutes: sign === '-' ? -offset : offset };
}

function clampedDate(year: number, month: number, day: number): ReadDate | undefined {
  // German interest runs on months of 30 days, so banks write 30 Feb as a value date.
  if (!(day >= 1 && day <= 31)) return undefined;
  const last = daysInMonth(year, month);
  const date = businessDateOf(year, month, Math.min(day, last));
  return date === undefined ? undefined : { date, isClamped: day > last };
}
