import { recordAct } from '../audit/audit-log.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Config } from '../config.ts';
import type { Currency } from '../currency.ts';
import type { Database, Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant, OperationalError } from '../errors.ts';
import { bookIdOf } from '../ids.ts';
import { chartOf } from '../ledger/chart.ts';
import { getException, setException } from '../match/exception-acts.ts';
import { lookForCandidates, tellExceptions } from '../match/match.ts';
import { rulePacksOf } from '../match/rules/packs.ts';
import { settleResiduals } from '../settle/residuals.ts';
import { settleRevocations } from '../settle/revocations.ts';
import { type SettleOptions, settleBank, settleBatches } from '../settle/settle.ts';
import { type Acting, doAct, type HandAct } from './hand-acts.ts';
import { type Proof, prove } from './proof.ts';
import {
  beginRun,
  endRun,
  holdBook,
  type RunPlace,
  type RunTold,
  refuseOtherPlan,
} from './run-record.ts';

/** Who acts by hand, on what book, and how far. */
export interface HandOptions extends RunPlace {
  readonly config: Config;
  readonly newOperationId: () => string;
  readonly by: string;
  readonly because: string;
  /** Do everything, prove it, and roll it back. */
  readonly isPlan?: boolean;
  /** A plan that somebody else made, and who approves it. */
  readonly approved?: { readonly plan: string; readonly by: string };
}

/** What an act by hand did, in the shape of `exceptions … --json`, schema `tieout.hand/1`. */
export interface HandResult {
  readonly schema: 'tieout.hand/1';
  /** `null` where nothing was left to do. */
  readonly run: number | null;
  readonly book: string;
  readonly date: BusinessDate;
  readonly state: 'applied' | 'planned' | 'awaiting-approval' | 'unchanged';
  readonly act: HandAct['kind'];
  readonly by: string;
  readonly approved_by: string | null;
  readonly reason: string;
  /** The matches that were made, revoked, confirmed or rejected. */
  readonly groups: readonly string[];
  readonly exceptions: { readonly opened: number; readonly closed: number };
  readonly journals: { readonly created: number };
  readonly proof: Proof | null;
  readonly plan_hash: string | null;
}

type Done = HandResult & RunTold;

const PLAN_HASH = sqlFile(import.meta.url, './sql/plan_hash.sql');
const ACTED_AMOUNTS = sqlFile(import.meta.url, './sql/acted_amounts.sql');
const TOUCHED_GROUPS = sqlFile(import.meta.url, './sql/touched_groups.sql');

/** Carries a result out of a transaction that must be rolled back. */
class NotKept extends Error {
  readonly result: HandResult;

  constructor(result: HandResult) {
    super('not kept');
    this.result = result;
  }
}

/**
 * Does an act by hand: a small run that holds the book, posts, tells exceptions, proves and is told to the audit log, all in
 * one transaction.
 *
 * What was done before changes nothing. Above the limit of approvals it is kept as a plan only, which somebody else applies
 * by its hash; an act in a closed period is `not_permitted` (exit 77).
 */
export async function actByHand(
  db: Database,
  act: HandAct,
  options: HandOptions,
): Promise<HandResult> {
  const bookId = bookIdOf(options.config.book);
  try {
    return await db.transaction(async (tx) => {
      await holdBook(tx, db, bookId, options.config.book);
      const own = await approvedOptions(tx, bookId, options);
      const result = await execute(tx, bookId, act, own);
      if (result.state === 'applied') return result;
      throw new NotKept(result);
    });
  } catch (error) {
    if (!(error instanceof NotKept)) throw error;
    return await keepPlan(db, bookId, act, options, error.result);
  }
}

/** An approved plan is carried out in the name of whoever made it; nobody approves a plan of their own. */
async function approvedOptions(tx: Tx, bookId: bigint, options: HandOptions): Promise<HandOptions> {
  const { approved } = options;
  if (approved === undefined) return options;
  const [plan] = await tx.query<{ by: string }>(
    `select act ->> 'by' as by from tieout.run
     where book_id = $1 and kind = 'hand' and state = 'PLANNED' and result ->> 'plan_hash' = $2
     order by run_id desc limit 1`,
    [bookId, approved.plan],
  );
  if (plan === undefined)
    throw new OperationalError('not_found', `nobody has planned ${approved.plan}`);
  if (plan.by === approved.by)
    throw new OperationalError(
      'not_permitted',
      `${approved.by} made this plan; somebody else must approve it`,
    );
  return { ...options, by: plan.by };
}

async function execute(
  tx: Tx,
  bookId: bigint,
  act: HandAct,
  options: HandOptions,
): Promise<HandResult> {
  await refuseClosedDay(tx, bookId, options.businessDate);
  let settling: SettleOptions | undefined;
  const acting: Acting = {
    tx,
    bookId,
    byHand: options.config.byHand,
    by: options.by,
    because: options.because,
    begin: async () => {
      settling ??= await begin(tx, bookId, act, options);
      return settling;
    },
  };
  const groups = await doAct(act, acting);
  if (settling === undefined || groups.length === 0) return unchanged(act, options);
  const result = await settleAndProve(tx, act, groups, { settling, options });
  refuseOtherPlan(result, options.approved?.plan);
  await record(tx, act, result, { settling, options });
  await endRun(tx, bookId, result, options.now());
  const needsApproval =
    options.approved === undefined && (await isAboveLimit(tx, settling, options));
  if (options.isPlan) return { ...result, state: 'planned' };
  return needsApproval ? { ...result, state: 'awaiting-approval' } : result;
}

