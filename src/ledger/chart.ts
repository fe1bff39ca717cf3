import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { ChartEntry } from '../config.ts';
import type { Currency } from '../currency.ts';

/** What opening an account takes from the chart. */
export interface AccountTerms {
  readonly name: string;
  readonly type: ChartEntry['type'];
  readonly normalSide: 'debit' | 'credit';
  readonly isReconcilable: boolean;
}

/** Finds the terms of an account code in a currency; `undefined` when the chart has no place for it. */
export type Chart = (code: string, currency: Currency) => AccountTerms | undefined;

const DEFAULTS: readonly ChartEntry[] = (
  parseYaml(readFileSync(new URL('./default-chart.yaml', import.meta.url), 'utf8')) as {
    code: string;
    type: ChartEntry['type'];
    name: string;
    reconcilable?: boolean;
  }[]
).map(({ reconcilable, ...entry }) => ({ ...entry, isReconcilable: reconcilable ?? false }));

/** The chart of a book: its own entries first, then the default chart; the longest code that fits wins. */
export function chartOf(own: readonly ChartEntry[]): Chart {
  const entries = [...byLength(own), ...byLength(DEFAULTS)];
  return (code, currency) => {
    const entry = entries.find((candidate) => fits(candidate, code, currency));
    return entry === undefined ? undefined : termsOf(entry, code);
  };
}

function byLength(entries: readonly ChartEntry[]): ChartEntry[] {
  return [...entries].sort((left, right) => right.code.length - left.code.length);
}

function fits(entry: ChartEntry, code: string, currency: Currency): boolean {
  if (entry.currency !== undefined && entry.currency !== currency) return false;
  return entry.code.endsWith(':*') ? code.startsWith(entry.code.slice(0, -1)) : code === entry.code;
}

function termsOf(entry: ChartEntry, code: string): AccountTerms {
  const normalSide = entry.type === 'asset' || entry.type === 'expense' ? 'debit' : 'credit';
  const ending = entry.code.endsWith(':*') ? code.slice(entry.code.length - 1) : '';
  return {
    name: [entry.name ?? code, ending].filter(Boolean).join(' '),
    type: entry.type,
    normalSide: entry.normalSide ?? normalSide,
    isReconcilable: entry.isReconcilable ?? false,
  };
}
