import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { calendarProblem } from '../../business-calendar.ts';
import { sha256Hex } from '../../ids.ts';
import {
  type Locate,
  type Problem,
  readLocated,
  refusalOf,
  schemaProblems,
  unstorableTexts,
} from './located-document.ts';
import { type DocumentPath, DocumentShape, readNaming, readRule } from './read-rule.ts';
import type { RulePack } from './rule.ts';
import type { PackDocument } from './rule-document.ts';
import { checkPack, type ReadPack } from './rule-pack-check.ts';

export interface PackOptions {
  /** Calendars of the user's own, beside the built-in ones; `any` for what is stored, whose calendars may be gone. */
  readonly calendars?: readonly string[] | 'any';
}

let validator: ValidateFunction<PackDocument> | undefined;

/** Compiled when a pack is read, not before. */
function packValidator(): ValidateFunction<PackDocument> {
  const url = new URL('./rule-pack.schema.json', import.meta.url);
  validator ??= new Ajv({ allErrors: true, verbose: true, strict: false }).compile<PackDocument>(
    JSON.parse(readFileSync(url, 'utf8')) as object,
  );
  return validator;
}

/**
 * Reads a rule pack from YAML (or JSON); `where` names the file.
 *
 * Throws `configuration` that tells each problem with file, line, column and the place in the pack.
 */
export function parseRulePack(text: string, where: string, options: PackOptions = {}): RulePack {
  const { value, locate } = readLocated(text, where);
  return packOf(value, where, options, locate);
}

/** Reads a rule pack from a document, for example a stored one; `where` begins every message. */
export function rulePackOf(document: unknown, where: string, options: PackOptions = {}): RulePack {
  return packOf(document, where, options, () => '');
}

function packOf(document: unknown, where: string, options: PackOptions, locate: Locate): RulePack {
  const refuse = (problems: readonly Problem[]) => refusalOf(problems, { document, where, locate });
  const validate = packValidator();
  if (!validate(document)) throw refuse(schemaProblems(validate.errors ?? [], document));
  const problems: Problem[] = unstorableTexts(document, []);
  const pack = readPack(document, options, (path, text) => problems.push({ path, text }));
  if (pack === undefined || problems.length > 0) throw refuse(problems);
  const content = canonical(document) as object;
  return {
    pack: document.rulepack,
    ...pack,
    version: sha256Hex(JSON.stringify(content)).slice(0, 12),
    calendars: calendarsOf(pack),
    content,
  };
}

function readPack(
  document: PackDocument,
  { calendars = [] }: PackOptions,
  tell: (path: DocumentPath, problem: string) => void,
): ReadPack | undefined {
  const isCalendar = (name: string) =>
    calendars === 'any' ? undefined : calendarProblem(name, calendars);
  const reading = { context: document.context, isCalendar, tell };
  try {
    const naming = (document.naming ?? []).map((one, index) =>
      readNaming(one, ['naming', index], reading),
    );
    const rules = document.rules.map((rule, index) => readRule(rule, ['rules', index], reading));
    const pack = { context: document.context, naming, rules };
    checkPack(document, pack, tell);
    return { ...pack, rules: rules.toSorted((left, right) => left.priority - right.priority) };
  } catch (error) {
    if (!(error instanceof DocumentShape)) throw error;
    tell(error.path, error.message);
    return undefined;
  }
}

function calendarsOf({ naming, rules }: ReadPack): readonly string[] {
  const named = [...naming, ...rules].flatMap(({ predicates }) =>
    predicates.flatMap((predicate) =>
      predicate.op === 'offset' && predicate.calendar !== undefined ? [predicate.calendar] : [],
    ),
  );
  return [...new Set(named)].sort();
}

/** The same value whatever order its keys were written in. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
