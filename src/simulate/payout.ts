import type { BusinessDate } from '../business-date.ts';
import { amountText } from './amount-text.ts';
import type { BankBook } from './bank-book.ts';
import { isRestated, type PlannedBatch } from './batch-plan.ts';
import { plusBusinessDays } from './calendar.ts';
import { accountOf } from './channel.ts';
import type { Dice } from './dice.ts';
import type { BatchBreak, TruthFiles } from './truth.ts';

/** A batch and what it pays. */
export interface PaidBatch {
  readonly batch: PlannedBatch;
  readonly netMinor: bigint;
}

export interface PayoutOptions {
  readonly bank: BankBook;
  readonly dice: Dice;
  readonly truth: TruthFiles;
  /** The night whose statement shows a bank day. */
  readonly nightOf: (day: BusinessDate) => number;
}

/** A credit to book: of which batches, how much, when, and whether its text says so. */
interface Credit {
  readonly of: readonly PlannedBatch[];
  readonly minor: bigint;
  readonly day: BusinessDate;
  readonly isNamed: boolean;
  /** Whether the bank spells the text in its own way. */
  readonly isRespelled?: boolean;
}

const COUNTERPARTY = { adyen: 'Adyen N.V.', stripe: 'Stripe Technology Europe Ltd' } as const;
const NAMELESS = { adyen: 'Sammelauszahlung Kartenumsaetze', stripe: 'Payout card sales' } as const;

/** Pays a batch to the bank, as its break wants it, and tells the break. */
export function payOut(paid: PaidBatch, options: PayoutOptions): void {
  const { batch, netMinor } = paid;
  const { breakKind, payDay } = batch;
  const planned = breakKind === null ? null : creditsOf(breakKind, paid, options.dice);
  const credits = planned ?? [{ of: [batch], minor: netMinor, day: payDay, isNamed: true }];
  const isBroken = planned !== null;
  const evidence = credits.map((credit) => bookCredit(credit, !isBroken, options));
  if (breakKind === null || isRestated(batch)) return;
  if (!isBroken && breakKind !== 'late_report') return;
  const day = credits.at(-1)?.day ?? payDay;
  options.truth.tell({
    kind: breakKind,
    night: breakKind === 'late_report' ? batch.night : options.nightOf(day),
    reference: batch.payoutText,
    batch: batch.batch,
    amountMinor: credits.length === 0 ? netMinor : sumOf(credits),
    currency: batch.channel.currency,
    source:
      breakKind === 'late_report' || credits.length === 0
        ? batch.channel.processor
        : accountOf(batch.channel.currency).source,
    evidence,
    why: whyOf(breakKind, paid, credits),
  });
}

/** Pays two batches with one credit, and tells it of both. */
export function payTogether(first: PaidBatch, second: PaidBatch, options: PayoutOptions): void {
  const isNamed = first.batch.breakKind === 'merged_payout_named';
  const { payDay, channel } = second.batch;
  const minor = first.netMinor + second.netMinor;
  const credit = { of: [first.batch, second.batch], minor, day: payDay, isNamed };
  const id = bookCredit(credit, false, options);
  options.truth.tell({
    kind: isNamed ? 'merged_payout_named' : 'merged_payout_unnamed',
    night: options.nightOf(payDay),
    reference: first.batch.payoutText,
    batch: first.batch.batch,
    amountMinor: minor,
    currency: channel.currency,
    source: accountOf(channel.currency).source,
    evidence: [id],
    alsoNamed: [second.batch.payoutText, second.batch.batch],
    why: `The bank books the payouts of ${first.batch.batch} and ${second.batch.batch} as one credit${isNamed ? ' that names both' : ' that names none'}.`,
  });
}

/** Whether the batch waits for the next one to be paid with it. */
export function isWithheld({ breakKind }: PlannedBatch): boolean {
  return breakKind === 'merged_payout_named' || breakKind === 'merged_payout_unnamed';
}

