import { inTransitOf, receivableOf, suspenseOf } from '../account-code.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { journalIdOf, keyHashOf } from '../ids.ts';
import type { Chart } from '../ledger/chart.ts';
import { closeItems } from '../ledger/close-items.ts';
import type { JournalRequest, PairPosting } from '../ledger/journal-request.ts';
import { bookingDayOf, postAll } from '../ledger/post.ts';

/** The run a settlement is part of. */
export interface SettleOptions {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly businessDate: BusinessDate;
  readonly now: Date;
  readonly chart: Chart;
  /** Gives a fresh UUID for each posting operation. */
  readonly newOperationId: () => string;
}

/** How many journals settlement posted. */
export interface SettleOutcome {
  readonly created: number;
  readonly exists: number;
}

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const BATCHES = step('10_batches.sql');
const SETTLEMENT_LEGS = step('20_settlement_legs.sql');
const RELEASES = step('30_releases.sql');
const BANK_LEGS = step('40_bank_legs.sql');

interface SettlementLeg {
  readonly fileNo: bigint;
  readonly sha256: string;
  readonly source: string;
  readonly merchant: string;
  readonly batch: string;
  readonly currency: Currency;
  readonly batchId: string;
  readonly code: string;
  readonly payoutReference: string | null;
  readonly amountMinor: bigint;
  readonly effectiveDate: BusinessDate | null;
}

interface BankLeg {
  readonly fileNo: bigint;
  readonly statementNo: bigint;
  readonly sha256: string;
  readonly source: string;
  readonly bankCode: string;
  readonly currency: Currency;
  readonly effectiveDate: BusinessDate | null;
  readonly counterCode: string;
  readonly amountMinor: bigint;
}

interface Release {
  readonly fileNo: bigint;
  readonly sha256: string;
  readonly source: string;
  readonly currency: Currency;
  readonly batchId: string | null;
  readonly batch: string;
  readonly itemCode: string;
  readonly amountMinor: bigint;
  readonly lines: string;
}

/** A journal with the batch, statement or file it books. */
export interface PlannedJournal {
  readonly request: JournalRequest;
  readonly kind: 'settlement' | 'bank' | 'release' | 'withdrawal';
  readonly fileNo: bigint;
  readonly statementNo: bigint | null;
  readonly batchId: string | null;
}

/**
 * Books the processor batches of this run's files, one journal a batch, and releases earlier lines that now tie.
 *
 * Dr in-transit (payout), Dr fee expense by kind, Cr receivable (gross of what matched); the rest to suspense, so that each
 * journal equals its file. The payout opens the in-transit item that the bank must close.
 */
export async function settleBatches(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const run = [options.bookId, options.runId];
  await tx.execute(BATCHES, run);
  const legs = await tx.query<SettlementLeg>(SETTLEMENT_LEGS, run);
  const releases = await tx.query<Release>(RELEASES, [...run, 'settlement-report']);
  const settlements = groupBy(legs, (leg) => `${leg.fileNo}|${leg.batchId}`).flatMap((batch) =>
    settlementOf(batch, options),
  );
  return await book(
    tx,
    [...settlements, ...releases.flatMap((release) => releaseOf(release, options))],
    options,
  );
}

/** Books the bank statements of this run's files, one journal a booking day, and releases earlier entries that now tie. */
export async function settleBank(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const run = [options.bookId, options.runId];
  const legs = await tx.query<BankLeg>(BANK_LEGS, run);
  const releases = await tx.query<Release>(RELEASES, [...run, 'bank-statement']);
  const days = groupBy(
    legs,
    (leg) => `${leg.fileNo}|${leg.statementNo}|${leg.effectiveDate}|${leg.currency}`,
  );
  const journals = [
    ...days.flatMap((day) => bankDayOf(day, options)),
    ...releases.flatMap((release) => releaseOf(release, options)),
  ];
  return await book(tx, journals, options);
}

/** Posts journals, records what they book, and takes the items that this run's matches close out of the working set. */
export async function book(
  tx: Tx,
  journals: readonly PlannedJournal[],
  options: SettleOptions,
): Promise<SettleOutcome> {
  const outcome = await postAll(
    tx,
    journals.map((journal) => journal.request),
    { ...options, operationId: options.newOperationId() },
  );
  await recordJournals(tx, journals, options);
  await closeItems(tx, options);
  return outcome;
}

