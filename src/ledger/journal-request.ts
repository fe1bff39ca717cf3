import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';

/** One movement: `amountMinor` (> 0, minor units) from the credited to the debited account. */
export interface PairPosting {
  readonly debit: string;
  readonly credit: string;
  readonly amountMinor: bigint;
  /** Of both accounts; the journal's currency when absent. Each posting stays in one currency. */
  readonly currency?: Currency;
  /**
   * Sides that wait for evidence: each becomes an open item on its (reconcilable) account. `auto` is each side whose
   * account is reconcilable, as somebody who posts by hand means it.
   */
  readonly opens?: 'debit' | 'credit' | 'both' | 'auto';
  /** What evidence will name the open item by; the journal's reference when absent. */
  readonly reference?: string;
}

/**
 * What a journal does with an amount that is held: it places a hold (its one posting is pending until then), posts one in
 * whole or in part, or releases what remains of it. Holds are named by the key of the journal that placed them.
 */
export type HoldAction =
  | { readonly place: true; readonly expiresAt?: Date }
  | { readonly post: string; readonly amountMinor?: bigint }
  | { readonly void: string }
  | { readonly expire: string };

/** A journal somebody wants posted; balanced whatever it says, because its postings are pairs. */
export interface JournalRequest {
  /** Unique in the book, for ever: the same key posts once. */
  readonly key: string;
  readonly kind: string;
  /** The value date; the booking day is the ledger's own. */
  readonly effectiveDate: BusinessDate;
  readonly currency: Currency;
  readonly reference?: string;
  readonly paymentId?: string;
  readonly description: string;
  readonly runId?: bigint;
  readonly createdBy: string;
  /** JSON text. */
  readonly metadata?: string;
  /** None for a journal that reverses another, or posts or releases a hold: its postings follow from that one. */
  readonly postings: readonly PairPosting[];
  readonly hold?: HoldAction;
  /** The journal to reverse: what remains of it, or these amounts (minor units, ≥ 0) of its settled postings in order. */
  readonly reverses?: { readonly key: string; readonly amountsMinor?: readonly bigint[] };
  /**
   * What to do when the effective date lies in a closed period: book it to the first open day after it (`next_open`, the
   * default; the journal keeps the day asked for and the period it relates to), refuse it, or book it there as an
   * adjustment, which a soft-closed period takes and a locked one does not.
   */
  readonly closedPeriod?: 'next_open' | 'refuse' | 'adjust';
  /** Writes an event `ledger.posted` into the outbox with the journal. */
  readonly announce?: boolean;
}

/** The business fields that two requests of one key must agree in. */
export type DifferingField =
  | 'action'
  | 'target'
  | 'kind'
  | 'effective_date'
  | 'postings'
  | 'currency'
  | 'debit_account'
  | 'credit_account'
  | 'amount'
  | 'reference'
  | 'payment_id'
  | 'description'
  | 'metadata'
  | 'expires_at'
  | 'opens'
  | 'item_reference';

/** Why a journal was not posted. Those above the line are kept with the key; the others are never stored. */
export type RefusalCode =
  | 'unknown_account'
  | 'currency_mismatch'
  | 'account_closed'
  | 'account_frozen'
  | 'not_reconcilable'
  | 'period_closed'
  | 'insufficient_available'
  | 'exceeds_ceiling'
  | 'unknown_hold'
  | 'hold_already_posted'
  | 'hold_already_voided'
  | 'hold_already_expired'
  | 'hold_expired'
  | 'hold_not_expired'
  | 'exceeds_hold'
  | 'unknown_journal'
  | 'not_reversible'
  | 'already_reversed'
  | 'exceeds_original'
  // Never stored: what is asked makes no journal, or another one has the key.
  | 'no_postings'
  | 'invalid_amount'
  | 'same_account'
  | 'invalid_action'
  | `exists_with_different_${DifferingField}`;

const MAX_MINOR = 2n ** 63n - 1n;
const MAX_POSTINGS = 32_767;

/** Why a request can make no journal at all, whatever the books hold; `undefined` when it can. */
export function malformation(request: JournalRequest): RefusalCode | undefined {
  const { hold, reverses, postings } = request;
  if (hold !== undefined && reverses !== undefined) return 'invalid_action';
  const followsFromAnother = reverses !== undefined || (hold !== undefined && !('place' in hold));
  if (followsFromAnother) {
    if (postings.length > 0) return 'invalid_action';
    const amounts = reverses?.amountsMinor ?? [];
    if (amounts.some((amount) => amount < 0n || amount > MAX_MINOR)) return 'invalid_amount';
    if (reverses?.amountsMinor !== undefined && amounts.every((amount) => amount === 0n))
      return 'invalid_amount';
    const part = hold !== undefined && 'post' in hold ? hold.amountMinor : undefined;
    return part !== undefined && (part <= 0n || part > MAX_MINOR) ? 'invalid_amount' : undefined;
  }
  if (postings.length === 0 || postings.length > MAX_POSTINGS) return 'no_postings';
  if (hold !== undefined && postings.length !== 1) return 'invalid_action';
  for (const { debit, credit, amountMinor } of postings) {
    if (amountMinor <= 0n || amountMinor > MAX_MINOR) return 'invalid_amount';
    if (debit === credit) return 'same_account';
  }
  return undefined;
}

/** The key of the hold or journal a request acts on. */
export function targetOf({ hold, reverses }: JournalRequest): string | undefined {
  if (reverses !== undefined) return reverses.key;
  if (hold === undefined || 'place' in hold) return undefined;
  if ('post' in hold) return hold.post;
  return 'void' in hold ? hold.void : hold.expire;
}

/** How the posting function names what a request does with a hold or a journal. */
export function actionOf({ hold, reverses }: JournalRequest): string | null {
  if (reverses !== undefined) return 'reverse';
  if (hold === undefined) return null;
  if ('place' in hold) return 'hold';
  if ('post' in hold) return 'post';
  return 'void' in hold ? 'void' : 'expire';
}
