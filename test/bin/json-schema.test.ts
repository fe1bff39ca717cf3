import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandContext } from '../../bin/command-context.ts';
import { auditCommand } from '../../bin/commands/audit.ts';
import { dbCommand } from '../../bin/commands/db.ts';
import { demoCommand } from '../../bin/commands/demo.ts';
import { exceptionsCommand } from '../../bin/commands/exceptions.ts';
import { explainCommand } from '../../bin/commands/explain.ts';
import { fetchCommand } from '../../bin/commands/fetch.ts';
import { ingestCommand } from '../../bin/commands/ingest.ts';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { parseCommand } from '../../bin/commands/parse.ts';
import { payoutsCommand } from '../../bin/commands/payouts.ts';
import { reportCommand } from '../../bin/commands/report.ts';
import { rulesCommand } from '../../bin/commands/rules.ts';
import { runCommand } from '../../bin/commands/run.ts';
import { runsCommand } from '../../bin/commands/runs.ts';
import { simulateCommand } from '../../bin/commands/simulate.ts';
import { recordAct } from '../../src/audit/audit-log.ts';
import type { Tx } from '../../src/db/db.ts';
import { bookIdOf } from '../../src/ids.ts';
import { rulePacksOf, storeRulePacks } from '../../src/match/rules/packs.ts';
import { emptyDatabase, type FreshDatabase, tamper } from '../support/database.ts';

const PROJECT = new URL('../../', import.meta.url);
const SCHEMAS = new URL('schemas/', PROJECT);
const PARSED = 'tieout.parse-summary.1.json';
const ONE_RUN = 'tieout.runs.1.json';
const SIDES = '--debit assets:bank:main --credit liabilities:payable:shop';
const BY_HAND = `${SIDES} --amount 1.00`;

/** Ties less than the shipped pack of banks. */
const STRICT = `rulepack: bank
context: bank-to-item
rules:
  - { id: strict, priority: 10, cardinality: "1:1", block_on: [currency, amount, reference] }
`;

const COMMANDS: Readonly<Record<string, (context: CommandContext) => Command>> = {
  audit: auditCommand,
  db: dbCommand,
  demo: demoCommand,
  exceptions: exceptionsCommand,
  explain: explainCommand,
  fetch: fetchCommand,
  ingest: ingestCommand,
  ledger: ledgerCommand,
  parse: parseCommand,
  payouts: payoutsCommand,
  report: reportCommand,
  rules: rulesCommand,
  run: runCommand,
  runs: runsCommand,
  simulate: simulateCommand,
};

