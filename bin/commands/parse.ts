import { Command } from 'commander';
import { loadConfig } from '../../src/config.ts';
import { EXIT_CODE, EXIT_FILES_KEPT_ASIDE, OperationalError } from '../../src/errors.ts';
import { FORMATS } from '../../src/ingest/formats.ts';
import {
  detectFormat,
  type InspectedFile,
  type InspectOptions,
  listFiles,
  readRecords,
  surveyFile,
  withContent,
} from '../../src/ingest/intake.ts';
import { FileRefusal } from '../../src/ingest/record.ts';
import { Summariser } from '../../src/ingest/summary.ts';
import { knownEncoding } from '../../src/text-encoding.ts';
import type { CommandContext } from '../command-context.ts';
import {
  recordAsJson,
  recordAsText,
  refusalAsJson,
  refusalAsText,
  summaryAsText,
} from '../record-output.ts';
import { spooledInput, withScratchFolder } from '../spooled-input.ts';

interface ParseOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly encoding?: string;
}

/** How files are opened and what is printed of them. */
interface Parsing extends InspectOptions {
  readonly isJson: boolean;
  readonly scratchFolder: string;
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
    .option('--config <file>', 'the configuration with the keys of encrypted files')
    .option('--encoding <label>', 'the encoding of files that are not UTF-8 and name none')
    .action(async (paths: string[], options: ParseOptions) => {
      try {
        const outcomes = await withScratchFolder(context, (folder) =>
          parseAll(context, paths, parsingOf(context, options, folder)),
        );
        context.setExitCode(exitCodeOf(outcomes));
      } catch (error) {
        if (!isClosedPipe(error)) throw error;
        // Whoever reads the other end, `head` for one, has seen enough.
        context.setExitCode(0);
      }
    });
}

function parsingOf(
  context: CommandContext,
  { json = false, config, encoding }: ParseOptions,
  scratchFolder: string,
): Parsing {
  const fallbackEncoding = encoding === undefined ? undefined : knownEncoding(encoding);
  if (encoding !== undefined && fallbackEncoding === undefined) {
    throw new OperationalError('usage', `--encoding "${encoding}" is not known`);
  }
  // Read when an encrypted file turns up: nothing else here needs a configuration.
  const configs = () =>
    loadConfig({ ...context, ...(config === undefined ? {} : { file: config }) }).sources.flatMap(
      ({ pgp }) => (pgp === undefined ? [] : [pgp]),
    );
  return {
    isJson: json,
    scratchFolder,
    pgp: { configs, now: context.now() },
    ...(fallbackEncoding === undefined ? {} : { fallbackEncoding }),
  };
}

async function parseAll(
  context: CommandContext,
  paths: readonly string[],
  parsing: Parsing,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const path of paths) {
    if (path === '-') {
      const spooled = await spooledInput(parsing.scratchFolder);
      outcomes.push(await parseFile(context, parsing, '-', spooled));
      continue;
    }
    for (const file of await listFiles([path])) {
      outcomes.push(await parseFile(context, parsing, file, file));
    }
  }
  return outcomes;
}

async function parseFile(
  context: CommandContext,
  parsing: Parsing,
  name: string,
  path: string,
): Promise<Outcome> {
  try {
    const { delivered, inspected, refusal } = await surveyFile(path, parsing);
    if (inspected === undefined) throw refusal;
    return await withContent(path, delivered, parsing, (content) =>
      printRecords(context, parsing, { name, path: content, inspected }),
    );
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    context.note(`tieout: ${refusalAsText(name, error)}`);
    if (parsing.isJson) await context.out(refusalAsJson(name, error));
    return 'refused';
  }
}

interface ParsedFile {
  readonly name: string;
  readonly path: string;
  readonly inspected: InspectedFile;
}

async function printRecords(
  context: CommandContext,
  { isJson }: Parsing,
  { name, path, inspected }: ParsedFile,
): Promise<Outcome> {
  const recognised = detectFormat(inspected.head, FORMATS);
  const summariser = new Summariser();
  for await (const records of readRecords(path, inspected, recognised)) {
    let text = '';
    for (const record of records) {
      summariser.add(record);
      text += isJson ? recordAsJson(record) : recordAsText(name, record);
    }
    if (text !== '') await context.out(text);
  }
  const summary = summariser.finish(name, inspected, recognised.detected);
  await context.out(isJson ? `${JSON.stringify(summary)}\n` : summaryAsText(summary));
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
