import type { Currency } from '../../currency.ts';
import { parseAmount } from '../../money.ts';
import { clip } from '../record.ts';
import type { AmountPlan, Slot } from './csv-plans.ts';
import { type CsvSheet, cell, firstFilled, headerOf } from './csv-sheet.ts';

/** Why a row is not an entry; becomes a rejection once its place in the file is known. */
export interface RowRefusal {
  readonly kind: 'refusal';
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What exports write where there is no amount. */
const NO_AMOUNT = /^(?:[ \t]*|-|n\/a|null|none)$/i;

/** Says why a row is refused, in the header's own words. */
export function refuseRow(
  sheet: CsvSheet,
  slot: Slot,
  reason: string,
  message: string,
): RowRefusal {
  return { kind: 'refusal', reason, message, field: headerOf(sheet, slot) };
}

/** The currency of a row: that of its net amount. */
export function rowCurrency(sheet: CsvSheet, row: readonly string[]): Currency {
  return currencyOf(sheet, row, firstFilled(sheet, row, sheet.slots.currency));
}

/** The currency that a place of a row names, in the case of ISO 4217 where the profile allows another. */
export function currencyOf(sheet: CsvSheet, row: readonly string[], slot: Slot): Currency {
  const text = cell(sheet, row, slot);
  return sheet.profile.entry.fold_currency ? text.toUpperCase() : text;
}

/**
 * The signed amount of a row, money in positive; `undefined` when its cells are empty.
 *
 * A declared direction is the only one: a sign in an unsigned column is refused.
 */
export function readSigned(
  sheet: CsvSheet,
  row: readonly string[],
  plan: AmountPlan,
  currency: Currency,
): bigint | undefined | RowRefusal {
  if (plan.kind === 'pair') return readPair(sheet, row, plan, currency);
  const text = cell(sheet, row, plan.slot);
  if (text === '') return undefined;
  const amount = readNumber(sheet, text, plan.slot, currency);
  if (typeof amount !== 'bigint') return amount;
  if (plan.kind === 'signed') return plan.isInverse ? -amount : amount;
  // Nothing moves in either direction, and files leave the word out then.
  if (amount === 0n) return 0n;
  const word = cell(sheet, row, plan.direction);
  if (plan.signed.has(word)) return amount;
  const isOut = plan.outs.has(word);
  if (amount < 0n && isOut && plan.isMinusAllowed) return amount;
  if (amount < 0n) return signed(sheet, text, plan.slot);
  if (isOut) return -amount;
  if (plan.ins.has(word)) return amount;
  const message = `"${clip(word, 40)}" does not say whether money came in or went out`;
  return refuseRow(sheet, plan.direction, 'BAD_DIRECTION', message);
}

/** Reads a number of a column, its sign as written. */
export function readNumber(
  sheet: CsvSheet,
  text: string,
  slot: Slot,
  currency: Currency,
): bigint | RowRefusal {
  const amount = parseAmount(text, currency, sheet.ownNumbers.get(slot) ?? sheet.numbers);
  if (amount.ok) return amount.amountMinor;
  const reason = NO_AMOUNT.test(text) ? 'AMOUNT_MISSING' : amount.reason;
  const message = `"${clip(text, 40)}" is not an amount in "${clip(currency, 10)}"`;
  return refuseRow(sheet, slot, reason, message);
}

function readPair(
  sheet: CsvSheet,
  row: readonly string[],
  plan: Extract<AmountPlan, { kind: 'pair' }>,
  currency: Currency,
): bigint | undefined | RowRefusal {
  const [credit, debit] = [cell(sheet, row, plan.credit), cell(sheet, row, plan.debit)];
  if (credit === '' && debit === '') return undefined;
  if (credit !== '' && debit !== '') return readBoth(sheet, plan, { credit, debit }, currency);
  const slot = credit === '' ? plan.debit : plan.credit;
  const text = credit === '' ? debit : credit;
  const amount = readNumber(sheet, text, slot, currency);
  if (typeof amount !== 'bigint') return amount;
  if (credit !== '') return amount < 0n ? signed(sheet, text, slot) : amount;
  if (!plan.isDebitNegative) return amount < 0n ? signed(sheet, text, slot) : -amount;
  if (amount <= 0n) return amount;
  const message = `"${clip(text, 40)}" has no minus, and the debits of this file have one`;
  return refuseRow(sheet, slot, 'BAD_NUMBER', message);
}

/** Some files fill the other column with zero; of two amounts neither is the row's. */
function readBoth(
  sheet: CsvSheet,
  plan: Extract<AmountPlan, { kind: 'pair' }>,
  texts: { readonly credit: string; readonly debit: string },
  currency: Currency,
): bigint | RowRefusal {
  const credit = readNumber(sheet, texts.credit, plan.credit, currency);
  const debit = readNumber(sheet, texts.debit, plan.debit, currency);
  if (debit === 0n && typeof credit === 'bigint' && credit >= 0n) return credit;
  const isOutwards = typeof debit === 'bigint' && debit < 0n === plan.isDebitNegative;
  if (credit === 0n && isOutwards) return plan.isDebitNegative ? debit : -debit;
  const message = `both "${headerOf(sheet, plan.credit)}" (${clip(texts.credit, 40)}) and "${headerOf(sheet, plan.debit)}" (${clip(texts.debit, 40)}) are filled`;
  return refuseRow(sheet, plan.debit, 'BAD_NUMBER', message);
}

function signed(sheet: CsvSheet, text: string, slot: Slot): RowRefusal {
  const message = `"${text}" has a sign; the column tells the direction`;
  return refuseRow(sheet, slot, 'BAD_NUMBER', message);
}
