import type { Readable } from 'node:stream';
import { type CardToken, cardTokenOf } from '../card-number.ts';
import type { SourceConfig } from '../config.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { csvRows } from './csv-rows.ts';
import type { JournalRequest } from './journal-request.ts';
import { maskPaymentRow } from './payment-cards.ts';
import { PaymentHeader, PaymentRows } from './payment-row.ts';
import { type PostOptions, type PostOutcome, post } from './post.ts';

/** A line of the import file that was not posted; the others go on. */
export interface ImportRejection {
  readonly line: number;
  readonly reason: string;
  readonly message: string;
}

export interface ImportOutcome {
  readonly read: number;
  readonly created: number;
  readonly exists: number;
  readonly rejections: readonly ImportRejection[];
  /** Columns of the file that mean nothing here and were passed over. */
  readonly unknownColumns?: readonly string[];
}

export interface ImportOptions extends PostOptions {
  readonly createdBy: string;
  readonly sources: readonly SourceConfig[];
  /** The key of the tokens beside truncated card numbers: that of ingest, or references with one never match. */
  readonly tokenKey?: Uint8Array | null;
}

const BATCH_SIZE = 1_000;

/**
 * Posts the payments we started or expect, from a CSV file with a header (column order is free).
 *
 *   payment_id, kind (capture | refund | chargeback | chargeback-reversal | payout | fee), currency, amount (major units, positive),
 *   effective_date, and optionally reference, source, merchant, fee, metadata (JSON)
 *
 * A capture is Dr receivable of the source, Cr payable to the merchant; refunds and chargebacks go the other way, a
 * reversed chargeback the same way again; a payout is
 * Dr payable, Cr payouts in transit; a fee is Dr payable, Cr fee income. A payment id posts once, whatever the file.
 * Throws `invalid_input` when the file's structure is wrong; a wrong line becomes a rejection.
 */
export async function importPayments(
  tx: Tx,
  input: Readable,
  options: ImportOptions,
): Promise<ImportOutcome> {
  const reading = new Reading(options);
  const outcome = await post(tx, reading.journals(input), { ...options, refusals: 'retry' });
  const refused = outcome.refused.map((refusal) => ({
    line: reading.lineOf(refusal.requestNo),
    reason: refusal.code,
    message: refusalText(refusal.code, refusal.key),
  }));
  const rejections = [...reading.rejections, ...refused].sort(
    (left, right) => left.line - right.line,
  );
  return {
    read: reading.read,
    created: outcome.created,
    exists: outcome.exists,
    rejections,
    ...(reading.unknownColumns.length > 0 ? { unknownColumns: reading.unknownColumns } : {}),
  };
}

function refusalText(code: PostOutcome['refused'][number]['code'], key: string): string {
  const payment = key.slice(key.indexOf('|') + 1);
  return code.startsWith('exists_with_different_')
    ? `payment ${payment} is in the ledger with other content; post a reversal and import it under a new id`
    : `payment ${payment} cannot be posted: ${code.replaceAll('_', ' ')}`;
}

class Reading {
  read = 0;
  readonly rejections: ImportRejection[] = [];
  unknownColumns: readonly string[] = [];
  readonly #options: ImportOptions;
  readonly #tokenOf: CardToken | null;
  /** Lines of the requests, as runs: the first request of each run and its line; most files are one run. */
  readonly #lines: { readonly requestNo: number; readonly line: number }[] = [];
  #requests = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#tokenOf = options.tokenKey ? cardTokenOf(options.tokenKey) : null;
  }

  lineOf(requestNo: bigint): number {
    const run = this.#lines.findLast((candidate) => candidate.requestNo <= Number(requestNo));
    return run === undefined ? 0 : run.line + Number(requestNo) - run.requestNo;
  }

  async *journals(input: Readable): AsyncGenerator<readonly JournalRequest[]> {
    let payments: PaymentRows | undefined;
    let batch: JournalRequest[] = [];
    for await (const { line, record } of csvRows(input)) {
      if (payments === undefined) {
        const header = new PaymentHeader(maskPaymentRow(record, this.#tokenOf));
        this.unknownColumns = header.unknown;
        payments = new PaymentRows(header, this.#options);
        continue;
      }
      const journal = this.#journal(payments, record, line);
      if (journal !== undefined) batch.push(journal);
      if (batch.length < BATCH_SIZE) continue;
      yield batch;
      batch = [];
    }
    if (payments === undefined)
      throw new OperationalError('invalid_input', 'the import file is empty');
    yield batch;
  }

  #journal(
    payments: PaymentRows,
    record: readonly string[],
    line: number,
  ): JournalRequest | undefined {
    this.read += 1;
    const found = payments.parse(maskPaymentRow(record, this.#tokenOf));
    if ('reason' in found) {
      this.rejections.push({ line, ...found });
      return undefined;
    }
    const last = this.#lines.at(-1);
    if (last === undefined || line - last.line !== this.#requests - last.requestNo) {
      this.#lines.push({ requestNo: this.#requests, line });
    }
    this.#requests += 1;
    return found;
  }
}
