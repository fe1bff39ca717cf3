import type { BusinessDate } from '../business-date.ts';
import type { Tx } from '../db/db.ts';

/** One execution of the pipeline, as it was recorded. */
export interface RunRecord {
  readonly runId: bigint;
  readonly state: string;
  readonly businessDate: BusinessDate;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly host: string;
  readonly pid: bigint;
  readonly codeVersion: string;
  readonly error: string | null;
}

/** A run with what it told, which may be large. */
export interface StoredRun extends RunRecord {
  readonly result: object | null;
}

const COLUMNS = `run_id as "runId", state, business_date as "businessDate", started_at as "startedAt",
  finished_at as "finishedAt", host, pid, code_version as "codeVersion", error`;

/** The runs of a book, newest first. */
export async function listRuns(tx: Tx, bookId: bigint): Promise<RunRecord[]> {
  return await tx.query<RunRecord>(
    `select ${COLUMNS} from tieout.run where book_id = $1 order by run_id desc`,
    [bookId],
  );
}

/** One run of a book, if there is one of that number; without a number, the last one of the pipeline that was applied. */
export async function findRun(
  tx: Tx,
  bookId: bigint,
  runId?: bigint,
): Promise<StoredRun | undefined> {
  const [run] = await tx.query<StoredRun>(
    `select ${COLUMNS}, result from tieout.run
     where book_id = $1 and (run_id = $2::bigint or ($2::bigint is null and state = 'APPLIED' and kind = 'run'))
     order by run_id desc limit 1`,
    [bookId, runId ?? null],
  );
  return run;
}
