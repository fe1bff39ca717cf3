import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { calendarBasedOn, weekendOnly } from '../../../src/business-calendar.ts';
import type { RuleDocument } from '../../../src/config.ts';
import {
  retireRulePack,
  rulePackSources,
  rulePacksOf,
  storedRulePacks,
  storeRulePacks,
} from '../../../src/match/rules/packs.ts';
import { rulePackOf } from '../../../src/match/rules/parse-rule-pack.ts';
import { inRolledBackTransaction } from '../../support/database.ts';

const NOW = new Date('2026-03-02T09:00:00Z');
const LATER = new Date('2026-03-03T09:00:00Z');

function packsOf(...ruleDocuments: readonly RuleDocument[]) {
  return rulePacksOf({ ruleDocuments, calendars: new Map() });
}

function written(rulepack: string, context: string, where = `${rulepack}.yaml`): RuleDocument {
  const rule = { id: 'one', priority: 10, cardinality: '1:1', block_on: ['currency', 'amount'] };
  return { document: { rulepack, context, rules: [rule] }, where };
}

describe('the packs in force', () => {
  test('are the shipped ones, of the three contexts', () => {
    expect(packsOf().map(({ pack, context, rules }) => [pack, context, rules.length])).toEqual([
      ['settlement-lines', 'line-to-item', 5],
      ['bank', 'bank-to-item', 8],
      ['own-accounts', 'bank-to-bank', 9],
    ]);
  });

  test('confirm by themselves only what is keyed, or alone by amount and names nothing', () => {
    const suggesting = packsOf().flatMap(({ rules }) =>
      rules.filter(({ onMatch }) => onMatch === 'suggested').map(({ id }) => id),
    );
    expect(suggesting).toEqual([
      'bank-charge-deducted',
      'bank-by-amount-of-others',
      'bank-several-by-sum',
      'own-transfer-by-amount',
    ]);
  });

  test('are explained from their first line', () => {
    for (const { text } of rulePackSources({ ruleDocuments: [], calendars: new Map() }))
      expect(text).toMatch(/^# [A-Z]/);
  });

  test('have the user’s in place of the shipped one of its name, and others beside them', () => {
    const packs = packsOf(written('first', 'bank-to-bank'), written('bank', 'bank-to-item'));
    expect(packs.map(({ pack, rules }) => [pack, rules.length])).toEqual([
      ['settlement-lines', 5],
      ['bank', 1],
      ['own-accounts', 9],
      ['first', 1],
    ]);
  });

  test('are read from a text with its lines', () => {
    const broken = { text: 'rulepack: mine\ncontext: nowhere\nrules: []\n', where: 'mine.yaml' };
    expect(() => packsOf(broken)).toThrow('mine.yaml:2:1: context must be one of line-to-item');
  });

  test('may count by calendars of the user’s own', () => {
    const own = calendarBasedOn(weekendOnly(), { name: 'hq', holidays: [] });
    const predicates = [
      { op: 'offset', field: 'date', from: 0, to: 1, unit: 'business_day', calendar: 'hq' },
    ];
    const rule = { id: 'one', priority: 10, cardinality: '1:1', block_on: ['amount'], predicates };
    const document = { rulepack: 'mine', context: 'bank-to-bank', rules: [rule] };
    const config = { ruleDocuments: [{ document, where: 'x' }], calendars: new Map([['hq', own]]) };
    expect(rulePacksOf(config).at(-1)?.calendars).toEqual(['hq']);
    expect(() => packsOf({ document, where: 'x' })).toThrow('"hq" is no calendar');
  });

  test('are not two of one name, and a shipped one keeps its context', () => {
    expect(() =>
      packsOf(written('mine', 'bank-to-bank', 'a'), written('mine', 'bank-to-bank', 'b')),
    ).toThrow('b: rulepack mine is told in a too');
    expect(() => packsOf(written('bank', 'line-to-item'))).toThrow(
      'bank.yaml: rulepack bank replaces the shipped one and needs its context, bank-to-item',
    );
  });
});

test('the example of the documentation is a pack that is accepted', () => {
  const page = readFileSync(new URL('../../../docs/rules.md', import.meta.url), 'utf8');
  const [example] = /^rulepack: .*?(?=^```$)/ms.exec(page) ?? [];
  const [pack] = packsOf({ text: example ?? '', where: 'docs/rules.md' }).slice(-1);
  expect(pack?.rules.map(({ id }) => id)).toEqual(['invoice', 'invoice-less-charge']);
});

describe('stored versions', () => {
  test('are stored once, with the first day they were used, and read as they were', async () => {
    await inRolledBackTransaction(async (tx) => {
      const packs = packsOf();
      expect(await storeRulePacks(tx, { bookId: 7n, packs, now: NOW })).toBe(3);
      expect(await storeRulePacks(tx, { bookId: 7n, packs, now: LATER })).toBe(0);
      const changed = packsOf(written('bank', 'bank-to-item'));
      expect(await storeRulePacks(tx, { bookId: 7n, packs: changed, now: LATER })).toBe(1);
      const stored = await storedRulePacks(tx, 7n);
      expect(stored.map(({ pack, firstUsedAt }) => [pack, firstUsedAt])).toEqual([
        ['bank', NOW],
        ['bank', LATER],
        ['own-accounts', NOW],
        ['settlement-lines', NOW],
      ]);
      for (const { content, version } of stored)
        expect(rulePackOf(content, 'stored', { calendars: 'any' }).version).toBe(version);
      expect(await storedRulePacks(tx, 8n)).toEqual([]);
    });
  });

  test('are retired once, with who and why, and only when they are known', async () => {
    await inRolledBackTransaction(async (tx) => {
      const [pack] = packsOf();
      if (pack === undefined) throw new Error('no pack');
      await storeRulePacks(tx, { bookId: 7n, packs: [pack], now: NOW });
      const act = {
        bookId: 7n,
        pack: pack.pack,
        version: pack.version,
        by: 'anna',
        reason: 'ties too much',
        now: LATER,
      };
      expect(await retireRulePack(tx, act)).toBe('retired');
      expect(await retireRulePack(tx, { ...act, by: 'bert' })).toBe('retired before');
      expect(await retireRulePack(tx, { ...act, version: '000000000000' })).toBeUndefined();
      expect(await storedRulePacks(tx, 7n)).toMatchObject([
        { retiredAt: LATER, retiredBy: 'anna', retiredBecause: 'ties too much' },
      ]);
    });
  });
});
