import type { BusinessCalendar } from '../business-calendar.ts';
import type { Tx } from '../db/db.ts';
import { writeScratchEntries } from '../ingest/scratch-entries.ts';
import { receivableOf } from '../account-code.ts';
import { openScratchBook, writeScratchItems } from '../ledger/scratch-items.ts';
import { RuleNumbers } from '../match/engine/apply-pack.ts';
import { matchBank, matchLines, takeFiles } from '../match/match.ts';
import type { RulePack } from '../match/rules/rule.ts';
import { type FoundTie, readFoundTies } from '../match/rules-as-code/found-ties.ts';
import type { NamedTie } from '../match/rules-as-code/rule-cases.ts';
import type { TrialRows } from '../match/rules-as-code/trial-rows.ts';

/** What a trial of rules is given beside its rows. */
export interface TrialOptions {
  readonly packs: readonly RulePack[];
  readonly calendars: ReadonlyMap<string, BusinessCalendar>;
  readonly now: Date;
}

/**
 * Applies packs to made-up rows, by the same steps as a run, in a scratch book of this name: the transaction must be rolled
 * back. Returns every group by the names of its rows.
 */
export async function tryRules(
  tx: Tx,
  name: string,
  { entries, items }: TrialRows,
  { packs, calendars, now }: TrialOptions,
): Promise<readonly NamedTie[]> {
  const bookId = await openScratchBook(tx, { name, currency: 'EUR', now });
  const receivables = entries
    .filter(({ role }) => role === 'processor')
    .map(({ source, currency }) => ({ code: receivableOf(source), currency }));
  await writeScratchItems(tx, { bookId, items, accounts: receivables, now });
  await writeScratchEntries(tx, { bookId, entries, now });
  const matching = { bookId, runId: 1n, now, packs, calendars, numbers: new RuleNumbers() };
  await takeFiles(tx, matching);
  await matchLines(tx, matching);
  await matchBank(tx, matching);
  const names = new Map([...entries.map((entry, place) => [place + 1, entry.name] as const)]);
  const itemNames = new Map(items.map((item) => [item.itemId, item.name]));
  return (await readFoundTies(tx, bookId)).map((tie) => named(tie, names, itemNames));
}

function named(
  { entries, items, rule, certificate, status }: FoundTie,
  names: ReadonlyMap<number, string>,
  itemNames: ReadonlyMap<string, string>,
): NamedTie {
  const rows = [
    ...entries.map((entry) => names.get(Number(entry.split(':')[1])) ?? entry),
    ...items.map((item) => itemNames.get(item) ?? item),
  ];
  return { rows: rows.toSorted(), rule: rule.split('@')[0] ?? rule, certificate, status };
}
