import { Decimal } from 'decimal.js';
import { type BusinessDate, dayNumber } from '../../business-date.ts';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import { formatAmount, formatMoney } from '../../money.ts';
import type {
  BlockKey,
  CleanField,
  Naming,
  Normaliser,
  Predicate,
  Rule,
  RulePack,
  ScopeCondition,
  Tolerance,
} from '../rules/rule.ts';
import type { FieldValues } from './field-values.ts';
import { holdsWhole, keysOf, letters, sharedTrigrams } from './normalise.ts';

/** An amount has at most 19 digits and a percentage is held to the same: their product is always exact. */
const Exact = Decimal.clone({ precision: 60 });

/** The number of the last business day of a calendar up to a day; `undefined` for a day it does not know. */
export type Calendars = (calendar: string, day: BusinessDate) => number | undefined;

/** The bound of a predicate that would have to move for it to hold, and how far. */
export interface BoundChange {
  /** `from`, `to`, `under`, `over`, `at_least` or `min_length`, as in the rule. */
  readonly parameter: string;
  readonly allowed: string;
  readonly needed: string;
  readonly unit: string;
  /** How far it was missed, larger is farther: days, or minor units of `currency`. */
  readonly size: string;
  readonly currency: Currency | null;
  /** What else the rule would have to allow then, in words: the limit of its residual. */
  readonly also?: string;
}

/** One condition of a rule, held against a left and a right row. */
export interface VectorEntry {
  readonly part: 'scope' | 'naming' | 'key' | 'predicate' | 'balance';
  /** The condition in words. */
  readonly predicate: string;
  readonly allowed: string;
  readonly left: string | null;
  readonly right: string | null;
  readonly found: string;
  readonly holds: boolean;
  /** Only of a condition that does not hold and has a bound. */
  readonly change?: BoundChange;
}

export interface Pair {
  readonly left: FieldValues;
  readonly right: FieldValues;
  readonly calendars: Calendars;
  /** What the left row is known to name: the right side's reference, `null` for nothing. */
  readonly names?: string | null;
}

/**
 * Every condition of a rule held against two rows: scope, the naming it looks among, blocking keys, predicates; and that the
 * amounts are one, where no predicate speaks of them.
 */
export function evaluateRule(pack: RulePack, rule: Rule, pair: Pair): VectorEntry[] {
  const entries = [
    ...rule.scope.left.map((condition) => scopeEntry(condition, 'left', pair)),
    ...rule.scope.right.map((condition) => scopeEntry(condition, 'right', pair)),
    ...(rule.among === 'named' ? namingEntries(pack, pair) : []),
    ...(rule.among === 'unnamed' ? unnamedEntries(pair) : []),
    ...rule.blockOn.map((key) => keyEntry(key, 'key', pair)),
    ...rule.predicates.map((predicate) =>
      withinLimit(rule, predicateEntry(predicate, 'predicate', pair)),
    ),
  ];
  return speaksOfAmount(rule) || rule.cardinality !== '1:1'
    ? entries
    : [...entries, withinEntry(NO_TOLERANCE, NO_TOLERANCE, 'balance', pair)];
}

/** A wider tolerance is of no use where the limit of the residual stays. */
function withinLimit({ residual }: Rule, entry: VectorEntry): VectorEntry {
  const { change } = entry;
  if (residual === undefined || change === undefined || change.currency === null) return entry;
  const { limitPerItem } = residual;
  if (new Exact(change.needed).lte(limitPerItem)) return entry;
  return {
    ...entry,
    change: { ...change, also: `limit_per_item: ${limitPerItem} → ${change.needed}` },
  };
}

/** The conditions that do not hold. */
export function failing(vector: readonly VectorEntry[]): VectorEntry[] {
  return vector.filter(({ holds }) => !holds);
}

const NO_TOLERANCE: Tolerance = { abs: '0' };

function speaksOfAmount(rule: Rule): boolean {
  return (
    rule.blockOn.some(isOfAmounts) ||
    rule.predicates.some(
      (predicate) =>
        predicate.op === 'within' || (predicate.op === 'equal' && isOfAmounts(predicate)),
    )
  );
}

/** Whether a row names another one in one of the ways of its pack; where that pack has none, it names nothing. */
export function isNamed(pack: RulePack, pair: Pair): boolean {
  return pack.naming.some((naming) => failing(namingVector(naming, pair)).length === 0);
}

