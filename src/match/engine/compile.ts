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
} from '../rules/rule.ts';
import { type ContextSides, SIDES, type SideRows } from './side.ts';
import { Parameters, type Statement } from './sql-text.ts';

/**
 * Rules as SQL. A rule is data, so its statement is put together here, and only here: from the fixed pieces of `side.ts` and
 * of this file, chosen by names that are checked, with every value of the rule as a parameter.
 */

/** The run a statement is for. */
export interface RunKey {
  readonly bookId: bigint;
  readonly runId: bigint;
}

/** The two sides of a pair in a statement; `left` and `right` are words of SQL. */
type Alias = 'l' | 'r';

/** One rule or naming on its way to a statement. */
class Builder {
  readonly parameters = new Parameters();
  readonly sides: ContextSides;
  readonly #keys: readonly BlockKey[];
  readonly #calendarKeys: ReadonlyMap<string, string>;
  readonly #laterals: Record<Alias, string[]> = { l: [], r: [] };

  constructor(
    context: Context,
    keys: readonly BlockKey[],
    run: RunKey & { readonly calendarKeys?: ReadonlyMap<string, string> },
  ) {
    this.sides = SIDES[context];
    this.#calendarKeys = run.calendarKeys ?? new Map();
    this.#keys = keys.filter(({ left }) => left.field !== 'amount' && left.field !== 'currency');
    this.parameters.add(run.bookId, 'bigint');
    this.parameters.add(run.runId, 'bigint');
  }

  get keyNames(): readonly string[] {
    return this.#keys.map((_, place) => `k${place + 1}`);
  }

