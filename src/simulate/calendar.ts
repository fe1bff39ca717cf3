import { type BusinessDate, businessDateOf, dayNumber } from '../business-date.ts';

/** The day so many calendar days later. */
export function plusDays(day: BusinessDate, days: number): BusinessDate {
  const moved = new Date((dayNumber(day) + days) * 86_400_000).toISOString().slice(0, 10);
  return moved as BusinessDate;
}

/** The business day so many business days later; banks move money on no other day. */
export function plusBusinessDays(day: BusinessDate, days: number): BusinessDate {
  let [moved, left] = [day, days];
  while (left > 0) {
    moved = plusDays(moved, 1);
    if (isBusinessDay(moved)) left -= 1;
  }
  return moved;
}

/** Whether TARGET2 is open: no weekend, and none of its six holidays. */
export function isBusinessDay(day: BusinessDate): boolean {
  return !isWeekend(day) && !isHoliday(day);
}

/** Saturday or Sunday. */
export function isWeekend(day: BusinessDate): boolean {
  // Day 0, 1970-01-01, was a Thursday.
  const weekday = (((dayNumber(day) + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}

/** A closing day of TARGET2: New Year, Good Friday, Easter Monday, Labour Day, Christmas and the day after. */
export function isHoliday(day: BusinessDate): boolean {
  if (['01-01', '05-01', '12-25', '12-26'].includes(day.slice(5))) return true;
  const easter = easterSunday(Number(day.slice(0, 4)));
  return day === plusDays(easter, -2) || day === plusDays(easter, 1);
}

/** Easter of a Gregorian year (the anonymous algorithm of 1876). */
export function easterSunday(year: number): BusinessDate {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const ofCentury = year % 100;
  const leaps = Math.floor(century / 4);
  const moon = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - leaps - moon + 15) % 30;
  const weekday =
    (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - epact - (ofCentury % 4)) % 7;
  const shift = Math.floor((golden + 11 * epact + 22 * weekday) / 451);
  const place = epact + weekday - 7 * shift + 114;
  const easter = businessDateOf(year, Math.floor(place / 31), (place % 31) + 1);
  if (easter === undefined) throw new Error(`Easter of ${year} is no day`);
  return easter;
}
