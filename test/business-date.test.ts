import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BusinessDate,
  businessDateIn,
  businessDateOf,
  businessDaysBetween,
  dayNumber,
  daysInMonth,
  parseBusinessDate,
} from '../src/business-date.ts';
import { inRolledBackTransaction } from './support/database.ts';

const LAST_DAY = Date.parse('9999-12-31') / 86_400_000;
const FIRST_DAY = Date.parse('0001-01-01') / 86_400_000;
const number = fc.integer({ min: FIRST_DAY, max: LAST_DAY });

function dayOf(text: string): BusinessDate {
  const day = parseBusinessDate(text);
  if (day === undefined) throw new Error(`${text} is not a day`);
  return day;
}

function dayNumbered(days: number): BusinessDate {
  return dayOf(new Date(days * 86_400_000).toISOString().slice(0, 10));
}

test.each([
  '2026-02-30',
  '2026-02-29',
  '2025-04-31',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '2026-01-32',
  '1900-02-29',
  '2100-02-29',
  '0000-01-01',
])('refuses %s, a day the calendar does not have', (text) => {
  expect(parseBusinessDate(text)).toBeUndefined();
});

test.each(['2024-02-29', '2000-02-29', '2026-12-31', '0001-01-01', '9999-12-31', '1582-10-10'])(
  'reads %s',
  (text) => {
    expect(parseBusinessDate(text)).toBe(text);
  },
);

test.each([
  '',
  '01/02/2026',
  '31/12/26',
  '20261301',
  '46000',
  '2026-1-1',
  '26-01-01',
  '2026-01-01T00:00',
  ' 2026-01-01',
  '2026-01-01\n',
  '2026-01-01Z',
  '+2026-01-01',
  '12026-01-01',
  '２０２６-01-01',
  '2026‐01‐01',
])('refuses %j, which is not YYYY-MM-DD', (text) => {
  expect(parseBusinessDate(text)).toBeUndefined();
});

test('knows the days of a month, leap years included', () => {
  expect([1, 2, 3, 4].map((month) => daysInMonth(2026, month))).toEqual([31, 28, 31, 30]);
  expect([1900, 2000, 2024, 2026, 2100].map((year) => daysInMonth(year, 2))).toEqual([
    28, 29, 29, 28, 28,
  ]);
  expect([0, 13].map((month) => daysInMonth(2026, month))).toEqual([0, 0]);
});

test('a day made of numbers is the day that is read from text', () => {
  fc.assert(
    fc.property(number, (days) => {
      const day = dayNumbered(days);
      const [year, month, date] = day.split('-').map(Number);
      expect(businessDateOf(year ?? 0, month ?? 0, date ?? 0)).toBe(day);
    }),
  );
});

test('numbers days one by one, from 1970-01-01', () => {
  expect(dayNumber(dayOf('1970-01-01'))).toBe(0);
  expect(dayNumber(dayOf('1969-12-31'))).toBe(-1);
  fc.assert(fc.property(number, (days) => dayNumber(dayNumbered(days)) === days));
});

test('every day it reads is a day of Postgres, with the same number', async () => {
  const days = [FIRST_DAY, LAST_DAY, ...fc.sample(number, { numRuns: 300, seed: 3 })];
  const rows = await inRolledBackTransaction((tx) =>
    tx.query<{ days: number }>(
      `select day - date '1970-01-01' as days from unnest($1::date[]) with ordinality t (day, n) order by n`,
      [days.map(dayNumbered)],
    ),
  );
  expect(rows.map((row) => row.days)).toEqual(days);
});

test.each([
  ['2026-03-06', '2026-03-06', 0],
  ['2026-03-06', '2026-03-07', 0],
  ['2026-03-06', '2026-03-08', 0],
  ['2026-03-06', '2026-03-09', 1],
  ['2026-03-07', '2026-03-08', 0],
  ['2026-03-08', '2026-03-09', 1],
  ['2026-03-02', '2026-03-06', 4],
  ['2026-03-02', '2026-03-16', 10],
  ['2026-03-09', '2026-03-06', 0],
  ['1969-12-26', '1970-01-02', 5],
  ['2024-02-28', '2024-03-01', 2],
])('from %s to %s are %i business days', (from, to, days) => {
  expect(businessDaysBetween(dayOf(from), dayOf(to))).toBe(days);
});

function isWeekday(day: number): boolean {
  const weekday = new Date(day * 86_400_000).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

test('business days are the weekdays after the one day, up to the other', () => {
  fc.assert(
    fc.property(number, fc.integer({ min: 0, max: 60 }), (from, length) => {
      const to = Math.min(from + length, LAST_DAY);
      let weekdays = 0;
      for (let day = from + 1; day <= to; day += 1) if (isWeekday(day)) weekdays += 1;
      expect(businessDaysBetween(dayNumbered(from), dayNumbered(to))).toBe(weekdays);
    }),
  );
});

test('business days add up over a day in between, and count none backwards', () => {
  fc.assert(
    fc.property(number, number, number, (...given) => {
      const [first, second, third] = given.sort((left, right) => left - right).map(dayNumbered);
      if (first === undefined || second === undefined || third === undefined) return;
      const parts = businessDaysBetween(first, second) + businessDaysBetween(second, third);
      expect(parts).toBe(businessDaysBetween(first, third));
      expect(businessDaysBetween(third, first)).toBe(0);
    }),
  );
});

test.each([
  ['UTC', '2026-03-01T23:59:59.999Z', '2026-03-01'],
  ['Europe/Berlin', '2026-03-01T23:00:00Z', '2026-03-02'],
  ['America/Los_Angeles', '2026-03-01T07:59:59Z', '2026-02-28'],
  ['Pacific/Kiritimati', '2026-03-01T10:00:00Z', '2026-03-02'],
  ['Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25T22:30:00Z', '2026-10-25'],
])('in %s the day of %s is %s', (zone, instant, day) => {
  expect(businessDateIn(zone, new Date(instant))).toBe(day);
});
