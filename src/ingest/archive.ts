import type { Database } from '../db/db.ts';
import type { FetchedSource, FetchFailure, FetchOptions, FetchProblem } from './fetch.ts';
import { connectionsTo, sourceFailure } from './fetch-source.ts';
import { FileRefusal } from './record.ts';
import {
  type RemoteFile,
  type RemoteFileChange,
  recordState,
  remoteFilesIn,
} from './remote-file.ts';
import { Inbox } from './transport/inbox.ts';
import { refusal, SIDECARS } from './transport/selection.ts';
import { pathIn, type Transport } from './transport/transport.ts';

/** What an archiving did. */
export interface ArchiveOutcome {
  readonly archived: number;
  readonly problems: readonly FetchProblem[];
  readonly failures: readonly FetchFailure[];
}

/**
 * Moves what is loaded into the archive directory of its sender, with its marker and checksum; deletes nothing.
 *
 * To be called after the commit that loaded it. A file that is gone counts as moved, because a process may have been killed
 * after moving it, but only while its bytes are here. One that was replaced since stays: it is another version.
 */
export async function archiveFetched(db: Database, options: FetchOptions): Promise<ArchiveOutcome> {
  let archived = 0;
  const problems: FetchProblem[] = [];
  const failures: FetchFailure[] = [];
  for (const source of options.sources.filter((each) => each.fetch.archive !== null)) {
    try {
      const outcome = await archiveSource(db, source, options);
      archived += outcome.archived;
      problems.push(...outcome.problems);
    } catch (error) {
      failures.push({ source: source.source, error: sourceFailure(error) });
    }
  }
  return { archived, problems, failures };
}

async function archiveSource(
  db: Database,
  { source, fetch: config }: FetchedSource,
  options: FetchOptions,
): Promise<Omit<ArchiveOutcome, 'failures'>> {
  const problems: FetchProblem[] = [];
  let archived = 0;
  const loaded = await db.read((tx) => remoteFilesIn(tx, { ...options, source }, 'loaded'));
  if (loaded.length === 0) return { archived, problems };
  const inbox = await Inbox.open(options.stateDirectory, source);
  const pool = connectionsTo(config, options);
  try {
    for (const file of loaded) {
      const place = { inbox, archive: config.archive ?? '', doneMarker: config.doneMarker };
      const change = await pool.use((transport) => archiveFile(transport, file, place));
      const remote = { ...options, source, now: options.now() };
      await db.transaction((tx) => recordState(tx, remote, file, change));
      if (change.reason === null) archived += 1;
      else if (change.state === 'loaded') problems.push(problemOf(source, file, change));
    }
  } finally {
    await pool.close();
  }
  return { archived, problems };
}

interface ArchivePlace {
  readonly inbox: Inbox;
  readonly archive: string;
  readonly doneMarker: string | null;
}

async function archiveFile(
  transport: Transport,
  file: RemoteFile,
  place: ArchivePlace,
): Promise<RemoteFileChange> {
  try {
    return await moveVersion(transport, file, place);
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return stays(file, `cannot be moved to ${place.archive}: ${error.message}`);
  }
}

async function moveVersion(
  transport: Transport,
  file: RemoteFile,
  place: ArchivePlace,
): Promise<RemoteFileChange> {
  const { path, size, modifiedAt } = file;
  const found = await transport.attributes(path);
  if (found !== undefined && (found.size !== size || found.modifiedAt !== modifiedAt)) {
    const reason = { code: 'REPLACED', text: 'another version took its place before it was moved' };
    return { state: 'archived', sha256: file.sha256, reason };
  }
  if (found === undefined && !(await place.inbox.has(file.sha256 ?? '', size))) {
    return stays(file, 'it is gone at its sender, and its bytes are not here');
  }
  // The file last: while it is there, a process killed between two moves comes back to the rest.
  const beside = [...(place.doneMarker === null ? [] : [place.doneMarker]), ...SIDECARS];
  for (const ending of beside) await move(transport, `${path}${ending}`, file, place);
  if (found !== undefined) await move(transport, path, file, place);
  return { state: 'archived', sha256: file.sha256, reason: null };
}

/** Moves what is there under its own name, or with its digest when the archive has that name already. */
async function move(
  transport: Transport,
  from: string,
  { path, name, sha256 }: RemoteFile,
  { archive }: ArchivePlace,
): Promise<void> {
  if ((await transport.attributes(from)) === undefined) return;
  const ending = from.slice(path.length);
  const plain = pathIn(archive, `${name}${ending}`);
  const isTaken = (await transport.attributes(plain)) !== undefined;
  const apart = pathIn(archive, `${name}.${(sha256 ?? '').slice(0, 16)}${ending}`);
  await transport.move(from, isTaken ? apart : plain);
}

function stays({ sha256 }: RemoteFile, text: string): RemoteFileChange {
  return { state: 'loaded', sha256, reason: { code: 'ARCHIVE_FAILED', text } };
}

function problemOf(source: string, file: RemoteFile, { reason }: RemoteFileChange): FetchProblem {
  const { code = 'ARCHIVE_FAILED', text = '' } = reason ?? {};
  return { source, ...refusal(file.name, code, text) };
}
