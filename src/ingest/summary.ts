import type { Currency } from '../currency.ts';
import { formatAmount } from '../money.ts';
import type { Detected } from './reader.ts';
import type { ParsedRecord, StatementClosed, StatementOpened } from './record.ts';

/** One statement of a file in figures; amounts in major units, `null` where the file does not say. */
export interface StatementSummary {
  readonly account: string | null;
  readonly number: string | null;
  readonly currency: Currency | null;
  readonly opening: string | null;
  readonly closing: string | null;
  readonly credits: string | null;
  readonly debits: string | null;
  readonly entries: number;
  readonly difference: string | null;
  /** Whether opening + credits − debits is the closing balance; `null` when a balance is missing. */
  readonly closes: boolean | null;
}

/** One file in figures, in the shape that `parse --json` promises. */
export interface FileSummary {
  readonly type: 'summary';
  readonly file: string;
  /** Of what the file holds when unpacked; `null` when it could not be read. */
  readonly sha256: string | null;
  /** `null` when the file was refused before anybody knew. */
  readonly format: string | null;
  readonly version: string | null;
  readonly statements: readonly StatementSummary[];
  readonly entries: number;
  readonly details: number;
  /** Statuses of payments, in a file that reports on them. */
  readonly statuses: number;
  readonly rejections: number;
  readonly diagnostics: number;
  /** Whether nothing of the file may be used; the figures are what was read until then. */
  readonly refused: boolean;
}

/** What is known of a file besides its records. */
export interface KnownFile {
  readonly sha256: string | null;
  readonly detected: Detected | null;
}

/** Folds the records of one file into its summary. */
export class Summariser {
  readonly #statements: StatementSummary[] = [];
  #opened: StatementOpened | undefined;
  #entries = 0;
  #details = 0;
  #statuses = 0;
  #rejections = 0;
  #diagnostics = 0;

  add(record: ParsedRecord): void {
    switch (record.kind) {
      case 'statement':
        this.#opened = record;
        break;
      case 'entry':
        this.#entries += 1;
        this.#details += record.details;
        break;
      case 'status':
        this.#statuses += 1;
        break;
      case 'rejection':
        this.#rejections += 1;
        break;
      case 'diagnostic':
        this.#diagnostics += 1;
        break;
      case 'statement-end':
        this.#statements.push(summaryOf(this.#opened, record));
        break;
    }
  }

  get rejections(): number {
    return this.#rejections;
  }

  finish(file: string, known: KnownFile, refused = false): FileSummary {
    return {
      type: 'summary',
      file,
      sha256: known.sha256,
      format: known.detected?.format ?? null,
      version: known.detected?.version ?? null,
      statements: this.#statements,
      entries: this.#entries,
      details: this.#details,
      statuses: this.#statuses,
      rejections: this.#rejections,
      diagnostics: this.#diagnostics,
      refused,
    };
  }
}

function summaryOf(opened: StatementOpened | undefined, closed: StatementClosed): StatementSummary {
  const { currency, differenceMinor } = closed;
  const text = (amountMinor: bigint | null) =>
    amountMinor === null || currency === null ? null : formatAmount(amountMinor, currency);
  return {
    account: closed.account,
    number: opened?.number ?? null,
    currency,
    opening: text(closed.openingMinor),
    closing: text(closed.closingMinor),
    credits: text(closed.creditsMinor),
    debits: text(closed.debitsMinor),
    entries: closed.entries,
    difference: text(differenceMinor),
    closes: differenceMinor === null ? null : differenceMinor === 0n,
  };
}