async function recordJournals(
  tx: Tx,
  journals: readonly PlannedJournal[],
  options: SettleOptions,
): Promise<void> {
  await tx.execute(
    `insert into tieout.settlement_journal (
       book_id, journal_id, booked_on, kind, file_no, statement_no, batch_id, run_id
     )
     select $1::bigint, journal_id, $8::date, kind, file_no, statement_no, batch_id, $2::bigint
     from unnest($3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::uuid[])
       as planned (journal_id, kind, file_no, statement_no, batch_id)
     on conflict (book_id, journal_id) do nothing`,
    [
      options.bookId,
      options.runId,
      journals.map(({ request }) => journalIdOf(request.effectiveDate, keyHashOf(request.key))),
      journals.map((journal) => journal.kind),
      journals.map((journal) => journal.fileNo),
      journals.map((journal) => journal.statementNo),
      journals.map((journal) => journal.batchId),
      bookingDayOf(options.now),
    ],
  );
}

function settlementOf(legs: readonly SettlementLeg[], options: SettleOptions): PlannedJournal[] {
  const [first] = legs;
  if (first === undefined) return [];
  const hub = receivableOf(first.source);
  const postings = legs.flatMap((leg) => {
    const isPayout = leg.code === inTransitOf(leg.source) && leg.amountMinor !== 0n;
    const pair = pairOf(leg.code, hub, leg.amountMinor);
    return pair.map((posting) => (isPayout ? opening(posting, leg) : posting));
  });
  if (postings.length === 0) return [];
  const payout = legs.find((leg) => leg.payoutReference !== null);
  return [
    {
      kind: 'settlement',
      fileNo: first.fileNo,
      statementNo: null,
      batchId: first.batchId,
      request: {
        key: `settle|${first.source}|${first.merchant}|${first.batch}|${first.currency}|${first.sha256}`,
        kind: 'settlement',
        effectiveDate: first.effectiveDate ?? options.businessDate,
        currency: first.currency,
        reference: payout?.payoutReference ?? `batch ${first.batch}`,
        description: `settlement of batch ${first.batch || '(none)'} by ${first.source}`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings,
      },
    },
  ];
}

/** The payout's side of the posting waits for the bank; what a processor takes back waits with it. */
function opening(posting: PairPosting, leg: SettlementLeg): PairPosting {
  return {
    ...posting,
    opens: leg.amountMinor > 0n ? 'debit' : 'credit',
    ...(leg.payoutReference === null ? {} : { reference: leg.payoutReference }),
  };
}

function bankDayOf(legs: readonly BankLeg[], options: SettleOptions): PlannedJournal[] {
  const [first] = legs;
  if (first === undefined) return [];
  return [
    {
      kind: 'bank',
      fileNo: first.fileNo,
      statementNo: first.statementNo,
      batchId: null,
      request: {
        key: `bank|${first.sha256}|${first.statementNo}|${first.effectiveDate}|${first.currency}`,
        kind: 'bank',
        effectiveDate: first.effectiveDate ?? options.businessDate,
        currency: first.currency,
        description: `bank day ${first.effectiveDate ?? options.businessDate} on ${first.bankCode}`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings: legs.flatMap((leg) => pairOf(leg.bankCode, leg.counterCode, leg.amountMinor)),
      },
    },
  ];
}

function releaseOf(release: Release, options: SettleOptions): PlannedJournal[] {
  const postings = pairOf(suspenseOf(release.source), release.itemCode, release.amountMinor);
  if (postings.length === 0) return [];
  return [
    {
      kind: 'release',
      fileNo: release.fileNo,
      statementNo: null,
      batchId: release.batchId,
      request: {
        key: `release|${release.sha256}|${release.batch}|${release.itemCode}|${release.lines}`,
        kind: 'release',
        effectiveDate: options.businessDate,
        currency: release.currency,
        description: `release from suspense of ${release.source}: tied after its file was booked`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings,
      },
    },
  ];
}

/** A pair that debits `code` by the amount when it is positive, and credits it when it is negative; none for zero. */
export function pairOf(code: string, counter: string, amountMinor: bigint): PairPosting[] {
  if (amountMinor > 0n) return [{ debit: code, credit: counter, amountMinor }];
  if (amountMinor < 0n) return [{ debit: counter, credit: code, amountMinor: -amountMinor }];
  return [];
}

/** Groups rows by a key, in the order in which the keys come. */
export function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}
