import type { BusinessDate } from '../business-date.ts';
import type { BankBook } from './bank-book.ts';
import { isRestated, type PlannedBatch, planBatches, type RestatedBatch } from './batch-plan.ts';
import { BatchWriter, correctedName, reportName } from './batch-writer.ts';
import { breakCapture, fitsBatch } from './broken-capture.ts';
import { plusBusinessDays, plusDays } from './calendar.ts';
import { type Capture, CaptureMaker, timeOf } from './capture.ts';
import type { Channel } from './channel.ts';
import { Chooser } from './chooser.ts';
import type { Dice } from './dice.ts';
import type { LedgerRow } from './ledger-files.ts';
import { isWithheld, type PaidBatch, payOut, payTogether } from './payout.ts';
import { ProcessorIds } from './processor-ids.ts';
import { type Fees, NO_FEES, netOf, type ReportLine } from './report-line.ts';
import type { Portion, Schedule } from './schedule.ts';
import type { TextFile } from './text-file.ts';
import { PAYMENT_BREAKS, type PaymentBreak, type TruthFiles } from './truth.ts';

export interface SettlementOptions {
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly payments: number;
  readonly rate: number;
  readonly withRestatements: boolean;
  readonly truth: TruthFiles;
  readonly bank: BankBook;
  readonly deliver: (night: number, name: string) => TextFile;
  readonly book: (row: LedgerRow) => void;
}

/** A batch that is being filled. */
interface Filling {
  readonly writer: BatchWriter;
  /** Captures of it that may come back later. */
  readonly settled: Capture[];
  /** Lines that the next batch of the channel tells again. */
  readonly repeated: ReportLine[];
}

/** What a channel carries from one batch to the next. */
interface Carried {
  /** Settled captures that come back one day, as a refund or a chargeback. */
  readonly settled: Capture[];
  /** Lines of the batch before that this one tells again. */
  readonly repeated: ReportLine[];
  reserveMinor: bigint;
  withheld: PaidBatch | null;
}

const COMES_BACK = 0.04;
const CHARGEBACK_FEE = 750n;

/** The processors' side of a world: takes payments, tells them in batches, and pays. */
export class Settlement {
  readonly #options: SettlementOptions;
  readonly #batches: readonly PlannedBatch[];
  readonly #filling = new Map<PlannedBatch, Filling>();
  readonly #carried = new Map<Channel, Carried>();
  readonly #ids: ProcessorIds;
  readonly #captures: CaptureMaker;
  readonly #breaks: Chooser<PaymentBreak>;
  readonly #orphans: Chooser<'chargeback_without_original'>;
  #taken = 0;
  #closed = 0;

  constructor(options: SettlementOptions) {
    const { dice, payments, rate } = options;
    this.#options = options;
    this.#ids = new ProcessorIds(dice.whole(1, 1_000_000_000));
    this.#batches = planBatches(options.schedule, options);
    this.#captures = new CaptureMaker(dice, this.#ids, payments);
    this.#breaks = new Chooser(PAYMENT_BREAKS, { rate, dice, places: payments });
    const places = this.#batches.length;
    this.#orphans = new Chooser(['chargeback_without_original'], { rate, dice, places });
  }

  /** The last day on which a batch is settled. */
  get lastDay(): BusinessDate | undefined {
    return this.#batches.at(-1)?.settleDay;
  }

