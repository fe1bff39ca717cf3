import type { BusinessDate } from '../../business-date.ts';
import { sha256Hex } from '../../ids.ts';
import {
  clip,
  type EntryStatus,
  type EntryType,
  type Locator,
  type ParsedEntry,
} from '../record.ts';
import { type RowRefusal, refuseRow } from './csv-amount.ts';
import { type RowAmounts, readAmounts } from './csv-amounts.ts';
import { checkRow } from './csv-checks.ts';
import type { IdentityPlan, Slot, TextPlan } from './csv-plans.ts';
import type { RowStatus } from './csv-profile.ts';
import { type CsvSheet, cell, firstFilled } from './csv-sheet.ts';
import { isMangledBySpreadsheet } from './csv-spreadsheet.ts';

/** A row that is passed over, and the profile's reason. */
export interface IgnoredRow {
  readonly kind: 'ignored';
  readonly rule: string;
}

/** What of a row is known once it reads as an entry. */
interface RowFacts {
  readonly type: EntryType;
  readonly typeText: string;
  readonly status: EntryStatus;
  readonly bookingDate: BusinessDate;
  readonly valueDate: BusinessDate | null;
  readonly amounts: RowAmounts;
  readonly locator: Locator;
}

/** Reads one row as an entry, or says why it is none. */
export function readEntry(
  sheet: CsvSheet,
  row: readonly string[],
  locator: Locator,
): ParsedEntry | IgnoredRow | RowRefusal {
  const typeText = typeTextOf(sheet, row);
  const rowType = sheet.types.find(typeText);
  if (rowType === undefined) return unknownType(sheet, typeText);
  if (rowType.kind === 'ignored') return rowType;
  const status = statusOf(sheet, row);
  if (typeof status === 'object') return status;
  if (status === 'ignored') {
    return { kind: 'ignored', rule: `status ${shown(statusTextOf(sheet, row))}` };
  }
  const mangled = mangledOf(sheet, row);
  if (mangled !== undefined) return mangled;
  const bookingDate = readDay(sheet, row, sheet.slots.bookingDate);
  if (typeof bookingDate === 'object') return bookingDate;
  const valueDate = readValueDate(sheet, row, bookingDate);
  if (typeof valueDate === 'object' && valueDate !== null) return valueDate;
  const amounts = readAmounts(sheet, row, { type: rowType.type, status });
  if (amounts.kind === 'refusal') return amounts;
  const unequal = checkRow(sheet, row, amounts.currency);
  if (unequal !== undefined) return unequal;
  const type = typeOf(sheet, rowType.type, amounts);
  return entryOf(sheet, row, { type, typeText, status, bookingDate, valueDate, amounts, locator });
}

/** A report without value dates books and values on one day; an empty cell says nothing. */
function readValueDate(
  sheet: CsvSheet,
  row: readonly string[],
  bookingDate: BusinessDate,
): BusinessDate | null | RowRefusal {
  const { valueDate: slots } = sheet.slots;
  if (slots.length === 0) return bookingDate;
  const isEmpty = cell(sheet, row, firstFilled(sheet, row, slots)) === '';
  return isEmpty ? null : readDay(sheet, row, slots);
}

/** Reads a day of a column, the first of several that is filled. */
export function readDay(
  sheet: CsvSheet,
  row: readonly string[],
  slots: readonly Slot[],
): BusinessDate | RowRefusal {
  const slot = firstFilled(sheet, row, slots);
  const text = cell(sheet, row, slot);
  const { dates } = sheet;
  const zone = dates.zoneSlot === null ? '' : cell(sheet, row, dates.zoneSlot);
  const day = dates.read(text, zone);
  if (typeof day === 'string') return day;
  return refuseRow(sheet, slot, day.reason, `"${clip(text, 40)}" ${day.message}`);
}

function entryOf(sheet: CsvSheet, row: readonly string[], facts: RowFacts): ParsedEntry {
  const { type, status, bookingDate, valueDate, amounts, locator } = facts;
  const texts = sheet.textsByType.get(type) ?? sheet.texts;
  const account = cell(sheet, row, sheet.slots.account);
  const named = {
    externalId: textOf(sheet, row, texts.externalId),
    reference: textOf(sheet, row, texts.reference),
    counterparty: textOf(sheet, row, texts.counterparty),
    narrative: textOf(sheet, row, texts.narrative),
  };
  const identity = sheet.identity.find((plan) =>
    plan.when.every((slot) => cell(sheet, row, slot) !== ''),
  );
  return {
    kind: 'entry',
    type,
    status,
    currency: amounts.currency,
    amountMinor: amounts.netMinor,
    grossMinor: amounts.grossMinor,
    feesMinor: amounts.feesMinor,
    isReversal: type === 'chargeback-reversal',
    bookingDate,
    valueDate,
    externalId: named.externalId,
    reference: named.reference,
    originalReference: textOf(sheet, row, texts.originalReference),
    ...(account === '' || sheet.profile.role === 'bank' ? {} : { account }),
    batch: cell(sheet, row, sheet.slots.batch) || null,
    counterparty: named.counterparty,
    narrative: named.narrative,
    identity:
      identity === undefined
        ? digestOf([account, ...Object.values(named)], facts)
        : identityOf(sheet, row, identity, facts),
    isIdentityUnique: identity?.isUnique ?? false,
    details: 0,
    locator,
  };
}

