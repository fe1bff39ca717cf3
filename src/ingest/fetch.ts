import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { SourceConfig } from '../config.ts';
import type { Database } from '../db/db.ts';
import type { OperationalError } from '../errors.ts';
import type { FetchConfig } from '../fetch-config.ts';
import { type FetchedFile, type FetchSurroundings, fetchSource } from './fetch-source.ts';
import type { IngestedFile, NamedFile } from './ingest.ts';
import { type RemoteFile, recordLoaded, remoteFilesIn } from './remote-file.ts';
import { Inbox } from './transport/inbox.ts';
import { type FetchProblem, isWanted, refusal } from './transport/selection.ts';

export type { FetchedFile } from './fetch-source.ts';
export type { FetchProblem } from './transport/selection.ts';

/** A source of which files are fetched. */
export interface FetchedSource extends SourceConfig {
  readonly fetch: FetchConfig;
}

export interface FetchOptions extends FetchSurroundings {
  readonly bookId: bigint;
  readonly sources: readonly FetchedSource[];
  readonly onFetched?: (file: FetchedFile) => void;
}

/** A source that could not be reached, or not to the end; what was fetched of it before counts. */
export interface FetchFailure {
  readonly source: string;
  readonly error: OperationalError;
}

/** What a fetch did. */
export interface FetchOutcome {
  readonly fetched: readonly FetchedFile[];
  /** How many files were fetched before, and not again. */
  readonly known: number;
  readonly problems: readonly FetchProblem[];
  readonly failures: readonly FetchFailure[];
  /** Everything that is here and not loaded yet, from this fetch or an earlier one, under its name at the sender. */
  readonly toLoad: readonly NamedFile[];
}

const SOURCES_AT_ONCE = 4;

/** The sources whose files are fetched. */
export function fetchedSources(sources: readonly SourceConfig[]): readonly FetchedSource[] {
  return sources.flatMap((source) =>
    source.fetch === undefined ? [] : [{ ...source, fetch: source.fetch }],
  );
}

/**
 * Fetches the files of the sources into the inbox, each version verified and recorded once.
 *
 * No database transaction is open while the network is used: bytes are on disk under their SHA-256 before their row says so.
 * Runs again after a crash at any point end in the same state. A source that fails does not keep the others from being
 * fetched; what the machine itself fails at, as a full disk, is thrown.
 */
export async function fetchFiles(db: Database, options: FetchOptions): Promise<FetchOutcome> {
  const limit = pLimit(SOURCES_AT_ONCE);
  const ended = await Promise.allSettled(
    options.sources.map(({ source, fetch: config }) =>
      limit(async () => ({
        source,
        outcome: await fetchSource(db, { ...options, source, config }),
      })),
    ),
  );
  const done = ended.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
  const { files, problems } = await filesToLoad(db, options);
  return {
    fetched: done.flatMap(({ outcome }) => outcome.fetched),
    known: done.reduce((sum, { outcome }) => sum + outcome.known, 0),
    problems: [
      ...done.flatMap(({ source, outcome }) =>
        outcome.remarks.map((remark) => ({ source, ...remark })),
      ),
      ...problems,
    ],
    failures: done.flatMap(({ source, outcome }) =>
      outcome.failure === null ? [] : [{ source, error: outcome.failure }],
    ),
    toLoad: files,
  };
}

/**
 * Records which of the fetched files are loaded now, and why the others are not: those are taken up by the next run.
 *
 * `files` are what became of `toLoad`.
 */
export async function recordIngested(
  db: Database,
  options: Pick<FetchOptions, 'bookId' | 'now'> & { readonly toLoad: readonly NamedFile[] },
  files: readonly IngestedFile[],
): Promise<void> {
  const now = options.now();
  await db.transaction(async (tx) => {
    for (const { path, source, sha256 } of options.toLoad) {
      if (source === undefined || sha256 === undefined) continue;
      const refused = files.find((file) => file.path === path && file.refusal !== null);
      const refusal = refused?.refusal ?? null;
      const reason = refusal === null ? null : { code: refusal.reason, text: refusal.message };
      const isTold = files.some((file) => file.path === path);
      if (isTold) await recordLoaded(tx, { ...options, source, now }, { sha256, reason });
    }
  });
}

interface FilesToLoad {
  readonly files: NamedFile[];
  readonly problems: FetchProblem[];
}

async function filesToLoad(db: Database, options: FetchOptions): Promise<FilesToLoad> {
  const found: FilesToLoad = { files: [], problems: [] };
  for (const { source, fetch: config } of options.sources) {
    const inbox = await Inbox.open(options.stateDirectory, source);
    const waiting = await db.read((tx) => remoteFilesIn(tx, { ...options, source }, 'fetched'));
    for (const file of waiting.filter(({ name }) => isWanted(name, config))) {
      const problem = await addIntact(found.files, inbox, { ...file, source });
      if (problem !== undefined) found.problems.push(problem);
    }
  }
  return found;
}

/** Bytes that are no longer those that were fetched are thrown away: the next fetch takes them anew. */
async function addIntact(
  files: NamedFile[],
  inbox: Inbox,
  { source, name, sha256, size }: RemoteFile & { readonly source: string },
): Promise<FetchProblem | undefined> {
  if (sha256 === null) return undefined;
  const path = inbox.pathOf(sha256);
  if ((await inbox.has(sha256, size)) && (await sha256Of(path)) === sha256) {
    if (!files.some((file) => file.path === path && file.name === name)) {
      files.push({ path, name, source, sha256 });
    }
    return undefined;
  }
  await rm(path, { force: true });
  const text = 'its copy here is damaged or gone; the next fetch takes it again';
  return { source, ...refusal(name, 'COPY_DAMAGED', text) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const stream: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
