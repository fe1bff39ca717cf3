import type { Command } from 'commander';
import { EXIT_DIFFERENCES, OperationalError } from '../../src/errors.ts';
import { assertBalance, type BalanceAssertion } from '../../src/ledger/assertions.ts';
import { openBook } from '../../src/ledger/book.ts';
import { type PeriodDays, parsePeriod } from '../../src/ledger/period-name.ts';
import type { PeriodState } from '../../src/ledger/period-rules.ts';
import { changePeriod, listPeriods, type Period } from '../../src/ledger/periods.ts';
import { formatAmount, formatMoney } from '../../src/money.ts';
import { amountOption, currencyOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { actor, type BookOptions, businessDateOption, inSession, withBook } from '../session.ts';

interface CloseOptions extends BookOptions {
  readonly soft?: boolean;
  readonly lock?: boolean;
  readonly reason?: string;
}

interface AssertOptions extends BookOptions {
  readonly date: string;
  readonly currency?: string;
  readonly reason: string;
}

const PERIOD = 'a month 2026-03, a year 2026, or days 2026-03-01..2026-03-15';

/** Adds `close`, `reopen`, `periods` and `assert` to `tieout ledger`. */
export function addPeriodCommands(ledger: Command, context: CommandContext): void {
  withBook(ledger.command('close').description('close a period: sums it up and checks the books'))
    .argument('<period>', PERIOD)
    .option('--soft', 'postings go to the next open day, adjustments are taken; the default')
    .option('--lock', 'nothing is taken any more')
    .option('--reason <reason>', 'why, for the audit log; required to unlock')
    .action((period: string, options: CloseOptions) => close(context, period, options));
  withBook(ledger.command('reopen').description('open a closed period again, the last one first'))
    .argument('<period>', PERIOD)
    .requiredOption('--reason <reason>', 'why, for the audit log')
    .action((period: string, options: CloseOptions) => change(context, period, 'open', options));
  withBook(ledger.command('periods').description('the periods that were ever closed')).action(
    (options: BookOptions) => list(context, options),
  );
  withBook(
    ledger.command('assert').description('say what a balance is; "verify" holds books to it'),
  )
    .argument('<code>', 'the code of the account')
    .argument('<amount>', 'debits less credits at the end of the day, in major units')
    .requiredOption('--date <date>', 'the day')
    .option('--currency <currency>', 'its currency; default the one of the book')
    .requiredOption('--reason <reason>', 'how it is known, for the audit log')
    .action((code: string, amount: string, options: AssertOptions) =>
      assertThat(context, { code, amount }, options),
    );
}

async function close(context: CommandContext, period: string, options: CloseOptions) {
  if (options.soft && options.lock)
    throw new OperationalError('usage', 'a period is either soft-closed or locked');
  await change(context, period, options.lock ? 'locked' : 'soft_closed', options);
}

async function change(
  context: CommandContext,
  text: string,
  to: PeriodState,
  options: CloseOptions,
): Promise<void> {
  const period = periodOf(text);
  const now = context.now();
  const result = await inSession(context, options, ({ config, db, bookId }) =>
    db.transaction(async (tx) => {
      await openBook(tx, { config, now });
      const reason = options.reason === undefined ? {} : { reason: options.reason };
      return await changePeriod(tx, { bookId, period, to, actor: actor(), now, ...reason });
    }),
  );
  if (!('period' in result)) {
    const code = result.code === 'unknown_period' ? 'not_found' : 'invalid_input';
    throw new OperationalError(code, result.text, { context: { outcome: result.code } });
  }
  if (options.json) {
    const { code: outcome } = result;
    const document = {
      schema: 'tieout.ledger-period/1',
      outcome,
      period: periodJson(result.period),
    };
    await printJson(context, document);
    return;
  }
  await printTable(context, [...TITLES, ''], [[...cellsOf(result.period), result.code]]);
}

function periodOf(text: string): PeriodDays {
  const period = parsePeriod(text);
  if (period !== undefined) return period;
  throw new OperationalError('usage', `"${text}" is not a period: ${PERIOD}`);
}

async function list(context: CommandContext, options: BookOptions): Promise<void> {
  const periods = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => listPeriods(tx, bookId)),
  );
  if (options.json) {
    const document = { schema: 'tieout.ledger-periods/1', periods: periods.map(periodJson) };
    await printJson(context, document);
    return;
  }
  await printTable(context, TITLES, periods.map(cellsOf));
}

const TITLES = ['period', 'from', 'to', 'state', 'changed', 'by', 'reason'];

function cellsOf(period: Period): string[] {
  return [
    period.name,
    period.startsOn,
    period.endsOn,
    period.state.replace('_', '-'),
    period.changedAt.toISOString(),
    period.changedBy,
    period.reason ?? '',
  ];
}

function periodJson(period: Period): object {
  return {
    name: period.name,
    from: period.startsOn,
    to: period.endsOn,
    state: period.state,
    changed_at: period.changedAt.toISOString(),
    changed_by: period.changedBy,
    reason: period.reason,
  };
}

async function assertThat(
  context: CommandContext,
  { code, amount }: { readonly code: string; readonly amount: string },
  options: AssertOptions,
): Promise<void> {
  const result = await inSession(context, options, ({ config, db, bookId }) => {
    const currency = currencyOption(options.currency, config);
    const request = {
      bookId,
      code,
      currency,
      effectiveDate: businessDateOption(options.date, context, config),
      balanceMinor: amountOption('the balance', amount, currency),
      actor: actor(),
      reason: options.reason,
      now: context.now(),
    };
    return db.transaction((tx) => assertBalance(tx, request));
  });
  if (result.code === 'unknown_account')
    throw new OperationalError('not_found', `account ${code} is not in the book in this currency`);
  const { assertion } = result;
  const holds = assertion.assertedMinor === assertion.balanceMinor;
  if (!holds) context.setExitCode(EXIT_DIFFERENCES);
  if (options.json) {
    const document = { schema: 'tieout.ledger-assert/1', ...assertionJson(assertion), holds };
    await printJson(context, document);
  } else await context.out(`${assertionText(assertion, holds)}\n`);
}

function assertionJson(assertion: BalanceAssertion): object {
  return {
    code: assertion.code,
    currency: assertion.currency,
    date: assertion.effectiveDate,
    asserted_minor: assertion.assertedMinor.toString(),
    balance_minor: assertion.balanceMinor.toString(),
    asserted_at: assertion.assertedAt.toISOString(),
    asserted_by: assertion.assertedBy,
    reason: assertion.reason,
  };
}

function assertionText(assertion: BalanceAssertion, holds: boolean): string {
  const { code, currency, effectiveDate, assertedMinor, balanceMinor } = assertion;
  const said = `${code} is ${formatMoney({ amountMinor: assertedMinor, currency })} at the end of ${effectiveDate}`;
  return holds
    ? `${said}: holds`
    : `${said}: DOES NOT HOLD, the postings sum to ${formatAmount(balanceMinor, currency)}`;
}
