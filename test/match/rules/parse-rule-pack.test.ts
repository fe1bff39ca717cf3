import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseRulePack, rulePackOf } from '../../../src/match/rules/parse-rule-pack.ts';
import { packText, predicateOf, refusalOf, ruleOf, versionOf } from './packs-of-text.ts';

const LEAST = packText('block_on: [currency, amount]');
const NAMED = `rulepack: mine
context: bank-to-item
naming:
  - { id: by-reference, strength: 1, block_on: [reference] }
rules:
  - { id: one, priority: 10, cardinality: "1:1", among: named }
`;

describe('a rule', () => {
  test('that says little has the careful defaults', () => {
    expect(ruleOf('block_on: [currency, amount]')).toEqual({
      id: 'one',
      priority: 10,
      cardinality: '1:1',
      scope: { left: [], right: [] },
      blockOn: ['currency', 'amount'].map((field) => ({
        left: { field, clean: [] },
        right: { field, clean: [] },
      })),
      predicates: [],
      among: 'any',
      ambiguity: 'reject',
      onMatch: 'confirmed',
      subset: { maxItems: 12, budgetNodes: 5_000_000, onExhausted: 'MAT_BUDGET_EXHAUSTED' },
      retired: false,
    });
  });

  test('says everything it can say', () => {
    const rule = ruleOf(`cardinality: "1:N"
scope: { left: "amount > 10.50 and source in (house, 'other bank')", right: "kind <> payout" }
block_on:
  - currency
  - { field: reference, clean: [upper] }
  - left: { field: narrative, clean: [{ extract: 'PO-(\\d+)' }, strip_leading_zeros] }
    right: { field: reference, clean: [{ strip_prefix: "INV-" }, digits] }
balancing: amount
ambiguity: suggest
on_match: suggested
subset: { max_items: 20, budget_nodes: 1000 }
retired: true`);
    expect(rule).toMatchObject({
      cardinality: '1:N',
      scope: {
        left: [
          { field: 'amount', op: '>', values: ['10.50'] },
          { field: 'source', op: 'in', values: ['house', 'other bank'] },
        ],
        right: [{ field: 'kind', op: '<>', values: ['payout'] }],
      },
      ambiguity: 'suggest',
      onMatch: 'suggested',
      subset: { maxItems: 20, budgetNodes: 1000 },
      retired: true,
    });
    const upper = { field: 'reference', clean: [{ name: 'upper' }] };
    expect(rule.blockOn.slice(1)).toEqual([
      { left: upper, right: upper },
      {
        left: {
          field: 'narrative',
          clean: [{ name: 'extract', pattern: 'PO-([0-9]+)' }, { name: 'strip_leading_zeros' }],
        },
        right: {
          field: 'reference',
          clean: [{ name: 'strip_prefix', prefix: 'INV-' }, { name: 'digits' }],
        },
      },
    ]);
  });

  test('comes in the order of priorities, wherever it is written', () => {
    const second = '  - { id: first, priority: 5, cardinality: "1:1", block_on: [reference] }\n';
    const { rules } = parseRulePack(LEAST + second, 'mine.yaml');
    expect(rules.map(({ id }) => id)).toEqual(['first', 'one']);
  });
});

const RESIDUAL =
  'residual: { type: BANK_FEE, account: expenses:bank-charges, tax: none, limit_per_item: "15.00", limit_per_run: "500.00" }';

