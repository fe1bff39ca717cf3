/** What spreadsheets make of identifiers: an exponent, a column too narrow, a formula, a day of the year. */
const MANGLED =
  /^(?:[+-]?\d(?:[.,]\d+)?E\+\d+|#{2,}|="[^"]*"|\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))$/i;

/** A double keeps 15 digits; a spreadsheet writes zeros for the rest. */
const ROUNDED = /^\d{15}0+$/;

/**
 * Whether an identifier is not what its writer wrote but what a spreadsheet left of it.
 *
 * Digits rounded to zeros may be honest, so they count only where the profile says that ids do not end so.
 */
export function isMangledBySpreadsheet(text: string, isRounding: boolean): boolean {
  return MANGLED.test(text) || (isRounding && ROUNDED.test(text));
}
