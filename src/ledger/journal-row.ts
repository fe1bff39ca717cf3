import { parseBusinessDate } from '../business-date.ts';
import { type Currency, currencyExponent } from '../currency.ts';
import { parseAmount } from '../money.ts';
import type { HandContent, HandLine } from './hand-journal.ts';
import { isJsonObject } from './payment-row.ts';

/** The columns of a journal file. */
export const JOURNAL_COLUMNS: Readonly<Record<string, 'required' | 'optional'>> = {
  key: 'optional',
  journal: 'optional',
  effective_date: 'required',
  kind: 'optional',
  debit: 'required',
  credit: 'required',
  currency: 'optional',
  amount: 'required',
  reference: 'optional',
  description: 'optional',
  payment_id: 'optional',
  metadata: 'optional',
};

/** One line of a journal file: what is the journal's, and the movement that is its own. */
export interface JournalRow {
  /** Lines of one text here are one journal; empty for a journal of this line alone. */
  readonly journal: string;
  readonly head: Omit<HandContent, 'lines'>;
  readonly movement: HandLine;
}

/** Why an amount or a line cannot be read. */
export interface Fault {
  readonly code: string;
  readonly text: string;
}

const KIND = /^[a-z][a-z0-9_-]{0,39}$/;
const DEFAULT_KIND = 'adjustment';
const NUMBER = { decimal: '.' } as const;
const NUL = '\0';

/** Reads a line by its columns; what is wrong with it is told as a value. */
export function parseJournalRow(
  field: (name: string) => string,
  options: { readonly currency: Currency },
): JournalRow | (Fault & { readonly journal: string }) {
  const journal = field('journal');
  const head = parseHead(field);
  if ('code' in head) return { journal, ...head };
  const movement = parseMovement({
    debit: field('debit'),
    credit: field('credit'),
    currency: field('currency') || options.currency,
    amount: field('amount'),
    reference: field('reference'),
  });
  return 'code' in movement ? { journal, ...movement } : { journal, head, movement };
}

function parseHead(field: (name: string) => string): JournalRow['head'] | Fault {
  const effectiveDate = parseBusinessDate(field('effective_date'));
  if (effectiveDate === undefined)
    return fault('BAD_DATE', `"${field('effective_date')}" is not a day as YYYY-MM-DD`);
  const kind = field('kind') || DEFAULT_KIND;
  if (!isKind(kind)) return fault('BAD_KIND', `"${kind}" is not a kind: ${KIND_RULE}`);
  const metadata = field('metadata');
  if (metadata !== '' && !isJsonObject(metadata))
    return fault('BAD_METADATA', 'metadata is not a JSON object');
  const texts = {
    key: field('key'),
    description: field('description'),
    paymentId: field('payment_id'),
  };
  if (Object.values(texts).some((text) => text.includes(NUL)))
    return fault('BAD_TEXT', 'a text holds a NUL, which cannot be stored');
  return { ...texts, effectiveDate, kind, metadata };
}

/** What a kind may be, in words. */
export const KIND_RULE = 'a small letter, then small letters, digits, "-" or "_"; 40 in all';

/** Whether a text is a kind of journal. */
export function isKind(text: string): boolean {
  return KIND.test(text);
}

/** Reads one movement, amount in major units; what is wrong with it is told as a value. */
export function parseMovement(movement: {
  readonly debit: string;
  readonly credit: string;
  readonly currency: Currency;
  readonly amount: string;
  readonly reference: string;
}): HandLine | Fault {
  const { debit, credit, currency, reference } = movement;
  if (debit === '' || credit === '') return fault('FIELD_MISSING', 'debit or credit is empty');
  if (debit === credit) return fault('same_account', `debit and credit are both ${debit}`);
  if (`${debit}${credit}${reference}`.includes(NUL))
    return fault('BAD_TEXT', 'a text holds a NUL, which cannot be stored');
  const amount = parsePositive(movement.amount, currency);
  return typeof amount === 'bigint'
    ? { debit, credit, currency, amountMinor: amount, reference }
    : amount;
}

/** Reads a positive amount in major units as minor ones; what is wrong with it is told as a value. */
export function parsePositive(text: string, currency: Currency): bigint | Fault {
  if (currencyExponent(currency) === undefined)
    return fault('CCY_UNKNOWN', `currency "${currency}" is not in use (ISO 4217)`);
  const amount = parseAmount(text, currency, NUMBER);
  if (!amount.ok) return fault(amount.reason, `"${text}" is not an amount of ${currency}`);
  if (amount.amountMinor > 0n) return amount.amountMinor;
  return fault('AMOUNT_RANGE', `amount "${text}" is not positive`);
}

function fault(code: string, text: string): Fault {
  return { code, text };
}
