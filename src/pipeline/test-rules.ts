import type { BusinessCalendar } from '../business-calendar.ts';
import type { Database } from '../db/db.ts';
import type { NamedTie, RuleCases } from '../match/rules-as-code/rule-cases.ts';
import { tryRules } from './rule-trial.ts';

/** What became of a case: it holds when the pack made exactly the groups that it expects. */
export interface CaseOutcome {
  readonly name: string;
  readonly place: string;
  readonly missing: readonly NamedTie[];
  readonly unexpected: readonly NamedTie[];
}

/** Whether a pack does what a case claims. */
export function holds({ missing, unexpected }: CaseOutcome): boolean {
  return missing.length === 0 && unexpected.length === 0;
}

/** Runs the cases through matching itself, each in a scratch book and a transaction that is rolled back. */
export async function testRules(
  db: Database,
  { pack, cases }: RuleCases,
  options: { readonly calendars: ReadonlyMap<string, BusinessCalendar>; readonly now: Date },
): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const { name, place, rows, expect } of cases) {
    const found = await db.transaction(
      (tx) => tryRules(tx, `case of ${pack.pack}`, rows, { ...options, packs: [pack] }),
      { rollback: true },
    );
    outcomes.push({
      name,
      place,
      missing: without(expect, found),
      unexpected: without(found, expect),
    });
  }
  return outcomes;
}

function without(ties: readonly NamedTie[], others: readonly NamedTie[]): readonly NamedTie[] {
  const known = new Set(others.map(keyOf));
  return ties.filter((tie) => !known.has(keyOf(tie)));
}

function keyOf({ rows, rule, certificate, status }: NamedTie): string {
  return JSON.stringify([rows, rule, certificate, status]);
}
