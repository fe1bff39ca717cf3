import { dayNumber } from '../../../src/business-date.ts';
import type { Calendars } from '../../../src/match/explain/evaluate.ts';
import type {
  BlockKey,
  CleanField,
  FieldName,
  Normaliser,
  Predicate,
  Rule,
  RulePack,
} from '../../../src/match/rules/rule.ts';

/** A field, cleaned by these normalisers that take no argument. */
export function field(name: FieldName, ...clean: Normaliser['name'][]): CleanField {
  return { field: name, clean: clean.map((one) => ({ name: one }) as Normaliser) };
}

/** A blocking key: one field of both sides, or one of each. */
export function key(left: FieldName | CleanField, right: FieldName | CleanField = left): BlockKey {
  const clean = (side: FieldName | CleanField) => (typeof side === 'string' ? field(side) : side);
  return { left: clean(left), right: clean(right) };
}

/** Amounts that differ by so much at most, in major units. */
export function within(under: string, over = under): Predicate {
  return { op: 'within', field: 'amount', under: { abs: under }, over: { abs: over } };
}

/** A rule of pairs, with what is usual. */
export function rule(id: string, more: Partial<Rule>): Rule {
  return {
    id,
    priority: 10,
    cardinality: '1:1',
    scope: { left: [], right: [] },
    blockOn: [],
    predicates: [],
    among: 'any',
    ambiguity: 'reject',
    onMatch: 'confirmed',
    subset: { maxItems: 8, budgetNodes: 1000, onExhausted: 'MAT_BUDGET_EXHAUSTED' },
    retired: false,
    ...more,
  };
}

/** A pack of these rules, under a version of its own. */
export function packOf(
  pack: string,
  rules: readonly Rule[],
  more: Partial<RulePack> = {},
): RulePack {
  return {
    pack,
    context: 'line-to-item',
    version: '000000000001',
    naming: [],
    rules,
    calendars: [],
    content: {},
    ...more,
  };
}

export const LINES = packOf('lines', [
  rule('lines-by-reference', {
    blockOn: [key('account'), key('reference'), key('kind'), key('currency')],
  }),
]);

export const BANK = packOf(
  'bank',
  [
    rule('bank-by-reference', { blockOn: [key('currency')], among: 'named' }),
    rule('bank-by-amount', {
      priority: 20,
      blockOn: [key('currency')],
      predicates: [
        within('0'),
        {
          op: 'offset',
          left: 'value_date',
          right: 'date',
          from: 0,
          to: 2,
          unit: 'business_day',
          calendar: 'WEEKDAYS',
        },
      ],
    }),
  ],
  {
    context: 'bank-to-item',
    naming: [
      {
        id: 'by-reference',
        strength: 1,
        blockOn: [],
        predicates: [{ op: 'holds', text: 'words', word: field('reference') }],
        uniqueRightKey: false,
      },
      {
        id: 'by-token',
        strength: 2,
        blockOn: [key(field('words', 'words'), field('reference', 'token'))],
        predicates: [],
        uniqueRightKey: true,
      },
    ],
  },
);

/** Every Monday to Friday is a business day; numbered as `calendar_day` numbers them. */
export const weekdays: Calendars = (calendar, day) => {
  if (calendar !== 'WEEKDAYS') return undefined;
  const since = dayNumber(day) + 3;
  return Math.floor(since / 7) * 5 + Math.min(since - Math.floor(since / 7) * 7, 4);
};
