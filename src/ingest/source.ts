import type { SourceConfig } from '../config.ts';
import { currencyExponent } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import type { ReadSettings } from './reader.ts';
import { FileRefusal, type Locator } from './record.ts';

/** Writes the sources of the configuration into the book, so that the stages after can read them. */
export async function registerSources(
  tx: Tx,
  options: { readonly bookId: bigint; readonly sources: readonly SourceConfig[] },
): Promise<void> {
  const { bookId, sources } = options;
  await tx.execute(
    `insert into tieout.source (book_id, source, role)
     select $1, source, role from unnest($2::text[], $3::text[]) as configured (source, role)
     on conflict (book_id, source) do update set role = excluded.role`,
    [bookId, sources.map((source) => source.source), sources.map((source) => source.role)],
  );
  const accounts = sources.flatMap(({ source, accounts }) =>
    [...accounts].map(([number, code]) => ({ source, number, code })),
  );
  await tx.execute(
    `insert into tieout.source_account (book_id, source, account_number, account_code)
     select $1, source, account_number, account_code
     from unnest($2::text[], $3::text[], $4::text[]) as configured (source, account_number, account_code)
     on conflict (book_id, source, account_number) do update set account_code = excluded.account_code`,
    [
      bookId,
      accounts.map((account) => account.source),
      accounts.map((account) => account.number),
      accounts.map((account) => account.code),
    ],
  );
}

/** How files of these sources are read: an account has its own source, and any account the only one. */
export function readSettingsOf(sources: readonly SourceConfig[]): ReadSettings {
  const [only] = sources;
  const sourceOf = (account: string | null) =>
    sources.length === 1
      ? only
      : sources.find((source) => configuredNumber(account, source.accounts) !== null);
  return {
    hasOriginalDirection: (account) => sourceOf(account)?.reversals === 'original-direction',
  };
}

/** The sources that may send a format; the account numbers in the file decide among them. */
export class SourceFinder {
  readonly #format: string;
  readonly #candidates: readonly SourceConfig[];

  constructor(format: string, sources: readonly SourceConfig[]) {
    this.#format = format;
    this.#candidates = sources.filter((source) => source.formats.includes(format));
    if (this.#candidates.length > 0) return;
    throw new FileRefusal(
      'SOURCE_UNKNOWN',
      `no source of the configuration sends ${format}; add it under sources in tieout.yaml`,
    );
  }

  /**
   * Whether money is booked for this account: any for a processor, a configured one for a bank, not an ignored one.
   *
   * A `FileRefusal` for an account nobody has decided on: what it moves must not be passed over unseen.
   */
  isBooked(account: string | null, locator: Locator): boolean {
    if (this.#candidates.some((source) => source.role === 'processor')) return true;
    if (this.#candidates.some((source) => configuredNumber(account, source.accounts) !== null)) {
      return true;
    }
    if (
      this.#candidates.some((source) => configuredNumber(account, source.ignoredAccounts) !== null)
    ) {
      return false;
    }
    throw new FileRefusal(
      'STM_UNKNOWN_ACCOUNT',
      `account ${account ?? '(none)'} is not configured; add it under accounts of its source in tieout.yaml, or under ignore_accounts, and deliver the file again`,
      locator,
    );
  }

  /** The ledger account a bank account number stands for. */
  accountCode(account: string | null): string | null {
    for (const { accounts } of this.#candidates) {
      const number = configuredNumber(account, accounts);
      if (number !== null) return accounts.get(number) ?? null;
    }
    return null;
  }

  /** How the files of the candidates are read. */
  get settings(): ReadSettings {
    return readSettingsOf(this.#candidates);
  }

  /** The one source of a file with these accounts; a `FileRefusal` when several could have sent it. */
  sourceOf(accounts: ReadonlySet<string>): SourceConfig {
    const [only] = this.#candidates;
    if (this.#candidates.length === 1 && only !== undefined) return only;
    const byAccount = this.#candidates.filter((source) =>
      [...accounts].some((account) => configuredNumber(account, source.accounts) !== null),
    );
    const [found] = byAccount;
    if (byAccount.length === 1 && found !== undefined) return found;
    const names = (byAccount.length > 0 ? byAccount : this.#candidates).map(
      (source) => source.source,
    );
    throw new FileRefusal(
      'SOURCE_AMBIGUOUS',
      `${names.join(' and ')} could both have sent this ${this.#format}; give each its accounts in tieout.yaml, or name one with --source`,
    );
  }
}

/** The number under which an account is configured: as the bank tells it, or without the currency that some put behind it. */
function configuredNumber(
  account: string | null,
  configured: { has(account: string): boolean },
): string | null {
  if (account === null) return null;
  if (configured.has(account)) return account;
  const [, number, currency] = /^(.*\d)([A-Z]{3})$/.exec(account) ?? [];
  if (number === undefined || currency === undefined || currencyExponent(currency) === undefined)
    return null;
  return configured.has(number) ? number : null;
}
