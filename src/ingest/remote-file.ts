import type { Tx } from '../db/db.ts';
import type { Candidate } from './transport/selection.ts';

/** How far a version of a remote file has come. */
export type RemoteFileState = 'seen' | 'fetched' | 'loaded' | 'archived' | 'refused';

/** The sender whose files are meant, and when. */
export interface RemoteSource {
  readonly bookId: bigint;
  readonly source: string;
  readonly now: Date;
}

/** One version of a file at a sender, as the book knows it. */
export interface RemoteFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly state: RemoteFileState;
  readonly sha256: string | null;
  readonly firstSeenAt: Date;
}

interface Row extends Omit<RemoteFile, 'size' | 'modifiedAt'> {
  readonly size: bigint;
  readonly modifiedAt: Date;
}

const COLUMNS = `path, name, size_bytes as size, modified_at as "modifiedAt", state, sha256,
       first_seen_at as "firstSeenAt"`;

/**
 * Records what a listing shows, and gives what is known of each version by its key.
 *
 * A version that only was seen and is no longer listed is forgotten: its wait begins anew when it comes back.
 */
export async function recordSeen(
  tx: Tx,
  { bookId, source, now }: RemoteSource,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<string, RemoteFile>> {
  const listed = [
    bookId,
    source,
    candidates.map(({ path }) => path),
    candidates.map(({ size }) => size),
    candidates.map(({ modifiedAt }) => new Date(modifiedAt).toISOString()),
  ];
  await tx.execute(
    `insert into tieout.remote_file (
       book_id, source, path, size_bytes, modified_at, name, state, first_seen_at, changed_at
     )
     select $1::bigint, $2::text, path, size_bytes, modified_at, name, 'seen', $7::timestamptz, $7::timestamptz
     from unnest($3::text[], $4::bigint[], $5::timestamptz[], $6::text[])
       as listed (path, size_bytes, modified_at, name)
     on conflict (book_id, source, path, size_bytes, modified_at) do nothing`,
    [...listed, candidates.map(({ name }) => name), now.toISOString()],
  );
  await tx.execute(
    `delete from tieout.remote_file
     where book_id = $1::bigint and source = $2::text and state = 'seen'
       and not exists (
         select from unnest($3::text[], $4::bigint[], $5::timestamptz[]) as listed (path, size_bytes, modified_at)
         where listed.path = remote_file.path and listed.size_bytes = remote_file.size_bytes
           and listed.modified_at = remote_file.modified_at
       )`,
    listed,
  );
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from tieout.remote_file where book_id = $1 and source = $2 and path = any($3::text[])`,
    listed.slice(0, 3),
  );
  return new Map(rows.map(fileOf).map((file) => [versionKey(file), file]));
}

/** What tells one version of a file from another. */
export function versionKey({
  path,
  size,
  modifiedAt,
}: Pick<RemoteFile, 'path' | 'size' | 'modifiedAt'>): string {
  return `${size}|${modifiedAt}|${path}`;
}

/** The files of a source in one state, in the order of their names. */
export async function remoteFilesIn(
  tx: Tx,
  { bookId, source }: Pick<RemoteSource, 'bookId' | 'source'>,
  state: RemoteFileState,
): Promise<readonly RemoteFile[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from tieout.remote_file
     where book_id = $1 and source = $2 and state = $3 order by name, path, modified_at, size_bytes`,
    [bookId, source, state],
  );
  return rows.map(fileOf);
}

/** What a version has become; a state without its own reason has none. */
export interface RemoteFileChange {
  readonly state: RemoteFileState;
  readonly sha256: string | null;
  readonly reason: { readonly code: string; readonly text: string } | null;
}

/** Records what has become of a version; its row may be gone when another process listed meanwhile. */
export async function recordState(
  tx: Tx,
  { bookId, source, now }: RemoteSource,
  version: Pick<RemoteFile, 'path' | 'name' | 'size' | 'modifiedAt'>,
  { state, sha256, reason }: RemoteFileChange,
): Promise<void> {
  await tx.execute(
    `insert into tieout.remote_file (
       book_id, source, path, size_bytes, modified_at, name, state, sha256, reason_code, reason_text, first_seen_at,
       changed_at
     ) values (
       $1, $2, $3, $4, $5::timestamptz, $6, $7, $8, $9, $10, $11::timestamptz, $11::timestamptz
     )
     on conflict (book_id, source, path, size_bytes, modified_at) do update
     set state = excluded.state, sha256 = excluded.sha256,
       reason_code = excluded.reason_code, reason_text = excluded.reason_text, changed_at = excluded.changed_at`,
    [
      bookId,
      source,
      version.path,
      version.size,
      new Date(version.modifiedAt).toISOString(),
      version.name,
      state,
      sha256,
      reason?.code ?? null,
      reason?.text ?? null,
      now.toISOString(),
    ],
  );
}

/** Records of every fetched version of these bytes that it is loaded, or why it is not. */
export async function recordLoaded(
  tx: Tx,
  { bookId, source, now }: RemoteSource,
  file: { readonly sha256: string; readonly reason: RemoteFileChange['reason'] },
): Promise<void> {
  await tx.execute(
    `update tieout.remote_file
     set state = case when $4::text is null then 'loaded' else 'fetched' end,
       reason_code = $4::text, reason_text = $5::text, changed_at = $6::timestamptz
     where book_id = $1 and source = $2 and sha256 = $3 and state = 'fetched'`,
    [
      bookId,
      source,
      file.sha256,
      file.reason?.code ?? null,
      file.reason?.text ?? null,
      now.toISOString(),
    ],
  );
}

function fileOf(row: Row): RemoteFile {
  return { ...row, size: Number(row.size), modifiedAt: row.modifiedAt.getTime() };
}