describe('a predicate', () => {
  const none = { abs: '0' };
  test.each([
    ['abs: "2.00"', { abs: '2.00' }, { abs: '2.00' }],
    ['under: "15.00", over: "0.00"', { abs: '15.00' }, { abs: '0.00' }],
    ['under: "1"', { abs: '1' }, none],
    [
      'percent: "0.5"',
      { abs: '0', percent: '0.5', governs: 'larger' },
      { abs: '0', percent: '0.5', governs: 'larger' },
    ],
    [
      'under: { abs: "5", percent: "1.5", governs: smaller }',
      { abs: '5', percent: '1.5', governs: 'smaller' },
      none,
    ],
  ])('within %s allows so much each way', (written, under, over) => {
    const read = predicateOf(`{ op: within, field: amount, ${written} }`, RESIDUAL);
    expect(read).toEqual({ op: 'within', field: 'amount', under, over });
  });

  test.each([
    [
      '{ op: equal, field: amount }',
      { op: 'equal', left: { field: 'amount', clean: [] }, right: { field: 'amount', clean: [] } },
    ],
    [
      '{ op: equal, left: { field: reference, clean: [upper] }, right: payment_id }',
      {
        op: 'equal',
        left: { field: 'reference', clean: [{ name: 'upper' }] },
        right: { field: 'payment_id', clean: [] },
      },
    ],
    [
      '{ op: offset, left: value_date, right: date, from: -1, to: 5, unit: business_day, calendar: UK }',
      {
        op: 'offset',
        left: 'value_date',
        right: 'date',
        from: -1,
        to: 5,
        unit: 'business_day',
        calendar: 'UK',
      },
    ],
    [
      '{ op: offset, field: date, from: 0, to: 0, unit: day }',
      { op: 'offset', left: 'date', right: 'date', from: 0, to: 0, unit: 'day' },
    ],
    [
      '{ op: holds, text: words, word: reference }',
      { op: 'holds', text: 'words', word: { field: 'reference', clean: [] } },
    ],
    [
      '{ op: contains, text: narrative, word: { field: payment_id, clean: [token] }, min_length: 8 }',
      {
        op: 'contains',
        text: 'narrative',
        word: { field: 'payment_id', clean: [{ name: 'token' }] },
        minLength: 8,
      },
    ],
  ])('%s is read', (written, read) => {
    expect(predicateOf(written)).toEqual(read);
  });

  test('similar is read where a person decides', () => {
    const read = predicateOf(
      '{ op: similar, field: reference, at_least: "0.8" }',
      'on_match: suggested',
    );
    expect(read).toEqual({ op: 'similar', left: 'reference', right: 'reference', atLeast: '0.8' });
  });
});

test('a naming is read with its key of one item', () => {
  const [naming] = parseRulePack(
    NAMED.replace('[reference] }', '[reference], unique_right_key: true }'),
    'mine.yaml',
  ).naming;
  expect(naming).toMatchObject({
    id: 'by-reference',
    strength: 1,
    predicates: [],
    uniqueRightKey: true,
  });
});

describe('the version', () => {
  test('is of the content: order of keys, comments and layout do not matter', () => {
    const other = `# Mine.
context: "bank-to-item"
rules:
- {priority: 10, block_on: [currency, amount], id: one, cardinality: 1:1}
rulepack: mine`;
    expect(versionOf(other)).toBe(versionOf(LEAST));
    expect(versionOf(LEAST)).toMatch(/^[0-9a-f]{12}$/);
  });

  test.each([
    ['another tolerance', '[currency, amount]', '[currency, amount, reference]'],
    ['another order of keys to block on', '[currency, amount]', '[amount, currency]'],
    ['another name', 'rulepack: mine', 'rulepack: ours'],
    ['a retired rule', 'priority: 10', 'priority: 10\n    retired: true'],
  ])('is another one with %s', (_, from, to) => {
    expect(versionOf(LEAST.replace(from, to))).not.toBe(versionOf(LEAST));
  });

  test('is the same for what was stored and read again', () => {
    const pack = parseRulePack(LEAST, 'mine.yaml');
    const again = rulePackOf(JSON.parse(JSON.stringify(pack.content)), 'stored');
    expect(again).toEqual(pack);
  });
});

describe('what is refused names the place', () => {
  test('of an unknown key with the nearest known one', () => {
    expect(refusalOf(LEAST.replace('priority', 'prioriti'))).toBe(
      "mine.yaml:4:5: rules[0] (one) must have required property 'priority'\n" +
        'mine.yaml:5:5: unknown key "prioriti" in rules[0] (one); did you mean "priority"?',
    );
  });

  test('of a value that is none of a list', () => {
    expect(refusalOf(LEAST.replace('"1:1"', '"1:2"'))).toBe(
      'mine.yaml:6:5: rules[0] (one).cardinality must be one of 1:1, 1:N, N:1, N:M, one-sided; did you mean "1:1"?',
    );
  });

  test('of YAML that cannot be read', () => {
    expect(refusalOf('rulepack: [mine\ncontext: x')).toMatch(/^mine\.yaml:2:\d+: /);
  });

  test('of a document that is no mapping', () => {
    expect(refusalOf('- a')).toBe('mine.yaml:1:1: the top level must be object');
    expect(refusalOf('')).toBe('mine.yaml: the top level must be object');
  });

  test('inside a document without a text', () => {
    const wrong = {
      rulepack: 'mine',
      context: 'bank-to-item',
      rules: [{ id: 'one', priority: 1, cardinality: '1:1', block_on: ['x'] }],
    };
    expect(() => rulePackOf(wrong, 'tieout.yaml: rules[0]')).toThrow(
      'tieout.yaml: rules[0]: rules[0] (one).block_on[0] must be one of account',
    );
  });

  test('of every problem, and counts those it leaves out', () => {
    const keys = Array.from({ length: 9 }, () => 'payment_id').join(', ');
    const refusal = refusalOf(
      packText(
        `block_on: [${keys}]\nscope: { left: "x = 1", right: "y = 1" }\nsubset: { max_items: 3 }`,
      ),
    ).split('\n');
    expect(refusal).toHaveLength(11);
    expect(refusal.at(-1)).toBe('and 2 more');
  });

  test('of the key in a predicate', () => {
    const text = packText(`block_on: [currency]
predicates:
  - { op: equal, field: amount }
  - { op: offset, left: value_date, right: date, from: 0, to: 5, unit: business_day, calendar: TARGE2 }`);
    expect(refusalOf(text)).toBe(
      'mine.yaml:10:90: rules[0] (one).predicates[1].calendar "TARGE2" is no calendar; known are weekend-only, TARGET2, UK, US-FED, none; did you mean "TARGET2"?',
    );
    expect(parseRulePack(text, 'mine.yaml', { calendars: ['TARGE2'] }).calendars).toEqual([
      'TARGE2',
    ]);
    expect(parseRulePack(text, 'mine.yaml', { calendars: 'any' }).calendars).toEqual(['TARGE2']);
  });
});

