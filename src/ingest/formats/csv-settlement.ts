import { historicCurrencyExponent } from '../../currency.ts';
import { formatAmount } from '../../money.ts';
import type { Emit } from '../reader.ts';
import type { Diagnostic, ParsedEntry, StatementClosed } from '../record.ts';

import { type RowRefusal, readSigned, rowCurrency } from './csv-amount.ts';
import { BROKEN } from './csv-balance.ts';
import { type Batch, type LinePayout, nameOf, SettlementBatches } from './csv-batches.ts';
import { type Derivation, derivedEntry } from './csv-derived.ts';
import { readDay } from './csv-entry.ts';
import type { CsvReport } from './csv-report.ts';
import { roundToMinor } from './csv-rounding.ts';
import { RunningBalances, readRunning } from './csv-running.ts';
import { type CsvSheet, cell, firstFilled } from './csv-sheet.ts';
import { detached } from './csv-text.ts';

/**
 * One settlement report, with as many batches as it has.
 *
 * A batch sums to zero with its payout. Where a file has no payout rows, a payout is derived from the lines that name it,
 * so that the stages after see the same of every processor.
 */
export class SettlementReport implements CsvReport {
  readonly #emit: Emit;
  readonly #batches = new SettlementBatches();
  readonly #missed = new Set<string | null>();
  readonly #running = new RunningBalances();
  #isOpened = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  open(sheet: CsvSheet, row: readonly string[]): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    const currency = rowCurrency(sheet, row);
    this.#emit({
      kind: 'statement',
      statementKind: 'settlement-report',
      account: cell(sheet, row, sheet.slots.account) || null,
      currency: historicCurrencyExponent(currency) === undefined ? null : currency,
      number: cell(sheet, row, sheet.slots.batch) || null,
      openingMinor: null,
      openingDate: null,
      locator: { line: 1 },
    });
  }

  accept(sheet: CsvSheet, row: readonly string[], entry: ParsedEntry): RowRefusal | undefined {
    const payout = linePayout(sheet, row, entry);
    if (payout !== undefined && 'reason' in payout) return payout;
    const balance = readRunning(sheet, row, entry.currency);
    if (typeof balance === 'object' && balance !== null) return balance;
    this.#running.add(entry, balance);
    const before = this.#batches.size;
    const batch = this.#batches.add(entry);
    if (this.#batches.size === 2 && before === 1) {
      const message = 'the file holds more than one merchant account, batch or currency';
      this.#tell('SEVERAL_BATCHES', message, entry.locator.line);
    }
    if (payout !== undefined) notePayout(sheet, batch, { payout, line: entry.locator.line });
    this.#emit(entry);
    return undefined;
  }

  miss(batch: string | null): void {
    this.#missed.add(batch);
    this.#running.skip();
  }

  end(sheet: CsvSheet, line: number): void {
    if (sheet.profile.payouts !== undefined) {
      for (const batch of this.#batches.all()) {
        this.#deriveUnlisted(sheet, batch);
        this.#derivePayout(batch);
      }
    }
    for (const finding of this.#batches.diagnostics({ line }, this.#running.told.length > 0))
      this.#emit(finding);
    this.#tellBalances(line);
    this.#emit(this.#withBalance(this.#batches.close({ line })));
  }

  /** A row kept aside explains a difference; without one, rows are missing or are not what the profile takes them for. */
  #tellBalances(line: number): void {
    for (const broken of this.#running.brokenAt) this.#tell('BALANCE_BROKEN', BROKEN, broken);
    if (this.#missed.size > 0) return;
    for (const { currency, differenceMinor } of this.#running.told) {
      if (differenceMinor === 0n) continue;
      const difference = formatAmount(differenceMinor, currency);
      const message = `the first balance plus the rows differs from the last balance by ${difference} ${currency}`;
      this.#tell('CONTROL_TOTAL', message, line);
    }
  }

  /** The balances of a report in one currency, when its rows agree with them. */
  #withBalance(closed: StatementClosed): StatementClosed {
    const [told, another] = this.#running.told;
    if (told === undefined || another !== undefined) return closed;
    const { openingMinor, closingMinor } = told;
    const differenceMinor = openingMinor + closed.creditsMinor - closed.debitsMinor - closingMinor;
    if (differenceMinor !== 0n || closed.currency === null) return closed;
    return { ...closed, openingMinor, closingMinor, differenceMinor };
  }

  /** Nothing is derived from lines of which one is missing: the sum would be an invention. */
  #derivePayout(batch: Batch): void {
    const { number, payout, netMinor, lastLine } = batch;
    if (number === null || batch.hasPayout) return;
    const declared = payout?.declaredMinor ?? null;
    const amountMinor = declared === null ? -netMinor : -declared;
    const isMissing = this.#missed.has(number) || this.#missed.has(null);
    if (payout === null || (isMissing && declared === null)) {
      const why = payout === null ? 'no line tells its payout date' : 'a line of it was kept aside';
      this.#tell('PAYOUT_NOT_DERIVED', `${nameOf(batch)} gets no payout: ${why}`, lastLine);
      return;
    }
    if (batch.otherPayoutLine !== null) {
      const message = `${nameOf(batch)} is paid on ${payout.date}, and this line says another day`;
      this.#tell('PAYOUT_DATE_DIFFERS', message, batch.otherPayoutLine);
    }
    if (amountMinor === 0n) return;
    const { date, reference } = payout;
    this.#derive(batch, {
      name: 'payout',
      type: 'payout',
      amountMinor,
      date,
      externalId: number,
      reference: reference ?? number,
    });
  }

  /** What the payout has and no row; the declared payout proves that it is no invention. */
  #deriveUnlisted(sheet: CsvSheet, batch: Batch): void {
    const { payout, currency, lastLine } = batch;
    if (payout === null || payout.declaredMinor === null) return;
    for (const { type, plan, label } of sheet.unlisted) {
      const amount = readSigned(sheet, [], plan, currency) ?? 0n;
      if (typeof amount !== 'bigint') {
        const message = `"${label}" of ${nameOf(batch)} cannot be read: ${amount.message}`;
        this.#tell('PAYOUT_PART_UNREAD', message, lastLine);
      } else if (amount !== 0n) {
        const amountMinor = roundToMinor(amount, sheet.numbers);
        this.#derive(batch, {
          name: label,
          type,
          amountMinor,
          date: payout.date,
          narrative: label,
        });
      }
    }
  }

  #derive(batch: Batch, derivation: Derivation): void {
    const entry = derivedEntry(batch, derivation);
    this.#batches.add(entry);
    this.#emit(entry);
  }

  #tell(code: string, message: string, line: number): void {
    const diagnostic: Diagnostic = { kind: 'diagnostic', code, message, locator: { line } };
    this.#emit(diagnostic);
  }
}

