import type { Cardinality, Context, FieldName, ResidualType, Rule } from './rule.ts';

/** A rule pack as it is written, keys as in the document; checked by `rule-pack.schema.json`. */
export interface PackDocument {
  readonly rulepack: string;
  readonly context: Context;
  readonly sides?: { readonly left?: string; readonly right?: string };
  readonly naming?: readonly NamingDocument[];
  readonly rules: readonly RuleDocument[];
}

export interface NamingDocument {
  readonly id: string;
  readonly strength: number;
  readonly block_on: readonly KeyDocument[];
  readonly predicates?: readonly PredicateDocument[];
  readonly unique_right_key?: boolean;
}

export interface RuleDocument {
  readonly id: string;
  readonly priority: number;
  readonly cardinality: Cardinality;
  readonly scope?: { readonly left?: string; readonly right?: string };
  readonly block_on?: readonly KeyDocument[];
  readonly predicates?: readonly PredicateDocument[];
  readonly among?: Rule['among'];
  readonly ambiguity?: Rule['ambiguity'];
  readonly on_match?: Rule['onMatch'];
  readonly residual?: {
    readonly type: ResidualType;
    readonly account: string;
    readonly tax: 'none';
    readonly limit_per_item: string;
    readonly limit_per_run: string;
  };
  readonly subset?: { readonly max_items?: number; readonly budget_nodes?: number };
  readonly retired?: boolean;
}

/** A field of both sides, cleaned or not, or one of each side. */
export type KeyDocument =
  | CleanedDocument
  | { readonly left: CleanedDocument; readonly right: CleanedDocument };

export type CleanedDocument =
  | FieldName
  | { readonly field: FieldName; readonly clean: readonly NormaliserDocument[] };

export type NormaliserDocument =
  | 'trim'
  | 'upper'
  | 'alphanumeric'
  | 'digits'
  | 'token'
  | 'key'
  | 'words'
  | 'strip_leading_zeros'
  | { readonly strip_prefix: string }
  | { readonly extract: string };

export type ToleranceDocument =
  | string
  | {
      readonly abs?: string;
      readonly percent?: string;
      readonly governs?: 'larger' | 'smaller';
    };

/** A field of both sides, or one of each. */
interface Sides<Value> {
  readonly field?: Value;
  readonly left?: Value;
  readonly right?: Value;
}

export interface WithinDocument {
  readonly op: 'within';
  readonly field: 'amount';
  readonly abs?: string;
  readonly percent?: string;
  readonly governs?: 'larger' | 'smaller';
  readonly under?: ToleranceDocument;
  readonly over?: ToleranceDocument;
}

export interface OffsetDocument extends Sides<FieldName> {
  readonly op: 'offset';
  readonly from: number;
  readonly to: number;
  readonly unit: 'day' | 'business_day';
  readonly calendar?: string;
}

export type PredicateDocument =
  | ({ readonly op: 'equal' } & Sides<CleanedDocument>)
  | WithinDocument
  | OffsetDocument
  | { readonly op: 'holds'; readonly text: FieldName; readonly word: CleanedDocument }
  | {
      readonly op: 'contains';
      readonly text: FieldName;
      readonly word: CleanedDocument;
      readonly min_length: number;
    }
  | ({ readonly op: 'similar'; readonly at_least: string } & Sides<FieldName>);
