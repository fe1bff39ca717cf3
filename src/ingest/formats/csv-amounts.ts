import { Decimal } from 'decimal.js';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { sumMinor } from '../../money.ts';
import { clip, type EntryStatus, type EntryType, type FeeKind } from '../record.ts';
import { currencyOf, type RowRefusal, readSigned, refuseRow, rowCurrency } from './csv-amount.ts';
import type { AmountPlan } from './csv-plans.ts';
import { formatFine, roundToMinor } from './csv-rounding.ts';
import { type CsvSheet, cell, headerOf, NOWHERE } from './csv-sheet.ts';

/** What a row moves, in the currency of its net: gross − fees = net. */
export interface RowAmounts {
  readonly kind: 'amounts';
  readonly currency: Currency;
  readonly grossMinor: bigint;
  readonly netMinor: bigint;
  readonly feesMinor: Readonly<Partial<Record<FeeKind, bigint>>>;
}

/** Enough digits for an amount of 19 and a rate of 20 without rounding. */
const Exact = Decimal.clone({ precision: 60 });

const NO_FEES: RowAmounts['feesMinor'] = {};

/** Reads the amounts of a row and holds them against the net equation. */
export function readAmounts(
  sheet: CsvSheet,
  row: readonly string[],
  { type, status }: { readonly type: EntryType; readonly status: EntryStatus },
): RowAmounts | RowRefusal {
  const currency = rowCurrency(sheet, row);
  const net = readSide(sheet, row, sheet.net, currency);
  if (typeof net === 'object' && net !== null) return net;
  // Only what is booked must have its net; before, it may not be known yet.
  if (net === undefined && status !== 'pending') return missing(sheet, sheet.net);
  const feesMinor = sheet.fees.length === 0 ? NO_FEES : readFees(sheet, row, { currency, type });
  if ('reason' in feesMinor) return feesMinor;
  const grossCurrency = grossCurrencyOf(sheet, row, currency);
  const gross = readSide(sheet, row, sheet.gross, grossCurrency);
  if (typeof gross === 'object' && gross !== null) return gross;
  if (net === null || net === undefined) {
    if (typeof gross !== 'bigint') return missing(sheet, sheet.gross);
    const netMinor = gross - sumOfFees(feesMinor);
    return { kind: 'amounts', currency, grossMinor: gross, netMinor, feesMinor };
  }
  if (typeof gross === 'bigint') {
    const amounts: RowAmounts = {
      kind: 'amounts',
      currency,
      grossMinor: gross,
      netMinor: net,
      feesMinor,
    };
    return checked(sheet, row, amounts, grossCurrency);
  }
  if (gross === undefined && !sheet.netOnly.has(type)) return missing(sheet, sheet.gross);
  return withoutGross(
    { currency, netMinor: net, feesMinor },
    gross === undefined && type === 'fee',
  );
}

/** What a rejected row would have moved, if that alone can be read. */
export function readNetAlone(sheet: CsvSheet, row: readonly string[]): bigint | null {
  const currency = rowCurrency(sheet, row);
  const amount = readSide(sheet, row, sheet.net ?? sheet.gross, currency);
  return typeof amount === 'bigint' ? roundToMinor(amount, sheet.numbers) : null;
}

/** `null` when the profile has no such amount at all. */
function readSide(
  sheet: CsvSheet,
  row: readonly string[],
  plan: AmountPlan | null,
  currency: Currency,
): bigint | undefined | null | RowRefusal {
  return plan === null ? null : readSigned(sheet, row, plan, currency);
}

function readFees(
  sheet: CsvSheet,
  row: readonly string[],
  { currency, type }: { readonly currency: Currency; readonly type: EntryType },
): Partial<Record<FeeKind, bigint>> | RowRefusal {
  const feesMinor: Partial<Record<FeeKind, bigint>> = {};
  for (const { kind, plan } of sheet.fees) {
    const amount = readSigned(sheet, row, plan, currency);
    if (amount === undefined) continue;
    if (typeof amount !== 'bigint') return amount;
    const wrong = wrongCurrency(sheet, row, plan, currency);
    if (wrong !== undefined && amount !== 0n) return wrong;
    // Money out is a cost, and a cost is positive here.
    feesMinor[kind] = (feesMinor[kind] ?? 0n) - amount;
  }
  const total = readSide(sheet, row, sheet.feesTotal, currency);
  if (total === null || total === undefined) return feesMinor;
  if (typeof total !== 'bigint') return total;
  const rest = -total - sumOfFees(feesMinor);
  if (rest === 0n) return feesMinor;
  if (sheet.totalOnly.has(type)) return { ...feesMinor, other: (feesMinor.other ?? 0n) + rest };
  return wrongTotal(sheet, { currency, total: -total, rest });
}

function wrongTotal(
  sheet: CsvSheet,
  { currency, total, rest }: { currency: Currency; total: bigint; rest: bigint },
): RowRefusal {
  const { feesTotal: plan, numbers } = sheet;
  const [sum, told] = [total - rest, total].map((fee) => formatFine(fee, currency, numbers));
  const message = `the fees sum to ${sum} and their total is ${told} ${currency}`;
  const slot = plan === null ? -1 : plan.kind === 'pair' ? plan.credit : plan.slot;
  return refuseRow(sheet, slot, 'FEES_TOTAL', message);
}

