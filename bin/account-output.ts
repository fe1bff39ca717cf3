import type { Account } from '../src/ledger/accounts.ts';
import { formatBalanceMode } from '../src/ledger/balance-mode.ts';
import { formatAmount } from '../src/money.ts';

/** The columns of accounts in a table. */
export const ACCOUNT_TITLES: readonly string[] = [
  'account',
  'currency',
  'type',
  'normal side',
  '',
  'status',
  'balance',
  '>floor',
  '>ceiling',
];

/** One account as a row of that table. */
export function accountCells(account: Account): string[] {
  const limit = (minor: bigint | null) =>
    minor === null ? '' : formatAmount(minor, account.currency);
  return [
    account.code,
    account.currency,
    account.type,
    account.normalSide,
    account.isReconcilable ? 'reconcilable' : '',
    account.status,
    formatBalanceMode(account),
    limit(account.floorMinor),
    limit(account.ceilingMinor),
  ];
}

/** One account as JSON; limits as strings of minor units. */
export function accountJson(account: Account): object {
  return {
    code: account.code,
    currency: account.currency,
    name: account.name,
    type: account.type,
    normal_side: account.normalSide,
    reconcilable: account.isReconcilable,
    status: account.status,
    balance_mode: formatBalanceMode(account),
    floor_minor: account.floorMinor?.toString() ?? null,
    ceiling_minor: account.ceilingMinor?.toString() ?? null,
  };
}
