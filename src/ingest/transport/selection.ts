import type { FetchConfig } from '../../fetch-config.ts';
import { isDeliveryName, matchesPattern, shownName, unsafeBecause } from './file-name.ts';
import { type FileAttributes, pathIn } from './transport.ts';
import type { FileVersion } from './verified-read.ts';

/** Something a person should know of a remote file. */
export interface FetchProblem {
  readonly source: string;
  /** The name as it may be printed. */
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** Whether the file is not fetched because of it, and should be. */
  readonly isRefusal: boolean;
}

/** What is told of a file, before it is known of which source. */
export type Remark = Omit<FetchProblem, 'source'>;

/** A file that may be fetched. */
export interface Candidate extends FileVersion {
  readonly name: string;
  /** The file beside it that says what its bytes hash to, the stronger one of two. */
  readonly sidecar: string | null;
  /** Whether the marker that it needs is there. */
  readonly isMarked: boolean;
}

/** Sidecars of a file, the stronger digest first. */
export const SIDECARS = ['.sha256', '.md5'] as const;

/** Which of the listed names are files to fetch, by their names alone; the others are told or none of ours. */
export function selectNames(
  names: readonly string[],
  config: FetchConfig,
): { readonly selected: readonly string[]; readonly remarks: readonly Remark[] } {
  const remarks: Remark[] = [];
  const safe = names.filter((name) => {
    const why = unsafeBecause(name);
    if (why !== undefined) remarks.push(refusal(name, 'NAME_UNSAFE', `not fetched: ${why}`));
    return why === undefined;
  });
  const selected = [...new Set(safe)].filter((name) => isWanted(name, config)).sort();
  remarks.push(...collisions(selected), ...orphans(safe, config));
  return { selected, remarks };
}

/** Whether the configuration asks for a file of this name. */
export function isWanted(name: string, config: FetchConfig): boolean {
  const { include, exclude, doneMarker, archive, directory } = config;
  if (!isDeliveryName(name)) return false;
  if (doneMarker !== null && name.endsWith(doneMarker)) return false;
  if (archive !== null && pathIn(directory, name) === archive) return false;
  const fits = (pattern: string) => matchesPattern(pattern, name);
  return include.some(fits) && !exclude.some(fits);
}

/** The candidate a selected name is, or why it is none. */
export function candidateOf(
  name: string,
  attributes: FileAttributes,
  listing: { readonly names: ReadonlySet<string>; readonly config: FetchConfig },
): Candidate | Remark {
  const { names, config } = listing;
  const { kind, size, modifiedAt } = attributes;
  if (kind === 'directory' || kind === 'other') return notAFile(name, kind);
  if (kind === null || size === null || modifiedAt === null) {
    const text = 'the server does not tell its kind, size and time, so it cannot be checked';
    return refusal(name, 'ATTRIBUTES_MISSING', text);
  }
  const sidecar = SIDECARS.map((ending) => `${name}${ending}`).find((other) => names.has(other));
  const { doneMarker, directory } = config;
  return {
    name,
    path: pathIn(directory, name),
    size,
    modifiedAt,
    sidecar: sidecar === undefined ? null : pathIn(directory, sidecar),
    isMarked: doneMarker === null || names.has(`${name}${doneMarker}`),
  };
}

/** A remark that keeps a file from being fetched. */
export function refusal(name: string, code: string, message: string): Remark {
  return { name: shownName(name), code, message, isRefusal: true };
}

function notAFile(name: string, kind: 'directory' | 'other'): Remark {
  // Directories are not entered and usually none of ours; a link or pipe stands where a file was expected.
  return {
    name: shownName(name),
    code: 'NOT_REGULAR_FILE',
    message: kind === 'directory' ? 'a directory, not entered' : 'only a regular file is fetched',
    isRefusal: kind === 'other',
  };
}

function collisions(names: readonly string[]): readonly Remark[] {
  const first = new Map<string, string>();
  return names.flatMap((name) => {
    const folded = name.normalize('NFC').toLowerCase();
    const other = first.get(folded);
    first.set(folded, other ?? name);
    if (other === undefined) return [];
    const message = `another file differs from it only in case or accents: ${shownName(other)}; both are fetched`;
    return [{ name: shownName(name), code: 'NAME_COLLISION', message, isRefusal: false }];
  });
}

function orphans(names: readonly string[], config: FetchConfig): readonly Remark[] {
  const { doneMarker } = config;
  if (doneMarker === null) return [];
  const all = new Set(names);
  return names
    .filter((name) => name.endsWith(doneMarker))
    .map((marker) => ({ marker, name: marker.slice(0, -doneMarker.length) }))
    .filter(({ name }) => !all.has(name) && isWanted(name, config))
    .map(({ marker }) =>
      refusal(marker, 'MARKER_ORPHAN', 'the marker is there and the file it marks is not'),
    );
}
