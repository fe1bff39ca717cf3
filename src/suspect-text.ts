/** Characters that make a text look like another one, or that stand for one that was lost. */
const SUSPECT =
  /[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\uFFFD]/;

/**
 * The first character of a text that a reader cannot trust, as `U+202E`; `undefined` when there is none.
 *
 * Bidirectional controls and zero-width characters (Unicode TR 36) change what a person sees; U+FFFD stands where a
 * character was lost. They are kept as they are and told (`SUSPECT_TEXT`).
 */
export function suspectCharacter(text: string): string | undefined {
  const found = SUSPECT.exec(text)?.[0];
  if (found === undefined) return undefined;
  return `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
