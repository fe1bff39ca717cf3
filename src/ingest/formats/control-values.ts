import { textAt, type XmlElement } from './xml-element.ts';

/** Beyond so many characters nobody has written an amount, and a scale would cost more than it tells. */
const MAX_DIGITS = 64;

/** A sum of decimal numbers of any scale, exact: control sums add amounts of several currencies. */
class DecimalSum {
  #units = 0n;
  #scale = 0;

  /** Adds a decimal; `false` when the text is none. */
  add(text: string): boolean {
    const found = decimalIn(text);
    if (found === undefined) return false;
    const scale = Math.max(this.#scale, found.scale);
    this.#units = rescaled(this.#units, scale - this.#scale);
    this.#units += rescaled(found.units, scale - found.scale);
    this.#scale = scale;
    return true;
  }

  /** Whether a decimal is this number, however many zeros either writes. */
  equals(text: string): boolean {
    const found = decimalIn(text);
    if (found === undefined) return false;
    const scale = Math.max(this.#scale, found.scale);
    const units = rescaled(this.#units, scale - this.#scale);
    return units === rescaled(found.units, scale - found.scale);
  }

  toString(): string {
    const sign = this.#units < 0n ? '-' : '';
    const digits = String(this.#units < 0n ? -this.#units : this.#units);
    if (this.#scale === 0) return sign + digits;
    const padded = digits.padStart(this.#scale + 1, '0');
    return `${sign}${padded.slice(0, -this.#scale)}.${padded.slice(-this.#scale)}`;
  }
}

/** How many transactions were read and what their amounts add up to, held against what a header declares. */
export class ControlValues {
  #count = 0;
  readonly #sum = new DecimalSum();
  #isSumKnown = true;

  /** Counts a transaction, also a rejected one; without an amount that is a decimal there is no sum to compare. */
  add(amount: string | undefined): void {
    this.#count += 1;
    if (amount === undefined || !this.#sum.add(amount)) this.#isSumKnown = false;
  }

  /** Every control value of a header that is not what was read, as a sentence with both numbers. */
  disagreements(header: XmlElement | undefined, sumNames: readonly string[]): string[] {
    if (header === undefined) return [];
    const found: string[] = [];
    const count = textAt(header, 'NbOfTxs');
    if (count !== undefined && !isCount(count, this.#count))
      found.push(
        `${header.name} declares ${count.slice(0, 40)} transactions (NbOfTxs), read ${this.#count}`,
      );
    for (const name of this.#isSumKnown ? sumNames : []) {
      const declared = textAt(header, name);
      if (declared === undefined || this.#sum.equals(declared)) continue;
      found.push(
        `${header.name} declares a sum of ${declared.slice(0, 40)} (${name}), read ${this.#sum}`,
      );
    }
    return found;
  }
}

interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

function decimalIn(text: string): Decimal | undefined {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (!found || text.length > MAX_DIGITS) return undefined;
  const [, sign, whole = '', fraction = ''] = found;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

function rescaled(units: bigint, by: number): bigint {
  return units * 10n ** BigInt(by);
}

function isCount(text: string, count: number): boolean {
  return /^\d{1,15}$/.test(text) && BigInt(text) === BigInt(count);
}