  /** The rows of a side with their keys, one row for each word of a key that has several. */
  rows(alias: Alias, conditions: readonly string[]): string {
    const side = this.#side(alias);
    const keys = this.#keys.map(
      (key, place) => `${this.clean(alias, alias === 'l' ? key.left : key.right)} as k${place + 1}`,
    );
    const laterals = this.#laterals[alias].splice(0).join(' ');
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    return `select ${[`${alias}.*`, ...keys].join(', ')} from (${side.rows}) ${alias} ${laterals} ${where}`;
  }

  /** What the rows of both sides are joined by. */
  joined(hasAmount: boolean): string {
    return [
      'l.currency = r.currency',
      ...this.keyNames.map((key) => `l.${key} = r.${key}`),
      ...(hasAmount ? [this.amountsAgree()] : []),
      ...this.#signsAgree(hasAmount),
    ].join(' and ');
  }

  #signsAgree(hasAmount: boolean): readonly string[] {
    if (this.sides.isOpposite) return ['l.amount_minor < 0 and r.amount_minor > 0'];
    return hasAmount ? [] : ['sign(l.amount_minor) = sign(r.amount_minor)'];
  }

  amountsAgree(): string {
    return `l.amount_minor = ${this.sides.isOpposite ? '-' : ''}r.amount_minor`;
  }

  field(alias: Alias, name: FieldName): string {
    const expression = this.#side(alias).fields[name];
    if (expression === undefined) throw new Error(`this side has no field ${name}`);
    return expression.replaceAll('@', alias);
  }

  /** A field to read: an account is its code. As a key of lines it is its number, by which items are looked up. */
  told(alias: Alias, name: FieldName): string {
    return name === 'account' ? `${alias}.account_code` : this.field(alias, name);
  }

  /** A cleaned field as a key, of which a row may have several; `null` where there is nothing to compare. */
  clean(alias: Alias, cleaned: CleanField): string {
    return this.#cleaned(alias, cleaned, (inner, normaliser) =>
      this.#normalise(alias, inner, normaliser),
    );
  }

  /** A cleaned field as the one value a predicate compares: of what a pattern finds, the first. */
  value(alias: Alias, cleaned: CleanField): string {
    return this.#cleaned(alias, cleaned, (inner, normaliser) =>
      normaliser.name === 'extract'
        ? `(regexp_match(${inner}, ${this.parameters.add(normaliser.pattern, 'text')}))[1]`
        : this.#normalise(alias, inner, normaliser),
    );
  }

  #cleaned(
    alias: Alias,
    { field, clean }: CleanField,
    normalise: (inner: string, normaliser: Normaliser) => string,
  ): string {
    if (clean.length === 0) return this.field(alias, field);
    return `nullif(${clean.reduce(normalise, this.told(alias, field))}, '')`;
  }

  scope(alias: Alias, conditions: readonly ScopeCondition[]): string[] {
    return conditions.map(({ field, op, values }) => {
      const own = this.told(alias, field);
      if (op === 'is null' || op === 'is not null') return `${own} ${op}`;
      const told = values.map((value) => this.#literal(alias, field, value));
      return op === 'in' ? `${own} in (${told.join(', ')})` : `${own} ${op} ${told[0]}`;
    });
  }

  predicate(predicate: Predicate): string {
    switch (predicate.op) {
      case 'equal':
        return predicate.left.field === 'amount'
          ? this.amountsAgree()
          : `${this.value('l', predicate.left)} = ${this.value('r', predicate.right)}`;
      case 'within':
        return this.#within(predicate.under, predicate.over);
      case 'offset':
        return `${this.#offset(predicate)} between ${this.parameters.add(predicate.from, 'int')} and ${this.parameters.add(predicate.to, 'int')}`;
      case 'holds': {
        const word = this.value('r', predicate.word);
        return `(${word} ~ '[0-9]' and (${word} ~ '[A-Za-z]' or length(${word}) >= 5)
          and tieout.holds_whole(${this.told('l', predicate.text)}, ${word}))`;
      }
      case 'contains': {
        const word = this.value('r', predicate.word);
        const text = `upper(regexp_replace(${this.told('l', predicate.text)}, '[^A-Za-z0-9]', '', 'g'))`;
        return `(length(${word}) >= ${this.parameters.add(predicate.minLength, 'int')} and position(${word} in ${text}) > 0)`;
      }
      case 'similar':
        return `tieout.similarity_of(${this.told('l', predicate.left)}, ${this.told('r', predicate.right)}) >= ${this.parameters.add(predicate.atLeast, 'numeric')}`;
    }
  }

  /** How far apart two rows are, in days: the order of proposals, never a reason. */
  distance(): string {
    return `coalesce(abs(l.day - r.day), 9999)`;
  }

  #within(under: Tolerance, over: Tolerance): string {
    const below = this.#tolerance(under);
    const above = this.#tolerance(over);
    return `abs(l.amount_minor) between abs(r.amount_minor) - ${below} and abs(r.amount_minor) + ${above}`;
  }

  /** A tolerance in minor units of the pair's currency, rounded down: half a cent allows nothing. */
  #tolerance({ abs, percent, governs }: Tolerance): string {
    const minor = `${this.parameters.add(abs, 'numeric')} * (select power(10::numeric, currency.exponent) from tieout.currency where currency.code = l.currency)`;
    if (percent === undefined) return `trunc(${minor})::bigint`;
    const share = `abs(r.amount_minor) * ${this.parameters.add(percent, 'numeric')} / 100`;
    return `trunc(${governs === 'smaller' ? 'least' : 'greatest'}(${minor}, ${share}))::bigint`;
  }

  #offset(predicate: Extract<Predicate, { op: 'offset' }>): string {
    const left = this.field('l', predicate.left);
    const right = this.field('r', predicate.right);
    if (predicate.unit === 'day') return `(${left} - ${right})`;
    const calendar = this.parameters.add(
      this.#calendarKeys.get(predicate.calendar ?? '') ?? null,
      'text',
    );
    const numbered = (day: string) => `(
      select calendar_day.business_day_no from tieout.calendar_day
      where calendar_day.book_id = $1::bigint and calendar_day.calendar = ${calendar} and calendar_day.day = ${day}
    )`;
    return `(${numbered(left)} - ${numbered(right)})`;
  }

  #literal(alias: Alias, field: FieldName, value: string): string {
    if (field === 'amount') {
      return `${this.parameters.add(value, 'numeric')} * (select power(10::numeric, currency.exponent) from tieout.currency where currency.code = ${alias}.currency)`;
    }
    if (field === 'date' || field === 'booking_date' || field === 'value_date')
      return this.parameters.add(value, 'date');
    return this.parameters.add(value, 'text');
  }

  #normalise(alias: Alias, text: string, normaliser: Normaliser): string {
    switch (normaliser.name) {
      case 'trim':
        return `btrim(${text})`;
      case 'upper':
        return `upper(${text})`;
      case 'alphanumeric':
        return `upper(regexp_replace(${text}, '[^A-Za-z0-9]', '', 'g'))`;
      case 'digits':
        return `regexp_replace(${text}, '[^0-9]', '', 'g')`;
      case 'token':
        return `tieout.match_token(${text})`;
      case 'key':
        return `tieout.match_key(${text})`;
      case 'strip_leading_zeros':
        return `ltrim(${text}, '0')`;
      case 'strip_prefix': {
        const prefix = this.parameters.add(normaliser.prefix, 'text');
        return `case when starts_with(${text}, ${prefix}) then substr(${text}, length(${prefix}) + 1) else ${text} end`;
      }
      case 'words':
        return this.#several(alias, `regexp_split_to_table(upper(${text}), '[^A-Z0-9]+')`);
      case 'extract':
        return this.#several(
          alias,
          `(select found[1] from regexp_matches(${text}, ${this.parameters.add(normaliser.pattern, 'text')}, 'g') found)`,
        );
    }
  }

  #several(alias: Alias, rows: string): string {
    const name = `${alias}_part${this.#laterals[alias].length + 1}`;
    this.#laterals[alias].push(`cross join lateral ${rows} ${name} (word)`);
    return `${name}.word`;
  }

  #side(alias: Alias): SideRows {
    return alias === 'l' ? this.sides.left : this.sides.right;
  }
}

