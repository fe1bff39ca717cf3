import type { Currency } from '../../currency.ts';
import { formatAmount, parseAmount } from '../../money.ts';
import type { ParsedEntry } from '../record.ts';
import { XML_DECIMAL } from './iso-field.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

interface Total {
  readonly count: number;
  readonly sumMinor: bigint;
}

const NOTHING: Total = { count: 0, sumMinor: 0n };

/** What a statement's entries add up to, the booked ones and all of them, and whether it declares the same. */
export class CamtTotals {
  rejections = 0;
  /** Entries in another currency than the statement's, which no sum includes. */
  foreign = 0;
  /** Booked entries that are marked as reversals, signed. */
  reversedMinor = 0n;
  #bookedCredits = NOTHING;
  #bookedDebits = NOTHING;
  #otherCredits = NOTHING;
  #otherDebits = NOTHING;

  get creditsMinor(): bigint {
    return this.#bookedCredits.sumMinor;
  }

  get debitsMinor(): bigint {
    return this.#bookedDebits.sumMinor;
  }

  get entries(): number {
    return sum(sum(this.#bookedCredits, this.#bookedDebits), this.#others).count + this.foreign;
  }

  add(entry: ParsedEntry): void {
    const { amountMinor } = entry;
    const isCredit = amountMinor >= 0n;
    const total = { count: 1, sumMinor: isCredit ? amountMinor : -amountMinor };
    if (entry.status !== 'booked') {
      if (isCredit) this.#otherCredits = sum(this.#otherCredits, total);
      else this.#otherDebits = sum(this.#otherDebits, total);
      return;
    }
    if (entry.isReversal) this.reversedMinor += amountMinor;
    if (isCredit) this.#bookedCredits = sum(this.#bookedCredits, total);
    else this.#bookedDebits = sum(this.#bookedDebits, total);
  }

  /**
   * Every total of a `TxsSummry` that is not what was read, as a sentence.
   *
   * Banks count the booked entries or all of them, the standard does not say which: either agrees.
   */
  disagreements(summary: XmlElement, currency: Currency | null): string[] {
    const booked = sum(this.#bookedCredits, this.#bookedDebits);
    const uncounted = { count: this.rejections + this.foreign, sumMinor: 0n };
    return [
      ...disagreement(summary, 'TtlNtries', currency, [
        sum(booked, uncounted),
        sum(sum(booked, this.#others), uncounted),
      ]),
      ...disagreement(summary, 'TtlCdtNtries', currency, [
        this.#bookedCredits,
        sum(this.#bookedCredits, this.#otherCredits),
      ]),
      ...disagreement(summary, 'TtlDbtNtries', currency, [
        this.#bookedDebits,
        sum(this.#bookedDebits, this.#otherDebits),
      ]),
    ];
  }

  get #others(): Total {
    return sum(this.#otherCredits, this.#otherDebits);
  }
}

function sum(left: Total, right: Total): Total {
  return { count: left.count + right.count, sumMinor: left.sumMinor + right.sumMinor };
}

function disagreement(
  summary: XmlElement,
  name: string,
  currency: Currency | null,
  read: readonly Total[],
): string[] {
  const declared = childOf(summary, name);
  const count = textAt(declared, 'NbOfNtries');
  const text = textAt(declared, 'Sum');
  const found: string[] = [];
  if (count !== undefined && !read.some((total) => Number(count) === total.count))
    found.push(`${name} declares ${count} entries, read ${read.at(-1)?.count}`);
  if (text === undefined || currency === null) return found;
  const amount = parseAmount(text, currency, XML_DECIMAL);
  if (!amount.ok || !read.some((total) => amount.amountMinor === total.sumMinor))
    found.push(
      `${name} declares ${text}, read ${formatAmount(read[0]?.sumMinor ?? 0n, currency)} ${currency}`,
    );
  return found;
}
