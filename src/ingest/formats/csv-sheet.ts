import type { NumberFormat } from '../../money.ts';
import type { EntryType, FeeKind } from '../record.ts';
import type { CheckPlan } from './csv-checks.ts';
import { DateReader } from './csv-dates.ts';
import type { CsvHeader } from './csv-header.ts';
import {
  type AmountPlan,
  amountPlan,
  type IdentityPlan,
  identityPlan,
  ownPlans,
  type Slot,
  type TextPlans,
  textPlans,
} from './csv-plans.ts';
import {
  type AmountRule,
  type CsvProfile,
  type EntryTexts,
  feeRules,
  labelsOf,
  type NumberRules,
  namesOf,
  namesOfAmount,
  type ValueName,
} from './csv-profile.ts';
import { StatusMap } from './csv-status.ts';
import { TypeMap } from './csv-types.ts';

/** The slot of a value that the file does not carry: it is empty in every row. */
export const NOWHERE: Slot = ~0;

/** One file's header read with one profile: everything a row needs to be understood. */
export interface CsvSheet {
  readonly profile: CsvProfile;
  readonly header: CsvHeader;
  /** Constants, metadata and what sections set, by slot; the first is always empty. */
  readonly context: string[];
  readonly contextSlots: ReadonlyMap<ValueName, Slot>;
  readonly types: TypeMap;
  readonly statuses: StatusMap;
  readonly dates: DateReader;
  readonly numbers: NumberFormat;
  /** How columns write numbers that do it another way. */
  readonly ownNumbers: ReadonlyMap<Slot, NumberFormat>;
  readonly slots: EntrySlots;
  readonly net: AmountPlan | null;
  readonly gross: AmountPlan | null;
  readonly fees: readonly { readonly kind: FeeKind; readonly plan: AmountPlan }[];
  readonly texts: TextPlans;
  readonly textsByType: ReadonlyMap<EntryType, TextPlans>;
  readonly identity: readonly IdentityPlan[];
  readonly netOnly: ReadonlySet<EntryType>;
  readonly feesTotal: AmountPlan | null;
  /** Types whose rows may tell only the total of their fees. */
  readonly totalOnly: ReadonlySet<EntryType>;
  /** Values that a spreadsheet may have mangled. */
  readonly checked: readonly Slot[];
  readonly declaredPayout: AmountPlan | null;
  readonly unlisted: readonly UnlistedPlan[];
  readonly checks: readonly CheckPlan[];
}

/** An amount of the whole payout that no row has. */
export interface UnlistedPlan {
  readonly type: EntryType;
  readonly plan: AmountPlan;
  /** What the file calls it. */
  readonly label: string;
}

/** The slots of the values every entry may have. */
export interface EntrySlots {
  readonly account: Slot;
  readonly batch: Slot;
  readonly currency: readonly Slot[];
  readonly bookingDate: readonly Slot[];
  readonly valueDate: readonly Slot[];
  readonly grossCurrency: Slot;
  readonly rate: Slot;
  readonly running: Slot;
  readonly payoutDate: readonly Slot[];
  readonly payoutReference: Slot;
  readonly opening: Slot;
  readonly closing: Slot;
}

/** Resolves a profile's names once per header; `values` are the context by name, as far as it is known. */
export function openSheet(
  profile: CsvProfile,
  header: CsvHeader,
  values: ReadonlyMap<ValueName, string>,
): CsvSheet {
  const resolver = new SlotResolver(header, values);
  const slot = (name: ValueName | undefined) => resolver.slotOf(name);
  const { entry, balances, payouts, dates } = profile;
  const amount = (rule: AmountRule | undefined) =>
    rule === undefined ? null : amountPlan(rule, slot);
  const texts = textPlans(entry, slot);
  const byType = Object.entries(entry.by_type ?? {}) as [EntryType, EntryTexts][];
  return {
    profile,
    header,
    context: resolver.context,
    contextSlots: resolver.known,
    types: new TypeMap(entry.type, slot),
    statuses: new StatusMap(entry.status, slot),
    dates: new DateReader(dates, typeof dates.zone === 'object' ? slot(dates.zone.column) : null),
    numbers: numberFormat(profile.numbers),
    ownNumbers: new Map(
      Object.entries(profile.numbers.columns ?? {}).map(([name, own]) => [
        slot(name),
        numberFormat({ ...own, ...sharedScale(profile.numbers) }),
      ]),
    ),
    slots: {
      account: slot(entry.account),
      batch: slot(entry.batch),
      currency: namesOf(entry.currency).map(slot),
      bookingDate: namesOf(entry.booking_date).map(slot),
      valueDate: namesOf(entry.value_date).map(slot),
      grossCurrency: slot(entry.gross_currency),
      rate: slot(entry.rate),
      running: slot(balances?.running),
      payoutDate: namesOf(payouts?.date).map(slot),
      payoutReference: slot(payouts?.reference),
      opening: slot(balances?.opening),
      closing: slot(balances?.closing),
    },
    net: amount(entry.net),
    gross: amount(entry.gross),
    fees: feeRules(profile).map(({ kind, rule }) => ({ kind, plan: amountPlan(rule, slot) })),
    texts,
    textsByType: new Map(byType.map(([type, own]) => [type, { ...texts, ...ownPlans(own, slot) }])),
    identity: (entry.identity ?? []).map((rule) => identityPlan(rule, slot)),
    netOnly: new Set(entry.net_only),
    feesTotal: amount(entry.fees_total),
    totalOnly: new Set(entry.total_only),
    checked: checkedNames(profile).map(slot),
    declaredPayout: amount(payouts?.declared),
    unlisted: unlistedPlans(profile, slot),
    checks: (entry.checks ?? []).map(({ sum, equals }) => ({
      sum: sum.map((rule) => amountPlan(rule, slot)),
      equals: amountPlan(equals, slot),
    })),
  };
}

