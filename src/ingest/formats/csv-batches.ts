import type { BusinessDate } from '../../business-date.ts';
import type { Currency } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { Diagnostic, Locator, ParsedEntry, StatementClosed } from '../record.ts';

/** The lines of a settlement report that share merchant account, batch and currency. */
export interface Batch {
  readonly account: string | null;
  readonly number: string | null;
  readonly currency: Currency;
  netMinor: bigint;
  creditsMinor: bigint;
  debitsMinor: bigint;
  hasPayout: boolean;
  /** What the lines say of a payout that is no line itself. */
  payout: LinePayout | null;
  /** The first line whose payout is on another day, if any. */
  otherPayoutLine: number | null;
  lastLine: number;
}

/** A payout as the lines it pays tell it. */
export interface LinePayout {
  readonly date: BusinessDate;
  readonly reference: string | null;
  /** Paid to the merchant, when the line says so; positive is money to the merchant. */
  readonly declaredMinor: bigint | null;
}

/** Running sums of a settlement report, one per merchant account, batch and currency. */
export class SettlementBatches {
  readonly #batches = new Map<string, Batch>();
  #last: Batch | undefined;
  #entries = 0;

  /** Counts an entry in; only booked ones move money. */
  add(entry: ParsedEntry): Batch {
    const batch = this.#batchOf(entry);
    this.#entries += 1;
    batch.lastLine = entry.locator.line;
    if (entry.status !== 'booked') return batch;
    const { amountMinor } = entry;
    batch.netMinor += amountMinor;
    if (amountMinor >= 0n) batch.creditsMinor += amountMinor;
    else batch.debitsMinor -= amountMinor;
    batch.hasPayout ||= entry.type === 'payout';
    return batch;
  }

  get size(): number {
    return this.#batches.size;
  }

  all(): Iterable<Batch> {
    return this.#batches.values();
  }

  /** What the batches that do not sum to zero have to say; lines without a batch only where no balance proves them. */
  diagnostics(locator: Locator, hasBalances: boolean): readonly Diagnostic[] {
    return [...this.#batches.values()]
      .filter(({ number, netMinor }) => netMinor !== 0n && !(hasBalances && number === null))
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

  #batchOf(entry: ParsedEntry): Batch {
    const { account = null, batch: number, currency } = entry;
    const last = this.#last;
    // Reports are mostly sorted by batch: comparing with the last one saves building a key per line.
    if (last?.account === account && last.number === number && last.currency === currency) {
      return last;
    }
    const key = JSON.stringify([account, number, currency]);
    const batch = this.#batches.get(key) ?? newBatch(key);
    this.#batches.set(key, batch);
    this.#last = batch;
    return batch;
  }
}

/** Read back from its key, so that it does not hold on to the chunk its texts were cut from. */
function newBatch(key: string): Batch {
  const [account, number, currency] = JSON.parse(key) as [string | null, string | null, string];
  return {
    account,
    number,
    currency,
    netMinor: 0n,
    creditsMinor: 0n,
    debitsMinor: 0n,
    hasPayout: false,
    payout: null,
    otherPayoutLine: null,
    lastLine: 1,
  };
}

/** A batch as a person would call it. */
export function nameOf({ account, number }: Batch): string {
  const name = number === null ? 'the lines without a batch' : `batch ${number}`;
  return account === null ? name : `${name} of ${account}`;
}

function unbalanced(batch: Batch, locator: Locator): Diagnostic {
  const { currency, netMinor, hasPayout } = batch;
  const sum = `${nameOf(batch)} sums to ${formatAmount(netMinor, currency)} ${currency}`;
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
