import type { Detected, Emit, Format, Reader } from '../reader.ts';
import { delimiterOf, reportOf, withOneDelimiter } from './csv-detect.ts';
import type { CsvProfile } from './csv-profile.ts';
import { CsvReader } from './csv-reader.ts';

/** A format whose files one profile describes. */
export interface CsvFormat extends Format {
  readonly profile: () => CsvProfile;
}

/**
 * Reports and statements as CSV, read by a profile.
 *
 *   Merchant Account,Psp Reference,Type,…,Net Debit (NC),Net Credit (NC),…,Batch Number
 *   Shop,8816…,Settled,…,,4.88,…,380
 *   Shop,,MerchantPayout,"TX1XT batch 380, Shop",…,4.88,,…,380
 */
export function csvFormat(profile: CsvProfile): CsvFormat {
  return lazyCsvFormat(profile.name, () => profile);
}

/** As {@link csvFormat}; the profile is read when the first file is held against it. */
export function lazyCsvFormat(profileName: string, read: () => CsvProfile): CsvFormat {
  const name = `csv:${profileName}`;
  let known: CsvProfile | undefined;
  let byDelimiter: readonly CsvProfile[] | undefined;
  const profile = () => {
    known ??= read();
    return known;
  };
  const profiles = () => {
    byDelimiter ??= withOneDelimiter(profile());
    return byDelimiter;
  };
  return {
    name,
    profile,
    fallbackEncoding: () => profile().encoding,
    detect: (head) => {
      const found = reportOf(head, profiles());
      if (found === undefined) return undefined;
      return { format: name, version: null, delimiter: delimiterOf(found) };
    },
    open: (emit: Emit, { delimiter }: Detected): Reader => {
      const found = profiles().find((one) => delimiterOf(one) === delimiter);
      return new CsvReader(found ?? profile(), emit);
    },
  };
}
