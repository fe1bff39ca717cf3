import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse as parseYaml } from 'yaml';
import { type BusinessCalendar, WEEKEND_ONLY } from './business-calendar.ts';
import { type CalendarDocument, calendarsOf, knownCalendar } from './calendar-config.ts';
import { type Currency, currencyExponent } from './currency.ts';
import { OperationalError } from './errors.ts';
import { type FetchConfig, type FetchDocument, fetchConfigOf } from './fetch-config.ts';
import { type HandConfig, type HandDocument, handConfigOf } from './hand-config.ts';
import { type PgpConfig, type PgpDocument, pgpConfigOf } from './pgp-config.ts';
import { problemsOf } from './schema-problem.ts';
import { knownEncoding } from './text-encoding.ts';

export type SourceRole = 'processor' | 'bank';

/** A sender of files. */
export interface SourceConfig {
  readonly source: string;
  readonly role: SourceRole;
  /** The formats its files may have: `camt.053`, `mt940`, `csv:adyen-settlement-details`, … */
  readonly formats: readonly string[];
  /** Bank account number (without blanks) to ledger account code; for a processor, merchant accounts. */
  readonly accounts: ReadonlyMap<string, string>;
  /** Account numbers whose statements are read and not booked. */
  readonly ignoredAccounts: ReadonlySet<string>;
  readonly reversals: ReversalConvention;
  /** Whether another file of a known name is a mistake until somebody accepts it, or the sender's habit. */
  readonly names: 'unique' | 'reused';
  /** Whether files repeat what earlier ones said (cumulative), or never do, like the parts of one export (disjoint). */
  readonly delivery: 'cumulative' | 'disjoint';
  /** Absent: its files are given on the command line. */
  readonly fetch?: FetchConfig;
  /** The encoding of its files that are not UTF-8 and name none. */
  readonly encoding?: string;
  /** Whether a gzip file of it may be several, one after another. */
  readonly hasSeveralGzipMembers?: boolean;
  /** How its encrypted files are opened. */
  readonly pgp?: PgpConfig;
  /** How long after its date an item that waits for this source is expected. */
  readonly due?: DueConfig;
}

/** So many business days of a calendar. */
export interface DueConfig {
  readonly days: number;
  readonly calendar: BusinessCalendar;
}

/** Which way an entry marked as a reversal points: its own (ISO 20022), or that of the entry it undoes. */
export type ReversalConvention = 'own-direction' | 'original-direction';

/** A row of the chart of accounts; a code ending in `:*` stands for every code below it. */
export interface ChartEntry {
  readonly code: string;
  readonly name?: string;
  readonly type: 'asset' | 'liability' | 'equity' | 'income' | 'expense';
  readonly normalSide?: 'debit' | 'credit';
  readonly currency?: Currency;
  readonly isReconcilable?: boolean;
}

/** Everything a command may know from tieout.yaml and the environment, read once. */
export interface Config {
  readonly book: string;
  readonly currency: Currency;
  readonly timeZone: string;
  readonly stateDirectory: string;
  /** Absent: the embedded server under the state directory. */
  readonly databaseUrl?: string;
  /** Absent: the key of card tokens is made once, in the state directory. */
  readonly tokenKeyFile?: string;
  /** Absent: the key that signs seals is made once, in the state directory. */
  readonly sealKeyFile?: string;
  readonly sources: readonly SourceConfig[];
  /** CSV profiles of the user's own, by name. */
  readonly profiles: ReadonlyMap<string, ProfileDocument>;
  readonly chart: readonly ChartEntry[];
  /** Rule packs of the user's own, in their order. */
  readonly ruleDocuments: readonly RuleDocument[];
  /** Calendars of the user's own, by name. */
  readonly calendars: ReadonlyMap<string, BusinessCalendar>;
  /** The calendar that ages are counted by. */
  readonly calendar: BusinessCalendar;
  /** What people may do by hand, and up to which amounts. */
  readonly byHand: HandConfig;
}

