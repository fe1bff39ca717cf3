import type { Currency } from '../currency.ts';
import { formatMoney } from '../money.ts';
import { exceptionMeaning } from './exception-meaning.ts';
import type { ExceptionRow } from './exceptions.ts';
import type { RunReport } from './run-report.ts';

/** The report in one line: what to look at, what tied, whether the books close. */
export function headlineOf(report: RunReport): string {
  const tied = sumOf(report.matches.map(({ entries }) => entries));
  const open = report.exceptions.length;
  const work = open === 0 ? 'Nothing to look at' : `${counted(open, 'exception')} to look at`;
  const files = `${filesThatAre(report, 'rejected')}${filesThatAre(report, 'held')}`;
  const verb = tied === 1n ? 'ties' : 'tie';
  return `${work}${files}; ${counted(tied, 'entry', 'entries')} ${verb}, ${closing(report)}.`;
}

function filesThatAre({ files }: RunReport, wanted: 'rejected' | 'held'): string {
  const count = files.filter(({ outcome }) => outcome === wanted).length;
  return count === 0 ? '' : `, ${counted(count, 'file')} ${wanted}`;
}

function closing({ proof }: RunReport): string {
  if (proof === null) return 'and there is no proof yet';
  return proof.closes ? 'and the books close' : 'but THE BOOKS DO NOT CLOSE';
}

/** A number with thousands separators and its noun: `1 entry`, `1,200 entries`. */
export function counted(count: bigint | number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${BigInt(count) === 1n ? one : many}`;
}

/** A whole number with thousands separators. */
export function grouped(count: bigint | number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Money, or nothing where there is none. */
export function moneyOf(amountMinor: bigint | null, currency: Currency | null): string {
  if (amountMinor === null || currency === null) return '';
  return formatMoney({ amountMinor, currency });
}

/** A difference, its sign always written. */
export function signedMoneyOf(amountMinor: bigint | null, currency: Currency | null): string {
  const sign = amountMinor !== null && amountMinor > 0n ? '+' : '';
  return sign + moneyOf(amountMinor, currency);
}

/** The sum, exactly. */
export function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** Exceptions of one code. */
export interface ExceptionGroup {
  readonly code: string;
  readonly meaning: string;
  readonly rows: readonly ExceptionRow[];
  /** What they are about, by currency: differences where two sides differ, else whole amounts; signs left out. */
  readonly inQuestion: string;
}

/** The exceptions by code, in their order. */
export function exceptionGroups(rows: readonly ExceptionRow[]): ExceptionGroup[] {
  const byCode = new Map<string, ExceptionRow[]>();
  for (const row of rows) {
    const group = byCode.get(row.code);
    if (group === undefined) byCode.set(row.code, [row]);
    else group.push(row);
  }
  return [...byCode].map(([code, group]) => ({
    code,
    meaning: exceptionMeaning(code),
    rows: group,
    inQuestion: inQuestion(group),
  }));
}

function inQuestion(rows: readonly ExceptionRow[]): string {
  const sums = new Map<Currency, bigint>();
  for (const { currency, amountMinor, differenceMinor } of rows) {
    const amount = differenceMinor ?? amountMinor;
    if (currency === null || amount === null) continue;
    sums.set(currency, (sums.get(currency) ?? 0n) + (amount < 0n ? -amount : amount));
  }
  return [...sums]
    .map(([currency, amountMinor]) => formatMoney({ amountMinor, currency }))
    .join(', ');
}