/**
 * Two sides joined by their keys, then held against the predicates.
 *
 * Banks have few open entries and items: both sides are worked out once, and no predicate looks at a pair whose keys differ.
 * Settlement lines are few beside their items, which are looked up by an index from each line.
 */
function joinedSides(
  context: Context,
  sides: { readonly left: string; readonly right: string },
  { on, keys, predicates }: JoinConditions,
): { readonly with: string; readonly from: string; readonly where: string } {
  const where = `case when ${keys} then ${['true', ...predicates].join(' and ')} else false end`;
  if (context === 'line-to-item')
    return { with: '', from: `(${sides.left}) l join (${sides.right}) r on ${on}`, where };
  return {
    with: `with l as materialized (${sides.left}),\nr as materialized (${sides.right})`,
    from: `l join r on ${on}`,
    where,
  };
}

interface JoinConditions {
  readonly on: string;
  readonly keys: string;
  readonly predicates: readonly string[];
}

const hasAmount = (keys: readonly BlockKey[]) => keys.some(({ left }) => left.field === 'amount');

/**
 * Looked up row by row, as a scalar: the planner takes a table that the run itself fills for an empty one, and as a join it
 * would read all of it for each row.
 */
const ITEM_IS_OPEN = `(
  select true from tieout.match_member
  where match_member.book_id = $1::bigint and match_member.item_id = r.right_id and match_member.is_live
  limit 1
) is null`;
const entryIsOpen = (alias: Alias) => `${alias}.is_carried and (
  select true from tieout.match_member
  where match_member.book_id = $1::bigint and match_member.file_no = ${alias}.file_no
    and match_member.ordinal = ${alias}.ordinal and match_member.is_live
  limit 1
) is null`;

const rightIsOpen = (context: Context) =>
  context === 'bank-to-bank' ? entryIsOpen('r') : ITEM_IS_OPEN;

/** Whether a rule's pairs are told by equal keys and amounts alone: then classes of equal rows are its components. */
export function isClassRule(context: Context, rule: Rule): boolean {
  return (
    context === 'line-to-item' &&
    rule.cardinality === '1:1' &&
    rule.onMatch === 'confirmed' &&
    rule.among === 'any' &&
    hasAmount(rule.blockOn) &&
    rule.predicates.length === 0 &&
    [...rule.blockOn.flatMap(({ left, right }) => [...left.clean, ...right.clean])].every(
      ({ name }) => name !== 'words' && name !== 'extract',
    )
  );
}

/** Whether the groups of a rule sum to the minor unit on both sides. */
export function isExact({ residual, predicates }: Rule): boolean {
  return residual === undefined && !predicates.some(({ op }) => op === 'within');
}

/** Both sides of a group have one sign: what exceeds the one row of a side is no part of it. */
function partOfSum(rule: Rule): readonly string[] {
  if (!isExact(rule)) return [];
  if (rule.cardinality === 'N:1') return ['abs(l.amount_minor) <= abs(r.amount_minor)'];
  if (rule.cardinality === '1:N') return ['abs(l.amount_minor) >= abs(r.amount_minor)'];
  return [];
}

/** A rule of a run: its place among them, and the level of its groups. */
export interface RuleUse extends RunKey {
  readonly context: Context;
  readonly ruleNo: number;
  readonly level: number;
  /** Under which key the business days of each calendar are numbered. */
  readonly calendarKeys: ReadonlyMap<string, string>;
}

