import type { BusinessDate } from '../business-date.ts';
import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { sumMinor } from '../money.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/localise/${file}`);
const BATCH = step('10_batch.sql');
const BANK = step('20_bank.sql');
const DAYS = step('30_days.sql');
const LINES = step('40_lines.sql');
const KEPT_ASIDE = step('50_kept_aside.sql');
const POSSIBLE = step('60_possible.sql');

/** Of a day that does not agree, so many lines are told one by one, the largest differences first. */
const LINES_OF_A_DAY = 50n;

/** Two sides of one thing, with what they differ by: left − right. */
export interface ControlTotal {
  readonly name: string;
  readonly leftMinor: bigint;
  readonly rightMinor: bigint;
  readonly differenceMinor: bigint;
  /** Below this total: lines that differ, though what is left of them may cancel out. */
  readonly differing: bigint;
}

/** The control totals of one level; those that differ are followed to the next. */
export interface BreakLevel {
  readonly level: 'bank' | 'payout' | 'kind' | 'day';
  /** What the level is of: the batch, or the kind whose days these are. */
  readonly of: string;
  readonly left: string;
  readonly right: string;
  readonly totals: readonly ControlTotal[];
}

/** Something that is known to make up a part of the difference. */
export interface BreakCause {
  readonly level: 'bank' | 'payout' | 'line';
  readonly kind:
    | 'bank-charge'
    | 'kept-aside'
    | 'known-before'
    | 'paid-twice'
    | 'amount-differs'
    | 'not-in-ledger'
    | 'other-lines';
  readonly amountMinor: bigint;
  readonly reference: string | null;
  /** `file name:line` of the record. */
  readonly place: string | null;
  /** `file number:ordinal` of the entry. */
  readonly entry: string | null;
  readonly text: string;
}

/** Something of exactly the amount that is left unexplained: a lead, no proof. */
export interface PossibleCause {
  readonly level: 'bank' | 'payout';
  readonly kind:
    | 'paid-twice'
    | 'shown-apart'
    | 'line-of-another-batch'
    | 'not-reported'
    | 'line-of-the-batch'
    | 'bank-charge';
  readonly reference: string | null;
  readonly place: string | null;
  readonly entry: string | null;
  readonly item: string | null;
  /** How many there are of this kind and amount. */
  readonly alike: bigint;
  readonly text: string;
}

/** Where the money of a batch goes another way than it should, down to the lines; explained + unexplained = difference. */
export interface Localisation {
  readonly batchId: string;
  readonly source: string;
  readonly merchant: string;
  readonly batch: string;
  readonly currency: Currency;
  /** `null` while the bank has shown none of its payouts. */
  readonly bankMinor: bigint | null;
  readonly payoutMinor: bigint;
  readonly netMinor: bigint;
  readonly expectedMinor: bigint;
  readonly differenceMinor: bigint;
  readonly explainedMinor: bigint;
  readonly unexplainedMinor: bigint;
  readonly levels: readonly BreakLevel[];
  readonly causes: readonly BreakCause[];
  readonly possible: readonly PossibleCause[];
}

interface BatchRow {
  readonly batchId: string;
  readonly source: string;
  readonly merchant: string;
  readonly batch: string;
  readonly currency: Currency;
  readonly netMinor: bigint;
  readonly payoutMinor: bigint;
}

interface BankRow {
  readonly itemId: string;
  readonly payoutMinor: bigint;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly bankMinor: bigint | null;
  readonly account: string | null;
  readonly charges: readonly StoredCharge[] | null;
}

interface StoredCharge {
  readonly currency: Currency;
  readonly amountMinor: string;
  readonly isIncluded: boolean | null;
  readonly type: string | null;
}

interface DayRow {
  readonly kind: string;
  readonly day: BusinessDate | null;
  readonly lines: bigint;
  readonly differing: bigint;
  readonly toldMinor: bigint;
  readonly expectedMinor: bigint;
}