async function begin(
  tx: Tx,
  bookId: bigint,
  act: HandAct,
  options: HandOptions,
): Promise<SettleOptions> {
  return {
    bookId,
    runId: await beginRun(tx, bookId, options, toldAct(act, options)),
    businessDate: options.businessDate,
    now: options.now(),
    chart: chartOf(options.config.chart),
    newOperationId: options.newOperationId,
  };
}

interface Settled {
  readonly settling: SettleOptions;
  readonly options: HandOptions;
}

async function settleAndProve(
  tx: Tx,
  act: HandAct,
  groups: readonly string[],
  { settling, options }: Settled,
): Promise<Done> {
  const revocations = await settleRevocations(tx, settling);
  const batches = await settleBatches(tx, settling);
  const bank = await settleBank(tx, settling);
  const residuals = await settleResiduals(tx, settling);
  await lookForCandidates(tx, { ...settling, packs: rulePacksOf(options.config) });
  const exceptions = await tellExceptions(tx, { ...settling, sources: options.config.sources });
  const proof = await prove(tx, settling);
  const [plan] = await tx.query<{ hash: string }>(PLAN_HASH, [settling.bookId, settling.runId]);
  assertInvariant(plan !== undefined, 'an act has a hash');
  const [{ n: opened } = { n: 0n }] = await tx.query<{ n: bigint }>(
    `select count(*) as n from tieout.settlement_journal where book_id = $1 and run_id = $2 and kind = 'opening'`,
    [settling.bookId, settling.runId],
  );
  const settled = [revocations, batches, bank, residuals];
  return {
    schema: 'tieout.hand/1',
    run: Number(settling.runId),
    book: options.config.book,
    date: options.businessDate,
    state: 'applied',
    act: act.kind,
    by: options.by,
    approved_by: options.approved?.by ?? null,
    reason: options.because,
    groups,
    exceptions,
    journals: { created: settled.reduce((sum, { created }) => sum + created, Number(opened)) },
    proof,
    plan_hash: `sha256:${plan.hash}`,
  };
}

/** Tells the audit log what was done, to what, why, and how its matches stand behind it. */
async function record(
  tx: Tx,
  act: HandAct,
  result: Done,
  { settling, options }: Settled,
): Promise<void> {
  const matches = await tx.query(TOUCHED_GROUPS, [settling.bookId, result.groups]);
  const [first, second] = result.groups;
  const isOne = first !== undefined && second === undefined;
  await recordAct(tx, {
    bookId: settling.bookId,
    actor: options.by,
    action: act.kind,
    objectType: isOne ? 'match' : 'run',
    objectId: isOne ? first : String(result.run),
    reason: options.because,
    before: toldAct(act, options),
    after: {
      run: result.run,
      matches,
      matches_total: result.groups.length,
      journals: result.journals.created,
      approved_by: result.approved_by,
      plan_hash: result.plan_hash,
    },
    now: settling.now,
  });
}

/** Whether one person may not do alone what this run has moved. */
async function isAboveLimit(
  tx: Tx,
  { bookId, runId }: SettleOptions,
  { config }: HandOptions,
): Promise<boolean> {
  const limits = config.byHand.approvalLimits;
  if (limits === undefined) return false;
  const amounts = await tx.query<{ currency: Currency; amountMinor: bigint }>(ACTED_AMOUNTS, [
    bookId,
    runId,
  ]);
  return amounts.some(({ currency, amountMinor }) => {
    const limit = limits.get(currency);
    return limit === undefined || amountMinor > limit;
  });
}

/** Keeps a record of what was planned, with its hash and who planned it; nothing else of it is there. */
async function keepPlan(
  db: Database,
  bookId: bigint,
  act: HandAct,
  options: HandOptions,
  result: HandResult,
): Promise<HandResult> {
  if (result.plan_hash === null) return result;
  const { plan_hash } = result;
  return await db.transaction(async (tx) => {
    await holdBook(tx, db, bookId, options.config.book);
    const run = Number(await beginRun(tx, bookId, options, toldAct(act, options)));
    await endRun(tx, bookId, { ...result, run, plan_hash, state: 'planned' }, options.now());
    if (result.state === 'awaiting-approval') await tellPending(tx, bookId, act);
    return { ...result, run };
  });
}

/** What waits for a second person is taken care of, and not done yet. */
async function tellPending(tx: Tx, bookId: bigint, act: HandAct): Promise<void> {
  const ids = act.kind === 'match' ? act.exceptions : 'exception' in act ? [act.exception] : [];
  for (const id of ids) {
    if (id === undefined) continue;
    const exception = await getException(tx, bookId, id);
    await setException(tx, bookId, exception, { ...exception, state: 'PENDING_RESOLUTION' });
  }
}

function unchanged(act: HandAct, options: HandOptions): HandResult {
  return {
    schema: 'tieout.hand/1',
    run: null,
    book: options.config.book,
    date: options.businessDate,
    state: 'unchanged',
    act: act.kind,
    by: options.by,
    approved_by: null,
    reason: options.because,
    groups: [],
    exceptions: { opened: 0, closed: 0 },
    journals: { created: 0 },
    proof: null,
    plan_hash: null,
  };
}

function toldAct(act: HandAct, { by, because }: HandOptions): object {
  const content: unknown = JSON.parse(
    JSON.stringify(act, (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  );
  return { ...(content as object), by, reason: because };
}

async function refuseClosedDay(tx: Tx, bookId: bigint, day: BusinessDate): Promise<void> {
  const [closed] = await tx.query<{ name: string }>(
    `select name from tieout.period
     where book_id = $1 and state <> 'open' and ends_on >= $2::date order by ends_on limit 1`,
    [bookId, day],
  );
  if (closed === undefined) return;
  throw new OperationalError(
    'not_permitted',
    `${day} is closed with period ${closed.name}; act on an open day, or open the period`,
  );
}