/** The credits of a broken payout; `null` where the amount leaves no room for the break or nothing is wrong at the bank. */
function creditsOf(kind: BatchBreak, { batch, netMinor }: PaidBatch, dice: Dice): Credit[] | null {
  const whole = { of: [batch], minor: netMinor, day: batch.payDay, isNamed: true };
  const part = (netMinor * BigInt(dice.whole(5, 20))) / 100n;
  const charge = BigInt(dice.whole(500, 1_750));
  const next = plusBusinessDays(batch.payDay, 1);
  switch (kind) {
    case 'payout_short':
      return part < 1n ? null : [{ ...whole, minor: netMinor - part }];
    case 'payout_over':
      return part < 1n ? null : [{ ...whole, minor: netMinor + part }];
    case 'bank_charge':
      return netMinor <= charge * 3n ? null : [{ ...whole, minor: netMinor - charge }];
    case 'payout_missing':
      return [];
    case 'payout_without_id':
      return [{ ...whole, isNamed: false }];
    case 'payout_id_respelled':
      return [{ ...whole, isRespelled: true }];
    case 'weekend':
    case 'holiday':
      return [{ ...whole, day: next }];
    case 'split_payout':
      return part < 1n ? null : inParts(whole, [part, netMinor / 3n], next);
    default:
      return null;
  }
}

/** Three credits that sum to the whole; the last of them comes a day later. */
function inParts(
  whole: Credit,
  [first, second]: readonly [bigint, bigint],
  next: BusinessDate,
): Credit[] {
  return [
    { ...whole, minor: first },
    { ...whole, minor: second },
    { ...whole, minor: whole.minor - first - second, day: next },
  ];
}

function bookCredit(credit: Credit, isPlain: boolean, { bank, truth }: PayoutOptions): string {
  const [{ channel } = {}] = credit.of;
  if (channel === undefined) throw new Error('a credit pays a batch at least');
  const { processor, currency } = channel;
  const account = accountOf(currency);
  const texts = credit.of.map(({ payoutText }) => payoutText).join(' ');
  const id = bank.book(account, credit.day, {
    amountMinor: credit.minor,
    counterparty: COUNTERPARTY[processor],
    narrative: credit.isNamed
      ? credit.isRespelled
        ? respelled(texts)
        : texts
      : NAMELESS[processor],
    endToEndId: null,
    isReturn: false,
    isPlain,
  });
  for (const { payoutText } of credit.of) {
    truth.link({ source: account.source, evidence: id, kind: 'settlement', payment: payoutText });
  }
  return id;
}

/** A hyphen for the underscore, which SWIFT's letters lack, and a blank where the bank's columns end. */
function respelled(text: string): string {
  return text.replace('_', '-').replace(/^TX\d{6}/, (start) => `${start} `);
}

function sumOf(credits: readonly Credit[]): bigint {
  return credits.reduce((sum, { minor }) => sum + minor, 0n);
}

function whyOf(
  kind: BatchBreak,
  { batch, netMinor }: PaidBatch,
  credits: readonly Credit[],
): string {
  const { currency } = batch.channel;
  const net = `${amountText(netMinor, currency)} ${currency}`;
  const paid = `${amountText(sumOf(credits), currency)} ${currency}`;
  switch (kind) {
    case 'payout_missing':
      return `Batch ${batch.batch} pays ${net}, and the bank never shows it.`;
    case 'bank_charge':
      return `Batch ${batch.batch} pays ${net}; the bank keeps a charge and books ${paid}.`;
    case 'payout_without_id':
      return `The bank books ${net} of batch ${batch.batch} without the text of the payout; amount and day fit.`;
    case 'payout_id_respelled':
      return `The bank spells the text of the payout of batch ${batch.batch} in its own way; amount and day fit.`;
    case 'weekend':
    case 'holiday':
      return `The bank books the payout of batch ${batch.batch} only behind the ${kind}.`;
    case 'split_payout':
      return `The bank books the payout of batch ${batch.batch} in ${credits.length} credits that sum to it.`;
    case 'late_report':
      return `The report of batch ${batch.batch} arrives after its payout could be seen.`;
    default:
      return `Batch ${batch.batch} pays ${net}, and the bank books ${paid}.`;
  }
}
