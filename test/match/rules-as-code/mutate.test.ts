import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulePacksOf, shippedRulePack } from '../../../src/match/rules/packs.ts';
import { parseRulePack } from '../../../src/match/rules/parse-rule-pack.ts';
import type { RulePack } from '../../../src/match/rules/rule.ts';
import { mutatedWorlds } from '../../../src/match/rules-as-code/mutations.ts';
import { type MutationOutcome, mutateRules } from '../../../src/pipeline/mutate-rules.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';

const SHIPPED = rulePacksOf({ ruleDocuments: [], calendars: new Map() });
/** Believes any amount within twenty days, and takes names for nothing. */
const RECKLESS = parseRulePack(
  `rulepack: reckless
context: bank-to-item
rules:
  - id: by-amount
    priority: 10
    cardinality: "1:1"
    block_on: [currency, amount]
    predicates:
      - { op: offset, left: value_date, right: date, from: 0, to: 20, unit: day }
`,
  'reckless.yaml',
);

let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
});

async function mutate(pack: RulePack, seed = 7): Promise<readonly MutationOutcome[]> {
  const now = new Date('2026-04-20T21:45:00Z');
  return await mutateRules(database.db, pack, { seed, payments: 30, calendars: new Map(), now });
}

function shipped(name: string): RulePack {
  const pack = shippedRulePack(name);
  if (pack === undefined) throw new Error(`no pack ${name}`);
  return pack;
}

function outcomeOf(outcomes: readonly MutationOutcome[], mutation: string): MutationOutcome {
  const found = outcomes.find((one) => one.mutation === mutation);
  if (found === undefined) throw new Error(`no mutation ${mutation}`);
  return found;
}

describe.each(SHIPPED.map(({ pack }) => pack))('%s', (name) => {
  test('ties everything that nobody damaged, and confirms nothing that is not its own', async () => {
    const outcomes = await mutate(shipped(name));
    expect(outcomeOf(outcomes, 'nothing changed')).toMatchObject({ evidence: 30, right: 30 });
    expect(outcomes.flatMap(({ wrongTies }) => wrongTies)).toEqual([]);
  });

  test('every row of evidence is counted once', async () => {
    for (const one of await mutate(shipped(name))) {
      const sum = one.right + one.wrong + one.suggestedRight + one.suggestedWrong + one.open;
      expect(sum, one.mutation).toBe(one.evidence);
    }
  });
});

test('what an entry names is left alone by the bank pack when the amount is of another payout', async () => {
  const swapped = outcomeOf(await mutate(shipped('bank')), 'amounts swapped');
  expect(swapped).toMatchObject({ right: 0, wrong: 0 });
});

test('a pack that goes by the amount alone is caught', async () => {
  const outcomes = await mutate(RECKLESS);
  expect(outcomeOf(outcomes, 'nothing changed').wrong).toBe(0);
  const swapped = outcomeOf(outcomes, 'amounts swapped');
  expect(swapped.wrong).toBeGreaterThan(5);
  expect(swapped.wrongTies[0]).toMatchObject({ rule: 'by-amount', status: 'confirmed' });
});

test('a seed makes one world, and another seed another one', async () => {
  expect(await mutate(RECKLESS)).toEqual(await mutate(RECKLESS));
  const world = (seed: number) => mutatedWorlds('bank-to-item', { seed, payments: 30 });
  expect(world(1)).toEqual(world(1));
  expect(world(1)).not.toEqual(world(2));
});

test('nothing of the worlds stays', async () => {
  const books = await database.db.read((tx) => tx.query('select 1 from tieout.book'));
  expect(books).toEqual([]);
});
