import { EXIT_FILES_KEPT_ASIDE, OperationalError } from '../src/errors.ts';
import { type HandOutcome, type HandResult, isRefused } from '../src/ledger/post-by-hand.ts';
import { refusalText } from '../src/ledger/refusal-text.ts';
import { formatAmount } from '../src/money.ts';
import type { CommandContext } from './command-context.ts';
import { printJson, printTable } from './print.ts';

/** What came of a journal, and where it was asked for. */
export interface ToldResult extends HandResult {
  /** The line of the file; absent when it was asked for on the command line. */
  readonly line?: number;
  /** Why it was refused; a sentence. */
  readonly text?: string;
}

/** What a command that posts tells. */
export interface Posted {
  readonly isPlan: boolean;
  readonly results: readonly ToldResult[];
  readonly balances: HandOutcome['balances'];
}

/** Prints the outcome of one command that posts; refusals end it with 3. */
export async function tellPosted(
  context: CommandContext,
  posted: Posted,
  options: { readonly json?: boolean },
): Promise<void> {
  if (posted.results.some(isRefused)) context.setExitCode(EXIT_FILES_KEPT_ASIDE);
  if (options.json) {
    await printJson(context, postedJson(posted));
    return;
  }
  const [only] = posted.results;
  if (!posted.isPlan && posted.results.length === 1 && only?.line === undefined)
    await context.out(`${resultText(only)}\n`);
  else await context.out(countText(posted));
  if (!posted.isPlan) return;
  await printTable(context, ['>line', 'key', 'outcome', ''], posted.results.map(resultCells));
  await context.out('\n');
  await printTable(context, BALANCE_TITLES, posted.balances.map(balanceCells));
}

/** The refusal of the one journal that was asked for: nothing was posted (exit 65). */
export function refusedAlone({ code, key }: HandResult): OperationalError {
  return new OperationalError('invalid_input', `not posted: ${refusalText(code)}`, {
    context: { outcome: code, key },
  });
}

function postedJson({ isPlan, results, balances }: Posted): object {
  return {
    schema: 'tieout.ledger-post/1',
    plan: isPlan,
    ...countsOf(results),
    journals: results.map((result) => ({
      line: result.line ?? null,
      key: result.key,
      outcome: result.code,
      journal: isPlan ? null : result.journalId,
      text: textOf(result) ?? null,
    })),
    balances: balances.map((balance) => ({
      code: balance.code,
      currency: balance.currency,
      balance_minor: balance.balanceMinor.toString(),
      pending_debits_minor: balance.pendingDebitsMinor.toString(),
      pending_credits_minor: balance.pendingCreditsMinor.toString(),
    })),
  };
}

function countsOf(results: readonly ToldResult[]) {
  const count = (code: string) => results.filter((result) => result.code === code).length;
  return {
    read: results.length,
    created: count('created'),
    exists: count('exists'),
    refused: results.filter(isRefused).length,
  };
}

function countText({ isPlan, results }: Posted): string {
  const { read, created, exists, refused } = countsOf(results);
  const [posted, ending] = isPlan ? ['would be posted', ', nothing is kept'] : ['posted', ''];
  return `${read} journals read: ${created} ${posted}, ${exists} in the ledger already, ${refused} refused${ending}\n`;
}

function resultText(result: ToldResult | undefined): string {
  if (result === undefined) return 'nothing to post';
  const state = result.code === 'created' ? 'posted' : 'in the ledger already';
  return `journal ${result.journalId} ${state}, key ${result.key}`;
}

function resultCells(result: ToldResult): string[] {
  return [result.line?.toString() ?? '', result.key, result.code, textOf(result) ?? ''];
}

/** Why a journal was refused, in a sentence; `undefined` when it was not. */
export function textOf(result: ToldResult): string | undefined {
  if (!isRefused(result)) return undefined;
  return result.text ?? refusalText(result.code);
}

const BALANCE_TITLES = ['account', 'currency', '>balance', '>pending debits', '>pending credits'];

function balanceCells(balance: HandOutcome['balances'][number]): string[] {
  const { code, currency, balanceMinor, pendingDebitsMinor, pendingCreditsMinor } = balance;
  const amounts = [balanceMinor, pendingDebitsMinor, pendingCreditsMinor];
  return [code, currency, ...amounts.map((minor) => formatAmount(minor, currency))];
}
