import { parseBusinessDate } from '../../business-date.ts';
import { nearestOf } from '../../schema-problem.ts';
import { FIELD_KIND, type FieldKind } from './fields.ts';
import type { FieldName, ScopeCondition } from './rule.ts';

type Operator = ScopeCondition['op'];

/** The conditions of a scope, or what is wrong with its text. */
export type ScopeResult =
  | { readonly conditions: readonly ScopeCondition[] }
  | { readonly problem: string };

const TOKEN = /\s*(?:('(?:[^']|'')*')|(<>|>=|<=|[=<>(),])|([A-Za-z0-9_.:*%/+-]+)|(\S))/gy;
const COMPARISONS: readonly string[] = ['=', '<>', '>', '>=', '<', '<='];
const OPERATORS: Readonly<Record<FieldKind, readonly Operator[]>> = {
  text: ['=', '<>', 'in', 'like', 'is null', 'is not null'],
  amount: ['=', '<>', '>', '>=', '<', '<=', 'in', 'is null', 'is not null'],
  date: ['=', '<>', '>', '>=', '<', '<=', 'is null', 'is not null'],
  truth: ['='],
};

class ScopeProblem extends Error {}

/**
 * Reads conditions joined by `and`: `amount > 0 and kind in (capture, refund) and narrative like 'FEE%'`.
 *
 * A value is a word, or a text in single quotes in which a quote is doubled.
 */
export function parseScope(text: string, known: readonly FieldName[]): ScopeResult {
  try {
    const words = new Words(text);
    const conditions = [condition(words, known)];
    while (!words.isAtEnd()) {
      if (!words.takes('and')) throw new ScopeProblem(`"${words.peek()}" where "and" must stand`);
      conditions.push(condition(words, known));
    }
    return { conditions };
  } catch (error) {
    if (error instanceof ScopeProblem) return { problem: error.message };
    throw error;
  }
}

/** The words of a scope, one after the other. */
class Words {
  readonly #words: readonly string[];
  #next = 0;

  constructor(text: string) {
    const words: string[] = [];
    for (const [, quoted, operator, word, stray] of text.trim().matchAll(TOKEN)) {
      if (stray !== undefined) throw new ScopeProblem(`"${stray}" is not understood`);
      words.push(quoted ?? operator ?? word ?? '');
    }
    this.#words = words;
  }

  isAtEnd(): boolean {
    return this.#next >= this.#words.length;
  }

  peek(): string {
    return this.#words[this.#next] ?? 'the end';
  }

  take(): string {
    const word = this.#words[this.#next];
    if (word === undefined) throw new ScopeProblem('it ends too early');
    this.#next += 1;
    return word;
  }

  takes(keyword: string): boolean {
    if (this.#words[this.#next]?.toLowerCase() !== keyword) return false;
    this.#next += 1;
    return true;
  }
}

function condition(words: Words, known: readonly FieldName[]): ScopeCondition {
  const name = words.take();
  const field = known.find((candidate) => candidate === name);
  if (field === undefined) {
    throw new ScopeProblem(
      `"${name}" is no field of this side; did you mean "${nearestOf(name, known)}"?`,
    );
  }
  const op = operator(words, name);
  const kind = FIELD_KIND[field];
  if (!OPERATORS[kind].includes(op)) {
    throw new ScopeProblem(`${field} cannot be asked with "${op}"`);
  }
  const values = valuesOf(words, op);
  for (const value of values) assertValue(value, field);
  return { field, op, values };
}

function operator(words: Words, field: string): Operator {
  if (words.takes('is')) {
    const op = words.takes('not') ? 'is not null' : 'is null';
    if (words.takes('null')) return op;
    throw new ScopeProblem(`"is" is followed by "null" or "not null", not "${words.peek()}"`);
  }
  if (words.takes('in')) return 'in';
  if (words.takes('like')) return 'like';
  const word = words.peek();
  if (!COMPARISONS.includes(word)) {
    throw new ScopeProblem(
      `"${word}" after ${field} is none of =, <>, >, >=, <, <=, in, like, is null, is not null`,
    );
  }
  return words.take() as Operator;
}

function valuesOf(words: Words, op: Operator): readonly string[] {
  if (op === 'is null' || op === 'is not null') return [];
  if (op !== 'in') return [value(words)];
  if (!words.takes('(')) throw new ScopeProblem('"in" is followed by values in parentheses');
  const values = [value(words)];
  while (words.takes(',')) values.push(value(words));
  if (!words.takes(')')) throw new ScopeProblem(`"${words.peek()}" where "," or ")" must stand`);
  return values;
}

function value(words: Words): string {
  const word = words.take();
  if (word.startsWith("'")) return word.slice(1, -1).replaceAll("''", "'");
  if (/^[A-Za-z0-9_.:*%/+-]+$/.test(word)) return word;
  throw new ScopeProblem(`"${word}" where a value must stand`);
}

function assertValue(value: string, field: FieldName): void {
  const kind = FIELD_KIND[field];
  if (kind === 'amount' && !/^-?(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?$/.test(value))
    throw new ScopeProblem(`"${value}" is not an amount in major units, for example 12.50`);
  if (kind === 'date' && parseBusinessDate(value) === undefined)
    throw new ScopeProblem(`"${value}" is not a day as YYYY-MM-DD`);
  if (kind === 'truth' && value !== 'true' && value !== 'false')
    throw new ScopeProblem(`${field} is true or false, not "${value}"`);
}
