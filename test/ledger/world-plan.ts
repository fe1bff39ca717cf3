import type { ModelPeriod } from './model-rules.ts';

/** An account as a world begins with it. */
export interface AccountPlan {
  readonly code: string;
  readonly currency: string;
  readonly type: string;
  readonly isReconcilable?: boolean;
  readonly mode?: 'slots' | 'derived';
  readonly floor?: bigint;
  readonly ceiling?: bigint;
}

/** Accounts of every kind in two currencies. */
export const PLAN: readonly AccountPlan[] = [
  { code: 'assets:receivable', currency: 'EUR', type: 'asset', isReconcilable: true },
  { code: 'assets:bank', currency: 'EUR', type: 'asset', mode: 'slots' },
  { code: 'assets:till', currency: 'EUR', type: 'asset', floor: -100n, ceiling: 900n },
  { code: 'liabilities:wallet', currency: 'EUR', type: 'liability', floor: 0n },
  { code: 'liabilities:card', currency: 'EUR', type: 'liability', ceiling: 1_500n },
  {
    code: 'liabilities:transit',
    currency: 'EUR',
    type: 'liability',
    isReconcilable: true,
    mode: 'derived',
  },
  { code: 'income:fees', currency: 'EUR', type: 'income', mode: 'derived' },
  { code: 'assets:bank', currency: 'USD', type: 'asset' },
  { code: 'liabilities:wallet', currency: 'USD', type: 'liability', floor: -50n },
  { code: 'assets:receivable', currency: 'USD', type: 'asset', isReconcilable: true },
];

/** Months that are closed and opened; what comes after them stays open. */
export const PERIODS: readonly Omit<ModelPeriod, 'state'>[] = [
  { name: '2026-01', startsOn: '2026-01-01', endsOn: '2026-01-31' },
  { name: '2026-02', startsOn: '2026-02-01', endsOn: '2026-02-28' },
  { name: '2026-03-a', startsOn: '2026-03-01', endsOn: '2026-03-10' },
];
