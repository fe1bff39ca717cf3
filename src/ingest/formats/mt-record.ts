import { hash } from 'node:crypto';
import type { Currency } from '../../currency.ts';
import type { ParsedEntry } from '../record.ts';
import type { EntryField } from './mt-entry.ts';
import { type Narrative, parseNarrative, parseNonSwift } from './mt-narrative.ts';

/** A field 61 that waits for its narrative. */
export interface PendingEntry {
  readonly field: EntryField;
  readonly line: number;
  /** Field 86; lines joined by `\n`. */
  narrative: string;
  /** The German `:NS:`, read where there is no field 86. */
  nonSwift: string;
}

// Keywords that say "see field 86" where a reference would stand.
const KEYWORDS = /^(?:NONREF|NOTPROVIDED|[KEPM]REF\+?|MARF)(?: |$)/;
const NO_FEES = Object.freeze({});

/** The entry of a field 61 and what was said of it. */
export function entryOf(pending: PendingEntry, account: string, currency: Currency): ParsedEntry {
  const { field } = pending;
  const said = narrativeOf(pending);
  const narrative = withSupplement(said.text, field.supplement);
  const externalId = field.bankReference === 'NONREF' ? null : field.bankReference || null;
  return {
    kind: 'entry',
    type: 'bank',
    status: field.status,
    currency,
    amountMinor: field.amountMinor,
    grossMinor: field.amountMinor,
    feesMinor: NO_FEES,
    isReversal: field.isReversal,
    bookingDate: field.bookingDate,
    valueDate: field.valueDate,
    externalId,
    reference: said.endToEnd ?? ownReference(field.ownerReference),
    originalReference: null,
    batch: null,
    counterparty: said.counterparty,
    narrative,
    identity: identityOf(field, narrative, `${account}|${currency}`),
    isIdentityUnique: false,
    details: 0,
    locator: { line: pending.line },
  };
}

function narrativeOf(pending: PendingEntry): Narrative {
  const said = parseNarrative(pending.narrative);
  return said.text === null && pending.nonSwift !== '' ? parseNonSwift(pending.nonSwift) : said;
}

function withSupplement(text: string | null, supplement: string): string | null {
  if (supplement === '') return text;
  return text === null ? supplement : `${text} ${supplement}`;
}

function ownReference(text: string): string | null {
  return text === '' || KEYWORDS.test(text) ? null : text;
}

/** Banks give no id that is unique for certain, so an entry is what it says. */
function identityOf(field: EntryField, narrative: string | null, account: string): string {
  const text = `${account}|${field.bookingDate}|${field.valueDate}|${field.amountMinor}|${field.ownerReference}|${field.bankReference}|${narrative ?? ''}`;
  return hash('sha256', text, 'base64url').slice(0, 22);
}
