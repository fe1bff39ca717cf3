import { expect } from 'vitest';
import { type PackOptions, parseRulePack } from '../../../src/match/rules/parse-rule-pack.ts';
import type { Predicate, Rule, RulePack } from '../../../src/match/rules/rule.ts';

/** A pack of one rule with these lines, of bank entries and items. */
export function packText(rule: string, context = 'bank-to-item'): string {
  const lines = rule
    .trim()
    .split('\n')
    .map((line) => `    ${line}`);
  const rest = rule.includes('cardinality') ? '' : '    cardinality: "1:1"\n';
  return `rulepack: mine\ncontext: ${context}\nrules:\n  - id: one\n    priority: 10\n${rest}${lines.join('\n')}\n`;
}

/** The one rule of such a pack. */
export function ruleOf(rule: string, context?: string): Rule {
  const [read] = parseRulePack(packText(rule, context), 'mine.yaml').rules;
  if (read === undefined) throw new Error('the pack has no rule');
  return read;
}

/** The one predicate of such a rule. */
export function predicateOf(predicate: string, more = ''): Predicate {
  const { predicates } = ruleOf(`block_on: [currency]\npredicates: [${predicate}]\n${more}`);
  const [read] = predicates;
  if (read === undefined) throw new Error('the rule has no predicate');
  return read;
}

/** What is said against a text. */
export function refusalOf(text: string, options?: PackOptions): string {
  try {
    parseRulePack(text, 'mine.yaml', options);
  } catch (error) {
    expect(error).toMatchObject({ name: 'OperationalError', code: 'configuration' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the pack was accepted');
}

/** The version of a text. */
export function versionOf(text: string): RulePack['version'] {
  return parseRulePack(text, 'mine.yaml').version;
}
