import { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import { findRun, listRuns, type RunRecord } from '../../src/report/runs.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { type BookOptions, inSession, runIdOption, withBook } from '../session.ts';

/** `tieout runs`: what ran, when, with what outcome. */
export function runsCommand(context: CommandContext): Command {
  const runs = new Command('runs')
    .description('what ran, when, and with what outcome')
    .exitOverride();
  withBook(runs.command('list', { isDefault: true }).description('all runs, newest first')).action(
    (options: BookOptions) => list(context, options),
  );
  withBook(runs.command('show').description('one run whole, as run --json told it'))
    .argument('<run>', 'the number of the run')
    .action((run: string, options: BookOptions) => show(context, runIdOption(run), options));
  return runs;
}

async function list(context: CommandContext, options: BookOptions): Promise<void> {
  const runs = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => listRuns(tx, bookId)),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.runs/1', runs: runs.map(runJson) });
    return;
  }
  const rows = runs.map((run) => [
    String(run.runId),
    run.state,
    run.businessDate,
    run.startedAt.toISOString(),
    run.error ?? '',
  ]);
  await printTable(context, ['>run', 'state', 'date', 'started', ''], rows);
}

function runJson(run: RunRecord): object {
  return {
    run: Number(run.runId),
    state: run.state,
    date: run.businessDate,
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt?.toISOString() ?? null,
    host: run.host,
    pid: Number(run.pid),
    code_version: run.codeVersion,
    error: run.error,
  };
}

async function show(context: CommandContext, runId: bigint, options: BookOptions): Promise<void> {
  const run = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => findRun(tx, bookId, runId)),
  );
  if (run === undefined)
    throw new OperationalError('not_found', `run ${runId} is unknown; see "tieout runs list"`);
  await printJson(context, run.result ?? { schema: 'tieout.runs/1', runs: [runJson(run)] });
}
