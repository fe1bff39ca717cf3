import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import { sha256Hex } from '../ids.ts';
import type { JournalRequest } from './journal-request.ts';

/** What to do with a posting into a closed period: book it to the next open day, refuse it, or adjust a soft-closed one. */
export type ClosedPeriod = NonNullable<JournalRequest['closedPeriod']>;

export const CLOSED_PERIOD: readonly ClosedPeriod[] = ['next_open', 'refuse', 'adjust'];

/** One movement as a person writes it; on a reconcilable account each side opens an item. */
export interface HandLine {
  readonly debit: string;
  readonly credit: string;
  readonly currency: Currency;
  /** Minor units, positive. */
  readonly amountMinor: bigint;
  readonly reference: string;
}

/** A journal as a person writes it; empty texts are left out. */
export interface HandContent {
  /** Empty for a key made of the content. */
  readonly key: string;
  readonly effectiveDate: BusinessDate;
  readonly kind: string;
  readonly description: string;
  readonly paymentId: string;
  readonly metadata: string;
  readonly lines: readonly [HandLine, ...HandLine[]];
}

/** Makes the journal of what a person wrote. */
export function handJournal(
  content: HandContent,
  options: { readonly createdBy: string; readonly closedPeriod?: ClosedPeriod },
): JournalRequest {
  const [{ currency, reference }] = content.lines;
  const { kind, paymentId, metadata } = content;
  return {
    key: content.key || contentKeyOf(content),
    kind,
    effectiveDate: content.effectiveDate,
    currency,
    description: content.description || [kind, reference].filter(Boolean).join(' '),
    createdBy: options.createdBy,
    postings: content.lines.map((line) => ({
      debit: line.debit,
      credit: line.credit,
      amountMinor: line.amountMinor,
      opens: 'auto',
      ...(line.currency === currency ? {} : { currency: line.currency }),
      ...(line.reference === reference ? {} : { reference: line.reference }),
    })),
    ...(reference === '' ? {} : { reference }),
    ...(paymentId === '' ? {} : { paymentId }),
    ...(metadata === '' ? {} : { metadata }),
    ...(options.closedPeriod === undefined ? {} : { closedPeriod: options.closedPeriod }),
  };
}

/** The key of a journal without one: the same content has the same key, so asked twice it is posted once. */
export function contentKeyOf({ key: _, lines, ...head }: HandContent): string {
  const content = [
    head.effectiveDate,
    head.kind,
    head.description,
    head.paymentId,
    head.metadata,
    lines.map((line) => [
      line.debit,
      line.credit,
      line.currency,
      line.amountMinor.toString(),
      line.reference,
    ]),
  ];
  return `post|${sha256Hex(JSON.stringify(content)).slice(0, 32)}`;
}
