import { type Currency, currencyExponent } from './currency.ts';
import { OperationalError } from './errors.ts';
import { parseAmount } from './money.ts';

/** What a difference between evidence and ledger may be, each with the account it goes to when nothing else is said. */
export const ADJUSTMENT_ACCOUNTS = {
  BANK_FEE: 'expenses:bank-fees',
  FX_DIFFERENCE: 'expenses:fx-loss',
  ROUNDING: 'expenses:rounding',
  WRITE_OFF: 'expenses:write-off',
  MISCELLANEOUS: 'expenses:miscellaneous',
  FEE_VARIANCE: 'expenses:fee-variance',
  TAX_ON_FEE: 'expenses:tax-on-fees',
  RESERVE: 'assets:reserve:by-hand',
  UNIDENTIFIED_RECEIPT: 'liabilities:unidentified',
} as const;

export type AdjustmentType = keyof typeof ADJUSTMENT_ACCOUNTS;

/** Where the differences of a type go, and up to which amount a person may book one. */
export interface Adjustment {
  readonly account: string;
  /** By currency; one that is not here has no limit. */
  readonly limits: ReadonlyMap<Currency, bigint>;
}

/** Up to which amount one person may act alone; `undefined` when nothing is said. */
export type ApprovalLimits = ReadonlyMap<Currency, bigint>;

type LimitDocument = string | Readonly<Record<string, string>>;

export interface HandDocument {
  readonly approvals?: { readonly limit: LimitDocument };
  readonly adjustments?: Readonly<
    Partial<Record<AdjustmentType, { readonly account?: string; readonly limit?: LimitDocument }>>
  >;
}

export interface HandConfig {
  readonly adjustments: ReadonlyMap<AdjustmentType, Adjustment>;
  readonly approvalLimits?: ApprovalLimits;
}

/** Reads `approvals` and `adjustments`; throws `configuration` (exit 78) naming the key. */
export function handConfigOf(
  { approvals, adjustments = {} }: HandDocument,
  { currency, file }: { readonly currency: Currency; readonly file: string },
): HandConfig {
  const limits = (limit: LimitDocument | undefined, key: string) =>
    limitsOf(limit, currency, `${file}: ${key}`);
  const types = Object.keys(ADJUSTMENT_ACCOUNTS) as AdjustmentType[];
  return {
    adjustments: new Map(
      types.map((type) => [
        type,
        {
          account: adjustments[type]?.account ?? ADJUSTMENT_ACCOUNTS[type],
          limits: limits(adjustments[type]?.limit, `adjustments.${type}.limit`),
        },
      ]),
    ),
    ...(approvals === undefined
      ? {}
      : { approvalLimits: limits(approvals.limit, 'approvals.limit') }),
  };
}

/** A plain amount is of the book's currency. */
function limitsOf(
  limit: LimitDocument | undefined,
  currency: Currency,
  where: string,
): ReadonlyMap<Currency, bigint> {
  const byCurrency =
    limit === undefined ? {} : typeof limit === 'string' ? { [currency]: limit } : limit;
  return new Map(
    Object.entries(byCurrency).map(([code, text]) => [code, amountOf(code, text, where)]),
  );
}

function amountOf(code: Currency, text: string, where: string): bigint {
  if (currencyExponent(code) === undefined)
    throw new OperationalError('configuration', `${where}: currency "${code}" is not in use`);
  const amount = parseAmount(text, code, { decimal: '.' });
  if (amount.ok && amount.amountMinor >= 0n) return amount.amountMinor;
  throw new OperationalError('configuration', `${where}: "${text}" is not an amount of ${code}`);
}
