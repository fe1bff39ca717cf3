import { expect, test } from 'vitest';
import {
  type BusinessCalendar,
  businessDayNumber,
  calendarBasedOn,
  findCalendar,
} from '../../../src/business-calendar.ts';
import type { BusinessDate } from '../../../src/business-date.ts';
import type { Tx } from '../../../src/db/db.ts';
import { fillCalendarDays } from '../../../src/match/rules/calendar-days.ts';
import { inRolledBackTransaction } from '../../support/database.ts';

const BOOK = { bookId: 7n };
const day = (text: string) => text as BusinessDate;

interface StoredDay {
  readonly calendar: string;
  readonly day: BusinessDate;
  readonly number: number;
}

function stored(tx: Tx): Promise<StoredDay[]> {
  return tx.query<StoredDay>(
    `select calendar, day, business_day_no as number from tieout.calendar_day
     where book_id = 7 order by calendar, day`,
  );
}

function calendarNamed(name: string): BusinessCalendar {
  const calendar = findCalendar(name);
  if (calendar === undefined) throw new Error(`no calendar ${name}`);
  return calendar;
}

test('days are written with their numbers, each once, and more of them later', async () => {
  await inRolledBackTransaction(async (tx) => {
    const calendars = [calendarNamed('TARGET2'), calendarNamed('none')];
    const easter = { ...BOOK, calendars, from: day('2026-04-02'), to: day('2026-04-07') };
    const keys = await fillCalendarDays(tx, easter);
    expect([...keys.keys()]).toEqual(['TARGET2', 'none']);
    expect(await fillCalendarDays(tx, easter)).toEqual(keys);
    await fillCalendarDays(tx, { ...easter, from: day('2026-04-01'), to: day('2026-04-08') });
    const days = await stored(tx);
    expect(days).toHaveLength(16);
    const first = businessDayNumber(calendarNamed('TARGET2'), day('2026-04-01'));
    const target = days.filter(({ calendar }) => calendar === keys.get('TARGET2'));
    expect(target.map(({ number }) => Number(number) - first)).toEqual([0, 1, 1, 1, 1, 1, 2, 3]);
  });
});

test('a calendar with another holiday has days of its own, and those of before stay', async () => {
  await inRolledBackTransaction(async (tx) => {
    const range = { from: day('2026-03-02'), to: day('2026-03-04') };
    const own = (holidays: readonly BusinessDate[]) =>
      calendarBasedOn(calendarNamed('TARGET2'), { name: 'hq', holidays });
    const before = await fillCalendarDays(tx, { ...BOOK, calendars: [own([])], ...range });
    const after = await fillCalendarDays(tx, {
      ...BOOK,
      calendars: [own([day('2026-03-03')])],
      ...range,
    });
    expect(after.get('hq')).not.toBe(before.get('hq'));
    const steps = (key: string | undefined, days: readonly StoredDay[]) => {
      const numbers = days
        .filter(({ calendar }) => calendar === key)
        .map(({ number }) => Number(number));
      return numbers.map((number) => number - (numbers[0] ?? 0));
    };
    const days = await stored(tx);
    expect(steps(before.get('hq'), days)).toEqual([0, 1, 2]);
    expect(steps(after.get('hq'), days)).toEqual([0, 0, 1]);
  });
});

test('no days are written for a range that ends before it begins', async () => {
  await inRolledBackTransaction(async (tx) => {
    const calendars = [calendarNamed('none')];
    await fillCalendarDays(tx, {
      ...BOOK,
      calendars,
      from: day('2026-03-02'),
      to: day('2026-03-01'),
    });
    expect(await stored(tx)).toEqual([]);
  });
});
