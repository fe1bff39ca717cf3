import type { EntryStatus, EntryType, FeeKind } from '../record.ts';

/** A name of the profile's own for a value: a column, a constant, a metadata label or a section's context. */
export type ValueName = string;

/** Where a cell of a section row stands: counted from 1, or a column's name. */
export type Place = number | ValueName;

/**
 * How one sender writes one report: data, checked by `profiles/profile.schema.json`, keys as in the document.
 *
 * What it does not declare is refused. Every value has a name; all the rest of the profile speaks of names.
 */
export interface CsvProfile {
  /** The format is called `csv:` and this. */
  readonly name: string;
  readonly role: 'processor' | 'bank';
  /** Several where the sender lets its customers choose: the header tells which of them a file has. */
  readonly delimiter?: string | readonly string[];
  /** The label of the encoding of bytes that are not UTF-8. */
  readonly encoding?: string;
  readonly quoted_newlines?: boolean;
  readonly trim?: boolean;
  /** What a cell says that has nothing to say. */
  readonly empty?: readonly string[];
  readonly table?: TableRules;
  /** A header, several where it is localised or was renamed, or a position counted from 1. */
  readonly columns: Readonly<Record<ValueName, string | number | readonly string[]>>;
  readonly optional?: readonly ValueName[];
  readonly ignored?: readonly string[];
  readonly constants?: Readonly<Record<ValueName, string>>;
  readonly metadata?: Readonly<Record<ValueName, LabelRule>>;
  readonly sections?: SectionRules;
  readonly numbers: NumberRules;
  readonly dates: DateRules;
  readonly entry: EntryRules;
  readonly balances?: BalanceRules;
  readonly payouts?: PayoutRules;
  readonly spreadsheet?: SpreadsheetRules;
}

/** Where the table is, and how a file is recognised. */
export interface TableRules {
  readonly header?: boolean;
  readonly within?: number;
  readonly width?: number;
  readonly signature?: readonly ValueName[];
  readonly absent?: readonly string[];
  readonly end?: readonly string[];
}

/** The label whose value stands beside it, or in the row below it; several where it is localised or was renamed. */
export type LabelRule = string | readonly string[] | { readonly below: string | readonly string[] };

/** What the rows of a file with record types are. */
export interface SectionRules {
  readonly column: Place;
  readonly otherwise?: 'entry' | 'reject';
  readonly rows: Readonly<Record<string, RowRule>>;
}

export type RowRule = 'skip' | 'header' | 'entry' | ContextRow;

/** A row that says something of other rows: context, the end of a scope, control totals. */
export interface ContextRow {
  readonly opens?: 'section';
  readonly set?: Readonly<Record<ValueName, Place>>;
  readonly trailer?: Scope;
  readonly declares?: Scope;
  readonly count?: Place;
  readonly sums?: readonly ControlSum[];
  readonly required?: boolean;
}

export type Scope = 'section' | 'file';

export interface ControlSum {
  readonly at: Place;
  readonly of: 'gross' | 'net' | 'fees';
  readonly side?: 'in' | 'out' | 'both';
  readonly currency?: Place;
}

export interface NumberRules {
  readonly decimal: '.' | ',';
  readonly group?: '.' | ',' | ' ' | "'" | '’' | '\u00a0' | '\u202f';
  readonly plus_sign?: boolean;
  readonly trailing_minus?: boolean;
  readonly parentheses?: boolean;
  readonly unicode_minus?: boolean;
  readonly symbols?: readonly string[];
  readonly unit?: 'major' | 'minor';
  readonly extra_decimals?: number;
  readonly exponents?: Readonly<Record<string, number>>;
  /** Columns that write numbers another way. */
  readonly columns?: Readonly<Record<ValueName, Omit<NumberRules, 'columns' | 'extra_decimals'>>>;
}

export interface DateRules {
  readonly patterns: readonly string[];
  readonly months?: readonly string[];
  readonly zone?:
    | string
    | { readonly column: ValueName; readonly names?: Readonly<Record<string, string>> };
  readonly day_in?: string;
  readonly earliest?: string;
  readonly latest?: string;
}

/** A name, or several of which the first filled one counts. */
export type NameRule = ValueName | readonly ValueName[];

export interface EntryRules extends EntryTexts {
  readonly account?: ValueName;
  readonly batch?: ValueName;
  readonly currency: NameRule;
  readonly fold_currency?: boolean;
  readonly type: EntryType | TypeRules;
  readonly status?: EntryStatus | StatusRules;
  readonly booking_date: NameRule;
  readonly value_date?: NameRule;
  readonly net?: AmountRule;
  readonly gross?: AmountRule;
  readonly gross_currency?: ValueName;
  readonly rate?: ValueName;
  readonly tolerance_minor?: number;
  readonly net_only?: readonly EntryType[];
  readonly fees?: Readonly<Partial<Record<FeeKind, AmountRule | readonly AmountRule[]>>>;
  readonly fees_total?: AmountRule;
  readonly total_only?: readonly EntryType[];
  readonly checks?: readonly CheckRule[];
  readonly by_type?: Readonly<Partial<Record<EntryType, EntryTexts>>>;
  readonly identity?: readonly IdentityRule[];
}

