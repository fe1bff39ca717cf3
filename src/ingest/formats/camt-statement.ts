import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { Emit } from '../reader.ts';
import {
  clip,
  type Diagnostic,
  type EntryStatus,
  type Locator,
  type ParsedEntry,
} from '../record.ts';
import { type Balance, closingOf, openingOf, readBalance } from './camt-balance.ts';
import { CamtDetails } from './camt-details.ts';
import { readEntry } from './camt-entry.ts';
import { CamtTotals } from './camt-totals.ts';
import { isFault } from './iso-field.ts';
import { accountNumberOf } from './iso-party.ts';
import { firstTextAt, type XmlElement } from './xml-element.ts';

/** Where a statement stands, and what its message means by an entry without status. */
export interface StatementPlace {
  /** For example `Stmt[2]`. */
  readonly element: string;
  readonly line: number;
  readonly statusWhenAbsent: EntryStatus | undefined;
}

/** One statement (`Stmt`, `Rpt`, `Ntfctn`) while its elements pass. */
export class CamtStatement {
  /** The details of the entry that is being read. */
  details = new CamtDetails();
  readonly #emit: Emit;
  readonly #place: StatementPlace;
  readonly #numbers = new Map<string, string>();
  readonly #balances: Balance[] = [];
  readonly #totals = new CamtTotals();
  /** Diagnostics of the head, until the statement is told. */
  readonly #early: Diagnostic[] = [];
  readonly #told = new Set<string>();
  #summary: XmlElement | undefined;
  #account: string | null = null;
  #accountCurrency: Currency | null = null;
  #entryCurrency: Currency | null = null;
  #ordinal = 0;
  #isOpened = false;

  constructor(emit: Emit, place: StatementPlace) {
    this.#emit = emit;
    this.#place = place;
  }

  /** A child of the statement begins; the first entry opens the statement, because its head is complete then. */
  begin(name: string): void {
    if (name !== 'Ntry') return;
    this.#openOnce();
    this.#ordinal += 1;
    this.details = new CamtDetails();
  }

