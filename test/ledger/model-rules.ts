import type { JournalRequest, RefusalCode } from '../../src/ledger/journal-request.ts';

export interface ModelAccount {
  readonly code: string;
  readonly currency: string;
  readonly isDebitNormal: boolean;
  readonly isReconcilable: boolean;
  status: 'active' | 'debit_frozen' | 'credit_frozen' | 'frozen' | 'closed';
  floor: bigint | undefined;
  ceiling: bigint | undefined;
  debits: bigint;
  credits: bigint;
  pendingDebits: bigint;
  pendingCredits: bigint;
}

export interface ModelPosting {
  readonly seq: number;
  readonly layer: 'settled' | 'pending' | 'released';
  readonly debit: ModelAccount;
  readonly credit: ModelAccount;
  readonly amount: bigint;
  readonly opensDebit: boolean;
  readonly opensCredit: boolean;
  readonly reference: string | undefined;
}

export interface ModelJournal {
  readonly request: JournalRequest;
  readonly bookedOn: string;
  readonly effectiveDate: string;
  readonly requestedDate: string | undefined;
  readonly period: string | undefined;
  /** Its own, or else those of the journal it acts on. */
  readonly reference: string | undefined;
  readonly paymentId: string | undefined;
  readonly actsOn: ModelJournal | undefined;
  readonly postings: readonly ModelPosting[];
  readonly reverses: ModelJournal | undefined;
  /** What was reversed of each settled posting, by its place. */
  readonly reversed: Map<number, bigint>;
}

export interface ModelHold {
  readonly journal: ModelJournal;
  readonly posting: ModelPosting;
  readonly expiresAt: Date | undefined;
  posted: bigint;
  voided: bigint;
  expired: bigint;
}

export interface ModelItem {
  readonly account: ModelAccount;
  amount: bigint;
  readonly reference: string | undefined;
  readonly paymentId: string | undefined;
}

export interface ModelPeriod {
  readonly name: string;
  readonly startsOn: string;
  readonly endsOn: string;
  state: 'open' | 'soft_closed' | 'locked';
}

const MAX = 2n ** 63n - 1n;

/** Why accounts refuse a journal, the gravest reason first. */
export const ACCOUNT_REFUSALS: readonly RefusalCode[] = [
  'unknown_account',
  'currency_mismatch',
  'account_closed',
  'account_frozen',
  'not_reconcilable',
];

/** The place in {@link ACCOUNT_REFUSALS} of what the states of two accounts forbid. */
export function stateRank(debit: ModelAccount, credit: ModelAccount): number | undefined {
  if (debit.status === 'closed' || credit.status === 'closed') return 2;
  if (debit.status === 'frozen' || debit.status === 'debit_frozen') return 3;
  return credit.status === 'frozen' || credit.status === 'credit_frozen' ? 3 : undefined;
}

/** What nobody posted, voided or let expire of a hold. */
export function remainingOf({ posting, posted, voided, expired }: ModelHold): bigint {
  return posting.amount - posted - voided - expired;
}

/** Adds a posting to the sums of its accounts, or takes it away again. */
export function move({ debit, credit, amount, layer }: ModelPosting, sign: bigint): void {
  if (layer === 'settled') {
    debit.debits += sign * amount;
    credit.credits += sign * amount;
  } else {
    const held = layer === 'pending' ? sign * amount : -sign * amount;
    debit.pendingDebits += held;
    credit.pendingCredits += held;
  }
}

/** Judges the accounts as they would be after all of the postings. */
export function limitRefusal(postings: readonly ModelPosting[]): RefusalCode | undefined {
  for (const posting of postings) move(posting, 1n);
  const touched = postings.flatMap(({ debit, credit }) => [debit, credit]);
  const isShort = touched.some((account) => availableOf(account) < (account.floor ?? -MAX * MAX));
  const isOver = touched.some((account) => takenOf(account) > (account.ceiling ?? MAX * MAX));
  for (const posting of postings) move(posting, -1n);
  if (isShort) return 'insufficient_available';
  return isOver ? 'exceeds_ceiling' : undefined;
}

/** What may still go out, in the sign of the account's normal side: pending outflow is as good as gone. */
export function availableOf(account: ModelAccount): bigint {
  return account.isDebitNormal
    ? account.debits - account.credits - account.pendingCredits
    : account.credits - account.debits - account.pendingDebits;
}

/** What is in or on its way in, in the sign of the account's normal side. */
export function takenOf(account: ModelAccount): bigint {
  return account.isDebitNormal
    ? account.debits - account.credits + account.pendingDebits
    : account.credits - account.debits + account.pendingCredits;
}

/** Why a request makes no journal whatever the books hold. */
export function malformationOf({
  hold,
  reverses,
  postings,
}: JournalRequest): RefusalCode | undefined {
  if (hold !== undefined && reverses !== undefined) return 'invalid_action';
  const isAmount = (amount: bigint) => amount > 0n && amount <= MAX;
  if (reverses !== undefined) {
    if (postings.length > 0) return 'invalid_action';
    const { amountsMinor } = reverses;
    if (amountsMinor === undefined) return undefined;
    const isRight = amountsMinor.some((amount) => amount > 0n);
    return isRight && amountsMinor.every((amount) => amount === 0n || isAmount(amount))
      ? undefined
      : 'invalid_amount';
  }
  if (hold !== undefined && !('place' in hold)) {
    if (postings.length > 0) return 'invalid_action';
    return 'post' in hold && !isAmount(hold.amountMinor ?? 1n) ? 'invalid_amount' : undefined;
  }
  if (postings.length === 0) return 'no_postings';
  if (hold !== undefined && postings.length > 1) return 'invalid_action';
  for (const { debit, credit, amountMinor } of postings) {
    if (!isAmount(amountMinor)) return 'invalid_amount';
    if (debit === credit) return 'same_account';
  }
  return undefined;
}