interface LineRow {
  readonly kind: string;
  readonly day: BusinessDate | null;
  readonly fileNo: bigint;
  readonly ordinal: bigint;
  readonly file: string;
  readonly line: bigint;
  readonly reference: string | null;
  readonly externalId: string | null;
  readonly isDuplicate: boolean;
  readonly isTied: boolean;
  readonly toldMinor: bigint;
  readonly expectedMinor: bigint;
}

interface KeptAside {
  readonly kind: 'kept-aside' | 'known-before';
  readonly file: string;
  readonly line: bigint;
  readonly reference: string | null;
  readonly amountMinor: bigint | null;
  readonly text: string;
}

interface PossibleRow {
  readonly kind: Exclude<PossibleCause['kind'], 'bank-charge'>;
  readonly type: string;
  readonly reference: string | null;
  readonly file: string | null;
  readonly line: bigint | null;
  readonly fileNo: bigint | null;
  readonly ordinal: bigint | null;
  readonly itemId: string | null;
  readonly alike: bigint;
}

/**
 * Follows the control totals of a batch from the bank to its lines: bank → payout → kind → sales day → line.
 *
 * At each level only what differs is followed. What is known to make up a part of the difference is a cause; what merely has
 * the amount that is left is told as possible and explains nothing. `undefined` where no batch was loaded.
 */
export async function localise(
  tx: Tx,
  options: { readonly bookId: bigint } & (
    | { readonly batchId: string }
    | { readonly exceptionId: string }
  ),
): Promise<Localisation | undefined> {
  const { bookId } = options;
  const [batch] = await tx.query<BatchRow>(BATCH, [
    bookId,
    'batchId' in options ? options.batchId : null,
    'exceptionId' in options ? options.exceptionId : null,
  ]);
  if (batch === undefined) return undefined;
  const key = [bookId, batch.source, batch.merchant, batch.batch, batch.currency] as const;
  const bank = bankSide(batch, await tx.query<BankRow>(BANK, key));
  const days = await tx.query<DayRow>(DAYS, key);
  const lines = await linesThatDiffer(tx, key, days);
  const payoutCauses =
    batch.payoutMinor === batch.netMinor
      ? []
      : (await tx.query<KeptAside>(KEPT_ASIDE, key)).flatMap(causeAside);
  const bankLeft = bank.differenceMinor - amountOf(bank.causes);
  const payoutLeft = batch.payoutMinor - batch.netMinor - amountOf(payoutCauses);
  const causes = [...bank.causes, ...payoutCauses, ...lines];
  const kinds = kindTotals(days);
  const expectedMinor = batch.netMinor - amountOf(kinds.map(differenceOf));
  const differenceMinor = (bank.bankMinor ?? batch.payoutMinor) - expectedMinor;
  const explainedMinor = amountOf(causes);
  return {
    ...batch,
    bankMinor: bank.bankMinor,
    expectedMinor,
    differenceMinor,
    explainedMinor,
    unexplainedMinor: differenceMinor - explainedMinor,
    levels: [...levelsAbove(batch, bank), ...levelsBelow(batch, kinds, days)],
    causes,
    possible: [
      ...(await possibleCauses(tx, key, { level: 'bank', leftMinor: bankLeft, bank })),
      ...(await possibleCauses(tx, key, { level: 'payout', leftMinor: payoutLeft, bank })),
    ],
  };
}

type BatchKey = readonly [bigint, string, string, string, Currency];

interface BankSide {
  readonly bankMinor: bigint | null;
  readonly differenceMinor: bigint;
  readonly account: string | null;
  readonly causes: readonly BreakCause[];
}

/** What came of the payouts; those that the bank has not shown are in transit and make no difference. */
function bankSide(batch: BatchRow, rows: readonly BankRow[]): BankSide {
  const shown = rows.filter(({ bankMinor }) => bankMinor !== null);
  if (shown.length === 0)
    return { bankMinor: null, differenceMinor: 0n, account: null, causes: [] };
  const payouts = new Map(shown.map(({ itemId, payoutMinor }) => [itemId, payoutMinor]));
  const receivedMinor = sumMinor(shown.map(({ bankMinor }) => bankMinor ?? 0n));
  const differenceMinor = receivedMinor - sumMinor(payouts.values());
  const causes =
    differenceMinor === 0n ? [] : shown.flatMap((row) => chargesOf(row, batch.currency));
  return {
    bankMinor: batch.payoutMinor + differenceMinor,
    differenceMinor,
    account: shown[0]?.account ?? null,
    causes,
  };
}

