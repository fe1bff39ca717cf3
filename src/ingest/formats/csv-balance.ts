/** What is said of the first row whose balance does not follow. */
export const BROKEN = 'the balance of this row is not that of the row beside it and its amount';

/** A row's amount and the balance that the file writes beside it. */
interface BalanceRow {
  readonly amountMinor: bigint;
  readonly balanceMinor: bigint;
  readonly line: number;
}

/**
 * The balance column of a statement, held against every row.
 *
 *   oldest first   balance = balance of the row above + amount
 *   newest first   balance = balance of the row above − amount of the row above
 *
 * Which of them the file follows is what its rows agree with; nothing else is assumed.
 */
export class RunningBalance {
  #first: BalanceRow | undefined;
  #last: BalanceRow | undefined;
  #isLinked = false;
  #oldestFirst = new Breaks();
  #newestFirst = new Breaks();

  add(row: BalanceRow): void {
    const above = this.#isLinked ? this.#last : undefined;
    if (above !== undefined) {
      const { balanceMinor } = above;
      this.#oldestFirst.check(balanceMinor + row.amountMinor === row.balanceMinor, row.line);
      this.#newestFirst.check(balanceMinor - above.amountMinor === row.balanceMinor, row.line);
    }
    this.#first ??= row;
    this.#last = row;
    this.#isLinked = true;
  }

  /** A row without a balance, or one kept aside: the next row cannot be held against the last. */
  skip(): void {
    this.#isLinked = false;
  }

  /** The balance before the oldest row; `null` when the file has no balances. */
  get openingMinor(): bigint | null {
    const oldest = this.#isNewestFirst ? this.#last : this.#first;
    return oldest === undefined ? null : oldest.balanceMinor - oldest.amountMinor;
  }

  /** The balance of the newest row. */
  get closingMinor(): bigint | null {
    const newest = this.#isNewestFirst ? this.#first : this.#last;
    return newest?.balanceMinor ?? null;
  }

  /** The first line whose balance does not follow; `null` when every one does. */
  get brokenAt(): number | null {
    return (this.#isNewestFirst ? this.#newestFirst : this.#oldestFirst).firstLine;
  }

  get #isNewestFirst(): boolean {
    return this.#newestFirst.count < this.#oldestFirst.count;
  }
}

class Breaks {
  count = 0;
  firstLine: number | null = null;

  check(holds: boolean, line: number): void {
    if (holds) return;
    this.count += 1;
    this.firstLine ??= line;
  }
}
