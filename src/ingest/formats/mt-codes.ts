/** Values by code word, as one narrative writes them. */
export type CodedValues = ReadonlyMap<string, string>;

/** Where a code stands in a text, and where its value begins. */
interface Mark {
  readonly code: string;
  readonly at: number;
  readonly valueAt: number;
}

const PLUS_CODES = new Set(
  'EREF KREF MREF CRED DEBT SVWZ ABWA ABWE IBAN BIC COAM OAMT RREF BREF PURP SQTP ORCR ORMR DDAT MDAT'.split(
    ' ',
  ),
);
const COLON_CODES = new Set('EREF KREF MREF CRED DEBT SVWZ ABWA ABWE IBAN BIC'.split(' '));
const SLASH_CODES = new Set(
  'TRTP IBAN BIC NAME REMI EREF MARF CSID ORDP BENM ADDR ISDT PREF RTRN CNTP PURP TRCD ULTC ULTD OCMT EXCH CHGS SUM BAI'.split(
    ' ',
  ),
);

const NO_REFERENCE = /^(?:NOT ?PROVIDED|NONREF)$/i;
const NO_CODES: CodedValues = new Map();

/** SEPA code words of German banks: `EREF+`, and `EREF: ` where no code has a plus sign. */
export function plusCodes(text: string): CodedValues {
  const found = valuesOf(text, marksBefore('+', text, PLUS_CODES));
  if (!text.includes(':')) return found;
  // Cooperative banks write `EREF: 17 MREF: 4` inside the purpose.
  const colons = marksBefore(':', text, COLON_CODES).filter(({ at }) => isWordStart(text, at));
  if (colons.length === 0) return found;
  return new Map([...valuesOf(text, colons, 'word'), ...found]);
}

/** Code words between slashes, as Dutch, Swiss and CBPR+ banks write them: `/EREF/`. */
export function slashCodes(text: string): CodedValues {
  let at = text.indexOf('/');
  if (at < 0) return NO_CODES;
  const marks: Mark[] = [];
  while (at >= 0) {
    const end = text.indexOf('/', at + 1);
    if (end < 0) break;
    const code = end - at <= 5 ? text.slice(at + 1, end) : '';
    const isCode = SLASH_CODES.has(code);
    if (isCode) marks.push({ code, at, valueAt: end + 1 });
    at = isCode ? text.indexOf('/', end + 1) : end;
  }
  return valuesOf(text, marks);
}

/** Marks of codes that stand before a character; looked for from that character, because texts hold few of it. */
function marksBefore(character: string, text: string, codes: ReadonlySet<string>): Mark[] {
  const marks: Mark[] = [];
  for (let end = text.indexOf(character); end >= 0; end = text.indexOf(character, end + 1)) {
    const four = text.slice(Math.max(0, end - 4), end);
    const code = codeIn(four, codes) ?? codeIn(four.slice(-3), codes);
    if (code !== undefined) marks.push({ code, at: end - code.length, valueAt: end + 1 });
  }
  return marks;
}

function codeIn(text: string, codes: ReadonlySet<string>): string | undefined {
  return codes.has(text) ? text : undefined;
}

/** A code with a colon begins a word; people write it too. */
function isWordStart(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === ' ' || text[at - 1] === '+';
}

/**
 * Values may hold blanks and slashes, so only the next known code ends one; the first of a code counts.
 *
 * The last value goes to the end of the text, or is its first word, where free text may follow.
 */
function valuesOf(
  text: string,
  marks: readonly Mark[],
  last: 'text' | 'word' = 'text',
): CodedValues {
  if (marks.length === 0) return NO_CODES;
  const values = new Map<string, string>();
  let index = 0;
  for (const { code, valueAt } of marks) {
    index += 1;
    if (values.has(code)) continue;
    const next = marks[index]?.at;
    const rest = text.slice(valueAt, next).trim();
    const value = next === undefined && last === 'word' ? (rest.split(' ')[0] ?? '') : rest;
    values.set(code, (value.endsWith('/') ? value.slice(0, -1) : value).trim());
  }
  return values;
}

/** A reference under a code; `null` when it is absent, blank or says that there is none. */
export function codedReference(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  // N, or n with the bit of small letters: for nearly every reference that settles it.
  return (text.charCodeAt(0) | 32) === 110 && NO_REFERENCE.test(text) ? null : text;
}
