import type { SqlValue } from '../db/db.ts';
import { formatAmount } from '../money.ts';
import {
  type Diagnostic,
  FileRefusal,
  type ParsedEntry,
  type ParsedRecord,
  type Rejection,
  type StatementClosed,
  type StatementOpened,
} from './record.ts';
import type { SourceFinder } from './source.ts';
import { StatusRows } from './status-rows.ts';

/** A statement that has ended, as it will be stored. */
export interface StatementRow {
  readonly statementNo: number;
  readonly opened: StatementOpened;
  readonly closed: StatementClosed;
  readonly isBooked: boolean;
}

/** Something odd in a file that was loaded all the same: the first of its kind, and how many there were. */
export interface FileWarning {
  readonly first: Diagnostic;
  readonly count: number;
}

/** What the reader counted in one currency: the left side of "nothing is lost". */
export interface CurrencyTotal {
  amountMinor: bigint;
  ignoredMinor: bigint;
}

export const ENTRY_COLUMNS = [
  'book_id',
  'file_no',
  'ordinal',
  'statement_no',
  'type',
  'status',
  'currency',
  'amount_minor',
  'gross_minor',
  'fee_commission_minor',
  'fee_markup_minor',
  'fee_scheme_minor',
  'fee_interchange_minor',
  'fee_other_minor',
  'is_reversal',
  'booking_date',
  'value_date',
  'external_id',
  'reference',
  'original_reference',
  'account',
  'batch',
  'counterparty',
  'narrative',
  'identity',
  'is_identity_unique',
  'details',
  'line',
  'element',
  'is_counted',
  'attributes',
] as const;

/** Beyond so many unreadable records, and 1 % of the file, the file itself is wrong. */
const REJECTION_LIMIT = 100;

/**
 * Turns the records of one file into rows, and keeps what must be known at its end.
 *
 * Booked entries go through, or in a message that holds none, payment statuses; statements, rejections and totals stay in memory. Refuses the file when a bank statement does not
 * close, a declared control total is missed, or too many records cannot be read.
 */
export class LoadRows {
  readonly statements: StatementRow[] = [];
  readonly rejections: Rejection[] = [];
  readonly totals = new Map<string, CurrencyTotal>();
  readonly accounts = new Set<string>();
  /** The first diagnostic of each code, and how many there were. */
  readonly warnings = new Map<string, FileWarning>();
  diagnostics = 0;
  ignored = 0;
  entries = 0;
  readonly #bookId: bigint;
  readonly #fileNo: bigint;
  readonly #finder: SourceFinder;
  readonly #statuses: StatusRows;
  #opened: StatementOpened | undefined;
  #missedTotal: Diagnostic | undefined;
  #statementNo = 0;
  #isBooked = true;

  constructor(options: { bookId: bigint; fileNo: bigint; format: string; finder: SourceFinder }) {
    this.#bookId = options.bookId;
    this.#fileNo = options.fileNo;
    this.#finder = options.finder;
    this.#statuses = new StatusRows({ ...options, message: options.format });
  }

  get statuses(): number {
    return this.#statuses.count;
  }

  /** Rows of `tieout.entry` or of `tieout.payment_status`, a batch for each batch of records: no file holds both. */
  async *rows(
    batches: AsyncIterable<readonly ParsedRecord[]>,
  ): AsyncGenerator<readonly (readonly SqlValue[])[]> {
    for await (const batch of batches) {
      const rows: (readonly SqlValue[])[] = [];
      for (const record of batch) this.#add(record, rows);
      yield rows;
    }
    this.#refuseMissedTotal();
    this.#refuseTooManyRejections();
  }

  #add(record: ParsedRecord, rows: (readonly SqlValue[])[]): void {
    switch (record.kind) {
      case 'statement':
        this.#open(record);
        break;
      case 'entry':
        this.#addEntry(record, rows);
        break;
      case 'status':
        rows.push(this.#statuses.row(record, this.#statementNo));
        break;
      case 'rejection':
        this.rejections.push(record);
        if (this.rejections.length > 10 * REJECTION_LIMIT) this.#refuseTooManyRejections();
        break;
      case 'diagnostic':
        this.#addDiagnostic(record);
        break;
      case 'statement-end':
        this.#close(record);
        break;
    }
  }