function chargesOf({ fileNo, ordinal, charges }: BankRow, currency: Currency): BreakCause[] {
  return (charges ?? [])
    .filter((charge) => charge.isIncluded === true && charge.currency === currency)
    .map(({ amountMinor, type }) => ({
      level: 'bank',
      kind: 'bank-charge',
      amountMinor: BigInt(amountMinor),
      reference: type,
      place: null,
      entry: `${fileNo}:${ordinal}`,
      text: 'a charge that the bank tells with the entry and has taken from it',
    }));
}

function causeAside({ kind, file, line, reference, amountMinor, text }: KeptAside): BreakCause[] {
  if (amountMinor === null || amountMinor === 0n) return [];
  return [
    {
      level: 'payout',
      kind,
      amountMinor,
      reference,
      place: `${file}:${line}`,
      entry: null,
      text: kind === 'kept-aside' ? `record kept aside: ${text}` : text,
    },
  ];
}

async function linesThatDiffer(
  tx: Tx,
  key: BatchKey,
  days: readonly DayRow[],
): Promise<BreakCause[]> {
  const followed = days.filter((day) => differs(day) && kindDiffers(days, day.kind));
  if (followed.length === 0) return [];
  const lines = await tx.query<LineRow>(LINES, [
    ...key,
    followed.map(({ kind }) => kind),
    followed.map(({ day }) => day),
    LINES_OF_A_DAY,
  ]);
  return followed.flatMap((day) => causesOfDay(day, lines));
}

function causesOfDay(day: DayRow, lines: readonly LineRow[]): BreakCause[] {
  const told = lines
    .filter((line) => line.kind === day.kind && line.day === day.day)
    .map(causeOfLine);
  const restMinor = day.toldMinor - day.expectedMinor - amountOf(told);
  const rest = day.differing - BigInt(told.length);
  if (rest === 0n) return told;
  return [
    ...told,
    {
      level: 'line',
      kind: 'other-lines',
      amountMinor: restMinor,
      reference: null,
      place: null,
      entry: null,
      text: `${rest} more ${day.kind} lines of ${day.day ?? 'no day'} with smaller differences`,
    },
  ];
}

function causeOfLine(line: LineRow): BreakCause {
  const { fileNo, ordinal, file, toldMinor, expectedMinor } = line;
  const [kind, text] = wordsOf(line);
  return {
    level: 'line',
    kind,
    amountMinor: toldMinor - expectedMinor,
    reference: line.reference ?? line.externalId,
    place: `${file}:${line.line}`,
    entry: `${fileNo}:${ordinal}`,
    text,
  };
}

function wordsOf({ kind, isDuplicate, expectedMinor }: LineRow): [BreakCause['kind'], string] {
  if (isDuplicate) return ['paid-twice', `${kind} told and paid twice`];
  if (expectedMinor !== 0n)
    return ['amount-differs', `${kind} of another amount than the ledger expects`];
  return ['not-in-ledger', `${kind} that the ledger does not have open`];
}

function kindTotals(days: readonly DayRow[]): ControlTotal[] {
  const kinds = [...new Set(days.map(({ kind }) => kind))];
  return kinds.map((kind) =>
    totalOf(
      kind,
      days.filter((day) => day.kind === kind),
    ),
  );
}

function totalOf(name: string, days: readonly DayRow[]): ControlTotal {
  const leftMinor = sumMinor(days.map(({ toldMinor }) => toldMinor));
  const rightMinor = sumMinor(days.map(({ expectedMinor }) => expectedMinor));
  const differing = sumMinor(days.map((day) => day.differing));
  return { name, leftMinor, rightMinor, differenceMinor: leftMinor - rightMinor, differing };
}

