import {
  type AmountRule,
  type EntryTexts,
  type IdentityRule,
  isList,
  namesOf,
  type TextRule,
  type ValueName,
} from './csv-profile.ts';

/**
 * Where a value stands: a column's position, or below zero a place in the context (`~slot`).
 *
 * Resolved once per file, so that a row is read without looking anything up by name.
 */
export type Slot = number;

/** An amount's columns and its sign; `null` slots do not apply. */
export type AmountPlan =
  | {
      readonly kind: 'signed';
      readonly slot: Slot;
      readonly isInverse: boolean;
      readonly currency: Slot | null;
    }
  | {
      readonly kind: 'pair';
      readonly credit: Slot;
      readonly debit: Slot;
      readonly isDebitNegative: boolean;
      readonly currency: Slot | null;
    }
  | {
      readonly kind: 'word';
      readonly slot: Slot;
      readonly direction: Slot;
      readonly ins: ReadonlySet<string>;
      readonly outs: ReadonlySet<string>;
      /** Words whose amounts have a sign of their own. */
      readonly signed: ReadonlySet<string>;
      /** Whether a minus may repeat what a word of `outs` says. */
      readonly isMinusAllowed: boolean;
      readonly currency: Slot | null;
    };

export interface TextPlan {
  readonly slots: readonly Slot[];
  readonly isJoined: boolean;
  /** The text is empty when this value is filled. */
  readonly unless: Slot | null;
}

export interface TextPlans {
  readonly externalId: TextPlan;
  readonly reference: TextPlan;
  readonly originalReference: TextPlan;
  readonly counterparty: TextPlan;
  readonly narrative: TextPlan;
}

export interface IdentityPlan {
  readonly when: readonly Slot[];
  /** Slots, and the names of values already read (`$net`). */
  readonly parts: readonly (Slot | string)[];
  readonly isUnique: boolean;
}

/** Finds where a value stands. */
type Resolve = (name: ValueName | undefined) => Slot;

/** Resolves an amount's names. */
export function amountPlan(rule: AmountRule, slot: Resolve): AmountPlan {
  const currency = rule.currency === undefined ? null : slot(rule.currency);
  if ('credit' in rule) {
    const isDebitNegative = rule.debit_sign === 'negative';
    const [credit, debit] = [slot(rule.credit), slot(rule.debit)];
    return { kind: 'pair', credit, debit, isDebitNegative, currency };
  }
  if ('direction' in rule) {
    return {
      kind: 'word',
      slot: slot(rule.of),
      direction: slot(rule.direction),
      ins: new Set(rule.in),
      outs: new Set(rule.out),
      signed: new Set(rule.signed),
      isMinusAllowed: rule.out_sign === 'optional',
      currency,
    };
  }
  return { kind: 'signed', slot: slot(rule.of), isInverse: rule.positive === 'out', currency };
}

function textPlan(rule: TextRule | undefined, slot: Resolve): TextPlan {
  const slots = namesOf(rule).map(slot);
  if (rule === undefined || typeof rule === 'string' || isList(rule)) {
    return { slots, isJoined: false, unless: null };
  }
  const unless = rule.unless === undefined ? null : slot(rule.unless);
  return { slots, isJoined: 'join' in rule, unless };
}

/** Resolves the names of every text. */
export function textPlans(texts: EntryTexts, slot: Resolve): TextPlans {
  return {
    externalId: textPlan(texts.external_id, slot),
    reference: textPlan(texts.reference, slot),
    originalReference: textPlan(texts.original_reference, slot),
    counterparty: textPlan(texts.counterparty, slot),
    narrative: textPlan(texts.narrative, slot),
  };
}

/** Only the texts that rows of a type take from elsewhere. */
export function ownPlans(texts: EntryTexts, slot: Resolve): Partial<TextPlans> {
  const plans = textPlans(texts, slot);
  return {
    ...(texts.external_id === undefined ? {} : { externalId: plans.externalId }),
    ...(texts.reference === undefined ? {} : { reference: plans.reference }),
    ...(texts.original_reference === undefined
      ? {}
      : { originalReference: plans.originalReference }),
    ...(texts.counterparty === undefined ? {} : { counterparty: plans.counterparty }),
    ...(texts.narrative === undefined ? {} : { narrative: plans.narrative }),
  };
}

/** Resolves an identity's names. */
export function identityPlan(rule: IdentityRule, slot: Resolve): IdentityPlan {
  return {
    when: (rule.when ?? []).map(slot),
    parts: rule.of.map((part) => (part.startsWith('$') ? part : slot(part))),
    isUnique: rule.unique ?? true,
  };
}
