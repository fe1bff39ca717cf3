import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { clip } from '../record.ts';
import { type Balance, closingOf, openingOf, readBalance } from './camt-balance.ts';
import { type Page, readPage } from './camt-pages.ts';
import { isFault } from './iso-field.ts';
import { accountNumberOf } from './iso-party.ts';
import { textAt, type XmlElement } from './xml-element.ts';

/** Takes something odd about an element, as a diagnostic's code and sentence. */
export type TellElement = (code: string, message: string, element: XmlElement) => void;

/** What a statement says of itself besides its entries: account, number, page, balances, control totals. */
export class StatementHead {
  account: string | null = null;
  currency: Currency | null = null;
  page: Page | undefined;
  /** Whether the statement repeats one that was sent before or elsewhere (`CpyDplctInd`). */
  isCopy = false;
  summary: XmlElement | undefined;
  readonly #tell: TellElement;
  readonly #balances: Balance[] = [];
  readonly #numbers = new Map<string, string>();

  constructor(tell: TellElement) {
    this.#tell = tell;
  }

  /** Takes a child of the statement; others than those of its head are left alone. */
  take(element: XmlElement): void {
    switch (element.name) {
      case 'Id':
      case 'ElctrncSeqNb':
      case 'LglSeqNb':
        this.#numbers.set(element.name, element.text.trim());
        break;
      case 'StmtPgntn':
      case 'RptPgntn':
      case 'NtfctnPgntn':
        this.page = readPage(element);
        break;
      case 'CpyDplctInd':
        this.#takeCopyIndicator(element);
        break;
      case 'Acct':
        this.#takeAccount(element);
        break;
      case 'Bal':
        this.#takeBalance(element);
        break;
      case 'TxsSummry':
        this.summary = element;
        break;
      default:
    }
  }

  /** The legal sequence number, else the electronic one, else the statement's id. */
  get number(): string | null {
    const name = ['LglSeqNb', 'ElctrncSeqNb', 'Id'].find((one) => this.#numbers.get(one));
    return this.#numbers.get(name ?? '') ?? null;
  }

  /** The currency of the first balance. */
  get balanceCurrency(): Currency | null {
    return this.#balances[0]?.currency ?? null;
  }

  /** The balance before the first entry, among those in the statement's currency. */
  opening(currency: Currency | null): Balance | undefined {
    return openingOf(this.#balancesIn(currency));
  }

  /** The balance after the last entry, among those in the statement's currency. */
  closing(currency: Currency | null): Balance | undefined {
    return closingOf(this.#balancesIn(currency));
  }

  #balancesIn(wanted: Currency | null): Balance[] {
    return this.#balances.filter(({ currency }) => currency === wanted);
  }

  #takeCopyIndicator(element: XmlElement): void {
    this.isCopy = true;
    const indicator = clip(element.text.trim(), 40);
    const message = `the statement is marked ${indicator}: nothing of it is posted`;
    this.#tell('COPY_STATEMENT', message, element);
  }

  #takeAccount(acct: XmlElement): void {
    this.account = accountNumberOf(acct);
    const currency = textAt(acct, 'Ccy');
    if (currency === undefined) return;
    if (historicCurrencyExponent(currency) !== undefined) {
      this.currency = currency;
      return;
    }
    const message = `the account's Ccy "${clip(currency, 40)}" is not a currency of ISO 4217`;
    this.#tell('CCY_UNKNOWN', message, acct);
  }

  #takeBalance(bal: XmlElement): void {
    const balance = readBalance(bal);
    if (isFault(balance)) {
      this.#tell('BALANCE_UNREADABLE', `${balance.reason}: ${balance.message}`, bal);
      return;
    }
    const isFirst = this.#balances.every(({ hasDirection }) => hasDirection);
    this.#balances.push(balance);
    if (!balance.hasDirection && isFirst)
      this.#tell('BALANCE_DIRECTION_MISSING', 'Bal has no CdtDbtInd and is read as a credit', bal);
  }
}
