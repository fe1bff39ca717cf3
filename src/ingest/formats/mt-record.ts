import type { Currency } from '../../currency.ts';
import type { EntryAttributes, ParsedEntry } from '../record.ts';
import { textDigestOf } from './entry-identity.ts';
import { slashCodes } from './mt-codes.ts';
import type { EntryField } from './mt-entry.ts';
import { chargesOf, exchangeOf } from './mt-exchange.ts';
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

type Draft<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

/** The entry of a field 61 and what was said of it. */
export function entryOf(pending: PendingEntry, account: string, currency: Currency): ParsedEntry {
  const { field } = pending;
  const said = narrativeOf(pending);
  const narrative = withSupplement(said.text, field.supplement);
  const externalId = field.bankReference === 'NONREF' ? null : field.bankReference || null;
  const entry: Draft<ParsedEntry> = {
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
  const attributes = attributesOf(field, said, currency);
  if (attributes !== undefined) entry.attributes = attributes;
  return entry;
}

function attributesOf(
  field: EntryField,
  said: Narrative,
  currency: Currency,
): EntryAttributes | undefined {
  const draft: Draft<EntryAttributes> = {};
  const code = transactionCodeOf(field.typeCode, said.transactionCode ?? '');
  if (code !== '') draft.transactionCode = code;
  if (!isEmpty(said.references)) draft.references = said.references;
  if (said.counterpartyAccount !== null) draft.counterpartyAccount = said.counterpartyAccount;
  if (said.creditorReference !== null) draft.creditorReference = said.creditorReference;
  if (said.returnReason !== null) draft.returnReason = said.returnReason;
  takeAmounts(draft, field, said, currency);
  return isEmpty(draft) ? undefined : draft;
}

function transactionCodeOf(typeCode: string, business: string): string {
  return typeCode === '' || business === '' ? typeCode + business : `${typeCode}+${business}`;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** Original amount, rate and charge stand in the supplementary details of field 61 or in field 86. */
function takeAmounts(
  draft: Draft<EntryAttributes>,
  field: EntryField,
  said: Narrative,
  currency: Currency,
): void {
  const supplement = slashCodes(field.supplement);
  if (supplement.size === 0 && said.codes.size === 0) return;
  const codes = new Map([...said.codes, ...supplement]);
  const charges = chargesOf(codes);
  if (charges.length > 0) draft.charges = charges;
  const exchange = exchangeOf(codes, currency);
  if (exchange !== undefined) draft.exchange = exchange;
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
  return textDigestOf(text);
}
