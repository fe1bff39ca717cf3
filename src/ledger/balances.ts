import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

const NOW = sqlFile(import.meta.url, './sql/read/balances_now.sql');
const AS_OF = sqlFile(import.meta.url, './sql/read/balances_as_of.sql');

/**
 * What was posted to an account, and what is pending on it: minor units.
 *
 * `balanceMinor` is debits − credits. The amounts below it are in the sign of the account's normal side; what is pending is
 * known for now only and `null` for a day.
 */
export interface Balance {
  readonly code: string;
  readonly currency: Currency;
  readonly type: string;
  readonly normalSide: 'debit' | 'credit';
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly balanceMinor: bigint;
  readonly postedMinor: bigint;
  /** Holds that will take from the account. */
  readonly pendingMinor: bigint | null;
  /** Holds that will add to the account; they are not available before they are posted. */
  readonly incomingMinor: bigint | null;
  /** What is posted less what is pending. */
  readonly availableMinor: bigint | null;
}

/** Debits and credits of all accounts of a currency; they are equal in a whole trial balance. */
export interface CurrencyTotal {
  readonly currency: Currency;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
}

/** Up to which effective date and which booking day postings count; both inclusive, everything when absent. */
export interface PointInTime {
  readonly asOf?: BusinessDate;
  readonly knownAt?: BusinessDate;
}

type SummedAccount = Pick<
  Balance,
  'code' | 'currency' | 'type' | 'normalSide' | 'debitsMinor' | 'creditsMinor'
> & {
  readonly pendingDebitsMinor: bigint | null;
  readonly pendingCreditsMinor: bigint | null;
};

/**
 * The trial balance: every account that was posted to, by code and currency.
 *
 * Now, or as of an effective date and as known at a booking day (in UTC), each or both. With `code` only the accounts of that
 * code, also those nothing was posted to. Holds for every balance mode.
 */
export async function listBalances(
  tx: Tx,
  options: { readonly bookId: bigint; readonly code?: string } & PointInTime,
): Promise<Balance[]> {
  const { bookId, code = null, asOf = null, knownAt = null } = options;
  const isNow = asOf === null && knownAt === null;
  const summed = isNow
    ? await tx.query<SummedAccount>(NOW, [bookId, code])
    : await tx.query<SummedAccount>(AS_OF, [bookId, code, asOf, knownAt]);
  return summed.map(balanceOf);
}

function balanceOf(summed: SummedAccount): Balance {
  const { pendingDebitsMinor, pendingCreditsMinor, ...account } = summed;
  const isDebit = account.normalSide === 'debit';
  const balanceMinor = account.debitsMinor - account.creditsMinor;
  const postedMinor = isDebit ? balanceMinor : -balanceMinor;
  const pendingMinor = isDebit ? pendingCreditsMinor : pendingDebitsMinor;
  const incomingMinor = isDebit ? pendingDebitsMinor : pendingCreditsMinor;
  const availableMinor = pendingMinor === null ? null : postedMinor - pendingMinor;
  return { ...account, balanceMinor, postedMinor, pendingMinor, incomingMinor, availableMinor };
}

/** The sums of a trial balance by currency, in the order of the codes. */
export function totalsOf(balances: readonly Balance[]): CurrencyTotal[] {
  const totals = new Map<Currency, CurrencyTotal>();
  for (const { currency, debitsMinor, creditsMinor } of balances) {
    const sum = totals.get(currency);
    totals.set(currency, {
      currency,
      debitsMinor: (sum?.debitsMinor ?? 0n) + debitsMinor,
      creditsMinor: (sum?.creditsMinor ?? 0n) + creditsMinor,
    });
  }
  return [...totals.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1));
}