function kindDiffers(days: readonly DayRow[], kind: string): boolean {
  return (
    totalOf(
      kind,
      days.filter((day) => day.kind === kind),
    ).differenceMinor !== 0n
  );
}

function differs({ toldMinor, expectedMinor }: DayRow): boolean {
  return toldMinor !== expectedMinor;
}

function differenceOf({ differenceMinor }: ControlTotal): { readonly amountMinor: bigint } {
  return { amountMinor: differenceMinor };
}

function amountOf(parts: readonly { readonly amountMinor: bigint }[]): bigint {
  return sumMinor(parts.map(({ amountMinor }) => amountMinor));
}

function levelsAbove(batch: BatchRow, { bankMinor, differenceMinor }: BankSide): BreakLevel[] {
  const of = `batch ${batch.batch}`;
  const payout: BreakLevel = {
    level: 'payout',
    of,
    left: 'payout',
    right: 'its lines',
    totals: [
      {
        name: of,
        leftMinor: batch.payoutMinor,
        rightMinor: batch.netMinor,
        differenceMinor: batch.payoutMinor - batch.netMinor,
        differing: 0n,
      },
    ],
  };
  if (bankMinor === null) return [payout];
  const bank: BreakLevel = {
    level: 'bank',
    of,
    left: 'bank',
    right: 'payout',
    totals: [
      {
        name: of,
        leftMinor: bankMinor,
        rightMinor: batch.payoutMinor,
        differenceMinor,
        differing: 0n,
      },
    ],
  };
  return [bank, payout];
}

/** Kinds always; days of the kinds that differ. */
function levelsBelow(
  batch: BatchRow,
  kinds: readonly ControlTotal[],
  days: readonly DayRow[],
): BreakLevel[] {
  const sides = { left: 'settlement report', right: 'ledger' };
  const byKind: BreakLevel = {
    level: 'kind',
    of: `batch ${batch.batch}`,
    ...sides,
    totals: kinds,
  };
  const byDay = kinds
    .filter(({ differenceMinor }) => differenceMinor !== 0n)
    .map(
      ({ name }): BreakLevel => ({
        level: 'day',
        of: name,
        ...sides,
        totals: days
          .filter(({ kind }) => kind === name)
          .map((day) => totalOf(day.day ?? 'no day', [day])),
      }),
    );
  return kinds.length === 0 ? [] : [byKind, ...byDay];
}

const POSSIBLE_TEXT: Readonly<Record<PossibleRow['kind'], string>> = {
  'paid-twice': 'a line of the batch that is told twice',
  'shown-apart': 'the rest, shown by the bank as an entry of its own',
  'line-of-another-batch': 'an open line of another batch',
  'not-reported': 'an open item that no report shows',
  'line-of-the-batch': 'a line of the batch that was left out',
};

async function possibleCauses(
  tx: Tx,
  key: BatchKey,
  asked: {
    readonly level: PossibleCause['level'];
    readonly leftMinor: bigint;
    readonly bank: BankSide;
  },
): Promise<PossibleCause[]> {
  const { level, leftMinor, bank } = asked;
  if (leftMinor === 0n) return [];
  const account = level === 'bank' ? bank.account : null;
  const rows = await tx.query<PossibleRow>(POSSIBLE, [...key, leftMinor, account]);
  const found = rows.map(
    (row): PossibleCause => ({
      level,
      kind: row.kind,
      reference: row.reference,
      place: row.file === null ? null : `${row.file}:${row.line}`,
      entry: row.fileNo === null ? null : `${row.fileNo}:${row.ordinal}`,
      item: row.itemId,
      alike: row.alike,
      text: `${POSSIBLE_TEXT[row.kind]} (${row.type})`,
    }),
  );
  const charge: PossibleCause = {
    level,
    kind: 'bank-charge',
    reference: null,
    place: null,
    entry: null,
    item: null,
    alike: 1n,
    text: 'a charge that the bank has kept back and its statement does not tell',
  };
  return level === 'bank' && leftMinor < 0n ? [...found, charge] : found;
}
