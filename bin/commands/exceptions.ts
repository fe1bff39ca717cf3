import { Command } from 'commander';
import { dayNumberingOf } from '../../src/business-calendar.ts';
import { OperationalError } from '../../src/errors.ts';
import { formatAmount } from '../../src/money.ts';
import {
  type ExceptionFilters,
  type ExceptionRow,
  exceptionsCsv,
  exceptionsJson,
  listExceptions,
} from '../../src/report/exceptions.ts';
import type { CommandContext } from '../command-context.ts';
import { printTable } from '../print.ts';
import {
  type BookOptions,
  businessDateOption,
  inSession,
  runIdOption,
  withBook,
} from '../session.ts';
import { addActCommands } from './exceptions-acts.ts';

interface ListOptions extends BookOptions {
  readonly code?: string;
  readonly state?: string;
  readonly source?: string;
  readonly minAmount?: string;
  readonly olderThan?: string;
  readonly run?: string;
  readonly asOf?: string;
  readonly csv?: boolean;
}

/** `tieout exceptions`: what a person must look at. */
export function exceptionsCommand(context: CommandContext): Command {
  const exceptions = new Command('exceptions').description('what does not tie').exitOverride();
  withBook(
    exceptions
      .command('list', { isDefault: true })
      .description('open exceptions, by code and reference'),
  )
    .option('--code <code>', 'of this code, for example DIF_AMOUNT_OVER')
    .option('--state <state>', 'in this state; default all that are not resolved')
    .option('--source <source>', 'of this source')
    .option('--min-amount <amount>', 'of at least this amount, in major units of its currency')
    .option('--older-than <days>', 'older than so many business days')
    .option('--run <run>', 'found by this run')
    .option('--as-of <date>', 'age at this day; default today')
    .option('--csv', 'as CSV')
    .action((options: ListOptions) => list(context, options));
  withBook(
    exceptions.command('show').description('one exception with everything that is known of it'),
  )
    .argument('<id>', 'the id of the exception')
    .action((id: string, options: BookOptions) => show(context, id, options));
  addActCommands(exceptions, context);
  return exceptions;
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const rows = await inSession(context, options, ({ config, db, bookId }) =>
    db.read((tx) =>
      listExceptions(tx, {
        bookId,
        asOf: businessDateOption(options.asOf, context, config),
        numberOf: dayNumberingOf(config.calendar),
        filters: filtersOf(options),
      }),
    ),
  );
  if (options.json) await context.out(exceptionsJson(rows));
  else if (options.csv) await context.out(exceptionsCsv(rows));
  else
    await printTable(
      context,
      ['code', 'severity', 'reference', '>amount', '', 'age', 'text'],
      rows.map(cellsOf),
    );
}

function cellsOf(row: ExceptionRow): string[] {
  const amount =
    row.amountMinor === null || row.currency === null
      ? ''
      : formatAmount(row.amountMinor, row.currency);
  return [
    row.code,
    row.severity,
    row.reference ?? '',
    amount,
    row.currency ?? '',
    `${row.ageBusinessDays}`,
    row.text,
  ];
}

function filtersOf(options: ListOptions): ExceptionFilters {
  return {
    ...(options.code === undefined ? {} : { code: options.code }),
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.source === undefined ? {} : { source: options.source }),
    ...(options.minAmount === undefined ? {} : { minAmount: amountOption(options.minAmount) }),
    ...(options.olderThan === undefined ? {} : { olderThanDays: daysOption(options.olderThan) }),
    ...(options.run === undefined ? {} : { runId: runIdOption(options.run) }),
  };
}

function amountOption(text: string): string {
  if (/^\d{1,15}(\.\d{1,4})?$/.test(text)) return text;
  throw new OperationalError('usage', `--min-amount "${text}" is not an amount`);
}

function daysOption(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new OperationalError('usage', '--older-than takes a number of business days');
}

async function show(context: CommandContext, id: string, options: BookOptions): Promise<void> {
  const rows = await inSession(context, options, ({ config, db, bookId }) =>
    db.read((tx) =>
      listExceptions(tx, {
        bookId,
        asOf: businessDateOption(undefined, context, config),
        numberOf: dayNumberingOf(config.calendar),
        filters: { id },
      }),
    ),
  );
  const [row] = rows;
  if (row === undefined) throw new OperationalError('not_found', `there is no exception ${id}`);
  if (options.json) {
    await context.out(exceptionsJson([row]));
    return;
  }
  const facts: readonly (readonly [string, string])[] = [
    ['id', row.id],
    ['code', row.code],
    ['severity', row.severity],
    ['state', row.state],
    ['source', row.source ?? ''],
    ['account', row.account ?? ''],
    ['reference', row.reference ?? ''],
    ['entry', row.entry ?? ''],
    ['item', row.item ?? ''],
    ['batch', row.batch ?? ''],
    ['place', row.locator ?? ''],
    ['value date', row.valueDate ?? ''],
    ['opened in run', String(row.openedInRun)],
    ['owner', row.owner ?? ''],
    ['text', row.text],
  ];
  await printTable(
    context,
    ['', ''],
    facts.filter(([, value]) => value !== ''),
  );
}
