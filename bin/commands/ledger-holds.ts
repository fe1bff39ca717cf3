import type { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import { contentKeyOf, handJournal } from '../../src/ledger/hand-journal.ts';
import { expiringJournals, findHold, type Hold, listHolds } from '../../src/ledger/holds.ts';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { formatAmount } from '../../src/money.ts';
import { positiveOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { handContent, type PostingOptions, postJournals, postOne } from '../hand-posting.ts';
import { tellPosted } from '../posting-output.ts';
import { printJson, printTable } from '../print.ts';
import { actor, type BookOptions, businessDateOption, inSession, withBook } from '../session.ts';

interface PlaceOptions extends PostingOptions {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly currency?: string;
  readonly date?: string;
  readonly description?: string;
  readonly reference?: string;
  readonly expires?: string;
  readonly key?: string;
}

interface ResolveOptions extends PostingOptions {
  readonly amount?: string;
  readonly date?: string;
  readonly key?: string;
}

interface ListOptions extends BookOptions {
  readonly all?: boolean;
}

/** Adds `holds` to `tieout ledger`: amounts that are reserved until they are posted, voided or expire. */
export function addHoldCommands(ledger: Command, context: CommandContext): void {
  const holds = ledger.command('holds').description('amounts on hold');
  withBook(
    holds.command('list', { isDefault: true }).description('holds of which something remains'),
  )
    .option('--all', 'those that are done, too')
    .action((options: ListOptions) => list(context, options));
  withBook(holds.command('place').description('reserve an amount'))
    .requiredOption('--debit <code>', 'the account that will be debited')
    .requiredOption('--credit <code>', 'the account that will be credited')
    .requiredOption('--amount <amount>', 'in major units, positive')
    .option('--currency <currency>', 'default the one of the book')
    .option('--date <date>', 'the day it takes effect; default today')
    .option('--description <text>', 'what it is')
    .option('--reference <reference>', 'what evidence will name it by')
    .option('--expires <instant>', 'when it ends by itself, as 2026-03-09T12:00:00Z')
    .option('--key <key>', 'places once, for ever; default made of the content')
    .option('--plan', 'say what would be held and keep nothing')
    .action((options: PlaceOptions) => place(context, options));
  for (const [action, text] of [
    ['post', 'post a hold, all that remains of it or less'],
    ['void', 'end a hold without a posting'],
  ] as const) {
    const command = withBook(holds.command(action).description(text))
      .argument('<key>', 'the key of the hold')
      .option('--date <date>', 'the day it takes effect; default today')
      .option('--key <key>', 'the key of this journal; default made of the hold and the amount')
      .option('--plan', 'say what would be posted and keep nothing')
      .action((key: string, options: ResolveOptions) => resolve(context, { key, action }, options));
    if (action === 'post')
      command.option('--amount <amount>', 'in major units; default what remains');
  }
  withBook(holds.command('expire').description('end every hold that is past its expiry'))
    .option('--plan', 'say what would expire and keep nothing')
    .action((options: PostingOptions) => expire(context, options));
}

async function place(context: CommandContext, options: PlaceOptions): Promise<void> {
  const expiresAt = options.expires === undefined ? {} : { expiresAt: instantOf(options.expires) };
  await inSession(context, options, async (session) => {
    const content = handContent(context, session, { ...options, kind: 'hold' });
    const key = content.key || contentKeyOf(content).replace(/^post/, 'hold');
    const journal = handJournal({ ...content, key }, { createdBy: actor() });
    await postOne(context, session, { ...journal, hold: { place: true, ...expiresAt } }, options);
  });
}

function instantOf(text: string): Date {
  const instant =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
      ? new Date(text)
      : undefined;
  if (instant !== undefined && !Number.isNaN(instant.getTime())) return instant;
  throw new OperationalError('usage', `"${text}" is not an instant as 2026-03-09T12:00:00Z`);
}

async function resolve(
  context: CommandContext,
  { key, action }: { readonly key: string; readonly action: 'post' | 'void' },
  options: ResolveOptions,
): Promise<void> {
  await inSession(context, options, async (session) => {
    const hold = await session.db.read((tx) => findHold(tx, session.bookId, key));
    if (hold === undefined) throw new OperationalError('not_found', `there is no hold ${key}`);
    const amount =
      options.amount === undefined
        ? undefined
        : positiveOption('--amount', options.amount, hold.currency);
    const journal: JournalRequest = {
      key: options.key ?? `hold-${action}|${key}${amount === undefined ? '' : `|${amount}`}`,
      kind: `hold-${action}`,
      effectiveDate: businessDateOption(options.date, context, session.config),
      currency: hold.currency,
      description: `${action} hold ${key}`,
      createdBy: actor(),
      postings: [],
      hold: action === 'void' ? { void: key } : postedPart(key, amount),
    };
    await postOne(context, session, journal, options);
  });
}

function postedPart(key: string, amountMinor: bigint | undefined) {
  return amountMinor === undefined ? { post: key } : { post: key, amountMinor };
}

async function expire(context: CommandContext, options: PostingOptions): Promise<void> {
  const now = context.now();
  await inSession(context, options, async (session) => {
    const { bookId, db } = session;
    const journals = await db.read((tx) =>
      expiringJournals(tx, { bookId, now, createdBy: actor() }),
    );
    const isPlan = options.plan === true;
    const extent = isPlan ? 'plan' : 'accepted';
    const outcome = await postJournals(context, session, journals, extent);
    await tellPosted(context, { isPlan, ...outcome }, options);
  });
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const holds = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => listHolds(tx, { bookId, all: options.all === true })),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.ledger-holds/1', holds: holds.map(holdJson) });
    return;
  }
  await printTable(context, TITLES, holds.map(cellsOf));
}

const TITLES = ['key', 'debit', 'credit', '>amount', '>remaining', 'currency', 'expires'];

function cellsOf(hold: Hold): string[] {
  return [
    hold.key,
    hold.debit,
    hold.credit,
    formatAmount(hold.amountMinor, hold.currency),
    formatAmount(hold.remainingMinor, hold.currency),
    hold.currency,
    hold.expiresAt?.toISOString() ?? '',
  ];
}

function holdJson(hold: Hold): object {
  return {
    hold: hold.holdId,
    key: hold.key,
    debit: hold.debit,
    credit: hold.credit,
    currency: hold.currency,
    amount_minor: hold.amountMinor.toString(),
    posted_minor: hold.postedMinor.toString(),
    voided_minor: hold.voidedMinor.toString(),
    expired_minor: hold.expiredMinor.toString(),
    remaining_minor: hold.remainingMinor.toString(),
    placed_at: hold.placedAt.toISOString(),
    expires_at: hold.expiresAt?.toISOString() ?? null,
  };
}