/**
 * Ties the pairs of a class rule that are alone with their keys on both sides. Without `isFirst` only what earlier rules left
 * open.
 *
 * Whose class has one pair is alone; only where the hash of a class comes again the rows themselves are compared.
 */
export function classPairs(rule: Rule, use: RuleUse & { readonly isFirst: boolean }): Statement {
  const builder = new Builder(use.context, rule.blockOn, use);
  const left = builder.rows('l', [
    ...builder.scope('l', rule.scope.left),
    ...(use.isFirst ? [] : [entryIsOpen('l')]),
  ]);
  const right = builder.rows('r', [
    ...builder.scope('r', rule.scope.right),
    ...(use.isFirst ? [] : [ITEM_IS_OPEN]),
  ]);
  const level = builder.parameters.add(use.level, 'int');
  const ruleNo = builder.parameters.add(use.ruleNo, 'int');
  return {
    values: builder.parameters.values,
    sql: `
with pair as materialized (
  select l.file_no, l.ordinal, l.revision, r.right_id, r.account_id, r.amount_minor,
    hash_record_extended(row(${['l.currency', ...builder.keyNames.map((key) => `l.${key}`), 'l.amount_minor'].join(', ')}), 0) as class
  from (${left}) l
  join (${right}) r on ${builder.joined(true)}
),
suspect as materialized (
  select file_no, ordinal, right_id from pair
  where class in (select class from pair group by class having count(*) > 1)
),
repeated_line as materialized (select file_no, ordinal from suspect group by file_no, ordinal having count(*) > 1),
repeated_item as materialized (select right_id from suspect group by right_id having count(*) > 1)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, rule_no, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select $1::bigint, tieout.group_id(file_no, ordinal, ${level} + 16 * revision), 1, $2::bigint, ${ruleNo}, file_no, ordinal,
  right_id, account_id, amount_minor, true
from pair
where right_id not in (select right_id from repeated_item)
  and (file_no, ordinal) not in (select file_no, ordinal from repeated_line)`,
  };
}

/**
 * Ties what is left of a class rule where several are alike and the choice is immaterial: as many entries as items, or the
 * spare ones are of one day. They are taken in arrival order.
 */
export function classRest(
  rule: Rule,
  use: RuleUse & { readonly ruleText: string; readonly now: Date },
): Statement {
  const builder = new Builder(use.context, rule.blockOn, use);
  const left = builder.rows('l', [...builder.scope('l', rule.scope.left), entryIsOpen('l')]);
  const right = builder.rows('r', [...builder.scope('r', rule.scope.right), ITEM_IS_OPEN]);
  const own = ['currency', ...builder.keyNames, 'amount_minor'].join(', ');
  const alike = builder.keyNames.map((key) => `l.${key} = r.${key}`).join(' and ');
  const add = builder.parameters;
  const level = add.add(use.level, 'int');
  const rule$ = add.add(use.ruleText, 'text');
  const at = add.add(use.now.toISOString(), 'timestamptz');
  return {
    values: add.values,
    sql: `
with l as materialized (${left}),
r as materialized (
  select r.* from (${right}) r where (${own.replaceAll(/(^|, )/g, '$1r.')}) in (select ${own} from l)
),
placed_l as (
  select l.*, row_number() over (partition by ${own} order by file_no, ordinal) as place, count(*) over same as rows,
    min(day) over same is not distinct from max(day) over same as is_one_day
  from l window same as (partition by ${own})
),
placed_r as (
  select r.*, row_number() over (partition by ${own} order by day, right_id) as place, count(*) over same as rows,
    min(day) over same is not distinct from max(day) over same as is_one_day
  from r window same as (partition by ${own})
),
pair as (
  select tieout.group_id(l.file_no, l.ordinal, ${level} + 16 * l.revision) as group_id, l.file_no, l.ordinal, r.right_id,
    r.account_id, r.amount_minor, greatest(l.rows, r.rows) as alternatives
  from placed_l l
  join placed_r r
    on r.currency = l.currency and ${alike} and r.amount_minor = l.amount_minor and r.place = l.place
  where l.rows = r.rows or (l.rows > r.rows and l.is_one_day) or (l.rows < r.rows and r.is_one_day)
  order by l.file_no, l.ordinal
),
grouped as (
  insert into tieout.match_group (
    book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at
  )
  select $1::bigint, group_id, ${level}, ${rule$}, case when alternatives = 1 then 'UNIQUE' else 'EQUIVALENT' end,
    alternatives, 'confirmed', $2::bigint, ${at}
  from pair
)
insert into tieout.match_member (
  book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live
)
select $1::bigint, group_id, 1, $2::bigint, file_no, ordinal, right_id, account_id, amount_minor, true
from pair`,
  };
}

