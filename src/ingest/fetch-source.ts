import pLimit from 'p-limit';
import type { Database } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import type { FetchConfig } from '../fetch-config.ts';
import { type Survey, survey } from './fetch-survey.ts';
import { FileRefusal } from './record.ts';
import { recordState } from './remote-file.ts';
import { ConnectionPool } from './transport/connection-pool.ts';
import { DirectoryTransport } from './transport/directory.ts';
import { Inbox } from './transport/inbox.ts';
import { type Candidate, type Remark, refusal } from './transport/selection.ts';
import { connectSftp } from './transport/sftp-connect.ts';
import { checkDigest, readSidecar } from './transport/sidecar.ts';
import type { Transport } from './transport/transport.ts';
import { type Digests, type ReadOptions, readVerified } from './transport/verified-read.ts';

/** A file that was fetched just now. */
export interface FetchedFile {
  readonly source: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** What the clock, the environment and chance give to a fetch. */
export interface FetchSurroundings {
  readonly stateDirectory: string;
  /** Where secrets are found. */
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Tells apart what is written at the same time. */
  readonly newOperationId: () => string;
}

export interface FetchSourceOptions extends FetchSurroundings {
  readonly bookId: bigint;
  readonly source: string;
  readonly config: FetchConfig;
  readonly onFetched?: (file: FetchedFile) => void;
}

/** What became of one source; `failure` when it could not be reached, or not to the end. */
export interface SourceOutcome {
  readonly fetched: readonly FetchedFile[];
  readonly known: number;
  readonly remarks: readonly Remark[];
  readonly failure: OperationalError | null;
}

/** Timers may fire a little early by the clock that is compared with. */
const SETTLE_MARGIN_MS = 100;
const RETRY_DELAYS_MS = [1_000, 4_000];
/** A server on which so many transfers fail is not worth the next one's timeouts. */
const MAX_FAILED_FILES = 3;
const OF_THE_SOURCE: ReadonlySet<string> = new Set([
  'sftp_unreachable',
  'not_permitted',
  'configuration',
]);

/** Opens connections to where a source's files lie. */
export function connectionsTo(
  config: FetchConfig,
  { env, sleep }: Pick<FetchSurroundings, 'env' | 'sleep'>,
): ConnectionPool {
  const { server, directory } = config;
  if (server === null) {
    return new ConnectionPool(() => Promise.resolve(new DirectoryTransport(directory)));
  }
  const idleTimeoutMs = config.idleTimeoutSeconds * 1000;
  return new ConnectionPool(() => connectSftp({ server, directory, idleTimeoutMs, env, sleep }));
}

/**
 * Fetches what a source has for us and is complete, each version once.
 *
 * What only a file or only this source is at fault for is told in the outcome; a full disk and a lost database are thrown.
 */
export async function fetchSource(
  db: Database,
  options: FetchSourceOptions,
): Promise<SourceOutcome> {
  const pool = connectionsTo(options.config, options);
  const inbox = await Inbox.open(options.stateDirectory, options.source);
  await inbox.removeLeftParts(
    new Date(options.now().getTime() - options.config.maxTransferSeconds * 1000),
  );
  const work = new SourceWork(db, { pool, inbox, options });
  try {
    await work.run();
  } catch (error) {
    work.fail(error);
  } finally {
    await pool.close();
  }
  return work;
}

/** The failure of a source when the error is one; anything else is thrown on. */
export function sourceFailure(error: unknown): OperationalError {
  if (isSourceFailure(error)) return error;
  throw error;
}

function isSourceFailure(error: unknown): error is OperationalError {
  return error instanceof OperationalError && OF_THE_SOURCE.has(error.code);
}

interface Place {
  readonly pool: ConnectionPool;
  readonly inbox: Inbox;
  readonly options: FetchSourceOptions;
}

class SourceWork implements SourceOutcome {
  readonly fetched: FetchedFile[] = [];
  readonly remarks: Remark[] = [];
  known = 0;
  failure: OperationalError | null = null;
  readonly #db: Database;
  readonly #place: Place;
  #failedFiles = 0;
  #isBroken = false;

  constructor(db: Database, place: Place) {
    this.#db = db;
    this.#place = place;
  }

  fail(error: unknown): void {
    // What is thrown on from here ends the whole fetch: nothing more is begun.
    this.#isBroken = !isSourceFailure(error);
    const failure = sourceFailure(error);
    this.failure ??= failure;
  }

