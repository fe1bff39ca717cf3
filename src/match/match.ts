import type { BusinessDate } from '../business-date.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

/** The run a match is part of. */
export interface MatchOptions {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly now: Date;
}

/** How many groups a rule made. */
export interface RuleOutcome {
  readonly rule: string;
  readonly groups: number;
}

interface MatchRule {
  readonly name: string;
  readonly sql: string;
}

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const TAKE_FILES = step('10_take_files.sql');
const BANK_CANDIDATES = step('30_bank_candidates.sql');
const DROP_CARRIED = step('40_drop_carried.sql');
const CARRY_OVER = step('41_carry_over.sql');

/** The rules of level 1, settlement lines to open items, strictest first; each sees only what the ones above left open. */
const LINE_RULES: readonly MatchRule[] = [
  { name: 'lines-by-reference@1', sql: step('20_lines_by_reference.sql') },
  { name: 'lines-by-other-reference@1', sql: step('21_lines_by_other_reference.sql') },
];

/** The rules of level 2, bank entries to items in transit. */
const BANK_RULES: readonly MatchRule[] = [
  { name: 'bank-by-reference@1', sql: step('31_bank_by_reference.sql') },
];

/** Takes up the files that no run has matched; returns how many. What arrives later is another run's. */
export async function takeFiles(tx: Tx, options: MatchOptions): Promise<number> {
  const { rowCount } = await tx.execute(TAKE_FILES, [options.bookId, options.runId]);
  return rowCount;
}

/** Ties settlement lines to the open items of the processors' receivables. */
export async function matchLines(tx: Tx, options: MatchOptions): Promise<RuleOutcome[]> {
  return await apply(tx, LINE_RULES, options);
}

/** Ties bank entries to what is in transit; after settlement has opened the payouts of this run's batches. */
export async function matchBank(tx: Tx, options: MatchOptions): Promise<RuleOutcome[]> {
  await tx.execute(BANK_CANDIDATES, [options.bookId, options.runId]);
  const outcome = await apply(tx, BANK_RULES, options);
  await tx.execute(DROP_CARRIED, [options.bookId, options.runId]);
  await tx.execute(CARRY_OVER, [options.bookId, options.runId]);
  return outcome;
}

async function apply(
  tx: Tx,
  rules: readonly MatchRule[],
  options: MatchOptions,
): Promise<RuleOutcome[]> {
  const outcome: RuleOutcome[] = [];
  for (const { name, sql } of rules) {
    const { rowCount: groups } = await tx.execute(sql, [
      options.bookId,
      options.runId,
      name,
      options.now.toISOString(),
    ]);
    outcome.push({ rule: name, groups });
  }
  return outcome;
}

const OPEN_EXCEPTIONS = step('70_open_exceptions.sql');
const CLOSE_EXCEPTIONS = step('71_close_exceptions.sql');

/** What makes an exception, in order of precedence: an entry or item that one step tells is not told again below. */
const EXCEPTION_STEPS: readonly { readonly sql: string; readonly isDated?: boolean }[] = [
  { sql: step('50_amounts_differ.sql') },
  { sql: step('51_payouts_differ.sql') },
  { sql: step('52_ambiguous.sql') },
  { sql: step('53_entries_without_item.sql') },
  { sql: step('54_items_without_entry.sql'), isDated: true },
  { sql: step('60_duplicates.sql') },
  { sql: step('61_statements.sql') },
  { sql: step('62_files.sql') },
  { sql: step('63_rejections.sql') },
  { sql: step('64_batches.sql') },
  { sql: step('65_restatements.sql') },
];

/** How many exceptions a run opened and closed. */
export interface ExceptionOutcome {
  readonly opened: number;
  readonly closed: number;
}

/** Turns what does not tie into exceptions, and resolves those whose cause is gone. */
export async function tellExceptions(
  tx: Tx,
  options: MatchOptions & { readonly businessDate: BusinessDate },
): Promise<ExceptionOutcome> {
  const run = [options.bookId, options.runId];
  for (const { sql, isDated } of EXCEPTION_STEPS) {
    await tx.execute(sql, isDated ? [...run, options.businessDate] : run);
  }
  const { rowCount: opened } = await tx.execute(OPEN_EXCEPTIONS, run);
  const { rowCount: closed } = await tx.execute(CLOSE_EXCEPTIONS, run);
  await tx.execute('delete from tieout.exception_wanted where book_id = $1 and run_id = $2', run);
  await tx.execute('delete from tieout.match_candidate where book_id = $1 and run_id = $2', run);
  return { opened, closed };
}
