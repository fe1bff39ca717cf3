import type { Currency } from '../../src/currency.ts';
import { OperationalError } from '../../src/errors.ts';
import {
  type RunningLine,
  type StatementBalance,
  type StatementOptions,
  statementBalance,
  statementPages,
} from '../../src/ledger/account-statement.ts';
import { getAccount, type NamedAccount } from '../../src/ledger/named-account.ts';
import { formatAmount, formatMoney } from '../../src/money.ts';
import { type CsvCell, csvLine } from '../../src/report/csv.ts';
import type { CommandContext } from '../command-context.ts';
import { printTable } from '../print.ts';
import { type BookOptions, inSession } from '../session.ts';
import { optionalDay } from './ledger-point.ts';

/** The options of `tieout ledger statement`. */
export interface StatementCommandOptions extends BookOptions {
  readonly currency?: Currency;
  readonly from?: string;
  readonly to?: string;
  readonly knownAt?: string;
  readonly csv?: boolean;
}

type Span = Pick<StatementOptions, 'from' | 'to' | 'knownAt'>;

/** A statement about to be written. */
interface Statement {
  readonly account: NamedAccount;
  readonly span: Span;
  readonly balance: StatementBalance;
}

/** How a statement is written: what comes first, each page, and what comes last. */
interface StatementWriter {
  begin(statement: Statement): Promise<void>;
  page(statement: Statement, lines: readonly RunningLine[], isFirst: boolean): Promise<void>;
  end(statement: Statement): Promise<void>;
}

/** Prints the statement of an account as it is read, so that a long one takes no more memory than a short one. */
export async function printStatement(
  context: CommandContext,
  code: string,
  options: StatementCommandOptions,
): Promise<void> {
  const span = spanOf(options);
  const { currency } = options;
  const writer = writerOf(context, options);
  await inSession(context, options, ({ db, bookId }) =>
    db.read(async (tx) => {
      const named = { bookId, code, ...(currency === undefined ? {} : { currency }) };
      const account = await getAccount(tx, named);
      const wanted = { bookId, accountId: account.accountId, ...span };
      const balance = await statementBalance(tx, wanted);
      const statement = { account, span, balance };
      await writer.begin(statement);
      let isFirst = true;
      for await (const lines of statementPages(tx, { ...wanted, balance })) {
        await writer.page(statement, lines, isFirst);
        isFirst = false;
      }
      await writer.end(statement);
    }),
  );
}

function spanOf(options: StatementCommandOptions): Span {
  const [from, to] = [optionalDay(options.from), optionalDay(options.to)];
  const knownAt = optionalDay(options.knownAt);
  if (from !== undefined && to !== undefined && to < from)
    throw new OperationalError('usage', `--to ${to} is before --from ${from}`);
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(knownAt === undefined ? {} : { knownAt }),
  };
}

function writerOf(context: CommandContext, options: StatementCommandOptions): StatementWriter {
  if (options.json && options.csv)
    throw new OperationalError('usage', 'a statement is printed with --json or with --csv');
  if (options.json) return jsonWriter(context);
  return options.csv ? csvWriter(context) : textWriter(context);
}

/** One document, written piece by piece. */
function jsonWriter(context: CommandContext): StatementWriter {
  return {
    begin: async ({ account, span, balance }) => {
      const head = JSON.stringify({
        schema: 'tieout.statement/1',
        account: account.code,
        currency: account.currency,
        normal_side: account.normalSide,
        from: span.from ?? null,
        to: span.to ?? null,
        known_at: span.knownAt ?? null,
        opening_minor: String(balance.openingMinor),
        closing_minor: String(balance.closingMinor),
      });
      await context.out(`${head.slice(0, -1)},"lines":[`);
    },
    page: async (_, lines, isFirst) => {
      const objects = lines.map((line) => JSON.stringify(lineJson(line))).join(',');
      await context.out(isFirst ? objects : `,${objects}`);
    },
    end: async () => await context.out(']}\n'),
  };
}

