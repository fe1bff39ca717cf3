import { Command } from 'commander';
import { type Config, configFile, loadConfig, type SourceConfig } from '../../src/config.ts';
import { EXIT_CODE, EXIT_FILES_KEPT_ASIDE, OperationalError } from '../../src/errors.ts';
import { formatsOf } from '../../src/ingest/formats.ts';
import {
  detectFormat,
  type InspectedFile,
  type InspectOptions,
  listFiles,
  readRecords,
  surveyFile,
  withContent,
} from '../../src/ingest/intake.ts';
import type { Detected, Format } from '../../src/ingest/reader.ts';
import { FileRefusal } from '../../src/ingest/record.ts';
import { readSettingsOf } from '../../src/ingest/source.ts';
import { inConfiguredEncoding, inspectOptionsOf } from '../../src/ingest/source-files.ts';
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
import { sourcesNamed } from '../session.ts';
import { spooledInput, withScratchFolder } from '../spooled-input.ts';

interface ParseOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly source?: string;
  readonly encoding?: string;
}

/** How files are opened and read, and what is printed of them. */
interface Parsing extends InspectOptions {
  readonly isJson: boolean;
  readonly scratchFolder: string;
  readonly sources: readonly SourceConfig[];
  readonly formats: readonly Format[];
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
    .option(
      '--config <file>',
      'the configuration with profiles and keys; default tieout.yaml here or above',
    )
    .option('--source <source>', 'read the files as this source of the configuration would be read')
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

function parsingOf(context: CommandContext, options: ParseOptions, scratchFolder: string): Parsing {
  const { json = false, encoding } = options;
  const label = encoding === undefined ? undefined : knownEncoding(encoding);
  if (encoding !== undefined && label === undefined) {
    throw new OperationalError('usage', `--encoding "${encoding}" is not known`);
  }
  const { sources, profiles } = configured(context, options);
  return {
    ...inspectOptionsOf({ sources, now: context.now(), scratchFolder }),
    isJson: json,
    scratchFolder,
    sources,
    formats: formatsOf({ sources, profiles }),
    ...(label === undefined ? {} : { fallbackEncoding: label }),
  };
}

/** A file can be read without any configuration; one that is asked for must be there. */
function configured(
  context: CommandContext,
  { config, source }: ParseOptions,
): Pick<Config, 'sources' | 'profiles'> {
  const named = { ...context, ...(config === undefined ? {} : { file: config }) };
  const isNeeded = config !== undefined || source !== undefined;
  if (!isNeeded && configFile(named) === undefined) return { sources: [], profiles: new Map() };
  const whole = loadConfig(named);
  return { ...whole, sources: sourcesNamed(whole, source) };
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
  const file: OpenFile = { name, sha256: null, detected: null, summariser: new Summariser() };
  try {
    const { delivered, inspected, refusal } = await surveyFile(path, parsing);
    file.sha256 = inspected?.sha256 ?? delivered?.sha256 ?? null;
    if (inspected === undefined) throw refusal;
    await withContent(path, delivered, parsing, (content) =>
      printRecords(context, parsing, file, { path: content, inspected }),
    );
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    context.note(`tieout: ${refusalAsText(name, error)}`);
    if (parsing.isJson) {
      const summary = file.summariser.finish(name, file, true);
      await context.out(`${refusalAsJson(name, error)}${JSON.stringify(summary)}\n`);
    }
    return 'refused';
  }
  const summary = file.summariser.finish(name, file);
  await context.out(parsing.isJson ? `${JSON.stringify(summary)}\n` : summaryAsText(summary));
  return summary.rejections > 0 ? 'with-rejections' : 'clean';
}

/** A file while it is read; what is known of it is told also when it is refused half-way. */
interface OpenFile {
  readonly name: string;
  sha256: string | null;
  detected: Detected | null;
  readonly summariser: Summariser;
}

async function printRecords(
  context: CommandContext,
  { isJson, formats, sources }: Parsing,
  file: OpenFile,
  content: { readonly path: string; readonly inspected: InspectedFile },
): Promise<void> {
  const recognised = detectFormat(content.inspected.head, formats);
  file.detected = recognised.detected;
  const senders = sources.filter((source) => source.formats.includes(recognised.detected.format));
  const inspected = inConfiguredEncoding(content.inspected, recognised, senders);
  for await (const records of readRecords(
    content.path,
    inspected,
    recognised,
    readSettingsOf(senders),
  )) {
    let text = '';
    for (const record of records) {
      file.summariser.add(record);
      text += isJson ? recordAsJson(record) : recordAsText(file.name, record);
    }
    if (text !== '') await context.out(text);
  }
}

function exitCodeOf(outcomes: readonly Outcome[]): number {
  if (outcomes.every((outcome) => outcome === 'clean')) return 0;
  const isOnlyFileRefused = outcomes.length === 1 && outcomes[0] === 'refused';
  return isOnlyFileRefused ? EXIT_CODE.invalid_input : EXIT_FILES_KEPT_ASIDE;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof OperationalError && error.context.reason === 'EPIPE';
}
