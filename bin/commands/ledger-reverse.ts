import type { Command } from 'commander';
import { recordAct } from '../../src/audit/audit-log.ts';
import type { BusinessDate } from '../../src/business-date.ts';
import { OperationalError } from '../../src/errors.ts';
import { sha256Hex } from '../../src/ids.ts';
import { type FoundJournal, findJournal } from '../../src/ledger/find-journal.ts';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { positiveOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { type PostingOptions, postOne } from '../hand-posting.ts';
import { actor, businessDateOption, inSession, type Session, withBook } from '../session.ts';

interface ReverseOptions extends PostingOptions {
  readonly amount?: string;
  readonly part?: readonly string[];
  readonly reason: string;
  readonly date?: string;
  readonly key?: string;
}

/** Adds `reverse` to `tieout ledger`: a journal that negates another, in full or in part. */
export function addReverseCommand(ledger: Command, context: CommandContext): void {
  withBook(ledger.command('reverse').description('post the reversal of a journal'))
    .argument('<journal>', 'the key of the journal, or its id')
    .option('--amount <amount>', 'only so much of a journal with one posting, in major units')
    .option(
      '--part <seq=amount>',
      'only so much of the posting of this number; may be given several times',
      (part: string, parts: readonly string[] = []) => [...parts, part],
    )
    .requiredOption('--reason <reason>', 'why, for the reversal and the audit log')
    .option('--date <date>', 'the day it takes effect; default today')
    .option(
      '--key <key>',
      'posts once, for ever; default made of what is reversed, so that the same command posts once',
    )
    .option('--plan', 'say what would be posted and keep nothing')
    .action((name: string, options: ReverseOptions) => reverse(context, name, options));
}

async function reverse(context: CommandContext, name: string, options: ReverseOptions) {
  await inSession(context, options, async (session) => {
    const journal = await session.db.read((tx) => findJournal(tx, session.bookId, name));
    if (journal === undefined)
      throw new OperationalError('not_found', `there is no journal ${name}`);
    const effectiveDate = businessDateOption(options.date, context, session.config);
    const request = reversalOf(journal, options, effectiveDate);
    await postOne(context, session, request, {
      ...options,
      also: async (tx, { created, results }) => {
        if (created === 0) return;
        await recordAct(tx, {
          ...auditOf(context, session),
          objectId: journal.journalId,
          reason: options.reason,
          after: { reversal: results[0]?.journalId ?? null },
        });
      },
    });
  });
}

function auditOf(context: CommandContext, { bookId }: Session) {
  const [action, objectType] = ['reverse', 'journal'];
  return { bookId, actor: actor(), action, objectType, now: context.now() };
}

function reversalOf(
  journal: FoundJournal,
  options: ReverseOptions,
  effectiveDate: BusinessDate,
): JournalRequest {
  const [first] = journal.postings;
  if (first === undefined)
    throw new OperationalError('invalid_input', `journal ${journal.key} moved no money`);
  const amountsMinor = partsOf(journal, options);
  return {
    key: options.key ?? keyOf(journal, amountsMinor, effectiveDate),
    kind: 'reversal',
    effectiveDate,
    currency: first.currency,
    description: `reversal of ${journal.key}: ${options.reason}`,
    createdBy: actor(),
    postings: [],
    reverses: { key: journal.key, ...(amountsMinor === undefined ? {} : { amountsMinor }) },
  };
}

/** In full once; the same parts of one day once. */
function keyOf(
  { key }: FoundJournal,
  amountsMinor: readonly bigint[] | undefined,
  effectiveDate: BusinessDate,
): string {
  if (amountsMinor === undefined) return `reverse|${key}`;
  const parts = [effectiveDate, ...amountsMinor.map(String)].join('|');
  return `reverse|${key}|${sha256Hex(parts).slice(0, 16)}`;
}

/** How much of each posting is reversed; `undefined` for all of the journal. */
function partsOf(
  journal: FoundJournal,
  { amount, part }: ReverseOptions,
): readonly bigint[] | undefined {
  const [first, ...others] = journal.postings;
  if (amount !== undefined && (part !== undefined || others.length > 0))
    throw new OperationalError('usage', `journal ${journal.key} has several postings: use --part`);
  if (amount !== undefined && first !== undefined)
    return [positiveOption('--amount', amount, first.currency)];
  if (part === undefined) return undefined;
  const texts = new Map(part.map(splitPart));
  if (texts.size < part.length)
    throw new OperationalError('usage', 'a posting stands in two --part');
  const unknown = [...texts.keys()].find((seq) => !journal.postings.some((one) => one.seq === seq));
  if (unknown !== undefined)
    throw new OperationalError('usage', `journal ${journal.key} has no posting ${unknown}`);
  return journal.postings.map(({ seq, currency }) => {
    const text = texts.get(seq);
    return text === undefined ? 0n : positiveOption('--part', text, currency);
  });
}

function splitPart(part: string): [number, string] {
  const [, seq, amount] = /^(\d{1,9})=(.+)$/.exec(part) ?? [];
  if (seq !== undefined && amount !== undefined) return [Number(seq), amount];
  throw new OperationalError('usage', `--part "${part}" is not SEQ=AMOUNT, for example 1=12.34`);
}
