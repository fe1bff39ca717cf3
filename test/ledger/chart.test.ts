import { expect, test } from 'vitest';
import { chartOf } from '../../src/ledger/chart.ts';

const chart = chartOf([]);

test.each([
  ['assets:receivable:adyen', 'asset', 'debit', true],
  ['assets:in-transit:adyen', 'asset', 'debit', true],
  ['assets:reserve:adyen', 'asset', 'debit', false],
  ['assets:bank:main', 'asset', 'debit', false],
  ['assets:anything', 'asset', 'debit', false],
  ['liabilities:payouts-in-transit', 'liability', 'credit', true],
  ['liabilities:payable:shop', 'liability', 'credit', false],
  ['suspense:adyen', 'liability', 'credit', false],
  ['equity:opening', 'equity', 'credit', false],
  ['income:fees:shop', 'income', 'credit', false],
  ['expenses:fees:adyen:scheme', 'expense', 'debit', false],
] as const)(
  'the default chart opens %s as %s, normally a %s, reconcilable: %s',
  (code, type, normalSide, isReconcilable) => {
    expect(chart(code, 'EUR')).toMatchObject({ type, normalSide, isReconcilable });
  },
);

test.each(['', 'assets', 'asset:bank', 'liabilities', 'somewhere:else'])(
  'has no place for "%s"',
  (code) => {
    expect(chart(code, 'EUR')).toBeUndefined();
  },
);

test('the longest code that fits wins, and an exact one is longer than its pattern', () => {
  const own = chartOf([
    { code: 'assets:till:*', type: 'asset', name: 'Till' },
    { code: 'assets:till:north:*', type: 'asset', name: 'Northern till' },
  ]);
  expect(own('assets:till:north:1', 'EUR')?.name).toBe('Northern till 1');
  expect(own('assets:till:south', 'EUR')?.name).toBe('Till south');
});

test('an entry of the book comes before the default chart', () => {
  const own = chartOf([{ code: 'assets:*', type: 'asset', isReconcilable: false }]);
  expect(own('assets:receivable:adyen', 'EUR')?.isReconcilable).toBe(false);
  expect(own('liabilities:payouts-in-transit', 'EUR')?.isReconcilable).toBe(true);
});

test('an entry with a currency holds for that currency only', () => {
  const own = chartOf([{ code: 'vault', type: 'asset', currency: 'USD', normalSide: 'credit' }]);
  expect(own('vault', 'USD')).toEqual({
    name: 'vault',
    type: 'asset',
    normalSide: 'credit',
    isReconcilable: false,
  });
  expect(own('vault', 'EUR')).toBeUndefined();
});
