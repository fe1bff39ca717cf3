import type { BusinessDate } from '../../business-date.ts';
import { type Currency, historicCurrencyExponent } from '../../currency.ts';
import type { Emit } from '../reader.ts';
import { FileRefusal, type ParsedEntry } from '../record.ts';
import { type RowRefusal, readNumber, rowCurrency } from './csv-amount.ts';
import { BROKEN, RunningBalance } from './csv-balance.ts';
import type { Slot } from './csv-plans.ts';
import type { CsvReport } from './csv-report.ts';
import { readRunning } from './csv-running.ts';
import { type CsvSheet, cell, headerOf } from './csv-sheet.ts';
import { detached } from './csv-text.ts';

/** A statement while its rows are read. */
interface OpenStatement {
  account: string | null;
  currency: Currency | null;
  creditsMinor: bigint;
  debitsMinor: bigint;
  entries: number;
  lastDate: BusinessDate | null;
  readonly balance: RunningBalance;
  /** The first row, for balances that stand in a column. */
  row: readonly string[];
}

/** The statements of a bank's file: one for every run of rows with the same account and currency. */
export class BankStatements implements CsvReport {
  readonly #emit: Emit;
  #open: OpenStatement | undefined;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  open(sheet: CsvSheet, row: readonly string[], line: number): void {
    if (this.#open !== undefined) return;
    const text = rowCurrency(sheet, row);
    const currency = historicCurrencyExponent(text) === undefined ? null : text;
    const number = accountOf(sheet, row);
    const account = number === null ? null : detached(number);
    this.#open = {
      account,
      currency,
      creditsMinor: 0n,
      debitsMinor: 0n,
      entries: 0,
      lastDate: null,
      balance: new RunningBalance(),
      row: [],
    };
    this.#emit({
      kind: 'statement',
      statementKind: 'bank-statement',
      account,
      currency,
      number: null,
      openingMinor: declaredBalance(sheet, row, sheet.slots.opening, currency),
      openingDate: null,
      locator: { line },
    });
  }

  accept(sheet: CsvSheet, row: readonly string[], entry: ParsedEntry): RowRefusal | undefined {
    const balance = readRunning(sheet, row, entry.currency);
    if (balance !== null && typeof balance !== 'bigint') return balance;
    const { line } = entry.locator;
    const statement = this.#statementOf(sheet, row, entry);
    if (statement.entries === 0) statement.row = row.map(detached);
    holdBalances(sheet, statement.row, row, line);
    statement.entries += 1;
    if (entry.status === 'booked') count(statement, entry, { balance, line });
    this.#emit(entry);
    return undefined;
  }

  miss(): void {
    this.#open?.balance.skip();
  }

  end(sheet: CsvSheet, line: number): void {
    const statement = this.#open;
    if (statement === undefined) return;
    this.#open = undefined;
    const { account, currency, creditsMinor, debitsMinor, entries, lastDate, balance, row } =
      statement;
    const { opening, closing } = sheet.slots;
    const openingMinor = declaredBalance(sheet, row, opening, currency) ?? balance.openingMinor;
    const closingMinor = declaredBalance(sheet, row, closing, currency) ?? balance.closingMinor;
    if (balance.brokenAt !== null) {
      this.#tell('BALANCE_BROKEN', BROKEN, balance.brokenAt);
    }
    const isKnown = openingMinor !== null && closingMinor !== null;
    if (!isKnown) {
      const message = 'the file does not tell its balances; nothing shows that it is whole';
      this.#tell('NO_BALANCES', message, line);
    }
    this.#emit({
      kind: 'statement-end',
      account,
      currency,
      openingMinor,
      closingMinor,
      closingDate: lastDate,
      creditsMinor,
      debitsMinor,
      entries,
      differenceMinor: isKnown ? openingMinor + creditsMinor - debitsMinor - closingMinor : null,
      locator: { line },
    });
  }

  /** The open statement, or the next one when the row is of another account or currency. */
  #statementOf(sheet: CsvSheet, row: readonly string[], entry: ParsedEntry): OpenStatement {
    const { line } = entry.locator;
    const account = accountOf(sheet, row);
    const open = this.#open;
    if (open?.entries === 0) {
      open.account ??= account;
      open.currency ??= entry.currency;
    }
    if (open?.account !== account || open.currency !== entry.currency) {
      this.end(sheet, line);
      this.open(sheet, row, line);
    }
    if (this.#open === undefined)
      throw new FileRefusal('STATEMENT_MISSING', 'no statement', { line });
    return this.#open;
  }

  #tell(code: string, message: string, line: number): void {
    this.#emit({ kind: 'diagnostic', code, message, locator: { line } });
  }
}

function count(
  statement: OpenStatement,
  entry: ParsedEntry,
  row: { readonly balance: bigint | null; readonly line: number },
): void {
  const { amountMinor, bookingDate } = entry;
  if (amountMinor >= 0n) statement.creditsMinor += amountMinor;
  else statement.debitsMinor -= amountMinor;
  if (bookingDate !== null && bookingDate > (statement.lastDate ?? '')) {
    statement.lastDate = bookingDate;
  }
  if (row.balance === null) statement.balance.skip();
  else statement.balance.add({ amountMinor, balanceMinor: row.balance, line: row.line });
}

/** Account numbers are written with and without blanks; they are the same. */
function accountOf(sheet: CsvSheet, row: readonly string[]): string | null {
  return cell(sheet, row, sheet.slots.account).replaceAll(/\s/g, '') || null;
}

/** A balance of the statement that stands in a column must be the same in every row. */
function holdBalances(
  sheet: CsvSheet,
  first: readonly string[],
  row: readonly string[],
  line: number,
): void {
  const { opening, closing } = sheet.slots;
  for (const slot of [opening, closing]) {
    if (slot < 0 || first[slot] === row[slot]) continue;
    const message = `"${headerOf(sheet, slot)}" is not the same in every row, and is no balance of the statement`;
    throw new FileRefusal('BAD_BALANCE', message, { line });
  }
}

function declaredBalance(
  sheet: CsvSheet,
  row: readonly string[],
  slot: Slot,
  currency: Currency | null,
): bigint | null {
  const text = cell(sheet, row, slot);
  if (text === '' || currency === null) return null;
  const amount = readNumber(sheet, text, slot, currency);
  if (typeof amount === 'bigint') return amount;
  throw new FileRefusal('BAD_BALANCE', `a balance of the file cannot be read: ${amount.message}`);
}
