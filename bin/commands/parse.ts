import { Command } from 'commander';
import { EXIT_CODE, EXIT_FILES_KEPT_ASIDE, OperationalError } from '../../src/errors.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import { detectFormat, inspectFile, listFiles, readRecords } from '../../src/ingest/intake.ts';
import { FileRefusal } from '../../src/ingest/record.ts';
import { Summariser } from '../../src/ingest/summary.ts';
import type { CommandContext } from '../command-context.ts';
import {
  recordAsJson,
  recordAsText,
  refusalAsJson,
  refusalAsText,
  summaryAsText,
} from '../record-output.ts';
import { withSpooledInput } from '../spooled-input.ts';

interface ParseOptions {
  readonly json?: boolean;
}

/** What became of one file. */
type Outcome = 'clean' | 'with-rejections' | 'refused';

/** Reads files as the pipeline would, without a database, and prints what it made of them. */
export function parseCommand(context: CommandContext): Command {
  return new Command('parse')
    .summary('read files and print what they hold, without a database')
    .description('Reads bank and processor files and prints statements, rejections and a summary.')
    .argument('<path...>', 'files, directories, or - for standard input')
    .option(
      '--json',
      'one JSON object a line: statements, entries, rejections, diagnostics, summary',
    )
    .action(async (paths: string[], options: ParseOptions) => {
      try {
        context.setExitCode(exitCodeOf(await parseAll(context, paths, options)));
      } catch (error) {
        if (!isClosedPipe(error)) throw error;
        // Whoever reads the other end, `head` for one, has seen enough.
        context.setExitCode(0);
      }
    });
}

async function parseAll(
  context: CommandContext,
  paths: readonly string[],
  options: ParseOptions,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const path of paths) {
    if (path === '-') {
      outcomes.push(await withSpooledInput((spooled) => parseFile(context, options, '-', spooled)));
      continue;
    }
    for (const file of await listFiles([path])) {
      outcomes.push(await parseFile(context, options, file, file));
    }
  }
  return outcomes;
}

async function parseFile(
  context: CommandContext,
  options: ParseOptions,
  name: string,
  path: string,
): Promise<Outcome> {
  try {
    return await printRecords(context, options, name, path);
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    context.note(`tieout: ${refusalAsText(name, error)}`);
    if (options.json) await context.out(refusalAsJson(name, error));
    return 'refused';
  }
}

async function printRecords(
  context: CommandContext,
  options: ParseOptions,
  name: string,
  path: string,
): Promise<Outcome> {
  const inspected = await inspectFile(path);
  const recognised = detectFormat(inspected.head, FORMATS);
  const summariser = new Summariser();
  for await (const records of readRecords(path, inspected, recognised)) {
    let text = '';
    for (const record of records) {
      summariser.add(record);
      text += options.json ? recordAsJson(record) : recordAsText(name, record);
    }
    if (text !== '') await context.out(text);
  }
  const summary = summariser.finish(name, inspected, recognised.detected);
  await context.out(options.json ? `${JSON.stringify(summary)}\n` : summaryAsText(summary));
  return summary.rejections > 0 ? 'with-rejections' : 'clean';
}

function exitCodeOf(outcomes: readonly Outcome[]): number {
  if (outcomes.every((outcome) => outcome === 'clean')) return 0;
  const isOnlyFileRefused = outcomes.length === 1 && outcomes[0] === 'refused';
  return isOnlyFileRefused ? EXIT_CODE.invalid_input : EXIT_FILES_KEPT_ASIDE;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof OperationalError && error.context.reason === 'EPIPE';
}
