import { createHash } from 'node:crypto';
import { type BusinessDate, businessDateIn } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { SqlValue, Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { accountIdOf, journalIdOf, keyHashOf } from '../ids.ts';
import { type AccountRef, openAccounts } from './accounts.ts';
import type { Chart } from './chart.ts';

/** One movement: `amountMinor` (> 0, minor units) from the credited to the debited account. */
export interface PairPosting {
  readonly debit: string;
  readonly credit: string;
  readonly amountMinor: bigint;
  /** Of both accounts; the journal's currency when absent. Each posting stays in one currency. */
  readonly currency?: Currency;
  /** Sides that wait for evidence: each becomes an open item on its (reconcilable) account. */
  readonly opens?: 'debit' | 'credit';
  /** What evidence will name the open item by; the journal's reference when absent. */
  readonly reference?: string;
}

/** A journal somebody wants posted; balanced whatever it says, because its postings are pairs. */
export interface JournalRequest {
  /** Unique in the book, for ever: the same key posts once. */
  readonly key: string;
  readonly kind: string;
  readonly effectiveDate: BusinessDate;
  readonly currency: Currency;
  readonly reference?: string;
  readonly paymentId?: string;
  readonly description: string;
  readonly runId?: bigint;
  readonly createdBy: string;
  readonly metadata?: string;
  readonly postings: readonly PairPosting[];
}

export type RefusalCode =
  | 'exists_with_different_content'
  | 'unknown_account'
  | 'account_closed'
  | 'account_frozen'
  | 'not_reconcilable';

export interface PostRefusal {
  /** Position of the journal in what was asked, from 0. */
  readonly requestNo: bigint;
  readonly key: string;
  readonly code: RefusalCode;
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
}

const SQL = {
  refusals: sqlFile(import.meta.url, './sql/10_refusals.sql'),
  claimKeys: sqlFile(import.meta.url, './sql/20_claim_keys.sql'),
  notCreated: sqlFile(import.meta.url, './sql/21_not_created.sql'),
  journals: sqlFile(import.meta.url, './sql/30_journals.sql'),
  postings: sqlFile(import.meta.url, './sql/40_postings.sql'),
  openItems: sqlFile(import.meta.url, './sql/50_open_items.sql'),
  balances: sqlFile(import.meta.url, './sql/60_balances.sql'),
  balanceDays: sqlFile(import.meta.url, './sql/61_balance_days.sql'),
};

const REQUEST_COLUMNS = [
  'book_id',
  'operation_id',
  'request_no',
  'seq',
  'key',
  'key_hash',
  'journal_id',
  'fingerprint',
  'kind',
  'effective_date',
  'reference',
  'payment_id',
  'description',
  'run_id',
  'reverses_journal_id',
  'created_by',
  'metadata',
  'debit_account_id',
  'credit_account_id',
  'currency',
  'amount_minor',
  'opens_debit_item',
  'opens_credit_item',
] as const;

interface NotCreated {
  readonly requestNo: bigint;
  readonly key: string;
  readonly code: 'exists' | RefusalCode;
}

/**
 * Posts journals, one or a million, exactly once by key: the one way to move money.
 *
 * Each journal is created, found to exist with the same content, or refused with a code; the others go on. Postings,
 * open items and balances are written in the caller's transaction.
 */
export async function post(
  tx: Tx,
  journals: AsyncIterable<readonly JournalRequest[]>,
  options: PostOptions,
): Promise<PostOutcome> {
  const requested = new RequestEncoder(options);
  await tx.copyIn(
    { table: 'tieout.posting_request', columns: REQUEST_COLUMNS },
    requested.encode(journals),
  );
  await openAccounts(tx, { ...options, accounts: requested.accounts() });
  const operation = [options.bookId, options.operationId];
  const invalid = await tx.query<PostRefusal>(SQL.refusals, operation);
  await forget(tx, options, invalid);
  const outcome = await write(tx, options, requested.journals - invalid.length);
  await tx.execute(
    'delete from tieout.posting_request where book_id = $1 and operation_id = $2::uuid',
    operation,
  );
  return { ...outcome, refused: [...invalid, ...outcome.refused] };
}

/** The day a journal posted now is booked on, in UTC. */
export function bookingDayOf(now: Date): BusinessDate {
  return businessDateIn('UTC', now);
}

/** Posts journals that must all be new or exist already: anything refused is a bug of the caller. */
export async function postAll(
  tx: Tx,
  journals: readonly JournalRequest[],
  options: PostOptions,
): Promise<PostOutcome> {
  if (journals.length === 0) return { created: 0, exists: 0, refused: [] };
  const outcome = await post(tx, inOneBatch(journals), options);
  const [first] = outcome.refused;
  assertInvariant(first === undefined, `journal ${first?.key} was refused: ${first?.code}`);
  return outcome;
}

async function* inOneBatch(
  journals: readonly JournalRequest[],
): AsyncGenerator<readonly JournalRequest[]> {
  yield journals;
}

async function write(tx: Tx, options: PostOptions, requests: number): Promise<PostOutcome> {
  const operation = [options.bookId, options.operationId];
  const bookedOn = bookingDayOf(options.now);
  const { rowCount: created } = await tx.execute(SQL.claimKeys, [...operation, bookedOn]);
  const taken = created === requests ? [] : await tx.query<NotCreated>(SQL.notCreated, operation);
  assertInvariant(
    created + taken.length === requests,
    'a journal request was neither created nor found',
  );
  await forget(tx, options, taken);
  await tx.execute(SQL.journals, [...operation, bookedOn, options.now.toISOString()]);
  await tx.execute(SQL.postings, [...operation, bookedOn]);
  await tx.execute(SQL.openItems, [...operation, bookedOn]);
  await tx.execute(SQL.balances, operation);
  await tx.execute(SQL.balanceDays, [...operation, bookedOn]);
  const refused = taken.filter((request): request is PostRefusal => request.code !== 'exists');
  return { created, exists: taken.length - refused.length, refused };
}

async function forget(
  tx: Tx,
  options: PostOptions,
  requests: readonly { readonly requestNo: bigint }[],
): Promise<void> {
  if (requests.length === 0) return;
  await tx.execute(
    `delete from tieout.posting_request
     where book_id = $1 and operation_id = $2::uuid and request_no = any ($3::bigint[])`,
    [options.bookId, options.operationId, requests.map((request) => request.requestNo)],
  );
}

/** Turns requests into rows of posting_request, and remembers which accounts they name. */
class RequestEncoder {
  journals = 0;
  readonly #options: PostOptions;
  readonly #accountIds = new Map<string, AccountRef & { readonly accountId: bigint }>();

  constructor(options: PostOptions) {
    this.#options = options;
  }

  accounts(): Iterable<AccountRef> {
    return this.#accountIds.values();
  }

  async *encode(
    batches: AsyncIterable<readonly JournalRequest[]>,
  ): AsyncGenerator<readonly (readonly SqlValue[])[]> {
    for await (const batch of batches) {
      const rows: (readonly SqlValue[])[] = [];
      for (const journal of batch) this.#encodeJournal(journal, rows);
      yield rows;
    }
  }

  #encodeJournal(journal: JournalRequest, rows: (readonly SqlValue[])[]): void {
    assertInvariant(journal.postings.length > 0, `journal ${journal.key} has no postings`);
    const keyHash = keyHashOf(journal.key);
    const journalId = journalIdOf(journal.effectiveDate, keyHash);
    const fingerprint = fingerprintOf(journal);
    journal.postings.forEach((posting, index) => {
      rows.push([
        this.#options.bookId,
        this.#options.operationId,
        this.journals,
        index + 1,
        journal.key,
        keyHash,
        journalId,
        fingerprint,
        journal.kind,
        journal.effectiveDate,
        posting.reference ?? journal.reference ?? null,
        journal.paymentId ?? null,
        journal.description,
        journal.runId ?? null,
        null,
        journal.createdBy,
        journal.metadata ?? null,
        this.#accountId(posting.debit, posting.currency ?? journal.currency),
        this.#accountId(posting.credit, posting.currency ?? journal.currency),
        posting.currency ?? journal.currency,
        posting.amountMinor,
        posting.opens === 'debit',
        posting.opens === 'credit',
      ]);
    });
    this.journals += 1;
  }

  #accountId(code: string, currency: Currency): bigint {
    const name = `${code}|${currency}`;
    const known = this.#accountIds.get(name);
    if (known !== undefined) return known.accountId;
    const accountId = accountIdOf(code, currency);
    this.#accountIds.set(name, { code, currency, accountId });
    return accountId;
  }
}

/**
 * A digest of every business field of a journal: two requests of one key must agree in it.
 *
 * Each field is length-prefixed, so that no two journals read the same. Who posts and in which run is not business content.
 */
function fingerprintOf(journal: JournalRequest): Uint8Array {
  const fields = [
    journal.kind,
    journal.effectiveDate,
    journal.currency,
    journal.reference ?? '',
    journal.paymentId ?? '',
    journal.metadata ?? '',
  ];
  for (const posting of journal.postings) {
    fields.push(
      posting.debit,
      posting.credit,
      posting.amountMinor.toString(),
      posting.opens ?? '',
      posting.reference ?? '',
    );
  }
  const text = fields.map((field) => `${field.length}:${field}`).join('');
  return createHash('sha256').update(text, 'utf8').digest().subarray(0, 16);
}
