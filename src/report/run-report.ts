import { type BusinessDate, businessDaysBetween, type DayNumbering } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import { type ExceptionRow, listExceptions } from './exceptions.ts';
import { type Proof, proofIn } from './proof.ts';

const FILES = sqlFile(import.meta.url, './sql/run_files.sql');
const MATCHES = sqlFile(import.meta.url, './sql/run_matches.sql');
const BATCHES = sqlFile(import.meta.url, './sql/run_batches.sql');
const JOURNALS = sqlFile(import.meta.url, './sql/run_journals.sql');
const TRIAL_BALANCE = sqlFile(import.meta.url, './sql/trial_balance.sql');
const OPEN_ITEMS = sqlFile(import.meta.url, './sql/open_items.sql');

/** Everything there is to tell of one run. */
export interface RunReport {
  readonly run: ReportedRun;
  readonly asOf: BusinessDate;
  readonly files: readonly ReportedFile[];
  readonly entries: EntryCounts;
  readonly matches: readonly MatchCount[];
  readonly batches: readonly ReportedBatch[];
  readonly journals: readonly ReportedJournal[];
  readonly trialBalance: readonly TrialBalanceLine[];
  readonly openItems: readonly OpenItems[];
  readonly exceptions: readonly ExceptionRow[];
  /** `null` when the run has not got as far as its proof. */
  readonly proof: Proof | null;
}

export interface ReportedRun {
  readonly book: string;
  readonly runId: bigint;
  readonly state: string;
  readonly businessDate: BusinessDate;
  /** Instants as RFC 3339, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly codeVersion: string;
}

export interface ReportedFile {
  readonly name: string;
  readonly outcome: 'loaded' | 'duplicate' | 'rejected' | 'held';
  readonly source: string | null;
  readonly format: string | null;
  readonly entriesRead: bigint;
  readonly entriesLoaded: bigint;
  readonly entriesDuplicate: bigint;
  readonly entriesRejected: bigint;
  readonly entriesIgnored: bigint;
  readonly reasonCode: string | null;
  readonly reasonText: string | null;
}

export interface EntryCounts {
  readonly read: bigint;
  readonly loaded: bigint;
  readonly duplicate: bigint;
  readonly rejected: bigint;
  readonly ignored: bigint;
}

export interface MatchCount {
  readonly level: number;
  readonly rule: string;
  readonly certificate: string;
  readonly groups: bigint;
  readonly entries: bigint;
  readonly items: bigint;
}

export interface ReportedBatch {
  readonly source: string;
  readonly merchant: string;
  readonly batch: string;
  readonly currency: Currency;
  readonly entries: bigint;
  readonly grossMinor: bigint;
  readonly commissionMinor: bigint;
  readonly markupMinor: bigint;
  readonly schemeMinor: bigint;
  readonly interchangeMinor: bigint;
  readonly otherFeeMinor: bigint;
  readonly feeMinor: bigint;
  readonly otherMinor: bigint;
  readonly netMinor: bigint;
  readonly payoutMinor: bigint;
  /** What the bank received more (less, when negative) than the payout. */
  readonly differenceMinor: bigint | null;
  readonly state: 'funded' | 'short' | 'over' | 'open' | 'carried';
}

export interface ReportedJournal {
  readonly journalId: string;
  readonly key: string;
  readonly kind: string;
  readonly effectiveDate: BusinessDate;
  readonly reference: string | null;
  readonly description: string;
  readonly movements: readonly Movement[];
}

/** The postings of a journal between two accounts, added up. */
export interface Movement {
  readonly debit: string;
  readonly credit: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly postings: bigint;
}

export interface TrialBalanceLine {
  readonly code: string;
  readonly currency: Currency;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly balanceMinor: bigint;
}

/** What is open on an account; age in business days. */
export interface OpenItems {
  readonly code: string;
  readonly currency: Currency;
  readonly items: bigint;
  readonly amountMinor: bigint;
  readonly oldestDate: BusinessDate;
  readonly oldestAge: number;
  /** Sums of items up to 2, 5, 10 and more business days old. */
  readonly byAge: readonly [bigint, bigint, bigint, bigint];
}

