import { Decimal } from 'decimal.js';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { formatAmount, parseAmount, sumMinor } from '../../money.ts';
import { clip, type EntryType, type FeeKind } from '../record.ts';
import type { ColumnName, SignedColumns } from './csv-profile.ts';
import { type CsvSheet, cell, headerOf } from './csv-sheet.ts';

/** Why a row is not an entry; becomes a rejection once its place in the file is known. */
export interface RowRefusal {
  readonly kind: 'refusal';
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What a settlement line moves, in its net currency: gross − fees = net. */
export interface SettlementAmounts {
  readonly kind: 'amounts';
  readonly currency: Currency;
  readonly grossMinor: bigint;
  readonly netMinor: bigint;
  readonly feesMinor: Readonly<Partial<Record<FeeKind, bigint>>>;
}

/** Enough digits for an amount of 19 and a rate of 20 without rounding. */
const Exact = Decimal.clone({ precision: 60 });

/** Says why a row is refused, in the header's own words. */
export function refuseRow(
  sheet: CsvSheet,
  column: ColumnName,
  reason: string,
  message: string,
): RowRefusal {
  return { kind: 'refusal', reason, message, field: headerOf(sheet, column) };
}

/** Reads the amounts of a row and holds them against the net equation. */
export function readAmounts(
  sheet: CsvSheet,
  row: readonly string[],
  type: EntryType,
): SettlementAmounts | RowRefusal {
  const { net: netColumns, gross: grossColumns } = sheet.profile.signs;
  const currency = cell(sheet, row, 'netCurrency');
  const netMinor = readSigned(sheet, row, netColumns, 'netCurrency');
  if (netMinor === undefined) return missing(sheet, netColumns);
  if (typeof netMinor !== 'bigint') return netMinor;
  const feesMinor = readFees(sheet, row, currency);
  if ('reason' in feesMinor) return feesMinor;
  const gross = readSigned(sheet, row, grossColumns, 'grossCurrency');
  if (typeof gross === 'object') return gross;
  if (gross === undefined && !sheet.netOnly.has(type)) return missing(sheet, grossColumns);
  const grossMinor = gross ?? 0n;
  const amounts: SettlementAmounts = { kind: 'amounts', currency, grossMinor, netMinor, feesMinor };
  return gross === undefined ? withoutGross(amounts, type) : checked(sheet, row, amounts);
}

/** The signed amount of a debit and credit pair; `undefined` when both cells are empty. */
export function readSigned(
  sheet: CsvSheet,
  row: readonly string[],
  columns: SignedColumns,
  currencyColumn: ColumnName,
): bigint | undefined | RowRefusal {
  const [credit, debit] = [cell(sheet, row, columns.credit), cell(sheet, row, columns.debit)];
  if (credit === '' && debit === '') return undefined;
  if (credit !== '' && debit !== '') {
    const message = `both "${headerOf(sheet, columns.credit)}" (${clip(credit, 40)}) and "${headerOf(sheet, columns.debit)}" (${clip(debit, 40)}) are filled`;
    return refuseRow(sheet, columns.debit, 'BAD_NUMBER', message);
  }
  const column = credit === '' ? columns.debit : columns.credit;
  const amount = readNumber(sheet, row, column, cell(sheet, row, currencyColumn));
  if (typeof amount !== 'bigint') return amount;
  if (amount < 0n) {
    const message = `"${cell(sheet, row, column)}" has a sign; the column tells the direction`;
    return refuseRow(sheet, column, 'BAD_NUMBER', message);
  }
  return credit === '' ? -amount : amount;
}

function readNumber(
  sheet: CsvSheet,
  row: readonly string[],
  column: ColumnName,
  currency: Currency,
): bigint | RowRefusal {
  const text = cell(sheet, row, column);
  const amount = parseAmount(text, currency, sheet.profile.numbers);
  if (amount.ok) return amount.amountMinor;
  const message = `"${clip(text, 40)}" is not an amount in "${clip(currency, 10)}"`;
  return refuseRow(sheet, column, amount.reason, message);
}

function readFees(
  sheet: CsvSheet,
  row: readonly string[],
  currency: Currency,
): Partial<Record<FeeKind, bigint>> | RowRefusal {
  const feesMinor: Partial<Record<FeeKind, bigint>> = {};
  for (const { kind, column } of sheet.fees) {
    if (cell(sheet, row, column) === '') continue;
    const amount = readNumber(sheet, row, column, currency);
    if (typeof amount !== 'bigint') return amount;
    feesMinor[kind] = amount;
  }
  return feesMinor;
}

function missing(sheet: CsvSheet, columns: SignedColumns): RowRefusal {
  const message = `neither "${headerOf(sheet, columns.credit)}" nor "${headerOf(sheet, columns.debit)}" is filled`;
  return refuseRow(sheet, columns.credit, 'AMOUNT_MISSING', message);
}

/** A fee row that tells only its net is all cost; any other such row is all gross. */
function withoutGross(amounts: SettlementAmounts, type: EntryType): SettlementAmounts {
  const { netMinor, feesMinor } = amounts;
  const known = sumOfFees(feesMinor);
  if (type !== 'fee') return { ...amounts, grossMinor: netMinor + known };
  const other = -netMinor - known;
  return other === 0n ? amounts : { ...amounts, feesMinor: { ...feesMinor, other } };
}

function checked(
  sheet: CsvSheet,
  row: readonly string[],
  amounts: SettlementAmounts,
): SettlementAmounts | RowRefusal {
  const { currency, grossMinor, feesMinor, netMinor } = amounts;
  const grossCurrency = cell(sheet, row, 'grossCurrency');
  const expected = netMinor + sumOfFees(feesMinor);
  if (grossCurrency === currency) {
    if (grossMinor === expected) return amounts;
    return unequal(sheet, formatAmount(grossMinor, currency), amounts);
  }
  const rate = readRate(sheet, row);
  if (typeof rate === 'object' && 'reason' in rate) return rate;
  const converted = convert(grossMinor, grossCurrency, currency, rate);
  const gap = converted.minus(expected.toString()).abs();
  if (gap.greaterThan(sheet.profile.toleranceMinor)) {
    const text = converted.div(10 ** (historicCurrencyExponent(currency) ?? 0)).toFixed();
    return unequal(sheet, `${text} (converted)`, amounts);
  }
  return { ...amounts, grossMinor: expected };
}

function readRate(sheet: CsvSheet, row: readonly string[]): Decimal | RowRefusal {
  const text = cell(sheet, row, 'exchangeRate');
  const rate = /^\d{1,20}(?:\.\d{1,20})?$/.test(text) ? new Exact(text) : undefined;
  if (rate !== undefined && !rate.isZero()) return rate;
  const message = `"${clip(text, 40)}" is not an exchange rate, and the currencies differ`;
  return refuseRow(sheet, 'exchangeRate', 'BAD_RATE', message);
}

function convert(amountMinor: bigint, from: Currency, to: Currency, rate: Decimal): Decimal {
  const shift = (historicCurrencyExponent(to) ?? 0) - (historicCurrencyExponent(from) ?? 0);
  return new Exact(amountMinor.toString()).mul(rate).mul(new Exact(10).pow(shift));
}

function unequal(sheet: CsvSheet, gross: string, amounts: SettlementAmounts): RowRefusal {
  const { currency, feesMinor, netMinor } = amounts;
  const fees = formatAmount(sumOfFees(feesMinor), currency);
  const net = formatAmount(netMinor, currency);
  const message = `gross ${gross} less fees ${fees} is not net ${net} ${currency}`;
  return refuseRow(sheet, sheet.profile.signs.net.credit, 'NET_EQUATION', message);
}

function sumOfFees(feesMinor: SettlementAmounts['feesMinor']): bigint {
  return sumMinor(Object.values(feesMinor));
}
