import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';
import { keyHashOf } from '../ids.ts';
import { formatMoney, type Money } from '../money.ts';
import { applyRate, formatRate, productOf, type Rate } from '../rate.ts';
import type { JournalRequest, PairPosting } from './journal-request.ts';
import { isPosition, positionOf } from './positions.ts';
import { type PostOptions, post } from './post.ts';

const CONVERSION = sqlFile(import.meta.url, './sql/fx/10_conversion.sql');

/** Where a difference goes that is nobody's: what a bank gave more or less than its own rate says. */
export const ROUNDING = 'expenses:rounding';

/** A conversion somebody wants posted: money leaves one account and arrives on another in another currency. */
export interface Conversion {
  /** Unique in the book, for ever: the same key converts once. */
  readonly key: string;
  readonly effectiveDate: BusinessDate;
  /** What leaves the credited account. */
  readonly from: Money;
  /** What arrives on the debited account. */
  readonly to: Money;
  readonly credit: string;
  readonly debit: string;
  /** Units of the to-currency for one unit of the from-currency, both in major units, as it was quoted. */
  readonly rate: Rate;
  readonly rateDate: BusinessDate;
  /** Who quoted the rate: a bank, a central bank, a contract. */
  readonly rateSource: string;
  /** What the exchange is worth in the base currency; told when, and only when, neither amount is in it. */
  readonly worth?: Money;
  /** Up to how many minor units the to-amount may differ from the rate; the difference is posted to {@link ROUNDING}. */
  readonly residueUpToMinor?: bigint;
  /** Sides that wait for evidence on a reconcilable account. */
  readonly opens?: 'debit' | 'credit' | 'both';
  readonly reference?: string;
  readonly description?: string;
  readonly runId?: bigint;
  readonly createdBy: string;
}

export type ConversionRefusal =
  | 'same_currency'
  | 'amount_not_positive'
  | 'reserved_account'
  | 'rate_mismatch'
  | 'worth_missing'
  | 'worth_unneeded';

export interface Refused {
  readonly status: 'refused';
  /** One of ours, or why post() refused the journal. */
  readonly code: string;
  readonly message: string;
}

/** A conversion as a journal, and what of its to-amount is by the rate and what is left over. */
export interface ConversionJournal {
  readonly journal: JournalRequest;
  /** The to-amount that goes through the position: from-amount × rate, rounded to a minor unit. */
  readonly toMinor: bigint;
  /** What arrives beyond that and is posted to {@link ROUNDING}; negative when less arrives. */
  readonly residueMinor: bigint;
}

export type ConvertOutcome =
  | (ConversionJournal & { readonly status: 'created' | 'exists' })
  | Refused;

/**
 * Makes the journal of a conversion, or says why there is none.
 *
 * Every posting stays in one currency. Currency by currency, money leaves the credited account for the position and comes
 * from the position to the debited account; between two foreign currencies a third posting moves the cost from the one
 * position to the other. The to-amount must be from-amount × rate but for less than one minor unit, `rate_mismatch`
 * otherwise; with `residueUpToMinor` the product is rounded half to even and what is left is a posting of its own.
 */
export function conversionJournal(
  conversion: Conversion,
  baseCurrency: Currency,
): ({ readonly status: 'made' } & ConversionJournal) | Refused {
  const fault = faultOf(conversion, baseCurrency);
  if (fault !== undefined) return fault;
  const parts = partsOf(conversion);
  if (parts === undefined) return mismatch(conversion);
  const { from, to, rate } = conversion;
  const journal: JournalRequest = {
    key: conversion.key,
    kind: 'conversion',
    effectiveDate: conversion.effectiveDate,
    currency: from.currency,
    description: conversion.description ?? `convert ${formatMoney(from)} to ${formatMoney(to)}`,
    createdBy: conversion.createdBy,
    // In the journal as well as beside it: the rate is part of what a key stands for.
    metadata: JSON.stringify({
      from: from.currency,
      to: to.currency,
      rate: formatRate(rate),
      rate_date: conversion.rateDate,
      rate_source: conversion.rateSource,
    }),
    postings: postingsOf(conversion, baseCurrency, parts),
    ...(conversion.reference === undefined ? {} : { reference: conversion.reference }),
    ...(conversion.runId === undefined ? {} : { runId: conversion.runId }),
  };
  return { status: 'made', journal, ...parts };
}

/**
 * Posts a conversion and writes its rate beside the journal, in the caller's transaction; once by key.
 *
 * A side on an account that the chart calls reconcilable opens an item unless `opens` is told. Anything refused is a value,
 * and nothing is written then.
 */
export async function convert(
  tx: Tx,
  conversion: Conversion,
  options: PostOptions,
): Promise<ConvertOutcome> {
  const opens = conversion.opens ?? opensOf(conversion, options);
  const made = conversionJournal(
    { ...conversion, ...(opens === undefined ? {} : { opens }) },
    await baseCurrencyOf(tx, options.bookId),
  );
  if (made.status === 'refused') return made;
  const { journal, toMinor, residueMinor } = made;
  const { created, refused } = await post(tx, oneJournal(journal), options);
  const [refusal] = refused;
  if (refusal !== undefined) {
    const message = `the journal ${conversion.key} was refused`;
    return { status: 'refused', code: refusal.code, message };
  }
  await tx.execute(CONVERSION, [
    options.bookId,
    keyHashOf(conversion.key),
    conversion.from.currency,
    conversion.from.amountMinor,
    conversion.to.currency,
    toMinor,
    formatRate(conversion.rate),
    conversion.rateDate,
    conversion.rateSource,
  ]);
  return { status: created === 1 ? 'created' : 'exists', journal, toMinor, residueMinor };
}

