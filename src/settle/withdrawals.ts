import { suspenseOf } from '../account-code.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import type { PairPosting } from '../ledger/journal-request.ts';
import {
  book,
  groupBy,
  type PlannedJournal,
  pairOf,
  type SettleOptions,
  type SettleOutcome,
} from './settle.ts';

const FROM_BATCHES = sqlFile(import.meta.url, './sql/60_withdraw_from_batches.sql');
const LEGS = sqlFile(import.meta.url, './sql/61_withdrawal_legs.sql');

interface Leg {
  readonly restatementId: string;
  readonly fileNo: bigint;
  /** Of a bank statement. */
  readonly statementNo: bigint | null;
  readonly sha256: string;
  readonly source: string;
  readonly merchant: string;
  readonly batch: string;
  /** Of a settlement batch. */
  readonly batchId: string | null;
  readonly currency: Currency;
  readonly effectiveDate: BusinessDate | null;
  readonly code: string;
  readonly payoutReference: string | null;
  readonly amountMinor: bigint;
  readonly opens: boolean;
}

/**
 * Takes back what the entries that this run withdraws had moved: one journal a restatement and batch or bank day of the file
 * that told them, against suspense; and takes them out of the sums of their batches.
 *
 * After the revocation of the matches that held them, and before anything is matched. What was withdrawn before it was ever
 * booked moves nothing.
 */
export async function settleWithdrawals(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const run = [options.bookId, options.runId];
  await tx.execute(FROM_BATCHES, run);
  const legs = await tx.query<Leg>(LEGS, run);
  const journals = groupBy(legs, keyOf).flatMap((own) => withdrawalOf(own, options));
  return await book(tx, journals, options);
}

function keyOf(leg: Leg): string {
  const { restatementId, sha256, statementNo, merchant, batch, currency, effectiveDate } = leg;
  const what =
    statementNo === null ? `${merchant}|${batch}` : `statement ${statementNo}|${effectiveDate}`;
  return `withdraw|${restatementId}|${sha256}|${what}|${currency}`;
}

function withdrawalOf(legs: readonly Leg[], options: SettleOptions): PlannedJournal[] {
  const [first] = legs;
  if (first === undefined) return [];
  const { restatementId, fileNo, statementNo, batchId, batch, source, currency } = first;
  const what =
    statementNo === null ? `batch ${batch || '(none)'} by ${source}` : `bank day on ${first.code}`;
  return [
    {
      kind: 'withdrawal',
      ...{ fileNo, statementNo, batchId },
      request: {
        key: keyOf(first),
        kind: 'withdrawal',
        effectiveDate: first.effectiveDate ?? options.businessDate,
        currency,
        description: `withdrawn from ${what} by restatement ${restatementId}`,
        runId: options.runId,
        createdBy: 'tieout run',
        metadata: JSON.stringify({ restatement: restatementId }),
        postings: legs.flatMap(postingsOf),
      },
    },
  ];
}

function postingsOf(leg: Leg): PairPosting[] {
  const pair = pairOf(leg.code, suspenseOf(leg.source), leg.amountMinor);
  if (!leg.opens) return pair;
  return pair.map((posting) => ({
    ...posting,
    opens: leg.amountMinor > 0n ? 'debit' : 'credit',
    ...(leg.payoutReference === null ? {} : { reference: leg.payoutReference }),
  }));
}