/** What names something is not tied by a rule for what names nothing, however well the amount fits. */
function unnamedEntries({ left, names }: Pair): VectorEntry[] {
  if (names === undefined) return [];
  const holds = names === null;
  return [
    {
      part: 'naming',
      predicate: 'names nothing that is open',
      allowed: 'nothing',
      left: left.texts.words ?? null,
      right: null,
      found: holds ? 'nothing' : `names ${names}`,
      holds,
    },
  ];
}

/** The naming that misses least: an entry need be named in one way only. */
function namingEntries(pack: RulePack, pair: Pair): VectorEntry[] {
  const ways = pack.naming.map((naming) => namingVector(naming, pair));
  const [first, ...others] = ways;
  if (first === undefined) return [];
  return others.reduce(
    (best, way) => (failing(way).length < failing(best).length ? way : best),
    first,
  );
}

function namingVector(naming: Naming, pair: Pair): VectorEntry[] {
  return [
    ...naming.blockOn.map((key) => keyEntry(key, 'naming', pair)),
    ...naming.predicates.map((predicate) => predicateEntry(predicate, 'naming', pair)),
  ];
}

function isOfAmounts({ left, right }: BlockKey): boolean {
  return left.field === 'amount' && right.field === 'amount';
}

/** Amounts as keys have no bound that could be wider. */
function keyEntry(key: BlockKey, part: VectorEntry['part'], pair: Pair): VectorEntry {
  if (!isOfAmounts(key)) return sameEntry(key.left, key.right, part, pair);
  const { change: _, ...entry } = withinEntry(NO_TOLERANCE, NO_TOLERANCE, part, pair);
  return entry;
}

function sameEntry(
  left: CleanField,
  right: CleanField,
  part: VectorEntry['part'],
  pair: Pair,
): VectorEntry {
  const [mine, yours] = [keysOf(left, pair.left), keysOf(right, pair.right)];
  const holds = mine.some((key) => yours.includes(key));
  return {
    part,
    predicate: `${nameOf(left)} = ${nameOf(right)}`,
    allowed: 'the same',
    left: shown(left, pair.left, mine),
    right: shown(right, pair.right, yours),
    found: holds ? 'the same' : mine.length * yours.length === 0 ? 'missing' : 'differs',
    holds,
  };
}

/** What was compared where it is one key, else the text it is from. */
function shown(
  { field, clean }: CleanField,
  values: FieldValues,
  keys: readonly string[],
): string | null {
  if (field === 'amount') return formatMoney(values);
  const [key] = keys;
  return clean.length > 0 && keys.length === 1 && key !== undefined
    ? key
    : (values.texts[field] ?? null);
}

function nameOf({ field, clean }: CleanField): string {
  return clean.reduce((name, normaliser) => `${WORD[normaliser.name]} ${name}`, field as string);
}

const WORD: Readonly<Record<Normaliser['name'], string>> = {
  trim: 'trimmed',
  upper: 'upper-case',
  alphanumeric: 'letters and digits of',
  digits: 'digits of',
  token: 'token of',
  key: 'key of',
  words: 'a word of',
  strip_prefix: 'without its prefix,',
  strip_leading_zeros: 'without leading zeros,',
  extract: 'a part of',
};

function predicateEntry(predicate: Predicate, part: VectorEntry['part'], pair: Pair): VectorEntry {
  switch (predicate.op) {
    case 'equal':
      return keyEntry(predicate, part, pair);
    case 'within':
      return withinEntry(predicate.under, predicate.over, part, pair);
    case 'offset':
      return offsetEntry(predicate, part, pair);
    case 'holds':
      return holdsEntry(predicate, part, pair);
    case 'contains':
      return containsEntry(predicate, part, pair);
    case 'similar':
      return similarEntry(predicate, part, pair);
  }
}

/** What differs by more than a tenth is another amount, and no tolerance that is too narrow. */
const LARGEST_SHARE = 10n;