/** What a line says of its payout; `undefined` when the profile derives none or the line names none. */
function linePayout(
  sheet: CsvSheet,
  row: readonly string[],
  entry: ParsedEntry,
): LinePayout | RowRefusal | undefined {
  const { profile, slots, declaredPayout } = sheet;
  if (profile.payouts === undefined || entry.batch === null) return undefined;
  if (
    entry.status !== 'booked' ||
    cell(sheet, row, firstFilled(sheet, row, slots.payoutDate)) === ''
  )
    return undefined;
  const date = readDay(sheet, row, slots.payoutDate);
  if (typeof date !== 'string') return date;
  const reference = cell(sheet, row, slots.payoutReference) || null;
  if (declaredPayout === null) return { date, reference, declaredMinor: null };
  const declared = readSigned(sheet, row, declaredPayout, entry.currency);
  if (typeof declared === 'object') return declared;
  const isTold = declared !== undefined;
  return { date, reference, declaredMinor: isTold ? roundToMinor(declared, sheet.numbers) : null };
}

function notePayout(
  sheet: CsvSheet,
  batch: Batch,
  { payout, line }: { readonly payout: LinePayout; readonly line: number },
): void {
  const isLatest = sheet.profile.payouts?.date_is === 'latest';
  if (batch.payout === null || (isLatest && batch.payout.date < payout.date)) {
    const { reference } = payout;
    batch.payout = { ...payout, reference: reference === null ? null : detached(reference) };
    return;
  }
  if (!isLatest && batch.payout.date !== payout.date) batch.otherPayoutLine ??= line;
}
