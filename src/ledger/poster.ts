import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/db.ts';
import { isConflict } from '../db/sqlstate.ts';
import { OperationalError } from '../errors.ts';
import { openAccounts } from './accounts.ts';
import type { Chart } from './chart.ts';
import { type JournalRequest, malformation, type RefusalCode } from './journal-request.ts';
import { bookingDayOf } from './post.ts';
import { AccountIds, POST_JOURNALS, PostingCall, type PostingResult } from './posting-call.ts';

/** What became of one journal. */
export type PostedJournal =
  | { readonly code: 'created' | 'exists' }
  | { readonly code: RefusalCode; readonly isReplay: boolean };

export interface PosterOptions {
  readonly bookId: bigint;
  readonly chart: Chart;
  readonly now: () => Date;
  readonly newOperationId: () => string;
  /** Journals of one transaction at most; 1 posts each by itself. */
  readonly batchSize?: number;
  /** Transactions under way at once at most. */
  readonly lanes?: number;
  /** Journals waiting at most; beyond it `post` refuses with `book_busy`, so that who asks slows down. */
  readonly queueSize?: number;
}

interface Waiting {
  readonly request: JournalRequest;
  readonly resolve: (outcome: PostedJournal) => void;
  readonly reject: (error: unknown) => void;
}

const BATCH_SIZE = 200;
const LANES = 4;
const QUEUE_SIZE = 10_000;
const ATTEMPTS = 5;

/**
 * Posts journals of concurrent callers, each answered after the commit of its own.
 *
 * Journals that wait while others are being committed go together in the next transaction: the same statements as a
 * batch, row by row, so a hot account is locked once for all of them. Nothing is lost with the process that was not
 * answered for: who got no answer asks again with the same key.
 */
export class Poster {
  readonly #db: Database;
  readonly #options: PosterOptions;
  readonly #ids = new AccountIds();
  readonly #queue: Waiting[] = [];
  #busyLanes = 0;
  readonly #whenIdle: (() => void)[] = [];

  constructor(db: Database, options: PosterOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Posts one journal in a transaction that is committed when the promise resolves.
   *
   * Refusals are outcomes. Rejects with `book_busy` when too many wait, and with `interrupted` when the connection was lost:
   * the journal is then posted or not, and asking again with the same key tells.
   */
  async post(request: JournalRequest): Promise<PostedJournal> {
    const code = malformation(request);
    if (code !== undefined) return { code, isReplay: false };
    if (this.#queue.length >= (this.#options.queueSize ?? QUEUE_SIZE))
      throw new OperationalError('book_busy', 'too many journals wait to be posted; try later');
    return await new Promise<PostedJournal>((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#startLane();
    });
  }

  /** Waits until everything that was asked for is answered. */
  async drain(): Promise<void> {
    if (this.#busyLanes === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  #startLane(): void {
    if (this.#busyLanes >= (this.#options.lanes ?? LANES)) return;
    this.#busyLanes += 1;
    // In the next turn, so that what is asked for together goes together.
    setImmediate(() => {
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) await this.#postSome(this.#take());
    this.#busyLanes -= 1;
    if (this.#busyLanes === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #take(): Waiting[] {
    return this.#queue.splice(0, this.#options.batchSize ?? BATCH_SIZE);
  }

  /** Answers every one of them. When a call fails, each is tried alone: one must not fail another. */
  async #postSome(some: readonly Waiting[]): Promise<void> {
    const call = new PostingCall(this.#ids);
    const behind: Waiting[] = [];
    const together = some.filter((waiting) => {
      const mayGo = behind.length === 0 && !call.mustPrecede(waiting.request);
      if (mayGo) call.add(waiting.request);
      else behind.push(waiting);
      return mayGo;
    });
    try {
      answer(together, await this.#call(call));
    } catch (error) {
      if (together.length === 1) together[0]?.reject(error);
      else for (const waiting of together) await this.#postSome([waiting]);
    }
    if (behind.length > 0) await this.#postSome(behind);
  }

  async #call(call: PostingCall): Promise<PostingResult> {
    await this.#openAccounts(call);
    for (let attempt = 1; ; attempt += 1) {
      const { bookId, now, newOperationId } = this.#options;
      const bookedAt = now();
      const parameters = call.parameters({
        bookId,
        operationId: newOperationId(),
        bookedOn: bookingDayOf(bookedAt),
        bookedAt,
        keepsRefusals: true,
        defersBalances: false,
      });
      try {
        const [result] = await this.#db.call<PostingResult>(POST_JOURNALS, parameters);
        if (result === undefined)
          throw new OperationalError('invariant_broken', 'posting gave no result');
        return result;
      } catch (error) {
        if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
        await sleep(attempt * attempt);
      }
    }
  }

  async #openAccounts(call: PostingCall): Promise<void> {
    const accounts = this.#ids.notSeen(call.accounts());
    if (accounts.length === 0) return;
    const { bookId, chart, now } = this.#options;
    await this.#db.transaction((tx) => openAccounts(tx, { bookId, chart, accounts, now: now() }), {
      attempts: ATTEMPTS,
    });
    this.#ids.seen(accounts);
  }
}

function answer(waiting: readonly Waiting[], result: PostingResult): void {
  const codes = new Map(
    (result.notCreated ?? []).map((place, index) => [
      place - 1,
      {
        code: result.code?.[index] as 'exists' | RefusalCode,
        isReplay: result.isReplay?.[index] ?? false,
      },
    ]),
  );
  for (const [index, { resolve }] of waiting.entries()) {
    const outcome = codes.get(index);
    if (outcome === undefined) resolve({ code: 'created' });
    else if (outcome.code === 'exists') resolve({ code: 'exists' });
    else resolve({ code: outcome.code, isReplay: outcome.isReplay });
  }
}
