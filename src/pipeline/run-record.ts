import type { BusinessDate } from '../business-date.ts';
import { lockBook } from '../db/book-lock.ts';
import type { Database, Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';

/** Takes the book's row lock, or says who has it. */
export async function holdBook(tx: Tx, db: Database, bookId: bigint, book: string): Promise<void> {
  try {
    await lockBook(tx, bookId);
  } catch (error) {
    if (!(error instanceof OperationalError) || error.code !== 'book_busy') throw error;
    const [holder] = await db.read((own) =>
      own.query<{ run: bigint; host: string; pid: bigint; since: Date }>(
        `select run_id as run, host, pid, started_at as since from tieout.run
         where book_id = $1 and state = 'RUNNING' order by run_id desc limit 1`,
        [bookId],
      ),
    );
    const who =
      holder === undefined
        ? 'another process'
        : `run ${holder.run} (process ${holder.pid} on ${holder.host}, since ${holder.since.toISOString()})`;
    throw new OperationalError(
      'book_busy',
      `book ${book} is held by ${who}; run again when it has ended`,
      { cause: error },
    );
  }
}

/** Where, when and by what code a run is made. */
export interface RunPlace {
  readonly businessDate: BusinessDate;
  readonly now: () => Date;
  readonly host: string;
  readonly pid: number;
  readonly codeVersion: string;
}

/** What a run leaves behind: its number, its state and its hash, and whatever else it tells. */
export interface RunTold {
  readonly run: number;
  readonly state: 'applied' | 'planned';
  readonly plan_hash: string;
}

/**
 * Opens the run's record. In a transaction of its own it is visible to others at once; whoever holds the book knows that no
 * other run is alive. With an act it is the record of an act by hand.
 */
export async function beginRun(
  tx: Tx,
  bookId: bigint,
  place: RunPlace,
  act?: object,
): Promise<bigint> {
  const now = place.now().toISOString();
  await tx.execute(
    `update tieout.run set state = 'INTERRUPTED', finished_at = $2::timestamptz where book_id = $1 and state = 'RUNNING'`,
    [bookId, now],
  );
  const [row] = await tx.query<{ runId: bigint }>(
    `insert into tieout.run (book_id, run_id, state, business_date, started_at, host, pid, code_version, kind, act)
     select $1::bigint, coalesce(max(run_id), 0) + 1, 'RUNNING', $2::date, $3::timestamptz, $4, $5::bigint, $6,
            case when $7::jsonb is null then 'run' else 'hand' end, $7::jsonb
     from tieout.run where book_id = $1::bigint
     returning run_id as "runId"`,
    [
      bookId,
      place.businessDate,
      now,
      place.host,
      place.pid,
      place.codeVersion,
      act === undefined ? null : JSON.stringify(act),
    ],
  );
  if (row === undefined) throw new OperationalError('invariant_broken', 'a run has no record');
  return row.runId;
}

/** Closes the run's record with what it did, or would have done. */
export async function endRun(tx: Tx, bookId: bigint, told: RunTold, now: Date): Promise<void> {
  await tx.execute(
    'update tieout.run set state = $3, finished_at = $4::timestamptz, result = $5::jsonb where book_id = $1 and run_id = $2',
    [bookId, told.run, told.state.toUpperCase(), now.toISOString(), JSON.stringify(told)],
  );
}

/** Closes the run's record with why it failed. */
export async function failRun(
  tx: Tx,
  failure: {
    readonly bookId: bigint;
    readonly runId: bigint;
    readonly error: unknown;
    readonly now: Date;
  },
): Promise<void> {
  const words = failure.error instanceof Error ? failure.error.message : String(failure.error);
  await tx.execute(
    `update tieout.run set state = 'FAILED', finished_at = $3::timestamptz, error = $4
     where book_id = $1 and run_id = $2 and state = 'RUNNING'`,
    [failure.bookId, failure.runId, failure.now.toISOString(), words],
  );
}

/** Refuses what is not the plan that was approved. */
export function refuseOtherPlan(
  result: Pick<RunTold, 'plan_hash'>,
  approved: string | undefined,
): void {
  if (approved === undefined || approved === result.plan_hash) return;
  throw new OperationalError(
    'invalid_input',
    `the plan is now ${result.plan_hash}, not ${approved}: something underneath has changed; plan and approve again`,
  );
}
