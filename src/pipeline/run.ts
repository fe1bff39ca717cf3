import type { BusinessDate } from '../business-date.ts';
import type { Config } from '../config.ts';
import type { Database, Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import { type IngestedFile, ingest, type NamedFile } from '../ingest/ingest.ts';
import type { Acceptance } from '../ingest/name-conflict.ts';
import { registerSources } from '../ingest/source.ts';
import { foldDerivedBalances } from '../ledger/balance-mode.ts';
import { openBook } from '../ledger/book.ts';
import { chartOf } from '../ledger/chart.ts';
import { RuleNumbers, type RuleOutcome } from '../match/engine/apply-pack.ts';
import { reckonedCalendars } from '../match/explain/reckoned-calendars.ts';
import {
  type ExceptionOutcome,
  type MatchOptions,
  matchBank,
  matchLines,
  takeFiles,
  tellExceptions,
} from '../match/match.ts';
import { storeNearest } from '../match/near.ts';
import { restate } from '../match/restate.ts';
import { rulePacksOf } from '../match/rules/packs.ts';
import { rulesInForce } from '../match/rules-in-force.ts';
import { settleResiduals } from '../settle/residuals.ts';
import { settleRevocations } from '../settle/revocations.ts';
import { type SettleOptions, settleBank, settleBatches } from '../settle/settle.ts';
import { settleWithdrawals } from '../settle/withdrawals.ts';
import { type Proof, prove } from './proof.ts';
import { beginRun, endRun, failRun, holdBook, refuseOtherPlan } from './run-record.ts';

/** What a run is given. */
export interface RunOptions {
  readonly config: Config;
  readonly paths: readonly (string | NamedFile)[];
  readonly businessDate: BusinessDate;
  readonly now: () => Date;
  readonly newOperationId: () => string;
  readonly host: string;
  readonly pid: number;
  readonly codeVersion: string;
  /** Where the bytes of every file are kept as they were delivered; `null` to keep none. */
  readonly rawFolder?: string | null;
  /** The key of the tokens beside truncated card numbers; `null` to store them without. */
  readonly tokenKey?: Uint8Array | null;
  /** Where plaintext of packed files lies while it is read; default the system's temporary folder. */
  readonly scratchFolder?: string;
  /** Roll everything back after the proof; the files stay loaded, because they are evidence and move no money. */
  readonly isPlan?: boolean;
  /** The hash of an approved plan: anything else is not applied. */
  readonly approvedPlan?: string;
  /** Files to load although their source has sent others of their names. */
  readonly acceptance?: Acceptance;
  readonly onStage?: (stage: string) => void;
  readonly onFile?: (file: IngestedFile) => void;
}

type Counts = Readonly<Record<string, number>>;

/** What a run did, in the shape of `run --json`, schema `tieout.run/1`. */
export interface RunResult {
  readonly schema: 'tieout.run/1';
  readonly run: number;
  readonly book: string;
  readonly date: BusinessDate;
  readonly state: 'applied' | 'planned';
  readonly files: Counts;
  readonly entries: Counts;
  readonly matched: {
    readonly groups: number;
    readonly entries: number;
    readonly items: number;
    readonly by_rule: Counts;
    readonly by_certificate: Counts;
  };
  readonly exceptions: {
    readonly opened: number;
    readonly closed: number;
    readonly open: number;
    readonly by_code: Counts;
  };
  readonly journals: { readonly created: number; readonly by_kind: Counts };
  readonly payouts: { readonly in_transit: number };
  readonly proof: Proof;
  readonly plan_hash: string;
  readonly seconds: Counts;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly files: readonly IngestedFile[];
}

/**
 * Without statistics the planner takes what was just loaded for little. In a transaction of its own, because it locks others out.
 * Of entries the columns by which steps look for them: the others cost most of the time, and the server's own rounds suffice.
 */
const ANALYZE =
  'analyze tieout.entry (book_id, file_no, ordinal, statement_no, type, status, currency, gross_minor, reference, external_id, ' +
  'identity, duplicate_of_file_no, is_counted), tieout.payment_status, tieout.open_item, tieout.statement, ' +
  'tieout.source_file, tieout.source, tieout.account';
const COUNTS = sqlFile(import.meta.url, './sql/counts.sql');
const PLAN_HASH = sqlFile(import.meta.url, './sql/plan_hash.sql');

/**
 * Runs the pipeline for one book: loads the files, then matches, settles, tells exceptions and proves, in one transaction.
 *
 * The transaction holds the book, so that one run at a time changes it; another one ends with `book_busy`, naming the holder.
 * Ids come from content: a second run of the same inputs changes nothing and proves the same.
 */
export async function run(db: Database, options: RunOptions): Promise<RunOutcome> {
  const { config } = options;
  const bookId = await db.transaction(async (tx) => {
    const opened = await openBook(tx, { config, now: options.now() });
    await registerSources(tx, { bookId: opened, sources: config.sources });
    return opened;
  });
  await db.transaction((tx) => foldDerivedBalances(tx, bookId));
  let runId: bigint | undefined;
  try {
    const outcome = await db.transaction(
      async (tx) => {
        await holdBook(tx, db, bookId, config.book);
        const started = await db.transaction((own) => beginRun(own, bookId, options));
        runId = started;
        return await execute(tx, db, { bookId, runId: started, options });
      },
      { rollback: options.isPlan === true },
    );
    if (options.isPlan)
      await db.transaction((tx) => endRun(tx, bookId, outcome.result, options.now()));
    return outcome;
  } catch (error) {
    const failed = runId;
    if (failed !== undefined)
      await db
        .transaction((tx) => failRun(tx, { bookId, runId: failed, error, now: options.now() }))
        .catch(() => {
          // The connection is gone as well: the next run finds this one without a process and marks it interrupted.
        });
    throw error;
  }
}

interface Execution {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly options: RunOptions;
}

async function execute(tx: Tx, db: Database, execution: Execution): Promise<RunOutcome> {
  const { bookId, runId, options } = execution;
  const clock = new StageClock(options);
  const now = options.now();
  const matching: MatchOptions = {
    bookId,
    runId,
    now,
    packs: await rulesInForce(tx, { bookId, packs: rulePacksOf(options.config), now }),
    calendars: options.config.calendars,
    numbers: new RuleNumbers(),
  };
  const settling: SettleOptions = {
    ...matching,
    businessDate: options.businessDate,
    chart: chartOf(options.config.chart),
    newOperationId: options.newOperationId,
  };

  const files = await clock.time('ingest', () =>
    ingest(db, options.paths, {
      bookId,
      runId,
      sources: options.config.sources,
      profiles: options.config.profiles,
      now,
      ...(options.acceptance === undefined ? {} : { acceptance: options.acceptance }),
      rawFolder: options.rawFolder ?? null,
      tokenKey: options.tokenKey ?? null,
      ...(options.scratchFolder === undefined ? {} : { scratchFolder: options.scratchFolder }),
      ...(options.onFile === undefined ? {} : { onFile: options.onFile }),
    }),
  );
  await clock.time('statistics', () =>
    db.transaction((own) => own.execute(ANALYZE), { role: 'owner' }),
  );
  const corrections = await clock.time('restate', async () => {
    await takeFiles(tx, matching);
    return await followCorrections(tx, matching, settling);
  });
  const lineRules = await clock.time('match lines', () => matchLines(tx, matching));
  const batches = await clock.time('settle batches', () => settleBatches(tx, settling));
  const bankRules = await clock.time('match bank', () => matchBank(tx, matching));
  const bank = await clock.time('settle bank', async () => {
    const booked = await settleBank(tx, settling);
    const residuals = await settleResiduals(tx, settling);
    return { created: booked.created + residuals.created };
  });
  const exceptions = await clock.time('exceptions', () =>
    tellExceptions(tx, {
      ...matching,
      businessDate: options.businessDate,
      sources: options.config.sources,
    }),
  );
  await clock.time('nearest', () =>
    storeNearest(tx, { ...matching, calendars: reckonedCalendars(options.config.calendars) }),
  );
  const proof = await clock.time('proof', () => prove(tx, { bookId, runId }));
  const result = await resultOf(tx, execution, {
    files,
    exceptions,
    proof,
    rules: [...lineRules, ...bankRules],
    journals: corrections + batches.created + bank.created,
    seconds: clock.seconds,
  });
  refuseOtherPlan(result, options.approvedPlan);
  await endRun(tx, bookId, result, options.now());
  return { result, files };
}

/** Withdraws what corrected files no longer tell, before anything is matched; returns how many journals that took. */
async function followCorrections(
  tx: Tx,
  matching: MatchOptions,
  settling: SettleOptions,
): Promise<number> {
  const { restatements } = await restate(tx, matching);
  if (restatements === 0) return 0;
  const revocations = await settleRevocations(tx, settling);
  const withdrawals = await settleWithdrawals(tx, settling);
  return revocations.created + withdrawals.created;
}

interface FoundCounts {
  readonly groups: bigint;
  readonly entries: bigint;
  readonly items: bigint;
  readonly byCertificate: Counts;
  readonly openByCode: Counts;
  readonly journalsByKind: Counts;
  readonly payoutsInTransit: bigint;
}

async function resultOf(
  tx: Tx,
  { bookId, runId, options }: Execution,
  done: {
    readonly files: readonly IngestedFile[];
    readonly rules: readonly RuleOutcome[];
    readonly exceptions: ExceptionOutcome;
    readonly journals: number;
    readonly proof: Proof;
    readonly seconds: Counts;
  },
): Promise<RunResult> {
  const [counts] = await tx.query<FoundCounts>(COUNTS, [bookId, runId]);
  const [plan] = await tx.query<{ hash: string }>(PLAN_HASH, [bookId, runId]);
  if (counts === undefined || plan === undefined)
    throw new OperationalError('invariant_broken', 'a run has no figures');
  return {
    schema: 'tieout.run/1',
    run: Number(runId),
    book: options.config.book,
    date: options.businessDate,
    state: options.isPlan ? 'planned' : 'applied',
    files: countFiles(done.files),
    entries: countEntries(done.files),
    matched: {
      groups: Number(counts.groups),
      entries: Number(counts.entries),
      items: Number(counts.items),
      by_rule: Object.fromEntries(
        done.rules.filter(({ groups }) => groups > 0).map(({ rule, groups }) => [rule, groups]),
      ),
      by_certificate: counts.byCertificate,
    },
    exceptions: {
      ...done.exceptions,
      open: Object.values(counts.openByCode).reduce((sum, count) => sum + count, 0),
      by_code: counts.openByCode,
    },
    journals: { created: done.journals, by_kind: counts.journalsByKind },
    payouts: { in_transit: Number(counts.payoutsInTransit) },
    proof: done.proof,
    plan_hash: `sha256:${plan.hash}`,
    seconds: done.seconds,
  };
}

function countFiles(files: readonly IngestedFile[]): Counts {
  const count = (outcome: IngestedFile['outcome']) =>
    files.filter((file) => file.outcome === outcome).length;
  return {
    given: files.length,
    loaded: count('loaded'),
    duplicate: count('duplicate'),
    rejected: count('rejected'),
    held: count('held'),
  };
}

function countEntries(files: readonly IngestedFile[]): Counts {
  const sum = (field: keyof IngestedFile['counts']) =>
    Number(files.reduce((total, file) => total + file.counts[field], 0n));
  return {
    read: sum('read'),
    loaded: sum('loaded'),
    rejected: sum('rejected'),
    duplicate: sum('duplicate'),
    ignored: sum('ignored'),
  };
}

/** Seconds by stage, for the result. */
class StageClock {
  readonly seconds: Record<string, number> = {};
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    this.#options.onStage?.(stage);
    const started = this.#options.now().getTime();
    const value = await work();
    this.seconds[stage.replace(' ', '_')] = (this.#options.now().getTime() - started) / 1000;
    return value;
  }
}
