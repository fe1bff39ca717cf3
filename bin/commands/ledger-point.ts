import type { Command } from 'commander';
import { type BusinessDate, parseBusinessDate } from '../../src/business-date.ts';
import { OperationalError } from '../../src/errors.ts';
import type { PointInTime } from '../../src/ledger/balances.ts';
import type { BookOptions } from '../session.ts';

/** The options of a command that looks back. */
export interface PointOptions extends BookOptions {
  readonly asOf?: string;
  readonly knownAt?: string;
}

/** Adds `--as-of` and `--known-at` to a command. */
export function withPoint(command: Command): Command {
  return command
    .option('--as-of <date>', 'count postings effective up to this day')
    .option('--known-at <date>', 'count only what was booked up to this day, in UTC');
}

/** The day of an option; nothing when the option is not given. */
export function dayOption(text: string | undefined): BusinessDate | undefined {
  const date = text === undefined ? undefined : parseBusinessDate(text);
  if (text === undefined || date !== undefined) return date;
  throw new OperationalError('usage', `"${text}" is not a day as YYYY-MM-DD`);
}

/** The days of `--as-of` and `--known-at`. */
export function pointOf(options: PointOptions): PointInTime {
  const asOf = dayOption(options.asOf);
  const knownAt = dayOption(options.knownAt);
  return {
    ...(asOf === undefined ? {} : { asOf }),
    ...(knownAt === undefined ? {} : { knownAt }),
  };
}
