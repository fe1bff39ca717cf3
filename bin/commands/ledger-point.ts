import type { Command } from 'commander';
import type { BusinessDate } from '../../src/business-date.ts';
import type { PointInTime } from '../../src/ledger/balances.ts';
import { type BookOptions, dayOption } from '../session.ts';

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
export function optionalDay(text: string | undefined): BusinessDate | undefined {
  return text === undefined ? undefined : dayOption(text);
}

/** The days of `--as-of` and `--known-at`. */
export function pointOf(options: PointOptions): PointInTime {
  const asOf = optionalDay(options.asOf);
  const knownAt = optionalDay(options.knownAt);
  return {
    ...(asOf === undefined ? {} : { asOf }),
    ...(knownAt === undefined ? {} : { knownAt }),
  };
}
