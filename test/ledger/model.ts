import {
  type JournalRequest,
  type RefusalCode,
  targetOf,
} from '../../src/ledger/journal-request.ts';
import { type Content, contentOf, differenceOf, referenceOf, sidesOf } from './model-content.ts';
import {
  ACCOUNT_REFUSALS,
  limitRefusal,
  type ModelAccount,
  type ModelHold,
  type ModelItem,
  type ModelJournal,
  type ModelPeriod,
  type ModelPosting,
  malformationOf,
  move,
  remainingOf,
  stateRank,
} from './model-rules.ts';

/** What the ledger answers to one request. */
export interface Answer {
  readonly code: 'created' | 'exists' | RefusalCode;
  readonly isReplay: boolean;
}

export interface Known {
  readonly content: Content;
  readonly journal: ModelJournal | undefined;
  readonly code: RefusalCode | undefined;
}

/** What a request would write. */
interface Draft {
  readonly postings: readonly ModelPosting[];
  readonly actsOn?: ModelJournal;
  readonly write?: (journal: ModelJournal) => void;
  readonly reverses?: ModelJournal;
}

interface Booking {
  readonly effectiveDate: string;
  readonly requestedDate: string | undefined;
  readonly period: string | undefined;
}

/** Whether a refusal is not kept when it is to be tried again; what acts on another has its accounts from there. */
function isForgotten(request: JournalRequest, code: RefusalCode): boolean {
  const ofAccounts = code === 'account_closed' || code === 'account_frozen';
  return FORGOTTEN_WHEN_RETRIED.has(code) && !(ofAccounts && targetOf(request) !== undefined);
}

const FORGOTTEN_WHEN_RETRIED = new Set<RefusalCode>([
  'unknown_account',
  'currency_mismatch',
  'account_closed',
  'account_frozen',
  'not_reconcilable',
  'period_closed',
]);

/** The ledger as plain memory, asked one request after the other: it says what Postgres must answer and hold. */
export class ModelLedger {
  readonly accounts = new Map<string, ModelAccount>();
  readonly keys = new Map<string, Known>();
  readonly holds = new Map<string, ModelHold>();
  readonly items = new Map<string, ModelItem>();
  readonly days = new Map<string, { debits: bigint; credits: bigint }>();
  readonly periods: ModelPeriod[] = [];

  /** Asks for one journal at a moment. */
  ask(request: JournalRequest, now: Date, refusals: 'keep' | 'retry' = 'keep'): Answer {
    const malformed = malformationOf(request);
    if (malformed !== undefined) return { code: malformed, isReplay: false };
    const known = this.keys.get(request.key);
    if (known !== undefined) return this.#answerAgain(known, request);
    const decided = this.#decide(request, now);
    const content = this.#contentOf(request);
    if (typeof decided === 'string') {
      if (refusals === 'keep' || !isForgotten(request, decided))
        this.keys.set(request.key, { content, journal: undefined, code: decided });
      return { code: decided, isReplay: false };
    }
    const journal = this.#write(request, decided, now);
    this.keys.set(request.key, { content: inheriting(content, journal), journal, code: undefined });
    return { code: 'created', isReplay: false };
  }

  /** The account of a code in a currency. */
  account(code: string, currency: string): ModelAccount | undefined {
    return this.accounts.get(`${code}|${currency}`);
  }