function lineJson(line: RunningLine): object {
  const { signedMinor } = line;
  return {
    effective_date: line.effectiveDate,
    booked_on: line.bookedOn,
    journal: line.journalId,
    seq: line.seq,
    key: line.key,
    kind: line.kind,
    reference: line.reference,
    description: line.description,
    counter_account: line.counterAccount,
    debit_minor: signedMinor > 0n ? String(signedMinor) : null,
    credit_minor: signedMinor < 0n ? String(-signedMinor) : null,
    balance_minor: String(line.balanceMinor),
    backdated: line.isBackdated,
    relates_to_period: line.relatesToPeriod,
  };
}

const CSV_HEADER = [
  'effective_date',
  'booked_on',
  'kind',
  'reference',
  'description',
  'counter_account',
  'debit',
  'credit',
  'balance',
  'backdated',
  'journal',
  'seq',
] as const;

/** A file for a spreadsheet, amounts in major units; its first and last line are the balances. */
function csvWriter(context: CommandContext): StatementWriter {
  const balanceLine = (name: string, amountMinor: bigint, { account }: Statement) => {
    const balance = { number: formatAmount(amountMinor, account.currency) };
    const none = Array.from({ length: 5 }, () => null);
    return csvLine([null, null, name, ...none, balance, null, null, null]);
  };
  return {
    begin: async (statement) =>
      await context.out(
        csvLine(CSV_HEADER) + balanceLine('opening', statement.balance.openingMinor, statement),
      ),
    page: async ({ account }, lines) =>
      await context.out(lines.map((line) => csvLine(cellsOf(line, account.currency))).join('')),
    end: async (statement) =>
      await context.out(balanceLine('closing', statement.balance.closingMinor, statement)),
  };
}

function cellsOf(line: RunningLine, currency: Currency): CsvCell[] {
  const { signedMinor } = line;
  return [
    line.effectiveDate,
    line.bookedOn,
    line.kind,
    line.reference,
    line.description,
    line.counterAccount,
    signedMinor > 0n ? { number: formatAmount(signedMinor, currency) } : null,
    signedMinor < 0n ? { number: formatAmount(-signedMinor, currency) } : null,
    { number: formatAmount(line.balanceMinor, currency) },
    line.isBackdated ? 'backdated' : null,
    line.journalId,
    { number: String(line.seq) },
  ];
}

const TITLES = ['effective', 'booked', 'kind', 'reference', 'description', 'against'];
const AMOUNT_TITLES = ['>debit', '>credit', '>balance', ''];

/** A table for people; of a long statement every page is a table of its own. */
function textWriter(context: CommandContext): StatementWriter {
  const tell = async (name: string, amountMinor: bigint, { account }: Statement) =>
    await context.out(`${name} ${formatMoney({ amountMinor, currency: account.currency })}\n`);
  return {
    begin: async (statement) => {
      await context.out(`statement of ${statement.account.code}${spanText(statement.span)}\n`);
      await tell('opening balance', statement.balance.openingMinor, statement);
    },
    page: async ({ account }, lines) =>
      await printTable(
        context,
        [...TITLES, ...AMOUNT_TITLES],
        lines.map((line) => textRow(line, account.currency)),
      ),
    end: async (statement) =>
      await tell('closing balance', statement.balance.closingMinor, statement),
  };
}

function textRow(line: RunningLine, currency: Currency): string[] {
  const { signedMinor } = line;
  const mark = line.relatesToPeriod === null ? 'backdated' : `backdated ${line.relatesToPeriod}`;
  return [
    line.effectiveDate,
    line.bookedOn,
    line.kind,
    line.reference ?? '',
    line.description,
    line.counterAccount,
    signedMinor > 0n ? formatAmount(signedMinor, currency) : '',
    signedMinor < 0n ? formatAmount(-signedMinor, currency) : '',
    formatAmount(line.balanceMinor, currency),
    line.isBackdated ? mark : '',
  ];
}

function spanText({ from, to, knownAt }: Span): string {
  return [
    ...(from === undefined ? [] : [` from ${from}`]),
    ...(to === undefined ? [] : [` to ${to}`]),
    ...(knownAt === undefined ? [] : [`, known at ${knownAt}`]),
  ].join('');
}