  /** A child of the statement is complete. */
  take(element: XmlElement): void {
    switch (element.name) {
      case 'Id':
      case 'ElctrncSeqNb':
      case 'LglSeqNb':
        this.#numbers.set(element.name, element.text.trim());
        break;
      case 'CpyDplctInd':
        this.#diagnose(
          'COPY_DUPLICATE',
          `the statement is marked ${clip(element.text.trim(), 40)}`,
          this.#at(element),
        );
        break;
      case 'Acct':
        this.#takeAccount(element);
        break;
      case 'Bal':
        this.#takeBalance(element);
        break;
      case 'TxsSummry':
        this.#summary = element;
        break;
      case 'Ntry':
        this.#takeEntry(element);
        break;
      default:
    }
  }

  close(line: number): void {
    this.#openOnce();
    const [opening, closing] = [this.#opening, closingOf(this.#ownBalances)];
    const { creditsMinor, debitsMinor, entries } = this.#totals;
    const locator = { line, element: this.#place.element };
    const differenceMinor =
      opening && closing
        ? opening.amountMinor + creditsMinor - debitsMinor - closing.amountMinor
        : null;
    this.#checkTotals(locator);
    this.#checkReversals(differenceMinor, locator);
    this.#emit({
      kind: 'statement-end',
      account: this.#account,
      currency: this.#currency,
      openingMinor: opening?.amountMinor ?? null,
      closingMinor: closing?.amountMinor ?? null,
      closingDate: closing?.date ?? null,
      creditsMinor,
      debitsMinor,
      entries,
      differenceMinor,
      locator,
    });
  }

  get #currency(): Currency | null {
    return this.#accountCurrency ?? this.#balances[0]?.currency ?? this.#entryCurrency;
  }

  get #ownBalances(): Balance[] {
    return this.#balances.filter(({ currency }) => currency === this.#currency);
  }

  get #opening(): Balance | undefined {
    return openingOf(this.#ownBalances);
  }

  #openOnce(): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    const opening = this.#opening;
    const { line, element } = this.#place;
    const number = ['LglSeqNb', 'ElctrncSeqNb', 'Id'].find((name) => this.#numbers.get(name));
    this.#emit({
      kind: 'statement',
      statementKind: 'bank-statement',
      account: this.#account,
      currency: this.#currency,
      number: this.#numbers.get(number ?? '') ?? null,
      openingMinor: opening?.amountMinor ?? null,
      openingDate: opening?.date ?? null,
      locator: { line, element },
    });
    for (const diagnostic of this.#early.splice(0)) this.#emit(diagnostic);
  }

  #takeAccount(acct: XmlElement): void {
    this.#account = accountNumberOf(acct);
    const currency = firstTextAt(acct, [['Ccy']]);
    if (currency === undefined) return;
    if (historicCurrencyExponent(currency) !== undefined) this.#accountCurrency = currency;
    else
      this.#diagnose(
        'CCY_UNKNOWN',
        `the account's Ccy "${clip(currency, 40)}" is not a currency of ISO 4217`,
        this.#at(acct),
      );
  }

  #takeBalance(bal: XmlElement): void {
    const balance = readBalance(bal);
    if (isFault(balance)) {
      this.#diagnose('BALANCE_UNREADABLE', `${balance.reason}: ${balance.message}`, this.#at(bal));
      return;
    }
    this.#balances.push(balance);
    if (!balance.hasDirection)
      this.#diagnoseOnce(
        'BALANCE_DIRECTION_MISSING',
        'Bal has no CdtDbtInd and is read as a credit',
        this.#at(bal),
      );
  }

  #takeEntry(ntry: XmlElement): void {
    const locator = {
      line: ntry.line,
      element: `${this.#place.element}/Ntry[${this.#ordinal}]`,
    };
    const record = readEntry(ntry, this.details, {
      account: this.#account,
      currency: this.#accountCurrency ?? this.#balances[0]?.currency ?? null,
      statusWhenAbsent: this.#place.statusWhenAbsent,
      locator,
    });
    this.#emit(record);
    if (record.kind === 'rejection') {
      this.#totals.rejections += 1;
      return;
    }
    this.#entryCurrency ??= record.currency;
    this.#count(record);
    this.#checkDetails(record, ntry);
  }

  #count(entry: ParsedEntry): void {
    if (entry.currency === this.#currency) {
      this.#totals.add(entry);
      return;
    }
    this.#totals.foreign += 1;
    this.#diagnoseOnce(
      'MIXED_CURRENCIES',
      `sums tell ${this.#currency} only; there are entries in ${entry.currency}`,
      entry.locator,
    );
  }

  #checkDetails(entry: ParsedEntry, ntry: XmlElement): void {
    const { currency, amountMinor, locator } = entry;
    const sum = this.details.sumUnlessEqual(entry, ntry);
    if (sum !== undefined) {
      const [details, booked] = [formatAmount(sum, currency), formatAmount(amountMinor, currency)];
      const message = `${entry.details} details add up to ${details}, the entry is ${booked} ${currency}`;
      this.#diagnose('BATCH_SUM', message, locator);
    }
    if (this.details.isNarrativeCut)
      this.#diagnose(
        'NARRATIVE_CUT',
        `the narrative leaves out remittance of some of ${entry.details} details`,
        locator,
      );
  }

  #checkTotals(locator: Locator): void {
    if (this.#summary === undefined) return;
    for (const message of this.#totals.disagreements(this.#summary, this.#currency))
      this.#diagnose('CONTROL_TOTAL', message, locator);
  }

  /** Some banks give a reversal the direction of the entry it undoes; the balances tell. */
  #checkReversals(differenceMinor: bigint | null, locator: Locator): void {
    const { reversedMinor } = this.#totals;
    if (!differenceMinor || differenceMinor !== 2n * reversedMinor) return;
    const message = 'the statement closes only when reversals (RvslInd) change their sign';
    this.#diagnose('REVERSAL_CONVENTION_MISMATCH', message, locator);
  }

  #diagnoseOnce(code: string, message: string, locator: Locator): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#diagnose(code, message, locator);
  }

  #diagnose(code: string, message: string, locator: Locator): void {
    const diagnostic: Diagnostic = { kind: 'diagnostic', code, message, locator };
    if (this.#isOpened) this.#emit(diagnostic);
    else this.#early.push(diagnostic);
  }

  #at(element: XmlElement): Locator {
    return { line: element.line, element: `${this.#place.element}/${element.name}` };
  }
}
