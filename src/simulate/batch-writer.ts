import { ADYEN_HEADER, adyenPayoutRow, adyenRow } from './adyen-report.ts';
import { isRestated, type PlannedBatch } from './batch-plan.ts';
import { type BatchHead, netOf, type ReportLine } from './report-line.ts';
import { STRIPE_HEADER, stripeRow } from './stripe-report.ts';
import type { TextFile } from './text-file.ts';

/** One telling of a batch: a file, and what its lines sum to. */
interface Telling {
  readonly file: TextFile;
  netMinor: bigint;
}

/** Which telling of a batch has a line: that of the night, the correction of it, or both. */
export type Tellings = 'both' | 'first' | 'last';

/** Writes the report of one batch line by line, twice if it is corrected; the last telling is what is true. */
export class BatchWriter {
  readonly batch: PlannedBatch;
  /** Lines of payments so far. */
  payments = 0;
  readonly #head: BatchHead;
  readonly #tellings: readonly Telling[];

  constructor(batch: PlannedBatch, deliver: (night: number, name: string) => TextFile) {
    const { channel, settleDay, night } = batch;
    const { merchantAccount, currency } = channel;
    this.batch = batch;
    this.#head = { merchantAccount, currency, batch: batch.batch, day: settleDay };
    const names = isRestated(batch)
      ? [reportName(batch), correctedName(batch)]
      : [reportName(batch)];
    this.#tellings = names.map((name, place) => ({
      file: deliver(night + place, name),
      netMinor: 0n,
    }));
    const header = channel.processor === 'adyen' ? ADYEN_HEADER : STRIPE_HEADER;
    for (const { file } of this.#tellings) file.write(header);
  }

  /** What the batch pays, as the last telling has it. */
  get netMinor(): bigint {
    return this.#tellings.at(-1)?.netMinor ?? 0n;
  }

  add(line: ReportLine, where: Tellings = 'both'): void {
    const isAdyen = this.batch.channel.processor === 'adyen';
    const row = isAdyen ? adyenRow(this.#head, line) : stripeRow(this.#head, line);
    const net = netOf(line);
    this.#tellings.forEach((telling, place) => {
      const isLast = place === this.#tellings.length - 1;
      if (where === (isLast ? 'first' : 'last')) return;
      telling.file.write(row);
      telling.netMinor += net;
    });
  }

  /** Ends the files; Adyen's with the row of the payout. */
  close(): void {
    const { channel, payoutText } = this.batch;
    for (const { file, netMinor } of this.#tellings) {
      if (channel.processor === 'adyen' && netMinor !== 0n) {
        file.write(adyenPayoutRow(this.#head, payoutText, netMinor));
      }
      file.close();
    }
  }
}

/** The name of a batch's report, of the first telling. */
export function reportName({ channel, batch, settleDay }: PlannedBatch): string {
  return channel.processor === 'adyen'
    ? `${channel.merchantAccount}_settlement_detail_report_batch_${batch}.csv`
    : `stripe_payout_reconciliation_${channel.currency}_${settleDay}.csv`;
}

/** The name of the correction of a batch's report. */
export function correctedName(batch: PlannedBatch): string {
  return reportName(batch).replace('.csv', '_corrected.csv');
}
