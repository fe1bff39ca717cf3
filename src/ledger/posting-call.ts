import { arrayLiteral } from '../db/array-literal.ts';
import type { SqlValue } from '../db/db.ts';
import { accountIdOf, journalIdBytesOf, keyHashOf } from '../ids.ts';
import type { AccountRef } from './accounts.ts';
import { amountsOf, expiryOf, fingerprintOf } from './fingerprint.ts';
import { actionOf, type JournalRequest, type PairPosting, targetOf } from './journal-request.ts';

/** The one statement that posts; its parameters come from {@link PostingCall}. */
export const POST_JOURNALS = `select created, balances_are_due as "balancesAreDue", not_created as "notCreated", code, is_replay as "isReplay"
from tieout.post_journals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
  $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39)`;

/** What {@link POST_JOURNALS} returns, in one row; places count from 1. */
export interface PostingResult {
  readonly created: number;
  readonly balancesAreDue: boolean;
  readonly notCreated: readonly number[] | null;
  readonly code: readonly string[] | null;
  readonly isReplay: readonly boolean[] | null;
}

/** What all journals of a call share. */
export interface CallTerms {
  readonly bookId: bigint;
  readonly operationId: string;
  readonly bookedOn: string;
  readonly bookedAt: Date;
  readonly keepsRefusals: boolean;
  readonly defersBalances: boolean;
}

interface NamedAccount extends AccountRef {
  readonly accountId: bigint;
}

/**
 * The ids of accounts by code and currency (a hash each), and which of them were seen open: remembered over calls, because
 * accounts are never removed.
 */
export class AccountIds {
  readonly #known = new Map<string, NamedAccount>();
  readonly #open = new Set<bigint>();

  /** Those that were not seen open yet. */
  notSeen(accounts: Iterable<NamedAccount>): NamedAccount[] {
    return [...accounts].filter(({ accountId }) => !this.#open.has(accountId));
  }

  seen(accounts: Iterable<NamedAccount>): void {
    for (const { accountId } of accounts) this.#open.add(accountId);
  }

  of(code: string, currency: string): NamedAccount {
    const name = `${code}|${currency}`;
    let account = this.#known.get(name);
    if (account === undefined) {
      account = { code, currency, accountId: accountIdOf(code, currency) };
      this.#known.set(name, account);
    }
    return account;
  }
}

/** Journals on their way to the posting function: a column of it is an array here. */
export class PostingCall {
  readonly requests: JournalRequest[] = [];
  /** Of the texts that may be long. */
  characters = 0;
  readonly #ids: AccountIds;
  readonly #accounts = new Map<bigint, NamedAccount>();
  readonly #opened = new Set<bigint>();
  readonly #keyHashes: Uint8Array[] = [];
  readonly #journalIds: Uint8Array[] = [];
  readonly #fingerprints: Uint8Array[] = [];
  readonly #keys = new Set<string>();
  readonly #actingKeys = new Set<string>();
  readonly #lineOf: number[] = [];
  readonly #seq: number[] = [];
  readonly #debit: bigint[] = [];
  readonly #credit: bigint[] = [];
  readonly #currency: string[] = [];
  readonly #amount: bigint[] = [];
  readonly #opensDebit: (boolean | null)[] = [];
  readonly #opensCredit: (boolean | null)[] = [];
  readonly #ownReference: (string | null)[] = [];
  readonly #itemKind: string[] = [];
  readonly #itemReference: (string | null)[] = [];
  readonly #itemPaymentId: (string | null)[] = [];

  constructor(ids: AccountIds) {
    this.#ids = ids;
  }

