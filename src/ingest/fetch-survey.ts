import pLimit from 'p-limit';
import type { Database } from '../db/db.ts';
import type { FetchConfig } from '../fetch-config.ts';
import { type RemoteFile, type RemoteSource, recordSeen, versionKey } from './remote-file.ts';
import type { Inbox } from './transport/inbox.ts';
import {
  type Candidate,
  candidateOf,
  type Remark,
  refusal,
  selectNames,
} from './transport/selection.ts';
import { pathIn, type Transport } from './transport/transport.ts';

/** What a listing shows, held against what the book knows. */
export interface Survey {
  /** To be fetched now. */
  readonly ready: readonly Candidate[];
  /** Not seen unchanged for long enough. */
  readonly unsettled: readonly Candidate[];
  /** Fetched before, and not again. */
  readonly known: number;
  /** When the last of the unsettled has settled, if none changes. */
  readonly settledInMs: number;
  readonly remarks: readonly Remark[];
}

/** Whose directory is looked at, and with what rules. */
export interface SurveyOptions extends RemoteSource {
  readonly config: FetchConfig;
  readonly inbox: Inbox;
}

const ATTRIBUTES_AT_ONCE = 32;

/** Lists the directory once, records the versions it shows, and says which to fetch. */
export async function survey(
  db: Database,
  transport: Transport,
  options: SurveyOptions,
): Promise<Survey> {
  const { config } = options;
  const names = await transport.list();
  const { selected, remarks } = selectNames(names, config);
  const listing = { names: new Set(names), config };
  const limit = pLimit(ATTRIBUTES_AT_ONCE);
  const found = await Promise.all(
    selected.map((name) => limit(() => lookAt(transport, name, listing))),
  );
  const candidates = found.filter((each) => each !== undefined && 'path' in each);
  const known = await db.transaction((tx) => recordSeen(tx, options, candidates));
  const sorted = new Sorter(options, known);
  for (const candidate of candidates) await sorted.take(candidate);
  const told = found.filter((each) => each !== undefined && 'code' in each);
  return { ...sorted, remarks: [...remarks, ...told, ...sorted.remarks] };
}

/** Undefined when the file went away since it was listed. */
async function lookAt(
  transport: Transport,
  name: string,
  listing: { readonly names: ReadonlySet<string>; readonly config: FetchConfig },
): Promise<Candidate | Remark | undefined> {
  const attributes = await transport.attributes(pathIn(listing.config.directory, name));
  return attributes === undefined ? undefined : candidateOf(name, attributes, listing);
}

/** Sorts candidates by what is to be done with them. */
class Sorter implements Survey {
  readonly ready: Candidate[] = [];
  readonly unsettled: Candidate[] = [];
  readonly remarks: Remark[] = [];
  known = 0;
  settledInMs = 0;
  readonly #options: SurveyOptions;
  readonly #files: ReadonlyMap<string, RemoteFile>;

  constructor(options: SurveyOptions, files: ReadonlyMap<string, RemoteFile>) {
    this.#options = options;
    this.#files = files;
  }

  async take(candidate: Candidate): Promise<void> {
    const file = this.#files.get(versionKey(candidate));
    if (file !== undefined && (await this.#isHere(file))) {
      this.known += 1;
      return;
    }
    const { config, now } = this.#options;
    const ageMs = now.getTime() - (file?.firstSeenAt ?? now).getTime();
    const missingMs = config.stableSeconds * 1000 - ageMs;
    if (!candidate.isMarked) this.#tellUnmarked(candidate, ageMs);
    else if (missingMs <= 0 || file?.state !== 'seen') this.ready.push(candidate);
    else this.#wait(candidate, missingMs);
  }

  /** What is loaded was here; only what still waits to be loaded must be. */
  async #isHere({ state, sha256, size }: RemoteFile): Promise<boolean> {
    if (state === 'loaded' || state === 'archived') return true;
    return state === 'fetched' && sha256 !== null && (await this.#options.inbox.has(sha256, size));
  }

  #wait(candidate: Candidate, missingMs: number): void {
    this.unsettled.push(candidate);
    // A clock that was set back must not make this wait longer than the rule says.
    const atMostMs = this.#options.config.stableSeconds * 1000;
    this.settledInMs = Math.max(this.settledInMs, Math.min(missingMs, atMostMs));
  }

  #tellUnmarked({ name }: Candidate, ageMs: number): void {
    const { doneMarker, markerGraceSeconds } = this.#options.config;
    if (ageMs >= markerGraceSeconds * 1000) {
      const text = `no ${doneMarker} beside it after ${markerGraceSeconds} seconds`;
      this.remarks.push(refusal(name, 'MARKER_MISSING', text));
    } else {
      const waiting = refusal(name, 'MARKER_AWAITED', `waits for its ${doneMarker}`);
      this.remarks.push({ ...waiting, isRefusal: false });
    }
  }
}