  /** The first day after `day` that is open: the one after the last closed period. */
  nextOpenDay(day: string): string {
    let next = day;
    do next = new Date(Date.parse(`${next}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    while (this.#closedPeriodOf(next) !== undefined);
    return next;
  }

  #contentOf(request: JournalRequest): Content {
    return contentOf(request, (code, currency) => this.#hasItems(code, currency));
  }

  #hasItems(code: string, currency: string): boolean {
    return this.account(code, currency)?.isReconcilable ?? false;
  }

  #answerAgain(known: Known, request: JournalRequest): Answer {
    const content = this.#contentOf(request);
    const asked = known.journal === undefined ? content : inheriting(content, known.journal);
    const field = differenceOf(known.content, asked);
    if (field !== undefined) return { code: `exists_with_different_${field}`, isReplay: true };
    return { code: known.code ?? 'exists', isReplay: true };
  }

  #decide(request: JournalRequest, now: Date): RefusalCode | { draft: Draft; booking: Booking } {
    const unknown = this.#accountsRefuse(request);
    if (unknown !== undefined) return unknown;
    const booking = this.#book(request);
    if (booking === undefined) return 'period_closed';
    const draft = this.#draft(request, now);
    if (typeof draft === 'string') return draft;
    return limitRefusal(draft.postings) ?? { draft, booking };
  }

  #accountsRefuse(request: JournalRequest): RefusalCode | undefined {
    const ranks = request.postings.map((posting, place) => {
      const currency = posting.currency ?? request.currency;
      const debit = this.account(posting.debit, currency);
      const credit = this.account(posting.credit, currency);
      if (debit === undefined || credit === undefined) {
        const codes = new Set([...this.accounts.values()].map((account) => account.code));
        return codes.has(posting.debit) && codes.has(posting.credit) ? 1 : 0;
      }
      const state = stateRank(debit, credit);
      if (state !== undefined) return state;
      const sides = sidesOf(request, place, (code) => this.#hasItems(code, currency));
      const fits =
        (!sides.debit || debit.isReconcilable) && (!sides.credit || credit.isReconcilable);
      return fits ? Number.POSITIVE_INFINITY : 4;
    });
    return ACCOUNT_REFUSALS[Math.min(...ranks)];
  }

  #closedPeriodOf(day: string): ModelPeriod | undefined {
    // What lies before a closed period is closed with it.
    return this.periods
      .filter(({ endsOn, state }) => state !== 'open' && day <= endsOn)
      .sort((left, right) => (left.endsOn < right.endsOn ? -1 : 1))[0];
  }

  #book({ effectiveDate, closedPeriod = 'next_open' }: JournalRequest): Booking | undefined {
    const period = this.#closedPeriodOf(effectiveDate);
    if (period === undefined) return { effectiveDate, requestedDate: undefined, period: undefined };
    if (closedPeriod === 'refuse') return undefined;
    if (closedPeriod === 'next_open')
      return {
        effectiveDate: this.nextOpenDay(effectiveDate),
        requestedDate: effectiveDate,
        period: period.name,
      };
    if (period.state === 'locked') return undefined;
    return { effectiveDate, requestedDate: undefined, period: period.name };
  }

  #draft(request: JournalRequest, now: Date): RefusalCode | Draft {
    if (request.reverses !== undefined) return this.#draftReversal(request.reverses);
    const { hold } = request;
    if (hold === undefined || 'place' in hold) return this.#draftOwn(request);
    return this.#draftResolution(request, now);
  }

  #draftOwn(request: JournalRequest): Draft {
    const isHold = request.hold !== undefined;
    const postings = request.postings.map((posting, place): ModelPosting => {
      const currency = posting.currency ?? request.currency;
      const sides = sidesOf(request, place, (code) => this.#hasItems(code, currency));
      return {
        seq: place + 1,
        layer: isHold ? 'pending' : 'settled',
        debit: this.#mustKnow(posting.debit, currency),
        credit: this.#mustKnow(posting.credit, currency),
        amount: posting.amountMinor,
        opensDebit: sides.debit,
        opensCredit: sides.credit,
        reference: posting.reference === referenceOf(request) ? undefined : posting.reference,
      };
    });
    const [first] = postings;
    if (!isHold || first === undefined) return { postings };
    const expiresAt =
      request.hold !== undefined && 'place' in request.hold ? request.hold.expiresAt : undefined;
    const write = (journal: ModelJournal) => {
      const parts = { posted: 0n, voided: 0n, expired: 0n };
      this.holds.set(request.key, { journal, posting: first, expiresAt, ...parts });
    };
    return { postings, write };
  }

  #draftResolution(request: JournalRequest, now: Date): RefusalCode | Draft {
    const { action, target } = this.#contentOf(request);
    const hold = this.holds.get(target ?? '');
    if (hold === undefined) return 'unknown_hold';
    const remaining = remainingOf(hold);
    const isOver = hold.expiresAt !== undefined && hold.expiresAt <= now;
    if (remaining === 0n && hold.expired > 0n) return 'hold_already_expired';
    if (remaining === 0n && hold.voided > 0n) return 'hold_already_voided';
    if (remaining === 0n) return 'hold_already_posted';
    if (action === 'expire' && !isOver) return 'hold_not_expired';
    if (action === 'post' && isOver) return 'hold_expired';
    const amount = this.#contentOf(request).amount?.[0] ?? remaining;
    if (amount > remaining) return 'exceeds_hold';
    const { debit, credit, opensDebit, opensCredit } = hold.posting;
    const moved = { debit, credit, amount };
    const released = { ...moved, seq: 1, layer: 'released', reference: undefined } as const;
    const postings: ModelPosting[] = [{ ...released, opensDebit: false, opensCredit: false }];
    if (action === 'post') {
      const state = ACCOUNT_REFUSALS[stateRank(debit, credit) ?? Number.POSITIVE_INFINITY];
      if (state !== undefined) return state;
      const { reference } = hold.posting;
      postings.push({ ...moved, seq: 2, layer: 'settled', reference, opensDebit, opensCredit });
    }
    const write = () => {
      if (action === 'post') hold.posted += amount;
      else if (action === 'void') hold.voided += amount;
      else hold.expired += amount;
    };
    return { postings, write, actsOn: hold.journal };
  }

  #draftReversal({
    key,
    amountsMinor,
  }: NonNullable<JournalRequest['reverses']>): RefusalCode | Draft {
    const original = this.keys.get(key)?.journal;
    if (original === undefined) return 'unknown_journal';
    const settled = original.postings.filter(({ layer }) => layer === 'settled');
    if (original.reverses !== undefined || settled.length === 0) return 'not_reversible';
    const left = settled.map(({ seq, amount }) => amount - (original.reversed.get(seq) ?? 0n));
    if (left.every((amount) => amount === 0n)) return 'already_reversed';
    const parts = amountsMinor ?? left;
    if (parts.some((part, place) => part > (left[place] ?? -1n))) return 'exceeds_original';
    const postings = settled.flatMap((posting, place): ModelPosting[] => {
      const amount = parts[place] ?? 0n;
      if (amount === 0n) return [];
      return [this.#reversalOf(original, posting, amount)];
    });
    const frozen = postings.map(
      ({ debit, credit }) => stateRank(debit, credit) ?? Number.POSITIVE_INFINITY,
    );
    const state = ACCOUNT_REFUSALS[Math.min(...frozen)];
    if (state !== undefined) return state;
    return {
      postings,
      actsOn: original,
      reverses: original,
      write: () => this.#reduce(original, postings),
    };
  }

  #reversalOf(
    original: ModelJournal,
    { seq, debit, credit, reference }: ModelPosting,
    amount: bigint,
  ): ModelPosting {
    const isOpen = (side: string) => this.items.has(`${original.request.key}#${seq}#${side}`);
    return {
      seq,
      layer: 'settled',
      debit: credit,
      credit: debit,
      amount,
      opensDebit: credit.isReconcilable && !isOpen('credit'),
      opensCredit: debit.isReconcilable && !isOpen('debit'),
      reference,
    };
  }

  /** The items of what is reversed become smaller, or go. */
  #reduce(original: ModelJournal, postings: readonly ModelPosting[]): void {
    for (const { seq, amount } of postings) {
      original.reversed.set(seq, (original.reversed.get(seq) ?? 0n) + amount);
      for (const [side, sign] of [
        ['debit', 1n],
        ['credit', -1n],
      ] as const) {
        const id = `${original.request.key}#${seq}#${side}`;
        const item = this.items.get(id);
        if (item === undefined) continue;
        item.amount -= sign * amount;
        if (item.amount === 0n) this.items.delete(id);
      }
    }
  }

  #write(
    request: JournalRequest,
    decided: { draft: Draft; booking: Booking },
    now: Date,
  ): ModelJournal {
    const { postings, actsOn, reverses, write } = decided.draft;
    const journal: ModelJournal = {
      request,
      bookedOn: now.toISOString().slice(0, 10),
      ...decided.booking,
      reference: referenceOf(request) ?? actsOn?.reference,
      paymentId: request.paymentId ?? actsOn?.paymentId,
      actsOn,
      postings,
      reverses,
      reversed: new Map(),
    };
    for (const posting of postings) this.#move(journal, posting);
    write?.(journal);
    return journal;
  }

