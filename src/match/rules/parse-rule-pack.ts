import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { calendarProblem } from '../../business-calendar.ts';
import { OperationalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import { problemOf, withoutAlternatives } from '../../schema-problem.ts';
import { type DocumentPath, DocumentShape, readNaming, readRule } from './read-rule.ts';
import type { RulePack } from './rule.ts';
import type { PackDocument } from './rule-document.ts';
import { checkPack, type ReadPack } from './rule-pack-check.ts';

export interface PackOptions {
  /** Calendars of the user's own, beside the built-in ones; `any` for what is stored, whose calendars may be gone. */
  readonly calendars?: readonly string[] | 'any';
}

/** Where a place of the document stands in its text: `:12:5`. */
type Locate = (path: DocumentPath) => string;

interface Problem {
  readonly path: DocumentPath;
  readonly text: string;
}

const MAX_PROBLEMS = 10;

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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined)
    throw new OperationalError(
      'configuration',
      `${where}${at(error.pos[0])}: ${firstLine(error.message)}`,
      { cause: error },
    );
  return packOf(plain(document, where), where, options, (path) => {
    const offset = offsetOf(document, path);
    return offset === undefined ? '' : at(offset);
  });
}

/** Reads a rule pack from a document, for example a stored one; `where` begins every message. */
export function rulePackOf(document: unknown, where: string, options: PackOptions = {}): RulePack {
  return packOf(document, where, options, () => '');
}

function plain(document: Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw new OperationalError('configuration', `${where}: ${reason}`, { cause });
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function packOf(document: unknown, where: string, options: PackOptions, locate: Locate): RulePack {
  const refuse = (problems: readonly Problem[]) => refusal(problems, { document, where, locate });
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

/** Texts that no database takes. */
function unstorableTexts(value: unknown, path: DocumentPath): Problem[] {
  if (typeof value === 'string') {
    const isWhole = !value.includes('\u0000') && Buffer.from(value).toString() === value;
    return isWhole ? [] : [{ path, text: 'holds a character that is none' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    unstorableTexts(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function schemaProblems(errors: readonly ErrorObject[], document: unknown): readonly Problem[] {
  return withoutAlternatives(errors).map((error) => {
    const path = pathOf(error.instancePath);
    const isUnknown = error.keyword === 'additionalProperties';
    return {
      path: isUnknown ? [...path, String(error.params.additionalProperty)] : path,
      text: isUnknown
        ? problemOf(error, placeOf(path, document))
        : problemOf(error, '').trimStart(),
    };
  });
}

function pathOf(pointer: string): DocumentPath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function refusal(
  problems: readonly Problem[],
  { document, where, locate }: { document: unknown; where: string; locate: Locate },
): OperationalError {
  const told = problems.map(({ path, text }) => {
    const words = text.startsWith('unknown key') ? text : `${placeOf(path, document)} ${text}`;
    return `${where}${locate(path)}: ${words}`;
  });
  const each = [...new Set(told)];
  const more = each.length - MAX_PROBLEMS;
  const shown = [...each.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new OperationalError('configuration', shown.join('\n'));
}

/** A place as a person finds it: `rules[2] (bank-by-amount).predicates[0].calendar`. */
function placeOf(path: DocumentPath, document: unknown): string {
  let value: unknown = document;
  let place = '';
  for (const step of path) {
    value = Object(value)[step];
    const id: unknown = typeof step === 'number' ? Object(value).id : undefined;
    const label = typeof id === 'string' ? ` (${id})` : '';
    place += typeof step === 'number' ? `[${step}]${label}` : `${place === '' ? '' : '.'}${step}`;
  }
  return place === '' ? 'the top level' : place;
}

/** Where the deepest known part of a path begins; of a key that stands in a mapping, the key. */
function offsetOf(document: Document, path: DocumentPath): number | undefined {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (!isPair(pair)) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else {
      node = Object(node).items?.[step];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    }
  }
  return offset;
}
