import type { Currency } from '../../currency.ts';
import type { Emit } from '../reader.ts';
import { clip, FileRefusal, type ParsedEntry } from '../record.ts';
import { readNumber, rowCurrency } from './csv-amount.ts';
import type { Slot } from './csv-plans.ts';
import type { ContextRow, ControlSum, Place, Scope } from './csv-profile.ts';
import { formatFine, roundToMinor } from './csv-rounding.ts';
import type { CsvSheet } from './csv-sheet.ts';

/** Money in and out of one kind, both at least zero. */
interface Sides {
  inMinor: bigint;
  outMinor: bigint;
}

type Sums = Readonly<Record<ControlSum['of'], Sides>>;

/** What was read since a scope began. */
class ScopeTotals {
  rows = 0;
  unread = 0;
  isClosed = false;
  readonly byCurrency = new Map<Currency, Sums>();

  add(entry: ParsedEntry): void {
    this.rows += 1;
    const sums = this.byCurrency.get(entry.currency) ?? {
      gross: { inMinor: 0n, outMinor: 0n },
      net: { inMinor: 0n, outMinor: 0n },
      fees: { inMinor: 0n, outMinor: 0n },
    };
    this.byCurrency.set(entry.currency, sums);
    addTo(sums.gross, entry.grossMinor);
    addTo(sums.net, entry.amountMinor);
    for (const feeMinor of Object.values(entry.feesMinor)) addTo(sums.fees, -feeMinor);
  }
}

/** A row that tells totals, kept until its scope is over. */
interface Declaration {
  readonly rule: ContextRow;
  readonly row: readonly string[];
  readonly line: number;
}

/**
 * Control totals: what the file says it holds, against what was read.
 *
 * Refuses the file on a count or a sum that differs, on rows behind a trailer, and on a trailer that is missing.
 */
export class ControlTotals {
  readonly #emit: Emit;
  readonly #declared: Record<Scope, Declaration[]> = { section: [], file: [] };
  readonly #file = new ScopeTotals();
  readonly #seen = new Set<ContextRow>();
  #section = new ScopeTotals();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Counts a row of the table; `null` for one that was not read as an entry. */
  add(entry: ParsedEntry | null, line: number): void {
    const isLate = this.#file.isClosed || this.#section.isClosed;
    if (isLate) {
      const message = 'a row of the table stands behind the trailer that counts it';
      throw new FileRefusal('DATA_AFTER_TRAILER', message, { line });
    }
    for (const scope of [this.#section, this.#file]) {
      if (entry !== null) {
        scope.add(entry);
        continue;
      }
      scope.rows += 1;
      scope.unread += 1;
    }
  }

  /** Acts on a row that opens or closes a scope, or declares what it holds. */
  take(sheet: CsvSheet | undefined, rule: ContextRow, row: readonly string[], line: number): void {
    this.#seen.add(rule);
    if (rule.opens === 'section') {
      this.#checkDeclared(sheet, 'section');
      this.#section = new ScopeTotals();
    }
    if (rule.declares !== undefined) this.#declared[rule.declares].push({ rule, row, line });
    if (rule.trailer === undefined) return;
    const scope = this.#totalsOf(rule.trailer);
    this.#check(sheet, scope, { rule, row, line });
    scope.isClosed = true;
  }

  /** The file is over: what was declared before its rows is held against them. */
  end(sheet: CsvSheet | undefined, rules: Readonly<Record<string, unknown>>, line: number): void {
    this.#checkDeclared(sheet, 'section');
    this.#checkDeclared(sheet, 'file');
    for (const [type, rule] of Object.entries(rules)) {
      const isRequired = (rule as ContextRow).required === true;
      if (!isRequired || this.#seen.has(rule as ContextRow)) continue;
      const message = `the file has no ${type} row; it may be cut`;
      throw new FileRefusal('TRAILER_MISSING', message, { line });
    }
  }

  #totalsOf(scope: Scope): ScopeTotals {
    return scope === 'file' ? this.#file : this.#section;
  }

  #checkDeclared(sheet: CsvSheet | undefined, scope: Scope): void {
    const declarations = this.#declared[scope].splice(0);
    for (const one of declarations) this.#check(sheet, this.#totalsOf(scope), one);
  }