  #move(journal: ModelJournal, posting: ModelPosting): void {
    const { debit, credit, amount, layer, seq } = posting;
    move(posting, 1n);
    if (layer !== 'settled') return;
    this.#dayOf(debit, journal).debits += amount;
    this.#dayOf(credit, journal).credits += amount;
    const reference = posting.reference ?? journal.reference;
    const { paymentId } = journal;
    const id = `${journal.request.key}#${seq}`;
    if (posting.opensDebit)
      this.items.set(`${id}#debit`, { account: debit, amount, reference, paymentId });
    if (posting.opensCredit)
      this.items.set(`${id}#credit`, { account: credit, amount: -amount, reference, paymentId });
  }

  #dayOf({ code, currency }: ModelAccount, { effectiveDate, bookedOn }: ModelJournal) {
    const name = `${code}|${currency}|${effectiveDate}|${bookedOn}`;
    const day = this.days.get(name) ?? { debits: 0n, credits: 0n };
    this.days.set(name, day);
    return day;
  }

  #mustKnow(code: string, currency: string): ModelAccount {
    const account = this.account(code, currency);
    if (account === undefined) throw new Error(`${code} in ${currency} is not known`);
    return account;
  }
}

/** A journal that acts on another is about the same order and payment, unless it says otherwise. */
function inheriting(content: Content, { actsOn }: ModelJournal): Content {
  if (actsOn === undefined) return content;
  const { reference = actsOn.reference, payment_id = actsOn.paymentId } = content;
  return { ...content, reference, payment_id };
}
