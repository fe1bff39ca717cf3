import type { EntryType } from '../record.ts';
import type { Slot } from './csv-plans.ts';
import type { TypeRules, ValueName } from './csv-profile.ts';
import { detached } from './csv-text.ts';

/** So many values are remembered; a part of a type may be an id, which every row has another of. */
const REMEMBERED = 8_192;

/** What rows of a type are: entries, or rows passed over for a reason. */
export type RowType =
  | { readonly kind: 'entry'; readonly type: EntryType }
  | { readonly kind: 'ignored'; readonly rule: string };

/** The types of a profile: exact values first, then `T00*`, the longest first. */
export class TypeMap {
  readonly slots: readonly Slot[];
  readonly #fixed: RowType | undefined;
  readonly #exact = new Map<string, RowType>();
  readonly #found = new Map<string, RowType>();
  readonly #patterns: { readonly parts: readonly string[]; readonly type: RowType }[] = [];

  constructor(rules: EntryType | TypeRules, slot: (name: ValueName) => Slot) {
    if (typeof rules === 'string') {
      this.#fixed = { kind: 'entry', type: rules };
      this.slots = [];
      return;
    }
    this.slots = rules.of.map(slot);
    const longestFirst = (left: string, right: string) => right.length - left.length;
    const add = (key: string, type: RowType) => {
      if (key.includes('*')) this.#patterns.push({ parts: key.split('|'), type });
      else this.#exact.set(key, type);
    };
    for (const [key, type] of Object.entries(rules.map)) add(key, { kind: 'entry', type });
    for (const [key, rule] of Object.entries(rules.ignore ?? {}))
      add(key, { kind: 'ignored', rule });
    this.#patterns.sort((left, right) => longestFirst(left.parts.join('|'), right.parts.join('|')));
  }

  /** The type of a value (several joined by `|`); `undefined` when the profile does not know it. */
  find(value: string): RowType | undefined {
    if (this.#fixed !== undefined) return this.#fixed;
    const found = this.#exact.get(value) ?? this.#found.get(value);
    if (found !== undefined || this.#patterns.length === 0) return found;
    const values = value.split('|');
    const pattern = this.#patterns.find(({ parts }) => fits(parts, values));
    if (pattern === undefined) return undefined;
    if (this.#found.size >= REMEMBERED) this.#found.clear();
    this.#found.set(detached(value), pattern.type);
    return pattern.type;
  }
}

/** Whether values are those of a pattern; a part that ends in `*` stands for any rest. */
export function fits(parts: readonly string[], values: readonly string[]): boolean {
  if (parts.length !== values.length) return false;
  return parts.every((part, index) => {
    const value = values[index] ?? '';
    return part.endsWith('*') ? value.startsWith(part.slice(0, -1)) : value === part;
  });
}
