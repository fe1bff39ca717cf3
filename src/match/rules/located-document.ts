import type { ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { OperationalError } from '../../errors.ts';
import { problemOf, withoutAlternatives } from '../../schema-problem.ts';
import type { DocumentPath } from './read-rule.ts';

/** Where a place of the document stands in its text: `:12:5`. */
export type Locate = (path: DocumentPath) => string;

export interface Problem {
  readonly path: DocumentPath;
  readonly text: string;
}

const MAX_PROBLEMS = 10;

/** Reads YAML (or JSON) with the place of everything in it. Throws `configuration` with file, line and column. */
export function readLocated(
  text: string,
  where: string,
): { readonly value: unknown; readonly locate: Locate } {
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
  const locate = (path: DocumentPath) => {
    const offset = offsetOf(document, path);
    return offset === undefined ? '' : at(offset);
  };
  return { value: plain(document, where), locate };
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

/** Texts that no database takes. */
export function unstorableTexts(value: unknown, path: DocumentPath): Problem[] {
  if (typeof value === 'string') {
    const isWhole = !value.includes('\u0000') && Buffer.from(value).toString() === value;
    return isWhole ? [] : [{ path, text: 'holds a character that is none' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    unstorableTexts(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** What a JSON Schema has against a document; the validator must be verbose. */
export function schemaProblems(
  errors: readonly ErrorObject[],
  document: unknown,
): readonly Problem[] {
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

/** All that is wrong with a document, each with file, line, column and place: `configuration`. */
export function refusalOf(
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
