import { type BusinessCalendar, findCalendar } from '../business-calendar.ts';
import { type BusinessDate, businessDateIn, dayNumber } from '../business-date.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { fillCalendarDays } from './rules/calendar-days.ts';
import { storedRulePacks, storeRulePacks } from './rules/packs.ts';
import type { RulePack } from './rules/rule.ts';

const DAYS_TO_COMPARE = sqlFile(import.meta.url, './sql/06_days_to_compare.sql');

/** Days further than this from the run are not numbered: an offset to them holds in no rule. */
const MOST_DAYS = 3_660;

/** Stores the versions of packs that are new to the book, and returns those that nobody has retired. */
export async function rulesInForce(
  tx: Tx,
  options: { readonly bookId: bigint; readonly packs: readonly RulePack[]; readonly now: Date },
): Promise<readonly RulePack[]> {
  await storeRulePacks(tx, options);
  const retired = new Set(
    (await storedRulePacks(tx, options.bookId))
      .filter(({ retiredAt }) => retiredAt !== null)
      .map(({ pack, version }) => `${pack}@${version}`),
  );
  return options.packs.filter(({ pack, version }) => !retired.has(`${pack}@${version}`));
}

/**
 * Numbers the business days of every calendar that packs name, over the days of what is open.
 *
 * Returns under which key each calendar's numbers stand.
 */
export async function numberBusinessDays(
  tx: Tx,
  packs: readonly RulePack[],
  options: {
    readonly bookId: bigint;
    readonly runId: bigint;
    readonly now: Date;
    readonly calendars: ReadonlyMap<string, BusinessCalendar>;
  },
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(packs.flatMap((pack) => pack.calendars))];
  if (names.length === 0) return new Map();
  const [days] = await tx.query<{ from: BusinessDate | null; to: BusinessDate | null }>(
    DAYS_TO_COMPARE,
    [options.bookId, options.runId, businessDateIn('UTC', options.now), MOST_DAYS],
  );
  if (!days?.from || !days.to || dayNumber(days.to) < dayNumber(days.from)) return new Map();
  const calendars = names.map((name) => findCalendar(name, options.calendars));
  return await fillCalendarDays(tx, {
    bookId: options.bookId,
    calendars: calendars.filter((calendar) => calendar !== undefined),
    from: days.from,
    to: days.to,
  });
}
