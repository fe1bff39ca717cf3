import type { Currency } from '../../currency.ts';
import type { ParsedEntry } from '../record.ts';
import { type RowRefusal, readNumber } from './csv-amount.ts';
import { RunningBalance } from './csv-balance.ts';
import { type CsvSheet, cell } from './csv-sheet.ts';
import { detached } from './csv-text.ts';

/** The balance that a row tells; `null` when it tells none. */
export function readRunning(
  sheet: CsvSheet,
  row: readonly string[],
  currency: Currency,
): bigint | null | RowRefusal {
  const { running } = sheet.slots;
  const text = cell(sheet, row, running);
  return text === '' ? null : readNumber(sheet, text, running, currency);
}

/** What the first and the last balance of a report tell, and by how much its rows miss it. */
export interface ToldBalance {
  readonly currency: Currency;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  /** opening + rows − closing. */
  readonly differenceMinor: bigint;
}

interface Account {
  readonly currency: Currency;
  readonly balance: RunningBalance;
  /** From the first row with a balance to the last one. */
  sumMinor: bigint;
  /** Rows without a balance since the last one with one. */
  looseMinor: bigint;
}

/** The balance column of a report whose rows are of several merchant accounts and currencies, one balance for each. */
export class RunningBalances {
  readonly #accounts = new Map<string, Account>();

  add(entry: ParsedEntry, balanceMinor: bigint | null): void {
    if (entry.status !== 'booked') return;
    const { amountMinor, currency, locator } = entry;
    const key = JSON.stringify([entry.account ?? null, currency]);
    const account = this.#accounts.get(key) ?? {
      currency: detached(currency),
      balance: new RunningBalance(),
      sumMinor: 0n,
      looseMinor: 0n,
    };
    this.#accounts.set(key, account);
    if (balanceMinor === null) {
      account.balance.skip();
      // What stands outside the first and the last balance is in neither.
      if (account.balance.closingMinor !== null) account.looseMinor += amountMinor;
      return;
    }
    account.balance.add({ amountMinor, balanceMinor, line: locator.line });
    account.sumMinor += account.looseMinor + amountMinor;
    account.looseMinor = 0n;
  }

  /** A row kept aside may have moved any of the balances. */
  skip(): void {
    for (const { balance } of this.#accounts.values()) balance.skip();
  }

  /** The first line of each balance that does not follow from the row beside it. */
  get brokenAt(): readonly number[] {
    return [...this.#accounts.values()].flatMap(({ balance: { brokenAt } }) =>
      brokenAt === null ? [] : [brokenAt],
    );
  }

  /** Each balance that the report tells. */
  get told(): readonly ToldBalance[] {
    return [...this.#accounts.values()].flatMap(({ currency, balance, sumMinor }) => {
      const { openingMinor, closingMinor } = balance;
      if (openingMinor === null || closingMinor === null) return [];
      const differenceMinor = openingMinor + sumMinor - closingMinor;
      return [{ currency, openingMinor, closingMinor, differenceMinor }];
    });
  }
}
