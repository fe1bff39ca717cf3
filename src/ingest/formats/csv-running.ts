import type { Currency } from '../../currency.ts';
import type { ParsedEntry } from '../record.ts';
import { type RowRefusal, readNumber } from './csv-amount.ts';
import { RunningBalance } from './csv-balance.ts';
import { type CsvSheet, cell } from './csv-sheet.ts';

/** The balance that a row tells; `null` when it tells none. */
export function readRunning(
  sheet: CsvSheet,
  row: readonly string[],
  currency: Currency,
): bigint | null | RowRefusal {
  const { running } = sheet.slots;
  const text = cell(sheet, row, running);
  if (text === '') return null;
  return readNumber(sheet, text, running, currency);
}

/** The balance column of a report whose rows are of several merchant accounts and currencies, one balance for each. */
export class RunningBalances {
  readonly #balances = new Map<string, RunningBalance>();

  add(entry: ParsedEntry, balanceMinor: bigint | null): void {
    if (entry.status !== 'booked') return;
    const key = JSON.stringify([entry.account ?? null, entry.currency]);
    const balance = this.#balances.get(key) ?? new RunningBalance();
    this.#balances.set(key, balance);
    const { amountMinor, locator } = entry;
    if (balanceMinor === null) balance.skip();
    else balance.add({ amountMinor, balanceMinor, line: locator.line });
  }

  /** A row kept aside may have moved any of the balances. */
  skip(): void {
    for (const balance of this.#balances.values()) balance.skip();
  }

  /** The first line of each balance that does not follow from the row beside it. */
  get brokenAt(): readonly number[] {
    return [...this.#balances.values()].flatMap(({ brokenAt }) =>
      brokenAt === null ? [] : [brokenAt],
    );
  }

  /** Whether a row told a balance at all. */
  get isKnown(): boolean {
    return [...this.#balances.values()].some(({ closingMinor }) => closingMinor !== null);
  }

  /** The balance, when the report has only one. */
  get only(): RunningBalance | undefined {
    const [balance] = this.#balances.values();
    return this.#balances.size === 1 ? balance : undefined;
  }
}