  async run(): Promise<void> {
    const { ready, known, remarks, unsettled } = await this.#settledSurvey();
    this.known = known;
    this.remarks.push(...remarks, ...unsettled.map(({ name }) => unsettledRemark(name)));
    const limit = pLimit(this.#place.options.config.connections);
    const ended = await Promise.allSettled(
      ready.map((candidate) => limit(() => this.#fetch(candidate))),
    );
    const thrown = ended.find((each) => each.status === 'rejected');
    if (thrown !== undefined) throw thrown.reason;
  }

  /** Lists a second time when something has to be seen again unchanged. */
  async #settledSurvey(): Promise<Survey> {
    const { pool, options } = this.#place;
    const first = await pool.use((transport) => this.#survey(transport));
    if (first.unsettled.length === 0) return first;
    await options.sleep(first.settledInMs + SETTLE_MARGIN_MS);
    return await pool.use((transport) => this.#survey(transport));
  }

  #survey(transport: Transport): Promise<Survey> {
    const { inbox, options } = this.#place;
    return survey(this.#db, transport, { ...options, inbox, now: options.now() });
  }

  async #fetch(candidate: Candidate): Promise<void> {
    if (this.#isGivenUp()) return;
    try {
      const { sha256 } = await this.#transferWithRetries(candidate);
      await this.#record(candidate, { state: 'fetched', sha256, reason: null });
      const { source, onFetched } = this.#place.options;
      const file = { source, name: candidate.name, size: candidate.size, sha256 };
      this.fetched.push(file);
      onFetched?.(file);
    } catch (error) {
      await this.#refuse(candidate, error);
    }
  }

  #isGivenUp(): boolean {
    if (this.#isBroken || this.#place.pool.hasFailed) return true;
    return this.#failedFiles >= MAX_FAILED_FILES;
  }

  async #transferWithRetries(candidate: Candidate): Promise<Digests> {
    for (let failed = 0; ; failed += 1) {
      try {
        return await this.#transfer(candidate);
      } catch (error) {
        const delay = RETRY_DELAYS_MS[failed];
        const isLast = delay === undefined || failed >= retriesFor(error);
        if (isLast || this.#isGivenUp()) throw error;
        await this.#place.options.sleep(delay);
      }
    }
  }

  async #transfer(candidate: Candidate): Promise<Digests> {
    const { pool, inbox, options } = this.#place;
    const reading: ReadOptions = {
      maxBytes: options.config.maxBytes,
      maxTransferMs: options.config.maxTransferSeconds * 1000,
    };
    return await pool.use(async (transport) => {
      const { sidecar, name } = candidate;
      const expected =
        sidecar === null ? null : await readSidecar(transport, sidecar, name, reading);
      const wanted = { ...reading, isMd5Wanted: expected?.algorithm === 'md5' };
      return await inbox.receive(options.newOperationId(), async (write) => {
        const digests = await readVerified(transport, candidate, wanted, write);
        if (expected !== null) checkDigest(expected, digests);
        return digests;
      });
    });
  }

  /** What the file is at fault for is told of the file; what the source is, of the source. */
  async #refuse(candidate: Candidate, error: unknown): Promise<void> {
    if (error instanceof FileRefusal) {
      const remark = refusal(candidate.name, error.reason, error.message);
      this.remarks.push(remark);
      const reason = { code: remark.code, text: remark.message };
      await this.#record(candidate, { state: 'refused', sha256: null, reason });
      return;
    }
    this.#failedFiles += 1;
    this.fail(error);
  }

  async #record(candidate: Candidate, change: Parameters<typeof recordState>[3]): Promise<void> {
    const { options } = this.#place;
    const remote = { ...options, now: options.now() };
    await this.#db.transaction((tx) => recordState(tx, remote, candidate, change));
  }
}

/** How often what failed so may be tried again. */
function retriesFor(error: unknown): number {
  if (error instanceof FileRefusal) {
    if (error.reason === 'CHECKSUM_MISMATCH') return 1;
    return error.reason === 'FILE_TRUNCATED' ? RETRY_DELAYS_MS.length : 0;
  }
  const isLost = error instanceof OperationalError && error.code === 'sftp_unreachable';
  return isLost ? RETRY_DELAYS_MS.length : 0;
}

function unsettledRemark(name: string): Remark {
  const text = 'still changing, or not seen unchanged for long enough; the next fetch takes it';
  return { ...refusal(name, 'NOT_STABLE', text), isRefusal: false };
}
