import type { BusinessCalendar } from '../business-calendar.ts';
import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Database, Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { copyEntries } from '../ingest/scratch-entries.ts';
import { closeItems } from '../ledger/close-items.ts';
import {
  copyItemsAside,
  type ItemsAside,
  openAsBooked,
  openScratchBook,
} from '../ledger/scratch-items.ts';
import { RuleNumbers } from '../match/engine/apply-pack.ts';
import { matchBank, matchLines } from '../match/match.ts';
import type { RulePack } from '../match/rules/rule.ts';
import { type FoundTie, readFoundTies } from '../match/rules-as-code/found-ties.ts';
import {
  carryOpenEntries,
  type Night,
  nightsSince,
  readJudgedTies,
  takeNight,
} from '../match/rules-as-code/replay.ts';
import {
  type DifferenceTotal,
  differenceTotals,
  type LabelScore,
  labelScore,
  type TieDifference,
  tieDifferences,
} from '../match/rules-as-code/tie-differences.ts';

/** Two packs and the history they are held against. */
export interface BacktestOptions {
  readonly bookId: bigint;
  readonly currency: Currency;
  readonly since: BusinessDate;
  /** The packs in force: each of the two takes the place of the one it would replace. */
  readonly inForce: readonly RulePack[];
  readonly before: RulePack;
  readonly after: RulePack;
  readonly calendars: ReadonlyMap<string, BusinessCalendar>;
  readonly now: Date;
}

/** What a pack made of the history. */
export interface ReplayOutcome {
  readonly pack: string;
  readonly version: string;
  readonly confirmed: number;
  readonly suggested: number;
  readonly labels: LabelScore;
}

export interface BacktestResult {
  readonly nights: number;
  readonly entries: number;
  readonly before: ReplayOutcome;
  readonly after: ReplayOutcome;
  readonly differences: readonly TieDifference[];
  readonly totals: readonly DifferenceTotal[];
}

/**
 * Replays a book's history since a day under one pack and under another, night by night, and tells where they differ.
 *
 * The history is copied into a scratch book in a transaction that is rolled back: no row of the book is written or locked, and
 * runs go on meanwhile. Both packs see one snapshot.
 */
export async function backtestRules(
  db: Database,
  options: BacktestOptions,
): Promise<BacktestResult> {
  if (options.before.context !== options.after.context)
    throw new OperationalError(
      'usage',
      `${options.before.pack} is of ${options.before.context} and ${options.after.pack} of ${options.after.context}: they cannot be compared`,
    );
  return await db.transaction((tx) => backtest(tx, options), { rollback: true });
}

interface Replay {
  readonly bookId: bigint;
  readonly scratchBookId: bigint;
  readonly aside: ItemsAside;
  readonly nights: readonly Night[];
}

async function backtest(tx: Tx, options: BacktestOptions): Promise<BacktestResult> {
  // One snapshot for every statement; it must come before the first of them.
  await tx.execute('set transaction isolation level repeatable read');
  const { bookId, since, currency, now, before, after } = options;
  const nights = await nightsSince(tx, { bookId, since });
  const [first] = nights;
  if (first === undefined)
    throw new OperationalError('not_found', `no run of this book is of ${since} or later`);
  const role = before.context === 'line-to-item' ? 'processor' : 'bank';
  const scratchBookId = await openScratchBook(tx, { name: `replay of ${bookId}`, currency, now });
  const copied = { bookId, scratchBookId, sinceRun: first.runId };
  const entries = await copyEntries(tx, { ...copied, role });
  const aside = await copyItemsAside(tx, { ...copied, isReceivable: role === 'processor' });
  const replay = { bookId, scratchBookId, aside, nights };
  const judged = await readJudgedTies(tx, { bookId, sinceRun: first.runId, role });
  const ties = {
    before: await replayed(tx, replay, before, options),
    after: await replayed(tx, replay, after, options),
  };
  const differences = tieDifferences(ties.before, ties.after);
  const outcomeOf = (pack: RulePack, found: readonly FoundTie[]): ReplayOutcome => ({
    pack: pack.pack,
    version: pack.version,
    confirmed: found.filter(({ status }) => status === 'confirmed').length,
    suggested: found.filter(({ status }) => status === 'suggested').length,
    labels: labelScore(found, judged),
  });
  return {
    nights: nights.length,
    entries,
    before: outcomeOf(before, ties.before),
    after: outcomeOf(after, ties.after),
    differences,
    totals: differenceTotals(differences),
  };
}

/** Plays the nights under a pack and undoes them: the history stands as it was for the next one. */
async function replayed(
  tx: Tx,
  replay: Replay,
  pack: RulePack,
  options: BacktestOptions,
): Promise<readonly FoundTie[]> {
  await tx.execute('savepoint replay');
  const packs = packsWith(pack, options);
  const [first] = replay.nights;
  if (first !== undefined) await carryOpenEntries(tx, replay, first.runId);
  let after: Date | undefined;
  for (const night of replay.nights) {
    await openAsBooked(tx, replay.aside, { after, until: night.finishedAt });
    after = night.finishedAt;
    await playNight(tx, replay, night, { packs, calendars: options.calendars });
  }
  const found = await readFoundTies(tx, replay.scratchBookId);
  await tx.execute('rollback to savepoint replay');
  return found;
}

async function playNight(
  tx: Tx,
  replay: Replay,
  night: Night,
  rules: Pick<BacktestOptions, 'calendars'> & { readonly packs: readonly RulePack[] },
): Promise<void> {
  const matching = {
    ...rules,
    bookId: replay.scratchBookId,
    runId: night.runId,
    now: night.startedAt,
    numbers: new RuleNumbers(),
  };
  await takeNight(tx, replay, night);
  await matchLines(tx, matching);
  await matchBank(tx, matching);
  await closeItems(tx, matching);
}

/** The packs in force with this one in the place of the two that are compared. */
function packsWith(pack: RulePack, options: BacktestOptions): readonly RulePack[] {
  const names = [options.before.pack, options.after.pack];
  const isReplaced = (one: RulePack) => names.includes(one.pack);
  const place = options.inForce.findIndex(isReplaced);
  const [head, tail] =
    place === -1
      ? [options.inForce, []]
      : [options.inForce.slice(0, place), options.inForce.slice(place)];
  return [...head, pack, ...tail.filter((one) => !isReplaced(one))];
}
