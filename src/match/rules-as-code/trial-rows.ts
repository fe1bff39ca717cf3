import { inTransitOf, PAYOUTS_IN_TRANSIT, receivableOf } from '../../account-code.ts';
import { type BusinessDate, parseBusinessDate } from '../../business-date.ts';
import { type Currency, currencyExponent } from '../../currency.ts';
import { sha256Hex, uuidFrom } from '../../ids.ts';
import { type NumberFormat, parseAmount } from '../../money.ts';
import type { EntryRow } from '../explain/field-values.ts';
import { fieldsOf, type Side } from '../rules/fields.ts';
import type { Context, FieldName } from '../rules/rule.ts';

/** The fields of a row as a case gives them: texts, amounts in major units. */
export type RowFields = Readonly<Record<string, string | boolean | null>>;

/** Made-up evidence: a settlement line or a bank entry, by its name in the trial. */
export interface TrialEntry extends Omit<EntryRow, 'fileNo' | 'ordinal' | 'account'> {
  readonly name: string;
  readonly accountCode: string | null;
}

/** A made-up open item, by its name in the trial. */
export interface TrialItem {
  readonly name: string;
  readonly itemId: string;
  readonly code: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly kind: string;
  readonly reference: string | null;
  readonly paymentId: string | null;
  readonly effectiveDate: BusinessDate;
}

/** Both sides of a trial of rules. */
export interface TrialRows {
  readonly entries: readonly TrialEntry[];
  readonly items: readonly TrialItem[];
}

/** A row that is none: the field that is wrong, and what is wrong with it. */
export class RowProblem extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

const MAJOR: NumberFormat = { decimal: '.' };
const LINE_TYPES = ['refund', 'chargeback', 'chargeback-reversal', 'adjustment'];
/** What follows from other fields and cannot be given. */
const DERIVED: readonly FieldName[] = ['identifier', 'words'];
const SOURCE = 'processor';

/** The fields a row of a side may give. */
export function givenFields(context: Context, side: Side): readonly string[] {
  const isLine = context === 'line-to-item' && side === 'left';
  return fieldsOf(context, side).filter(
    (field) => !DERIVED.includes(field) && !(isLine && field === 'account'),
  );
}

/** Whether a side of a context holds open items; else evidence. */
export function isItemSide(context: Context, side: Side): boolean {
  return side === 'right' && context !== 'bank-to-bank';
}

/** Reads a row as evidence. Throws a {@link RowProblem}. */
export function trialEntry(
  name: string,
  fields: RowFields,
  { context, side }: { readonly context: Context; readonly side: Side },
): TrialEntry {
  const row = new Row(fields);
  const isLine = context === 'line-to-item';
  const currency = row.currency();
  const date = row.date('date');
  return {
    name,
    currency,
    source: row.text('source') ?? (isLine ? SOURCE : 'bank'),
    role: isLine ? 'processor' : 'bank',
    accountCode: isLine
      ? null
      : (row.text('account') ?? (side === 'left' ? 'assets:bank:main' : 'assets:bank:second')),
    type: isLine ? row.lineType() : 'bank',
    amountMinor: row.amount(currency),
    isReversal: row.truth('is_reversal'),
    bookingDate: row.date('booking_date') ?? date,
    valueDate: row.date('value_date') ?? date ?? row.needed('date'),
    externalId: row.text('external_id'),
    reference: row.text('reference'),
    originalReference: row.text('original_reference'),
    merchant: row.text('merchant'),
    batch: row.text('batch'),
    counterparty: row.text('counterparty'),
    narrative: row.text('narrative'),
  };
}

/** Reads a row as an open item. Throws a {@link RowProblem}. */
export function trialItem(
  name: string,
  fields: RowFields,
  { context }: { readonly context: Context },
): TrialItem {
  const row = new Row(fields);
  const currency = row.currency();
  const amountMinor = row.amount(currency);
  const isLine = context === 'line-to-item';
  const inTransit = amountMinor < 0n ? PAYOUTS_IN_TRANSIT : inTransitOf(SOURCE);
  return {
    name,
    itemId: uuidFrom(sha256Hex(`trial item|${name}`)),
    code: row.text('account') ?? (isLine ? receivableOf(SOURCE) : inTransit),
    currency,
    amountMinor,
    kind: row.text('kind') ?? (isLine ? 'capture' : 'payout'),
    reference: row.text('reference'),
    paymentId: row.text('payment_id'),
    effectiveDate: row.date('date') ?? row.needed('date'),
  };
}

class Row {
  readonly #fields: RowFields;

  constructor(fields: RowFields) {
    this.#fields = fields;
  }

  text(field: string): string | null {
    const value = this.#fields[field] ?? null;
    if (typeof value === 'boolean') throw new RowProblem(field, 'is not a text');
    return value;
  }

  truth(field: string): boolean {
    const value = this.#fields[field] ?? false;
    if (typeof value !== 'boolean') throw new RowProblem(field, 'is neither true nor false');
    return value;
  }

  date(field: string): BusinessDate | null {
    const text = this.text(field);
    if (text === null) return null;
    const date = parseBusinessDate(text);
    if (date === undefined) throw new RowProblem(field, 'is not a day as YYYY-MM-DD');
    return date;
  }

  currency(): Currency {
    const code = this.text('currency') ?? this.needed('currency');
    if (currencyExponent(code) === undefined)
      throw new RowProblem('currency', `is no currency: ${code}`);
    return code;
  }

  amount(currency: Currency): bigint {
    const text = this.text('amount') ?? this.needed('amount');
    const amount = parseAmount(text, currency, MAJOR);
    if (!amount.ok || amount.amountMinor === 0n)
      throw new RowProblem('amount', 'is not an amount in major units, as "-12.34"');
    return amount.amountMinor;
  }

  lineType(): string {
    const kind = this.text('kind') ?? 'capture';
    if (kind === 'capture') return 'payment';
    if (LINE_TYPES.includes(kind)) return kind;
    throw new RowProblem('kind', `is none of capture, ${LINE_TYPES.join(', ')}`);
  }

  needed(field: string): never {
    throw new RowProblem(field, 'is missing');
  }
}
