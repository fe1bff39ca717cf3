import type { BusinessDate } from '../business-date.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { assertInvariant } from '../errors.ts';

const BALANCE = sqlFile(import.meta.url, './sql/read/statement_balance.sql');
const LINES = sqlFile(import.meta.url, './sql/read/statement_lines.sql');

/** Lines read at once: what a statement of any length holds in memory. */
const PAGE_LINES = 10_000;

/** Of which account a statement is, over which effective dates, and up to which booking day (all inclusive). */
export interface StatementOptions {
  readonly bookId: bigint;
  readonly accountId: bigint;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly knownAt?: BusinessDate;
}

/** Where a line stands in a statement: every line after it is greater. */
export interface StatementPlace {
  readonly effectiveDate: BusinessDate;
  readonly bookedOn: BusinessDate;
  readonly journalId: string;
  readonly seq: number;
}

/** A settled posting seen from the account; `signedMinor` in minor units, debits positive. */
export interface StatementLine extends StatementPlace {
  readonly key: string;
  readonly kind: string;
  readonly reference: string | null;
  readonly description: string;
  readonly counterAccount: string;
  readonly signedMinor: bigint;
  /** The closed period it was meant for; `null` where it is dated as it was asked. */
  readonly relatesToPeriod: string | null;
  /** Booked after the end of its period, or meant for one that was closed. */
  readonly isBackdated: boolean;
}

/** A line with the balance after it, debits − credits in minor units. */
export interface RunningLine extends StatementLine {
  readonly balanceMinor: bigint;
}

/** The balances at both ends of a statement, debits − credits in minor units. */
export interface StatementBalance {
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
}

/** The balance before the first day of a statement and at the end of its last, from the account's day sums. */
export async function statementBalance(
  tx: Tx,
  options: StatementOptions,
): Promise<StatementBalance> {
  const { bookId, accountId, from = null, to = null, knownAt = null } = options;
  const found = await tx.query<StatementBalance>(BALANCE, [bookId, accountId, from, to, knownAt]);
  const [balance] = found;
  assertInvariant(balance !== undefined, 'a sum without groups has one row');
  return balance;
}

/** At most `limit` lines of a statement, after a place in it or from its beginning; keyset, so that any page costs the same. */
export async function statementPage(
  tx: Tx,
  options: StatementOptions & { readonly after?: StatementPlace; readonly limit: number },
): Promise<StatementLine[]> {
  const { bookId, accountId, from = null, to = null, knownAt = null, after, limit } = options;
  return await tx.query<StatementLine>(LINES, [
    bookId,
    accountId,
    from,
    to,
    knownAt,
    after?.effectiveDate ?? null,
    after?.bookedOn ?? null,
    after?.journalId ?? null,
    after?.seq ?? null,
    limit,
  ]);
}

/**
 * The lines of a statement with their running balance, a page at a time; every page has a line at least.
 *
 * Takes the balance that `statementBalance` told in the same snapshot (`Database.read`). Throws `invariant_broken` when
 * opening balance and lines do not make the closing balance.
 */
export async function* statementPages(
  tx: Tx,
  options: StatementOptions & { readonly balance: StatementBalance; readonly pageLines?: number },
): AsyncGenerator<readonly RunningLine[]> {
  const { balance, pageLines = PAGE_LINES, ...statement } = options;
  let runningMinor = balance.openingMinor;
  let after: StatementPlace | undefined;
  for (;;) {
    const lines = await statementPage(tx, {
      ...statement,
      ...(after === undefined ? {} : { after }),
      limit: pageLines,
    });
    const running = lines.map((line) => {
      runningMinor += line.signedMinor;
      return { ...line, balanceMinor: runningMinor };
    });
    if (running.length > 0) yield running;
    if (lines.length < pageLines) break;
    after = lines.at(-1);
  }
  assertInvariant(
    runningMinor === balance.closingMinor,
    `the lines of the statement end at ${runningMinor} and its days at ${balance.closingMinor}`,
  );
}
