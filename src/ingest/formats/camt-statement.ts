import type { Currency } from '../../currency.ts';
import type { Emit } from '../reader.ts';
import type { Diagnostic, EntryStatus, Locator, ParsedEntry } from '../record.ts';
import type { Balance } from './camt-balance.ts';
import { batchFaults } from './camt-batch.ts';
import { CamtDetails } from './camt-details.ts';
import { readEntry } from './camt-entry.ts';
import { StatementHead } from './camt-head.ts';
import { CamtTotals } from './camt-totals.ts';
import { suspectTextIn } from './suspect-text.ts';
import type { XmlElement } from './xml-element.ts';

/** Where a statement stands, and how its message and its source want it read. */
export interface StatementPlace {
  /** For example `Stmt[2]`. */
  readonly element: string;
  readonly line: number;
  /** What an entry without status is; `undefined` rejects it. */
  readonly statusWhenAbsent: EntryStatus | undefined;
  readonly hasOriginalDirection: (account: string | null) => boolean;
  /** The page of the message it stands on, when its message has several. */
  readonly messagePage: number | undefined;
  /** Whether the page of the message before it should stand in the file and does not. */
  readonly isPageBeforeMissing: boolean;
  /** The statement before it, not ended yet, because this one may be its next page. */
  readonly previous: CamtStatement | undefined;
}

