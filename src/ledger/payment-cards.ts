import { type CardToken, maskCardNumbers } from '../card-number.ts';

/**
 * Truncates the card numbers in the fields of one payment, with the tokens that ingest gives them.
 *
 * A reference is stored and compared as one text on both sides, so both must hide the same digits the same way.
 */
export function maskPaymentRow(
  row: readonly string[],
  tokenOf: CardToken | null,
): readonly string[] {
  let masked: string[] | undefined;
  for (const [place, text] of row.entries()) {
    const clean = maskCardNumbers(text, tokenOf);
    if (clean === text) continue;
    masked ??= [...row];
    masked[place] = text.startsWith('{') ? maskJson(text, clean, tokenOf) : clean;
  }
  return masked ?? row;
}

/** A card number may stand as a number in metadata: truncated, it is text. */
function maskJson(text: string, clean: string, tokenOf: CardToken | null): string {
  try {
    return JSON.stringify(maskValue(JSON.parse(text), tokenOf));
  } catch (error) {
    // The row is rejected for what it is, in words that hold no number.
    if (error instanceof SyntaxError) return clean;
    throw error;
  }
}

function maskValue(value: unknown, tokenOf: CardToken | null): unknown {
  if (typeof value === 'string') return maskCardNumbers(value, tokenOf);
  if (typeof value === 'number') {
    const text = String(value);
    const clean = maskCardNumbers(text, tokenOf);
    return clean === text ? value : clean;
  }
  if (Array.isArray(value)) return value.map((inner) => maskValue(inner, tokenOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      maskCardNumbers(key, tokenOf),
      maskValue(inner, tokenOf),
    ]),
  );
}