/** A rule pack as it is written, as text or inside the configuration; whoever applies it checks it. */
export type RuleDocument =
  | { readonly text: string; readonly where: string }
  | { readonly document: object; readonly where: string };

/** A CSV profile as it is written; whoever reads files with it checks it. */
export interface ProfileDocument {
  readonly document: unknown;
  /** Where it stands, for messages. */
  readonly where: string;
}

export interface ConfigOptions {
  /** `--config`; without it `tieout.yaml` is searched upward from the working directory. */
  readonly file?: string;
  /** `--book`. */
  readonly book?: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const FILE_NAME = 'tieout.yaml';
// As in the schema; --book and TIEOUT_BOOK do not pass it.
const BOOK_CODE = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const BANK_FORMATS = ['camt.053', 'mt940'];

/** Compiled when a configuration is read, not before: it takes longer than all of a small `parse`. */
function documentValidator(): ValidateFunction<Document> {
  const schema: unknown = JSON.parse(
    readFileSync(new URL('./config.schema.json', import.meta.url), 'utf8'),
  );
  return new Ajv({ allErrors: true, verbose: true }).compile<Document>(schema as object);
}

interface Document extends HandDocument {
  readonly book: string;
  readonly currency: string;
  readonly timezone?: string;
  readonly state_directory?: string;
  readonly token_key_file?: string;
  readonly seal_key_file?: string;
  readonly sources: Readonly<Record<string, SourceDocument>>;
  readonly profiles?: Readonly<Record<string, object | string>>;
  readonly chart?: readonly ChartDocument[];
  readonly rules?: readonly (object | string)[];
  readonly calendars?: Readonly<Record<string, CalendarDocument>>;
  readonly calendar?: string;
}

interface SourceDocument {
  readonly role: SourceRole;
  readonly profile?: string;
  readonly formats?: readonly string[];
  readonly accounts?: Readonly<Record<string, string>>;
  readonly ignore_accounts?: readonly string[];
  readonly reversals?: ReversalConvention;
  readonly names?: SourceConfig['names'];
  readonly delivery?: SourceConfig['delivery'];
  readonly fetch?: FetchDocument;
  readonly encoding?: string;
  readonly several_gzip_members?: boolean;
  readonly pgp?: PgpDocument;
  readonly due?: { readonly days: number; readonly calendar?: string };
}

interface ChartDocument {
  readonly code: string;
  readonly name?: string;
  readonly type: ChartEntry['type'];
  readonly normal_side?: 'debit' | 'credit';
  readonly currency?: string;
  readonly reconcilable?: boolean;
}

/**
 * Reads the configuration: file, then environment (`DATABASE_URL`, `TIEOUT_STATE_DIR`, `TIEOUT_BOOK`, `TIEOUT_TOKEN_KEY_FILE`,
 * `TIEOUT_SEAL_KEY_FILE`), then options.
 *
 * Throws `configuration` (exit 78) naming the file, the key and, for an unknown key, the nearest known one.
 */
export function loadConfig(options: ConfigOptions): Config {
  const file =
    options.file === undefined ? findUpward(options.cwd) : resolve(options.cwd, options.file);
  const document = readDocument(file);
  const home = dirname(file);
  const stateDirectory = stateDirectoryOf(options, home, document.state_directory);
  const databaseUrl = options.env.DATABASE_URL;
  const calendars = calendarsOf(document.calendars ?? {}, file);
  const { TIEOUT_TOKEN_KEY_FILE, TIEOUT_SEAL_KEY_FILE } = options.env;
  const place = { cwd: options.cwd, home };
  const tokenKeyFile = keyFileOf(place, TIEOUT_TOKEN_KEY_FILE, document.token_key_file);
  const sealKeyFile = keyFileOf(place, TIEOUT_SEAL_KEY_FILE, document.seal_key_file);
  return {
    book: knownBook(options.book ?? (options.env.TIEOUT_BOOK || document.book)),
    currency: knownCurrency(document.currency, file),
    timeZone: knownTimeZone(document.timezone ?? 'UTC', file),
    stateDirectory,
    ...(databaseUrl ? { databaseUrl } : {}),
    ...(tokenKeyFile === undefined ? {} : { tokenKeyFile }),
    ...(sealKeyFile === undefined ? {} : { sealKeyFile }),
    sources: Object.entries(document.sources).map(([source, entry]) => ({
      ...sourceOf(source, entry, file),
      ...openingOf(source, entry, { file, home, env: options.env }),
      ...(entry.due === undefined
        ? {}
        : {
            due: {
              days: entry.due.days,
              calendar: knownCalendar(
                entry.due.calendar ?? document.calendar ?? WEEKEND_ONLY,
                calendars,
                file,
              ),
            },
          }),
    })),
    profiles: new Map(
      Object.entries(document.profiles ?? {}).map(([name, profile]) => [
        name,
        profileOf(name, profile, file),
      ]),
    ),
    chart: (document.chart ?? []).map((entry) => chartEntryOf(entry, file)),
    ruleDocuments: (document.rules ?? []).map((pack, index) => ruleDocumentOf(pack, index, file)),
    calendars,
    calendar: knownCalendar(document.calendar ?? WEEKEND_ONLY, calendars, file),
    byHand: handConfigOf(document, { currency: document.currency, file }),
  };
}

/** Where the state lives for a command that works without a configuration too: as configured, else `.tieout` in the working directory. */
export function stateDirectoryWithoutConfig(options: ConfigOptions): string {
  const file = options.file ?? searchUpward(options.cwd);
  return file === undefined
    ? stateDirectoryOf(options, options.cwd)
    : loadConfig(options).stateDirectory;
}

function stateDirectoryOf(options: ConfigOptions, home: string, configured?: string): string {
  const chosen = options.env.TIEOUT_STATE_DIR;
  if (chosen) return resolve(options.cwd, chosen);
  return configured === undefined ? join(home, '.tieout') : resolve(home, configured);
}

/** A key's file: chosen by the environment, relative to the working directory, else configured, relative to the configuration. */
function keyFileOf(
  { cwd, home }: { readonly cwd: string; readonly home: string },
  chosen: string | undefined,
  configured: string | undefined,
): string | undefined {
  if (chosen) return resolve(cwd, chosen);
  return configured === undefined ? undefined : resolve(home, configured);
}

function searchUpward(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = join(folder, FILE_NAME);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The configuration that `loadConfig` would read; `undefined` when there is none. */
export function configFile({ file, cwd }: Pick<ConfigOptions, 'file' | 'cwd'>): string | undefined {
  return file === undefined ? searchUpward(cwd) : resolve(cwd, file);
}

function findUpward(from: string): string {
  const file = searchUpward(from);
  if (file !== undefined) return file;
  throw new OperationalError(
    'configuration',
    `no ${FILE_NAME} in ${from} or above; write one with "tieout init", or name it with --config`,
  );
}

function readDocument(file: string): Document {
  let document: unknown;
  try {
    document = parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new OperationalError('configuration', `cannot read ${file}: ${wordsOf(cause)}`, {
      cause,
    });
  }
  const validate = documentValidator();
  if (!validate(document)) {
    const problems = problemsOf(validate.errors ?? []);
    throw new OperationalError('configuration', `${file}: ${problems.join('; ')}`);
  }
  return document;
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}

function knownBook(code: string): string {
  if (BOOK_CODE.test(code)) return code;
  throw new OperationalError(
    'configuration',
    `"${code}" is not the code of a book: lower-case letters, digits, "-" and "_", at most 40`,
  );
}

function knownCurrency(code: string, file: string): Currency {
  if (currencyExponent(code) !== undefined) return code;
  throw new OperationalError(
    'configuration',
    `${file}: currency "${code}" is not in use (ISO 4217)`,
  );
}

function knownTimeZone(name: string, file: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch (cause) {
    throw new OperationalError('configuration', `${file}: timezone "${name}" is not an IANA zone`, {
      cause,
    });
  }
}

function sourceOf(source: string, entry: SourceDocument, file: string): SourceConfig {
  if (entry.role === 'processor' && entry.profile === undefined && entry.formats === undefined) {
    throw new OperationalError(
      'configuration',
      `${file}: sources.${source} is a processor and needs a profile, or formats when it sends several reports`,
    );
  }
  const formats =
    entry.profile === undefined ? (entry.formats ?? BANK_FORMATS) : [`csv:${entry.profile}`];
  const accounts = Object.entries(entry.accounts ?? {}).map(
    ([number, code]) => [number.replaceAll(/\s/g, ''), code] as const,
  );
  const ignored = (entry.ignore_accounts ?? []).map((number) => number.replaceAll(/\s/g, ''));
  return {
    source,
    role: entry.role,
    formats,
    accounts: new Map(accounts),
    ignoredAccounts: new Set(ignored),
    reversals: entry.reversals ?? 'own-direction',
    names: entry.names ?? 'unique',
    delivery: entry.delivery ?? 'cumulative',
    ...(entry.fetch === undefined ? {} : { fetch: fetchConfigOf(source, entry.fetch, file) }),
  };
}

/** A profile written in the configuration, or the file that it names. */
function profileOf(name: string, profile: object | string, file: string): ProfileDocument {
  if (typeof profile !== 'string') {
    return { document: { name, ...profile }, where: `${file}: profiles.${name}` };
  }
  const where = resolve(dirname(file), profile);
  try {
    return { document: { name, ...parseYaml(readFileSync(where, 'utf8')) }, where };
  } catch (cause) {
    const message = `${file}: profiles.${name}: cannot read ${where}: ${wordsOf(cause)}`;
    throw new OperationalError('configuration', message, { cause });
  }
}

/** A rule pack written in the configuration, or the text of the file that it names. */
function ruleDocumentOf(pack: object | string, index: number, file: string): RuleDocument {
  const place = `${file}: rules[${index}]`;
  if (typeof pack !== 'string') return { document: pack, where: place };
  const where = resolve(dirname(file), pack);
  try {
    return { text: readFileSync(where, 'utf8'), where };
  } catch (cause) {
    const message = `${place}: cannot read ${where}: ${wordsOf(cause)}`;
    throw new OperationalError('configuration', message, { cause });
  }
}

/** What must be known of a source to open its files. */
function openingOf(
  source: string,
  { encoding, several_gzip_members, pgp }: SourceDocument,
  { file, home, env }: { file: string; home: string; env: NodeJS.ProcessEnv },
): Pick<SourceConfig, 'encoding' | 'hasSeveralGzipMembers' | 'pgp'> {
  const label = encoding === undefined ? undefined : knownEncoding(encoding);
  if (encoding !== undefined && label === undefined) {
    throw new OperationalError(
      'configuration',
      `${file}: sources.${source}.encoding "${encoding}" is not known; for example windows-1252, cp852, shift_jis`,
    );
  }
  const place = { name: `${file}: sources.${source}.pgp`, home, env };
  return {
    ...(label === undefined ? {} : { encoding: label }),
    ...(several_gzip_members === true ? { hasSeveralGzipMembers: true } : {}),
    ...(pgp === undefined ? {} : { pgp: pgpConfigOf(pgp, place) }),
  };
}

function chartEntryOf(entry: ChartDocument, file: string): ChartEntry {
  return {
    code: entry.code,
    type: entry.type,
    ...(entry.name === undefined ? {} : { name: entry.name }),
    ...(entry.normal_side === undefined ? {} : { normalSide: entry.normal_side }),
    ...(entry.currency === undefined ? {} : { currency: knownCurrency(entry.currency, file) }),
    ...(entry.reconcilable === undefined ? {} : { isReconcilable: entry.reconcilable }),
  };
}
