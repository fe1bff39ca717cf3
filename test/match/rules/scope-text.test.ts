import { expect, test } from 'vitest';
import { fieldsOf } from '../../../src/match/rules/fields.ts';
import { parseScope } from '../../../src/match/rules/scope-text.ts';

const FIELDS = fieldsOf('bank-to-item', 'left');

test.each([
  ['amount > 0', [{ field: 'amount', op: '>', values: ['0'] }]],
  ['amount>=-12.50', [{ field: 'amount', op: '>=', values: ['-12.50'] }]],
  [
    "narrative LIKE 'FEE %' AND source = house-bank",
    [
      { field: 'narrative', op: 'like', values: ['FEE %'] },
      { field: 'source', op: '=', values: ['house-bank'] },
    ],
  ],
  ["counterparty = 'O''Neill'", [{ field: 'counterparty', op: '=', values: ["O'Neill"] }]],
  ['source in (a, b,c)', [{ field: 'source', op: 'in', values: ['a', 'b', 'c'] }]],
  ['identifier is null', [{ field: 'identifier', op: 'is null', values: [] }]],
  ['reference IS NOT NULL', [{ field: 'reference', op: 'is not null', values: [] }]],
  ['is_reversal = true', [{ field: 'is_reversal', op: '=', values: ['true'] }]],
  ['value_date >= 2026-03-01', [{ field: 'value_date', op: '>=', values: ['2026-03-01'] }]],
])('%s is read', (text, conditions) => {
  expect(parseScope(text, FIELDS)).toEqual({ conditions });
});

test.each([
  ['', 'it ends too early'],
  ['amnt > 0', 'did you mean "amount"?'],
  ['amount > 0 or amount < 9', '"or" where "and" must stand'],
  ['amount != 0', '"!" is not understood'],
  ['amount >', 'it ends too early'],
  ['amount > 0 and', 'it ends too early'],
  ['amount > 1,50', '"," where "and" must stand'],
  ['amount > 1e3', 'is not an amount'],
  ['amount like 5', 'cannot be asked with "like"'],
  ['narrative > x', 'cannot be asked with ">"'],
  ['narrative is empty', '"is" is followed by'],
  ['source in a', 'values in parentheses'],
  ['source in (a b)', '"b" where "," or ")" must stand'],
  ['value_date = 2026-02-30', 'is not a day'],
  ['is_reversal = yes', 'is true or false'],
  ["narrative = 'open", 'is not understood'],
  ['amount = 1; drop table x', '";" is not understood'],
])('%s is refused', (text, problem) => {
  expect(parseScope(text, FIELDS)).toEqual({ problem: expect.stringContaining(problem) });
});
