import type { Command } from 'commander';
import type { Tx } from '../../src/db/db.ts';
import { OperationalError } from '../../src/errors.ts';
import {
  type AccountAct,
  type AccountActCode,
  type AccountActResult,
  type AccountSide,
  closeAccount,
  freezeAccount,
  reopenAccount,
  unfreezeAccount,
} from '../../src/ledger/account-admin.ts';
import { setLimits } from '../../src/ledger/account-limits.ts';
import { listAccounts } from '../../src/ledger/accounts.ts';
import {
  type BalanceModeTerms,
  parseBalanceMode,
  setBalanceMode,
} from '../../src/ledger/balance-mode.ts';
import { openBook } from '../../src/ledger/book.ts';
import { type NewAccountTerms, openAccount } from '../../src/ledger/open-account.ts';
import { ACCOUNT_TITLES, accountCells, accountJson } from '../account-output.ts';
import { amountOption, choiceOption, currencyOption } from '../amount-options.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { actor, type BookOptions, inSession, type Session, withBook } from '../session.ts';

interface ActOptions extends BookOptions {
  readonly currency?: string;
  readonly reason: string;
}

interface SideOptions extends ActOptions {
  readonly side: string;
}

interface LimitOptions extends ActOptions {
  /** An amount, or `false` for `--no-floor`. */
  readonly floor?: string | boolean;
  readonly ceiling?: string | boolean;
}

interface OpenOptions extends LimitOptions {
  readonly type: string;
  readonly name?: string;
  readonly normalSide?: string;
  readonly reconcilable?: boolean;
  readonly mode?: string;
}

const TYPES = ['asset', 'liability', 'equity', 'income', 'expense'] as const;
const SIDES = ['debit', 'credit'] as const;
const FROZEN_SIDES = ['debit', 'credit', 'both'] as const;

/** Adds `accounts` to `tieout ledger`: the chart of accounts and what is done to an account. */
export function addAccountCommands(ledger: Command, context: CommandContext): void {
  const accounts = ledger.command('accounts').description('the chart of accounts');
  withBook(
    accounts.command('list', { isDefault: true }).description('all accounts, by code and currency'),
  ).action((options: BookOptions) => list(context, options));
  withLimits(withAct(accounts, 'open', 'open an account outside the chart'))
    .requiredOption('--type <type>', TYPES.join(', '))
    .option('--name <name>', 'default the code')
    .option('--normal-side <side>', 'debit or credit; default by the type')
    .option('--reconcilable', 'its postings open items, which evidence closes')
    .option('--mode <mode>', 'how its balance is kept: inline, slots:N, derived')
    .action((code: string, options: OpenOptions) => open(context, code, options));
  for (const [name, work, text] of [
    ['freeze', freezeAccount, 'refuse postings until it is unfrozen'],
    ['unfreeze', unfreezeAccount, 'take postings again'],
  ] as const) {
    withAct(accounts, name, text)
      .option('--side <side>', 'debit, credit or both', 'both')
      .action((code: string, options: SideOptions) =>
        actOn(context, { code, options }, (tx, act) =>
          work(tx, { ...act, side: sideOf(options.side) }),
        ),
      );
  }
  withAct(accounts, 'close', 'close an account that holds nothing').action(
    (code: string, options: ActOptions) => actOn(context, { code, options }, closeAccount),
  );
  withAct(accounts, 'reopen', 'open a closed account again').action(
    (code: string, options: ActOptions) => actOn(context, { code, options }, reopenAccount),
  );
  withLimits(withAct(accounts, 'limits', 'set or take away what it must and may hold'))
    .option('--no-floor', 'take the floor away')
    .option('--no-ceiling', 'take the ceiling away')
    .action((code: string, options: LimitOptions) => limits(context, code, options));
  withAct(accounts, 'mode', 'change how its balance is kept')
    .argument('<mode>', 'inline, slots:N with N from 2 to 64, or derived')
    .action((code: string, mode: string, options: ActOptions) =>
      actOn(context, { code, options }, (tx, act) =>
        setBalanceMode(tx, { ...act, balanceMode: modeOf(mode) }),
      ),
    );
}

function withAct(accounts: Command, name: string, text: string): Command {
  return withBook(accounts.command(name).description(text))
    .argument('<code>', 'the code of the account')
    .option('--currency <currency>', 'its currency; default the one of the book')
    .requiredOption('--reason <reason>', 'why, for the audit log');
}

function withLimits(command: Command): Command {
  return command
    .option('--floor <amount>', 'the least it must have available, in the sign of its normal side')
    .option('--ceiling <amount>', 'the most it may hold, in the sign of its normal side');
}

async function list(context: CommandContext, options: BookOptions): Promise<void> {
  const found = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => listAccounts(tx, bookId)),
  );
  if (options.json) {
    await printJson(context, { schema: 'tieout.accounts/1', accounts: found.map(accountJson) });
    return;
  }
  await printTable(context, ACCOUNT_TITLES, found.map(accountCells));
}

