/** What is tied: settlement lines to items, bank entries to items, or entries of banks to one another. */
export type Context = 'line-to-item' | 'bank-to-item' | 'bank-to-bank';

/** How many of each side a group has, left to right; `one-sided` is two entries of one account that undo each other. */
export type Cardinality = '1:1' | '1:N' | 'N:1' | 'N:M' | 'one-sided';

/**
 * What rules may look at; not every side has every field. `words` is reference, external id and narrative together;
 * `identifier` the first word of reference and narrative that could identify something: four or more characters with a digit,
 * and no date, nor an account behind a code that says so.
 */
export type FieldName =
  | 'account'
  | 'amount'
  | 'batch'
  | 'booking_date'
  | 'counterparty'
  | 'currency'
  | 'date'
  | 'external_id'
  | 'identifier'
  | 'is_reversal'
  | 'kind'
  | 'merchant'
  | 'narrative'
  | 'original_reference'
  | 'payment_id'
  | 'reference'
  | 'source'
  | 'value_date'
  | 'words';

/** A named way to clean a text before it is compared. `words` and `extract` may give several keys; nothing is no key. */
export type Normaliser =
  | { readonly name: 'trim' | 'upper' | 'alphanumeric' | 'digits' | 'token' | 'key' | 'words' }
  | { readonly name: 'strip_prefix'; readonly prefix: string }
  | { readonly name: 'strip_leading_zeros' }
  /** A pattern without backreferences and lookaround (RE2); the first group is the key, else the whole find. */
  | { readonly name: 'extract'; readonly pattern: string };

export interface CleanField {
  readonly field: FieldName;
  readonly clean: readonly Normaliser[];
}

/** Both sides of a blocking key: joined by equality. */
export interface BlockKey {
  readonly left: CleanField;
  readonly right: CleanField;
}

/** A condition on one side; amounts in major units of the row's currency, as text. */
export interface ScopeCondition {
  readonly field: FieldName;
  readonly op: '=' | '<>' | '>' | '>=' | '<' | '<=' | 'in' | 'like' | 'is null' | 'is not null';
  readonly values: readonly string[];
}

export type Predicate =
  | { readonly op: 'equal'; readonly left: CleanField; readonly right: CleanField }
  /** Left may be less than right by `under` and more by `over`, in size; major units of the currency. */
  | {
      readonly op: 'within';
      readonly field: 'amount';
      readonly under: Tolerance;
      readonly over: Tolerance;
    }
  /** Left's date minus right's, from `from` to `to` inclusive. */
  | {
      readonly op: 'offset';
      readonly left: FieldName;
      readonly right: FieldName;
      readonly from: number;
      readonly to: number;
      readonly unit: 'day' | 'business_day';
      /** A calendar's name; of business days only. */
      readonly calendar?: string;
    }
  /** The text holds the word whole: not going on in letters or digits. */
  | { readonly op: 'holds'; readonly text: FieldName; readonly word: CleanField }
  /** The text, folded to letters and digits, holds the word wherever it stands. */
  | {
      readonly op: 'contains';
      readonly text: FieldName;
      readonly word: CleanField;
      readonly minLength: number;
    }
  /** Trigram similarity of at least so much; only in rules that suggest. */
  | {
      readonly op: 'similar';
      readonly left: FieldName;
      readonly right: FieldName;
      readonly atLeast: string;
    };

/** Decimal texts: an amount in major units, a percentage of the right side's amount; of both the larger or the smaller holds. */
export interface Tolerance {
  readonly abs: string;
  readonly percent?: string;
  readonly governs?: 'larger' | 'smaller';
}

/** The closed list of what a residual may be. */
export type ResidualType =
  | 'BANK_FEE'
  | 'FX_DIFFERENCE'
  | 'ROUNDING'
  | 'WRITE_OFF'
  | 'MISCELLANEOUS'
  | 'FEE_VARIANCE'
  | 'TAX_ON_FEE'
  | 'RESERVE'
  | 'UNIDENTIFIED_RECEIPT';

/** What happens to the difference of a group within its tolerance. Limits in major units of the group's currency. */
export interface ResidualPolicy {
  readonly type: ResidualType;
  readonly account: string;
  readonly tax: 'none';
  readonly limitPerItem: string;
  readonly limitPerRun: string;
}

export interface SubsetPolicy {
  readonly maxItems: number;
  readonly budgetNodes: number;
  readonly onExhausted: 'MAT_BUDGET_EXHAUSTED';
}

/**
 * How an entry names what it is, whatever the amounts: what names one thing is not tied to another, however well the amount
 * fits. Of several namings of an entry the strongest count (1 before 2).
 */
export interface Naming {
  readonly id: string;
  readonly strength: number;
  readonly blockOn: readonly BlockKey[];
  readonly predicates: readonly Predicate[];
  /** The right side's key must be of one open item only; else it names nothing. */
  readonly uniqueRightKey: boolean;
}

export interface Rule {
  readonly id: string;
  /** Rules of a pack apply in ascending priority; each sees only what those before left open. */
  readonly priority: number;
  readonly cardinality: Cardinality;
  readonly scope: {
    readonly left: readonly ScopeCondition[];
    readonly right: readonly ScopeCondition[];
  };
  readonly blockOn: readonly BlockKey[];
  readonly predicates: readonly Predicate[];
  /**
   * Which pairs it looks at: those that the pack's naming has found (the strongest of each entry), entries that name
   * nothing, or any.
   */
  readonly among: 'named' | 'unnamed' | 'any';
  /** Several solutions: stay open, are suggested, or are tied when all are alike. */
  readonly ambiguity: 'reject' | 'suggest' | 'cardinality';
  readonly onMatch: 'confirmed' | 'suggested';
  readonly residual?: ResidualPolicy;
  readonly subset: SubsetPolicy;
  /** Retired rules stay in the pack for what they tied; they tie nothing more. */
  readonly retired: boolean;
}

export interface RulePack {
  readonly pack: string;
  readonly context: Context;
  /** The first 12 hexadecimal digits of the SHA-256 of the pack's canonical content. */
  readonly version: string;
  readonly naming: readonly Naming[];
  readonly rules: readonly Rule[];
  /** Calendars its predicates name. */
  readonly calendars: readonly string[];
  /** The document as it is stored with its version. */
  readonly content: object;
}

/** How a match names its rule: `rule@version`. */
export function ruleVersion(pack: RulePack, rule: Rule): string {
  return `${rule.id}@${pack.version}`;
}
