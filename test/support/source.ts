import type { SourceConfig } from '../../src/config.ts';

/** A source as the configuration would make it, with what it does not name left at its default. */
export function sourceConfig(
  own: Partial<SourceConfig> & Pick<SourceConfig, 'source' | 'role'>,
): SourceConfig {
  return {
    formats: [],
    accounts: new Map(),
    ignoredAccounts: new Set(),
    reversals: 'own-direction',
    names: 'unique',
    delivery: 'cumulative',
    ...own,
  };
}
