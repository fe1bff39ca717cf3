import type { SqlValue } from '../db/db.ts';
import type { PaymentStatus, StatusReason } from './record.ts';

export const STATUS_COLUMNS = [
  'book_id',
  'file_no',
  'status_no',
  'statement_no',
  'message',
  'level',
  'original_message_id',
  'original_message_name',
  'original_payment_information_id',
  'end_to_end_id',
  'instruction_id',
  'transaction_id',
  'uetr',
  'status',
  'reason_code',
  'reason_text',
  'amount_minor',
  'currency',
  'status_date',
  'original_count',
  'original_sum',
  'line',
  'element',
] as const;

type Told = Pick<PaymentStatus, 'status' | 'reasons'>;

/**
 * Turns the statuses of one file into rows of `tieout.payment_status`.
 *
 * A transaction that tells none of its own has the status of the level above it, and its reasons.
 */
export class StatusRows {
  count = 0;
  readonly #bookId: bigint;
  readonly #fileNo: bigint;
  readonly #message: string;
  #statementNo = 0;
  /** By the id of the message that is reported on: a report between banks may be on several. */
  readonly #groups = new Map<string | null, PaymentStatus>();
  #instruction: PaymentStatus | undefined;

  constructor(file: { bookId: bigint; fileNo: bigint; message: string }) {
    this.#bookId = file.bookId;
    this.#fileNo = file.fileNo;
    this.#message = file.message;
  }

  row(status: PaymentStatus, statementNo: number): readonly SqlValue[] {
    if (statementNo !== this.#statementNo) this.#beginReport(statementNo);
    this.count += 1;
    if (status.level === 'group') this.#groups.set(status.originalMessageId, status);
    if (status.level === 'payment-information') this.#instruction = status;
    const told = this.#told(status);
    return [
      this.#bookId,
      this.#fileNo,
      this.count,
      statementNo,
      this.#message,
      status.level,
      status.originalMessageId,
      status.originalMessageName,
      status.originalPaymentInformationId,
      status.originalEndToEndId,
      status.originalInstructionId,
      status.originalTransactionId,
      status.uetr,
      told.status,
      joined(told.reasons.map(({ code }) => code)),
      joined(told.reasons.map(({ text }) => text)),
      status.amount?.amountMinor ?? null,
      status.amount?.currency ?? null,
      status.date ?? null,
      status.original?.count ?? null,
      status.original?.sum ?? null,
      status.locator.line,
      status.locator.element ?? null,
    ];
  }

  #beginReport(statementNo: number): void {
    this.#statementNo = statementNo;
    this.#groups.clear();
    this.#instruction = undefined;
  }

  #told(status: PaymentStatus): Told {
    if (status.level !== 'transaction' || status.status !== null) return status;
    const levels = [this.#instructionOf(status), this.#groups.get(status.originalMessageId)];
    const above = levels.find((level) => typeof level?.status === 'string');
    if (above === undefined) return status;
    const reasons = status.reasons.length > 0 ? status.reasons : above.reasons;
    return { status: above.status, reasons };
  }

  /** The level right above, if it told anything: the elements of a report are nested in one another. */
  #instructionOf({ locator }: PaymentStatus): PaymentStatus | undefined {
    const element = this.#instruction?.locator.element;
    const isBelow = element !== undefined && locator.element?.startsWith(`${element}/`) === true;
    return isBelow ? this.#instruction : undefined;
  }
}

function joined(parts: readonly StatusReason['code'][]): string | null {
  return parts.filter((part) => part !== null).join('; ') || null;
}
