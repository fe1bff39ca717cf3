import type { Currency } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { Diagnostic, Locator, ParsedEntry, StatementClosed } from '../record.ts';

interface Batch {
  readonly account: string;
  readonly number: string | null;
  readonly currency: Currency;
  netMinor: bigint;
  creditsMinor: bigint;
  debitsMinor: bigint;
  hasPayout: boolean;
}

/** Running sums of a settlement report, one per merchant account, batch and currency. */
export class SettlementBatches {
  readonly #batches = new Map<string, Batch>();
  #last: Batch | undefined;
  #entries = 0;

  /** Counts an entry in; returns whether it is the first of its batch. */
  add(account: string, entry: ParsedEntry): boolean {
    const before = this.#batches.size;
    const batch = this.#batchOf(account, entry);
    this.#entries += 1;
    batch.netMinor += entry.amountMinor;
    if (entry.amountMinor >= 0n) batch.creditsMinor += entry.amountMinor;
    else batch.debitsMinor -= entry.amountMinor;
    batch.hasPayout ||= entry.type === 'payout';
    return this.#batches.size > before;
  }

  get size(): number {
    return this.#batches.size;
  }

  /** What the batches that do not sum to zero have to say. */
  diagnostics(locator: Locator): readonly Diagnostic[] {
    return [...this.#batches.values()]
      .filter((batch) => batch.netMinor !== 0n)
      .map((batch) => unbalanced(batch, locator));
  }

  /** Closes the report; account and currency are told only when every line has the same. */
  close(locator: Locator): StatementClosed {
    const batches = [...this.#batches.values()];
    const currency = only(batches.map((batch) => batch.currency));
    // Minor units of different currencies have no sum.
    const summed = currency === null ? [] : batches;
    return {
      kind: 'statement-end',
      account: only(batches.map((batch) => batch.account)),
      currency,
      openingMinor: null,
      closingMinor: null,
      closingDate: null,
      creditsMinor: summed.reduce((sum, batch) => sum + batch.creditsMinor, 0n),
      debitsMinor: summed.reduce((sum, batch) => sum + batch.debitsMinor, 0n),
      entries: this.#entries,
      differenceMinor: null,
      locator,
    };
  }

  #batchOf(account: string, { batch: number, currency }: ParsedEntry): Batch {
    const last = this.#last;
    // Reports are mostly sorted by batch: comparing with the last one saves building a key per line.
    if (last?.account === account && last.number === number && last.currency === currency) {
      return last;
    }
    const key = JSON.stringify([account, number, currency]);
    let batch = this.#batches.get(key);
    if (batch === undefined) {
      const sums = { netMinor: 0n, creditsMinor: 0n, debitsMinor: 0n, hasPayout: false };
      batch = { account, number, currency, ...sums };
      this.#batches.set(key, batch);
    }
    this.#last = batch;
    return batch;
  }
}

function unbalanced(batch: Batch, locator: Locator): Diagnostic {
  const { account, number, currency, netMinor, hasPayout } = batch;
  const name = number === null ? 'the lines without a batch' : `batch ${number}`;
  const sum = `${name} of ${account} sums to ${formatAmount(netMinor, currency)} ${currency}`;
  return {
    kind: 'diagnostic',
    code: hasPayout ? 'SET_BATCH_UNBALANCED' : 'BATCH_WITHOUT_PAYOUT',
    message: hasPayout ? `${sum}, payout included; expected 0` : `${sum} and has no payout row`,
    locator,
  };
}

function only<T>(values: readonly T[]): T | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}