/** One statement (`Stmt`, `Rpt`, `Ntfctn`) while its elements pass; with its pages, when they stand in one file. */
export class CamtStatement {
  /** The details of the entry that is being read. */
  details = new CamtDetails();
  readonly #emit: Emit;
  readonly #place: Omit<StatementPlace, 'previous'>;
  readonly #head: StatementHead;
  readonly #totals = new CamtTotals();
  /** What the pages before add up to. */
  #earlierTotals: CamtTotals | undefined;
  #openingOfPages: Balance | undefined;
  /** Diagnostics of the head, until the statement is told. */
  readonly #early: Diagnostic[] = [];
  /** Diagnostics of the entry that is being read, which follow it. */
  readonly #notes: (readonly [code: string, message: string])[] = [];
  readonly #note = (code: string, message: string): void => {
    this.#notes.push([code, message]);
  };
  readonly #told = new Set<string>();
  /** Let go once it is ended or gone on with: a file may have thousands of statements. */
  #previous: CamtStatement | undefined;
  #entryCurrency: Currency | null = null;
  #hasOriginalDirection = false;
  #ordinal = 0;
  #isOpened = false;
  #closingLine: number;

  constructor(emit: Emit, place: StatementPlace) {
    const { previous, ...rest } = place;
    this.#emit = emit;
    this.#place = rest;
    this.#closingLine = place.line;
    this.#previous = previous;
    this.#head = new StatementHead((code, message, element) =>
      this.#diagnose(code, message, this.#at(element)),
    );
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
    if (element.name === 'Ntry') this.#takeEntry(element);
    else this.#head.take(element);
  }

  /** The statement's last element has passed; it ends when it is known that no page of it follows. */
  close(line: number): void {
    this.#openOnce();
    this.#closingLine = line;
  }

  /** Says that pages of the message are not in the file. */
  missPages(message: string): void {
    this.#diagnoseOnce('PAGE_MISSING', message, this.#end);
  }

  /** No page follows: checks the totals and tells the end. */
  end(): void {
    if (this.#head.page?.isLast === false) this.missPages('the pages after are not here');
    const { creditsMinor, debitsMinor, entries } = this.#sums;
    const closing = this.#closing;
    this.#checkTotals(this.#end);
    this.#checkReversals(this.#end);
    this.#emit({
      kind: 'statement-end',
      account: this.#head.account,
      currency: this.#currency,
      openingMinor: this.#opening?.amountMinor ?? null,
      closingMinor: closing?.amountMinor ?? null,
      closingDate: closing?.date ?? null,
      creditsMinor,
      debitsMinor,
      entries,
      differenceMinor: this.#differenceMinor,
      locator: this.#end,
    });
  }

  get #end(): Locator {
    return { line: this.#closingLine, element: this.#place.element };
  }

  get #currency(): Currency | null {
    return this.#head.currency ?? this.#head.balanceCurrency ?? this.#entryCurrency;
  }

  get #opening(): Balance | undefined {
    return this.#openingOfPages ?? this.#head.opening(this.#currency);
  }

  get #closing(): Balance | undefined {
    return this.#head.closing(this.#currency);
  }

  /** What was read, the pages before included. */
  get #sums(): CamtTotals {
    return this.#earlierTotals === undefined
      ? this.#totals
      : this.#earlierTotals.plus(this.#totals);
  }

  get #differenceMinor(): bigint | null {
    const [opening, closing] = [this.#opening, this.#closing];
    if (opening === undefined || closing === undefined) return null;
    const { creditsMinor, debitsMinor } = this.#sums;
    return opening.amountMinor + creditsMinor - debitsMinor - closing.amountMinor;
  }

  #openOnce(): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    const previous = this.#previous;
    this.#previous = undefined;
    this.#hasOriginalDirection = this.#place.hasOriginalDirection(this.#head.account);
    const isPage = previous !== undefined && this.#isPageAfter(previous);
    if (isPage) this.#goOn(previous);
    else this.#tellOpening(previous);
    for (const diagnostic of this.#early.splice(0)) this.#emit(diagnostic);
    if (!isPage && (this.#place.isPageBeforeMissing || (this.#head.page?.number ?? 1) > 1))
      this.missPages('the pages before are not here');
  }

  #tellOpening(previous: CamtStatement | undefined): void {
    previous?.end();
    const opening = this.#opening;
    const { line, element } = this.#place;
    this.#emit({
      kind: 'statement',
      statementKind: 'bank-statement',
      account: this.#head.account,
      currency: this.#currency,
      number: this.#head.number,
      openingMinor: opening?.amountMinor ?? null,
      openingDate: opening?.date ?? null,
      locator: { line, element },
    });
  }

  /** Goes on with the sums of the page before. */
  #goOn(previous: CamtStatement): void {
    this.#earlierTotals = previous.#sums;
    this.#openingOfPages = previous.#opening;
    for (const code of previous.#told) this.#told.add(code);
  }

  /** Whether this is the next page of the statement before it: the balances decide, not the numbers alone. */
  #isPageAfter(previous: CamtStatement): boolean {
    const { number } = this.#head;
    const page = this.#head.page?.number ?? this.#place.messagePage;
    const pageBefore = previous.#head.page?.number ?? previous.#place.messagePage;
    const opening = this.#head.opening(this.#currency);
    return (
      page !== undefined &&
      page === (pageBefore ?? 0) + 1 &&
      this.#head.account === previous.#head.account &&
      number === previous.#head.number &&
      opening !== undefined &&
      opening.currency === previous.#currency &&
      opening.amountMinor === previous.#closing?.amountMinor &&
      previous.#differenceMinor === 0n
    );
  }

  #takeEntry(ntry: XmlElement): void {
    const record = readEntry(ntry, this.details, {
      account: this.#head.account,
      currency: this.#head.currency ?? this.#head.balanceCurrency,
      statusWhenAbsent: this.#place.statusWhenAbsent,
      hasOriginalDirection: this.#hasOriginalDirection,
      locator: { line: ntry.line, element: `${this.#place.element}/Ntry[${this.#ordinal}]` },
      tell: this.#note,
    });
    if (record.kind === 'rejection') {
      this.#emit(record);
      this.#totals.rejections += 1;
      return;
    }
    // A copy's sums and balances still show whether it is whole.
    this.#emit(this.#head.isCopy ? { ...record, status: 'information' } : record);
    this.#entryCurrency ??= record.currency;
    this.#count(record);
    this.#check(record, ntry);
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

  #check(entry: ParsedEntry, ntry: XmlElement): void {
    // Emptied only when filled: a new array for every entry would cost more than reading most of them.
    const notes = this.#notes.length > 0 ? this.#notes.splice(0) : this.#notes;
    for (const [code, message] of notes) this.#diagnose(code, message, entry.locator);
    for (const { code, message } of batchFaults(entry, ntry, this.details))
      this.#diagnose(code, message, entry.locator);
    if (this.details.isNarrativeCut)
      this.#diagnose(
        'NARRATIVE_CUT',
        `the narrative leaves out remittance of some of ${entry.details} details`,
        entry.locator,
      );
    const suspect = suspectTextIn(entry);
    if (suspect !== undefined) this.#diagnose('SUSPECT_TEXT', suspect, entry.locator);
  }

  /** A summary on the last of several pages may be of that page or of all. */
  #checkTotals(locator: Locator): void {
    const { summary } = this.#head;
    if (summary === undefined) return;
    const currency = this.#currency;
    const messages = this.#totals.disagreements(summary, currency);
    if (this.#earlierTotals !== undefined && messages.length > 0) {
      if (this.#sums.disagreements(summary, currency).length === 0) return;
    }
    for (const message of messages) this.#diagnose('CONTROL_TOTAL', message, locator);
  }

  /** Some banks give a reversal the direction of the entry it undoes; the balances tell. */
  #checkReversals(locator: Locator): void {
    const difference = this.#differenceMinor;
    if (!difference || difference !== 2n * this.#sums.reversedMinor) return;
    const convention = this.#hasOriginalDirection ? 'own-direction' : 'original-direction';
    const message = `the statement closes only when reversals (RvslInd) change their sign: set "reversals: ${convention}" for its source`;
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
