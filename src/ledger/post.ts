import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { BusinessDate } from '../business-date.ts';
import { arrayLiteral } from '../db/array-literal.ts';
import type { Tx } from '../db/db.ts';
import { OperationalError } from '../errors.ts';
import { sha256Hex, uuidFrom } from '../ids.ts';
import { inOneBatch } from '../in-one-batch.ts';
import { openAccounts } from './accounts.ts';
import type { Chart } from './chart.ts';
import { type JournalRequest, malformation, type RefusalCode } from './journal-request.ts';
import { AccountIds, POST_JOURNALS, PostingCall, type PostingResult } from './posting-call.ts';

export interface PostRefusal {
  /** Position of the journal in what was asked, from 0. */
  readonly requestNo: bigint;
  readonly key: string;
  readonly code: RefusalCode;
  /** Whether this is the outcome of an earlier request of the same key, told again. */
  readonly isReplay: boolean;
}

export interface PostOutcome {
  readonly created: number;
  /** Journals that were there already with the same content. */
  readonly exists: number;
  readonly refused: readonly PostRefusal[];
}

export interface PostOptions {
  readonly bookId: bigint;
  readonly chart: Chart;
  /** A fresh UUID: tells this operation's rows from those of another transaction. */
  readonly operationId: string;
  /** When we book; the booking day is its day in UTC. Never the effective date. */
  readonly now: Date;
  /**
   * `keep` (the default): what the state of the books refuses stays refused under its key. `retry`: a refusal for the sake
   * of an account or a period is not kept, so that a file may be given again once that is mended.
   */
  readonly refusals?: 'keep' | 'retry';
  /** One refusal posts nothing at all, and keeps nothing. */
  readonly allOrNothing?: boolean;
}

/** Journals of one call of the posting function, and characters of their texts; more would not be faster. */
const CALL_SIZE = 5_000;
const CALL_CHARACTERS = 4_000_000;
/** Accounts and days whose sums are put off until the end; beyond it they are written in between. */
const SUMS_HELD = 200_000;

/**
 * Posts journals, one or a million, exactly once by key: the one way to move money.
 *
 * Each journal is created, found to exist with the same content, or refused with a code, as if they were posted one after
 * the other. Postings, open items and balances are written in the caller's transaction.
 */
export async function post(
  tx: Tx,
  journals: AsyncIterable<readonly JournalRequest[]>,
  options: PostOptions,
): Promise<PostOutcome> {
  if (options.allOrNothing !== true) return await new Posting(tx, options).run(journals);
  await tx.execute('savepoint posting');
  const outcome = await new Posting(tx, options).run(journals);
  if (outcome.refused.length === 0) {
    await tx.execute('release savepoint posting');
    return outcome;
  }
  await tx.execute('rollback to savepoint posting');
  return { ...outcome, created: 0 };
}

/** The day a journal posted now is booked on, in UTC. */
export function bookingDayOf(now: Date): BusinessDate {
  // The day of an instant in UTC is how its text begins; a calendar would cost more than the posting.
  return now.toISOString().slice(0, 10) as BusinessDate;
}

/**
 * Posts journals that must all be new or exist already.
 *
 * Throws `configuration` (exit 78) when an account or a limit that somebody set refuses one, and nothing is posted.
 */
export async function postAll(
  tx: Tx,
  journals: readonly JournalRequest[],
  options: PostOptions,
): Promise<PostOutcome> {
  if (journals.length === 0) return { created: 0, exists: 0, refused: [] };
  const outcome = await post(tx, inOneBatch(journals), { ...options, allOrNothing: true });
  const [first] = outcome.refused;
  if (first === undefined) return outcome;
  const isBug = first.code.startsWith('exists_with') || first.code.startsWith('unknown');
  throw new OperationalError(
    isBug ? 'invariant_broken' : 'configuration',
    `journal ${first.key} was refused: ${first.code}; nothing was posted`,
  );
}

function isFull(call: PostingCall): boolean {
  return call.requests.length >= CALL_SIZE || call.characters >= CALL_CHARACTERS;
}

interface Sum {
  readonly accountId: bigint;
  readonly effectiveDate: BusinessDate;
  debits: bigint;
  credits: bigint;
}

/** One operation: requests gathered into calls, the next one made while Postgres works on the last. */
class Posting {
  readonly #tx: Tx;
  readonly #options: PostOptions;
  readonly #ids = new AccountIds();
  readonly #refused: PostRefusal[] = [];
  readonly #sums = new Map<string, Sum>();
  #created = 0;
  #exists = 0;
  #asked = 0n;
  #calls = 0;
  #underWay: Promise<void> | undefined;

  constructor(tx: Tx, options: PostOptions) {
    this.#tx = tx;
    this.#options = options;
  }

