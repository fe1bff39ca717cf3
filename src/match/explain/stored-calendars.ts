import type { BusinessDate } from '../../business-date.ts';
import type { Tx } from '../../db/db.ts';
import type { Calendars } from './evaluate.ts';

/** The business days of every calendar that the book has. */
export async function storedCalendars(tx: Tx, bookId: bigint): Promise<Calendars> {
  const days = await tx.query<{ calendar: string; day: BusinessDate; businessDayNo: number }>(
    `select calendar, day, business_day_no as "businessDayNo" from tieout.calendar_day where book_id = $1::bigint`,
    [bookId],
  );
  const numbers = new Map(days.map((row) => [`${row.calendar}|${row.day}`, row.businessDayNo]));
  return (calendar, day) => numbers.get(`${calendar}|${day}`);
}
