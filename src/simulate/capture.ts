import type { BusinessDate } from '../business-date.ts';
import { inUsualSize } from './amount-text.ts';
import type { Channel } from './channel.ts';
import type { Dice } from './dice.ts';
import type { ProcessorIds } from './processor-ids.ts';
import type { Fees, ReportLine } from './report-line.ts';
import { NO_FEES } from './report-line.ts';

/** A payment a shopper has made, as the books and as the processor see it when nothing goes wrong. */
export interface Capture {
  readonly paymentId: string;
  readonly merchant: string;
  readonly line: ReportLine;
}

/** Makes captures; the amounts are those of a shop: many small ones, few large ones. */
export class CaptureMaker {
  readonly #dice: Dice;
  readonly #ids: ProcessorIds;
  readonly #merchants: number;
  #made = 0;

  constructor(dice: Dice, ids: ProcessorIds, payments: number) {
    this.#dice = dice;
    this.#ids = ids;
    this.#merchants = Math.min(400, Math.max(4, Math.round(payments / 200)));
  }

  make(channel: Channel, day: BusinessDate): Capture {
    const number = 1_000_000 + this.#made;
    this.#made += 1;
    const dice = this.#dice;
    const grossMinor = inUsualSize(cents(dice), channel.currency);
    const merchant = `merchant-${String(dice.whole(1, this.#merchants)).padStart(3, '0')}`;
    const isAdyen = channel.processor === 'adyen';
    const originalId = isAdyen ? this.#ids.adyen() : this.#ids.stripe('ch');
    return {
      paymentId: `pay-${number}`,
      merchant,
      line: {
        type: 'payment',
        day,
        time: timeOf(dice),
        reference: `ORD-${number}`,
        id: isAdyen ? this.#ids.adyen() : originalId,
        originalId,
        grossMinor,
        fees: feesOf(channel, grossMinor, dice),
      },
    };
  }
}

function cents(dice: Dice): number {
  const size = dice.whole(1, 100);
  if (size <= 70) return dice.whole(500, 15_000);
  return size <= 95 ? dice.whole(15_000, 60_000) : dice.whole(60_000, 300_000);
}

export function timeOf(dice: Dice): string {
  const [hour, minute, second] = [dice.whole(0, 23), dice.whole(0, 59), dice.whole(0, 59)];
  return [hour, minute, second].map((part) => String(part).padStart(2, '0')).join(':');
}

/** What the processor takes of a payment: one commission, or interchange, scheme fee and markup. */
export function feesOf({ processor }: Channel, grossMinor: bigint, dice: Dice): Fees {
  if (processor === 'stripe') return { ...NO_FEES, commission: (grossMinor * 15n) / 1_000n + 25n };
  if (dice.happens(0.3)) return { ...NO_FEES, commission: 29n };
  return {
    commission: 0n,
    markup: grossMinor / 200n,
    scheme: 2n + grossMinor / 2_000n,
    interchange: (grossMinor * 2n) / 1_000n,
  };
}