function typeTextOf(sheet: CsvSheet, row: readonly string[]): string {
  return joined(sheet, row, sheet.types.slots);
}

/** What a rule that looks at several values is held against. */
function joined(sheet: CsvSheet, row: readonly string[], slots: readonly Slot[]): string {
  const [only] = slots;
  if (only === undefined) return '';
  if (slots.length === 1) return cell(sheet, row, only);
  return slots.map((slot) => cell(sheet, row, slot)).join('|');
}

function unknownType(sheet: CsvSheet, typeText: string): RowRefusal {
  const message = `"${clip(shown(typeText), 80)}" is not a row type that ${sheet.profile.name} knows`;
  return refuseRow(sheet, sheet.types.slots[0] ?? -1, 'UNKNOWN_TYPE', message);
}

/** Joined values for people: the last of them may be empty. */
function shown(text: string): string {
  return text.replace(/\|+$/, '');
}

/** The type of a row that takes money out may be another. */
function typeOf(sheet: CsvSheet, type: EntryType, { netMinor }: RowAmounts): EntryType {
  const rules = sheet.profile.entry.type;
  if (netMinor >= 0n || typeof rules === 'string') return type;
  return rules.outgoing?.[type] ?? type;
}

function statusOf(sheet: CsvSheet, row: readonly string[]): RowStatus | RowRefusal {
  const text = statusTextOf(sheet, row);
  const status = sheet.statuses.find(text);
  if (status !== undefined) return status;
  const message = `"${clip(shown(text), 80)}" is not a status that ${sheet.profile.name} knows`;
  return refuseRow(sheet, sheet.statuses.slots[0] ?? -1, 'UNKNOWN_STATUS', message);
}

function statusTextOf(sheet: CsvSheet, row: readonly string[]): string {
  return joined(sheet, row, sheet.statuses.slots);
}

function mangledOf(sheet: CsvSheet, row: readonly string[]): RowRefusal | undefined {
  const isRounding = sheet.profile.spreadsheet?.rounded_digits ?? false;
  for (const slot of sheet.checked) {
    const text = cell(sheet, row, slot);
    if (text === '' || !isMangledBySpreadsheet(text, isRounding)) continue;
    const message = `"${clip(text, 80)}" lost its digits in a spreadsheet; ask for the original file`;
    return refuseRow(sheet, slot, 'EXCEL_MANGLED_ID', message);
  }
  return undefined;
}

function textOf(sheet: CsvSheet, row: readonly string[], plan: TextPlan): string | null {
  const { slots, isJoined, unless } = plan;
  if (unless !== null && cell(sheet, row, unless) !== '') return null;
  if (isJoined) {
    const filled = slots.map((slot) => cell(sheet, row, slot)).filter((text) => text !== '');
    return filled.join(' ') || null;
  }
  for (const slot of slots) {
    const text = cell(sheet, row, slot);
    if (text !== '') return text;
  }
  return null;
}

function identityOf(
  sheet: CsvSheet,
  row: readonly string[],
  plan: IdentityPlan,
  facts: RowFacts,
): string {
  const texts = plan.parts.map((part) =>
    typeof part === 'number' ? cell(sheet, row, part) : readValue(part, facts),
  );
  return texts.join('|');
}

/** A value already read, by the name an identity calls it. */
function readValue(name: string, facts: RowFacts): string {
  switch (name) {
    case '$currency':
      return facts.amounts.currency;
    case '$net':
      return facts.amounts.netMinor.toString();
    case '$booking_date':
      return facts.bookingDate;
    case '$value_date':
      return facts.valueDate ?? '';
    default:
      return facts.type;
  }
}

/** Rows of equal content are told apart by nothing: they share an identity that promises nothing. */
function digestOf(texts: readonly (string | null)[], facts: RowFacts): string {
  const { typeText, bookingDate, valueDate, amounts } = facts;
  const { currency, netMinor } = amounts;
  const content = [...texts, typeText, bookingDate, valueDate, currency, netMinor.toString()];
  return sha256Hex(JSON.stringify(content));
}
