import { nearestOf } from '../../schema-problem.ts';
import { parseExtractPattern } from './extract-pattern.ts';
import { FIELD_KIND, fieldsOf, type Side } from './fields.ts';
import type {
  BlockKey,
  CleanField,
  Context,
  FieldName,
  Naming,
  Normaliser,
  Predicate,
  Rule,
  ScopeCondition,
  Tolerance,
} from './rule.ts';
import type {
  CleanedDocument,
  KeyDocument,
  NamingDocument,
  NormaliserDocument,
  OffsetDocument,
  PredicateDocument,
  RuleDocument,
  ToleranceDocument,
  WithinDocument,
} from './rule-document.ts';
import { parseScope } from './scope-text.ts';

/** Where something stands in a document: keys and indexes from the top. */
export type DocumentPath = readonly (string | number)[];

/** What reading needs to know beside the document, and where it tells what is wrong. */
export interface Reading {
  readonly context: Context;
  readonly isCalendar: (name: string) => string | undefined;
  readonly tell: (path: DocumentPath, problem: string) => void;
}

const NO_TOLERANCE: Tolerance = { abs: '0' };
const DEFAULT_MAX_ITEMS = 12;
const DEFAULT_BUDGET_NODES = 5_000_000;

/** A rule from its document; what its words mean is checked on the way and told. */
export function readRule(document: RuleDocument, path: DocumentPath, reading: Reading): Rule {
  const { residual, subset } = document;
  return {
    id: document.id,
    priority: document.priority,
    cardinality: document.cardinality,
    scope: {
      left: readScope(document.scope?.left, 'left', path, reading),
      right: readScope(document.scope?.right, 'right', path, reading),
    },
    blockOn: readKeys(document.block_on ?? [], path, reading),
    predicates: readPredicates(document.predicates ?? [], path, reading),
    among: document.among ?? 'any',
    ambiguity: document.ambiguity ?? 'reject',
    onMatch: document.on_match ?? 'confirmed',
    ...(residual === undefined
      ? {}
      : {
          residual: {
            type: residual.type,
            account: residual.account,
            tax: residual.tax,
            limitPerItem: residual.limit_per_item,
            limitPerRun: residual.limit_per_run,
          },
        }),
    subset: {
      maxItems: subset?.max_items ?? DEFAULT_MAX_ITEMS,
      budgetNodes: subset?.budget_nodes ?? DEFAULT_BUDGET_NODES,
      onExhausted: 'MAT_BUDGET_EXHAUSTED',
    },
    retired: document.retired ?? false,
  };
}

/** A naming from its document, checked as a rule is. */
export function readNaming(document: NamingDocument, path: DocumentPath, reading: Reading): Naming {
  return {
    id: document.id,
    strength: document.strength,
    blockOn: readKeys(document.block_on, path, reading),
    predicates: readPredicates(document.predicates ?? [], path, reading),
    uniqueRightKey: document.unique_right_key ?? false,
  };
}

function readScope(
  text: string | undefined,
  side: Side,
  path: DocumentPath,
  { context, tell }: Reading,
): readonly ScopeCondition[] {
  if (text === undefined) return [];
  const result = parseScope(text, fieldsOf(context, side));
  if ('conditions' in result) return result.conditions;
  tell([...path, 'scope', side], `"${text}": ${result.problem}`);
  return [];
}

function readKeys(
  keys: readonly KeyDocument[],
  path: DocumentPath,
  reading: Reading,
): readonly BlockKey[] {
  return keys.map((key, index) => {
    const place = [...path, 'block_on', index];
    const pair = readPair(isPair(key) ? key : { field: key }, place, reading, readCleaned);
    assertOneKind(pair, place, reading);
    if ([pair.left, pair.right].some(({ field, clean }) => field === 'words' && !isCut(clean)))
      reading.tell(place, 'words are cut before they are a key: clean: [words], or extract');
    return pair;
  });
}

function isPair(key: KeyDocument): key is Exclude<KeyDocument, CleanedDocument> {
  return typeof key === 'object' && 'left' in key;
}

