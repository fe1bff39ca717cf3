import type { Currency } from '../../currency.ts';
import type { Money } from '../../money.ts';
import { isFault, readMoney, readSign } from './iso-field.ts';
import { remittanceOf } from './iso-remittance.ts';
import { childOf, childrenOf, textAt, type XmlElement } from './xml-element.ts';

/** Characters of narrative kept of one entry's details; one payment has 140, a batch may have thousands of them. */
const MAX_NARRATIVE = 8_000;

/** What is kept of the details (`TxDtls`) of one entry while they pass: a count, sums and texts. */
export class CamtDetails {
  count = 0;
  /** Remittance texts in file order. */
  readonly narrative: string[] = [];
  isNarrativeCut = false;
  #single: XmlElement | undefined;
  #narrativeLength = 0;
  #directedMinor = 0n;
  #undirectedMinor = 0n;
  #chargesMinor = 0n;
  #currency: Currency | undefined;
  #isComparable = true;

  /** The detail of an entry that has only one. */
  get single(): XmlElement | undefined {
    return this.#single;
  }

  add(detail: XmlElement): void {
    this.count += 1;
    this.#single = this.count === 1 ? detail : undefined;
    this.#addAmount(detail);
    for (const text of textsOf(detail)) this.#addNarrative(text);
  }

  /**
   * What the details add up to when that is not the entry's amount, with or without the charges booked inside it;
   * `undefined` when it is, or when they cannot be compared (no amounts, another currency).
   */
  sumUnlessEqual(entry: Money, ntry: XmlElement): bigint | undefined {
    if (this.count === 0 || !this.#isComparable || this.#currency !== entry.currency)
      return undefined;
    const isCredit = readSign(ntry) === 1n;
    const sum = this.#directedMinor + (isCredit ? this.#undirectedMinor : -this.#undirectedMinor);
    // Banks repeat a charge at the entry and at its detail, so either may count, never both.
    const charges = [0n, this.#chargesMinor, chargesIn(entry.currency, ntry)];
    return charges.some((charge) => sum + charge === entry.amountMinor) ? undefined : sum;
  }

  #addAmount(detail: XmlElement): void {
    const transaction = childOf(childOf(detail, 'AmtDtls'), 'TxAmt');
    const money = readMoney(childOf(detail, 'Amt') ?? childOf(transaction, 'Amt'));
    if (isFault(money) || (this.#currency ?? money.currency) !== money.currency) {
      this.#isComparable = false;
      return;
    }
    this.#currency = money.currency;
    const sign = readSign(detail);
    if (sign === undefined) this.#undirectedMinor += money.amountMinor;
    else this.#directedMinor += sign * money.amountMinor;
    this.#chargesMinor += chargesIn(money.currency, detail);
  }

  #addNarrative(text: string): void {
    if (this.#narrativeLength + text.length > MAX_NARRATIVE && this.count > 1) {
      this.isNarrativeCut = true;
      return;
    }
    this.#narrativeLength += text.length;
    this.narrative.push(text);
  }
}

/** The texts of a detail: its remittance, then the bank's own words. */
function textsOf(detail: XmlElement): string[] {
  const additional = textAt(detail, 'AddtlTxInf');
  const texts = remittanceOf(childOf(detail, 'RmtInf'));
  return additional === undefined ? texts : [...texts, additional];
}

/** Charges that may be part of the booked amount, signed: `ChrgInclInd` false says that one is booked apart. */
function chargesIn(currency: Currency, element: XmlElement): bigint {
  let sum = 0n;
  for (const charges of childrenOf(element, 'Chrgs')) {
    const records = childrenOf(charges, 'Rcrd');
    for (const record of records.length > 0 ? records : [charges]) {
      const isApart = /^(?:false|0)$/.test(textAt(record, 'ChrgInclInd') ?? '');
      const money = readMoney(childOf(record, 'Amt') ?? childOf(record, 'TtlChrgsAndTaxAmt'));
      if (isApart || isFault(money) || money.currency !== currency) continue;
      sum += (readSign(record) ?? -1n) * money.amountMinor;
    }
  }
  return sum;
}
