import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { OperationalError } from '../../src/errors.ts';
import {
  type SimulatedWorld,
  type SimulateOptions,
  simulate,
} from '../../src/simulate/simulate.ts';
import type { CommandContext } from '../command-context.ts';
import { printJson } from '../print.ts';

interface SimulateCommandOptions {
  readonly seed: string;
  readonly payments: string;
  readonly breaks: string;
  readonly restatements: boolean;
  readonly out: string;
  readonly json?: boolean;
}

const MOST_PAYMENTS = 10_000_000;
/** Above it the world would have no room for all kinds, and hardly anything whole. */
const MOST_BREAKS = 0.1;

/** `tieout simulate`: a made-up world of files, with the truth about it. */
export function simulateCommand(context: CommandContext): Command {
  return new Command('simulate')
    .description('write a made-up world: ledger, processor and bank files by night, and the truth')
    .requiredOption('--seed <n>', 'a whole number; the same seed writes the same bytes')
    .requiredOption('--payments <n>', 'how many payments shoppers make')
    .option('--breaks <rate>', 'how often each kind of break is put in, 0 to 0.1', '0')
    .option('--no-restatements', 'send no report or statement again with corrections')
    .requiredOption('--out <dir>', 'where to; a folder that is not there yet, or empty')
    .option('--json', 'print one JSON document')
    .action(async (options: SimulateCommandOptions) => {
      const folder = resolve(context.cwd, options.out);
      const asked = {
        seed: wholeNumber('--seed', options.seed, { least: 0, most: Number.MAX_SAFE_INTEGER }),
        payments: wholeNumber('--payments', options.payments, { least: 1, most: MOST_PAYMENTS }),
        breaks: rateOf(options.breaks),
        withRestatements: options.restatements,
        folder,
      };
      const world = simulate(asked);
      const document = documentOf(asked, world);
      await writeFile(join(folder, 'world.json'), `${JSON.stringify(document)}\n`);
      await (options.json ? printJson(context, document) : context.out(textOf(asked, world)));
    });
}

function documentOf(asked: SimulateOptions, world: SimulatedWorld): object {
  return {
    schema: 'tieout.simulate/1',
    seed: asked.seed,
    payments: asked.payments,
    rate: asked.breaks,
    book: world.book,
    booked: world.booked,
    links: world.links,
    breaks: Object.fromEntries(world.breaks),
    nights: world.nights,
  };
}

function textOf(
  { folder }: SimulateOptions,
  { book, booked, breaks, nights }: SimulatedWorld,
): string {
  const broken = [...breaks.values()].reduce((sum, count) => sum + count, 0);
  return (
    `${folder}: book ${book}, ${nights.length} nights from ${nights[0]?.date} to ${nights.at(-1)?.date}\n` +
    `${booked.capture} captures, ${booked.refund} refunds, ${booked.chargeback} chargebacks, ${booked.payout} payouts; ` +
    `${broken} breaks of ${breaks.size} kinds\n` +
    `each night: tieout ledger import ledger-NN.csv, tieout run night-NN --date D\n`
  );
}

function wholeNumber(
  option: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new OperationalError('usage', `${option} takes a whole number from ${least} to ${most}`);
}

function rateOf(text: string): number {
  const rate = /^\d(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0 && rate <= MOST_BREAKS) return rate;
  throw new OperationalError('usage', `--breaks takes a rate from 0 to ${MOST_BREAKS}`);
}
