import type { Command } from 'commander';
import type { Currency } from '../../src/currency.ts';
import { OperationalError } from '../../src/errors.ts';
import {
  type Balance,
  listBalances,
  type PointInTime,
  totalsOf,
} from '../../src/ledger/balances.ts';
import { formatAmount } from '../../src/money.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { inSession, withBook } from '../session.ts';
import { type ExplainOptions, printExplanation } from './ledger-explain.ts';
import { type PointOptions, pointOf, withPoint } from './ledger-point.ts';
import { printStatement, type StatementCommandOptions } from './ledger-statement.ts';

interface BalanceOptions extends PointOptions {
  readonly account?: string;
}

/** The commands of `tieout ledger` that tell what the books say, now or on any other day. */
export function addLedgerReads(ledger: Command, context: CommandContext): void {
  withPoint(withBook(ledger.command('balances').description('the trial balance')))
    .option('--account <code>', 'only this account, in each of its currencies')
    .action((options: BalanceOptions) => balances(context, options));
  withBook(ledger.command('statement').description('the lines of an account between two balances'))
    .argument('<account>', 'the code of the account')
    .option('--currency <code>', 'of this currency, where the account has several')
    .option('--from <date>', 'lines effective from this day; default all')
    .option('--to <date>', 'lines effective up to this day; default all')
    .option('--known-at <date>', 'only what was booked up to this day, in UTC')
    .option('--csv', 'print a CSV file')
    .action((account: string, options: StatementCommandOptions) =>
      printStatement(context, account, options),
    );
  withPoint(withBook(ledger.command('explain').description('what a balance is made of')))
    .argument('<account>', 'the code of the account')
    .option('--currency <code>', 'of this currency, where the account has several')
    .option('--limit <items>', 'at most so many open items, oldest first; default all')
    .action((account: string, options: ExplainOptions) =>
      printExplanation(context, account, options),
    );
}

async function balances(context: CommandContext, options: BalanceOptions): Promise<void> {
  const point = pointOf(options);
  const code = options.account;
  const found = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) =>
      listBalances(tx, { bookId, ...(code === undefined ? {} : { code }), ...point }),
    ),
  );
  if (code !== undefined && found.length === 0) {
    throw new OperationalError(
      'not_found',
      `there is no account ${code}; see "tieout ledger accounts"`,
    );
  }
  if (options.json) await printJson(context, balancesJson(found, point));
  else await printBalances(context, found, { isWhole: code === undefined });
}

function balancesJson(found: readonly Balance[], { asOf, knownAt }: PointInTime): object {
  return {
    schema: 'tieout.balances/1',
    as_of: asOf ?? null,
    known_at: knownAt ?? null,
    balances: found.map(balanceJson),
    totals: totalsOf(found).map((total) => ({
      currency: total.currency,
      debits_minor: String(total.debitsMinor),
      credits_minor: String(total.creditsMinor),
    })),
  };
}

function balanceJson(balance: Balance): object {
  return {
    code: balance.code,
    currency: balance.currency,
    type: balance.type,
    debits_minor: String(balance.debitsMinor),
    credits_minor: String(balance.creditsMinor),
    balance_minor: String(balance.balanceMinor),
    posted_minor: String(balance.postedMinor),
    pending_minor: balance.pendingMinor?.toString() ?? null,
    incoming_minor: balance.incomingMinor?.toString() ?? null,
    available_minor: balance.availableMinor?.toString() ?? null,
  };
}

async function printBalances(
  context: CommandContext,
  found: readonly Balance[],
  options: { readonly isWhole: boolean },
): Promise<void> {
  const amount = (minor: bigint | null, currency: Currency) =>
    minor === null ? '' : formatAmount(minor, currency);
  const rows = found.map((balance) => [
    balance.code,
    balance.currency,
    formatAmount(balance.debitsMinor, balance.currency),
    formatAmount(balance.creditsMinor, balance.currency),
    formatAmount(balance.balanceMinor, balance.currency),
    amount(balance.pendingMinor, balance.currency),
    amount(balance.availableMinor, balance.currency),
  ]);
  const totals = totalsOf(found).map(({ currency, debitsMinor, creditsMinor }) => [
    'total',
    currency,
    formatAmount(debitsMinor, currency),
    formatAmount(creditsMinor, currency),
    formatAmount(debitsMinor - creditsMinor, currency),
  ]);
  const hasPending = found.some(({ pendingMinor }) => pendingMinor !== null);
  const titles = ['account', 'currency', '>debits', '>credits', '>balance'];
  await printTable(
    context,
    hasPending ? [...titles, '>pending', '>available'] : titles,
    options.isWhole ? [...rows, ...totals] : rows,
  );
}
