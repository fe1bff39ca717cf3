import { suspectCharacter } from '../../suspect-text.ts';
import type { ParsedEntry, ReferenceKind } from '../record.ts';

/**
 * Why a reference of an entry may not be what a person sees, as a sentence; `undefined` when nothing is wrong.
 *
 * The text stays as the file writes it: two references that look alike must not become one.
 */
export function suspectTextIn(entry: ParsedEntry): string | undefined {
  const { externalId, reference, attributes } = entry;
  return (
    suspectIn('the external id', externalId) ??
    suspectIn('the reference', reference) ??
    (attributes === undefined ? undefined : suspectInAttributes(attributes))
  );
}

function suspectInAttributes(
  attributes: NonNullable<ParsedEntry['attributes']>,
): string | undefined {
  const { references, counterpartyAccount, creditorReference } = attributes;
  for (const kind in references) {
    const found = suspectIn(`the ${kind} reference`, references[kind as ReferenceKind]);
    if (found !== undefined) return found;
  }
  return (
    suspectIn('the account of the other party', counterpartyAccount) ??
    suspectIn('the creditor reference', creditorReference)
  );
}

function suspectIn(name: string, text: string | null | undefined): string | undefined {
  const character = text == null ? undefined : suspectCharacter(text);
  return character === undefined
    ? undefined
    : `${name} holds the character ${character}, which a person cannot read`;
}
