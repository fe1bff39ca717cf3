import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type BusinessDate, businessDateIn, parseBusinessDate } from '../src/business-date.ts';
import { cardTokenOf, maskCardNumbers } from '../src/card-number.ts';
import { type Config, loadConfig } from '../src/config.ts';
import type { Database, Tx } from '../src/db/db.ts';
import { migrate } from '../src/db/migrate.ts';
import { openDatabase } from '../src/db/open-database.ts';
import { OperationalError } from '../src/errors.ts';
import { bookIdOf } from '../src/ids.ts';
import { openBook } from '../src/ledger/book.ts';
import { chartOf } from '../src/ledger/chart.ts';
import type { PostOptions } from '../src/ledger/post.ts';
import { tokenKeyOf } from '../src/token-key.ts';
import type { CommandContext } from './command-context.ts';

/** The options every command with a book has. */
export interface BookOptions {
  readonly config?: string;
  readonly book?: string;
  readonly json?: boolean;
}

/** A command's configuration, database and book, open until the command ends. */
export interface Session {
  readonly config: Config;
  readonly db: Database;
  readonly bookId: bigint;
}

/** Adds `--config`, `--book` and `--json` to a command. */
export function withBook(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration; default tieout.yaml here or above')
    .option('--book <code>', 'the book; default the one of the configuration')
    .option('--json', 'print one JSON document');
}

/** Runs work with the configured database, schema up to date; releases it whatever happens. */
export async function inSession<T>(
  context: CommandContext,
  options: BookOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const config = loadConfig({
    cwd: context.cwd,
    env: context.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    ...(options.book === undefined ? {} : { book: options.book }),
  });
  const opening = openDatabase({
    databaseUrl: config.databaseUrl,
    stateDirectory: config.stateDirectory,
  });
  // A signal may come while the server starts: then there is already something to give back.
  const release = context.onSignal(async () => {
    await opening.then(
      ({ abort }) => abort(),
      () => undefined,
    );
  });
  try {
    const { db, close } = await opening;
    try {
      await migrate(db);
      return await work({ config, db, bookId: bookIdOf(config.book) });
    } finally {
      await close();
    }
  } finally {
    release();
  }
}

/** Opens the book if it is new, and says how its journals are posted. */
export async function postOptions(
  tx: Tx,
  context: CommandContext,
  { config }: Session,
): Promise<PostOptions> {
  const now = context.now();
  const bookId = await openBook(tx, { config, now });
  return { bookId, chart: chartOf(config.chart), operationId: randomUUID(), now };
}

/** The day of `--date`, or today in the book's zone. */
export function businessDateOption(
  text: string | undefined,
  context: CommandContext,
  config: Config,
): BusinessDate {
  if (text === undefined) return businessDateIn(config.timeZone, context.now());
  return dayOption(text);
}

/** The day that an option gives. */
export function dayOption(text: string): BusinessDate {
  const date = parseBusinessDate(text);
  if (date !== undefined) return date;
  throw new OperationalError('usage', `"${text}" is not a day as YYYY-MM-DD`);
}

/** The number of a run, as an option or argument gives it. */
export function runIdOption(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new OperationalError('usage', `"${text}" is not a run number, for example 42`);
}

/** Who acts: the user of the operating system. */
export function actor(): string {
  return userInfo().username;
}

/** Where this process runs, for the record of a run. */
export function processIdentity(): { readonly host: string; readonly pid: number } {
  return { host: hostname(), pid: process.pid };
}

/** The installed package: where package.json and fixtures lie, and its version. */
interface Package {
  readonly root: string;
  readonly version: string;
}

let ownPackage: Package | undefined;

/** The root of the installed package. */
export function packageRoot(): string {
  return findPackage().root;
}

/** The version of this code, for the record of a run. */
export function codeVersion(): string {
  return findPackage().version;
}

/** Looked for once, above the source and above the build of it. */
function findPackage(): Package {
  ownPackage ??= packageAt('../package.json') ?? packageAt('../../package.json');
  if (ownPackage !== undefined) return ownPackage;
  throw new OperationalError('io_error', 'the package of tieout is incomplete: no package.json');
}

function packageAt(path: string): Package | undefined {
  const url = new URL(path, import.meta.url);
  if (!existsSync(url)) return undefined;
  const manifest = JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version: string };
  if (manifest.name !== 'tieout') return undefined;
  return { root: fileURLToPath(new URL('.', url)), version: manifest.version };
}

/** Adds `--accept`, once for each file. */
export function withAccept(command: Command): Command {
  return command.option(
    '--accept <name-or-sha256>',
    'load this held file as a revision of the one of its name; may be given several times',
    (file: string, files: readonly string[] = []) => [...files, file],
  );
}

/** Who accepts which held files, for the record of the files; nothing without `--accept`. */
export function acceptanceOf(accept: readonly string[] | undefined): {
  readonly acceptance?: { readonly files: readonly string[]; readonly by: string };
} {
  return accept === undefined ? {} : { acceptance: { files: accept, by: actor() } };
}

/** The key of card tokens, made the first time it is needed. */
export function tokenKey({ tokenKeyFile, stateDirectory }: Config): Uint8Array {
  return tokenKeyOf({ file: tokenKeyFile, stateDirectory, newBytes: randomBytes });
}

/** The sources with account numbers as they are stored: one that looks like a card number is truncated there. */
export function withMaskedAccounts(config: Config, key: Uint8Array): Config {
  const tokenOf = cardTokenOf(key);
  const sources = config.sources.map((source) => ({
    ...source,
    accounts: new Map(
      Array.from(source.accounts, ([number, code]) => [maskCardNumbers(number, tokenOf), code]),
    ),
    ignoredAccounts: new Set(
      Array.from(source.ignoredAccounts, (number) => maskCardNumbers(number, tokenOf)),
    ),
  }));
  return { ...config, sources };
}

/** Where the delivered bytes of files are kept; `null` with `--no-raw`. */
export function rawFolder(config: Config, options: { readonly raw?: boolean }): string | null {
  return options.raw === false ? null : join(config.stateDirectory, 'raw');
}

/** The configured sources, or only the ones of `--source`. */
export function sourcesNamed(
  config: Config,
  names: readonly string[] | string | undefined,
): Config['sources'] {
  if (names === undefined) return config.sources;
  const wanted = typeof names === 'string' ? [names] : names;
  return wanted.map((name) => {
    const source = config.sources.find((candidate) => candidate.source === name);
    if (source !== undefined) return source;
    const known = config.sources.map((candidate) => candidate.source).join(', ');
    throw new OperationalError(
      'usage',
      `source "${name}" is not in the configuration; known are ${known}`,
    );
  });
}
