import { amountText } from './amount-text.ts';
import { isRestated, type PlannedBatch } from './batch-plan.ts';
import { type Capture, feesOf } from './capture.ts';
import type { Dice } from './dice.ts';
import type { ProcessorIds } from './processor-ids.ts';
import type { ReportLine } from './report-line.ts';
import type { PaymentBreak } from './truth.ts';

/** What becomes of a payment that is broken: what is booked of it, and what lines its batch gets. */
export interface BrokenCapture {
  /** What the books expect; the ids and amounts of the lines of a report are the processor's. */
  readonly booked: readonly Capture[];
  readonly lines: readonly ReportLine[];
  /** Lines that the next batch of the channel tells again. */
  readonly repeated: readonly ReportLine[];
  /** What the evidence says of it, or the ledger where there is none. */
  readonly amountMinor: bigint;
  readonly why: string;
}

const RATE_DIGITS = 10_000;
const LEAST_PAYMENTS = 3;

/** Whether a batch has room for a break: one told twice, or paid by a corrected report, has none. */
export function fitsBatch(kind: PaymentBreak, batch: PlannedBatch): boolean {
  if (batch.payments < LEAST_PAYMENTS || isRestated(batch)) return false;
  const { processor, currency } = batch.channel;
  if (kind === 'duplicate_line') return processor === 'adyen';
  if (kind === 'fx') return processor === 'adyen' && currency === 'EUR';
  if (kind !== 'duplicate_across_files') return true;
  return (
    processor === 'adyen' &&
    batch.next !== null &&
    batch.night < batch.next.night &&
    !isRestated(batch.next)
  );
}

/** Breaks a capture in one way. */
export function breakCapture(
  kind: PaymentBreak,
  capture: Capture,
  {
    batch,
    dice,
    ids,
  }: { readonly batch: PlannedBatch; readonly dice: Dice; readonly ids: ProcessorIds },
): BrokenCapture {
  const { line } = capture;
  const { currency } = batch.channel;
  const amount = `${amountText(line.grossMinor, currency)} ${currency}`;
  const plain = {
    booked: [capture],
    lines: [line],
    repeated: [],
    amountMinor: line.grossMinor,
    why: '',
  };
  switch (kind) {
    case 'missing_line':
      return { ...plain, lines: [], why: `${amount} are booked, and no report shows the payment.` };
    case 'unknown_line':
      return { ...plain, booked: [], why: `${amount} are settled, and nobody booked the payment.` };
    case 'amount_over':
    case 'amount_under': {
      const most = Number(line.grossMinor / 2n);
      const distance = BigInt(dice.whole(1, Math.min(most, 5_000)));
      const grossMinor = line.grossMinor + (kind === 'amount_over' ? distance : -distance);
      const told = { ...line, grossMinor, fees: feesOf(batch.channel, grossMinor, dice) };
      const settled = `${amountText(grossMinor, currency)} ${currency}`;
      const why = `${amount} are booked, and ${settled} are settled.`;
      return { ...plain, lines: [told], amountMinor: grossMinor, why };
    }
    case 'duplicate_line':
      return {
        ...plain,
        lines: [line, line],
        why: 'The report has the line twice, and its payout includes both.',
      };
    case 'duplicate_across_files': {
      const why = `The next batch, ${batch.next?.batch ?? ''}, has the line again and pays it again.`;
      return { ...plain, repeated: [line], why };
    }
    case 'identical_twins':
      return twinsOf(capture, plain, { batch, ids });
    case 'fx':
      return converted(capture, plain, { batch, dice });
  }
}

function twinsOf(
  capture: Capture,
  plain: BrokenCapture,
  { batch, ids }: { readonly batch: PlannedBatch; readonly ids: ProcessorIds },
): BrokenCapture {
  const { line } = capture;
  const ofTwin =
    batch.channel.processor === 'adyen'
      ? { id: ids.adyen() }
      : (({ charge }) => ({ id: charge, originalId: charge }))({ charge: ids.stripe('ch') });
  const twin = { ...capture, paymentId: `${capture.paymentId}-b`, line: { ...line, ...ofTwin } };
  return {
    ...plain,
    booked: [capture, twin],
    lines: [line, twin.line],
    why: 'One order is captured twice with one amount on one day, and settled twice: two payments, two lines.',
  };
}

/** The shopper pays in another currency than the merchant account is settled in; the books expect what was captured. */
function converted(
  capture: Capture,
  plain: BrokenCapture,
  { batch, dice }: { readonly batch: PlannedBatch; readonly dice: Dice },
): BrokenCapture {
  const currency = dice.oneOf(['USD', 'GBP'] as const);
  const rate = currency === 'USD' ? dice.whole(8_900, 9_400) : dice.whole(11_400, 11_900);
  const minor = capture.line.grossMinor;
  const scale = BigInt(RATE_DIGITS);
  const grossMinor = (minor * BigInt(rate) + scale / 2n) / scale;
  const rateText = `${Math.floor(rate / RATE_DIGITS)}.${String(rate % RATE_DIGITS).padStart(4, '0')}`;
  const line: ReportLine = {
    ...capture.line,
    grossMinor,
    fees: feesOf(batch.channel, grossMinor, dice),
    captured: { currency, minor, rate: rateText },
  };
  return {
    ...plain,
    booked: [{ ...capture, line }],
    lines: [line],
    amountMinor: grossMinor,
    why: `${amountText(minor, currency)} ${currency} are captured and booked, and settled in EUR at ${rateText}.`,
  };
}
