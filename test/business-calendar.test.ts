import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addBusinessDays,
  BUILT_IN_CALENDARS,
  type BusinessCalendar,
  businessDayNumber,
  calendarBasedOn,
  calendarProblem,
  dayNumberingOf,
  findCalendar,
  isBusinessDay,
  weekendOnly,
} from '../src/business-calendar.ts';
import {
  type BusinessDate,
  businessDateOf,
  businessDaysBetween,
  dayNumber,
} from '../src/business-date.ts';

/** Closing days as the European Central Bank, gov.uk and the Federal Reserve publish them; weekends left out. */
const PUBLISHED = {
  TARGET2: {
    2011: '04-22 04-25 12-26',
    2022: '04-15 04-18 12-26',
    2023: '04-07 04-10 05-01 12-25 12-26',
    2024: '01-01 03-29 04-01 05-01 12-25 12-26',
    2025: '01-01 04-18 04-21 05-01 12-25 12-26',
    2026: '01-01 04-03 04-06 05-01 12-25',
    2027: '01-01 03-26 03-29',
  },
  UK: {
    2002: '01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26',
    2010: '01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28',
    2011: '01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27',
    2012: '01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26',
    2020: '01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28',
    2021: '01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28',
    2022: '01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27',
    2023: '01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26',
    2024: '01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26',
    2025: '01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26',
    2026: '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28',
    2027: '01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28',
  },
  'US-FED': {
    2021: '01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25',
    2022: '01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26',
    2023: '01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-23 12-25',
    2024: '01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25',
    2025: '01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25',
    2026: '01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25',
    2027: '01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25',
  },
} as const;

const LISTS = Object.entries(PUBLISHED).flatMap(([name, years]) =>
  Object.entries(years).map(([year, days]) => ({ name, year: Number(year), days })),
);

test.each(LISTS)(
  '$name is closed in $year on the weekdays it published',
  ({ name, year, days }) => {
    const calendar = calendarNamed(name);
    const closed = daysOf(year).filter(
      (day) => isBusinessDay(weekendOnly(), day) && !isBusinessDay(calendar, day),
    );
    expect(closed.map((day) => day.slice(5)).join(' ')).toBe(days);
  },
);

test('TARGET was closed on the last day of the old currencies', () => {
  expect(isBusinessDay(calendarNamed('TARGET2'), '2001-12-31' as BusinessDate)).toBe(false);
});

test('Juneteenth is a holiday of the Federal Reserve from 2022 on', () => {
  expect(isBusinessDay(calendarNamed('US-FED'), '2020-06-19' as BusinessDate)).toBe(true);
  expect(isBusinessDay(calendarNamed('US-FED'), '2023-06-19' as BusinessDate)).toBe(false);
});

test('Easter is found in its earliest and latest years', () => {
  const target = calendarNamed('TARGET2');
  for (const monday of ['2008-03-24', '2160-03-24', '2038-04-26', '2190-04-26'])
    expect(isBusinessDay(target, monday as BusinessDate), monday).toBe(false);
});

describe.each(BUILT_IN_CALENDARS)('the calendar %s', (name) => {
  const calendar = calendarNamed(name);
  const anyDay = fc
    .integer({
      min: dayNumber('1960-01-01' as BusinessDate),
      max: dayNumber('2230-01-01' as BusinessDate),
    })
    .map((number) => new Date(number * 86_400_000).toISOString().slice(0, 10) as BusinessDate);

  test('numbers rise by one on a business day and on no other', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        const before = dayBefore(day);
        const rise = businessDayNumber(calendar, day) - businessDayNumber(calendar, before);
        expect(rise).toBe(isBusinessDay(calendar, day) ? 1 : 0);
      }),
    );
  });

  test('adding days lands on a business day so many numbers away', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -30, max: 30 }), (day, days) => {
        const there = addBusinessDays(calendar, day, days);
        if (there === undefined) throw new Error('no such day');
        expect(isBusinessDay(calendar, there)).toBe(true);
        expect(businessDayNumber(calendar, there)).toBe(businessDayNumber(calendar, day) + days);
      }),
    );
  });
});

test('without weekends and holidays business days are calendar days', () => {
  const none = calendarNamed('none');
  const [from, to] = ['2024-02-27' as BusinessDate, '2024-03-03' as BusinessDate];
  expect(businessDaysBetween(from, to, dayNumberingOf(none))).toBe(5);
});

test('the distance over Easter leaves its holidays out', () => {
  const [from, to] = ['2026-04-02' as BusinessDate, '2026-04-08' as BusinessDate];
  expect(businessDaysBetween(from, to)).toBe(4);
  expect(businessDaysBetween(from, to, dayNumberingOf(calendarNamed('TARGET2')))).toBe(2);
  expect(businessDaysBetween(to, from, dayNumberingOf(calendarNamed('TARGET2')))).toBe(0);
});

test('a calendar of its own has the holidays of its base and more, and another weekend', () => {
  const own = calendarBasedOn(calendarNamed('TARGET2'), {
    name: 'dubai',
    holidays: ['2026-03-20' as BusinessDate, '2026-03-18' as BusinessDate],
    weekend: ['fri', 'sat'],
  });
  const open = daysOf(2026).filter((day) => isBusinessDay(own, day));
  expect(open).not.toContain('2026-03-18');
  expect(open).not.toContain('2026-03-20');
  expect(open).not.toContain('2026-04-06');
  expect(open).not.toContain('2026-03-21');
  expect(open).toContain('2026-03-22');
  // Left of the base are New Year and Easter Monday; its other holidays, and one of the own, are weekend now.
  expect(open).toHaveLength(365 - 52 - 52 - 3);
});

test('a name that is no calendar is told with the nearest one', () => {
  expect(calendarProblem('TARGET')).toBe(
    '"TARGET" is no calendar; known are weekend-only, TARGET2, UK, US-FED, none; did you mean "TARGET2"?',
  );
  expect(calendarProblem('hq', ['hq'])).toBeUndefined();
  expect(findCalendar('constructor')).toBeUndefined();
});

function calendarNamed(name: string): BusinessCalendar {
  const calendar = findCalendar(name);
  if (calendar === undefined) throw new Error(`no calendar ${name}`);
  return calendar;
}

function daysOf(year: number): readonly BusinessDate[] {
  return Array.from({ length: 12 }, (_, month) => month + 1).flatMap((month) =>
    Array.from({ length: 31 }, (_, day) => businessDateOf(year, month, day + 1)).filter(
      (day) => day !== undefined,
    ),
  );
}

function dayBefore(day: BusinessDate): BusinessDate {
  return new Date((dayNumber(day) - 1) * 86_400_000).toISOString().slice(0, 10) as BusinessDate;
}