  #open(record: StatementOpened): void {
    this.#opened = record;
    this.#statementNo += 1;
    // A payment message moves no account, so nobody has to decide on the accounts it names.
    this.#isBooked =
      record.statementKind !== 'payment-message' &&
      this.#finder.isBooked(record.account, record.locator);
    if (record.account !== null) this.accounts.add(record.account);
  }

  #addEntry(entry: ParsedEntry, rows: (readonly SqlValue[])[]): void {
    this.entries += 1;
    if (entry.account !== undefined) this.accounts.add(entry.account);
    const total = this.#totalOf(entry.currency);
    total.amountMinor += entry.amountMinor;
    if (entry.status === 'booked' && this.#isBooked) {
      rows.push(this.#entryRow(entry));
      return;
    }
    this.ignored += 1;
    total.ignoredMinor += entry.amountMinor;
  }

  #addDiagnostic(diagnostic: Diagnostic): void {
    this.diagnostics += 1;
    const { code } = diagnostic;
    const { first = diagnostic, count = 0 } = this.warnings.get(code) ?? {};
    this.warnings.set(code, { first, count: count + 1 });
    // A statement that does not close says more, and its end is yet to come.
    if (diagnostic.code === 'CONTROL_TOTAL') this.#missedTotal ??= diagnostic;
    // A copy repeats a statement that was sent: it takes no place in the chain of balances.
    if (diagnostic.code === 'COPY_STATEMENT') this.#isBooked = false;
    if (diagnostic.code === 'NO_FINAL_NEWLINE') this.#refuseCutRow(diagnostic);
  }

  /** A last row with too few fields and no line end is where the file was cut, not a record that cannot be read. */
  #refuseCutRow({ locator }: Diagnostic): void {
    const last = this.rejections.at(-1);
    if (last?.reason !== 'FIELD_COUNT' || last.locator.line !== locator.line) return;
    throw new FileRefusal(
      'TRUNCATED',
      `the file ends inside a record (${last.message}); it was cut`,
      locator,
    );
  }

  #close(record: StatementClosed): void {
    const opened = this.#opened;
    if (opened === undefined)
      throw new FileRefusal(
        'STATEMENT_MISSING',
        'a statement ends that never began',
        record.locator,
      );
    if (opened.statementKind !== 'payment-message' && this.#isBooked) refuseUnclosed(record);
    this.statements.push({
      statementNo: this.#statementNo,
      opened,
      closed: record,
      isBooked: this.#isBooked,
    });
    this.#opened = undefined;
  }

  #refuseMissedTotal(): void {
    if (this.#missedTotal === undefined) return;
    const { message, locator } = this.#missedTotal;
    throw new FileRefusal('CONTROL_TOTAL', message, locator);
  }

  #refuseTooManyRejections(): void {
    const rejected = this.rejections.length;
    if (rejected <= REJECTION_LIMIT || rejected * 100 <= this.entries + rejected) return;
    throw new FileRefusal(
      'TOO_MANY_REJECTIONS',
      `${rejected} of ${this.entries + rejected} records cannot be read; the first is ${this.rejections[0]?.message}`,
      this.rejections[0]?.locator ?? null,
    );
  }

  #totalOf(currency: string): CurrencyTotal {
    let total = this.totals.get(currency);
    if (total === undefined) {
      total = { amountMinor: 0n, ignoredMinor: 0n };
      this.totals.set(currency, total);
    }
    return total;
  }

  #entryRow(entry: ParsedEntry): readonly SqlValue[] {
    const fees = entry.feesMinor;
    return [
      this.#bookId,
      this.#fileNo,
      this.entries,
      this.#statementNo,
      entry.type,
      entry.status,
      entry.currency,
      entry.amountMinor,
      entry.grossMinor,
      fees.commission ?? 0n,
      fees.markup ?? 0n,
      fees.scheme ?? 0n,
      fees.interchange ?? 0n,
      fees.other ?? 0n,
      entry.isReversal,
      entry.bookingDate,
      entry.valueDate,
      entry.externalId,
      entry.reference,
      entry.originalReference,
      entry.account ?? null,
      entry.batch,
      entry.counterparty,
      entry.narrative,
      entry.identity,
      entry.isIdentityUnique,
      entry.details,
      entry.locator.line,
      entry.locator.element ?? null,
      true,
      attributesJson(entry),
    ];
  }
}

/** Keys as the record model has them; minor units as strings, because JSON numbers do not hold them. */
function attributesJson({ attributes }: ParsedEntry): string | null {
  if (attributes === undefined) return null;
  return JSON.stringify(attributes, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

function refuseUnclosed(closed: StatementClosed): void {
  const { account, currency, differenceMinor, isProvenWhole = false } = closed;
  if (closed.openingMinor !== null && closed.closingMinor === null && !isProvenWhole) {
    throw new FileRefusal(
      'CLOSING_MISSING',
      'the statement has an opening and no closing balance: the file may be cut',
      closed.locator,
    );
  }
  if (differenceMinor === null || differenceMinor === 0n || currency === null) return;
  throw new FileRefusal(
    'STM_INCONSISTENT',
    `opening balance plus entries differs from the closing balance by ${formatAmount(differenceMinor, currency)} ${currency}`,
    closed.locator,
    { reference: account ?? '', currency, differenceMinor },
  );
}
