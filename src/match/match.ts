import type { BusinessCalendar } from '../business-calendar.ts';
import type { BusinessDate } from '../business-date.ts';
import type { SourceConfig } from '../config.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { dueDays } from './due-days.ts';
import {
  applyPacks,
  type RuleNumbers,
  type RuleOutcome,
  recordNaming,
} from './engine/apply-pack.ts';
import { RETURN_STEPS, tieStatuses } from './returns.ts';
import type { Context, RulePack } from './rules/rule.ts';
import { numberBusinessDays } from './rules-in-force.ts';

/** The run a match is part of. */
export interface MatchOptions {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly now: Date;
  /** The rules, each pack of one context; versions that were retired tie nothing. */
  readonly packs: readonly RulePack[];
  /** Calendars of the user's own, by name. */
  readonly calendars: ReadonlyMap<string, BusinessCalendar>;
  /** Numbers the rules of the run as they are applied. */
  readonly numbers: RuleNumbers;
}

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const FORGET_CANDIDATES = 'delete from tieout.match_candidate where book_id = $1 and run_id = $2';
const TAKE_FILES = step('10_take_files.sql');
const DROP_CARRIED = step('40_drop_carried.sql');
const OVERTAKEN = step('45_overtaken_suggestions.sql');

/** Takes up the files that no run has matched; returns how many. What arrives later is another run's. */
export async function takeFiles(tx: Tx, options: MatchOptions): Promise<number> {
  await tx.execute('delete from tieout.match_verdict where book_id = $1', [options.bookId]);
  const { rowCount } = await tx.execute(TAKE_FILES, [options.bookId, options.runId]);
  return rowCount;
}

/** Ties settlement lines to the open items of the processors' receivables. */
export async function matchLines(tx: Tx, options: MatchOptions): Promise<RuleOutcome[]> {
  const outcome = await apply(tx, options, 'processor', ['line-to-item']);
  // What bank entries name is told in exceptions; what lines name is not.
  await tx.execute(FORGET_CANDIDATES, [options.bookId, options.runId]);
  return outcome;
}

/**
 * Ties bank entries to what is in transit, and to one another where money moves between own accounts; after settlement has
 * opened the payouts of this run's batches.
 */
export async function matchBank(tx: Tx, options: MatchOptions): Promise<RuleOutcome[]> {
  const outcome = await apply(tx, options, 'bank', ['bank-to-item', 'bank-to-bank']);
  await tx.execute(DROP_CARRIED, [options.bookId, options.runId]);
  return outcome;
}

/** Finds again what open entries name, for telling exceptions where nothing is matched. */
export async function lookForCandidates(
  tx: Tx,
  options: Pick<MatchOptions, 'bookId' | 'runId' | 'packs'>,
): Promise<void> {
  for (const pack of packsOf(options, ['bank-to-item'])) await recordNaming(tx, pack, options);
}

async function apply(
  tx: Tx,
  options: MatchOptions,
  role: 'processor' | 'bank',
  contexts: readonly Context[],
): Promise<RuleOutcome[]> {
  const packs = packsOf(options, contexts);
  const calendarKeys = await numberBusinessDays(tx, packs, options);
  return await applyPacks(tx, packs, { ...options, role, calendarKeys });
}

function packsOf(
  { packs }: Pick<MatchOptions, 'packs'>,
  contexts: readonly Context[],
): readonly RulePack[] {
  return contexts.flatMap((context) => packs.filter((pack) => pack.context === context));
}

const OPEN_EXCEPTIONS = step('70_open_exceptions.sql');
const CLOSE_EXCEPTIONS = step('71_close_exceptions.sql');

interface ExceptionStep {
  readonly sql: string;
  /** What it is given beside the book and the run. */
  readonly takes?: 'date' | 'due days';
}

/** What makes an exception, in order of precedence: an entry or item that one step tells is not told again below. */
const EXCEPTION_STEPS: readonly ExceptionStep[] = [
  ...RETURN_STEPS,
  { sql: step('50_amounts_differ.sql') },
  { sql: step('50_currencies_differ.sql') },
  { sql: step('51_payouts_differ.sql') },
  { sql: step('52_ambiguous.sql') },
  { sql: step('53_entries_without_item.sql') },
  { sql: step('54_items_without_entry.sql'), takes: 'due days' },
  { sql: step('55_several_batches.sql') },
  { sql: step('60_duplicates.sql') },
  { sql: step('61_statements.sql') },
  { sql: step('62_files.sql') },
  { sql: step('63_rejections.sql') },
  { sql: step('64_batches.sql') },
  { sql: step('65_restatements.sql'), takes: 'date' },
];

/** How many exceptions a run opened and closed. */
export interface ExceptionOutcome {
  readonly opened: number;
  readonly closed: number;
}

/** Turns what does not tie into exceptions, and resolves those whose cause is gone. */
export async function tellExceptions(
  tx: Tx,
  options: Pick<MatchOptions, 'bookId' | 'runId' | 'now'> & {
    readonly businessDate: BusinessDate;
    /** Those that say how long they take: what waits longer is overdue. */
    readonly sources?: readonly SourceConfig[];
  },
): Promise<ExceptionOutcome> {
  const run = [options.bookId, options.runId];
  await tx.execute(OVERTAKEN, [...run, options.now.toISOString()]);
  await tieStatuses(tx, options);
  const due = await dueDays(tx, { ...options, sources: options.sources ?? [] });
  const days = {
    date: [options.businessDate],
    'due days': [
      options.businessDate,
      due.map(({ accountCode }) => accountCode),
      due.map(({ effectiveDate }) => effectiveDate),
      due.map(({ dueOn }) => dueOn),
    ],
  };
  for (const { sql, takes } of EXCEPTION_STEPS) {
    await tx.execute(sql, takes === undefined ? run : [...run, ...days[takes]]);
  }
  const { rowCount: opened } = await tx.execute(OPEN_EXCEPTIONS, run);
  const { rowCount: closed } = await tx.execute(CLOSE_EXCEPTIONS, run);
  await tx.execute('delete from tieout.exception_wanted where book_id = $1 and run_id = $2', run);
  await tx.execute(FORGET_CANDIDATES, run);
  await tx.execute('delete from tieout.match_edge where book_id = $1 and run_id = $2', run);
  return { opened, closed };
}
