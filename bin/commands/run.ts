import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../../src/config.ts';
import { OperationalError } from '../../src/errors.ts';
import { type FetchOutcome, fetchedSources, recordIngested } from '../../src/ingest/fetch.ts';
import type { NamedFile } from '../../src/ingest/ingest.ts';
import { type RunOutcome, run } from '../../src/pipeline/run.ts';
import { runReportText } from '../../src/report/text.ts';
import type { CommandContext } from '../command-context.ts';
import { archiveAndTell, endWith, fetchAndTell, fetchJson } from '../fetch-output.ts';
import { openLog } from '../log.ts';
import { printJson } from '../print.ts';
import { exitCodeOfRun, readReport, severityOption, writeReports } from '../run-output.ts';
import {
  acceptanceOf,
  type BookOptions,
  businessDateOption,
  codeVersion,
  inSession,
  processIdentity,
  rawFolder,
  type Session,
  sourcesNamed,
  tokenKey,
  withAccept,
  withBook,
  withMaskedAccounts,
} from '../session.ts';
import { withInputPaths } from '../spooled-input.ts';
import { fileTexts, logFile } from './ingest.ts';

interface RunCommandOptions extends BookOptions {
  readonly date?: string;
  readonly source?: string[];
  readonly accept?: readonly string[];
  readonly raw?: boolean;
  readonly plan?: boolean;
  readonly applyPlan?: string;
  readonly failOn?: string;
  readonly out?: string;
}

/** `tieout run`: loads the files, ties them to the ledger, posts, and says what does not tie. */
export function runCommand(context: CommandContext): Command {
  return withAccept(withBook(new Command('run')))
    .description('load files, match, settle, post and report, in one proven transaction')
    .argument(
      '[path...]',
      'files, directories, or - for standard input; none to fetch from the senders that say where',
    )
    .option('--date <date>', 'the business date; default today in the zone of the book')
    .option('--source <source...>', 'only these sources; default found by content')
    .option('--no-raw', 'do not keep the delivered files in the state directory')
    .option('--plan', 'do everything, prove it, and roll it back; prints the hash of the plan')
    .option('--apply-plan <hash>', 'apply only if the plan still has this hash')
    .option('--fail-on <severity>', 'exit 2 when an open exception is at least this severe')
    .option('--out <dir>', 'where the reports go; default reports/run-N in the state directory')
    .action(async (paths: string[], options: RunCommandOptions) => {
      if (options.plan && options.applyPlan !== undefined) {
        throw new OperationalError('usage', '--plan and --apply-plan exclude each other');
      }
      const failOn = severityOption(options.failOn);
      await withInputPaths(
        context,
        paths.map((path) => (path === '-' ? path : resolve(context.cwd, path))),
        (found, scratchFolder) =>
          inSession(context, options, async (session) => {
            await fetchAndRun(context, session, found, { ...options, failOn, scratchFolder });
          }),
      );
    });
}

type RunReportOptions = Omit<RunCommandOptions, 'failOn'> & {
  readonly failOn: ReturnType<typeof severityOption>;
  readonly scratchFolder: string;
  /** Absent when the files were given. */
  readonly fetched?: FetchOutcome;
};

/** Without paths the senders are asked first, and told after the commit what may go to their archives. */
async function fetchAndRun(
  context: CommandContext,
  session: Session,
  given: readonly string[],
  options: RunReportOptions,
): Promise<void> {
  const senders = given.length > 0 ? [] : fetchedSources(sourcesOf(session, options));
  const fetched = await fetchAndTell(context, session, senders);
  const outcome = await execute(context, session, [...given, ...fetched.toLoad], options);
  const loaded = { bookId: session.bookId, now: context.now, toLoad: fetched.toLoad };
  await recordIngested(session.db, loaded, outcome.files);
  const isFetched = senders.length > 0;
  await report(context, session, outcome, { ...options, ...(isFetched ? { fetched } : {}) });
  const isApplied = outcome.result.state === 'applied';
  const archived = await archiveAndTell(context, session, isApplied ? senders : []);
  endWith(context, [fetched, archived]);
}

function sourcesOf({ config }: Session, { source }: RunReportOptions): Config['sources'] {
  return sourcesNamed(config, source);
}

async function execute(
  context: CommandContext,
  session: Session,
  paths: readonly (string | NamedFile)[],
  options: RunReportOptions,
): Promise<RunOutcome> {
  const { config, db } = session;
  const log = openLog(context.env);
  const key = tokenKey(config);
  const outcome = await run(db, {
    config: withMaskedAccounts({ ...config, sources: sourcesOf(session, options) }, key),
    paths,
    rawFolder: rawFolder(config, options),
    tokenKey: key,
    scratchFolder: options.scratchFolder,
    businessDate: businessDateOption(options.date, context, config),
    now: context.now,
    newOperationId: randomUUID,
    ...processIdentity(),
    codeVersion: codeVersion(),
    isPlan: options.plan === true,
    ...acceptanceOf(options.accept),
    ...(options.applyPlan === undefined ? {} : { approvedPlan: options.applyPlan }),
    onStage: (stage) => {
      context.progress(stage);
      log.info({ stage }, 'stage');
    },
    onFile: (file) => {
      for (const line of fileTexts(file)) context.note(line);
      logFile(log, file);
    },
  });
  const {
    run: number,
    state,
    files,
    entries,
    matched,
    exceptions,
    journals,
    seconds,
  } = outcome.result;
  log.info({ run: number, state, files, entries, matched, exceptions, journals, seconds }, 'run');
  return outcome;
}

async function report(
  context: CommandContext,
  { config, db, bookId }: Session,
  outcome: RunOutcome,
  options: RunReportOptions,
): Promise<void> {
  const { result } = outcome;
  const told = await readReport(db, {
    bookId,
    runId: BigInt(result.run),
    asOf: result.date,
    calendar: config.calendar,
  });
  context.setExitCode(exitCodeOfRun(outcome, told, options.failOn));
  if (result.state === 'applied') {
    const folder = options.out ?? join(config.stateDirectory, 'reports', `run-${result.run}`);
    await writeReports(told, resolve(context.cwd, folder));
    context.note(`reports are in ${folder}`);
  }
  const { fetched } = options;
  const fetchTold = fetched === undefined ? {} : { fetch: fetchJson(fetched) };
  await (options.json
    ? printJson(context, { ...result, ...fetchTold })
    : context.out(runReportText(told)));
}
