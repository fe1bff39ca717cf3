import { historicCurrencyExponent } from '../../currency.ts';
import type { Emit } from '../reader.ts';
import type { Diagnostic, ParsedEntry } from '../record.ts';
import { currencyOf, type RowRefusal, readSigned } from './csv-amount.ts';
import { type Batch, type LinePayout, nameOf, SettlementBatches } from './csv-batches.ts';
import { readDay } from './csv-entry.ts';
import type { CsvReport } from './csv-report.ts';
import { roundToMinor } from './csv-rounding.ts';
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
  #isOpened = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  open(sheet: CsvSheet, row: readonly string[]): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    const currency = currencyOf(sheet, row, sheet.slots.currency);
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
    const before = this.#batches.size;
    const batch = this.#batches.add(entry);
    if (this.#batches.size === 2 && before === 1) {
      const message = 'the file holds more than one merchant account, batch or currency';
      this.#tell('SEVERAL_BATCHES', message, entry.locator.line);
    }
    if (payout !== undefined) notePayout(batch, payout, entry.locator.line);
    this.#emit(entry);
    return undefined;
  }

  miss(batch: string | null): void {
    this.#missed.add(batch);
  }

  end(sheet: CsvSheet, line: number): void {
    if (sheet.profile.payouts !== undefined) {
      for (const batch of this.#batches.all()) this.#derivePayout(batch);
    }
    for (const finding of this.#batches.diagnostics({ line })) this.#emit(finding);
    this.#emit(this.#batches.close({ line }));
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
    const entry = payoutEntry(batch, { ...payout, number, amountMinor });
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

function notePayout(batch: Batch, payout: LinePayout, line: number): void {
  if (batch.payout === null) {
    const { reference } = payout;
    batch.payout = { ...payout, reference: reference === null ? null : detached(reference) };
    return;
  }
  if (batch.payout.date !== payout.date) batch.otherPayoutLine ??= line;
}

function payoutEntry(
  batch: Batch,
  payout: LinePayout & { readonly number: string; readonly amountMinor: bigint },
): ParsedEntry {
  const { account, currency } = batch;
  const { number, date, reference, amountMinor } = payout;
  return {
    kind: 'entry',
    type: 'payout',
    status: 'booked',
    currency,
    amountMinor,
    grossMinor: amountMinor,
    feesMinor: {},
    isReversal: false,
    bookingDate: date,
    valueDate: date,
    externalId: number,
    reference: reference ?? number,
    originalReference: null,
    ...(account === null ? {} : { account }),
    batch: number,
    counterparty: null,
    narrative: null,
    identity: `payout|${account ?? ''}|${number}|${currency}`,
    isIdentityUnique: true,
    details: 0,
    locator: { line: batch.lastLine },
  };
}
