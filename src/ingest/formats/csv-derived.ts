import type { BusinessDate } from '../../business-date.ts';
import type { EntryType, ParsedEntry } from '../record.ts';
import type { Batch } from './csv-batches.ts';

/** An entry that no row is, as the rows and totals of its batch tell it. */
export interface Derivation {
  /** Tells it from the other derived entries of the batch. */
  readonly name: string;
  readonly type: EntryType;
  readonly amountMinor: bigint;
  readonly date: BusinessDate | null;
  readonly externalId?: string;
  readonly reference?: string;
  readonly narrative?: string;
}

/** Makes an entry of a batch as a whole; it stands where the batch ends. A fee is all cost, any other type all gross. */
export function derivedEntry(batch: Batch, derivation: Derivation): ParsedEntry {
  const { account, number, currency, lastLine } = batch;
  const { name, type, amountMinor, date, externalId, reference, narrative } = derivation;
  const isCost = type === 'fee';
  return {
    kind: 'entry',
    type,
    status: 'booked',
    currency,
    amountMinor,
    grossMinor: isCost ? 0n : amountMinor,
    feesMinor: isCost ? { other: -amountMinor } : {},
    isReversal: false,
    bookingDate: date,
    valueDate: date,
    externalId: externalId ?? null,
    reference: reference ?? null,
    originalReference: null,
    ...(account === null ? {} : { account }),
    batch: number,
    counterparty: null,
    narrative: narrative ?? null,
    identity: `${name}|${account ?? ''}|${number ?? ''}|${currency}`,
    isIdentityUnique: true,
    details: 0,
    locator: { line: lastLine },
  };
}
