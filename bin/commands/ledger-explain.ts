import { dayNumberingOf } from '../../src/business-calendar.ts';
import {
  type BusinessDate,
  businessDaysBetween,
  type DayNumbering,
  dayNumber,
} from '../../src/business-date.ts';
import type { Currency } from '../../src/currency.ts';
import { EXIT_DIFFERENCES, OperationalError } from '../../src/errors.ts';
import type { PointInTime } from '../../src/ledger/balances.ts';
import { getAccount } from '../../src/ledger/named-account.ts';
import {
  type CounterAccount,
  type Explanation,
  explainBalance,
  type OpenItem,
} from '../../src/ledger/open-items.ts';
import { formatAmount, formatMoney } from '../../src/money.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { businessDateOption, inSession } from '../session.ts';
import { type PointOptions, pointOf } from './ledger-point.ts';

/** The options of `tieout ledger explain`. */
export interface ExplainOptions extends PointOptions {
  readonly currency?: Currency;
  readonly limit?: string;
}

/** Prints what a balance is made of; the exit code tells when its parts do not make it. */
export async function printExplanation(
  context: CommandContext,
  code: string,
  options: ExplainOptions,
): Promise<void> {
  const point = pointOf(options);
  const limit = limitOption(options.limit);
  const { explanation, agedAt, numberOf } = await inSession(
    context,
    options,
    async ({ config, db, bookId }) => ({
      agedAt: point.asOf ?? businessDateOption(undefined, context, config),
      numberOf: dayNumberingOf(config.calendar),
      explanation: await db.read(async (tx) => {
        const { currency } = options;
        const named = { bookId, code, ...(currency === undefined ? {} : { currency }) };
        const account = await getAccount(tx, named);
        return await explainBalance(tx, { bookId, account, ...limit, ...point });
      }),
    }),
  );
  if (explanation.balanceMinor !== explanation.explainedMinor)
    context.setExitCode(EXIT_DIFFERENCES);
  const aged = { ...point, agedAt, numberOf };
  if (options.json) await printJson(context, explanationJson(explanation, aged));
  else await tellExplanation(context, explanation, aged);
}

function limitOption(text: string | undefined): { readonly limit?: number } {
  if (text === undefined) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { limit: Number(text) };
  throw new OperationalError('usage', '--limit must be a number of items');
}

type Aged = PointInTime & { readonly agedAt: BusinessDate; readonly numberOf: DayNumbering };

function explanationJson(explanation: Explanation, aged: Aged): object {
  const { asOf, knownAt, agedAt } = aged;
  const { account, balanceMinor, explainedMinor } = explanation;
  const hasItems = explanation.by === 'items';
  return {
    schema: 'tieout.ledger-explain/1',
    account: account.code,
    currency: account.currency,
    reconcilable: account.isReconcilable,
    as_of: asOf ?? null,
    known_at: knownAt ?? null,
    aged_at: agedAt,
    balance_minor: String(balanceMinor),
    explained_minor: String(explainedMinor),
    explained: balanceMinor === explainedMinor,
    items_total: hasItems ? Number(explanation.itemsTotal) : null,
    items: hasItems ? explanation.items.map((item) => itemJson(item, aged)) : null,
    counter_accounts: hasItems ? null : explanation.parts.map(counterAccountJson),
  };
}

function itemJson(item: OpenItem, { agedAt, numberOf }: Aged): object {
  return {
    item: item.itemId,
    amount_minor: String(item.amountMinor),
    age_days: ageInDays(item, agedAt),
    age_business_days: businessDaysBetween(item.effectiveDate, agedAt, numberOf),
    effective_date: item.effectiveDate,
    booked_on: item.bookedOn,
    journal: item.journalId,
    key: item.key,
    kind: item.kind,
    reference: item.reference,
    payment: item.paymentId,
    file: item.file,
  };
}

function counterAccountJson(part: CounterAccount): object {
  return {
    counter_account: part.counterAccount,
    kind: part.kind,
    lines: Number(part.lines),
    debits_minor: String(part.debitsMinor),
    credits_minor: String(part.creditsMinor),
    amount_minor: String(part.amountMinor),
  };
}

/** Calendar days since the item became effective; 0 for one that is not yet. */
function ageInDays({ effectiveDate }: OpenItem, agedAt: BusinessDate): number {
  return Math.max(0, dayNumber(agedAt) - dayNumber(effectiveDate));
}

async function tellExplanation(
  context: CommandContext,
  explanation: Explanation,
  aged: Aged,
): Promise<void> {
  await context.out(`${verdictOf(explanation, aged)}\n`);
  const { currency } = explanation.account;
  if (explanation.by === 'counter-accounts') {
    const rows = explanation.parts.map((part) => [
      part.counterAccount,
      part.kind,
      String(part.lines),
      formatAmount(part.debitsMinor, currency),
      formatAmount(part.creditsMinor, currency),
      formatAmount(part.amountMinor, currency),
    ]);
    const titles = ['against', 'kind', '>lines', '>debits', '>credits', '>amount'];
    if (rows.length > 0) await printTable(context, titles, rows);
    return;
  }
  const rows = explanation.items.map((item) => [
    formatAmount(item.amountMinor, currency),
    String(ageInDays(item, aged.agedAt)),
    String(businessDaysBetween(item.effectiveDate, aged.agedAt, aged.numberOf)),
    item.effectiveDate,
    item.bookedOn,
    item.kind,
    item.reference ?? '',
    item.paymentId ?? '',
    item.key,
    item.file ?? '',
  ]);
  const titles = ['>amount', '>days', '>business days', 'effective', 'booked', 'kind'];
  if (rows.length > 0)
    await printTable(context, [...titles, 'reference', 'payment', 'key', 'file'], rows);
}

function verdictOf(explanation: Explanation, { asOf, knownAt }: Aged): string {
  const { account, balanceMinor, explainedMinor } = explanation;
  const money = (amountMinor: bigint) => formatMoney({ amountMinor, currency: account.currency });
  const days = [
    ...(asOf === undefined ? [] : [`as of ${asOf}`]),
    ...(knownAt === undefined ? [] : [`known at ${knownAt}`]),
  ];
  const subject = [`${account.code}:`, ...days, 'balance', money(balanceMinor)].join(' ');
  const parts = partsOf(explanation);
  if (balanceMinor === explainedMinor) return `${subject} = ${parts}`;
  return `${subject} ≠ ${parts} of ${money(explainedMinor)}; the books are broken, see "tieout ledger verify"`;
}

function partsOf(explanation: Explanation): string {
  if (explanation.by === 'items') {
    const { items, itemsTotal } = explanation;
    const shown = BigInt(items.length) === itemsTotal ? '' : `, the oldest ${items.length} below`;
    return `${itemsTotal} open ${itemsTotal === 1n ? 'item' : 'items'}${shown}`;
  }
  const lines = explanation.parts.reduce((sum, part) => sum + part.lines, 0n);
  return `${lines} ${lines === 1n ? 'line' : 'lines'}, by counter account and kind`;
}
