import type { Currency } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { ParsedEntry } from '../record.ts';
import { parseMtAmount } from './mt-amount.ts';
import { firstLine } from './mt-balance.ts';
import type { Tag } from './mt-tags.ts';

/** Fields 90D and 90C: `2EUR1289,99` is the number and the sum of the debits or credits of a report. */
export interface DeclaredTotal {
  readonly side: 'debit' | 'credit';
  readonly count: number;
  readonly sumMinor: bigint;
  readonly currency: Currency;
  readonly line: number;
}

const TOTAL = /^(\d{1,5}) ?([A-Z]{3}) ?([\d.,]+)$/;

/** Reads a field 90; `undefined` when it is unreadable. */
export function parseTotal(tag: Tag): DeclaredTotal | undefined {
  const [, count, currency, digits] = TOTAL.exec(firstLine(tag.text).trim()) ?? [];
  if (count === undefined || currency === undefined || digits === undefined) return undefined;
  const amount = parseMtAmount(digits, currency);
  if (!amount.ok) return undefined;
  const side = tag.id === '90D' ? 'debit' : 'credit';
  return { side, count: Number(count), sumMinor: amount.amountMinor, currency, line: tag.line };
}

/** Entries of one kind; a kind is a number of three bits, so that counting an entry costs next to nothing. */
const CREDIT = 4;
const REVERSAL = 2;
const BOOKED = 1;
const KINDS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** What the entries of a report number and sum to, in every way a bank may have counted them. */
export class EntryTally {
  /** Whether an entry was left out because nothing of it could be read: no total can be held against the rest. */
  isIncomplete = false;
  readonly #counts = KINDS.map(() => 0);
  readonly #sums = KINDS.map(() => 0n);

  add(entry: Pick<ParsedEntry, 'amountMinor' | 'isReversal' | 'status'>): void {
    const { amountMinor } = entry;
    const isCredit = amountMinor >= 0n;
    const kind =
      (isCredit ? CREDIT : 0) +
      (entry.isReversal ? REVERSAL : 0) +
      (entry.status === 'booked' ? BOOKED : 0);
    this.#put(kind, 1, isCredit ? amountMinor : -amountMinor);
  }

  /** This report and the page before it. */
  plus(other: EntryTally): EntryTally {
    const both = new EntryTally();
    both.isIncomplete = this.isIncomplete || other.isIncomplete;
    for (const tally of [this, other]) {
      for (const kind of KINDS) both.#put(kind, tally.#counts[kind] ?? 0, tally.#sums[kind] ?? 0n);
    }
    return both;
  }

  /**
   * Whether a declared total agrees with what was read.
   *
   * Banks count expected entries (EC, ED) or leave them out, and count a reversal by its effect or by the letter of its
   * mark, where RC stands with the credits: each of the four agrees.
   */
  agrees(total: DeclaredTotal): boolean {
    return WAYS.some((way) => {
      const { count, sumMinor } = this.#sum(total.side, way);
      return count === total.count && sumMinor === total.sumMinor;
    });
  }

  /** The booked entries of a side, as a person reads them: `2 entries of 10.00 EUR`. */
  describe(side: DeclaredTotal['side'], currency: Currency): string {
    const { count, sumMinor } = this.#sum(side, { byMark: false, withExpected: false });
    return `${count} of ${formatAmount(sumMinor, currency)} ${currency}`;
  }

  #sum(side: DeclaredTotal['side'], { byMark, withExpected }: Way) {
    let count = 0;
    let sumMinor = 0n;
    for (const kind of KINDS) {
      const isMarkOfOtherSide = byMark && (kind & REVERSAL) !== 0;
      const isCredit = ((kind & CREDIT) !== 0) !== isMarkOfOtherSide;
      const isCounted = withExpected || (kind & BOOKED) !== 0;
      if (!isCounted || isCredit !== (side === 'credit')) continue;
      count += this.#counts[kind] ?? 0;
      sumMinor += this.#sums[kind] ?? 0n;
    }
    return { count, sumMinor };
  }

  #put(kind: number, count: number, sumMinor: bigint): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + count;
    this.#sums[kind] = (this.#sums[kind] ?? 0n) + sumMinor;
  }
}

interface Way {
  readonly byMark: boolean;
  readonly withExpected: boolean;
}

const WAYS: readonly Way[] = [
  { byMark: false, withExpected: false },
  { byMark: false, withExpected: true },
  { byMark: true, withExpected: false },
  { byMark: true, withExpected: true },
];