function isCut(clean: readonly Normaliser[]): boolean {
  return clean.some(({ name }) => ['words', 'extract', 'token', 'key'].includes(name));
}

function readPredicates(
  predicates: readonly PredicateDocument[],
  path: DocumentPath,
  reading: Reading,
): readonly Predicate[] {
  return predicates.map((predicate, index) =>
    readPredicate(predicate, [...path, 'predicates', index], reading),
  );
}

function readPredicate(
  document: PredicateDocument,
  path: DocumentPath,
  reading: Reading,
): Predicate {
  switch (document.op) {
    case 'equal': {
      const pair = readPair(document, path, reading, readCleaned);
      assertOneKind(pair, path, reading);
      assertOneValue(pair.left, path, reading);
      assertOneValue(pair.right, path, reading);
      return { op: 'equal', ...pair };
    }
    case 'within':
      return readWithin(document, path, reading);
    case 'offset':
      return readOffset(document, path, reading);
    case 'holds':
      return { op: 'holds', ...readSearch(document, path, reading) };
    case 'contains':
      return {
        op: 'contains',
        ...readSearch(document, path, reading),
        minLength: document.min_length,
      };
    case 'similar': {
      const pair = readPair(document, path, reading, readField);
      assertKind(pair.left, 'text', path, reading);
      assertKind(pair.right, 'text', path, reading);
      return { op: 'similar', ...pair, atLeast: document.at_least };
    }
  }
}

function assertOneValue({ clean }: CleanField, path: DocumentPath, { tell }: Reading): void {
  if (clean.some(({ name }) => name === 'words'))
    tell(path, 'words are several keys: they belong into block_on, a predicate compares one value');
}

function readSearch(
  { text, word }: { readonly text: FieldName; readonly word: CleanedDocument },
  path: DocumentPath,
  reading: Reading,
): { readonly text: FieldName; readonly word: CleanField } {
  assertKind(text, 'text', [...path, 'text'], reading);
  const cleaned = readCleaned(word, 'right', [...path, 'word'], reading);
  assertKind(cleaned.field, 'text', [...path, 'word'], reading);
  assertOneValue(cleaned, [...path, 'word'], reading);
  return { text: readField(text, 'left', [...path, 'text'], reading), word: cleaned };
}

function readWithin(document: WithinDocument, path: DocumentPath, { tell }: Reading): Predicate {
  const { abs, percent, governs, under, over } = document;
  const isBoth = abs !== undefined || percent !== undefined;
  const isEach = under !== undefined || over !== undefined;
  if (isBoth === isEach)
    tell(path, 'says either abs or percent, for both directions, or under and over');
  if (isEach && governs !== undefined) tell([...path, 'governs'], 'belongs into under or over');
  const both = isBoth ? withoutUndefined({ abs, percent, governs }) : undefined;
  const read = (tolerance: ToleranceDocument | undefined, key: string) =>
    tolerance === undefined
      ? NO_TOLERANCE
      : readTolerance(tolerance, both === undefined ? [...path, key] : path, tell);
  return {
    op: 'within',
    field: 'amount',
    under: read(both ?? under, 'under'),
    over: read(both ?? over, 'over'),
  };
}

