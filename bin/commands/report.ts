import { resolve } from 'node:path';
import { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import { exceptionsCsv, exceptionsJson } from '../../src/report/exceptions.ts';
import { runReportHtml } from '../../src/report/html.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { findRun } from '../../src/report/runs.ts';
import { runReportText } from '../../src/report/text.ts';
import type { CommandContext } from '../command-context.ts';
import { readReport, writeWhole } from '../run-output.ts';
import {
  type BookOptions,
  businessDateOption,
  inSession,
  runIdOption,
  type Session,
  withBook,
} from '../session.ts';

interface ReportOptions extends BookOptions {
  readonly run?: string;
  readonly asOf?: string;
  readonly format: string;
  readonly output?: string;
}

const WRITERS: Readonly<Record<string, (report: RunReport) => string>> = {
  html: runReportHtml,
  text: runReportText,
  csv: (report) => exceptionsCsv(report.exceptions),
  json: (report) => exceptionsJson(report.exceptions),
};

/** `tieout report`: the report of a run. */
export function reportCommand(context: CommandContext): Command {
  return withBook(new Command('report'))
    .description('the report of a run; csv and json hold its exceptions')
    .option('--run <run>', 'the number of the run; default the last one applied')
    .option('--as-of <date>', 'age of what is open at this day; default the date of the run')
    .option('--format <format>', 'html, text, csv or json', 'text')
    .option('-o, --output <file>', 'write to a file')
    .action(async (options: ReportOptions) => {
      const write = WRITERS[options.json ? 'json' : options.format];
      if (write === undefined) {
        throw new OperationalError(
          'usage',
          `--format takes one of ${Object.keys(WRITERS).join(', ')}`,
        );
      }
      const text = write(
        await inSession(context, options, (session) => find(context, session, options)),
      );
      if (options.output === undefined) await context.out(text);
      else await writeWhole(resolve(context.cwd, options.output), text);
    });
}

async function find(
  context: CommandContext,
  { config, db, bookId }: Session,
  options: ReportOptions,
): Promise<RunReport> {
  const wanted = options.run === undefined ? undefined : runIdOption(options.run);
  const run = await db.read((tx) => findRun(tx, bookId, wanted));
  if (run === undefined)
    throw new OperationalError('not_found', 'there is no such run; see "tieout runs list"');
  const asOf =
    options.asOf === undefined
      ? run.businessDate
      : businessDateOption(options.asOf, context, config);
  return await readReport(db, { bookId, runId: run.runId, asOf, calendar: config.calendar });
}