/** What a run was given, what it tied, what it posted, what it left open, and whether it closes. */
export async function runReport(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly runId: bigint;
    readonly asOf: BusinessDate;
    /** How ages are counted; by weekdays when absent. */
    readonly numberOf?: DayNumbering;
  },
): Promise<RunReport> {
  const { bookId, runId, asOf, numberOf } = options;
  const ageOf = (day: BusinessDate) => businessDaysBetween(day, asOf, numberOf);
  const { result, ...run } = await getRun(tx, bookId, runId);
  const files = await tx.query<ReportedFile>(FILES, [bookId, runId]);
  return {
    run,
    asOf,
    files,
    entries: countEntries(files),
    matches: await tx.query<MatchCount>(MATCHES, [bookId, runId]),
    batches: await tx.query<ReportedBatch>(BATCHES, [bookId, runId]),
    journals: journalsOf(await tx.query<FoundMovement>(JOURNALS, [bookId, runId])),
    trialBalance: await tx.query<TrialBalanceLine>(TRIAL_BALANCE, [bookId, asOf]),
    openItems: openItemsOf(await tx.query<OpenDay>(OPEN_ITEMS, [bookId, asOf]), ageOf),
    exceptions: await listExceptions(tx, {
      bookId,
      asOf,
      ...(numberOf === undefined ? {} : { numberOf }),
      filters: { openAfterRun: runId },
    }),
    proof: proofIn(result),
  };
}

interface FoundRun extends Omit<ReportedRun, 'startedAt' | 'finishedAt'> {
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly result: unknown;
}

async function getRun(
  tx: Tx,
  bookId: bigint,
  runId: bigint,
): Promise<ReportedRun & { readonly result: unknown }> {
  const [found] = await tx.query<FoundRun>(
    `select book.code as "book", run.run_id as "runId", run.state, run.business_date as "businessDate",
            run.started_at as "startedAt", run.finished_at as "finishedAt", run.code_version as "codeVersion", run.result
     from tieout.run
     join tieout.book on book.book_id = run.book_id
     where run.book_id = $1::bigint and run.run_id = $2::bigint`,
    [bookId, runId],
  );
  if (found === undefined)
    throw new OperationalError('not_found', `run ${runId} is unknown; see "tieout runs list"`);
  const finishedAt = found.finishedAt?.toISOString() ?? null;
  return { ...found, startedAt: found.startedAt.toISOString(), finishedAt };
}

/** All entries of a file delivered again are duplicates. */
function countEntries(files: readonly ReportedFile[]): EntryCounts {
  const counts = { read: 0n, loaded: 0n, duplicate: 0n, rejected: 0n, ignored: 0n };
  for (const file of files) {
    counts.read += file.entriesRead;
    if (file.outcome === 'duplicate') {
      counts.duplicate += file.entriesRead;
      continue;
    }
    counts.loaded += file.entriesLoaded;
    counts.duplicate += file.entriesDuplicate;
    counts.rejected += file.entriesRejected;
    counts.ignored += file.entriesIgnored;
  }
  return counts;
}

type FoundMovement = Omit<ReportedJournal, 'movements'> & Movement;

function journalsOf(found: readonly FoundMovement[]): ReportedJournal[] {
  const journals = new Map<string, ReportedJournal & { readonly movements: Movement[] }>();
  for (const { debit, credit, currency, amountMinor, postings, ...head } of found) {
    const journal = journals.get(head.journalId) ?? { ...head, movements: [] };
    journal.movements.push({ debit, credit, currency, amountMinor, postings });
    journals.set(head.journalId, journal);
  }
  return [...journals.values()];
}

interface OpenDay {
  readonly code: string;
  readonly currency: Currency;
  readonly effectiveDate: BusinessDate;
  readonly items: bigint;
  readonly amountMinor: bigint;
}

const AGE_LIMITS = [2, 5, 10] as const;

/** Adds the days of each account up; they come oldest first. */
function openItemsOf(days: readonly OpenDay[], ageOf: (day: BusinessDate) => number): OpenItems[] {
  const accounts = new Map<string, OpenItems>();
  for (const day of days) {
    const key = `${day.code}|${day.currency}`;
    const age = ageOf(day.effectiveDate);
    const account = accounts.get(key) ?? nothingOpen(day, age);
    const place = AGE_LIMITS.filter((limit) => age > limit).length;
    const byAge = account.byAge.map((sum, index) =>
      index === place ? sum + day.amountMinor : sum,
    );
    accounts.set(key, {
      ...account,
      items: account.items + day.items,
      amountMinor: account.amountMinor + day.amountMinor,
      byAge: byAge as unknown as OpenItems['byAge'],
    });
  }
  return [...accounts.values()];
}

function nothingOpen(day: OpenDay, age: number): OpenItems {
  const { code, currency, effectiveDate } = day;
  return {
    code,
    currency,
    items: 0n,
    amountMinor: 0n,
    oldestDate: effectiveDate,
    oldestAge: age,
    byAge: [0n, 0n, 0n, 0n],
  };
}
