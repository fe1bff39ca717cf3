import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { assertInvariant } from '../../errors.ts';
import type { NumberFormat } from '../../money.ts';
import type { EntryType, FeeKind } from '../record.ts';

/** What a settlement report's columns mean to us, whatever the processor calls them. */
export type ColumnName =
  | 'account'
  | 'type'
  | 'paymentReference'
  | 'merchantReference'
  | 'modificationReference'
  | 'modificationMerchantReference'
  | 'bookedAt'
  | 'grossCurrency'
  | 'grossDebit'
  | 'grossCredit'
  | 'exchangeRate'
  | 'netCurrency'
  | 'netDebit'
  | 'netCredit'
  | 'commission'
  | 'markup'
  | 'schemeFees'
  | 'interchange'
  | 'batch';

/** Two unsigned columns that tell one signed amount: credit counts up, debit down. */
export interface SignedColumns {
  readonly credit: ColumnName;
  readonly debit: ColumnName;
}

/** How one processor writes its settlement report as CSV; data, one YAML file per processor. */
export interface CsvProfile {
  readonly name: string;
  readonly delimiter: string;
  readonly numbers: NumberFormat;
  /** Letters y, M, d, H, m and s stand for digits; everything else for itself. */
  readonly dateFormat: string;
  readonly signature: readonly string[];
  readonly columns: Readonly<Record<ColumnName, string | readonly string[]>>;
  readonly optional: readonly ColumnName[];
  readonly ignored: readonly string[];
  readonly types: Readonly<Record<string, EntryType>>;
  readonly modifications: readonly EntryType[];
  readonly netOnly: readonly EntryType[];
  readonly signs: { readonly gross: SignedColumns; readonly net: SignedColumns };
  readonly fees: Readonly<Partial<Record<FeeKind, ColumnName>>>;
  readonly toleranceMinor: number;
  readonly payoutReference: readonly ColumnName[];
  readonly narrative: readonly ColumnName[];
}

/** Reads a profile that is shipped beside the code; a profile that names an unknown column is a bug. */
export function readProfile(url: URL): CsvProfile {
  const profile = parse(readFileSync(url, 'utf8')) as CsvProfile;
  const { signs, fees, optional, payoutReference, narrative } = profile;
  const used = [
    ...Object.values(signs).flatMap(({ credit, debit }) => [credit, debit]),
    ...Object.values(fees),
    ...optional,
    ...payoutReference,
    ...narrative,
  ];
  for (const column of used) {
    assertInvariant(
      Object.hasOwn(profile.columns, column),
      `profile ${profile.name} uses the column "${column}", which it does not map`,
    );
  }
  return profile;
}

/** The headers a profile knows for one of our columns. */
export function headersOf(profile: CsvProfile, column: ColumnName): readonly string[] {
  const headers = profile.columns[column];
  return typeof headers === 'string' ? [headers] : headers;
}

/** Every column of a profile, in its order. */
export function columnsOf(profile: CsvProfile): readonly ColumnName[] {
  return Object.keys(profile.columns) as ColumnName[];
}
