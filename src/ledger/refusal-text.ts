import type { RefusalCode } from './journal-request.ts';

/** Every refusal but `exists_with_different_<field>`, which is apart because the field is named. */
type NamedRefusal = Exclude<RefusalCode, `exists_with_different_${string}`>;

const TEXT: Readonly<Record<NamedRefusal, string>> = {
  unknown_account:
    'an account is neither in the book nor has a place in the chart; open it with "tieout ledger accounts open"',
  currency_mismatch: 'an account is not of the currency of the posting',
  account_closed: 'an account is closed; post to another one, or reopen it',
  account_frozen: 'an account is frozen on the side that would be posted to; unfreeze it first',
  not_reconcilable: 'an item would be opened on an account that is not reconcilable',
  period_closed: 'its day lies in a closed period; take a later day, or reopen the period',
  insufficient_available: 'an account would fall below its floor, counting what is on hold',
  exceeds_ceiling: 'an account would rise above its ceiling, counting what is on hold',
  unknown_hold: 'there is no such hold',
  hold_already_posted: 'the hold was posted already',
  hold_already_voided: 'the hold was voided already',
  hold_already_expired: 'the hold has expired already',
  hold_expired: 'the hold is past its expiry; place a new one',
  hold_not_expired: 'the hold is not past its expiry yet; void it to end it now',
  exceeds_hold: 'the amount is more than what remains of the hold',
  unknown_journal: 'there is no such journal',
  not_reversible: 'a journal of this kind cannot be reversed',
  already_reversed: 'the journal is reversed in full already',
  exceeds_original: 'the amount is more than what remains of the posting to be reversed',
  invalid_amount: 'an amount is not positive, or is too large',
  same_account: 'debit and credit are the same account',
  no_postings: 'the journal has no posting',
  invalid_action: 'a journal either posts money, acts on one hold, or reverses one journal',
};

const DIFFERENT = 'exists_with_different_';

/** What a result code of posting means, in a sentence a person understands; the code itself when it is a new one. */
export function refusalText(code: string): string {
  if (Object.hasOwn(TEXT, code)) return TEXT[code as NamedRefusal];
  if (code.startsWith(DIFFERENT)) {
    const field = code.slice(DIFFERENT.length).replaceAll('_', ' ');
    return `its key is in the ledger with different ${field}; take another key, or reverse what is there`;
  }
  return code.replaceAll('_', ' ');
}
