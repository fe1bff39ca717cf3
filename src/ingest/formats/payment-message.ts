import type { Detected, Emit, Format, Reader } from '../reader.ts';
import { detectDocument, IsoMessageReader } from './iso-document.ts';
import { PaymentStatuses, STATUS_MESSAGES } from './payment-statuses.ts';
import { PaymentTransactions, TRANSACTION_MESSAGES } from './payment-transactions.ts';

const MESSAGES = [...TRANSACTION_MESSAGES, ...STATUS_MESSAGES].sort((left, right) =>
  left.format < right.format ? -1 : 1,
);

/**
 * ISO 20022 payment messages, any version: what was instructed (pain.001, pain.008, pacs.008), what came back (pacs.004),
 * and what became of it (pain.002, pacs.002).
 */
export const paymentMessage: Format = {
  name: MESSAGES.map(({ format }) => format).join(', '),
  detect: (head) => detectDocument(head, MESSAGES),
  open,
};

/** Whether messages of a format tell what became of payments: they hold statuses, and no entry that is booked. */
export function tellsStatuses(format: string): boolean {
  return format === 'pacs.004' || STATUS_MESSAGES.some((message) => message.format === format);
}

function open(emit: Emit, { format }: Detected): Reader {
  const transactions = TRANSACTION_MESSAGES.find((message) => message.format === format);
  if (transactions !== undefined)
    return new IsoMessageReader(transactions, new PaymentTransactions(emit, transactions));
  const statuses = STATUS_MESSAGES.find((message) => message.format === format);
  if (statuses === undefined) throw new Error(`${format} is no payment message`);
  return new IsoMessageReader(statuses, new PaymentStatuses(emit, statuses));
}