function withoutUndefined<Value extends object>(value: Value): ToleranceDocument {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

function readTolerance(
  document: ToleranceDocument,
  path: DocumentPath,
  tell: Reading['tell'],
): Tolerance {
  if (typeof document === 'string') return { abs: document };
  const { abs, percent, governs } = document;
  if (percent === undefined) {
    if (governs !== undefined || abs === undefined)
      tell(path, 'governs says something only where abs and percent are given');
    return { abs: abs ?? '0' };
  }
  if (Number(percent) > 100) tell(path, `percent "${percent}" is more than all of it`);
  if (abs === undefined) {
    if (governs !== undefined)
      tell(path, 'governs says something only where abs and percent are given');
    return { abs: '0', percent, governs: 'larger' };
  }
  if (governs === undefined)
    tell(path, 'abs and percent are both given: say which governs, the larger or the smaller');
  return { abs, percent, governs: governs ?? 'smaller' };
}

function readOffset(document: OffsetDocument, path: DocumentPath, reading: Reading): Predicate {
  const { from, to, unit, calendar } = document;
  const pair = readPair(document, path, reading, readField);
  assertKind(pair.left, 'date', path, reading);
  assertKind(pair.right, 'date', path, reading);
  if (from > to) reading.tell([...path, 'from'], `${from} is after to, ${to}`);
  if (unit === 'day' && calendar !== undefined)
    reading.tell([...path, 'calendar'], 'says something only of business days');
  if (unit === 'business_day' && calendar === undefined)
    reading.tell(path, 'needs a calendar: business days are those of somebody');
  const problem = calendar === undefined ? undefined : reading.isCalendar(calendar);
  if (problem !== undefined) reading.tell([...path, 'calendar'], problem);
  return {
    op: 'offset',
    ...pair,
    from,
    to,
    unit,
    ...(calendar === undefined ? {} : { calendar }),
  };
}

/** `field` for both sides, or `left` and `right`. */
function readPair<Written, Read>(
  document: { readonly field?: Written; readonly left?: Written; readonly right?: Written },
  path: DocumentPath,
  reading: Reading,
  read: (written: Written, side: Side, path: DocumentPath, reading: Reading) => Read,
): { readonly left: Read; readonly right: Read } {
  const { field, left = field, right = field } = document;
  const isSaidTwice =
    field !== undefined && (document.left !== undefined || document.right !== undefined);
  if (left === undefined || right === undefined || isSaidTwice)
    throw new DocumentShape(path, 'needs field, for both sides, or left and right');
  const place = (side: Side) => (field === undefined ? [...path, side] : path);
  return {
    left: read(left, 'left', place('left'), reading),
    right: read(right, 'right', place('right'), reading),
  };
}

/** What must be there before the rest can be read. */
export class DocumentShape extends Error {
  readonly path: DocumentPath;

  constructor(path: DocumentPath, problem: string) {
    super(problem);
    this.path = path;
  }
}

function readCleaned(
  document: CleanedDocument,
  side: Side,
  path: DocumentPath,
  reading: Reading,
): CleanField {
  if (typeof document === 'string')
    return { field: readField(document, side, path, reading), clean: [] };
  const field = readField(document.field, side, path, reading);
  assertKind(field, 'text', path, reading);
  const clean = document.clean.map((normaliser, index) =>
    readNormaliser(normaliser, [...path, 'clean', index], reading),
  );
  return { field, clean };
}

function readNormaliser(
  document: NormaliserDocument,
  path: DocumentPath,
  { tell }: Reading,
): Normaliser {
  if (typeof document === 'string') return { name: document };
  if ('strip_prefix' in document) return { name: 'strip_prefix', prefix: document.strip_prefix };
  const result = parseExtractPattern(document.extract);
  if ('pattern' in result) return { name: 'extract', pattern: result.pattern };
  tell([...path, 'extract'], `"${document.extract}": ${result.problem}`);
  return { name: 'extract', pattern: '.' };
}

function readField(
  field: FieldName,
  side: Side,
  path: DocumentPath,
  { context, tell }: Reading,
): FieldName {
  const known = fieldsOf(context, side);
  if (!known.includes(field)) {
    tell(
      path,
      `${field} is no field of the ${side} side of ${context}; did you mean "${nearestOf(field, known)}"?`,
    );
  }
  return field;
}

function assertKind(
  field: FieldName,
  kind: 'text' | 'date',
  path: DocumentPath,
  { tell }: Reading,
): void {
  if (FIELD_KIND[field] !== kind) tell(path, `${field} is no ${kind}`);
}

function assertOneKind(pair: BlockKey, path: DocumentPath, { tell }: Reading): void {
  const [left, right] = [FIELD_KIND[pair.left.field], FIELD_KIND[pair.right.field]];
  if (left !== right)
    tell(
      path,
      `${pair.left.field} and ${pair.right.field} cannot be equal: one is a ${left}, the other a ${right}`,
    );
}
