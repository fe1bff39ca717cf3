import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT_DIFFERENCES } from '../../src/errors.ts';
import { rulePacksOf, storedRulePacks } from '../../src/match/rules/packs.ts';
import type { FoundTie } from '../../src/match/rules-as-code/found-ties.ts';
import type { TieDifference } from '../../src/match/rules-as-code/tie-differences.ts';
import { formatAmount } from '../../src/money.ts';
import {
  type BacktestResult,
  backtestRules,
  type ReplayOutcome,
} from '../../src/pipeline/backtest-rules.ts';
import type { CommandContext } from '../command-context.ts';
import { writeJunit } from '../junit.ts';
import { printJson, printTable } from '../print.ts';
import { packRange } from '../rule-pack-argument.ts';
import { type BookOptions, dayOption, inSession, withBook } from '../session.ts';

interface BacktestCommandOptions extends BookOptions {
  readonly since: string;
  readonly junit?: string;
}

/** Adds `rules backtest`: what another pack would have made of the history. */
export function addRulesBacktest(rules: Command, context: CommandContext): void {
  withBook(
    rules
      .command('backtest')
      .description('replay the history of the book under two packs; nothing is changed'),
  )
    .argument('<A..B>', 'two packs: files, names, or versions that runs have used as pack@version')
    .requiredOption('--since <date>', 'the business date of the first run that is replayed')
    .option('--junit <file>', 'write the outcome as JUnit XML too')
    .action((range: string, options: BacktestCommandOptions) => backtest(context, range, options));
}

async function backtest(
  context: CommandContext,
  range: string,
  options: BacktestCommandOptions,
): Promise<void> {
  const since = dayOption(options.since);
  const result = await inSession(context, options, async ({ config, db, bookId }) => {
    const stored = await db.read((tx) => storedRulePacks(tx, bookId));
    const [before, after] = packRange(range, { folder: context.cwd, config, stored });
    const { calendars, currency } = config;
    const inForce = rulePacksOf(config);
    const now = context.now();
    return await backtestRules(db, {
      bookId,
      currency,
      since,
      inForce,
      before,
      after,
      calendars,
      now,
    });
  });
  if (options.junit !== undefined)
    writeJunit(resolve(context.cwd, options.junit), [suite(range, result)]);
  await (options.json ? tellJson(context, since, result) : tellText(context, since, result));
  if (result.differences.some(isLoss)) context.setExitCode(EXIT_DIFFERENCES);
}

function isLoss({ kind }: TieDifference): boolean {
  return kind !== 'new';
}

async function tellJson(
  context: CommandContext,
  since: string,
  { nights, entries, before, after, totals, differences }: BacktestResult,
): Promise<void> {
  await printJson(context, {
    schema: 'tieout.rules-backtest/1',
    since,
    nights,
    entries,
    before: outcomeJson(before),
    after: outcomeJson(after),
    totals: totals.map(({ amountMinor, ...total }) => ({
      ...total,
      amount_minor: amountMinor.toString(),
    })),
    differences: differences.map((one) => ({
      kind: one.kind,
      entry: one.entry,
      before: one.before === undefined ? null : tieJson(one.before),
      after: one.after === undefined ? null : tieJson(one.after),
    })),
  });
}

function outcomeJson({ pack, version, confirmed, suggested, labels }: ReplayOutcome): object {
  return { pack, version, confirmed, suggested, labels };
}

function tieJson({ rule, certificate, currency, amountMinor, entries, items }: FoundTie): object {
  return { rule, certificate, currency, amount_minor: amountMinor.toString(), entries, items };
}

const KIND_TEXT = { lost: 'lost', repartnered: 're-partnered', new: 'newly tied' } as const;

async function tellText(
  context: CommandContext,
  since: string,
  { nights, entries, before, after, totals, differences }: BacktestResult,
): Promise<void> {
  await context.out(`${nights} runs since ${since}, ${entries} entries\n\n`);
  await printTable(
    context,
    ['pack', '>tied', '>suggested', '>confirmed by people', '>taken back by people'],
    [before, after].map(outcomeCells),
  );
  await context.out('\n');
  if (totals.length === 0) {
    await context.out('the two tie the same\n');
    return;
  }
  await printTable(
    context,
    ['difference', 'rule', 'currency', '>ties', '>entries', '>amount'],
    totals.map((total) => [
      KIND_TEXT[total.kind],
      total.rule,
      total.currency,
      `${total.ties}`,
      `${total.entries}`,
      formatAmount(total.amountMinor, total.currency),
    ]),
  );
  const losses = differences.filter(isLoss);
  if (losses.length > 0) await context.out('\n');
  for (const loss of losses.slice(0, MOST_SHOWN)) await context.out(`${lossText(loss)}\n`);
  if (losses.length > MOST_SHOWN)
    await context.out(`and ${losses.length - MOST_SHOWN} more; --json tells all\n`);
}

const MOST_SHOWN = 20;

function lossText({ kind, entry, before, after }: TieDifference): string {
  const was = before === undefined ? '' : `${before.rule} tied it to ${partnersOf(before, entry)}`;
  const is = after === undefined ? '' : `; ${after.rule} to ${partnersOf(after, entry)}`;
  return `entry ${entry} ${KIND_TEXT[kind]}: ${was}${is}`;
}

function partnersOf({ entries, items }: FoundTie, entry: string): string {
  return [...entries.filter((other) => other !== entry), ...items].join(', ');
}

/** `3 of 4, 1 suggested`: of what people confirmed what the pack keeps, of what they took back what it would make again. */
function outcomeCells({ pack, version, confirmed, suggested, labels }: ReplayOutcome): string[] {
  const told = [
    { ...labels.right, verb: 'kept' },
    { ...labels.wrong, verb: 'made again' },
  ].map(
    (count) =>
      `${count.tied} of ${count.labels} ${count.verb}${count.suggested === 0 ? '' : `, ${count.suggested} suggested`}`,
  );
  return [`${pack}@${version}`, `${confirmed}`, `${suggested}`, ...told];
}

function suite(range: string, { differences, nights }: BacktestResult) {
  const losses = differences.filter(isLoss).map((loss) => ({
    name: `entry ${loss.entry}`,
    failure: lossText(loss),
  }));
  const whole = { name: `${nights} runs replayed` };
  return { name: `rules backtest ${range}`, cases: [whole, ...losses] };
}
