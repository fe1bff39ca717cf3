import { type BusinessDate, businessDateOf } from './business-date.ts';
import type { LocalTime } from './date-pattern.ts';

/** Offsets of the abbreviations that reports write, in minutes; each means standard or summer time, never both. */
const ABBREVIATION_OFFSET: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 60,
  BST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  SGT: 480,
  HKT: 480,
  JST: 540,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
};

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Minutes east of UTC of a zone abbreviation; `undefined` when it is not in the table. */
export function abbreviationOffset(name: string): number | undefined {
  return Object.hasOwn(ABBREVIATION_OFFSET, name) ? ABBREVIATION_OFFSET[name] : undefined;
}

/** Whether a name is an IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The instant, in milliseconds since 1970, of a local time at an offset. */
export function instantAt(time: LocalTime, offsetMinutes: number): number {
  const clock = Date.UTC(time.year, time.month - 1, time.day, 0, 0, time.second ?? 0);
  return clock - offsetMinutes * 60_000;
}

/**
 * Every instant at which the clocks of a zone show a local time: one, none when they are put forward over it, two when
 * they are put back.
 */
export function instantsIn(zone: string, time: LocalTime): readonly number[] {
  const clock = instantAt(time, 0);
  const offsets = new Set([clock - 86_400_000, clock + 86_400_000].map((at) => offsetIn(zone, at)));
  return [...offsets]
    .map((offset) => ({ offset, at: clock - offset }))
    .filter(({ offset, at }) => offsetIn(zone, at) === offset)
    .map(({ at }) => at);
}

/** The calendar day of an instant in a zone. */
export function dayIn(zone: string, instant: number): BusinessDate | undefined {
  const { year, month, day } = clockIn(zone, instant);
  return businessDateOf(year, month, day);
}

/** Milliseconds between the clocks of a zone and UTC at an instant. */
function offsetIn(zone: string, instant: number): number {
  const { year, month, day, hour, minute, second } = clockIn(zone, instant);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

function clockIn(zone: string, instant: number) {
  const parts = formatOf(zone).formatToParts(instant);
  const number = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value ?? 0);
  return {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    FORMATS.set(zone, format);
  }
  return format;
}
