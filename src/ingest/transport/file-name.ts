const MAX_NAME_BYTES = 255;
const MAX_SHOWN = 120;

/** Controls, separators of lines and paths, controls of writing direction, and what stands for bytes that are no UTF-8. */
const UNSAFE_CHARACTER =
  /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd/\\]/u;
const UNSAFE_CHARACTERS = new RegExp(UNSAFE_CHARACTER, 'gu');

/** Names under which a file is still on its way, or which only speak of another file. */
const NOT_A_DELIVERY = /^\.|\.(?:tmp|part|partial|filepart|swp|done|ok|md5|sha256)$/i;

/** Why a remote name must not be used, in words; undefined for a good one. */
export function unsafeBecause(name: string): string | undefined {
  if (UNSAFE_CHARACTER.test(name)) {
    return 'it has a path separator, a control character, or bytes that are not UTF-8';
  }
  if (name === '' || name.startsWith('..')) return 'it could name another directory';
  if (name.startsWith('-')) return 'it begins like an option';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `it is longer than ${MAX_NAME_BYTES} bytes`;
  return undefined;
}

/** A remote name as it may be printed and stored: escaped and clipped. */
export function shownName(name: string): string {
  const clipped = name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name;
  return clipped.replaceAll(UNSAFE_CHARACTERS, (character) =>
    character === '/' || character === '\\'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Whether a file of this name is a delivery, and not a part, a marker or a checksum of one. */
export function isDeliveryName(name: string): boolean {
  return !NOT_A_DELIVERY.test(name);
}

/**
 * Whether a name fits a pattern in which `*` is any characters and `?` is one.
 *
 * Takes at most the product of both lengths in steps, whatever they are: a pattern can not make it slow.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const [wanted, given] = [[...pattern], [...name]];
  let [at, position, star, resume] = [0, 0, -1, 0];
  while (position < given.length) {
    if (wanted[at] === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (wanted[at] === '?' || wanted[at] === given[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      resume += 1;
      position = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((character) => character === '*');
}
