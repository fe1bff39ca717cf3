import type { Context, FieldName } from './rule.ts';

export type Side = 'left' | 'right';
export type FieldKind = 'text' | 'amount' | 'date' | 'truth';

/** What a field is compared as. */
export const FIELD_KIND: Readonly<Record<FieldName, FieldKind>> = {
  account: 'text',
  amount: 'amount',
  batch: 'text',
  booking_date: 'date',
  counterparty: 'text',
  currency: 'text',
  date: 'date',
  external_id: 'text',
  identifier: 'text',
  is_reversal: 'truth',
  kind: 'text',
  merchant: 'text',
  narrative: 'text',
  original_reference: 'text',
  payment_id: 'text',
  reference: 'text',
  source: 'text',
  value_date: 'date',
  words: 'text',
};

/** What the two sides of a context are called. */
export const SIDE_NAMES: Readonly<Record<Context, Readonly<Record<Side, string>>>> = {
  'line-to-item': { left: 'settlement_line', right: 'open_item' },
  'bank-to-item': { left: 'bank_entry', right: 'open_item' },
  'bank-to-bank': { left: 'entry_out', right: 'entry_in' },
};

const ITEM: readonly FieldName[] = [
  'account',
  'amount',
  'currency',
  'date',
  'kind',
  'payment_id',
  'reference',
];
const ENTRY: readonly FieldName[] = [
  'account',
  'amount',
  'counterparty',
  'currency',
  'date',
  'external_id',
  'identifier',
  'merchant',
  'narrative',
  'original_reference',
  'reference',
  'source',
  'words',
];
const LINE: readonly FieldName[] = [...ENTRY, 'batch', 'kind'];
const BANK: readonly FieldName[] = [...ENTRY, 'booking_date', 'is_reversal', 'value_date'];

const FIELDS: Readonly<Record<Context, Readonly<Record<Side, readonly FieldName[]>>>> = {
  'line-to-item': { left: LINE, right: ITEM },
  'bank-to-item': { left: BANK, right: ITEM },
  'bank-to-bank': { left: BANK, right: BANK },
};

/** The fields a side has; a rule that names another one is refused. */
export function fieldsOf(context: Context, side: Side): readonly FieldName[] {
  return FIELDS[context][side];
}
