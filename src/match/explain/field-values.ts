import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import type { FieldName } from '../rules/rule.ts';

/** What rules may look at of one entry or open item: texts, days as `YYYY-MM-DD`, the amount in minor units. */
export interface FieldValues {
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly texts: Readonly<Partial<Record<FieldName, string | null>>>;
}

/** An entry as the database has it, with its source, role, and the account that its evidence is of. */
export interface EntryRow {
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly role: 'processor' | 'bank';
  readonly source: string;
  readonly account: string | null;
  readonly type: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly isReversal: boolean;
  readonly bookingDate: BusinessDate | null;
  readonly valueDate: BusinessDate | null;
  readonly externalId: string | null;
  readonly reference: string | null;
  readonly originalReference: string | null;
  readonly merchant: string | null;
  readonly batch: string | null;
  readonly counterparty: string | null;
  readonly narrative: string | null;
}

/** An item as the database has it, open or closed, with the batch it is the payout of. */
export interface ItemRow {
  readonly itemId: string;
  readonly account: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly kind: string;
  readonly reference: string | null;
  readonly paymentId: string | null;
  readonly effectiveDate: BusinessDate;
  readonly source: string | null;
  readonly merchant: string | null;
  readonly batch: string | null;
}

/** The fields of an entry. */
export function entryFields(entry: EntryRow): FieldValues {
  const { reference, externalId, narrative } = entry;
  return {
    currency: entry.currency,
    amountMinor: entry.amountMinor,
    texts: {
      account: entry.account,
      batch: entry.batch,
      booking_date: entry.bookingDate,
      counterparty: entry.counterparty,
      currency: entry.currency,
      date: entry.bookingDate ?? entry.valueDate,
      external_id: externalId,
      identifier: identifierIn(joined([reference, narrative])),
      is_reversal: String(entry.isReversal),
      kind: entry.role === 'processor' && entry.type === 'payment' ? 'capture' : entry.type,
      merchant: entry.merchant,
      narrative,
      original_reference: entry.originalReference,
      reference,
      source: entry.source,
      value_date: entry.valueDate,
      words: joined([reference, externalId, narrative]),
    },
  };
}

/** The fields of an item. */
export function itemFields(item: ItemRow): FieldValues {
  return {
    currency: item.currency,
    amountMinor: item.amountMinor,
    texts: {
      account: item.account,
      batch: item.batch,
      currency: item.currency,
      date: item.effectiveDate,
      identifier: identifierIn(item.reference),
      kind: item.kind,
      merchant: item.merchant,
      payment_id: item.paymentId,
      reference: item.reference,
      source: item.source,
      words: item.reference,
    },
  };
}

function joined(texts: readonly (string | null)[]): string | null {
  const present = texts.filter((text) => text !== null);
  return present.length === 0 ? null : present.join(' ');
}

// As in the side of the engine.
const PARTY = /(?:IBAN|BIC)[/+: ]+[A-Z]{2}[A-Z0-9]{6,32}|\/CNTP\/[^/]*\/[^/]*/g;

/** The first word of four or more characters with a digit that is no date, no year and no account. */
function identifierIn(text: string | null): string | null {
  const words =
    text
      ?.toUpperCase()
      .replaceAll(PARTY, ' ')
      .match(/[A-Z0-9]+/g) ?? [];
  return words.find((word) => word.length >= 4 && /\d/.test(word) && !isDate(word)) ?? null;
}

const [MONTH, DAY] = ['(?:0[1-9]|1[0-2])', '(?:0[1-9]|[12]\\d|3[01])'];
const YEAR = '(?:19|20)\\d\\d';
const DATE = new RegExp(
  `^(?:${YEAR}|${YEAR}${MONTH}${DAY}|${DAY}${MONTH}${YEAR}|${DAY}${MONTH}\\d\\d|\\d\\d${MONTH}${DAY})$`,
);

function isDate(word: string): boolean {
  return DATE.test(word);
}