  #check(sheet: CsvSheet | undefined, scope: ScopeTotals, { rule, row, line }: Declaration): void {
    if (rule.count !== undefined) checkCount(scope, placed(sheet, row, rule.count), line);
    if (rule.sums === undefined) return;
    if (scope.unread > 0 || sheet === undefined) {
      const message = `${scope.unread} rows were not read, so the sums of this row are not held against the rest`;
      this.#emit({ kind: 'diagnostic', code: 'CONTROL_UNCHECKED', message, locator: { line } });
      return;
    }
    for (const sum of rule.sums) checkSum(sheet, scope, { sum, row, line });
  }
}

/** The text of a cell by position or column name. */
export function placed(sheet: CsvSheet | undefined, row: readonly string[], place: Place): string {
  if (typeof place === 'number') return row[place - 1] ?? '';
  const position = sheet?.header.position.get(place);
  return position === undefined ? '' : (row[position] ?? '');
}

function checkCount(scope: ScopeTotals, text: string, line: number): void {
  if (/^\d{1,15}$/.test(text) && BigInt(text) === BigInt(scope.rows)) return;
  const message = `the trailer counts "${clip(text, 40)}" rows, and ${scope.rows} were read`;
  throw new FileRefusal('CONTROL_COUNT', message, { line });
}

function checkSum(
  sheet: CsvSheet,
  scope: ScopeTotals,
  {
    sum,
    row,
    line,
  }: { readonly sum: ControlSum; readonly row: readonly string[]; readonly line: number },
): void {
  const currency = currencyOfSum(sheet, scope, { sum, row });
  const text = placed(sheet, row, sum.at);
  const slot: Slot = typeof sum.at === 'number' ? sum.at - 1 : -1;
  const declared = text === '' ? 0n : readNumber(sheet, text, slot, currency);
  if (typeof declared !== 'bigint') {
    const message = `a control sum cannot be read: ${declared.message}`;
    throw new FileRefusal('CONTROL_SUM', message, { line });
  }
  const sides = scope.byCurrency.get(currency)?.[sum.of];
  const read = sideOf(sides, sum.side ?? 'both');
  if (read === declared) return;
  const message = `the trailer says ${sum.of} ${sum.side ?? ''} ${formatFine(declared, currency, sheet.numbers)} ${currency}, and the rows sum to ${formatFine(read, currency, sheet.numbers)}`;
  const imbalance = {
    reference: sum.of,
    currency,
    differenceMinor: roundToMinor(read - declared, sheet.numbers),
  };
  throw new FileRefusal('CONTROL_SUM', message.replace('  ', ' '), { line }, imbalance);
}

function sideOf(sides: Sides | undefined, side: 'in' | 'out' | 'both'): bigint {
  if (sides === undefined) return 0n;
  if (side === 'both') return sides.inMinor - sides.outMinor;
  return side === 'in' ? sides.inMinor : sides.outMinor;
}

function currencyOfSum(
  sheet: CsvSheet,
  scope: ScopeTotals,
  { sum, row }: { readonly sum: ControlSum; readonly row: readonly string[] },
): Currency {
  if (sum.currency !== undefined) return placed(sheet, row, sum.currency);
  const [only] = scope.byCurrency.keys();
  return scope.byCurrency.size === 1 && only !== undefined ? only : rowCurrency(sheet, []);
}

function addTo(sides: Sides, amountMinor: bigint): void {
  if (amountMinor >= 0n) sides.inMinor += amountMinor;
  else sides.outMinor -= amountMinor;
}
