/** What field 86 (or the German `:NS:`) says of an entry. */
export interface Narrative {
  readonly text: string | null;
  readonly counterparty: string | null;
  /** The end-to-end reference, from `EREF+` or `/EREF/`. */
  readonly endToEnd: string | null;
}

const STRUCTURED = /^(?:\d{3})?([?><])\d\d/;
const PLUS_CODE =
  /(?:EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|RREF|BREF|PURP|SQTP|ORCR|ORMR|DDAT|MDAT)\+/;
const SLASH_CODE =
  /\/(?:TRTP|IBAN|BIC|NAME|REMI|EREF|MARF|CSID|ORDP|BENM|ADDR|ISDT|PREF|RTRN|CNTP|PURP|TRCD|ULTC|ULTD|OCMT|EXCH|CHGS|SUM|BAI)\//;

/**
 * Reads a narrative whose lines are joined by `\n`.
 *
 * Lines are unfolded without a separator, because banks cut at a column, inside words and code words.
 * German sub-fields (`?20` … `?29`, `?60` … `?63`) are joined in order the same way, before `EREF+` is looked for.
 */
export function parseNarrative(text: string): Narrative {
  const unfolded = text.includes('\n') ? text.replaceAll('\n', '') : text;
  const separator = STRUCTURED.exec(unfolded)?.[1];
  if (separator !== undefined) return structured(unfolded, separator);
  return {
    text: unfolded.trim() || null,
    counterparty: valueAfter('/NAME/', unfolded, SLASH_CODE),
    endToEnd: endToEndOf(unfolded),
  };
}

/** Reads `:NS:`, one sub-field a line: 01–14 purpose, 15 and 16 the other party's name. */
export function parseNonSwift(text: string): Narrative {
  let purpose = '';
  let name = '';
  for (const line of text.split('\n')) {
    const code = Number(line.slice(0, 2));
    if (code >= 1 && code <= 14) purpose += line.slice(2);
    else if (code === 15 || code === 16) name += line.slice(2);
  }
  return { text: purpose || null, counterparty: name || null, endToEnd: endToEndOf(purpose) };
}

function structured(text: string, separator: string): Narrative {
  let purpose = '';
  let name = '';
  let kind = '';
  let at = text.indexOf(separator);
  while (at >= 0) {
    const next = nextSubField(text, separator, at + 3);
    const code = Number(text.slice(at + 1, at + 3));
    const content = text.slice(at + 3, next < 0 ? text.length : next);
    if ((code >= 20 && code <= 29) || (code >= 60 && code <= 63)) purpose += content;
    else if (code === 32 || code === 33) name += content;
    else if (code === 0) kind += content;
    at = next;
  }
  return {
    text: purpose.trim() || kind.trim() || null,
    counterparty: name.trim() || null,
    endToEnd: endToEndOf(purpose),
  };
}

/** A separator without two digits behind it is text: `WHO?` stays in the sub-field it stands in. */
function nextSubField(text: string, separator: string, from: number): number {
  let at = text.indexOf(separator, from);
  while (at >= 0 && !(isDigit(text.charCodeAt(at + 1)) && isDigit(text.charCodeAt(at + 2))))
    at = text.indexOf(separator, at + 1);
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function endToEndOf(text: string): string | null {
  const value = valueAfter('EREF+', text, PLUS_CODE) ?? valueAfter('/EREF/', text, SLASH_CODE);
  return value === 'NOTPROVIDED' ? null : value;
}

/** Values may hold blanks and slashes, so only the next known code ends one. */
function valueAfter(code: string, text: string, next: RegExp): string | null {
  const start = text.indexOf(code);
  if (start < 0) return null;
  const rest = text.slice(start + code.length);
  const end = rest.search(next);
  const value = (end < 0 ? rest : rest.slice(0, end)).trim();
  return (value.endsWith('/') ? value.slice(0, -1) : value) || null;
}
