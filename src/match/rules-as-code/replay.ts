import type { BusinessDate } from '../../business-date.ts';
import type { Tx } from '../../db/db.ts';
import { sqlFile } from '../../db/sql-file.ts';
import type { FoundTie } from './found-ties.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const NIGHTS = step('nights.sql');
const CARRY_OPEN = step('carry_open.sql');
const TAKE_NIGHT = step('take_night.sql');
const JUDGED_TIES = step('judged_ties.sql');

/** A run that is replayed. */
export interface Night {
  readonly runId: bigint;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** A group that a person has confirmed or made (right), or rejected or revoked. */
export interface JudgedTie extends Pick<FoundTie, 'entries' | 'items'> {
  readonly isRight: boolean;
}

/** A book and the scratch book that its history is replayed in. */
export interface ReplayBooks {
  readonly bookId: bigint;
  readonly scratchBookId: bigint;
}

/** The runs since a business date, in their order. */
export async function nightsSince(
  tx: Tx,
  options: { readonly bookId: bigint; readonly since: BusinessDate },
): Promise<readonly Night[]> {
  return await tx.query<Night>(NIGHTS, [options.bookId, options.since]);
}

/** Opens the entries that earlier runs had taken up. */
export async function carryOpenEntries(
  tx: Tx,
  { bookId, scratchBookId }: ReplayBooks,
  sinceRun: bigint,
): Promise<void> {
  await tx.execute(CARRY_OPEN, [bookId, scratchBookId, sinceRun]);
}

/** Takes up the files of a night. */
export async function takeNight(
  tx: Tx,
  { bookId, scratchBookId }: ReplayBooks,
  { runId }: Night,
): Promise<void> {
  await tx.execute(TAKE_NIGHT, [bookId, scratchBookId, runId]);
}

/** What people have said of the groups made since a run. */
export async function readJudgedTies(
  tx: Tx,
  options: {
    readonly bookId: bigint;
    readonly sinceRun: bigint;
    readonly role: 'processor' | 'bank';
  },
): Promise<readonly JudgedTie[]> {
  const levels = options.role === 'processor' ? [1] : [2, 3];
  return await tx.query<JudgedTie>(JUDGED_TIES, [options.bookId, options.sinceRun, levels]);
}
