import type { Currency } from '../../currency.ts';
import type { Money } from '../../money.ts';
import type { Charge } from '../record.ts';
import { ChargeSums, includedMinor, readCharges } from './camt-charges.ts';
import { isFault, readMoney, readSign } from './iso-field.ts';
import { remittanceOf } from './iso-remittance.ts';
import { childOf, textAt, type XmlElement } from './xml-element.ts';

/** Characters of narrative kept of one entry's details; one payment has 140, a batch may have thousands of them. */
const MAX_NARRATIVE = 8_000;

const NO_CHARGES: readonly Charge[] = [];

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
  #charges: ChargeSums | undefined;
  #currency: Currency | undefined;
  #isComparable = true;
  #message: string | undefined;
  #paymentInformation: string | undefined;

  /** The detail of an entry that has only one. */
  get single(): XmlElement | undefined {
    return this.#single;
  }

  /** The charges of the details, summed by kind. */
  get charges(): readonly Charge[] {
    return this.#charges?.all ?? NO_CHARGES;
  }

  /** The message (`MsgId`) that every detail names. */
  get message(): string | undefined {
    return this.#message;
  }

  /** The batch of ours (`PmtInfId`) that every detail names. */
  get paymentInformation(): string | undefined {
    return this.#paymentInformation;
  }

  /** Whether the details name the message or the batch they were instructed in. */
  get isBatchNamed(): boolean {
    return this.#message !== undefined || this.#paymentInformation !== undefined;
  }

  add(detail: XmlElement): void {
    this.count += 1;
    this.#single = this.count === 1 ? detail : undefined;
    this.#addAmount(detail);
    this.#addCharges(detail);
    this.#addReferences(childOf(detail, 'Refs'));
    this.#addTexts(detail);
  }

  /**
   * What the details add up to when that is not the entry's amount, with or without the charges booked inside it;
   * `undefined` when it is, or when they cannot be compared (no amounts, another currency).
   */
  sumUnlessEqual(entry: Money, ntry: XmlElement): bigint | undefined {
    if (this.count === 0 || !this.#isComparable || this.#currency !== entry.currency)
      return undefined;
    const isCredit = readSign(ntry) === 1n;
    // A reversal may be booked against the direction it is written with; its details are written alike.
    const written = isCredit === entry.amountMinor >= 0n ? entry.amountMinor : -entry.amountMinor;
    const sum = this.#directedMinor + (isCredit ? this.#undirectedMinor : -this.#undirectedMinor);
    if (sum === written) return undefined;
    // Banks repeat a charge at the entry and at its detail, so either may count, never both.
    const isExplained = [this.charges, readCharges(ntry)].some(
      (charges) => sum + includedMinor(charges, entry.currency) === written,
    );
    return isExplained ? undefined : sum;
  }

  #addReferences(refs: XmlElement | undefined): void {
    const message = textAt(refs, 'MsgId');
    const paymentInformation = textAt(refs, 'PmtInfId');
    if (this.count === 1) {
      this.#message = message;
      this.#paymentInformation = paymentInformation;
      return;
    }
    if (message !== this.#message) this.#message = undefined;
    if (paymentInformation !== this.#paymentInformation) this.#paymentInformation = undefined;
  }

  #addAmount(detail: XmlElement): void {
    const transaction = childOf(childOf(detail, 'AmtDtls'), 'TxAmt');
    const amt = childOf(detail, 'Amt') ?? childOf(transaction, 'Amt');
    const money = amt === undefined ? undefined : readMoney(amt);
    if (
      money === undefined ||
      isFault(money) ||
      (this.#currency ?? money.currency) !== money.currency
    ) {
      this.#isComparable = false;
      return;
    }
    this.#currency = money.currency;
    const sign = readSign(detail);
    if (sign === undefined) this.#undirectedMinor += money.amountMinor;
    else this.#directedMinor += sign * money.amountMinor;
  }

  #addCharges(detail: XmlElement): void {
    for (const charge of readCharges(detail)) {
      this.#charges ??= new ChargeSums();
      this.#charges.add(charge);
    }
  }

  /** Its remittance, then the bank's own words. */
  #addTexts(detail: XmlElement): void {
    const remittance = childOf(detail, 'RmtInf');
    if (remittance !== undefined)
      for (const text of remittanceOf(remittance)) this.#addNarrative(text);
    const additional = textAt(detail, 'AddtlTxInf');
    if (additional !== undefined) this.#addNarrative(additional);
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
