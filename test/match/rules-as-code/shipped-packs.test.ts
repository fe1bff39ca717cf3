import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulePacksOf, shippedRulePack } from '../../../src/match/rules/packs.ts';
import { parseRuleCases, type RuleCases } from '../../../src/match/rules-as-code/rule-cases.ts';
import { testRules } from '../../../src/pipeline/test-rules.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';

const CASES = new URL('../../../fixtures/rules/', import.meta.url);
const SHIPPED = rulePacksOf({ ruleDocuments: [], calendars: new Map() });
const OPTIONS = { calendars: new Map(), now: new Date('2026-03-10T21:45:00Z') };

let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
});

function casesOf(pack: string): RuleCases {
  const text = readFileSync(new URL(`${pack}.yaml`, CASES), 'utf8');
  return parseRuleCases(text, `${pack}.yaml`, (name) => {
    const found = shippedRulePack(name);
    if (found === undefined) throw new Error(`no pack ${name}`);
    return found;
  });
}

test('every shipped pack has a file of cases', () => {
  const packs = SHIPPED.map(({ pack }) => `${pack}.yaml`);
  expect(readdirSync(CASES).toSorted()).toEqual(packs.toSorted());
});

describe.each(SHIPPED.map(({ pack }) => pack))('%s', (pack) => {
  test('every case holds', async () => {
    const outcomes = await testRules(database.db, casesOf(pack), OPTIONS);
    const failed = outcomes.filter(({ missing, unexpected }) => missing.length + unexpected.length);
    expect(failed).toEqual([]);
  });

  test('every rule has a case in which it ties', () => {
    const { pack: read, cases } = casesOf(pack);
    const used = new Set(cases.flatMap((one) => one.expect.map(({ rule }) => rule)));
    expect(read.rules.map(({ id }) => id).filter((id) => !used.has(id))).toEqual([]);
  });

  test('without a rule the cases that name it do not hold', async () => {
    const { pack: read, cases } = casesOf(pack);
    for (const retired of read.rules) {
      const rules = read.rules.map((rule) =>
        rule.id === retired.id ? { ...rule, retired: true } : rule,
      );
      const own = cases.filter((one) => one.expect.some(({ rule }) => rule === retired.id));
      const less = { pack: { ...read, rules }, cases: own };
      for (const outcome of await testRules(database.db, less, OPTIONS))
        expect(outcome.missing, `${retired.id}: ${outcome.name}`).not.toEqual([]);
    }
  });

  test('the database is as it was', async () => {
    const books = await database.db.read((tx) => tx.query('select 1 from tieout.book'));
    expect(books).toEqual([]);
  });
});