/** Signs must agree; sizes may differ by the tolerance of the side on which they do. */
function withinEntry(
  under: Tolerance,
  over: Tolerance,
  part: VectorEntry['part'],
  { left, right }: Pair,
): VectorEntry {
  const words = {
    part,
    predicate: isNothing(under) && isNothing(over) ? 'amount = amount' : 'amount ≈ amount',
    allowed: allowedBy(under, over, left.currency),
    ...bothAmounts(left, right),
  };
  if (left.currency !== right.currency)
    return {
      ...words,
      found: `${left.currency} against ${right.currency}`,
      holds: false,
    };
  if (left.amountMinor < 0n !== right.amountMinor < 0n)
    return { ...words, found: 'the other direction', holds: false };
  const moreMinor = sizeOf(left.amountMinor) - sizeOf(right.amountMinor);
  const [parameter, tolerance] =
    moreMinor < 0n ? (['under', under] as const) : (['over', over] as const);
  const missMinor = sizeOf(moreMinor);
  const holds = new Exact(missMinor.toString()).lte(toleranceMinor(tolerance, right));
  const { currency } = left;
  const found =
    moreMinor === 0n
      ? 'the same'
      : `${formatMoney({ amountMinor: missMinor, currency })} ${parameter}`;
  if (holds || missMinor * LARGEST_SHARE > sizeOf(right.amountMinor))
    return { ...words, found, holds };
  return {
    ...words,
    found,
    holds,
    change: {
      parameter,
      allowed: toleranceText(tolerance),
      needed: formatAmount(missMinor, currency),
      unit: currency,
      size: missMinor.toString(),
      currency,
    },
  };
}

function bothAmounts(left: FieldValues, right: FieldValues) {
  return { left: formatMoney(left), right: formatMoney(right) };
}

/** The bound in minor units, exact: never rounded before it is compared. */
function toleranceMinor(tolerance: Tolerance, right: FieldValues): Decimal {
  const exponent = historicCurrencyExponent(right.currency) ?? 2;
  const absolute = new Exact(tolerance.abs).mul(new Exact(10).pow(exponent));
  if (tolerance.percent === undefined) return absolute;
  const share = new Exact(sizeOf(right.amountMinor).toString()).mul(tolerance.percent).div(100);
  return tolerance.governs === 'smaller'
    ? Decimal.min(absolute, share)
    : Decimal.max(absolute, share);
}

function isNothing(tolerance: Tolerance): boolean {
  return tolerance.percent === undefined && new Exact(tolerance.abs).isZero();
}

function allowedBy(under: Tolerance, over: Tolerance, currency: Currency): string {
  if (isNothing(under) && isNothing(over)) return 'the same';
  return `up to ${toleranceText(under)} under, ${toleranceText(over)} over (${currency})`;
}

function toleranceText({ abs, percent, governs }: Tolerance): string {
  return percent === undefined
    ? abs
    : `the ${governs ?? 'larger'} of ${abs} and ${percent} percent`;
}

function offsetEntry(
  predicate: Predicate & { readonly op: 'offset' },
  part: VectorEntry['part'],
  pair: Pair,
): VectorEntry {
  const { left, right, from, to, unit, calendar = '' } = predicate;
  const [mine, yours] = [pair.left.texts[left] ?? null, pair.right.texts[right] ?? null];
  const one = unit === 'day' ? 'day' : 'business day';
  const words = {
    part,
    predicate: `${left} − ${right} within ${from}..${to} ${one}s${unit === 'day' ? '' : ` of ${calendar}`}`,
    allowed: `${from} to ${to} ${one}s`,
    left: mine,
    right: yours,
  };
  if (mine === null || yours === null) return { ...words, found: 'missing', holds: false };
  const days = offsetDays(predicate, mine as BusinessDate, yours as BusinessDate, pair.calendars);
  if (days === undefined)
    return { ...words, found: `a day that ${calendar} does not have`, holds: false };
  const found = `${days} ${one}${days === 1 ? '' : 's'}`;
  if (days >= from && days <= to) return { ...words, found, holds: true };
  const [parameter, bound] = days > to ? (['to', to] as const) : (['from', from] as const);
  return {
    ...words,
    found,
    holds: false,
    change: {
      parameter,
      allowed: String(bound),
      needed: String(days),
      unit: `${one}s`,
      size: String(Math.abs(days - bound)),
      currency: null,
    },
  };
}

function offsetDays(
  { unit, calendar = '' }: Predicate & { readonly op: 'offset' },
  left: BusinessDate,
  right: BusinessDate,
  calendars: Calendars,
): number | undefined {
  if (unit === 'day') return dayNumber(left) - dayNumber(right);
  const [mine, yours] = [calendars(calendar, left), calendars(calendar, right)];
  return mine === undefined || yours === undefined ? undefined : mine - yours;
}

function holdsEntry(
  { text, word }: Predicate & { readonly op: 'holds' },
  part: VectorEntry['part'],
  pair: Pair,
): VectorEntry {
  const content = pair.left.texts[text] ?? null;
  const words = keysOf(word, pair.right);
  const holds = content !== null && words.some((one) => holdsWhole(content, one));
  return {
    part,
    predicate: `${text} holds ${nameOf(word)} whole`,
    allowed: 'holds it',
    left: content,
    right: shown(word, pair.right, words),
    found: holds ? 'holds it' : content === null || words.length === 0 ? 'missing' : 'does not',
    holds,
  };
}

