import type { BusinessDate } from '../business-date.ts';
import { amountText } from './amount-text.ts';
import { type BankEntry, type BankStatement, closingOf } from './bank-entry.ts';

const LINE = 65;
const SUB_FIELD = 27;
const PURPOSE_FIELDS = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 60, 61, 62, 63];

/**
 * An MT940 with one statement, piece by piece, in the German dialect.
 *
 *   :20: :25:account :28C:number :60F:opening  (:61:entry :86:purpose in sub-fields)*  :62F:closing
 */
export function* mt940Statement(statement: BankStatement): Generator<string, void, undefined> {
  const { iban, number, day, openingMinor, entries } = statement;
  yield `:20:STARTUMSE\r\n:25:${iban}\r\n:28C:${String(number).padStart(5, '0')}/001\r\n`;
  yield `:60F:${balance(statement, openingMinor)}\r\n`;
  for (const entry of entries) {
    yield `:61:${shortDay(entry.valueDate)}${shortDay(day).slice(2)}${mark(entry)}${decimal(statement, entry.amountMinor)}`;
    yield `${entry.isReturn ? 'NRTI' : 'NTRF'}NONREF//${entry.id}\r\n`;
    yield `${folded(`:86:${purpose(entry)}`)}\r\n`;
  }
  yield `:62F:${balance(statement, closingOf(statement))}\r\n-\r\n`;
}

function balance(statement: BankStatement, minor: bigint): string {
  const side = minor < 0n ? 'D' : 'C';
  return `${side}${shortDay(statement.day)}${statement.currency}${decimal(statement, minor)}`;
}

function mark({ amountMinor }: BankEntry): string {
  return amountMinor < 0n ? 'D' : 'C';
}

function decimal({ currency }: BankStatement, minor: bigint): string {
  const text = amountText(minor < 0n ? -minor : minor, currency).replace('.', ',');
  return text.includes(',') ? text : `${text},`;
}

function shortDay(day: BusinessDate): string {
  return day.slice(2).replaceAll('-', '');
}

function purpose(entry: BankEntry): string {
  const [code, text] = entry.amountMinor < 0n ? ['116', 'UEBERWEISUNG'] : ['166', 'GUTSCHRIFT'];
  const ordered = entry.endToEndId === null ? '' : `EREF+${inSwiftLetters(entry.endToEndId)}`;
  const told = `${ordered}SVWZ+${inSwiftLetters(entry.narrative)}`;
  const fields = PURPOSE_FIELDS.map((field, place) => ({
    field,
    part: told.slice(place * SUB_FIELD, (place + 1) * SUB_FIELD),
  })).filter(({ part }) => part !== '');
  const returned = entry.isReturn ? '?34901' : '';
  return (
    `${entry.isReturn ? '159' : code}?00${entry.isReturn ? 'RETOURE' : text}?109301` +
    `${fields.map(({ field, part }) => `?${field}${part}`).join('')}` +
    `?32${inSwiftLetters(entry.counterparty).slice(0, SUB_FIELD)}${returned}`
  );
}

/** The bank's letters: SWIFT's set X and the underscore, which banks pass on between themselves; all else becomes a hyphen. */
function inSwiftLetters(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9/\-:().,'_+ ]/g, '-');
}

/** Lines of 65 characters at most. A blank never ends a line, for some readers drop it. */
function folded(text: string): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > LINE) {
    let cut = LINE;
    while (/[ :-]/.test(rest.charAt(cut)) || rest.charAt(cut - 1) === ' ') cut -= 1;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...lines, rest].join('\r\n');
}
