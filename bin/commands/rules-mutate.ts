import type { Command } from 'commander';
import { EXIT_DIFFERENCES, OperationalError } from '../../src/errors.ts';
import { storedRulePacks } from '../../src/match/rules/packs.ts';
import { type MutationOutcome, mutateRules } from '../../src/pipeline/mutate-rules.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { packNamed } from '../rule-pack-argument.ts';
import { type BookOptions, inSession, withBook } from '../session.ts';

interface MutateOptions extends BookOptions {
  readonly seed: string;
  readonly payments: string;
}

/** Adds `rules mutate`: what a pack wrongly accepts when evidence is damaged. */
export function addRulesMutate(rules: Command, context: CommandContext): void {
  withBook(
    rules
      .command('mutate')
      .description('damage the evidence of made-up payments and tell what a pack wrongly accepts'),
  )
    .argument('<pack>', 'a file, a name, or a version that a run has used as pack@version')
    .option('--seed <n>', 'another number makes another world', '1')
    .option('--payments <n>', 'how many payments each mutation is tried on, 2 to 200', '30')
    .action((pack: string, options: MutateOptions) => mutate(context, pack, options));
}

async function mutate(
  context: CommandContext,
  word: string,
  options: MutateOptions,
): Promise<void> {
  const seed = wholeNumber(options.seed, { from: 0, to: 1_000_000_000, name: '--seed' });
  const payments = wholeNumber(options.payments, { from: 2, to: 200, name: '--payments' });
  const { pack, outcomes } = await inSession(context, options, async ({ config, db, bookId }) => {
    const stored = await db.read((tx) => storedRulePacks(tx, bookId));
    const pack = packNamed(word, { folder: context.cwd, config, stored });
    const { calendars } = config;
    const now = context.now();
    return { pack, outcomes: await mutateRules(db, pack, { seed, payments, calendars, now }) };
  });
  if (options.json) {
    const { pack: name, version } = pack;
    const mutations = outcomes.map(outcomeJson);
    await printJson(context, {
      schema: 'tieout.rules-mutate/1',
      pack: name,
      version,
      seed,
      mutations,
    });
  } else await tellText(context, outcomes);
  if (outcomes.some(({ wrong }) => wrong > 0)) context.setExitCode(EXIT_DIFFERENCES);
}

function wholeNumber(
  text: string,
  { from, to, name }: { readonly from: number; readonly to: number; readonly name: string },
): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= from && value <= to) return value;
  throw new OperationalError('usage', `${name} ${text} is no whole number from ${from} to ${to}`);
}

function outcomeJson(outcome: MutationOutcome): object {
  const { suggestedRight, suggestedWrong, wrongTies, ...counts } = outcome;
  return {
    ...counts,
    suggested_right: suggestedRight,
    suggested_wrong: suggestedWrong,
    wrong_ties: wrongTies,
  };
}

async function tellText(
  context: CommandContext,
  outcomes: readonly MutationOutcome[],
): Promise<void> {
  const titles = [
    'mutation',
    '>evidence',
    '>right',
    '>WRONG',
    '>suggested',
    '>of them wrong',
    '>open',
  ];
  await printTable(
    context,
    titles,
    outcomes.map((one) => [
      one.mutation,
      `${one.evidence}`,
      `${one.right}`,
      `${one.wrong}`,
      `${one.suggestedRight + one.suggestedWrong}`,
      `${one.suggestedWrong}`,
      `${one.open}`,
    ]),
  );
  for (const { mutation, wrongTies } of outcomes)
    for (const { rows, rule } of wrongTies)
      await context.out(`${mutation}: ${rule} tied ${rows.join(' + ')}\n`);
}
