import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import { keyHashOf } from '../ids.ts';
import type { JournalRequest } from './journal-request.ts';

const NAMED = sqlFile(import.meta.url, './sql/read/payouts_named.sql');

/** A payout to a merchant, as its journal sent it. */
export interface SentPayout {
  readonly journalId: string;
  readonly key: string;
  readonly paymentId: string | null;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  /** For each posting of its journal how much of it is the payout: a fee beside it is none. */
  readonly partsMinor: readonly bigint[];
  /** The journal that took it back; `null` when none has. */
  readonly returnId: string | null;
}

/**
 * The payout of a payment id, or else the one of a reference.
 *
 * Throws `not_found`, and `invalid_input` when several have the reference.
 */
export async function getPayout(tx: Tx, bookId: bigint, name: string): Promise<SentPayout> {
  const rows = await tx.query<
    Omit<SentPayout, 'partsMinor'> & {
      readonly partsMinor: readonly string[];
      readonly isByPaymentId: boolean;
    }
  >(NAMED, [bookId, name, keyHashOf(`import|${name}`)]);
  const [first, ...others] = rows;
  if (first === undefined)
    throw new OperationalError('not_found', `there is no payout ${name} in the ledger`);
  const { isByPaymentId, ...payout } = first;
  const another = others.find(({ journalId }) => journalId !== payout.journalId);
  if (!isByPaymentId && another !== undefined)
    throw new OperationalError(
      'invalid_input',
      `several payouts have the reference ${name}; name one by its payment id, for example ${another.paymentId ?? another.key}`,
    );
  return { ...payout, partsMinor: payout.partsMinor.map(BigInt) };
}

/** The key under which a payout is taken back: once, for ever. */
export function returnKeyOf({ paymentId, key }: SentPayout): string {
  return `return|${paymentId ?? key}`;
}

/**
 * The journal that takes a payout back: we owe the merchant again.
 *
 * Where no bank entry has closed the payout, its item is gone with it; else its money waits in transit for the bank entry
 * that brings it back. What was charged for the payout stays charged.
 */
export function returnOf(
  payout: SentPayout,
  act: {
    readonly reason: string;
    readonly effectiveDate: BusinessDate;
    readonly createdBy: string;
  },
): JournalRequest {
  const { partsMinor, key, currency } = payout;
  return {
    key: returnKeyOf(payout),
    kind: 'payout-return',
    effectiveDate: act.effectiveDate,
    currency,
    description: `payout ${payout.paymentId ?? key} taken back: ${act.reason}`,
    createdBy: act.createdBy,
    postings: [],
    reverses: { key, ...(partsMinor.length === 1 ? {} : { amountsMinor: partsMinor }) },
  };
}