function wrongCurrency(
  sheet: CsvSheet,
  row: readonly string[],
  plan: AmountPlan,
  currency: Currency,
): RowRefusal | undefined {
  if (plan.currency === null) return undefined;
  const own = currencyOf(sheet, row, plan.currency);
  if (own === currency || own === '') return undefined;
  const message = `the fee is in ${clip(own, 10)} and the row in ${clip(currency, 10)}`;
  return refuseRow(sheet, plan.currency, 'FEE_CURRENCY', message);
}

function missing(sheet: CsvSheet, plan: AmountPlan | null): RowRefusal {
  if (plan?.kind === 'pair') {
    const message = `neither "${headerOf(sheet, plan.credit)}" nor "${headerOf(sheet, plan.debit)}" is filled`;
    return refuseRow(sheet, plan.credit, 'AMOUNT_MISSING', message);
  }
  const slot = plan?.slot ?? -1;
  return refuseRow(sheet, slot, 'AMOUNT_MISSING', `"${headerOf(sheet, slot)}" is empty`);
}

/** A fee row that tells only its net is all cost; any other such row is all gross. */
function withoutGross(
  { currency, netMinor, feesMinor }: Omit<RowAmounts, 'kind' | 'grossMinor'>,
  isAllCost: boolean,
): RowAmounts {
  const known = sumOfFees(feesMinor);
  if (!isAllCost) {
    return { kind: 'amounts', currency, grossMinor: netMinor + known, netMinor, feesMinor };
  }
  const rest = -netMinor - known;
  const other = (feesMinor.other ?? 0n) + rest;
  const all = rest === 0n ? feesMinor : { ...feesMinor, other };
  return { kind: 'amounts', currency, grossMinor: 0n, netMinor, feesMinor: all };
}

function grossCurrencyOf(sheet: CsvSheet, row: readonly string[], currency: Currency): Currency {
  if (sheet.profile.entry.gross_currency === undefined) return currency;
  return currencyOf(sheet, row, sheet.slots.grossCurrency);
}

function checked(
  sheet: CsvSheet,
  row: readonly string[],
  amounts: RowAmounts,
  grossCurrency: Currency,
): RowAmounts | RowRefusal {
  const { currency, grossMinor, feesMinor, netMinor } = amounts;
  const expected = netMinor + sumOfFees(feesMinor);
  if (grossCurrency === currency) {
    if (grossMinor === expected) return amounts;
    return unequal(sheet, formatFine(grossMinor, currency, sheet.numbers), amounts);
  }
  // A file that carries no rate ties the two currencies by nothing, and the net is what counts.
  if (sheet.slots.rate === NOWHERE) return { ...amounts, grossMinor: expected };
  const rate = readRate(sheet, row);
  if ('reason' in rate) return rate;
  const converted = convert(grossMinor, grossCurrency, currency, rate);
  const gap = converted.minus(expected.toString()).abs();
  const { extraDecimals = 0 } = sheet.numbers;
  const tolerance = (sheet.profile.entry.tolerance_minor ?? 0) * 10 ** extraDecimals;
  if (gap.greaterThan(tolerance)) {
    const digits = (historicCurrencyExponent(currency) ?? 0) + extraDecimals;
    const text = converted.div(10 ** digits).toFixed();
    return unequal(sheet, `${text} (converted)`, amounts);
  }
  return { ...amounts, grossMinor: expected };
}

function readRate(sheet: CsvSheet, row: readonly string[]): Decimal | RowRefusal {
  const { rate: slot } = sheet.slots;
  const written = cell(sheet, row, slot);
  const text = sheet.numbers.decimal === ',' ? written.replace(',', '.') : written;
  const rate = /^\d{1,20}(?:\.\d{1,20})?$/.test(text) ? new Exact(text) : undefined;
  if (rate !== undefined && !rate.isZero()) return rate;
  const message = `"${clip(written, 40)}" is not an exchange rate, and the currencies differ`;
  return refuseRow(sheet, slot, 'BAD_RATE', message);
}

function convert(amountMinor: bigint, from: Currency, to: Currency, rate: Decimal): Decimal {
  const shift = (historicCurrencyExponent(to) ?? 0) - (historicCurrencyExponent(from) ?? 0);
  return new Exact(amountMinor.toString()).mul(rate).mul(new Exact(10).pow(shift));
}

function unequal(sheet: CsvSheet, gross: string, amounts: RowAmounts): RowRefusal {
  const { currency, feesMinor, netMinor } = amounts;
  const fees = formatFine(sumOfFees(feesMinor), currency, sheet.numbers);
  const net = formatFine(netMinor, currency, sheet.numbers);
  const message = `gross ${gross} less fees ${fees} is not net ${net} ${currency}`;
  const plan = sheet.net;
  const slot = plan === null ? -1 : plan.kind === 'pair' ? plan.credit : plan.slot;
  return refuseRow(sheet, slot, 'NET_EQUATION', message);
}

function sumOfFees(feesMinor: RowAmounts['feesMinor']): bigint {
  return feesMinor === NO_FEES ? 0n : sumMinor(Object.values(feesMinor));
}
