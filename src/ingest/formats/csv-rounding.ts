import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { type NumberFormat, sumMinor } from '../../money.ts';
import type { FeeKind, ParsedEntry } from '../record.ts';

type Fine = Pick<NumberFormat, 'extraDecimals'>;

/** What the lines of one batch have summed to so far, exactly, in fractions of the minor unit. */
interface ExactSums {
  gross: bigint;
  net: bigint;
  readonly fees: Map<FeeKind, bigint>;
}

/**
 * Brings the amounts of a report with fractions of the minor unit to whole ones.
 *
 * The exact sum of a batch is rounded, half away from zero, after each of its lines, and a line is the step between two
 * such sums: every line is within one minor unit of what is written, and the lines of a batch always sum to the rounded
 * exact total. Rounding each line by itself would drift by up to half a unit a line. A gross in whole minor units stays
 * what it is, because payments are matched by it: what rounding leaves between gross, net and fees is in one kind of fee.
 */
export class CarriedRounding {
  readonly #unit: bigint;
  readonly #sums = new Map<string, ExactSums>();

  constructor(extraDecimals: number) {
    this.#unit = 10n ** BigInt(extraDecimals);
  }

  /** An entry in minor units, from one in fractions of them; gross − fees = net holds for both. */
  round(entry: ParsedEntry): ParsedEntry {
    // What is not booked takes no part in the sums of its batch.
    const sums = entry.status === 'booked' ? this.#sumsOf(entry) : newSums();
    const feesMinor: Partial<Record<FeeKind, bigint>> = {};
    for (const [kind, fee] of Object.entries(entry.feesMinor) as [FeeKind, bigint][]) {
      const before = sums.fees.get(kind) ?? 0n;
      sums.fees.set(kind, before + fee);
      feesMinor[kind] = this.#step(before, fee);
    }
    const amountMinor = this.#step(sums.net, entry.amountMinor);
    sums.net += entry.amountMinor;
    const grossMinor = this.#step(sums.gross, entry.grossMinor);
    sums.gross += entry.grossMinor;
    const rest = grossMinor - amountMinor - sumMinor(Object.values(feesMinor));
    const [kind = 'other'] = sums.fees.keys();
    if (rest !== 0n) feesMinor[kind] = (feesMinor[kind] ?? 0n) + rest;
    return { ...entry, amountMinor, grossMinor, feesMinor };
  }

  #step(before: bigint, amount: bigint): bigint {
    return divideRounded(before + amount, this.#unit) - divideRounded(before, this.#unit);
  }

  #sumsOf({ account, batch, currency }: ParsedEntry): ExactSums {
    const key = JSON.stringify([account ?? null, batch, currency]);
    const sums = this.#sums.get(key) ?? newSums();
    this.#sums.set(key, sums);
    return sums;
  }
}

/** A single amount in whole minor units, half away from zero. */
export function roundToMinor(amount: bigint, { extraDecimals = 0 }: Fine): bigint {
  return extraDecimals === 0 ? amount : divideRounded(amount, 10n ** BigInt(extraDecimals));
}

/** An amount in fractions of the minor unit as an exact decimal number in major units. */
export function formatFine(
  amount: bigint,
  currency: Currency,
  { extraDecimals = 0 }: Fine,
): string {
  const digits = (historicCurrencyExponent(currency) ?? 2) + extraDecimals;
  const sign = amount < 0n ? '-' : '';
  const text = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function newSums(): ExactSums {
  return { gross: 0n, net: 0n, fees: new Map() };
}

function divideRounded(amount: bigint, unit: bigint): bigint {
  const magnitude = amount < 0n ? -amount : amount;
  const rounded = (magnitude + unit / 2n) / unit;
  return amount < 0n ? -rounded : rounded;
}