  /** Takes the payments of a day: books them, and writes them into the batch that will settle them. */
  take({ day, channel, payments }: Portion): void {
    const settleDay = plusBusinessDays(day, channel.settlesAfter);
    const batch = this.#batches.find(
      (candidate) => candidate.channel === channel && candidate.settleDay === settleDay,
    );
    if (batch === undefined || payments === 0) return;
    const filling = this.#fillingOf(batch);
    for (let count = 0; count < payments; count += 1) {
      this.#takeOne(this.#captures.make(channel, day), filling);
    }
  }

  /** Closes the batches of a day and pays them; returns the last night in which a report of them is delivered. */
  close(day: BusinessDate): number {
    const due = this.#batches.filter(({ settleDay }) => settleDay === day);
    for (const batch of due) this.#closeBatch(batch);
    return Math.max(0, ...due.map((batch) => batch.night + (isRestated(batch) ? 1 : 0)));
  }

  #fillingOf(batch: PlannedBatch): Filling {
    const known = this.#filling.get(batch);
    if (known !== undefined) return known;
    const filling = {
      writer: new BatchWriter(batch, this.#options.deliver),
      settled: [],
      repeated: [],
    };
    this.#filling.set(batch, filling);
    return filling;
  }

  #carriedOf(channel: Channel): Carried {
    const known = this.#carried.get(channel);
    if (known !== undefined) return known;
    const carried: Carried = { settled: [], repeated: [], reserveMinor: 0n, withheld: null };
    this.#carried.set(channel, carried);
    return carried;
  }

  #takeOne(capture: Capture, filling: Filling): void {
    const { writer, settled } = filling;
    const { batch } = writer;
    this.#taken += 1;
    const kind = this.#breaks.choose(this.#taken, (wanted) => fitsBatch(wanted, batch));
    if (kind !== null) this.#takeBroken(kind, capture, batch);
    else if (isRestated(batch) && writer.payments === Math.floor(batch.payments / 2))
      this.#takeRestated(capture, batch);
    else {
      this.#bookCapture(capture, batch.channel);
      writer.add(capture.line);
      this.#link(capture, batch.channel);
      if (this.#options.dice.happens(COMES_BACK) || settled.length === 0) settled.push(capture);
    }
    writer.payments += 1;
  }

  #takeBroken(kind: PaymentBreak, capture: Capture, batch: PlannedBatch): void {
    const { dice, truth } = this.#options;
    const { writer, repeated } = this.#fillingOf(batch);
    const broken = breakCapture(kind, capture, { batch, dice, ids: this.#ids });
    for (const booked of broken.booked) {
      // What is booked of an amount that is settled otherwise is the amount of the capture.
      const isOwn = booked.paymentId === capture.paymentId && kind !== 'fx';
      this.#bookCapture(isOwn ? capture : booked, batch.channel);
      if (broken.lines.length > 0) this.#link(booked, batch.channel);
    }
    for (const line of broken.lines) writer.add(line);
    if (kind === 'identical_twins') this.#linkTwins(broken.booked, batch.channel);
    repeated.push(...broken.repeated);
    const isRepeated = kind === 'duplicate_across_files';
    truth.tell({
      kind,
      night: isRepeated ? (batch.next?.night ?? batch.night) : batch.night,
      reference: capture.line.reference,
      batch: isRepeated ? (batch.next?.batch ?? batch.batch) : batch.batch,
      amountMinor: broken.amountMinor,
      currency: batch.channel.currency,
      source: batch.channel.processor,
      evidence: broken.lines.map((line) => evidenceOf(line, batch.channel)),
      why: broken.why,
    });
  }

  /** The first telling of a report has the line otherwise, not at all, or without its payment. */
  #takeRestated(capture: Capture, batch: RestatedBatch): void {
    const { channel, breakKind } = batch;
    const { line } = capture;
    const { writer } = this.#fillingOf(batch);
    const wrong = { ...line, grossMinor: line.grossMinor + 1_000n };
    if (breakKind === 'restated_report_changed') writer.add(wrong, 'first');
    if (breakKind === 'restated_report_removed') writer.add(line, 'first');
    else {
      this.#bookCapture(capture, channel);
      writer.add(line, 'last');
      this.#link(capture, channel);
    }
    this.#options.truth.tell({
      kind: breakKind,
      night: batch.night + 1,
      reference: batch.payoutText,
      batch: batch.batch,
      amountMinor: line.grossMinor,
      currency: channel.currency,
      source: channel.processor,
      evidence: [evidenceOf(line, channel)],
      alsoNamed: [
        `${channel.merchantAccount} ${batch.batch}`,
        line.reference,
        reportName(batch),
        correctedName(batch),
      ],
      why: WHY_RESTATED[breakKind],
    });
  }

  #closeBatch(batch: PlannedBatch): void {
    const { channel } = batch;
    const { writer, settled, repeated } = this.#fillingOf(batch);
    const carried = this.#carriedOf(channel);
    this.#filling.delete(batch);
    this.#closed += 1;
    this.#repeat(writer, carried);
    this.#takeBack(writer, carried);
    this.#chargeOrphan(writer);
    this.#addBookings(writer, carried);
    carried.settled.push(...settled);
    carried.repeated.push(...repeated);
    writer.close();
    this.#pay({ batch, netMinor: writer.netMinor }, carried);
  }

  #repeat(writer: BatchWriter, carried: Carried): void {
    for (const line of carried.repeated.splice(0)) writer.add(line);
  }

  /** Refunds and chargebacks of what earlier batches have settled, as many as this batch can bear. */
  #takeBack(writer: BatchWriter, carried: Carried): void {
    const { dice } = this.#options;
    const { channel, settleDay } = writer.batch;
    for (const capture of carried.settled.splice(0)) {
      const isChargeback = dice.happens(0.3);
      const half = capture.line.grossMinor / 2n;
      const isPart = !isChargeback && dice.happens(0.4);
      const amountMinor = isPart ? half : capture.line.grossMinor;
      const line = this.#reversalOf(capture, {
        channel,
        isChargeback,
        amountMinor,
        day: plusDays(settleDay, -1),
      });
      if (-netOf(line) * 2n > writer.netMinor) {
        carried.settled.push(capture);
        continue;
      }
      const kind = isChargeback ? 'chargeback' : 'refund';
      const paymentId = `${isChargeback ? 'cbk' : 'ref'}-${capture.paymentId.slice(4)}`;
      const { merchant } = capture;
      this.#options.book({
        paymentId,
        merchant,
        kind,
        reference: line.reference,
        source: channel.processor,
        currency: channel.currency,
        amountMinor,
        day: line.day,
      });
      writer.add(line);
      const evidence = evidenceOf(line, channel);
      this.#options.truth.link({ source: channel.processor, evidence, kind, payment: paymentId });
    }
  }

  #reversalOf(
    { line }: Capture,
    {
      channel,
      isChargeback,
      amountMinor,
      day,
    }: {
      readonly channel: Channel;
      readonly isChargeback: boolean;
      readonly amountMinor: bigint;
      readonly day: BusinessDate;
    },
  ): ReportLine {
    const isAdyen = channel.processor === 'adyen';
    return {
      ...line,
      type: isChargeback ? 'chargeback' : 'refund',
      day,
      time: timeOf(this.#options.dice),
      id: isAdyen ? this.#ids.adyen() : this.#ids.stripe(isChargeback ? 'du' : 're'),
      grossMinor: -amountMinor,
      fees: reversalFees(isChargeback, isAdyen),
    };
  }

  /** A chargeback of a payment that neither these books nor these reports have ever seen. */
  #chargeOrphan(writer: BatchWriter): void {
    const { dice, truth } = this.#options;
    const { batch } = writer;
    const { channel } = batch;
    const amountMinor = BigInt(dice.whole(1_000, 9_000));
    const isAdyen = channel.processor === 'adyen';
    const reference = `OLD-${100_000 + this.#closed}`;
    const originalId = isAdyen ? this.#ids.adyen() : this.#ids.stripe('ch');
    const original: Capture = {
      paymentId: '',
      merchant: '',
      line: {
        type: 'payment',
        day: batch.settleDay,
        time: '00:00:00',
        reference,
        id: originalId,
        originalId,
        grossMinor: amountMinor,
        fees: NO_FEES,
      },
    };
    const day = plusDays(batch.settleDay, -1);
    const line = this.#reversalOf(original, { channel, isChargeback: true, amountMinor, day });
    const hasRoom = -netOf(line) * 2n <= writer.netMinor && !isRestated(batch);
    if (this.#orphans.choose(this.#closed, () => hasRoom) === null) return;
    writer.add(line);
    truth.tell({
      kind: 'chargeback_without_original',
      night: batch.night,
      reference,
      batch: batch.batch,
      amountMinor: -amountMinor,
      currency: channel.currency,
      source: channel.processor,
      evidence: [evidenceOf(line, channel)],
      why: 'A payment older than these books is charged back: neither it nor the chargeback is booked.',
    });
  }

  /** A monthly fee in the first batch; a reserve that is held in every third and released in the one behind it. */
  #addBookings(writer: BatchWriter, carried: Carried): void {
    const { batch } = writer;
    const fee = BigInt(this.#options.dice.whole(1_200, 4_500));
    if (batch.place === 0 && writer.netMinor > fee * 10n) {
      writer.add(
        this.#booking('fee', batch, {
          text: `Transaction fees ${batch.settleDay.slice(0, 7)}`,
          minor: -fee,
        }),
      );
    }
    if (carried.reserveMinor > 0n) {
      const text = `Reserve release ${batch.batch}`;
      writer.add(this.#booking('reserve', batch, { text, minor: carried.reserveMinor }));
      carried.reserveMinor = 0n;
    }
    const held = writer.netMinor / 50n;
    if (batch.place % 3 === 0 && batch.next !== null && held > 0n) {
      writer.add(
        this.#booking('reserve', batch, { text: `Reserve hold ${batch.batch}`, minor: -held }),
      );
      carried.reserveMinor = held;
    }
  }

  #booking(
    type: 'fee' | 'reserve',
    { settleDay }: PlannedBatch,
    { text, minor }: { readonly text: string; readonly minor: bigint },
  ): ReportLine {
    return {
      type,
      day: settleDay,
      time: '02:10:00',
      reference: text,
      id: this.#ids.stripe('fe'),
      originalId: '',
      grossMinor: minor,
      fees: NO_FEES,
    };
  }

  #pay(paid: PaidBatch, carried: Carried): void {
    const { schedule } = this.#options;
    const options = { ...this.#options, nightOf: (day: BusinessDate) => schedule.nightOf(day) };
    const { withheld } = carried;
    carried.withheld = null;
    if (isWithheld(paid.batch)) carried.withheld = paid;
    else if (withheld !== null) payTogether(withheld, paid, options);
    else payOut(paid, options);
  }

  #bookCapture({ paymentId, merchant, line }: Capture, channel: Channel): void {
    const { captured, grossMinor, reference, day } = line;
    this.#options.book({
      paymentId,
      merchant,
      reference,
      kind: 'capture',
      source: channel.processor,
      currency: captured?.currency ?? channel.currency,
      amountMinor: captured?.minor ?? grossMinor,
      day,
    });
  }

  #link(
    { paymentId, line }: Capture,
    channel: Channel,
    evidence = evidenceOf(line, channel),
  ): void {
    this.#options.truth.link({
      source: channel.processor,
      evidence,
      kind: 'capture',
      payment: paymentId,
    });
  }

  /** Either line of twins may be tied to either payment. */
  #linkTwins([first, second]: readonly Capture[], channel: Channel): void {
    if (first === undefined || second === undefined || channel.processor === 'adyen') return;
    this.#link(first, channel, evidenceOf(second.line, channel));
    this.#link(second, channel, evidenceOf(first.line, channel));
  }
}

const WHY_RESTATED: Readonly<Record<RestatedBatch['breakKind'], string>> = {
  restated_report_changed:
    'The report is sent again: one line had another amount in the first telling.',
  restated_report_added: 'The report is sent again: one line was missing in the first telling.',
  restated_report_removed:
    'The report is sent again: the first telling had a line of a payment that never was.',
};

/** The id by which a report names a line: Adyen's payments have that of the payment, all others their own. */
function evidenceOf(line: ReportLine, { processor }: Channel): string {
  return processor === 'adyen' && line.type === 'payment' ? line.originalId : line.id;
}

function reversalFees(isChargeback: boolean, isAdyen: boolean): Fees {
  if (isChargeback) return { ...NO_FEES, commission: CHARGEBACK_FEE };
  return isAdyen ? { ...NO_FEES, scheme: 2n, markup: 10n } : NO_FEES;
}
