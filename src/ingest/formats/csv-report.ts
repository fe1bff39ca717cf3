import type { ParsedEntry } from '../record.ts';
import type { RowRefusal } from './csv-amount.ts';
import type { CsvSheet } from './csv-sheet.ts';

/** What the rows of a table make up: a settlement report, or bank statements. */
export interface CsvReport {
  /** Opens what the row belongs to, before anything is said of the row. */
  open(sheet: CsvSheet, row: readonly string[], line: number): void;
  /** Takes a row that reads as an entry; a refusal when it contradicts the rows before it. */
  accept(sheet: CsvSheet, row: readonly string[], entry: ParsedEntry): RowRefusal | undefined;
  /** Knows of a row that was kept aside; `batch` is `null` when it cannot be read either. */
  miss(batch: string | null): void;
  /** The file is over: closes what is open. */
  end(sheet: CsvSheet, line: number): void;
}
