import type { Currency } from '../../currency.ts';
import { formatAmount, parseAmount } from '../../money.ts';
import type { ParsedEntry } from '../record.ts';
import { readSign, XML_DECIMAL } from './iso-field.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

interface Total {
  count: number;
  sumMinor: bigint;
}

/** What a statement's entries add up to, the booked ones and all of them, and whether it declares the same. */
export class CamtTotals {
  rejections = 0;
  /** Entries in another currency than the statement's, which no sum includes. */
  foreign = 0;
  /** Booked entries that are marked as reversals, signed. */
  reversedMinor = 0n;
  #bookedCredits: Total = { count: 0, sumMinor: 0n };
  #bookedDebits: Total = { count: 0, sumMinor: 0n };
  #otherCredits: Total = { count: 0, sumMinor: 0n };
  #otherDebits: Total = { count: 0, sumMinor: 0n };
  /** Entries that only inform, signed. */
  #informationMinor = 0n;

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
    const isBooked = entry.status === 'booked';
    if (entry.status === 'information') this.#informationMinor += amountMinor;
    if (isBooked && entry.isReversal) this.reversedMinor += amountMinor;
    const credits = isBooked ? this.#bookedCredits : this.#otherCredits;
    const debits = isBooked ? this.#bookedDebits : this.#otherDebits;
    const total = isCredit ? credits : debits;
    total.count += 1;
    total.sumMinor += isCredit ? amountMinor : -amountMinor;
  }

  /** These totals and those of another page. */
  plus(other: CamtTotals): CamtTotals {
    const both = new CamtTotals();
    both.rejections = this.rejections + other.rejections;
    both.foreign = this.foreign + other.foreign;
    both.reversedMinor = this.reversedMinor + other.reversedMinor;
    both.#bookedCredits = sum(this.#bookedCredits, other.#bookedCredits);
    both.#bookedDebits = sum(this.#bookedDebits, other.#bookedDebits);
    both.#otherCredits = sum(this.#otherCredits, other.#otherCredits);
    both.#otherDebits = sum(this.#otherDebits, other.#otherDebits);
    both.#informationMinor = this.#informationMinor + other.#informationMinor;
    return both;
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
      ...netDisagreement(childOf(summary, 'TtlNtries'), currency, this.#nets),
    ];
  }

  /**
   * The signed sums that a bank may call the net of its entries: of the booked ones, of those and what only informs (for
   * which banks do not agree on a direction), of all.
   */
  get #nets(): readonly bigint[] {
    const booked = this.creditsMinor - this.debitsMinor;
    const others = this.#otherCredits.sumMinor - this.#otherDebits.sumMinor;
    const informed = this.#informationMinor;
    return [booked, booked + informed, booked - informed, booked + others];
  }

  get #others(): Total {
    return sum(this.#otherCredits, this.#otherDebits);
  }
}

/** `TtlNetNtryAmt` with a direction beside it up to version .05, `TtlNetNtry` with both inside since. */
function netDisagreement(
  total: XmlElement | undefined,
  currency: Currency | null,
  nets: readonly bigint[],
): string[] {
  const inside = childOf(total, 'TtlNetNtry');
  const text = textAt(inside, 'Amt') ?? textAt(total, 'TtlNetNtryAmt');
  const place = inside ?? total;
  const sign = place === undefined ? undefined : readSign(place);
  if (text === undefined || sign === undefined || currency === null) return [];
  const amount = parseAmount(text, currency, XML_DECIMAL);
  if (amount.ok && nets.includes(sign * amount.amountMinor)) return [];
  const read = `${formatAmount(nets[0] ?? 0n, currency)} ${currency}`;
  return [`TtlNtries declares a net of ${sign < 0n ? '-' : ''}${text}, read ${read}`];
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