function containsEntry(
  { text, word, minLength }: Predicate & { readonly op: 'contains' },
  part: VectorEntry['part'],
  pair: Pair,
): VectorEntry {
  const content = pair.left.texts[text] ?? null;
  const words = keysOf(word, pair.right).map(letters);
  const folded = letters(content ?? '');
  const there = words.filter((one) => one !== '' && folded.includes(one));
  const longest = Math.max(0, ...there.map(({ length }) => length));
  const holds = longest >= minLength && there.length > 0;
  const entry = {
    part,
    predicate: `${text} contains ${nameOf(word)}, spaced or not`,
    allowed: `contains it, ${minLength} characters or more`,
    left: content,
    right: shown(word, pair.right, words),
    found: there.length === 0 ? 'does not' : `contains it, ${longest} characters`,
    holds,
  };
  if (holds || there.length === 0) return entry;
  return {
    ...entry,
    change: {
      parameter: 'min_length',
      allowed: String(minLength),
      needed: String(longest),
      unit: 'characters',
      size: String(minLength - longest),
      currency: null,
    },
  };
}

/** Digits after the point that a likeness is told with. */
const LIKENESS_DIGITS = 4;

function similarEntry(
  { left, right, atLeast }: Predicate & { readonly op: 'similar' },
  part: VectorEntry['part'],
  pair: Pair,
): VectorEntry {
  const [mine, yours] = [pair.left.texts[left] ?? null, pair.right.texts[right] ?? null];
  const { shared, all } = sharedTrigrams(mine ?? '', yours ?? '');
  const likeness = all === 0 ? new Exact(0) : new Exact(shared).div(all);
  const holds = likeness.gte(atLeast);
  const needed = likeness.toDecimalPlaces(LIKENESS_DIGITS, Decimal.ROUND_DOWN);
  const entry = {
    part,
    predicate: `${left} like ${right}`,
    allowed: `at least ${atLeast}`,
    left: mine,
    right: yours,
    found: needed.toString(),
    holds,
  };
  if (holds) return entry;
  return {
    ...entry,
    change: {
      parameter: 'at_least',
      allowed: atLeast,
      needed: needed.toString(),
      unit: 'likeness',
      size: new Exact(atLeast).minus(needed).toString(),
      currency: null,
    },
  };
}

function scopeEntry(condition: ScopeCondition, side: 'left' | 'right', pair: Pair): VectorEntry {
  const { field, op, values } = condition;
  const row = pair[side];
  const value = field === 'amount' ? formatAmount(row.amountMinor, row.currency) : row.texts[field];
  const holds = isInScope(condition, row);
  const told = [field, op, ...(values.length === 0 ? [] : [values.join(', ')])].join(' ');
  return {
    part: 'scope',
    predicate: `scope of the ${side} side: ${told}`,
    allowed: told,
    left: side === 'left' ? (value ?? null) : null,
    right: side === 'right' ? (value ?? null) : null,
    found: value ?? 'nothing',
    holds,
  };
}

function isInScope({ field, op, values }: ScopeCondition, row: FieldValues): boolean {
  const text = row.texts[field] ?? null;
  if (op === 'is null') return field !== 'amount' && text === null;
  if (op === 'is not null') return field === 'amount' || text !== null;
  if (field === 'amount') return values.some((value) => compares(op, amountAgainst(row, value)));
  if (text === null) return false;
  if (op === 'like') return values.some((value) => likePattern(value).test(text));
  if (op === '<>') return !values.includes(text);
  return values.some((value) => compares(op, text < value ? -1 : text > value ? 1 : 0));
}

function amountAgainst(row: FieldValues, value: string): number {
  const exponent = historicCurrencyExponent(row.currency) ?? 2;
  const bound = new Exact(value).mul(new Exact(10).pow(exponent));
  return new Exact(row.amountMinor.toString()).cmp(bound);
}

function compares(op: ScopeCondition['op'], order: number): boolean {
  if (op === '=' || op === 'in') return order === 0;
  if (op === '<>') return order !== 0;
  if (op === '>') return order > 0;
  if (op === '>=') return order >= 0;
  if (op === '<') return order < 0;
  return op === '<=' && order <= 0;
}

/** The pattern of LIKE: `%` for any text, `_` for any character. */
function likePattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 's');
}

function sizeOf(amountMinor: bigint): bigint {
  return amountMinor < 0n ? -amountMinor : amountMinor;
}
