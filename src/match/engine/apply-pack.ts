import type { Tx } from '../../db/db.ts';
import { joiningNight } from '../../db/night-joins.ts';
import { sqlFile } from '../../db/sql-file.ts';
import { type Rule, type RulePack, ruleVersion } from '../rules/rule.ts';
import {
  allowedPairs,
  classPairs,
  classRest,
  isClassRule,
  isExact,
  namedPairs,
  type RuleUse,
} from './compile.ts';
import type { EntryEnd, FoundGroup } from './found-group.ts';
import { type EdgeRow, type RuleSolution, solveRule } from './solve-rule.ts';
import type { Statement } from './sql-text.ts';
import { writeGroups } from './write-groups.ts';

const step = (file: string) => sqlFile(import.meta.url, `../sql/${file}`);

const CARRY_OVER = step('15_carry_over.sql');
const USE_RULE = step('16_use_rule.sql');
const STRONGEST_NAMING = step('30_strongest_naming.sql');
const LONE_PAIRS = step('32_lone_pairs.sql');
const EDGES_TO_SOLVE = step('33_edges_to_solve.sql');
const VERDICTS = step('37_write_verdicts.sql');

/** The run that rules are applied in. */
export interface PackRun {
  readonly bookId: bigint;
  readonly runId: bigint;
  readonly now: Date;
  /** Under which key the business days of each calendar are numbered. */
  readonly calendarKeys: ReadonlyMap<string, string>;
}

/** How many groups a rule made; suggestions are counted apart. */
export interface RuleOutcome {
  readonly rule: string;
  readonly groups: number;
  readonly suggested: number;
}

/** Numbers the rules of a run, over all packs. */
export class RuleNumbers {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/**
 * Makes what no rule has tied of a run's new files open entries, once: after a first rule that ties whole classes, so that
 * most entries are never carried, else before any rule looks.
 */
class CarryOver {
  readonly #tx: Tx;
  readonly #run: PackRun & { readonly role: 'processor' | 'bank' };
  #isDone = false;

