import { createHmac } from 'node:crypto';

/** A keyed token of a card number: equal for equal numbers, and of no use to whoever lacks the key. */
export type CardToken = (digits: string) => string;

/** Prefixes of card numbers that issuers hold, with the lengths of the numbers behind them. */
const RANGES: readonly {
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
}[] = [
  { from: 4000, to: 4999, lengths: [13, 16, 19] },
  { from: 5100, to: 5599, lengths: [16] },
  { from: 2221, to: 2720, lengths: [16] },
  { from: 3400, to: 3499, lengths: [15] },
  { from: 3700, to: 3799, lengths: [15] },
  { from: 6011, to: 6011, lengths: [16, 17, 18, 19] },
  { from: 6440, to: 6599, lengths: [16, 17, 18, 19] },
  { from: 3528, to: 3589, lengths: [16, 17, 18, 19] },
  { from: 3000, to: 3059, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 3600, to: 3699, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 3800, to: 3999, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 6200, to: 6299, lengths: [16, 17, 18, 19] },
  { from: 5000, to: 5099, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { from: 5600, to: 5899, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { from: 6300, to: 6399, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { from: 6700, to: 6799, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
];

/** How card numbers are written in groups; the longer one is tried first. */
const GROUPINGS: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

/** Digits with at most one blank, point, hyphen or line break between two of them. */
const DIGIT_RUN = /\d(?:(?:[ .-]|\r?\n)?\d){11,}/g;
/** Twelve digits behind a beginning that some range has: most references fail at their first two. */
const MAY_BE_CARD = /(?<!\d)(?:4\d|5[0-8]|2[2-7]|3[04-9]|6\d)(?:(?:[ .-]|\r?\n)?\d){10}/;

/** What a text cut short leaves of a number: its digits up to the mark of the cut. */
const CUT_DIGITS = /(?<!\d)\d(?:[ .-]?\d){6,17}(?=…)/g;

/** No card number is longer (ISO/IEC 7812-1). */
const LONGEST = 19;

/** Whether digits (without separators) are a card number: a range that exists, its length, and the Luhn sum. */
export function isCardNumber(digits: string): boolean {
  const prefix = Number(digits.slice(0, 4));
  const { length } = digits;
  const isKnown = RANGES.some(
    ({ from, to, lengths }) => prefix >= from && prefix <= to && lengths.includes(length),
  );
  return isKnown && hasLuhnSum(digits);
}

/**
 * Truncates every card number of a text: first six digits, `xxxxxx`, last four, and `#` with its token when there is a key.
 *
 * One number gives one replacement, however it is written. Of fewer than 15 digits at least six are hidden (PCI DSS 3.4.1
 * and 3.5.1). Numbers inside an IBAN whose check digits hold are left alone.
 */
export function maskCardNumbers(text: string, tokenOf: CardToken | null): string {
  if (text.length < 12 && !text.includes('…')) return text;
  const masked = MAY_BE_CARD.test(text)
    ? text.replace(DIGIT_RUN, (run: string, at: number) => maskRun(run, at, text, tokenOf))
    : text;
  return masked.includes('…') ? masked.replace(CUT_DIGITS, maskCut) : masked;
}

/** The token of a card number: HMAC-SHA256 (RFC 2104), its first 80 bits in base 32. */
export function cardTokenOf(key: Uint8Array): CardToken {
  return (digits) => base32(createHmac('sha256', key).update(digits, 'latin1').digest());
}

function maskRun(run: string, at: number, text: string, tokenOf: CardToken | null): string {
  let masked = '';
  let end = 0;
  for (const found of cardNumbersIn(run)) {
    if (isInsideIban(text, at + found.start, at + found.end)) continue;
    masked += run.slice(end, found.start) + truncated(found.digits, tokenOf);
    end = found.end;
  }
  return masked + run.slice(end);
}

interface FoundNumber {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

function cardNumbersIn(run: string): readonly FoundNumber[] {
  const groups = Array.from(run.matchAll(/\d+/g), ({ 0: digits, index }) => ({ digits, index }));
  const found: FoundNumber[] = [];
  for (let place = 0; place < groups.length; ) {
    const group = groups[place];
    if (group !== undefined && group.digits.length > LONGEST) {
      found.push(...gluedNumbersIn(group));
      place += 1;
      continue;
    }
    const size = sizeOfNumberAt(groups, place, run);
    const [first, last] = [groups[place], groups[place + size - 1]];
    if (size > 0 && first !== undefined && last !== undefined) {
      const digits = digitsOf(groups.slice(place, place + size));
      found.push({ start: first.index, end: last.index + last.digits.length, digits });
    }
    place += Math.max(1, size);
  }
  return found;
}

interface DigitGroup {
  readonly digits: string;
  readonly index: number;
}

/** Fields that are joined leave card numbers one behind the other: digits that are nothing but whole card numbers. */
function gluedNumbersIn({ digits, index }: DigitGroup): readonly FoundNumber[] {
  if (digits.length === 0) return [];
  for (let length = 13; length <= LONGEST; length += 1) {
    const first = digits.slice(0, length);
    if (first.length < length || !isCardNumber(first)) continue;
    const rest = { digits: digits.slice(length), index: index + length };
    const behind = gluedNumbersIn(rest);
    if (rest.digits === '' || behind.length > 0) {
      return [{ start: index, end: rest.index, digits: first }, ...behind];
    }
  }
  return [];
}

/** How many groups from a place on are one card number; 0 for none. */
function sizeOfNumberAt(groups: readonly DigitGroup[], place: number, run: string): number {
  const first = groups[place]?.digits ?? '';
  if (first.length >= 12) return isCardNumber(first) ? 1 : 0;
  for (const grouping of GROUPINGS) {
    const part = groups.slice(place, place + grouping.length);
    const fits = grouping.every((length, index) => part[index]?.digits.length === length);
    if (fits && isCardNumber(digitsOf(part))) return grouping.length;
  }
  // A number written without separators may be folded at the end of a line.
  const second = groups[place + 1];
  if (second === undefined || !run.slice(0, second.index).endsWith('\n')) return 0;
  return isCardNumber(first + second.digits) ? 2 : 0;
}

function digitsOf(groups: readonly DigitGroup[]): string {
  return groups.map(({ digits }) => digits).join('');
}

function truncated(digits: string, tokenOf: CardToken | null): string {
  const shown = digits.length >= 15 ? 6 : digits.length - 10;
  const token = tokenOf === null ? '' : `#${tokenOf(digits)}`;
  return `${digits.slice(0, shown)}xxxxxx${digits.slice(-4)}${token}`;
}

/** What was cut can no longer be proven a card number; what may be the beginning of one is hidden. */
function maskCut(cut: string): string {
  const digits = cut.replaceAll(/[ .-]/g, '');
  const prefix = Number(digits.slice(0, 4));
  const mayBeCard = RANGES.some(({ from, to }) => prefix >= from && prefix <= to);
  return mayBeCard ? `${digits.slice(0, 6)}${'x'.repeat(digits.length - 6)}` : cut;
}

/** The sum of ISO/IEC 7812-1, annex B. */
function hasLuhnSum(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const IBAN = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])/g;

/** An account number may look like a card number behind its country; its own check digits tell. */
function isInsideIban(text: string, start: number, end: number): boolean {
  const from = Math.max(0, start - 42);
  const around = text.slice(from, end + 42);
  for (const { 0: iban, index } of around.matchAll(IBAN)) {
    const isAround = from + index < start && from + index + iban.length >= end;
    if (
      isAround &&
      wordsFrom(iban).some((part) => part.length + from + index >= end && hasIbanSum(part))
    )
      return true;
  }
  return false;
}

/** The text up to each of its blanks, and whole: where the IBAN ends and the next word begins is not marked. */
function wordsFrom(text: string): readonly string[] {
  const blanks = Array.from(text.matchAll(/ /g), ({ index }) => text.slice(0, index));
  return [...blanks, text];
}

/** How long the IBAN of a country is (SWIFT, IBAN Registry). */
const IBAN_LENGTH: ReadonlyMap<string, number> = new Map(
  (
    [
      [15, 'NO'],
      [16, 'BE'],
      [18, 'DK FI FK FO GL NL SD'],
      [19, 'MK SI'],
      [20, 'AT BA EE KZ LT LU MN XK'],
      [21, 'CH HR LI LV'],
      [22, 'BG BH CR DE GB GE IE ME RS VA'],
      [23, 'AE GI IL IQ OM SO TL'],
      [24, 'AD CZ ES MD PK RO SA SE SK TN VG'],
      [25, 'LY PT ST'],
      [26, 'IS TR'],
      [27, 'BI DJ FR GR IT MC MR SM'],
      [28, 'AL AZ BY CY DO GT HU LB NI PL SV'],
      [29, 'BR EG PS QA UA'],
      [30, 'JO KW MU YE'],
      [31, 'MT SC'],
      [32, 'LC'],
      [33, 'RU'],
    ] as const
  ).flatMap(([length, countries]) => countries.split(' ').map((country) => [country, length])),
);

/** The length and the sum of ISO 13616 (ISO/IEC 7064, MOD 97-10). */
function hasIbanSum(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  if (compact.length !== IBAN_LENGTH.get(compact.slice(0, 2))) return false;
  const turned = compact.slice(4) + compact.slice(0, 4);
  let rest = 0;
  for (const character of turned) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let place = 15n; place >= 0n; place -= 1n) {
    text += BASE32[Number((bits >> (place * 5n)) & 31n)] ?? '';
  }
  return text;
}
