import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type BusinessDate, parseBusinessDate } from '../../src/business-date.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/db.ts';
import { destroyServer } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { assertInvariant } from '../../src/errors.ts';
import { openBook } from '../../src/ledger/book.ts';
import { chartOf } from '../../src/ledger/chart.ts';
import { importPayments } from '../../src/ledger/import-payments.ts';
import { type RunOutcome, type RunResult, run } from '../../src/pipeline/run.ts';
import { runReportText } from '../../src/report/text.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson } from '../print.ts';
import { readReport, writeReports } from '../run-output.ts';
import { codeVersion, packageRoot, processIdentity } from '../session.ts';

interface DemoOptions {
  readonly keep?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

/** The day after the last statement of the fixtures: the story does not depend on the clock. */
const STORY_DATE = '2026-03-06';

/** `tieout demo`: the whole loop on shipped files, in a throwaway database. */
export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .description(
      'the whole loop on shipped files in a throwaway database: what came in, what tied, what did not',
    )
    .option('--keep', 'keep the database, and say where it is')
    .option('--out <dir>', 'where the reports go', 'tieout-demo')
    .option('--json', 'print one JSON document')
    .action((options: DemoOptions) => demo(context, options));
}

async function demo(context: CommandContext, options: DemoOptions): Promise<void> {
  const fixtures = join(packageRoot(), 'fixtures', 'demo');
  const stateDirectory = await mkdtemp(join(tmpdir(), 'tieout-demo-'));
  const config = loadConfig({
    cwd: fixtures,
    env: { TIEOUT_STATE_DIR: stateDirectory },
    file: join(fixtures, 'tieout.yaml'),
  });
  const remove = async () => {
    if (options.keep) return;
    await destroyServer(stateDirectory);
    await rm(stateDirectory, { recursive: true, force: true });
  };
  context.progress('starting a database');
  const opening = openDatabase({ databaseUrl: undefined, stateDirectory });
  // A signal may come while the server starts: then there is already something to take away.
  const release = context.onSignal(async () => {
    await opening.then(
      ({ abort }) => abort(),
      () => undefined,
    );
    await remove();
  });
  try {
    const { db, close } = await opening;
    await tell(context, options, { config, db, fixtures }).finally(close);
  } finally {
    release();
    await remove();
  }
  if (options.keep)
    context.note(`the database is kept; reach it with TIEOUT_STATE_DIR=${stateDirectory}`);
}

interface Stage {
  readonly config: Config;
  readonly db: Database;
  readonly fixtures: string;
}

async function tell(context: CommandContext, options: DemoOptions, stage: Stage): Promise<void> {
  await migrate(stage.db);
  const imported = await importLedger(context, stage);
  const first = await runOnce(context, stage);
  const again = await runOnce(context, stage);
  const { result } = first;
  const report = await readReport(stage.db, {
    bookId: imported.bookId,
    runId: BigInt(result.run),
    asOf: result.date,
    calendar: stage.config.calendar,
  });
  const folder = resolve(context.cwd, options.out);
  await writeReports(report, folder);
  if (options.json) {
    await printJson(context, {
      schema: 'tieout.demo/1',
      first: result,
      again: again.result,
      reports: folder,
    });
    return;
  }
  await context.out(
    `Tieout demo: one shop, one processor, two bank accounts, in a throwaway database.\n\n` +
      `The ledger expects ${imported.created} payments (fixtures/demo/ledger.csv).\n\n` +
      `${runReportText(report)}\n${againText(again.result)}\n` +
      `The same as a page: ${join(folder, 'report.html')}\n`,
  );
}

function againText(again: RunResult): string {
  assertInvariant(
    again.entries.loaded === 0 && again.journals.created === 0,
    'the second run of the same files found something new',
  );
  return (
    `Run again on the same files: ${again.entries.loaded} new entries, ${again.journals.created} journals, ` +
    `the same proof. A file, a line and a journal count once.\n`
  );
}

async function importLedger(context: CommandContext, { config, db, fixtures }: Stage) {
  return await db.transaction(async (tx) => {
    const now = context.now();
    const bookId = await openBook(tx, { config, now });
    const outcome = await importPayments(tx, createReadStream(join(fixtures, 'ledger.csv')), {
      bookId,
      chart: chartOf(config.chart),
      operationId: randomUUID(),
      now,
      createdBy: 'tieout demo',
      sources: config.sources,
    });
    assertInvariant(
      outcome.rejections.length === 0,
      'the demo ledger has lines that cannot be imported',
    );
    return { bookId, created: outcome.created };
  });
}

async function runOnce(
  context: CommandContext,
  { config, db, fixtures }: Stage,
): Promise<RunOutcome> {
  return await run(db, {
    config,
    paths: [join(fixtures, 'in')],
    businessDate: parseBusinessDate(STORY_DATE) as BusinessDate,
    now: context.now,
    newOperationId: randomUUID,
    ...processIdentity(),
    codeVersion: codeVersion(),
    onStage: (name) => context.progress(name),
  });
}
