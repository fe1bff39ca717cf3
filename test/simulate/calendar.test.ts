import { expect, test } from 'vitest';
import { type BusinessDate, parseBusinessDate } from '../../src/business-date.ts';
import { easterSunday, isBusinessDay, plusBusinessDays } from '../../src/simulate/calendar.ts';

function day(text: string): BusinessDate {
  const found = parseBusinessDate(text);
  if (found === undefined) throw new Error(text);
  return found;
}

test.each([
  [2019, '2019-04-21'],
  [2024, '2024-03-31'],
  [2025, '2025-04-20'],
  [2026, '2026-04-05'],
  [2038, '2038-04-25'],
])('Easter of %i is %s', (year, easter) => {
  expect(easterSunday(year)).toBe(easter);
});

test.each([
  '2026-01-01',
  '2026-04-03',
  '2026-04-06',
  '2026-05-01',
  '2025-12-25',
  '2025-12-26',
  '2026-03-28',
  '2026-03-29',
])('TARGET2 is closed on %s', (closed) => {
  expect(isBusinessDay(day(closed))).toBe(false);
});

test.each([
  ['2026-04-02', 1, '2026-04-07'],
  ['2026-04-03', 1, '2026-04-07'],
  ['2026-04-30', 2, '2026-05-05'],
  ['2025-12-24', 1, '2025-12-29'],
  ['2025-12-31', 1, '2026-01-02'],
  ['2026-03-30', 0, '2026-03-30'],
])('from %s, %i business days lead to %s', (from, days, to) => {
  expect(plusBusinessDays(day(from), days)).toBe(to);
});