/** The texts of an entry; for rows of one type they may come from elsewhere. */
export interface EntryTexts {
  readonly external_id?: TextRule;
  readonly reference?: TextRule;
  readonly original_reference?: TextRule;
  readonly counterparty?: TextRule;
  readonly narrative?: TextRule;
}

/** A name, several of which the first filled one counts, or several joined with a blank. */
export type TextRule =
  | ValueName
  | readonly ValueName[]
  | { readonly of: readonly ValueName[]; readonly unless?: ValueName }
  | { readonly join: readonly ValueName[]; readonly unless?: ValueName };

export interface TypeRules {
  readonly of: readonly ValueName[];
  readonly map: Readonly<Record<string, EntryType>>;
  /** The value, and why rows of it are passed over. */
  readonly ignore?: Readonly<Record<string, string>>;
  /** What rows of a type are when they take money out. */
  readonly outgoing?: Readonly<Partial<Record<EntryType, EntryType>>>;
}

/** The statuses of rows by the values of one or several columns, joined by `|`. */
export interface StatusRules {
  readonly of: NameRule;
  readonly booked: readonly string[];
  readonly pending?: readonly string[];
  readonly information?: readonly string[];
  readonly ignored?: readonly string[];
}

/** Amounts of a row whose sum another amount of it tells. */
export interface CheckRule {
  readonly sum: readonly AmountRule[];
  readonly equals: AmountRule;
}

/** A signed column, a credit and a debit column, or an unsigned column with a word for its direction. */
export type AmountRule = SignedRule | PairRule | WordRule;

export interface SignedRule {
  readonly of: ValueName;
  readonly positive: 'in' | 'out';
  readonly currency?: ValueName;
}

export interface PairRule {
  readonly credit: ValueName;
  readonly debit: ValueName;
  readonly debit_sign?: 'negative';
  readonly currency?: ValueName;
}

export interface WordRule {
  readonly of: ValueName;
  readonly direction: ValueName;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly signed?: readonly string[];
  readonly out_sign?: 'optional';
  readonly currency?: ValueName;
}

export interface IdentityRule {
  readonly when?: readonly ValueName[];
  readonly of: readonly string[];
  readonly unique?: boolean;
}

export interface BalanceRules {
  readonly opening?: ValueName;
  readonly closing?: ValueName;
  readonly running?: ValueName;
}

export interface PayoutRules {
  readonly date: NameRule;
  readonly date_is?: 'latest';
  readonly reference?: ValueName;
  readonly declared?: AmountRule;
  /** Amounts that the file tells for the whole payout and no row has, as entries of a type. */
  readonly unlisted?: Readonly<Partial<Record<EntryType, AmountRule>>>;
}

export interface SpreadsheetRules {
  readonly check?: readonly ValueName[];
  readonly rounded_digits?: boolean;
}

/** What the status of a row says: an entry's, or that the row is passed over. */
export type RowStatus = EntryStatus | 'ignored';

/** The headers a profile knows for one of its columns; none for a column by position. */
export function headersOf(profile: CsvProfile, column: ValueName): readonly string[] {
  const rule = profile.columns[column];
  if (rule === undefined || typeof rule === 'number') return [];
  return typeof rule === 'string' ? [rule] : rule;
}

/** The labels of a value above or below the table. */
export function labelsOf(rule: LabelRule): readonly string[] {
  if (typeof rule === 'string') return [rule];
  if ('below' in rule) return labelsOf(rule.below);
  return rule;
}

/** The names a text may come from. */
export function namesOf(rule: TextRule | undefined): readonly ValueName[] {
  if (rule === undefined) return [];
  if (typeof rule === 'string') return [rule];
  if (isList(rule)) return rule;
  return 'of' in rule ? rule.of : rule.join;
}

/** Arrays have a `join` too: a list is told apart first. */
export function isList(rule: TextRule): rule is readonly ValueName[] {
  return Array.isArray(rule);
}

/** The columns, constants, labels and contexts an amount is read from. */
export function namesOfAmount(rule: AmountRule | undefined): readonly ValueName[] {
  if (rule === undefined) return [];
  const currency = rule.currency === undefined ? [] : [rule.currency];
  if ('credit' in rule) return [rule.credit, rule.debit, ...currency];
  return 'direction' in rule ? [rule.of, rule.direction, ...currency] : [rule.of, ...currency];
}

/** Fees as a list, a kind as often as it has columns. */
export function feeRules(
  profile: CsvProfile,
): readonly { readonly kind: FeeKind; readonly rule: AmountRule }[] {
  const kinds = Object.entries(profile.entry.fees ?? {}) as [
    FeeKind,
    AmountRule | readonly AmountRule[],
  ][];
  return kinds.flatMap(([kind, rules]) =>
    (Array.isArray(rules) ? (rules as readonly AmountRule[]) : [rules as AmountRule]).map(
      (rule) => ({ kind, rule }),
    ),
  );
}
