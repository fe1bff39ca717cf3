import { hash } from 'node:crypto';
import { actionOf, type JournalRequest, targetOf } from './journal-request.ts';

/**
 * A digest (16 bytes) of every business field of a request: two requests of one key must agree in it.
 *
 * Each field is length-prefixed, so that no two requests read the same. Who posts, in which run, and how to meet a closed
 * period is not business content. Its last bit tells whether amounts were asked for of another journal.
 */
export function fingerprintOf(request: JournalRequest): Uint8Array {
  let text = '';
  const add = (field: string) => {
    text += `${field.length}:${field}`;
  };
  add(request.kind);
  add(request.effectiveDate);
  add(request.currency);
  add(request.reference ?? '');
  add(request.paymentId ?? '');
  add(request.description);
  add(request.metadata ?? '');
  for (const posting of request.postings) {
    add(posting.debit);
    add(posting.credit);
    add(posting.amountMinor.toString());
    add(posting.currency ?? '');
    add(posting.opens ?? '');
    add(posting.reference ?? '');
  }
  const action = actionOf(request);
  if (action !== null) {
    add(action);
    add(targetOf(request) ?? '');
    add(amountsOf(request)?.join(',') ?? '');
    add(expiryOf(request)?.toISOString() ?? '');
  }
  const digest = hash('sha256', text, 'buffer').subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(15) & 0xfe) | (amountsOf(request) === undefined ? 0 : 1), 15);
  return digest;
}

/** The amounts asked for of a hold or of a journal to reverse, in minor units; `undefined` for all that remains. */
export function amountsOf({ hold, reverses }: JournalRequest): readonly bigint[] | undefined {
  if (reverses !== undefined) return reverses.amountsMinor;
  if (hold === undefined || !('post' in hold) || hold.amountMinor === undefined) return undefined;
  return [hold.amountMinor];
}

/** When the hold a request places ends by itself. */
export function expiryOf({ hold }: JournalRequest): Date | undefined {
  return hold !== undefined && 'place' in hold ? hold.expiresAt : undefined;
}
