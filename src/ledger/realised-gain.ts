import { allocate } from '../allocate.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import { assertInvariant } from '../errors.ts';
import { formatMoney, sumMinor } from '../money.ts';
import { applyRate, formatRate, type Rate, type Rounding } from '../rate.ts';
import type { JournalRequest } from './journal-request.ts';
import { positionOf } from './positions.ts';

/** Income from settling foreign items at better rates than they were recognised at. */
export const FX_GAIN = 'income:fx-gain';

/** What settling them at worse rates costs. */
export const FX_LOSS = 'expenses:fx-loss';

/** An item in a foreign currency; rates are units of the base currency for one unit of the foreign one. */
export interface ForeignItem {
  /** Minor units of the foreign currency: positive for what is held or owed to us, negative for what we owe. */
  readonly foreignMinor: bigint;
  readonly foreignCurrency: Currency;
  readonly baseCurrency: Currency;
  readonly rateAtRecognition: Rate;
  /** Half to even when absent. */
  readonly rounding?: Rounding;
}

/** Minor units of the base currency, with the sign of the item. */
export interface RealisedGain {
  readonly baseAtRecognitionMinor: bigint;
  readonly baseAtSettlementMinor: bigint;
  /** What settlement brings more than recognition; a loss is negative. */
  readonly gainMinor: bigint;
}

/** What is open of an item: minor units of the foreign currency, and what they were recognised at in the base currency. */
export interface OpenCost {
  readonly foreignMinor: bigint;
  readonly baseMinor: bigint;
}

/** Some of an item, settled at a rate of its own. */
export interface SettledPart {
  readonly foreignMinor: bigint;
  readonly rateAtSettlement: Rate;
}

/**
 * The exchange difference of an item that is settled at another rate than it was recognised at.
 *
 * The convention is that of IAS 21.28: exchange differences on settling monetary items are recognised in profit or loss in
 * the period in which they arise. The item is in the books at the rate of the day of its transaction (IAS 21.21).
 */
export function realisedGain(
  item: ForeignItem & { readonly rateAtSettlement: Rate },
): RealisedGain {
  const { foreignMinor, rateAtRecognition, rateAtSettlement } = item;
  return gainOf(
    baseOf(item, foreignMinor, rateAtRecognition),
    baseOf(item, foreignMinor, rateAtSettlement),
  );
}

/**
 * The exchange differences of an item that is settled in parts, which must sum to it.
 *
 * The parts share by largest remainder what the item was recognised at, and those of one rate what their sum brings at it.
 * So the parts' differences sum to the difference of the whole, exactly.
 */
export function realisedGains(
  item: ForeignItem & { readonly parts: readonly SettledPart[] },
): RealisedGain[] {
  const { foreignMinor, parts, rateAtRecognition } = item;
  const amounts = parts.map((part) => part.foreignMinor);
  assertInvariant(sumMinor(amounts) === foreignMinor, 'the parts of an item sum to it');
  const recognised = allocate(baseOf(item, foreignMinor, rateAtRecognition), weightsOf(amounts));
  const settled = settledBases(item);
  return parts.map((_, place) => gainOf(recognised[place] ?? 0n, settled[place] ?? 0n));
}

/**
 * Settles some of what is open of an item for an amount of the base currency, and tells what stays open.
 *
 * The cost is split by largest remainder between the part and the rest: whatever the parts, once nothing is open they have
 * cost together what the item was recognised at.
 */
export function settlePart(
  open: OpenCost,
  part: { readonly foreignMinor: bigint; readonly baseAtSettlementMinor: bigint },
): { readonly gain: RealisedGain; readonly open: OpenCost } {
  const rest = open.foreignMinor - part.foreignMinor;
  const [cost = 0n, left = 0n] = allocate(open.baseMinor, weightsOf([part.foreignMinor, rest]));
  return {
    gain: gainOf(cost, part.baseAtSettlementMinor),
    open: { foreignMinor: rest, baseMinor: left },
  };
}

/** Who posts an exchange difference, for which settlement and when. */
export interface RealisedGainPosting {
  readonly key: string;
  readonly effectiveDate: BusinessDate;
  readonly foreignCurrency: Currency;
  readonly baseCurrency: Currency;
  /** Minor units of the base currency; a loss is negative. */
  readonly gainMinor: bigint;
  readonly reference?: string;
  readonly description?: string;
  readonly runId?: bigint;
  readonly createdBy: string;
}

/**
 * The journal that takes an exchange difference out of the position into profit or loss; `undefined` when there is none.
 *
 * In the base currency: a gain is owed by the position to {@link FX_GAIN}, a loss by {@link FX_LOSS} to the position.
 */
export function realisedGainJournal(posting: RealisedGainPosting): JournalRequest | undefined {
  const { gainMinor, foreignCurrency, baseCurrency: currency, reference, runId } = posting;
  if (gainMinor === 0n) return undefined;
  const position = positionOf(foreignCurrency);
  const amountMinor = gainMinor > 0n ? gainMinor : -gainMinor;
  const sides =
    gainMinor > 0n ? { debit: position, credit: FX_GAIN } : { debit: FX_LOSS, credit: position };
  const what = `${gainMinor > 0n ? 'gain' : 'loss'} of ${formatMoney({ amountMinor, currency })}`;
  return {
    key: posting.key,
    kind: 'exchange-difference',
    effectiveDate: posting.effectiveDate,
    currency,
    description: posting.description ?? `realised ${what} on ${foreignCurrency}`,
    createdBy: posting.createdBy,
    postings: [{ ...sides, amountMinor, currency }],
    ...(reference === undefined ? {} : { reference }),
    ...(runId === undefined ? {} : { runId }),
  };
}

function gainOf(baseAtRecognitionMinor: bigint, baseAtSettlementMinor: bigint): RealisedGain {
  const gainMinor = baseAtSettlementMinor - baseAtRecognitionMinor;
  return { baseAtRecognitionMinor, baseAtSettlementMinor, gainMinor };
}

function baseOf(item: ForeignItem, foreignMinor: bigint, rate: Rate): bigint {
  const foreign = { amountMinor: foreignMinor, currency: item.foreignCurrency };
  return applyRate(foreign, item.baseCurrency, rate, item.rounding).amountMinor;
}

/** What each part brings at its rate; parts of one rate share what their sum brings. */
function settledBases(item: ForeignItem & { readonly parts: readonly SettledPart[] }): bigint[] {
  const bases = item.parts.map(() => 0n);
  for (const places of placesByRate(item.parts).values()) {
    const parts = places.flatMap((place) => item.parts[place] ?? []);
    const amounts = parts.map((part) => part.foreignMinor);
    const [first] = parts;
    if (first === undefined) continue;
    const base = baseOf(item, sumMinor(amounts), first.rateAtSettlement);
    const shares = allocate(base, weightsOf(amounts));
    places.forEach((place, nth) => {
      bases[place] = shares[nth] ?? 0n;
    });
  }
  return bases;
}

function placesByRate(parts: readonly SettledPart[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  parts.forEach((part, place) => {
    const rate = formatRate(part.rateAtSettlement);
    places.set(rate, [...(places.get(rate) ?? []), place]);
  });
  return places;
}

/** The sizes of amounts that all have one sign. */
function weightsOf(amounts: readonly bigint[]): bigint[] {
  const isOneSided =
    amounts.every((amount) => amount >= 0n) || amounts.every((amount) => amount <= 0n);
  assertInvariant(isOneSided, 'the parts of an item have its sign and are no larger than it');
  return amounts.map((amount) => (amount < 0n ? -amount : amount));
}
