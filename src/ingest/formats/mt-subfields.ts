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

type Parts = Record<'kind' | 'purpose' | 'iban' | 'account' | 'name' | 'extension', string>;

const PART_BY_CODE: readonly (keyof Parts | undefined)[] = Array.from({ length: 100 }, (_, code) =>
  partOf(code),
);

/** Polish banks part the sub-fields with other characters than German ones. */
const STRUCTURED = /^(\d{3})?([?><~^])\d\d/;

const IBAN = /^[A-Z]{2}\d{2} ?[A-Z0-9]{4}/;

/** Reads an unfolded field 86; `undefined` when it has no sub-fields. */
export function parseSubFields(text: string): SubFields | undefined {
  const found = STRUCTURED.exec(text);
  const separator = found?.[2];
  if (separator === undefined) return undefined;
  const parts: Parts = { kind: '', purpose: '', iban: '', account: '', name: '', extension: '' };
  let at = text.indexOf(separator);
  while (at >= 0) {
    const next = nextSubField(text, separator, at + 3);
    const part = PART_BY_CODE[Number(text.slice(at + 1, at + 3))];
    if (part !== undefined) parts[part] += text.slice(at + 3, next < 0 ? text.length : next);
    at = next;
  }
  // Polish banks write a part of the account number in 31 beside the whole of it in 38.
  const iban = parts.iban.trim();
  const account = IBAN.test(iban) ? iban : parts.account.trim() || iban;
  return {
    transactionCode: found?.[1] ?? null,
    kind: parts.kind.trim(),
    purpose: parts.purpose,
    account: account.includes(' ') ? account.replaceAll(' ', '') : account,
    name: parts.name.trim(),
    extension: parts.extension.trim(),
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

function partOf(code: number): keyof Parts | undefined {
  if ((code >= 20 && code <= 29) || (code >= 60 && code <= 63)) return 'purpose';
  if (code === 32 || code === 33) return 'name';
  if (code === 0) return 'kind';
  if (code === 31) return 'account';
  if (code === 38) return 'iban';
  return code === 34 ? 'extension' : undefined;
}