function faultOf(conversion: Conversion, baseCurrency: Currency): Refused | undefined {
  const { from, to, worth } = conversion;
  const amounts = worth === undefined ? [from, to] : [from, to, worth];
  const isCross = from.currency !== baseCurrency && to.currency !== baseCurrency;
  if (from.currency === to.currency)
    return refusal('same_currency', `both amounts are in ${from.currency}`);
  if (amounts.some(({ amountMinor }) => amountMinor <= 0n))
    return refusal('amount_not_positive', 'an amount is converted that is not greater than zero');
  const reserved = [conversion.debit, conversion.credit].find(
    (code) => isPosition(code) || code === ROUNDING,
  );
  if (reserved !== undefined)
    return refusal('reserved_account', `${reserved} is posted to by conversions themselves`);
  if (isCross && worth?.currency !== baseCurrency)
    return refusal(
      'worth_missing',
      `neither amount is in ${baseCurrency}: tell what the exchange is worth in it`,
    );
  if (!isCross && worth !== undefined)
    return refusal('worth_unneeded', `one of the amounts is in ${baseCurrency} already`);
  return undefined;
}

/** What of the to-amount is by the rate, and the residue; `undefined` when the rate does not give the to-amount. */
function partsOf(
  conversion: Conversion,
): { readonly toMinor: bigint; readonly residueMinor: bigint } | undefined {
  const { from, to, rate, residueUpToMinor: limit } = conversion;
  if (limit === undefined) {
    const off = productOf(from, to.currency, rate).minus(to.amountMinor.toString());
    return off.abs().lt(1) ? { toMinor: to.amountMinor, residueMinor: 0n } : undefined;
  }
  const toMinor = applyRate(from, to.currency, rate).amountMinor;
  const residueMinor = to.amountMinor - toMinor;
  if (toMinor === 0n || residueMinor > limit || -residueMinor > limit) return undefined;
  return { toMinor, residueMinor };
}

function mismatch({ from, to, rate }: Conversion): Refused {
  const { amountMinor } = applyRate(from, to.currency, rate);
  const expected = formatMoney({ amountMinor, currency: to.currency });
  return refusal(
    'rate_mismatch',
    `${formatMoney(from)} at ${formatRate(rate)} is ${expected}, not ${formatMoney(to)}`,
  );
}

function postingsOf(
  conversion: Conversion,
  baseCurrency: Currency,
  { toMinor, residueMinor }: { readonly toMinor: bigint; readonly residueMinor: bigint },
): PairPosting[] {
  const { from, to, debit, credit, worth, opens } = conversion;
  const given = positionOf(from.currency === baseCurrency ? to.currency : from.currency);
  const taken = positionOf(to.currency === baseCurrency ? from.currency : to.currency);
  const { currency } = to;
  const isArrivalOpen = opens === 'debit' || opens === 'both';
  const opensDebit = isArrivalOpen ? { opens: 'debit' as const } : {};
  const opensCredit = opens === 'credit' || opens === 'both' ? { opens: 'credit' as const } : {};
  const postings: PairPosting[] = [
    {
      debit: given,
      credit,
      amountMinor: from.amountMinor,
      currency: from.currency,
      ...opensCredit,
    },
    { debit, credit: taken, amountMinor: toMinor, currency, ...opensDebit },
  ];
  if (worth !== undefined) postings.push({ debit: taken, credit: given, ...worth });
  if (residueMinor > 0n)
    postings.push({ debit, credit: ROUNDING, amountMinor: residueMinor, currency, ...opensDebit });
  if (residueMinor < 0n) {
    const shortfall = { debit: ROUNDING, credit: debit, amountMinor: -residueMinor, currency };
    postings.push(isArrivalOpen ? { ...shortfall, opens: 'credit' } : shortfall);
  }
  return postings;
}

function opensOf(conversion: Conversion, { chart }: PostOptions): Conversion['opens'] {
  const { debit, credit, from, to } = conversion;
  const opensDebit = chart(debit, to.currency)?.isReconcilable === true;
  const opensCredit = chart(credit, from.currency)?.isReconcilable === true;
  if (opensDebit && opensCredit) return 'both';
  if (opensDebit) return 'debit';
  return opensCredit ? 'credit' : undefined;
}

function refusal(code: ConversionRefusal, message: string): Refused {
  return { status: 'refused', code, message };
}

async function baseCurrencyOf(tx: Tx, bookId: bigint): Promise<Currency> {
  const [book] = await tx.query<{ baseCurrency: Currency }>(
    'select base_currency as "baseCurrency" from tieout.book where book_id = $1::bigint',
    [bookId],
  );
  assertInvariant(book !== undefined, 'a conversion is posted to a book that is open');
  return book.baseCurrency;
}

async function* oneJournal(journal: JournalRequest): AsyncGenerator<readonly JournalRequest[]> {
  yield [journal];
}
