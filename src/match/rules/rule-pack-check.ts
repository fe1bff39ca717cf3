import { SIDE_NAMES, type Side } from './fields.ts';
import type { DocumentPath } from './read-rule.ts';
import type { BlockKey, FieldName, Naming, Rule, RulePack, Tolerance } from './rule.ts';
import type { PackDocument, RuleDocument } from './rule-document.ts';

type Tell = (path: DocumentPath, problem: string) => void;

/** A pack whose words were read, before it has a version. */
export type ReadPack = Pick<RulePack, 'context' | 'naming' | 'rules'>;

const MAX_ITEMS_OF_BOTH = 20;
/** What many rows have alike: equal of two of them, it says nothing about what they are. */
const SHARED_BY_MANY: readonly FieldName[] = [
  'account',
  'amount',
  'booking_date',
  'currency',
  'date',
  'is_reversal',
  'kind',
  'merchant',
  'source',
  'value_date',
];

/** Tells what the rules of a pack say that cannot be meant. */
export function checkPack(document: PackDocument, pack: ReadPack, tell: Tell): void {
  checkSides(document, tell);
  checkUnique(document.rules, 'id', ['rules'], tell);
  checkUnique(document.rules, 'priority', ['rules'], tell);
  checkUnique(document.naming ?? [], 'id', ['naming'], tell);
  if (pack.context === 'bank-to-bank' && pack.naming.length > 0)
    tell(['naming'], 'names items: not in context bank-to-bank');
  for (const [index, naming] of pack.naming.entries()) checkNaming(naming, ['naming', index], tell);
  for (const [index, rule] of pack.rules.entries()) {
    const written = document.rules[index];
    if (written !== undefined) checkRule({ written, rule, pack }, ['rules', index], tell);
  }
}

function checkSides({ sides = {}, context }: PackDocument, tell: Tell): void {
  for (const side of ['left', 'right'] as const satisfies readonly Side[]) {
    const name = SIDE_NAMES[context][side];
    if (sides[side] !== undefined && sides[side] !== name)
      tell(['sides', side], `of ${context} is ${name}, not "${sides[side]}"`);
  }
}

function checkUnique<Key extends string>(
  list: readonly Readonly<Record<Key, string | number>>[],
  key: Key,
  path: DocumentPath,
  tell: Tell,
): void {
  for (const [index, one] of list.entries()) {
    const first = list.findIndex((other) => other[key] === one[key]);
    if (first < index)
      tell([...path, index, key], `${key} ${one[key]} is that of ${path.join('.')}[${first}] too`);
  }
}

function checkNaming(naming: Naming, path: DocumentPath, tell: Tell): void {
  const similar = naming.predicates.findIndex(({ op }) => op === 'similar');
  if (similar >= 0)
    tell([...path, 'predicates', similar], 'similar names nothing; it belongs into a suggestion');
}

/** A rule as it is written and as it was read, with its pack. */
interface RuleInPack {
  readonly written: RuleDocument;
  readonly rule: Rule;
  readonly pack: ReadPack;
}

function checkRule({ written, rule, pack }: RuleInPack, path: DocumentPath, tell: Tell): void {
  checkAmong(written, pack, path, tell);
  checkSimilar(rule, path, tell);
  checkResidual(rule, path, tell);
  checkSubset(written, rule, path, tell);
  if (rule.cardinality === 'one-sided') checkOneSided(rule, pack, path, tell);
  if (rule.blockOn.length === 0 && rule.among !== 'named')
    tell(path, 'needs block_on: without a key, everything would be compared with everything');
}

function checkAmong({ among }: RuleDocument, pack: ReadPack, path: DocumentPath, tell: Tell): void {
  const hasNaming = pack.naming.length > 0;
  if (hasNaming && among === undefined)
    tell(path, 'needs among (named, unnamed or any): the pack has a naming');
  if (!hasNaming && (among === 'named' || among === 'unnamed'))
    tell([...path, 'among'], `${among} needs a naming in the pack`);
}

function checkSimilar({ predicates, onMatch }: Rule, path: DocumentPath, tell: Tell): void {
  const similar = predicates.findIndex(({ op }) => op === 'similar');
  if (similar >= 0 && onMatch !== 'suggested')
    tell([...path, 'predicates', similar], 'similar is only for a rule with on_match: suggested');
}

function checkResidual(rule: Rule, path: DocumentPath, tell: Tell): void {
  const tolerances = rule.predicates.flatMap((predicate) =>
    predicate.op === 'within' ? [predicate.under, predicate.over] : [],
  );
  const isTolerant = tolerances.some(allowsMore);
  if (rule.residual === undefined) {
    if (isTolerant)
      tell(path, 'tolerates a difference and needs a residual, which says where it is posted');
    return;
  }
  if (!isTolerant) tell([...path, 'residual'], 'needs a predicate within that allows a difference');
  if (rule.blockOn.some(isOfAmount))
    tell([...path, 'residual'], 'never occurs: block_on asks for equal amounts');
  if (compareDecimals(rule.residual.limitPerItem, rule.residual.limitPerRun) > 0)
    tell([...path, 'residual', 'limit_per_item'], 'is more than limit_per_run');
  if (tolerances.filter(allowsMore).length > 2)
    tell([...path, 'predicates'], 'say within more than once');
}

function allowsMore({ abs, percent = '0', governs }: Tolerance): boolean {
  const [isAbsolute, isRelative] = [/[1-9]/.test(abs), /[1-9]/.test(percent)];
  return governs === 'smaller' ? isAbsolute && isRelative : isAbsolute || isRelative;
}

function isOfAmount({ left }: BlockKey): boolean {
  return left.field === 'amount';
}

/** Compares decimals of at most four places. */
function compareDecimals(left: string, right: string): number {
  const scaled = (text: string) => {
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(4, '0'));
  };
  const difference = scaled(left) - scaled(right);
  return difference < 0n ? -1 : Number(difference > 0n);
}

function checkSubset(written: RuleDocument, rule: Rule, path: DocumentPath, tell: Tell): void {
  const isOfSeveral = ['1:N', 'N:1', 'N:M'].includes(rule.cardinality);
  if (!isOfSeveral && written.subset !== undefined)
    tell([...path, 'subset'], `says something only of 1:N, N:1 and N:M, not ${rule.cardinality}`);
  if (isOfSeveral && rule.blockOn.some(isOfAmount))
    tell([...path, 'block_on'], 'asks for equal amounts, and several of one side sum to the other');
  if (rule.cardinality !== 'N:M') return;
  if (rule.subset.maxItems > MAX_ITEMS_OF_BOTH)
    tell([...path, 'subset'], `max_items of N:M is at most ${MAX_ITEMS_OF_BOTH}`);
  const isNamed = rule.among === 'named' || rule.blockOn.some(isTelling);
  if (!isNamed && rule.onMatch === 'confirmed')
    tell(path, 'N:M without a key that names something finds sums by chance: on_match: suggested');
}

function isTelling({ left, right }: BlockKey): boolean {
  return !SHARED_BY_MANY.includes(left.field) && !SHARED_BY_MANY.includes(right.field);
}

function checkOneSided(rule: Rule, pack: ReadPack, path: DocumentPath, tell: Tell): void {
  if (pack.context !== 'bank-to-bank')
    tell([...path, 'cardinality'], 'one-sided is of entries of one account: context bank-to-bank');
  const hasAccount = rule.blockOn.some(
    ({ left, right }) => left.field === 'account' && right.field === 'account',
  );
  if (!hasAccount) tell([...path, 'block_on'], 'of one-sided needs account');
}
