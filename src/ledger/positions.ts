import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { formatRate, rateBetween } from '../rate.ts';

const POSITIONS = sqlFile(import.meta.url, './sql/fx/20_positions.sql');

const PREFIX = 'equity:fx-position:';

/** Digits that an average rate is told with. */
const AVERAGE_DIGITS = 10;

/**
 * The code of the accounts that keep a position in a foreign currency.
 *
 * There are two of this code: the one in the foreign currency holds what was bought (a credit) or is owed (a debit), and
 * the one in the base currency holds what that cost. So each journal balances in each of its currencies.
 */
export function positionOf(foreignCurrency: Currency): string {
  return `${PREFIX}${foreignCurrency.toLowerCase()}`;
}

/** Whether an account code is one of {@link positionOf}. */
export function isPosition(code: string): boolean {
  return code.startsWith(PREFIX);
}

/** The rate of the latest conversion from or to a currency, as it was quoted: units of `to` for one unit of `from`. */
export interface LastRate {
  readonly from: Currency;
  readonly to: Currency;
  readonly rate: string;
  readonly date: BusinessDate;
  readonly source: string;
}

/** What a book holds of a foreign currency, valued at cost. */
export interface Position {
  readonly currency: Currency;
  readonly baseCurrency: Currency;
  /** Minor units of the currency; negative when it is owed. */
  readonly foreignMinor: bigint;
  /** What that cost, in minor units of the base currency. Of nothing held, it is a gain (negative) or loss not posted yet. */
  readonly costMinor: bigint;
  /** The base currency for one unit at cost, to 10 digits; `null` where amount and cost do not have one sign. */
  readonly averageRate: string | null;
  readonly lastRate: LastRate | null;
}

interface PositionRow extends Omit<Position, 'averageRate' | 'lastRate'> {
  readonly lastFrom: Currency | null;
  readonly lastTo: Currency;
  readonly lastRate: string;
  readonly lastRateDate: BusinessDate;
  readonly lastRateSource: string;
}

/** The positions of a book in foreign currencies, now or as of an effective date, by currency. */
export async function listPositions(
  tx: Tx,
  options: { readonly bookId: bigint; readonly asOf?: BusinessDate },
): Promise<Position[]> {
  const rows = await tx.query<PositionRow>(POSITIONS, [
    options.bookId,
    PREFIX,
    options.asOf ?? null,
  ]);
  return rows.map((row) => {
    const { currency, baseCurrency, foreignMinor, costMinor } = row;
    const averageRate = averageRateOf(row);
    const lastRate = lastRateOf(row);
    return { currency, baseCurrency, foreignMinor, costMinor, averageRate, lastRate };
  });
}

function averageRateOf(row: PositionRow): string | null {
  const { currency, baseCurrency, foreignMinor, costMinor } = row;
  if (foreignMinor * costMinor <= 0n) return null;
  const rate = rateBetween(
    { amountMinor: foreignMinor, currency },
    { amountMinor: costMinor, currency: baseCurrency },
  );
  return formatRate(rate.toSignificantDigits(AVERAGE_DIGITS));
}

function lastRateOf(row: PositionRow): LastRate | null {
  if (row.lastFrom === null) return null;
  return {
    from: row.lastFrom,
    to: row.lastTo,
    rate: row.lastRate,
    date: row.lastRateDate,
    source: row.lastRateSource,
  };
}
