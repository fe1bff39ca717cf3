import type { WorldCurrency } from './amount-text.ts';

/** An account at a bank, and how that bank tells what moves on it. */
export interface BankAccount {
  readonly source: string;
  readonly format: 'camt.053' | 'mt940';
  readonly iban: string;
  readonly currency: WorldCurrency;
  readonly ledgerAccount: string;
  /** Whether a statement comes also for a day on which nothing moves. */
  readonly isDaily: boolean;
}

/** The bank accounts of every world, by currency. */
export const BANK_ACCOUNTS: readonly BankAccount[] = [
  {
    source: 'house-bank',
    format: 'camt.053',
    iban: 'DE02120300000000202051',
    currency: 'EUR',
    ledgerAccount: 'assets:bank:main',
    isDaily: true,
  },
  {
    source: 'trade-bank',
    format: 'mt940',
    iban: 'DE02500105170137075030',
    currency: 'USD',
    ledgerAccount: 'assets:bank:usd',
    isDaily: false,
  },
  {
    source: 'trade-bank',
    format: 'mt940',
    iban: 'DE02100500000054540402',
    currency: 'JPY',
    ledgerAccount: 'assets:bank:jpy',
    isDaily: false,
  },
];

/** One processor's business in one currency: its batches follow each other, one a business day. */
export interface Channel {
  readonly processor: 'adyen' | 'stripe';
  readonly currency: WorldCurrency;
  /** Adyen's merchant account; Stripe's reports name none. */
  readonly merchantAccount: string;
  readonly firstBatch: number;
  /** Payments of a hundred that take this way. */
  readonly percent: number;
  /** Business days from the capture to the batch, and from the batch to the bank. */
  readonly settlesAfter: number;
  readonly paysAfter: number;
}

/** The channels of every world; the percentages sum to 100. */
export const CHANNELS: readonly Channel[] = [
  {
    processor: 'adyen',
    currency: 'EUR',
    merchantAccount: 'AcmeShopEU',
    firstBatch: 471,
    percent: 44,
    settlesAfter: 1,
    paysAfter: 1,
  },
  {
    processor: 'stripe',
    currency: 'EUR',
    merchantAccount: '',
    firstBatch: 1,
    percent: 22,
    settlesAfter: 2,
    paysAfter: 0,
  },
  {
    processor: 'adyen',
    currency: 'USD',
    merchantAccount: 'AcmeShopUS',
    firstBatch: 1203,
    percent: 14,
    settlesAfter: 1,
    paysAfter: 1,
  },
  {
    processor: 'stripe',
    currency: 'USD',
    merchantAccount: '',
    firstBatch: 5001,
    percent: 13,
    settlesAfter: 2,
    paysAfter: 0,
  },
  {
    processor: 'adyen',
    currency: 'JPY',
    merchantAccount: 'AcmeShopJP',
    firstBatch: 88,
    percent: 7,
    settlesAfter: 1,
    paysAfter: 1,
  },
];

/** The account that a currency is kept on. */
export function accountOf(currency: WorldCurrency): BankAccount {
  const account = BANK_ACCOUNTS.find((candidate) => candidate.currency === currency);
  if (account === undefined) throw new Error(`no bank account keeps ${currency}`);
  return account;
}