async function open(context: CommandContext, code: string, options: OpenOptions): Promise<void> {
  if (!/^[^\s|\p{Cc}]+$/u.test(code))
    throw new OperationalError('usage', `"${code}" is not a code: no blanks and no "|"`);
  await actOn(context, { code, options }, (tx, act) =>
    openAccount(tx, { ...act, terms: termsOf(options, act.currency) }),
  );
}

function termsOf(options: OpenOptions, currency: string): NewAccountTerms {
  const { floorMinor = null, ceilingMinor = null } = limitsOf(options, currency);
  return {
    type: choiceOption('--type', options.type, TYPES),
    isReconcilable: options.reconcilable === true,
    limits: { floorMinor, ceilingMinor },
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.mode === undefined ? {} : { balanceMode: modeOf(options.mode) }),
    ...(options.normalSide === undefined
      ? {}
      : { normalSide: choiceOption('--normal-side', options.normalSide, SIDES) }),
  };
}

async function limits(context: CommandContext, code: string, options: LimitOptions) {
  const isNothing = [options.floor, options.ceiling].every(
    (limit) => typeof limit === 'undefined' || limit === true,
  );
  if (isNothing)
    throw new OperationalError(
      'usage',
      'say which limit: --floor, --ceiling, --no-floor, --no-ceiling',
    );
  await actOn(context, { code, options }, (tx, act) =>
    setLimits(tx, { ...act, ...limitsOf(options, act.currency) }),
  );
}

function limitsOf({ floor, ceiling }: LimitOptions, currency: string) {
  const limit = (name: string, value: string | boolean | undefined) =>
    typeof value === 'string'
      ? amountOption(name, value, currency)
      : value === false
        ? null
        : undefined;
  const [floorMinor, ceilingMinor] = [limit('--floor', floor), limit('--ceiling', ceiling)];
  return {
    ...(floorMinor === undefined ? {} : { floorMinor }),
    ...(ceilingMinor === undefined ? {} : { ceilingMinor }),
  };
}

function sideOf(text: string): AccountSide {
  return choiceOption('--side', text, FROZEN_SIDES);
}

function modeOf(text: string): BalanceModeTerms {
  const mode = parseBalanceMode(text);
  if (mode !== undefined) return mode;
  throw new OperationalError('usage', `"${text}" is none of inline, derived, slots:2 to slots:64`);
}

async function actOn(
  context: CommandContext,
  { code, options }: { readonly code: string; readonly options: ActOptions },
  work: (tx: Tx, act: AccountAct) => Promise<AccountActResult>,
): Promise<void> {
  const result = await inSession(context, options, async (session) => {
    const currency = currencyOption(options.currency, session.config);
    const act = accountAct(context, session, { code, currency, reason: options.reason });
    return await session.db.transaction(async (tx) => {
      await openBook(tx, { config: session.config, now: act.now });
      return await work(tx, act);
    });
  });
  const { account } = result;
  if (account === undefined || !isDone(result.code)) throw refusal(code, result);
  if (options.json) {
    const { code: outcome } = result;
    const document = { schema: 'tieout.ledger-account/1', outcome, account: accountJson(account) };
    await printJson(context, document);
    return;
  }
  await printTable(context, [...ACCOUNT_TITLES, ''], [[...accountCells(account), result.code]]);
}

function accountAct(
  context: CommandContext,
  { bookId }: Session,
  act: { readonly code: string; readonly currency: string; readonly reason: string },
): AccountAct {
  if (act.reason.trim() === '') throw new OperationalError('usage', '--reason must say why');
  return { ...act, bookId, actor: actor(), now: context.now() };
}

function isDone(code: AccountActCode): boolean {
  return code === 'changed' || code === 'unchanged';
}

const REFUSED: Readonly<Record<Exclude<AccountActCode, 'changed' | 'unchanged'>, string>> = {
  unknown_account: 'is not in the book in this currency',
  account_closed: 'is closed; reopen it first',
  not_empty: 'still holds money; bring its balance to zero first',
  has_pending: 'has amounts on hold; post or void the holds first',
  has_open_items: 'has open items; match them first',
  breaks_limit: 'stands outside this limit now',
  floor_above_ceiling: 'cannot have a floor above its ceiling',
  limits_need_inline: 'cannot have limits and a balance that is not kept inline',
  exists_with_different_terms: 'is in the book on other terms',
};

function refusal(code: string, { code: outcome }: AccountActResult): OperationalError {
  const text = outcome === 'changed' || outcome === 'unchanged' ? outcome : REFUSED[outcome];
  const error = outcome === 'unknown_account' ? 'not_found' : 'invalid_input';
  return new OperationalError(error, `account ${code} ${text}`, { context: { outcome } });
}