  /**
   * Whether a request must wait until this call is written: it acts on a journal of it, or has the key of one, where either
   * of the two acts on another.
   */
  mustPrecede(request: JournalRequest): boolean {
    if (this.#actingKeys.has(request.key)) return true;
    const target = targetOf(request);
    return target !== undefined && (this.#keys.has(target) || this.#keys.has(request.key));
  }

  add(request: JournalRequest): void {
    const keyHash = keyHashOf(request.key);
    this.requests.push(request);
    this.characters += request.description.length + (request.metadata?.length ?? 0);
    this.#keys.add(request.key);
    if (targetOf(request) !== undefined) this.#actingKeys.add(request.key);
    this.#keyHashes.push(keyHash);
    this.#journalIds.push(journalIdBytesOf(request.effectiveDate, keyHash));
    this.#fingerprints.push(fingerprintOf(request));
    for (const [index, posting] of request.postings.entries())
      this.#addLine(request, posting, index + 1);
  }

  /** The accounts that the postings name. */
  accounts(): Iterable<NamedAccount> {
    return this.#accounts.values();
  }

  /** The parameters of {@link POST_JOURNALS}. */
  parameters(terms: CallTerms): readonly SqlValue[] {
    const accounts = [...this.#accounts.values()];
    const { requests } = this;
    return [
      terms.bookId,
      terms.operationId,
      terms.bookedOn,
      terms.bookedAt.toISOString(),
      terms.keepsRefusals,
      terms.defersBalances,
      arrayLiteral(accounts.map((account) => account.accountId)),
      arrayLiteral(accounts.map((account) => account.code)),
      arrayLiteral([...this.#opened]),
      arrayLiteral(requests.map((request) => request.key)),
      Buffer.concat(this.#keyHashes),
      Buffer.concat(this.#journalIds),
      Buffer.concat(this.#fingerprints),
      arrayLiteral(requests.map((request) => request.kind)),
      arrayLiteral(requests.map((request) => request.effectiveDate)),
      arrayLiteral(requests.map((request) => request.reference ?? firstReference(request))),
      arrayLiteral(requests.map((request) => request.paymentId ?? null)),
      arrayLiteral(requests.map((request) => request.description)),
      arrayLiteral(requests.map((request) => request.runId ?? null)),
      arrayLiteral(requests.map((request) => request.createdBy)),
      this.#rare((request) => request.metadata ?? null),
      ...this.#acts(),
      this.#rare((request) => request.closedPeriod ?? null),
      this.#rare((request) => request.announce ?? null),
      arrayLiteral(this.#lineOf),
      arrayLiteral(this.#seq),
      arrayLiteral(this.#debit),
      arrayLiteral(this.#credit),
      arrayLiteral(this.#currency),
      arrayLiteral(this.#amount),
      arrayLiteral(this.#opensDebit),
      arrayLiteral(this.#opensCredit),
      arrayLiteral(this.#ownReference),
      arrayLiteral(this.#itemKind),
      arrayLiteral(this.#itemReference),
      arrayLiteral(this.#itemPaymentId),
    ];
  }

  #acts(): readonly SqlValue[] {
    return [
      this.#rare(actionOf),
      this.#rare((request) => {
        const target = targetOf(request);
        return target === undefined ? null : keyHashOf(target);
      }),
      this.#rare((request) => {
        const amounts = amountsOf(request);
        return amounts === undefined ? null : arrayLiteral(amounts);
      }),
      this.#rare((request) => expiryOf(request)?.toISOString() ?? null),
    ];
  }

  /** A column that most calls have no value in: then none is sent. */
  #rare(pick: (request: JournalRequest) => SqlValue): string | null {
    const values = this.requests.map(pick);
    return values.every((value) => value === null) ? null : arrayLiteral(values);
  }

  #addLine(request: JournalRequest, posting: PairPosting, seq: number): void {
    const currency = posting.currency ?? request.currency;
    const debit = this.#account(posting.debit, currency);
    const credit = this.#account(posting.credit, currency);
    const opens = posting.opens;
    if (opens === 'debit' || opens === 'both') this.#opened.add(debit);
    if (opens === 'credit' || opens === 'both') this.#opened.add(credit);
    this.#lineOf.push(this.requests.length);
    this.#seq.push(seq);
    this.#debit.push(debit);
    this.#credit.push(credit);
    this.#currency.push(currency);
    this.#amount.push(posting.amountMinor);
    this.#opensDebit.push(opens === 'auto' ? null : opens === 'debit' || opens === 'both');
    this.#opensCredit.push(opens === 'auto' ? null : opens === 'credit' || opens === 'both');
    const own = posting.reference;
    const shared = request.reference ?? firstReference(request);
    this.#ownReference.push(own === undefined || own === shared ? null : own);
    this.#itemKind.push(request.kind);
    this.#itemReference.push(own ?? shared);
    this.#itemPaymentId.push(request.paymentId ?? null);
  }

  #account(code: string, currency: string): bigint {
    const account = this.#ids.of(code, currency);
    this.#accounts.set(account.accountId, account);
    return account.accountId;
  }
}

function firstReference(request: JournalRequest): string | null {
  return request.postings[0]?.reference ?? null;
}
