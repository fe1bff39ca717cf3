import type { EntryType, FeeKind } from '../record.ts';
import type { CsvHeader } from './csv-header.ts';
import type { ColumnName, CsvProfile } from './csv-profile.ts';

/** One file's header read with one profile: everything a row needs to be understood. */
export interface CsvSheet {
  readonly profile: CsvProfile;
  readonly header: CsvHeader;
  readonly types: ReadonlyMap<string, EntryType>;
  readonly modifications: ReadonlySet<EntryType>;
  readonly netOnly: ReadonlySet<EntryType>;
  readonly fees: readonly { readonly kind: FeeKind; readonly column: ColumnName }[];
  readonly datePattern: RegExp;
}

/** Prepares a profile's lookups once per file. */
export function openSheet(profile: CsvProfile, header: CsvHeader): CsvSheet {
  const fees = Object.entries(profile.fees) as [FeeKind, ColumnName][];
  return {
    profile,
    header,
    types: new Map(Object.entries(profile.types)),
    modifications: new Set(profile.modifications),
    netOnly: new Set(profile.netOnly),
    fees: fees.map(([kind, column]) => ({ kind, column })),
    datePattern: datePattern(profile.dateFormat),
  };
}

/** The text of a row's cell; empty when the file does not carry the column. */
export function cell(sheet: CsvSheet, row: readonly string[], column: ColumnName): string {
  return row[sheet.header.position[column]] ?? '';
}

/** A column's header as the file writes it. */
export function headerOf(sheet: CsvSheet, column: ColumnName): string {
  return sheet.header.cells[sheet.header.position[column]] ?? column;
}

function datePattern(format: string): RegExp {
  const literal = format.replace(/[^\w\s:/-]/g, '\\$&');
  const source = literal.replace(/([yMdHms])\1*/g, (run, letter: string) => {
    const digits = `\\d{${run.length}}`;
    return 'yMd'.includes(letter) ? `(?<${letter}>${digits})` : digits;
  });
  return new RegExp(`^${source}$`);
}
