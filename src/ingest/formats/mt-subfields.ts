/** The sub-fields of a German field 86 (`166?00…?20…`) by number, joined in file order. */
export interface SubFields {
  /** The business transaction code (GVC) before the first sub-field. */
  readonly transactionCode: string | null;
  /** `?00`, the booking text. */
  readonly kind: string;
  /** `?20` to `?29` and `?60` to `?63`: banks cut them at 27 characters, inside words and code words. */
  readonly purpose: string;
  /** `?38` where it is an IBAN, else `?31`. */
  readonly account: string;
  /** `?32` and `?33`. */
  readonly name: string;
  /** `?34`, the extension of the transaction code: for a return its reason. */
  readonly extension: string;
}

// Parts of a field 86, as places in a list: property names that vary would be looked up in a table for every sub-field.
const KIND = 0;
const PURPOSE = 1;
const ACCOUNT = 2;
const IBAN = 3;
const NAME = 4;
const EXTENSION = 5;
const UNREAD = 6;

const PART_BY_CODE: readonly number[] = Array.from({ length: 100 }, (_, code) => partOf(code));

const ZERO = 48;
/** Polish banks part the sub-fields with other characters than German ones. */
const STRUCTURED = /^(\d{3})?([?><~^])\d\d/;

const WHOLE_IBAN = /^[A-Z]{2}\d{2} ?[A-Z0-9]{4}/;

/** Reads an unfolded field 86; `undefined` when it has no sub-fields. */
export function parseSubFields(text: string): SubFields | undefined {
  const found = STRUCTURED.exec(text);
  const separator = found?.[2];
  if (separator === undefined) return undefined;
  const parts = ['', '', '', '', '', ''];
  let at = text.indexOf(separator);
  while (at >= 0) {
    const next = nextSubField(text, separator, at + 3);
    const code = (text.charCodeAt(at + 1) - ZERO) * 10 + text.charCodeAt(at + 2) - ZERO;
    const part = PART_BY_CODE[code] ?? UNREAD;
    if (part !== UNREAD) parts[part] += text.slice(at + 3, next < 0 ? text.length : next);
    at = next;
  }
  const [kind = '', purpose = '', ownAccount = '', writtenIban = '', name = '', extension = ''] =
    parts;
  // Polish banks write a part of the account number in 31 beside the whole of it in 38.
  const iban = writtenIban.trim();
  const account = WHOLE_IBAN.test(iban) ? iban : ownAccount.trim() || iban;
  return {
    transactionCode: found?.[1] ?? null,
    kind: kind.trim(),
    purpose,
    account: account.includes(' ') ? account.replaceAll(' ', '') : account,
    name: name.trim(),
    extension: extension.trim(),
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
  return code >= ZERO && code <= ZERO + 9;
}

function partOf(code: number): number {
  if ((code >= 20 && code <= 29) || (code >= 60 && code <= 63)) return PURPOSE;
  if (code === 32 || code === 33) return NAME;
  if (code === 0) return KIND;
  if (code === 31) return ACCOUNT;
  if (code === 38) return IBAN;
  return code === 34 ? EXTENSION : UNREAD;
}
