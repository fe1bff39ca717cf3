import type { DifferingField, JournalRequest } from '../../src/ledger/journal-request.ts';

/** What a request asks for, field by field in the order in which a difference is told. */
export interface Content {
  readonly action: string | undefined;
  readonly target: string | undefined;
  readonly kind: string;
  readonly effective_date: string;
  readonly postings: number;
  readonly currency: readonly string[];
  readonly debit_account: readonly string[];
  readonly credit_account: readonly string[];
  /** Of its own postings, or asked for of a hold or a journal; undefined is all that remains. */
  readonly amount: readonly bigint[] | undefined;
  readonly reference: string | undefined;
  readonly payment_id: string | undefined;
  readonly description: string;
  readonly metadata: string | undefined;
  readonly expires_at: number | undefined;
  readonly opens: readonly string[];
  readonly item_reference: readonly (string | undefined)[];
}

export const FIELDS: readonly DifferingField[] = [
  'action',
  'target',
  'kind',
  'effective_date',
  'postings',
  'currency',
  'debit_account',
  'credit_account',
  'amount',
  'reference',
  'payment_id',
  'description',
  'metadata',
  'expires_at',
  'opens',
  'item_reference',
];

export type HasItems = (code: string, currency: string) => boolean;

/** Which sides of a posting wait for evidence. */
export function sidesOf(
  request: JournalRequest,
  place: number,
  hasItems: HasItems,
): { readonly debit: boolean; readonly credit: boolean } {
  const posting = request.postings[place];
  if (posting === undefined) return { debit: false, credit: false };
  const { opens, debit, credit, currency = request.currency } = posting;
  if (opens === 'auto')
    return { debit: hasItems(debit, currency), credit: hasItems(credit, currency) };
  return {
    debit: opens === 'debit' || opens === 'both',
    credit: opens === 'credit' || opens === 'both',
  };
}

/** The name that a request gives all of its items. */
export function referenceOf(request: JournalRequest): string | undefined {
  return request.reference ?? request.postings[0]?.reference;
}

/** Reads a request as what it asks for. */
export function contentOf(request: JournalRequest, hasItems: HasItems): Content {
  const { hold, reverses, postings } = request;
  const reference = referenceOf(request);
  const sides = postings.map((_, place) => sidesOf(request, place, hasItems));
  const part = hold !== undefined && 'post' in hold ? hold.amountMinor : undefined;
  const parts = reverses?.amountsMinor ?? (part === undefined ? undefined : [part]);
  return {
    ...actionAndTarget(request),
    kind: request.kind,
    effective_date: request.effectiveDate,
    postings: postings.length,
    currency: postings.map((posting) => posting.currency ?? request.currency),
    debit_account: postings.map((posting) => posting.debit),
    credit_account: postings.map((posting) => posting.credit),
    amount: postings.length > 0 ? postings.map((posting) => posting.amountMinor) : trimmed(parts),
    reference,
    payment_id: request.paymentId,
    description: request.description,
    metadata: request.metadata === undefined ? undefined : canonical(request.metadata),
    expires_at: hold !== undefined && 'place' in hold ? hold.expiresAt?.getTime() : undefined,
    opens: sides.map((side) => `${side.debit}${side.credit}`),
    item_reference: postings.map((posting) => posting.reference ?? reference),
  };
}

function actionAndTarget({ hold, reverses }: JournalRequest): Pick<Content, 'action' | 'target'> {
  if (reverses !== undefined) return { action: 'reverse', target: reverses.key };
  if (hold === undefined) return { action: undefined, target: undefined };
  if ('place' in hold) return { action: 'hold', target: undefined };
  if ('post' in hold) return { action: 'post', target: hold.post };
  if ('void' in hold) return { action: 'void', target: hold.void };
  return { action: 'expire', target: hold.expire };
}

function canonical(json: string): string {
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([name, inner]) => [name, sorted(inner)]),
        )
      : value;
  return JSON.stringify(sorted(JSON.parse(json)));
}

/** The first field in which a request differs from what its key was first asked for. */
export function differenceOf(known: Content, asked: Content): DifferingField | undefined {
  return FIELDS.find((field) => !isSame(known[field], asked[field]));
}

function isSame(left: unknown, right: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? '';
  return text(left) === text(right);
}

/** Amounts that are left out at the end are zero. */
function trimmed(parts: readonly bigint[] | undefined): readonly bigint[] | undefined {
  return parts?.slice(0, parts.findLastIndex((part) => part !== 0n) + 1);
}
