import { recordAct } from '../audit/audit-log.ts';
import { lockBook } from '../db/book-lock.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import type { PeriodDays } from './period-name.ts';
import {
  type PeriodRefusal,
  type PeriodStanding,
  type PeriodState,
  periodRefusal,
} from './period-rules.ts';
import { verifyLedger } from './verify.ts';

/** An accounting period that was ever closed. */
export interface Period extends PeriodStanding {
  readonly changedAt: Date;
  readonly changedBy: string;
  readonly reason: string | null;
}

export interface PeriodChange {
  readonly bookId: bigint;
  readonly period: PeriodDays;
  readonly to: PeriodState;
  readonly actor: string;
  /** Required to reopen a period and to unlock one. */
  readonly reason?: string;
  readonly now: Date;
  readonly requestId?: string;
}

export type PeriodResult =
  | { readonly code: 'changed' | 'unchanged'; readonly period: Period }
  | PeriodRefusal;

const PERIOD_BALANCES = sqlFile(import.meta.url, './sql/admin/30_period_balances.sql');

/**
 * Closes, locks or reopens a period; what is not allowed is told as a value with a sentence.
 *
 * Waits up to ten seconds for the postings under way and keeps later ones out until the transaction ends; `book_busy`
 * (exit 75) when they take longer, and at once when a run holds the book. Closing writes what each account sums to at the end
 * of the period and runs the checks of the ledger: `invariant_broken` (exit 70) when one does not hold, and nothing is closed.
 */
export async function changePeriod(tx: Tx, change: PeriodChange): Promise<PeriodResult> {
  await lockBook(tx, change.bookId);
  await lockPeriods(tx, change.bookId);
  const periods = await listPeriods(tx, change.bookId);
  const found = periods.find(({ name }) => name === change.period.name);
  if (found !== undefined && found.state === change.to) return { code: 'unchanged', period: found };
  const wanted = { ...change.period, state: change.to };
  const refusal = periodRefusal(wanted, periods, change.reason);
  if (refusal !== undefined) return refusal;
  const period = {
    ...wanted,
    changedAt: change.now,
    changedBy: change.actor,
    reason: change.reason ?? null,
  };
  await writePeriod(tx, change.bookId, period);
  await writeSnapshots(tx, change.bookId, period);
  if (change.to !== 'open') await assertBooksHold(tx, change);
  await recordChange(tx, change, found);
  return { code: 'changed', period };
}

/** The periods of a book that were ever closed, first day first. */
export async function listPeriods(tx: Tx, bookId: bigint): Promise<Period[]> {
  return await tx.query<Period>(
    `select name, starts_on as "startsOn", ends_on as "endsOn", state, changed_at as "changedAt",
            changed_by as "changedBy", reason
     from tieout.period where book_id = $1 order by starts_on`,
    [bookId],
  );
}

/** Waits until nobody posts, and lets nobody post until the transaction ends. */
async function lockPeriods(tx: Tx, bookId: bigint): Promise<void> {
  await tx.execute(`set local lock_timeout = '10s'`);
  await tx.query('select pg_advisory_xact_lock(tieout.period_lock_key($1))::text', [bookId]);
  await tx.execute('set local lock_timeout to default');
}

async function writePeriod(tx: Tx, bookId: bigint, period: Period): Promise<void> {
  await tx.execute(
    `insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by, reason)
     values ($1, $2::date, $3::date, $4, $5, $6::timestamptz, $7, $8)
     on conflict (book_id, starts_on) do update
     set state = excluded.state, changed_at = excluded.changed_at, changed_by = excluded.changed_by,
         reason = excluded.reason`,
    [
      bookId,
      period.startsOn,
      period.endsOn,
      period.name,
      period.state,
      period.changedAt.toISOString(),
      period.changedBy,
      period.reason,
    ],
  );
}

/** The sums of soft-closed periods are written again: an adjustment changes those of its period and of all later ones. */
async function writeSnapshots(tx: Tx, bookId: bigint, period: Period): Promise<void> {
  await tx.execute(
    `delete from tieout.period_balance using tieout.period
     where period_balance.book_id = $1 and period.book_id = period_balance.book_id
       and period.starts_on = period_balance.starts_on
       and (period.state = 'soft_closed' or period.starts_on = $2::date)`,
    [bookId, period.startsOn],
  );
  await tx.execute(PERIOD_BALANCES, [bookId, period.startsOn]);
}

async function assertBooksHold(tx: Tx, { bookId, period }: PeriodChange): Promise<void> {
  const checks = await verifyLedger(tx, bookId);
  const broken = checks.filter((check) => check.breaches > 0n).map(({ id }) => id);
  if (broken.length === 0) return;
  throw new OperationalError(
    'invariant_broken',
    `${period.name} is not closed: ${broken.join(', ')} of "tieout ledger verify" does not hold`,
  );
}

async function recordChange(tx: Tx, change: PeriodChange, found: Period | undefined) {
  await recordAct(tx, {
    bookId: change.bookId,
    actor: change.actor,
    action: actionOf(found?.state ?? 'open', change.to),
    objectType: 'period',
    objectId: change.period.name,
    now: change.now,
    before: { state: found?.state ?? 'open' },
    after: { state: change.to },
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...(change.requestId === undefined ? {} : { requestId: change.requestId }),
  });
}

function actionOf(from: PeriodState, to: PeriodState): string {
  if (to === 'open') return 'reopen';
  if (to === 'locked') return 'lock';
  return from === 'locked' ? 'unlock' : 'close';
}