  async run(journals: AsyncIterable<readonly JournalRequest[]>): Promise<PostOutcome> {
    let call = new PostingCall(this.#ids);
    let places: bigint[] = [];
    for await (const batch of journals) {
      for (const request of batch) {
        if (isFull(call) || call.mustPrecede(request)) {
          await this.#send(call, places);
          call = new PostingCall(this.#ids);
          places = [];
        }
        const code = malformation(request);
        if (code === undefined) {
          call.add(request);
          places.push(this.#asked);
        } else {
          this.#refused.push({ requestNo: this.#asked, key: request.key, code, isReplay: false });
        }
        this.#asked += 1n;
      }
      // A turn of the event loop: without one the socket is not written to, and Postgres waits for the rest of a call.
      await turnOfTheLoop();
    }
    await this.#send(call, places);
    await this.#underWay;
    await this.#addSums();
    this.#refused.sort((left, right) => Number(left.requestNo - right.requestNo));
    return { created: this.#created, exists: this.#exists, refused: this.#refused };
  }

  async #send(call: PostingCall, places: readonly bigint[]): Promise<void> {
    if (places.length === 0) return;
    const { bookId, now, operationId, refusals } = this.#options;
    const parameters = call.parameters({
      bookId,
      operationId:
        this.#calls === 0 ? operationId : uuidFrom(sha256Hex(`${operationId}|${this.#calls}`)),
      bookedOn: bookingDayOf(now),
      bookedAt: now,
      keepsRefusals: refusals !== 'retry',
      // Put off, the locks on balances are taken once and in one order, however many calls there are.
      defersBalances: true,
    });
    this.#calls += 1;
    await this.#underWay;
    await this.#openAccounts(call);
    this.#underWay = this.#tx
      .query<PostingResult>(POST_JOURNALS, parameters)
      .then(async ([result]) => {
        if (result !== undefined) await this.#take(call, places, result);
      });
    // Awaited before the next call; a failure until then is not unheard of.
    this.#underWay.catch(() => undefined);
  }

  async #openAccounts(call: PostingCall): Promise<void> {
    const accounts = this.#ids.notSeen(call.accounts());
    if (accounts.length === 0) return;
    await openAccounts(this.#tx, { ...this.#options, accounts });
    this.#ids.seen(accounts);
  }

  async #take(call: PostingCall, places: readonly bigint[], result: PostingResult): Promise<void> {
    this.#created += result.created;
    const notCreated = new Set<number>();
    for (const [index, place] of (result.notCreated ?? []).entries()) {
      const code = result.code?.[index];
      notCreated.add(place - 1);
      if (code === 'exists') {
        this.#exists += 1;
        continue;
      }
      this.#refused.push({
        requestNo: places[place - 1] ?? 0n,
        key: call.requests[place - 1]?.key ?? '',
        code: code as RefusalCode,
        isReplay: result.isReplay?.[index] ?? false,
      });
    }
    if (!result.balancesAreDue) return;
    for (const [index, request] of call.requests.entries())
      if (!notCreated.has(index)) this.#sum(request);
    if (this.#sums.size > SUMS_HELD) await this.#addSums();
  }

  #sum(request: JournalRequest): void {
    for (const posting of request.postings) {
      const currency = posting.currency ?? request.currency;
      this.#sumOf(posting.debit, currency, request.effectiveDate).debits += posting.amountMinor;
      this.#sumOf(posting.credit, currency, request.effectiveDate).credits += posting.amountMinor;
    }
  }

  #sumOf(code: string, currency: string, effectiveDate: BusinessDate): Sum {
    const name = `${effectiveDate}|${currency}|${code}`;
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      const { accountId } = this.#ids.of(code, currency);
      sum = { accountId, effectiveDate, debits: 0n, credits: 0n };
      this.#sums.set(name, sum);
    }
    return sum;
  }

  async #addSums(): Promise<void> {
    if (this.#sums.size === 0) return;
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    const none = arrayLiteral(sums.map(() => 0));
    await this.#tx.execute(
      `select tieout.add_to_balances($1::bigint, $2::uuid, $3::date, false, false, $4::bigint[], $5::date[], $6::bigint[], $7::bigint[],
         $8::bigint[], $8::bigint[])`,
      [
        this.#options.bookId,
        this.#options.operationId,
        bookingDayOf(this.#options.now),
        arrayLiteral(sums.map(({ accountId }) => accountId)),
        arrayLiteral(sums.map(({ effectiveDate }) => effectiveDate)),
        arrayLiteral(sums.map(({ debits }) => debits)),
        arrayLiteral(sums.map(({ credits }) => credits)),
        none,
      ],
    );
  }
}
