import type { Currency } from '../../currency.ts';
import { type RowRefusal, readSigned, refuseRow } from './csv-amount.ts';
import type { AmountPlan } from './csv-plans.ts';
import { formatFine } from './csv-rounding.ts';
import { type CsvSheet, headerOf } from './csv-sheet.ts';

/** Amounts of a row whose sum another amount of it tells. */
export interface CheckPlan {
  readonly sum: readonly AmountPlan[];
  readonly equals: AmountPlan;
}

/** Holds a row against the sums its profile declares; empty cells are nothing. */
export function checkRow(
  sheet: CsvSheet,
  row: readonly string[],
  currency: Currency,
): RowRefusal | undefined {
  for (const { sum, equals } of sheet.checks) {
    const told = readSigned(sheet, row, equals, currency) ?? 0n;
    if (typeof told !== 'bigint') return told;
    let summed = 0n;
    for (const plan of sum) {
      const amount = readSigned(sheet, row, plan, currency) ?? 0n;
      if (typeof amount !== 'bigint') return amount;
      summed += amount;
    }
    if (summed !== told) return unequal(sheet, { sum, equals }, { summed, told, currency });
  }
  return undefined;
}

function unequal(
  sheet: CsvSheet,
  { sum, equals }: CheckPlan,
  { summed, told, currency }: { summed: bigint; told: bigint; currency: Currency },
): RowRefusal {
  const names = sum.map((plan) => `"${headerOf(sheet, slotOf(plan))}"`).join(' and ');
  const [is, said] = [summed, told].map((amount) => formatFine(amount, currency, sheet.numbers));
  const slot = slotOf(equals);
  const message = `${names} sum to ${is}, and "${headerOf(sheet, slot)}" is ${said} ${currency}`;
  return refuseRow(sheet, slot, 'ROW_SUM', message);
}

function slotOf(plan: AmountPlan): number {
  return plan.kind === 'pair' ? plan.credit : plan.slot;
}
