import type { Command } from 'commander';
import { currencyExponent } from '../../src/currency.ts';
import { OperationalError } from '../../src/errors.ts';
import { type Conversion, type ConversionJournal, convert } from '../../src/ledger/conversion.ts';
import type { PairPosting } from '../../src/ledger/journal-request.ts';
import { formatAmount, formatMoney, type Money, parseAmount } from '../../src/money.ts';
import { formatRate, parseRate, type Rate } from '../../src/rate.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import {
  actor,
  type BookOptions,
  dayOption,
  inSession,
  postOptions,
  withBook,
} from '../session.ts';

interface ConvertOptions extends BookOptions {
  readonly from: string;
  readonly to: string;
  readonly rate: string;
  readonly rateSource: string;
  readonly rateDate?: string;
  readonly debit: string;
  readonly credit: string;
  readonly date: string;
  readonly worth?: string;
  readonly bookResidue?: string;
  readonly reference?: string;
  readonly description?: string;
  readonly key?: string;
  readonly plan?: boolean;
}

type Posted = ConversionJournal & { readonly status: 'created' | 'exists' };

/** Adds `tieout ledger convert`: one currency for another, at a rate that is kept. */
export function addConvertCommand(context: CommandContext, ledger: Command): void {
  withBook(ledger.command('convert').description('post a conversion between two currencies'))
    .requiredOption('--from <money>', 'what leaves the credited account, for example "100.00 USD"')
    .requiredOption('--to <money>', 'what arrives on the debited account, for example "92.31 EUR"')
    .requiredOption('--rate <rate>', 'units of the second currency for one unit of the first')
    .requiredOption('--rate-source <name>', 'who quoted the rate')
    .option('--rate-date <date>', 'the day of the rate; default the day of the conversion')
    .requiredOption('--credit <account>', 'the account that the first amount leaves')
    .requiredOption('--debit <account>', 'the account that the second amount arrives on')
    .requiredOption('--date <date>', 'the effective date')
    .option('--worth <money>', 'the worth in the base currency, when neither amount is in it')
    .option('--book-residue <money>', 'post a difference from the rate up to this to rounding')
    .option('--reference <reference>', 'what the bank calls it')
    .option('--description <text>', 'what it is; default the two amounts')
    .option('--key <key>', 'posts once; default made of the date, amounts, accounts and reference')
    .option('--plan', 'show the journal and post nothing')
    .action((options: ConvertOptions) => convertOnce(context, options));
}

async function convertOnce(context: CommandContext, options: ConvertOptions): Promise<void> {
  const isPlan = options.plan === true;
  const conversion = conversionOf(options);
  const posted = await inSession(context, options, (session) =>
    session.db.transaction(
      async (tx): Promise<Posted> => {
        const outcome = await convert(tx, conversion, await postOptions(tx, context, session));
        if (outcome.status !== 'refused') return outcome;
        throw new OperationalError('invalid_input', `${outcome.message} (${outcome.code})`);
      },
      { rollback: isPlan },
    ),
  );
  await (options.json
    ? printJson(context, convertJson(conversion, posted, isPlan))
    : printPosted(context, conversion, posted, isPlan));
}

/** The conversion that the options ask for; without a key of its own, asked twice it is the same one. */
function conversionOf(options: ConvertOptions): Conversion {
  const [from, to] = [moneyOption('--from', options.from), moneyOption('--to', options.to)];
  const { worth, bookResidue, credit, debit, reference, description } = options;
  const effectiveDate = dayOption(options.date);
  const parts = [effectiveDate, formatMoney(from), formatMoney(to), credit, debit, reference ?? ''];
  return {
    key: options.key ?? ['convert', ...parts].join('|'),
    effectiveDate,
    from,
    to,
    credit,
    debit,
    rate: rateOption(options.rate),
    rateDate: options.rateDate === undefined ? effectiveDate : dayOption(options.rateDate),
    rateSource: options.rateSource,
    createdBy: actor(),
    ...(worth === undefined ? {} : { worth: moneyOption('--worth', worth) }),
    ...(bookResidue === undefined ? {} : { residueUpToMinor: residueOption(bookResidue, to) }),
    ...(reference === undefined ? {} : { reference }),
    ...(description === undefined ? {} : { description }),
  };
}

function moneyOption(option: string, text: string): Money {
  const [, amount = '', currency = ''] = /^(\S+) ?([A-Z]{3})$/.exec(text) ?? [];
  const read = parseAmount(amount, currency, { decimal: '.' });
  if (read.ok && currencyExponent(currency) !== undefined)
    return { amountMinor: read.amountMinor, currency };
  throw new OperationalError('usage', `${option} "${text}" is not money, for example "100.00 USD"`);
}

function residueOption(text: string, { currency }: Money): bigint {
  const limit = moneyOption('--book-residue', text);
  if (limit.currency === currency) return limit.amountMinor;
  throw new OperationalError('usage', `--book-residue is in ${currency}, as --to is: "${text}"`);
}

function rateOption(text: string): Rate {
  const rate = parseRate(text);
  if (rate !== undefined) return rate;
  throw new OperationalError(
    'usage',
    `"${text}" is not a rate: a decimal above zero of at most 20 digits, for example 0.9231`,
  );
}

function convertJson(conversion: Conversion, posted: Posted, isPlan: boolean): object {
  const { from, to } = conversion;
  return {
    schema: 'tieout.ledger-convert/1',
    plan: isPlan,
    status: posted.status,
    key: conversion.key,
    effective_date: conversion.effectiveDate,
    from: { currency: from.currency, amount_minor: String(from.amountMinor) },
    to: { currency: to.currency, amount_minor: String(to.amountMinor) },
    rate: formatRate(conversion.rate),
    rate_date: conversion.rateDate,
    rate_source: conversion.rateSource,
    residue_minor: String(posted.residueMinor),
    postings: posted.journal.postings.map((posting) => ({
      debit: posting.debit,
      credit: posting.credit,
      currency: currencyOf(posting, posted),
      amount_minor: String(posting.amountMinor),
    })),
  };
}

async function printPosted(
  context: CommandContext,
  { from, to, rate, key }: Conversion,
  posted: Posted,
  isPlan: boolean,
): Promise<void> {
  const rows = posted.journal.postings.map((posting) => {
    const currency = currencyOf(posting, posted);
    return [posting.debit, posting.credit, formatAmount(posting.amountMinor, currency), currency];
  });
  await printTable(context, ['debit', 'credit', '>amount', ''], rows);
  const said = `${formatMoney(from)} to ${formatMoney(to)} at ${formatRate(rate)}`;
  const became = posted.status === 'created' ? 'posted' : 'in the ledger already';
  await context.out(`${said}: ${isPlan && posted.status === 'created' ? 'not posted' : became}\n`);
  if (posted.status === 'exists')
    context.note(`tieout: ${key} was posted before; another one like it needs a --key of its own`);
}

function currencyOf(posting: PairPosting, { journal }: Posted): string {
  return posting.currency ?? journal.currency;
}
