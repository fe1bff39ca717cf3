import { Command } from 'commander';
import { type BusinessDate, dayNumber } from '../../src/business-date.ts';
import type { Tx } from '../../src/db/db.ts';
import { OperationalError } from '../../src/errors.ts';
import type { Calendars } from '../../src/match/explain/evaluate.ts';
import { groupsOfEntry, readMatch } from '../../src/match/explain/read-match.ts';
import { readExceptionSubject, readOpen } from '../../src/match/explain/read-open.ts';
import { reckonedCalendars } from '../../src/match/explain/reckoned-calendars.ts';
import { findThings, ID_FORMS, type Thing } from '../../src/match/explain/things.ts';
import { type ExceptionRow, listExceptions } from '../../src/report/exceptions.ts';
import { localise } from '../../src/report/localise.ts';
import type { CommandContext } from '../command-context.ts';
import { explanationJson } from '../explain-json.ts';
import { type Explained, explanationText } from '../explain-output.ts';
import { printJson } from '../print.ts';
import { type BookOptions, businessDateOption, inSession, withBook } from '../session.ts';

/** Codes whose difference is followed down the control totals of a batch. */
const OF_A_BATCH: readonly string[] = [
  'SET_PAYOUT_SHORT',
  'SET_PAYOUT_OVER',
  'SET_BATCH_UNBALANCED',
];

interface ExplainOptions extends BookOptions {
  readonly asOf?: string;
}

/** `tieout explain`: why something is tied, or what is nearest to it and which condition it misses. */
export function explainCommand(context: CommandContext): Command {
  return withBook(
    new Command('explain').description(
      'why an entry or open item is tied, or what is nearest to it and what it misses; where a batch goes wrong',
    ),
  )
    .argument('<id>', ID_FORMS)
    .option('--as-of <date>', 'age at this day; default today')
    .action((id: string, options: ExplainOptions) => explain(context, id, options));
}

async function explain(
  context: CommandContext,
  id: string,
  options: ExplainOptions,
): Promise<void> {
  const explained = await inSession(context, options, ({ config, db, bookId }) => {
    const asOf = businessDateOption(options.asOf, context, config);
    const calendars = reckonedCalendars(config.calendars);
    return db.read((tx) => explainNamed(tx, id, { bookId, asOf, calendars }));
  });
  if (options.json) await printJson(context, explanationJson(id, explained));
  else await context.out(explanationText(id, explained));
}

interface ReadOptions {
  readonly bookId: bigint;
  readonly asOf: BusinessDate;
  readonly calendars: Calendars;
}

async function explainNamed(tx: Tx, id: string, options: ReadOptions): Promise<Explained> {
  const things = await findThings(tx, options.bookId, id);
  const [thing, ...others] = things;
  if (thing === undefined)
    throw new OperationalError('not_found', `there is no "${id}" to explain; give ${ID_FORMS}`);
  return others.length === 0 ? await explainThing(tx, thing, options) : { kind: 'list', things };
}

async function explainThing(tx: Tx, thing: Thing, options: ReadOptions): Promise<Explained> {
  if (thing.kind === 'match') return await explainMatch(tx, thing.groupId, options);
  if (thing.kind === 'entry') return await explainEntry(tx, thing, options);
  if (thing.kind === 'item') return await explainOpen(tx, { itemId: thing.itemId }, options);
  if (thing.kind === 'exception') return await explainException(tx, thing.exceptionId, options);
  const batch = await localise(tx, { bookId: options.bookId, batchId: thing.batchId });
  if (batch === undefined)
    throw new OperationalError('not_found', `there is no batch ${thing.batchId}`);
  return { kind: 'batch', batch };
}

async function explainMatch(
  tx: Tx,
  groupId: string,
  { bookId, calendars }: ReadOptions,
): Promise<Explained> {
  const match = await readMatch(tx, { bookId, groupId, calendars });
  if (match === undefined) throw new OperationalError('not_found', `there is no match ${groupId}`);
  return { kind: 'match', match };
}

/** An entry that is tied is told by its match. */
async function explainEntry(
  tx: Tx,
  { fileNo, ordinal }: Thing & { readonly kind: 'entry' },
  options: ReadOptions,
): Promise<Explained> {
  const groups = await groupsOfEntry(tx, options.bookId, { fileNo, ordinal });
  const tied = groups.find(({ status }) => status === 'confirmed');
  if (tied !== undefined) return await explainMatch(tx, tied.groupId, options);
  return await explainOpen(tx, { entry: { fileNo, ordinal } }, options);
}

async function explainException(
  tx: Tx,
  exceptionId: string,
  options: ReadOptions,
): Promise<Explained> {
  const subject = await readExceptionSubject(tx, options.bookId, exceptionId);
  if (subject === undefined)
    throw new OperationalError('not_found', `there is no exception ${exceptionId}`);
  const { code, fileNo, ordinal, itemId } = subject;
  return await explainOpen(
    tx,
    {
      exceptionId,
      ...(fileNo === null || ordinal === null ? {} : { entry: { fileNo, ordinal } }),
      ...(itemId === null ? {} : { itemId }),
      isOfBatch: OF_A_BATCH.includes(code),
    },
    options,
  );
}

interface OpenSubject {
  readonly entry?: { readonly fileNo: bigint; readonly ordinal: bigint };
  readonly itemId?: string;
  readonly exceptionId?: string;
  readonly isOfBatch?: boolean;
}

async function explainOpen(
  tx: Tx,
  { exceptionId, isOfBatch, ...subject }: OpenSubject,
  { bookId, asOf }: ReadOptions,
): Promise<Explained> {
  const open = await readOpen(tx, { bookId, ...subject });
  const ids = exceptionId === undefined ? open.exceptionIds : [exceptionId];
  const exceptions: ExceptionRow[] = [];
  for (const id of ids)
    exceptions.push(...(await listExceptions(tx, { bookId, asOf, filters: { id } })));
  const of = exceptionId ?? exceptions.find(({ code }) => OF_A_BATCH.includes(code))?.id;
  const isLocalised = of !== undefined && (isOfBatch ?? exceptionId === undefined);
  return {
    kind: 'open',
    open,
    exceptions,
    ageDays: ageInDays(open, exceptions, asOf),
    batch: isLocalised ? ((await localise(tx, { bookId, exceptionId: of })) ?? null) : null,
  };
}

/** Calendar days since the day of what is open; `null` where it has none. */
function ageInDays(
  { entry, item }: Awaited<ReturnType<typeof readOpen>>,
  exceptions: readonly ExceptionRow[],
  asOf: BusinessDate,
): number | null {
  const day =
    exceptions[0]?.valueDate ??
    entry?.valueDate ??
    entry?.bookingDate ??
    item?.effectiveDate ??
    null;
  return day === null ? null : Math.max(0, dayNumber(asOf) - dayNumber(day));
}
