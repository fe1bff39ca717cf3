import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import { CLOSED_PERIOD, type ClosedPeriod, handJournal } from '../../src/ledger/hand-journal.ts';
import { type FileRejection, readJournalFile } from '../../src/ledger/journal-file.ts';
import { isRefused } from '../../src/ledger/post-by-hand.ts';
import { choiceOption, currencyOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { handContent, type PostingOptions, postJournals, postOne } from '../hand-posting.ts';
import { type ToldResult, tellPosted, textOf } from '../posting-output.ts';
import { printable } from '../record-output.ts';
import { regularFile } from '../regular-file.ts';
import { actor, inSession, tokenKey, withBook } from '../session.ts';

interface PostOptions extends PostingOptions {
  readonly debit?: string;
  readonly credit?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly date?: string;
  readonly description?: string;
  readonly kind?: string;
  readonly reference?: string;
  readonly key?: string;
  readonly closedPeriod?: string;
  readonly allOrNothing?: boolean;
}

/** Of one journal, so without a meaning beside a file. */
const OF_ONE = [
  'debit',
  'credit',
  'amount',
  'date',
  'description',
  'kind',
  'reference',
  'key',
] as const;

/** Adds `post` to `tieout ledger`: one journal from the command line, or many from a file. */
export function addPostCommand(ledger: Command, context: CommandContext): void {
  withBook(ledger.command('post').description('post a journal by hand, or those of a CSV file'))
    .argument('[file]', 'CSV with a header; see the README for its columns')
    .option('--debit <code>', 'the account that is debited')
    .option('--credit <code>', 'the account that is credited')
    .option('--amount <amount>', 'in major units, positive')
    .option('--currency <currency>', 'default the one of the book; also of lines that name none')
    .option('--date <date>', 'the day it takes effect; default today')
    .option('--description <text>', 'what it is')
    .option('--kind <kind>', 'default adjustment')
    .option('--reference <reference>', 'what evidence will name it by')
    .option(
      '--key <key>',
      'posts once, for ever; default made of the content, so that the same command posts once',
    )
    .option(
      '--closed-period <do>',
      'when its period is closed: next_open, refuse, adjust',
      'next_open',
    )
    .option('--all-or-nothing', 'post nothing of the file when one journal is refused')
    .option('--plan', 'say what would be posted and keep nothing')
    .action((file: string | undefined, options: PostOptions) =>
      file === undefined ? postLine(context, options) : postFile(context, file, options),
    );
}

function closedPeriodOf({ closedPeriod }: PostOptions): ClosedPeriod {
  return choiceOption('--closed-period', closedPeriod ?? 'next_open', CLOSED_PERIOD);
}

async function postLine(context: CommandContext, options: PostOptions): Promise<void> {
  const missing = (['debit', 'credit', 'amount'] as const).filter(
    (name) => options[name] === undefined,
  );
  if (missing.length > 0)
    throw new OperationalError('usage', `give a file, or --${missing.join(', --')} too`);
  if (options.allOrNothing)
    throw new OperationalError('usage', '--all-or-nothing is about the journals of a file');
  const closedPeriod = closedPeriodOf(options);
  await inSession(context, options, async (session) => {
    const content = handContent(context, session, options);
    await postOne(
      context,
      session,
      handJournal(content, { createdBy: actor(), closedPeriod }),
      options,
    );
  });
}

async function postFile(
  context: CommandContext,
  file: string,
  options: PostOptions,
): Promise<void> {
  const alien = OF_ONE.filter((name) => options[name] !== undefined);
  if (alien.length > 0)
    throw new OperationalError('usage', `--${alien.join(', --')} is about one journal, not a file`);
  const closedPeriod = closedPeriodOf(options);
  const path = await regularFile(resolve(context.cwd, file));
  const told = await inSession(context, options, async (session) => {
    const { journals, rejections } = await readJournalFile(createReadStream(path), {
      createdBy: actor(),
      currency: currencyOption(options.currency, session.config),
      closedPeriod,
      tokenKey: tokenKey(session.config),
    });
    if (options.allOrNothing && !options.plan && rejections.length > 0) {
      const read = journals.length + rejections.length;
      throw nothingPosted(context, file, { results: rejections.map(rejected), read });
    }
    const outcome = await postJournals(
      context,
      session,
      journals.map(({ journal }) => journal),
      extentOf(options),
    );
    const results = outcome.results.map(
      (result, place): ToldResult => ({ ...result, line: journals[place]?.line ?? 0 }),
    );
    return { outcome, results: byLine([...rejections.map(rejected), ...results]) };
  });
  const { results } = told;
  if (options.allOrNothing && !options.plan && results.some(isRefused))
    throw nothingPosted(context, file, { results, read: results.length });
  noteRefusals(context, file, results);
  const { balances } = told.outcome;
  await tellPosted(context, { isPlan: options.plan === true, results, balances }, options);
}

function extentOf({ plan, allOrNothing }: PostOptions) {
  if (plan) return 'plan';
  return allOrNothing ? 'all-or-nothing' : 'accepted';
}

function rejected({ line, code, text }: FileRejection): ToldResult {
  return { line, code, text, key: '', journalId: null };
}

function byLine(results: readonly ToldResult[]): ToldResult[] {
  return [...results].sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

function noteRefusals(context: CommandContext, file: string, results: readonly ToldResult[]): void {
  for (const result of results.filter(isRefused))
    context.note(printable(`tieout: ${file}:${result.line} ${result.code} ${textOf(result)}`));
}

function nothingPosted(
  context: CommandContext,
  file: string,
  { results, read }: { readonly results: readonly ToldResult[]; readonly read: number },
): OperationalError {
  noteRefusals(context, file, results);
  const refused = results.filter(isRefused).length;
  return new OperationalError(
    'invalid_input',
    `${refused} of ${read} journals were refused, so none of the file was posted`,
  );
}
