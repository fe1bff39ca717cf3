import type { SourceConfig } from '../config.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { FileRefusal } from './record.ts';

/** A person's word that files of a known name and other content are revisions of what was loaded. */
export interface Acceptance {
  /** Names of files, or first digits (8 at least) of the SHA-256 of their bytes. */
  readonly files: readonly string[];
  readonly by: string;
}

/** Holds a file back: its source has sent another one of this name, and nobody has said which is right. */
export class NameConflict extends FileRefusal {
  readonly source: string;

  constructor(source: string, message: string) {
    super('NAME_CONFLICT', message);
    this.name = 'NameConflict';
    this.source = source;
  }
}

/** A file that could be accepted, as far as it is known before it is read. */
interface GivenFile {
  readonly name: string;
  readonly sha256: string;
}

const DIGEST_PREFIX = /^[0-9a-f]{8,64}$/;

/**
 * The digests of the given files that are accepted.
 *
 * Throws `usage` (exit 64) when an acceptance fits none of them, or files of different content: it must name one.
 */
export function acceptedDigests(
  given: readonly GivenFile[],
  accepted: readonly string[],
): ReadonlySet<string> {
  return new Set(accepted.map((wanted) => acceptedDigest(given, wanted)));
}

function acceptedDigest(given: readonly GivenFile[], wanted: string): string {
  const fits = given.filter(
    ({ name, sha256 }) =>
      name === wanted || (DIGEST_PREFIX.test(wanted) && sha256.startsWith(wanted)),
  );
  const digests = [...new Set(fits.map(({ sha256 }) => sha256))];
  const [only] = digests;
  if (only !== undefined && digests.length === 1) return only;
  throw new OperationalError(
    'usage',
    only === undefined
      ? `--accept ${wanted}: no given file has this name or a SHA-256 that begins so; deliver the file again with it`
      : `--accept ${wanted} fits ${digests.length} files; name one by its SHA-256: ${digests.map((digest) => digest.slice(0, 12)).join(', ')}`,
  );
}

/**
 * The loaded file of this source that has the name already, the last of them; `null` when there is none.
 *
 * Throws a `NameConflict` when there is one and nobody has accepted the new file as its revision.
 */
export async function revisedFile(
  tx: Tx,
  file: { readonly bookId: bigint; readonly name: string; readonly isAccepted: boolean },
  source: SourceConfig,
): Promise<bigint | null> {
  if (source.names === 'reused') return null;
  const [known] = await tx.query<{ fileNo: bigint; sha256: string; day: string }>(
    `select file_no as "fileNo", sha256, to_char(received_at, 'YYYY-MM-DD') as day
     from tieout.source_file
     where book_id = $1 and source = $2 and state = 'loaded' and file_no = any (array(
       select file_no from tieout.source_file where book_id = $1 and source = $2 and name = $3
       union
       select file_no from tieout.file_delivery where book_id = $1 and name = $3
     ))
     order by file_no desc limit 1`,
    [file.bookId, source.source, file.name],
  );
  if (known === undefined) return null;
  if (file.isAccepted) return known.fileNo;
  throw new NameConflict(
    source.source,
    `${source.source} has sent a file of this name before, with other content (file ${known.fileNo}, received ${known.day}, SHA-256 ${known.sha256.slice(0, 12)}); deliver it again with --accept ${file.name} to load it as a revision, or set "names: reused" for a source that uses names again`,
  );
}