const SEVERAL = 'block_on: [currency]\ncardinality: "N:M"\n';
const TOLERANT =
  'block_on: [reference]\npredicates: [{ op: within, field: amount, under: "15.00" }]\n';

describe('what cannot be meant is refused', () => {
  test.each([
    ['a field that a side has not', 'block_on: [batch]', 'batch is no field of the left side'],
    [
      'a field of the other side',
      'block_on: [payment_id]',
      'payment_id is no field of the left side',
    ],
    [
      'a field beside a key',
      'block_on: [{ left: kind, right: kind }]',
      'block_on[0].left kind is no field',
    ],
    [
      'keys of two kinds',
      'block_on: [{ left: value_date, right: reference }]',
      'one is a date, the other a text',
    ],
    [
      'words that are not cut',
      'block_on: [{ left: words, right: reference }]',
      'words are cut before',
    ],
    [
      'words where one value is compared',
      'predicates: [{ op: equal, left: { field: words, clean: [words] }, right: reference }]',
      'words are several keys',
    ],
    [
      'cleaning of what is no text',
      'block_on: [{ field: amount, clean: [digits] }]',
      'amount is no text',
    ],
    ['no key at all', 'on_match: suggested', 'needs block_on'],
    [
      'a date that is none',
      'block_on: [currency]\npredicates: [{ op: offset, field: amount, from: 0, to: 1, unit: day }]',
      'amount is no date',
    ],
    [
      'business days of nobody',
      'block_on: [currency]\npredicates: [{ op: offset, field: date, from: 0, to: 1, unit: business_day }]',
      'needs a calendar',
    ],
    [
      'a calendar of plain days',
      'block_on: [currency]\npredicates: [{ op: offset, field: date, from: 0, to: 1, unit: day, calendar: UK }]',
      'says something only of business days',
    ],
    [
      'a window that ends before it begins',
      'block_on: [currency]\npredicates: [{ op: offset, field: date, from: 2, to: 1, unit: day }]',
      '2 is after to, 1',
    ],
    [
      'both and neither side',
      'block_on: [currency]\npredicates: [{ op: equal, field: amount, left: amount }]',
      'needs field, for both sides, or left and right',
    ],
    [
      'one side only',
      'block_on: [currency]\npredicates: [{ op: equal, left: amount }]',
      'needs field, for both sides, or left and right',
    ],
    [
      'similar that confirms',
      'block_on: [currency]\npredicates: [{ op: similar, field: reference, at_least: "0.5" }]',
      'similar is only for a rule with on_match: suggested',
    ],
    ['a tolerance without a place for it', TOLERANT, 'needs a residual'],
    [
      'a residual without a tolerance',
      `block_on: [reference]\n${RESIDUAL}`,
      'needs a predicate within',
    ],
    [
      'a tolerance of nothing with a residual',
      `${TOLERANT.replace('15.00', '0.00')}${RESIDUAL}`,
      'needs a predicate within',
    ],
    [
      'a residual of equal amounts',
      `${TOLERANT.replace('[reference]', '[reference, amount]')}${RESIDUAL}`,
      'block_on asks for equal amounts',
    ],
    [
      'an item limit above that of the run',
      `${TOLERANT}${RESIDUAL.replace('"500.00"', '"9"')}`,
      'limit_per_item is more than limit_per_run',
    ],
    [
      'a tolerance told twice',
      `${TOLERANT.replace('under: "15.00"', 'abs: "1", under: "2"')}${RESIDUAL}`,
      'says either abs or percent',
    ],
    ['no tolerance at all', TOLERANT.replace(', under: "15.00"', ''), 'says either abs or percent'],
    [
      'two bounds of which none governs',
      `${TOLERANT.replace('under: "15.00"', 'abs: "1", percent: "2"')}${RESIDUAL}`,
      'say which governs',
    ],
    [
      'more than all of it',
      `${TOLERANT.replace('under: "15.00"', 'percent: "101"')}${RESIDUAL}`,
      'is more than all of it',
    ],
    ['an amount that is a number', TOLERANT.replace('"15.00"', '15.00'), 'under'],
    ['an amount below zero', TOLERANT.replace('15.00', '-15.00'), 'must match pattern'],
    ['naming of a pack without one', 'among: named', 'named needs a naming in the pack'],
    [
      'a search in single pairs',
      'block_on: [currency]\nsubset: { max_items: 3 }',
      'says something only of 1:N, N:1 and N:M',
    ],
    [
      'a sum of equal amounts',
      'block_on: [amount]\ncardinality: "1:N"',
      'several of one side sum to the other',
    ],
    [
      'a search of many with many',
      `${SEVERAL}on_match: suggested\nsubset: { max_items: 21 }`,
      'max_items of N:M is at most 20',
    ],
    ['many with many by chance', SEVERAL, 'N:M without a key that names something'],
    [
      'a search without a bound',
      `${SEVERAL}subset: { budget_nodes: 1000000000 }`,
      'must be <= 100000000',
    ],
    [
      'one side of two',
      'block_on: [account, amount]\ncardinality: one-sided',
      'one-sided is of entries of one account',
    ],
    [
      'a scope that is none',
      'block_on: [currency]\nscope: { left: "amount" }',
      'rules[0] (one).scope.left "amount": "the end" after amount',
    ],
    [
      'a pattern that looks around',
      "block_on: [{ field: reference, clean: [{ extract: '(?=A)B' }] }]",
      'clean[0].extract "(?=A)B": "(?" begins lookaround',
    ],
    [
      'a text that no database takes',
      'block_on: [{ field: reference, clean: [{ strip_prefix: "A\\0" }] }]',
      'holds a character that is none',
    ],
    [
      'half a character',
      'block_on: [{ field: reference, clean: [{ strip_prefix: "\\ud800" }] }]',
      'holds a character that is none',
    ],
  ])('%s', (_, rule, problem) => {
    expect(refusalOf(packText(rule))).toContain(problem);
  });

  test('rules without an account that undo each other', () => {
    const rule = 'block_on: [reference]\ncardinality: one-sided';
    expect(refusalOf(packText(rule, 'bank-to-bank'))).toContain(
      'block_on of one-sided needs account',
    );
  });

  test.each([
    [
      'id',
      '{ id: one, priority: 20, cardinality: "1:1", block_on: [reference] }',
      'id one is that of rules[0] too',
    ],
    [
      'priority',
      '{ id: two, priority: 10, cardinality: "1:1", block_on: [reference] }',
      'priority 10 is that of rules[0] too',
    ],
  ])('two rules of one %s', (_, second, problem) => {
    expect(refusalOf(`${LEAST}  - ${second}\n`)).toContain(problem);
  });

  test('a rule that does not say among what it looks, where entries are named', () => {
    expect(refusalOf(NAMED.replace(', among: named', ', block_on: [currency]'))).toContain(
      'needs among (named, unnamed or any)',
    );
    expect(parseRulePack(NAMED, 'mine.yaml').rules[0]?.among).toBe('named');
  });

  test('a naming by similarity, and of what is no bank entry', () => {
    const similar = ', predicates: [{ op: similar, field: reference, at_least: "0.5" }] }';
    expect(refusalOf(NAMED.replace('[reference] }', `[reference]${similar}`))).toContain(
      'similar names nothing',
    );
    const lines = NAMED.replace('bank-to-item', 'bank-to-bank');
    expect(refusalOf(lines)).toContain('naming names items');
  });

  test('sides that are others', () => {
    const sides = 'sides: { left: bank_line }\nrules:';
    expect(refusalOf(LEAST.replace('rules:', sides))).toContain(
      'sides.left of bank-to-item is bank_entry, not "bank_line"',
    );
  });
});

describe('the schema for editors', () => {
  const schema = JSON.parse(
    readFileSync(
      new URL('../../../src/match/rules/rule-pack.schema.json', import.meta.url),
      'utf8',
    ),
  );

  test.each(['settlement-lines', 'bank', 'own-accounts'])('describes the pack %s', (name) => {
    const url = new URL(`../../../src/match/rules/packs/${name}.yaml`, import.meta.url);
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(parse(readFileSync(url, 'utf8')))).toBe(true);
  });
});
