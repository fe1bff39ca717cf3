import { type BusinessDate, businessDateOf } from './business-date.ts';

/** A day, and the time and offset if the text has them, exactly as written. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Seconds since midnight; `null` for a day alone. */
  readonly second: number | null;
  /** Minutes east of UTC; `null` when the text does not say. */
  readonly offsetMinutes: number | null;
}

/** Reads a text of one shape; `undefined` for any other shape and for a time no clock shows. */
export type DatePattern = (text: string) => LocalTime | undefined;

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** Two-digit years from here on are of the last century. */
const PIVOT = 70;

/** The letters of a pattern, each with what it stands for. */
const LETTERS: Readonly<Record<string, string>> = {
  yyyy: '(?<yyyy>\\d{4})',
  yy: '(?<yy>\\d{2})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<half>\\d{2})',
  h: '(?<half>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '\\d{1,9}',
  a: '(?<noon>[AaPp][Mm])',
  Z: '(?<offset>Z|[+-]\\d{2}:?\\d{2})',
};

const TOKEN = /'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g;

/**
 * Makes a reader of a pattern such as `dd.MM.yyyy` or `yyyy/MM/dd HH:mm:ss Z` (letters of Unicode TR 35).
 *
 * Returns what is wrong with a pattern as a sentence without its subject. Month names are English, in full or three
 * letters, unless twelve others are given.
 */
export function compileDatePattern(
  pattern: string,
  months: readonly string[] = MONTHS,
): DatePattern | string {
  const names = months.map((month) => month.toLowerCase());
  const seen = new Set<string>();
  let source = '';
  for (const [token, quoted] of pattern.matchAll(TOKEN)) {
    const piece = quoted === undefined ? pieceOf(token, names) : escaped(quoted || "'");
    if (piece === undefined) return `has "${token}", which stands for nothing`;
    const group = /^\(\?<(\w+)>/.exec(piece)?.[1];
    if (group !== undefined && seen.has(group)) return `says the ${group} twice`;
    if (group !== undefined) seen.add(group);
    source += piece;
  }
  if (!(seen.has('yyyy') || seen.has('yy')) || !(seen.has('month') || seen.has('name'))) {
    return 'needs a year, a month and a day';
  }
  if (!seen.has('day')) return 'needs a year, a month and a day';
  if (seen.has('half') !== seen.has('noon')) return 'needs both h and a, or neither';
  return fixedReaderOf(pattern) ?? readerOf(new RegExp(`^${source}$`, 'i'), names);
}

/** Whether a text may fit both patterns and mean different days. */
export function isAmbiguousBeside(left: string, right: string): boolean {
  const shape = (pattern: string) =>
    pattern
      .replaceAll(/M{1,2}(?!M)|d{1,2}/g, '#')
      .replaceAll(/y+/g, (run) => (run.length === 2 ? '#' : run));
  return left !== right && shape(left) === shape(right);
}

/** The calendar day of a local time, `undefined` when the calendar has no such day. */
export function dayOf(time: LocalTime): BusinessDate | undefined {
  return businessDateOf(time.year, time.month, time.day);
}

function pieceOf(token: string, months: readonly string[]): string | undefined {
  if (/^[A-Za-z]/.test(token)) {
    if (token !== 'MMM' && token !== 'MMMM') return LETTERS[token];
    const words = months.flatMap((month) => [month, month.slice(0, 3)]).map(escaped);
    return `(?<name>${[...new Set(words)].join('|')})`;
  }
  return escaped(token);
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}/-]/g, '\\$&');
}

/** The fields of a pattern in which every letter is one digit, in the order of their slots. */
const FIXED = ['y', 'M', 'd', 'H', 'm', 's'];

/** A reader that compares character by character: three times as fast as a regular expression. */
function fixedReaderOf(pattern: string): DatePattern | undefined {
  const runs = pattern.match(/([A-Za-z'])\1*/g) ?? [];
  if (!runs.every((run) => ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'].includes(run))) return undefined;
  const slots = [...pattern].map((letter) => FIXED.indexOf(letter));
  const codes = [...pattern].map((letter) => letter.charCodeAt(0));
  const hasTime = pattern.includes('H');
  return (text) => {
    if (text.length !== codes.length) return undefined;
    const fields = [0, 0, 0, 0, 0, 0];
    for (let at = 0; at < codes.length; at += 1) {
      const code = text.charCodeAt(at);
      const slot = slots[at] ?? -1;
      const digit = code - 48;
      if (slot === -1 ? code !== codes[at] : digit < 0 || digit > 9) return undefined;
      if (slot !== -1) fields[slot] = (fields[slot] ?? 0) * 10 + digit;
    }
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
    if (hour > 23 || minute > 59 || second > 60) return undefined;
    const time = hasTime ? hour * 3600 + minute * 60 + second : null;
    return { year, month, day, second: time, offsetMinutes: null };
  };
}

function readerOf(shape: RegExp, months: readonly string[]): DatePattern {
  return (text) => {
    const found = shape.exec(text)?.groups;
    if (found === undefined) return undefined;
    const second = secondOfDay(found);
    if (second === undefined) return undefined;
    const year = found.yyyy === undefined ? century(Number(found.yy)) : Number(found.yyyy);
    const offsetMinutes = found.offset === undefined ? null : offsetOf(found.offset);
    return { year, month: monthOf(found, months), day: Number(found.day), second, offsetMinutes };
  };
}

function century(year: number): number {
  return year < PIVOT ? 2000 + year : 1900 + year;
}

function monthOf(
  found: Readonly<Record<string, string | undefined>>,
  months: readonly string[],
): number {
  if (found.month !== undefined) return Number(found.month);
  const name = (found.name ?? '').toLowerCase();
  return 1 + months.findIndex((month) => month === name || month.slice(0, 3) === name);
}

/** `null` without a time, `undefined` for a time that no clock shows. */
function secondOfDay(
  found: Readonly<Record<string, string | undefined>>,
): number | null | undefined {
  const { hour, half, noon, minute = '0', second = '0' } = found;
  if (hour === undefined && half === undefined) return null;
  if (half !== undefined && (Number(half) < 1 || Number(half) > 12)) return undefined;
  const afternoon = noon?.toLowerCase() === 'pm' ? 12 : 0;
  const hours = hour === undefined ? (Number(half) % 12) + afternoon : Number(hour);
  // A leap second is written 60.
  if (hours > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return hours * 3600 + Number(minute) * 60 + Number(second);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}
