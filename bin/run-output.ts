import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BusinessCalendar, dayNumberingOf } from '../src/business-calendar.ts';
import type { Database } from '../src/db/db.ts';
import { EXIT_DIFFERENCES, EXIT_FILES_KEPT_ASIDE, OperationalError } from '../src/errors.ts';
import type { IngestedFile } from '../src/ingest/ingest.ts';
import type { RunOutcome } from '../src/pipeline/run.ts';
import { exceptionsCsv, exceptionsJson, type Severity } from '../src/report/exceptions.ts';
import { runReportHtml } from '../src/report/html.ts';
import { type RunReport, runReport } from '../src/report/run-report.ts';

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high'];

/** Reads the report of a run on one snapshot. */
export async function readReport(
  db: Database,
  run: {
    readonly bookId: bigint;
    readonly runId: bigint;
    readonly asOf: RunReport['asOf'];
    readonly calendar: BusinessCalendar;
  },
): Promise<RunReport> {
  const { calendar, ...shown } = run;
  return await db.read((tx) => runReport(tx, { ...shown, numberOf: dayNumberingOf(calendar) }));
}

/** Writes the exception report (CSV, JSON) and the HTML report of a run into a folder. */
export async function writeReports(report: RunReport, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, 'exceptions.csv'), exceptionsCsv(report.exceptions));
    await writeWhole(join(folder, 'exceptions.json'), exceptionsJson(report.exceptions));
    await writeWhole(join(folder, 'report.html'), runReportHtml(report));
  } catch (cause) {
    throw new OperationalError(
      'cannot_create',
      `the run is saved, its reports cannot be written to ${folder}; write them with "tieout report --run ${report.run.runId}"`,
      { cause },
    );
  }
}

/** The old file or the new one, never half of it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

/** Whether nothing of the file is in the book: it was refused, or it waits for somebody to accept it. */
export function isKeptAside({ outcome }: IngestedFile): boolean {
  return outcome === 'rejected' || outcome === 'held';
}

/** 3 when a file or record was kept aside; 2 when an open exception is as severe as asked; else 0. */
export function exitCodeOfRun(
  outcome: RunOutcome,
  report: RunReport,
  failOn: Severity | undefined,
): number {
  if (outcome.files.some((file) => isKeptAside(file) || file.counts.rejected > 0n)) {
    return EXIT_FILES_KEPT_ASIDE;
  }
  if (failOn === undefined) return 0;
  const limit = SEVERITIES.indexOf(failOn);
  const isMet = report.exceptions.some(
    (exception) => SEVERITIES.indexOf(exception.severity) >= limit,
  );
  return isMet ? EXIT_DIFFERENCES : 0;
}

/** The severity of `--fail-on`. */
export function severityOption(text: string | undefined): Severity | undefined {
  if (text === undefined) return undefined;
  const severity = SEVERITIES.find((known) => known === text);
  if (severity !== undefined) return severity;
  throw new OperationalError('usage', `--fail-on takes one of ${SEVERITIES.join(', ')}`);
}
