import type { CleanField, Normaliser } from '../rules/rule.ts';
import type { FieldValues } from './field-values.ts';

/** The keys that a field gives once it is cleaned; none when there is nothing left to compare. */
export function keysOf({ field, clean }: CleanField, { texts }: FieldValues): readonly string[] {
  const text = texts[field] ?? null;
  const first = text === null ? [] : [text];
  return clean
    .reduce<readonly string[]>((keys, normaliser) => keys.flatMap(CLEAN(normaliser)), first)
    .filter((key, at, keys) => key !== '' && keys.indexOf(key) === at);
}

const CLEAN = (normaliser: Normaliser) => (text: string) => cleaned(text, normaliser);

/** One text cleaned in one way. `words` and `extract` may give several. */
export function cleaned(text: string, normaliser: Normaliser): readonly string[] {
  switch (normaliser.name) {
    case 'trim':
      return [text.trim()];
    case 'upper':
      return [text.toUpperCase()];
    case 'alphanumeric':
      return [letters(text)];
    case 'digits':
      return [text.replace(/[^0-9]/g, '')];
    case 'token':
      return [matchToken(text)];
    case 'key':
      return presentOnly([matchKey(text)]);
    case 'words':
      return presentOnly(text.toUpperCase().split(/[^A-Z0-9]+/));
    case 'strip_prefix':
      return [text.startsWith(normaliser.prefix) ? text.slice(normaliser.prefix.length) : text];
    case 'strip_leading_zeros':
      return [text.replace(/^0+/, '')];
    case 'extract':
      return Array.from(
        text.matchAll(new RegExp(normaliser.pattern, 'gsu')),
        ([whole, group]) => group ?? whole,
      );
  }
}

/** Letters and digits of ASCII, in upper case. */
export function letters(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}

/** As `tieout.match_token`: the word of a payout text that banks quote, else all of its letters and digits. */
export function matchToken(text: string): string {
  return tokenIn(text) ?? letters(text);
}

/** As `tieout.match_key`: the token, else the last word with a digit, else the last word. */
export function matchKey(text: string): string | undefined {
  const key =
    tokenIn(text) ??
    /([A-Za-z0-9]*[0-9][A-Za-z0-9]*)[^0-9]*$/.exec(text)?.[1] ??
    /([A-Za-z0-9]+)[^A-Za-z0-9]*$/.exec(text)?.[1];
  return key?.toUpperCase();
}

/** As `tieout.holds_whole`: whether the first place of the word in the text goes on neither way in letters or digits. */
export function holdsWhole(text: string, word: string): boolean {
  const [where, sought] = [text.toUpperCase(), word.toUpperCase()];
  const at = where.indexOf(sought);
  if (at < 0 || sought === '') return false;
  const isOpen = (character: string) => !/[A-Za-z0-9]/.test(character);
  return isOpen(where.charAt(at - 1)) && isOpen(where.charAt(at + sought.length));
}

/** How alike two texts are, as `pg_trgm` tells it: the trigrams they share, and all they have. */
export function sharedTrigrams(
  left: string,
  right: string,
): { readonly shared: number; readonly all: number } {
  const [mine, yours] = [trigramsOf(left), trigramsOf(right)];
  const shared = [...mine].filter((trigram) => yours.has(trigram)).length;
  return { shared, all: mine.size + yours.size - shared };
}

const TOKEN =
  /(?<![\p{L}\p{N}_])(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{6,}(?![\p{L}\p{N}_])/u;

function tokenIn(text: string): string | undefined {
  return TOKEN.exec(text)?.[0].toUpperCase();
}

function trigramsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(
    words.flatMap((word) => {
      const padded = `  ${word} `;
      return Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3));
    }),
  );
}

function presentOnly(keys: readonly (string | undefined)[]): string[] {
  return keys.filter((key): key is string => key !== undefined && key !== '');
}