/** The text of a value in a row; empty when the file does not carry it. */
export function cell(sheet: CsvSheet, row: readonly string[], slot: Slot): string {
  return (slot >= 0 ? row[slot] : sheet.context[~slot]) ?? '';
}

/** The first of several places that is filled in a row, else the first the file carries. */
export function firstFilled(sheet: CsvSheet, row: readonly string[], slots: readonly Slot[]): Slot {
  for (const slot of slots) if (cell(sheet, row, slot) !== '') return slot;
  return slots.find((slot) => slot !== NOWHERE) ?? NOWHERE;
}

/** Gives a name of the context another value for the rows to come. */
export function setContext(sheet: CsvSheet, name: ValueName, text: string): void {
  const slot = sheet.contextSlots.get(name);
  if (slot !== undefined) sheet.context[~slot] = text;
}

/** What the file calls a value: its header, or the number of its column. */
export function headerOf(sheet: CsvSheet, slot: Slot): string {
  if (slot < 0) return 'context';
  return sheet.header.cells[slot] ?? `column ${slot + 1}`;
}

/** Gives every name that is not a column a place in the context. */
class SlotResolver {
  readonly context: string[] = [''];
  readonly #header: CsvHeader;
  readonly #values: ReadonlyMap<ValueName, string>;
  readonly known = new Map<ValueName, Slot>();

  constructor(header: CsvHeader, values: ReadonlyMap<ValueName, string>) {
    this.#header = header;
    this.#values = values;
  }

  slotOf(name: ValueName | undefined): Slot {
    if (name === undefined) return NOWHERE;
    const position = this.#header.position.get(name) ?? this.known.get(name);
    if (position !== undefined) return position;
    const value = this.#values.get(name);
    if (value === undefined) return NOWHERE;
    const slot = ~this.context.length;
    this.context.push(value);
    this.known.set(name, slot);
    return slot;
  }
}

function unlistedPlans(
  profile: CsvProfile,
  slot: (name: ValueName | undefined) => Slot,
): readonly UnlistedPlan[] {
  const rules = Object.entries(profile.payouts?.unlisted ?? {}) as [EntryType, AmountRule][];
  return rules.map(([type, rule]) => {
    const [name = ''] = namesOfAmount(rule);
    const [label = name] = labelsOf(profile.metadata?.[name] ?? []);
    return { type, plan: amountPlan(rule, slot), label };
  });
}

function checkedNames(profile: CsvProfile): readonly ValueName[] {
  if (profile.spreadsheet?.check !== undefined) return profile.spreadsheet.check;
  const { entry } = profile;
  const all = [entry, ...Object.values(entry.by_type ?? {})].flatMap((texts) => [
    ...namesOf(texts.external_id),
    ...namesOf(texts.reference),
    ...namesOf(texts.original_reference),
  ]);
  return [...new Set(all)];
}

/** Amounts of one file are in one fraction of the minor unit, whichever way a column writes them. */
function sharedScale({ extra_decimals }: NumberRules): Pick<NumberRules, 'extra_decimals'> {
  return extra_decimals === undefined ? {} : { extra_decimals };
}

function numberFormat(numbers: NumberRules): NumberFormat {
  const { decimal, group, symbols, unit, exponents, extra_decimals: extraDecimals } = numbers;
  return {
    decimal,
    ...(group === undefined ? {} : { group }),
    plusSign: numbers.plus_sign ?? false,
    trailingMinus: numbers.trailing_minus ?? false,
    parentheses: numbers.parentheses ?? false,
    unicodeMinus: numbers.unicode_minus ?? false,
    ...(symbols === undefined ? {} : { symbols }),
    ...(unit === undefined ? {} : { unit }),
    ...(exponents === undefined ? {} : { exponents }),
    ...(extraDecimals === undefined ? {} : { extraDecimals }),
  };
}