/** Records the pairs that a naming finds, whatever their amounts; a weaker naming does not unsay a stronger one. */
export function namedPairs(naming: Naming, use: RunKey & { readonly context: Context }): Statement {
  const builder = new Builder(use.context, naming.blockOn, use);
  const left = builder.rows('l', [entryIsOpen('l')]);
  const right = builder.rows('r', []);
  const predicates = naming.predicates.map((predicate) => builder.predicate(predicate));
  const words = naming.predicates.flatMap((predicate) =>
    predicate.op === 'contains' || predicate.op === 'holds'
      ? [builder.value('r', predicate.word)]
      : [],
  );
  const sole = [
    'r.account_id',
    'r.currency',
    ...builder.keyNames.map((key) => `r.${key}`),
    ...words,
  ];
  const once = naming.uniqueRightKey
    ? `select r.* from (select r.*, count(*) over (partition by ${sole.join(', ')}) as bearers from (${right}) r) r where r.bearers = 1`
    : right;
  const strength = builder.parameters.add(naming.strength, 'int');
  const keys = builder.joined(hasAmount(naming.blockOn));
  const pair = joinedSides(use.context, { left, right: once }, { on: keys, keys, predicates });
  return {
    values: builder.parameters.values,
    sql: `
${pair.with}
insert into tieout.match_candidate (
  book_id, run_id, file_no, ordinal, item_id, item_account_id, entry_amount_minor, item_amount_minor, strength
)
select distinct $1::bigint, $2::bigint, l.file_no, l.ordinal, r.right_id, r.account_id, l.amount_minor, r.amount_minor,
  ${strength}
from ${pair.from}
where ${pair.where}
on conflict do nothing`,
  };
}

/** Records the pairs that a rule allows between what is still open: the edges of its components. */
export function allowedPairs(rule: Rule, use: RuleUse): Statement {
  const builder = new Builder(use.context, rule.blockOn, use);
  const isOneToOne = rule.cardinality === '1:1' || rule.cardinality === 'one-sided';
  const left = builder.rows('l', [
    ...builder.scope('l', rule.scope.left),
    entryIsOpen('l'),
    ...(rule.among === 'unnamed' ? [isUnnamed('l')] : []),
  ]);
  const right = builder.rows('r', [
    ...builder.scope('r', rule.scope.right),
    rightIsOpen(use.context),
  ]);
  // Where groups balance, the amounts of one pair need not.
  const predicates = [
    ...rule.predicates
      .filter(({ op }) => isOneToOne || op !== 'within')
      .map((predicate) => builder.predicate(predicate)),
    ...partOfSum(rule),
  ];
  const named = `select l.*, named.item_id as named_item_id
from (${left}) l
join tieout.match_candidate named
  on named.book_id = $1::bigint and named.run_id = $2::bigint and named.file_no = l.file_no and named.ordinal = l.ordinal`;
  const isNamed = rule.among === 'named';
  const isSameAccount =
    use.context === 'bank-to-bank'
      ? [`l.account_code ${rule.cardinality === 'one-sided' ? '=' : '<>'} r.account_code`]
      : [];
  const ruleNo = builder.parameters.add(use.ruleNo, 'int');
  const keys = builder.joined(hasAmount(rule.blockOn));
  const pair = joinedSides(
    use.context,
    { left: isNamed ? named : left, right },
    {
      on: isNamed ? 'r.right_id = l.named_item_id' : keys,
      keys,
      predicates: [...isSameAccount, ...predicates],
    },
  );
  return {
    values: builder.parameters.values,
    sql: `
${pair.with}
insert into tieout.match_edge (
  book_id, run_id, rule_no, file_no, ordinal, right_id, right_file_no, right_ordinal, left_minor, right_minor, distance
)
select distinct $1::bigint, $2::bigint, ${ruleNo}, l.file_no, l.ordinal, r.right_id, r.file_no, r.ordinal, l.amount_minor,
  r.amount_minor, ${builder.distance()}
from ${pair.from}
where ${pair.where}`,
  };
}

const isUnnamed = (alias: Alias) => `(${alias}.file_no, ${alias}.ordinal) not in (
  select match_candidate.file_no, match_candidate.ordinal from tieout.match_candidate
  where match_candidate.book_id = $1::bigint and match_candidate.run_id = $2::bigint
)`;
