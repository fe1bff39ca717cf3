import type { Command } from 'commander';
import { type LastRate, listPositions, type Position } from '../../src/ledger/positions.ts';
import { formatAmount } from '../../src/money.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson, printTable } from '../print.ts';
import { type BookOptions, inSession, withBook } from '../session.ts';
import { optionalDay } from './ledger-point.ts';

interface PositionOptions extends BookOptions {
  readonly asOf?: string;
}

/** Adds `tieout ledger positions`: what is held of each foreign currency, and what it cost. */
export function addPositionsCommand(context: CommandContext, ledger: Command): void {
  withBook(ledger.command('positions').description('what is held of foreign currencies, at cost'))
    .option('--as-of <date>', 'count postings effective up to this day')
    .action((options: PositionOptions) => positions(context, options));
}

async function positions(context: CommandContext, options: PositionOptions): Promise<void> {
  const asOf = optionalDay(options.asOf);
  const found = await inSession(context, options, ({ db, bookId }) =>
    db.read((tx) => listPositions(tx, { bookId, ...(asOf === undefined ? {} : { asOf }) })),
  );
  if (options.json) {
    await printJson(context, {
      schema: 'tieout.positions/1',
      as_of: asOf ?? null,
      positions: found.map(positionJson),
    });
    return;
  }
  const rows = found.map((position) => [
    position.currency,
    formatAmount(position.foreignMinor, position.currency),
    formatAmount(position.costMinor, position.baseCurrency),
    position.baseCurrency,
    position.averageRate ?? '',
    position.lastRate === null ? '' : lastRateText(position.lastRate),
  ]);
  const titles = ['currency', '>held', '>at cost', '', '>average rate', 'last rate'];
  await printTable(context, titles, rows);
}

function positionJson(position: Position): object {
  return {
    currency: position.currency,
    base_currency: position.baseCurrency,
    foreign_minor: String(position.foreignMinor),
    cost_minor: String(position.costMinor),
    average_rate: position.averageRate,
    last_rate: position.lastRate,
  };
}

function lastRateText({ from, to, rate, date, source }: LastRate): string {
  return `1 ${from} = ${rate} ${to} (${source}, ${date})`;
}
