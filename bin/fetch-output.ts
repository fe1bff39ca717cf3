import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_FILES_KEPT_ASIDE, OperationalError } from '../src/errors.ts';
import { type ArchiveOutcome, archiveFetched } from '../src/ingest/archive.ts';
import {
  type FetchedFile,
  type FetchedSource,
  type FetchFailure,
  type FetchOptions,
  type FetchOutcome,
  type FetchProblem,
  fetchedSources,
  fetchFiles,
} from '../src/ingest/fetch.ts';
import type { CommandContext } from './command-context.ts';
import { openLog } from './log.ts';
import { type Session, sourcesNamed } from './session.ts';

/** The sources to fetch from: those of `--source`, which must say where their files lie, or all that do. */
export function sourcesToFetch(
  config: Session['config'],
  names: readonly string[] | undefined,
): readonly FetchedSource[] {
  const named = sourcesNamed(config, names);
  const without = named.find((source) => source.fetch === undefined);
  if (names === undefined || without === undefined) return fetchedSources(named);
  throw new OperationalError(
    'usage',
    `source "${without.source}" has no key fetch in the configuration`,
  );
}

/** Fetches, telling every file and problem as it is known. */
export async function fetchAndTell(
  context: CommandContext,
  session: Session,
  sources: readonly FetchedSource[],
): Promise<FetchOutcome> {
  if (sources.length > 0) context.progress('fetch');
  const outcome = await fetchFiles(session.db, fetchOptions(context, session, sources));
  tellProblems(context, outcome);
  return outcome;
}

/** Archives what is loaded at its senders, telling what could not be. */
export async function archiveAndTell(
  context: CommandContext,
  session: Session,
  sources: readonly FetchedSource[],
): Promise<ArchiveOutcome> {
  if (sources.length > 0) context.progress('archive');
  const outcome = await archiveFetched(session.db, fetchOptions(context, session, sources));
  tellProblems(context, outcome);
  return outcome;
}

/** Sets the exit code for files that were refused, and throws the failure of a source, once everything else is done. */
export function endWith(
  context: CommandContext,
  outcomes: readonly {
    readonly problems: readonly FetchProblem[];
    readonly failures: readonly FetchFailure[];
  }[],
): void {
  const problems = outcomes.flatMap((outcome) => outcome.problems);
  if (problems.some(({ isRefusal }) => isRefusal)) context.setExitCode(EXIT_FILES_KEPT_ASIDE);
  const [first, ...others] = outcomes.flatMap((outcome) => outcome.failures);
  for (const { source, error } of others) {
    context.note(`tieout: ${source}: ${error.message} [${error.code}]`);
  }
  if (first === undefined) return;
  const { source, error } = first;
  const { code, message, context: facts } = error;
  throw new OperationalError(code, `${source}: ${message}`, { cause: error, context: facts });
}

/** The outcome of a fetch as `--json` prints it. */
export function fetchJson({ fetched, known, problems, failures, toLoad }: FetchOutcome): object {
  return {
    schema: 'tieout.fetch/1',
    fetched: fetched.map(({ source, name, size, sha256 }) => ({ source, name, size, sha256 })),
    known,
    waiting: toLoad.length,
    problems: problems.map(({ source, name, code, message, isRefusal }) => ({
      source,
      name,
      code,
      message,
      refused: isRefusal,
    })),
    failures: failures.map(({ source, error }) => ({
      source,
      code: error.code,
      message: error.message,
    })),
  };
}

function fetchOptions(
  context: CommandContext,
  { bookId, config }: Session,
  sources: readonly FetchedSource[],
): FetchOptions {
  const log = openLog(context.env);
  return {
    bookId,
    sources,
    stateDirectory: config.stateDirectory,
    env: context.env,
    now: context.now,
    sleep: (milliseconds) => sleep(milliseconds),
    newOperationId: randomUUID,
    onFetched: (file) => {
      context.note(fetchedText(file));
      const { source, name, size, sha256 } = file;
      log.info({ source, file: name, size, sha256 }, 'fetched');
    },
  };
}

function fetchedText({ source, name, size }: FetchedFile): string {
  return `${source}: ${name} fetched, ${size} bytes`;
}

function tellProblems(
  context: CommandContext,
  { problems }: { readonly problems: readonly FetchProblem[] },
): void {
  const log = openLog(context.env);
  for (const { source, name, code, message, isRefusal } of problems) {
    context.note(`tieout: ${source}: ${name} ${code} ${message}`);
    const facts = { source, file: name, reason: code };
    if (isRefusal) log.warn(facts, 'file not fetched');
    else log.info(facts, 'remote file');
  }
}
