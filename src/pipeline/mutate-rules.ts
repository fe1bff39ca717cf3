import type { BusinessCalendar } from '../business-calendar.ts';
import type { Database } from '../db/db.ts';
import type { RulePack } from '../match/rules/rule.ts';
import {
  type MutatedWorld,
  type MutationName,
  mutatedWorlds,
} from '../match/rules-as-code/mutations.ts';
import type { NamedTie } from '../match/rules-as-code/rule-cases.ts';
import { tryRules } from './rule-trial.ts';

/** What a pack made of the evidence of one mutation, in rows on the left; each is counted once. */
export interface MutationOutcome {
  readonly mutation: MutationName;
  readonly evidence: number;
  /** Tied to what is its own. */
  readonly right: number;
  /** Tied to what is not its own, without asking anybody: what must not be. */
  readonly wrong: number;
  readonly suggestedRight: number;
  readonly suggestedWrong: number;
  readonly open: number;
  /** The ties that are wrong. */
  readonly wrongTies: readonly NamedTie[];
}

/** Tries a pack on made-up worlds whose truth is known and whose evidence is damaged, each in a scratch book. */
export async function mutateRules(
  db: Database,
  pack: RulePack,
  options: {
    readonly seed: number;
    readonly payments: number;
    readonly calendars: ReadonlyMap<string, BusinessCalendar>;
    readonly now: Date;
  },
): Promise<readonly MutationOutcome[]> {
  const outcomes: MutationOutcome[] = [];
  for (const world of mutatedWorlds(pack.context, options)) {
    const ties = await db.transaction(
      (tx) => tryRules(tx, 'mutated world', world.rows, { ...options, packs: [pack] }),
      { rollback: true },
    );
    outcomes.push(outcomeOf(world, ties));
  }
  return outcomes;
}

function outcomeOf(
  { mutation, own, rows }: MutatedWorld,
  ties: readonly NamedTie[],
): MutationOutcome {
  const alike = ownOfAlike(own, rows.entries);
  const isRight = (tie: NamedTie) => isOwn(tie, own, alike);
  const told = new Map<string, NamedTie>();
  // What is confirmed has the word over what is only suggested.
  for (const tie of ties.toSorted((one, other) => rank(other) - rank(one)))
    for (const row of tie.rows) told.set(row, tie);
  const found = [...own.keys()].map((row) => told.get(row));
  const count = (status: NamedTie['status'], right: boolean) =>
    found.filter((tie) => tie?.status === status && isRight(tie) === right).length;
  return {
    mutation,
    evidence: own.size,
    right: count('confirmed', true),
    wrong: count('confirmed', false),
    suggestedRight: count('suggested', true),
    suggestedWrong: count('suggested', false),
    open: found.filter((tie) => tie === undefined).length,
    wrongTies: ties.filter((tie) => tie.status === 'confirmed' && !isRight(tie)),
  };
}

function rank({ status }: NamedTie): number {
  return status === 'confirmed' ? 0 : 1;
}

/** For each row of evidence what is its own, or that of a row which says the very same: which is which, nobody can tell. */
function ownOfAlike(
  own: MutatedWorld['own'],
  entries: MutatedWorld['rows']['entries'],
): ReadonlyMap<string, ReadonlySet<string>> {
  const said = new Map(
    entries.map(({ name, ...rest }) => [
      name,
      JSON.stringify(rest, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    ]),
  );
  const sets = new Map<string | undefined, Set<string>>();
  for (const [left, rights] of own) {
    const known = sets.get(said.get(left)) ?? new Set();
    for (const right of rights) known.add(right);
    sets.set(said.get(left), known);
  }
  return new Map([...own.keys()].map((left) => [left, sets.get(said.get(left)) ?? new Set()]));
}

/** Whether a tie holds evidence and nothing but what is its own, all of it. */
function isOwn(
  { rows }: NamedTie,
  own: MutatedWorld['own'],
  alike: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const lefts = rows.filter((row) => own.has(row));
  const wanted = new Set(lefts.flatMap((row) => own.get(row) ?? []));
  const rights = rows.filter((row) => !own.has(row));
  return (
    lefts.length > 0 &&
    rights.length === wanted.size &&
    rights.every((row) => lefts.some((left) => alike.get(left)?.has(row)))
  );
}
