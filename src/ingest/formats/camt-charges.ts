import type { Currency } from '../../currency.ts';
import type { Charge } from '../record.ts';
import { isFault, readMoney, readSign } from './iso-field.ts';
import { childOf, childrenOf, firstTextAt, textAt, type XmlElement } from './xml-element.ts';

/** Kinds of charge kept apart for one entry; a batch may have thousands of charges, of a few kinds. */
const MAX_KINDS = 64;

const NO_CHARGES: readonly Charge[] = [];

const TYPE_PATHS = [
  ['Tp', 'Cd'],
  ['Tp', 'Prtry', 'Id'],
  ['Tp', 'Prtry'],
] as const;

/**
 * Reads the `Chrgs` of an entry or a detail: records (`Rcrd`) since version .03, one charge an element before.
 *
 * A charge without direction is a cost; one whose amount cannot be read is left out.
 */
export function readCharges(element: XmlElement): readonly Charge[] {
  // Most entries have none, and this is asked of every entry and detail.
  if (childOf(element, 'Chrgs') === undefined) return NO_CHARGES;
  return childrenOf(element, 'Chrgs').flatMap((charges) => {
    const records = childrenOf(charges, 'Rcrd');
    return (records.length > 0 ? records : [charges]).flatMap(readCharge);
  });
}

/** The charges that may be part of a booked amount, summed, signed: the others are booked apart. */
export function includedMinor(charges: readonly Charge[], currency: Currency): bigint {
  let sum = 0n;
  for (const charge of charges) {
    if (charge.isIncluded !== false && charge.currency === currency) sum += charge.amountMinor;
  }
  return sum;
}

/** Charges of many details, summed by kind. */
export class ChargeSums {
  readonly #byKind = new Map<string, Charge>();

  add(charge: Charge): void {
    const kind = kindOf(charge);
    const known = this.#byKind.get(kind);
    if (known !== undefined) {
      const amountMinor = known.amountMinor + charge.amountMinor;
      this.#byKind.set(kind, { ...known, amountMinor });
    } else if (charge.type !== null && this.#byKind.size >= MAX_KINDS) {
      this.add({ ...charge, type: null });
    } else {
      this.#byKind.set(kind, charge);
    }
  }

  get all(): readonly Charge[] {
    return [...this.#byKind.values()];
  }
}

function kindOf({ currency, isIncluded, type }: Charge): string {
  return `${currency}|${isIncluded}|${type}`;
}

function readCharge(record: XmlElement): Charge[] {
  const money = readMoney(childOf(record, 'Amt') ?? childOf(record, 'TtlChrgsAndTaxAmt'));
  if (isFault(money)) return [];
  const included = textAt(record, 'ChrgInclInd');
  const isIncluded = included === undefined ? null : /^(?:true|1)$/.test(included);
  return [
    {
      currency: money.currency,
      amountMinor: (readSign(record) ?? -1n) * money.amountMinor,
      isIncluded,
      type: firstTextAt(record, TYPE_PATHS) ?? null,
    },
  ];
}