  constructor(tx: Tx, run: PackRun & { readonly role: 'processor' | 'bank' }) {
    this.#tx = tx;
    this.#run = run;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  async once(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#tx.execute(CARRY_OVER, [this.#run.bookId, this.#run.runId, this.#run.role]);
  }
}

const LEVELS = { 'line-to-item': 1, 'bank-to-item': 2, 'bank-to-bank': 3 } as const;

/**
 * Applies the rules of packs of one role, strictest first: each sees only what the ones above left open.
 *
 * Pairs that are alone never leave the database; components of several are solved exactly (`solver/`). What no rule ties is
 * open when it returns. The result does not depend on the order of files, rows or edges.
 */
export async function applyPacks(
  tx: Tx,
  packs: readonly RulePack[],
  run: PackRun & { readonly role: 'processor' | 'bank'; readonly numbers: RuleNumbers },
): Promise<RuleOutcome[]> {
  const outcome: RuleOutcome[] = [];
  const suggested = new Set<string>();
  const carried = new CarryOver(tx, run);
  for (const pack of packs) {
    let isNamed = false;
    for (const rule of pack.rules) {
      if (rule.retired) continue;
      // Not before a rule asks for it: a first rule that ties whole classes leaves little to be named.
      if (rule.among !== 'any' && !isNamed) {
        await carried.once();
        await recordNaming(tx, pack, run);
        isNamed = true;
      }
      const application: Application = {
        ...run,
        context: pack.context,
        level: LEVELS[pack.context],
        ruleNo: run.numbers.next(),
        ruleText: ruleVersion(pack, rule),
        carried,
        suggested,
      };
      outcome.push({ rule: application.ruleText, ...(await applyRule(tx, rule, application)) });
    }
  }
  await carried.once();
  return outcome;
}

interface Application extends PackRun, RuleUse {
  readonly role: 'processor' | 'bank';
  readonly ruleText: string;
  readonly carried: CarryOver;
  /** Entries that a rule of this run has made a suggestion for. */
  readonly suggested: Set<string>;
}

/** Records which open entries name which items by a pack's naming, whatever their amounts: of each the strongest. */
export async function recordNaming(
  tx: Tx,
  pack: RulePack,
  run: { readonly bookId: bigint; readonly runId: bigint },
): Promise<void> {
  if (pack.naming.length === 0) return;
  const strongestFirst = [...pack.naming].sort((one, other) => one.strength - other.strength);
  for (const naming of strongestFirst)
    await execute(tx, namedPairs(naming, { ...run, context: pack.context }));
  await tx.execute(STRONGEST_NAMING, [run.bookId, run.runId]);
}

async function applyRule(
  tx: Tx,
  rule: Rule,
  application: Application,
): Promise<{ groups: number; suggested: number }> {
  const { bookId, runId, ruleNo, ruleText, level, now } = application;
  await tx.execute(USE_RULE, [bookId, runId, ruleNo, ruleText, level, now.toISOString()]);
  if (isClassRule(application.context, rule)) return await applyClassRule(tx, rule, application);
  await application.carried.once();
  const edges = await execute(tx, allowedPairs(rule, application));
  if (edges === 0) return { groups: 0, suggested: 0 };
  const alone = await tieLonePairs(tx, rule, application);
  const left = await tx.query<EdgeRow>(EDGES_TO_SOLVE, [
    bookId,
    runId,
    ruleNo,
    rule.among === 'named',
    isExact(rule),
  ]);
  const solution = await solveRule(left, rule, application);
  const written = await writeSolution(tx, solution, application, rule.onMatch === 'confirmed');
  return { groups: alone + written.groups, suggested: written.suggested };
}

async function applyClassRule(
  tx: Tx,
  rule: Rule,
  application: Application,
): Promise<{ groups: number; suggested: number }> {
  const isFirst = !application.carried.isDone;
  const pairs = classPairs(rule, { ...application, isFirst });
  const alone = await joiningNight(tx, application, () => execute(tx, pairs));
  await application.carried.once();
  const rest =
    rule.ambiguity === 'cardinality' ? await execute(tx, classRest(rule, application)) : 0;
  return { groups: alone + rest, suggested: 0 };
}

/** Only where a pair needs no more than its rule to be told: an entry and an item of one amount, confirmed. */
async function tieLonePairs(tx: Tx, rule: Rule, application: Application): Promise<number> {
  const isPlain =
    rule.cardinality === '1:1' &&
    application.context !== 'bank-to-bank' &&
    rule.onMatch === 'confirmed' &&
    !rule.predicates.some(({ op }) => op === 'within');
  if (!isPlain) return 0;
  const { bookId, runId, ruleNo, level } = application;
  const { rowCount } = await tx.execute(LONE_PAIRS, [bookId, runId, ruleNo, level]);
  return rowCount;
}

async function writeSolution(
  tx: Tx,
  { groups, undecided }: RuleSolution,
  application: Application,
  tells: boolean,
): Promise<{ groups: number; suggested: number }> {
  const { bookId, ruleText, suggested } = application;
  const confirmed = groups.filter(({ status }) => status === 'confirmed');
  const proposals = groups.filter(
    (group) => group.status === 'suggested' && isNewTo(suggested, group),
  );
  await writeGroups(tx, [...confirmed, ...proposals], application);
  if (!tells) return { groups: confirmed.length, suggested: proposals.length };
  await tx.execute(VERDICTS, [
    bookId,
    ruleText,
    undecided.map(({ entry }) => entry.fileNo),
    undecided.map(({ entry }) => entry.ordinal),
    undecided.map(({ certificate }) => certificate),
    undecided.map(({ alternatives }) => alternatives),
  ]);
  return { groups: confirmed.length, suggested: proposals.length };
}

/** One suggestion an entry: the first rule that makes one has the word. */
function isNewTo(suggested: Set<string>, { entries }: FoundGroup): boolean {
  const names = entries.map(({ fileNo, ordinal }: EntryEnd) => `${fileNo}:${ordinal}`);
  if (names.some((name) => suggested.has(name))) return false;
  for (const name of names) suggested.add(name);
  return true;
}

async function execute(tx: Tx, { sql, values }: Statement): Promise<number> {
  const { rowCount } = await tx.execute(sql, [...values]);
  return rowCount;
}