/** A document the command line printed, and the schema that must describe it. */
interface Printed {
  readonly by: string;
  readonly schema: string;
  readonly document: unknown;
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const printed: Printed[] = [];
let folder: string;
let database: FreshDatabase;

beforeAll(async () => {
  for (const name of schemaNames()) ajv.addSchema(readSchema(name));
  database = await emptyDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tieout-json-schema-'));
  cpSync(fileURLToPath(new URL('fixtures/demo/', PROJECT)), folder, { recursive: true });
  await writeFile(join(folder, 'in', 'unknown.txt'), 'of no format\n');
  await writeFile(
    join(folder, 'wrong.csv'),
    'payment_id,kind,currency,amount,effective_date\npay-1,sale,EUR,1,2026-03-02\n',
  );
  await mkdir(join(folder, 'drop'));
  await writeFile(join(folder, 'drop', 'a.csv'), 'a');
  await symlink('a.csv', join(folder, 'drop', 'b.csv'));
  await writeFile(
    join(folder, 'fetch.yaml'),
    'book: fetched\ncurrency: EUR\nsources: { bank: { role: bank, fetch: { directory: drop, stable_seconds: 0 } } }\n',
  );
  await Promise.all([printAll(), print('demo --out demo')]);
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Every command on one database that prints JSON, in an order in which each has something to tell. */
async function printAll(): Promise<void> {
  await print('db status');
  await print('db migrate');
  await print('db status');
  await print('db start');
  await print('db url');
  await print('db status', { without: 'DATABASE_URL' });
  await print('ledger import ledger.csv');
  await print('ledger import wrong.csv');
  await print('ingest in --book other');
  await print('fetch --config fetch.yaml');
  await print('run in --date 2026-03-06 --plan');
  await print('run in --date 2026-03-06 --out reports');
  await expect(print('run absent --date 2026-03-06')).rejects.toMatchObject({ code: 'not_found' });
  await print('runs list');
  await print('runs show 2');
  await print('runs show 3', { schema: ONE_RUN });
  await print('exceptions list');
  for (const id of ['ACMEPO500117', 'ORD-10253', '471', '472']) await print(`explain ${id}`);
  const exception = await idOfOpen('UNM_IN_LEDGER');
  await print(`exceptions assign ${exception} --to ada --reason test`);
  await print(`exceptions comment ${exception} --reason test`);
  await print(`exceptions write-off ${exception} --force MISCELLANEOUS --reason test --plan`);
  await print(`exceptions write-off ${exception} --force MISCELLANEOUS --reason test`);
  await print(`exceptions write-off ${exception} --force MISCELLANEOUS --reason test`);
  await print(`exceptions resolve ${exception} --reason test`);
  await print('report');
  await print('ledger accounts');
  await print('ledger balances');
  await print('ledger balances --as-of 2026-03-01');
  await print('ledger statement assets:receivable:adyen --currency EUR --from 2026-03-01');
  await print('ledger explain assets:receivable:adyen --currency EUR');
  await print('ledger explain assets:bank:main --as-of 2026-03-06');
  await print('ledger journals');
  await print('ledger close 2026-01');
  await print('ledger close 2026-01 --lock --reason test');
  await print('ledger reopen 2026-01 --reason test');
  await print('ledger periods');
  await print('ledger accounts open wallet --type liability --floor 0 --reason test');
  await print(`ledger post ${BY_HAND} --key by-hand`);
  await print(`ledger post ${BY_HAND} --debit nowhere --plan`);
  await print('ledger reverse by-hand --reason test');
  await print('payouts return out-500117 --reason test');
  await print(`ledger holds place ${SIDES} --amount 1 --key held --expires 2026-03-09T12:00:00Z`);
  await print(`ledger holds place ${SIDES} --amount 2`);
  await print('ledger holds list');
  await print('ledger holds void held');
  await print('ledger holds expire');
  await print('ledger assert wallet 0 --date 2026-03-01 --reason test');
  await print('ledger verify');
  await print(
    'ledger convert --from 100.00USD --to 92.31EUR --rate 0.9231 --rate-source bank --credit assets:bank:usd --debit assets:bank:main --date 2026-03-06',
  );
  await print('ledger positions');
  await print('audit export --digest');
  await print('audit seal');
  await print('audit export --digest');
  await print('audit verify');
  await database.db.transaction((tx) => breakAndTell(tx));
  await print('audit verify');
  await print('audit log');
  const [pack] = rulePacksOf({ ruleDocuments: [], calendars: new Map() });
  await database.db.transaction((tx) =>
    storeRulePacks(tx, {
      bookId: bookIdOf('acme'),
      packs: pack === undefined ? [] : [pack],
      now: new Date('2026-03-06T21:45:00Z'),
    }),
  );
  await print(`rules retire settlement-lines ${pack?.version} --reason test`);
  await print('rules list');
  await print('rules show bank');
  await print(`rules check ${fileURLToPath(new URL('src/match/rules/packs/bank.yaml', PROJECT))}`);
  const fixtures = fileURLToPath(new URL('fixtures/rules/', PROJECT));
  await print(`rules test ${join(fixtures, 'bank.yaml')}`);
  const cases = readFileSync(join(fixtures, 'own-accounts.yaml'), 'utf8');
  await writeFile(join(folder, 'cases.yaml'), cases.replaceAll('by-amount', 'by-reference'));
  await print('rules test cases.yaml');
  await writeFile(join(folder, 'strict.yaml'), STRICT);
  await print('rules backtest bank..strict.yaml --since 2026-03-06');
  await print('rules backtest strict.yaml..bank --since 2026-03-06');
  await writeFile(join(folder, 'reckless.yaml'), STRICT.replace(', reference]', ']'));
  await print('rules mutate reckless.yaml --payments 6');
  await print('simulate --seed 1 --payments 60 --breaks 0.01 --out world');
  await print('parse in', { schema: PARSED });
  const deliveries = fileURLToPath(new URL('fixtures/ingest/', PROJECT));
  await print(`parse ${deliveries}`, { schema: PARSED });
}

/** An exception of a code, as the list tells it. */
async function idOfOpen(code: string): Promise<string> {
  const [found] = await database.db.read((tx) =>
    tx.query<{ id: string }>(
      `select exception_id as id from tieout.exception_item
       where code = $1 and state <> 'RESOLVED' and ordinal is not null order by exception_id limit 1`,
      [code],
    ),
  );
  if (found === undefined) throw new Error(`no exception is ${code}`);
  return found.id;
}

/** An edited journal for `audit verify`, and an act for `audit log`. */
async function breakAndTell(tx: Tx): Promise<void> {
  await tamper(tx, `update tieout.journal set description = 'edited'`);
  const [book] = await tx.query<{ bookId: bigint }>(
    `select book_id as "bookId" from tieout.book where code = 'acme'`,
  );
  await recordAct(tx, {
    bookId: book?.bookId ?? 0n,
    actor: 'tester',
    action: 'freeze',
    objectType: 'account',
    objectId: 'assets:bank:main',
    before: { status: 'active' },
    now: new Date('2026-03-06T21:45:00Z'),
  });
}

async function print(
  by: string,
  options: { readonly schema?: string; readonly without?: 'DATABASE_URL' } = {},
): Promise<void> {
  let stdout = '';
  const context: CommandContext = {
    out: async (text) => {
      stdout += text;
    },
    note: () => undefined,
    progress: () => undefined,
    setExitCode: () => undefined,
    onSignal: () => () => undefined,
    env: {
      TIEOUT_LOG_LEVEL: 'silent',
      ...(options.without === undefined ? { DATABASE_URL: database.url } : {}),
    },
    cwd: folder,
    now: () => new Date('2026-03-06T21:45:00Z'),
  };
  const [name = '', ...parameters] = by.split(' ').map((word) => pathOf(word));
  const command = COMMANDS[name]?.(context);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  await command.parseAsync([...parameters, '--json'], { from: 'user' });
  const lines = stdout.split('\n').slice(0, -1);
  if (options.schema !== PARSED) expect(lines, by).toHaveLength(1);
  for (const line of lines) {
    const document: unknown = JSON.parse(line);
    printed.push({ by, schema: options.schema ?? fileOf(document), document });
  }
}

/** `parse` and `ingest` take paths as the working directory of the process has them. */
function pathOf(word: string): string {
  return word === 'in' ? join(folder, 'in') : word;
}

function fileOf(document: unknown): string {
  const { schema } = document as { readonly schema: string };
  return `${schema.replace('/', '.')}.json`;
}

function schemaNames(): readonly string[] {
  return readdirSync(SCHEMAS);
}

function readSchema(name: string): { readonly $id: string } {
  return JSON.parse(readFileSync(new URL(name, SCHEMAS), 'utf8'));
}

/** What a schema has against a document; nothing when it describes it. */
function objections(schema: string, document: unknown): readonly string[] {
  ajv.validate(schema, document);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The document again and again, each time with a key too many in another of its objects. */
function* withExtraKey(value: unknown): Generator<unknown> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield { ...value, 'Extra Key': 1 };
  for (const [key, inner] of Object.entries(value)) {
    for (const planted of withExtraKey(inner)) {
      yield Array.isArray(value) ? value.with(Number(key), planted) : { ...value, [key]: planted };
    }
  }
}

/** One document of every shape is enough where thousands of keys are planted. */
function onePerShape(): readonly Printed[] {
  const byShape = new Map(
    printed.map((one) => [`${one.schema} ${(one.document as { type?: string }).type}`, one]),
  );
  return [...byShape.values()];
}

describe('the JSON Schemas', () => {
  test('are named after what they describe', () => {
    for (const name of schemaNames()) expect(readSchema(name).$id).toBe(name);
  });

  test('are there for every document, and none for a document nobody prints', () => {
    const used = new Set(printed.map(({ schema }) => schema.replace(/#.*/, '')));
    expect([...used].sort()).toEqual([...schemaNames()].sort());
  });

  test('describe what every command prints', () => {
    for (const { by, schema, document } of printed) {
      expect(objections(schema, document), `${by}: ${JSON.stringify(document)}`).toEqual([]);
    }
  });

  test('describe every kind of line that parse prints', () => {
    const lines = printed.filter(({ schema }) => schema === PARSED);
    const types = new Set(lines.map(({ document }) => (document as { type: string }).type));
    expect([...types].sort()).toEqual([
      'diagnostic',
      'entry',
      'refused',
      'rejection',
      'statement',
      'statement-end',
      'status',
      'summary',
    ]);
  });

  test('refuse a key too many, however deep it lies', () => {
    for (const { by, schema, document } of onePerShape()) {
      for (const planted of withExtraKey(document)) {
        expect(objections(schema, planted), `${by}: ${JSON.stringify(planted)}`).not.toEqual([]);
      }
    }
  });

  test('refuse an amount that is a number, and a document of another version', () => {
    const [found] = printed.filter(({ by }) => by === 'ledger balances');
    const { balances } = Object(found?.document) as { readonly balances: readonly object[] };
    const [first] = balances;
    const schema = 'tieout.balances/1';
    const file = 'tieout.balances.1.json';
    const now = { as_of: null, known_at: null, totals: [] };
    const asNumber = { ...now, schema, balances: [{ ...first, debits_minor: 1 }] };
    expect(objections(file, asNumber)).toEqual(['/balances/0/debits_minor must be string']);
    const later = { ...now, schema: 'tieout.balances/2', balances };
    expect(objections(file, later)).toEqual(['/schema must be equal to constant']);
  });
});
