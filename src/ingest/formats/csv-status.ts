import type { EntryStatus } from '../record.ts';
import type { Slot } from './csv-plans.ts';
import { namesOf, type RowStatus, type StatusRules, type ValueName } from './csv-profile.ts';
import { fits } from './csv-types.ts';

/** The statuses of a profile: exact values first, then those that end in `*`, the longest first. */
export class StatusMap {
  readonly slots: readonly Slot[];
  readonly #fixed: EntryStatus | undefined;
  readonly #known = new Map<string, RowStatus>();
  readonly #patterns: { readonly parts: readonly string[]; readonly status: RowStatus }[] = [];

  constructor(rules: EntryStatus | StatusRules | undefined, slot: (name: ValueName) => Slot) {
    if (rules === undefined || typeof rules === 'string') {
      this.#fixed = rules ?? 'booked';
      this.slots = [];
      return;
    }
    this.slots = namesOf(rules.of).map(slot);
    for (const status of ['booked', 'pending', 'information', 'ignored'] as const) {
      for (const value of rules[status] ?? []) this.#add(value, status);
    }
    this.#patterns.sort(
      (left, right) => right.parts.join('|').length - left.parts.join('|').length,
    );
  }

  /** The status of a value (several joined by `|`); `undefined` when the profile does not know it. */
  find(value: string): RowStatus | undefined {
    if (this.#fixed !== undefined) return this.#fixed;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const values = value.split('|');
    return this.#patterns.find(({ parts }) => fits(parts, values))?.status;
  }

  #add(value: string, status: RowStatus): void {
    if (value.includes('*')) this.#patterns.push({ parts: value.split('|'), status });
    else this.#known.set(value, status);
  }
}
