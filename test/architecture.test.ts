import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';

interface SourceText {
  readonly path: string;
  readonly text: string;
}
type Check = (files: readonly SourceText[]) => readonly string[];

/** Who may import whom; every folder may also import itself. Type-only imports count. */
const FLOOR = ['vocabulary', 'db'];
const POSTING = [...FLOOR, 'audit', 'events', 'ledger'];
const STAGES = ['ingest', 'match', 'report', 'settle'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  vocabulary: [],
  db: ['vocabulary'],
  ingest: FLOOR,
  match: FLOOR,
  simulate: ['vocabulary'],
  report: FLOOR,
  audit: FLOOR,
  events: FLOOR,
  ledger: [...FLOOR, 'audit', 'events'],
  settle: POSTING,
  payments: POSTING,
  pipeline: [...POSTING, ...STAGES],
  api: [...POSTING, 'payments', 'report'],
  bin: [...POSTING, ...STAGES, 'payments', 'pipeline', 'api', 'simulate', 'package.json'],
};
/** The driver stays behind Database and Tx: the lint for forgotten promises does not see it. */
const ONLY_IN_DB = ['pg', 'pg-copy-streams'];

/** Which folder writes which tables of the schema `tieout`. */
const TABLES: Readonly<Record<string, string>> = {
  db: 'currency schema_migration',
  audit: 'audit_event seal_block seal_leaf',
  events: 'outbox_event',
  ledger:
    'book account journal_key journal_refusal journal posting open_item hold hold_resolution reversal reversal_total ' +
    'balance balance_day balance_delta period period_balance balance_assertion conversion item_reopening',
  ingest:
    'source source_account remote_file file_counter source_file file_delivery file_total statement entry rejection batch_total ' +
    'identity_conflict restatement restatement_line payment_status withdrawn_entry corrected_line',
  match:
    'open_entry matched_file match_candidate match_group match_member exception_item exception_wanted rule_pack calendar_day ' +
    'match_allocation match_edge match_near restatement_act match_rule_use match_verdict status_tie',
  settle: 'settlement_batch settlement_journal',
  pipeline: 'run',
};
const WRITER: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(TABLES).flatMap(([writer, tables]) =>
    tables.split(' ').map((table) => [table, writer]),
  ),
);
const RELATIONS = [
  ...Object.keys(WRITER),
  'account_line',
  'account_balance',
  'account_day',
  'entry_withdrawal',
  'item_closing',
  'item_tie',
  'item_movement',
  'match_told',
  'tied_part',
  'sent_payout',
];

const IMPORT =
  /\b(?:from|import|import\s*\(|sqlFile\(\s*import\.meta\.url,)\s*['"`](?<found>[^'"`]+)/g;
const WRITE = '\\b(?:insert into|update|delete from|merge into|copy|truncate)(?: table| only)?\\s+';
/** What follows a write: a table, or a name put together at run time. */
const WRITTEN = new RegExp(
  `(?:${WRITE}|\\btable:\\s*['"\`])(?:tieout\\."?(?<found>\\w+)|(?:tieout\\.)?\\$\\{)`,
  'gi',
);
const UNQUALIFIED = new RegExp(
  `(?:(?<!distinct\\s+)\\b(?:from|join|using)(?: only)?\\s+|${WRITE})(?<found>${RELATIONS.join('|')})\\b(?!\\s*[.(])`,
  'gi',
);
const CTE = /(?<![.\w])(?<found>\w+)\s+as\s+(?:not\s+)?(?:materialized\s+)?\(/gi;
const SIMPLE_CASE = /\b(?<found>case\s+(?!when\b)\S+)/gi;
const VOLATILE =
  /\b(?<found>(?:now|(?:clock|statement|transaction)_timestamp|timeofday|random|gen_random_uuid|uuidv7|nextval)\s*\(|(?:current|local)_?(?:date|time|timestamp)\b)/gi;
const CLOCK_OR_CHANCE =
  /\b(?<found>Date\.now|new Date(?:\s*\(\s*\)|(?!\s*[\w(]))|Math\.random|random(?:UUID|Bytes|Int)\b)/g;
const FLOAT = /\b(?<found>parseFloat)\b/g;
const NAMELESS = /(?:^|\/)(?:index\.[cm]?[jt]s$|(?:utils?|helpers?|common|types|models?|lib)\/)/;

/** Reading a SQL step of another folder counts as importing it. */
const foreignImports: Check = (files) =>
  code(files).flatMap((file) =>
    finds(file, IMPORT)
      .filter((specifier) => !mayImport(file.path, specifier))
      .map((specifier) => `${file.path} imports ${specifier}`),
  );

function mayImport(path: string, specifier: string): boolean {
  const folder = folderOf(path);
  if (!specifier.startsWith('.')) return folder === 'db' || !ONLY_IN_DB.includes(specifier);
  const target = folderOf(posix.join(posix.dirname(path), specifier));
  const allowed = MAY_IMPORT[folder];
  return allowed !== undefined && (target === folder || allowed.includes(target));
}

function folderOf(path: string): string {
  const [root, folder = '', ...rest] = path.split('/');
  if (root !== 'src') return root === 'bin' ? 'bin' : path;
  return rest.length === 0 ? 'vocabulary' : folder;
}

const foreignWrites: Check = (files) =>
  files
    .filter(({ path }) => !path.startsWith('src/db/migrations/'))
    .flatMap((file) =>
      finds({ path: file.path, text: withoutComments(file) }, WRITTEN)
        .map((table) => ({ table, writer: table === '' ? 'db' : (WRITER[table] ?? 'nobody') }))
        .filter(({ writer }) => writer !== folderOf(file.path))
        .map(({ table, writer }) => `${file.path} writes ${table || 'any table'} of ${writer}`),
    );

const unqualifiedTables: Check = (files) =>
  sql(files).flatMap((file) => {
    const named = finds(file, CTE);
    return finds(file, UNQUALIFIED)
      .filter((table) => !named.includes(table))
      .map((table) => `${file.path} names ${table} without its schema`);
  });

const simpleCases: Check = (files) => occurrences(sql(files), SIMPLE_CASE);
const volatileSteps: Check = (files) => occurrences(sql(files).filter(isOutsideDb), VOLATILE);
const clocksAndChance: Check = (files) =>
  occurrences(code(files).filter(isOutsideDb).filter(isInSrc), CLOCK_OR_CHANCE);
const floats: Check = (files) => occurrences(code(files).filter(isInSrc), FLOAT);
const namelessPaths: Check = (files) =>
  files.map(({ path }) => path).filter((path) => NAMELESS.test(path));

function occurrences(files: readonly SourceText[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) => finds(file, pattern).map((found) => `${file.path} has ${found}`));
}

function isInSrc({ path }: SourceText): boolean {
  return path.startsWith('src/');
}

function isOutsideDb({ path }: SourceText): boolean {
  return folderOf(path) !== 'db';
}

/** The TypeScript of the tree without its comments. */
function code(files: readonly SourceText[]): readonly SourceText[] {
  return files
    .filter(({ path }) => path.endsWith('.ts'))
    .map((file) => ({ path: file.path, text: withoutComments(file) }));
}

/** SQL files, and literals of TypeScript that start like a statement; without comments and strings. */
function sql(files: readonly SourceText[]): readonly SourceText[] {
  const steps = files.filter(({ path }) => path.endsWith('.sql'));
  const literals = code(files).flatMap(({ path, text }) =>
    Array.from(text.matchAll(/(['"`])(?:\\.|(?!\1)[^\\])*\1/g), ([literal]) => ({
      path,
      text: literal.slice(1, -1),
    })),
  );
  const statement = /^\s*(?:--.*\s+)*(?:select|insert|update|delete|merge|with|copy|truncate)\s/i;
  return [...steps, ...literals.filter(({ text }) => statement.test(text))].map(
    ({ path, text }) => ({
      path,
      text: withoutComments({ path: '.sql', text }).replace(/'(?:[^']|'')*'/g, "''"),
    }),
  );
}

function withoutComments({ path, text }: SourceText): string {
  const stringOrComment = path.endsWith('.sql')
    ? /'(?:[^']|'')*'|--.*|\/\*[\s\S]*?\*\//g
    : /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\//g;
  return text.replace(stringOrComment, (found) => (/^(?:--|\/)/.test(found) ? ' ' : found));
}

function finds({ text }: SourceText, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ({ groups }) => groups?.found ?? '');
}

interface Rule {
  readonly claim: string;
  readonly check: Check;
  /** Made-up breaches, `path: text`, to prove that the check sees them. */
  readonly planted: readonly string[];
  /** What comes near a breach and is none. */
  readonly innocent: readonly string[];
}

const RULES: readonly Rule[] = [
  {
    claim: 'a folder imports only what stands below it',
    check: foreignImports,
    planted: [
      `src/match/match.ts: import type { Reader } from '../ingest/reader.ts';`,
      `src/money.ts: export * from './db/db.ts';`,
      `src/pipeline/run.ts: await import('../../bin/tieout.ts');`,
      `src/db/pool.ts: import '../../test/support/golden.ts';`,
      `src/report/csv.ts: import pg from 'pg';`,
      `src/settle/settle.ts: sqlFile(import.meta.url, '../match/sql/10_pair.sql')`,
      `src/newcomer/stage.ts: import { step } from './step.ts';`,
    ],
    innocent: [
      `src/settle/fees/kind.ts: import { post } from '../../ledger/post.ts';`,
      `src/ingest/ingest.ts: // Nothing from '../match/match.ts'.`,
      `bin/commands/run.ts: import { run } from '../../src/pipeline/run.ts';`,
    ],
  },
  {
    claim: 'a table is written by its one folder',
    check: foreignWrites,
    planted: [
      `src/match/sql/10_pair.sql: Insert into\n  tieout.posting (book_id) select 1`,
      'src/settle/settle.ts: tx.execute(`update tieout.entry set details = 0`)',
      `src/match/match.ts: tx.copyIn({ table: 'tieout.entry', columns })`,
      `bin/tieout.ts: tx.execute('truncate tieout.run')`,
      `src/db/pool.ts: tx.execute('delete from tieout.dropped_long_ago')`,
      'src/match/match.ts: tx.execute(`delete from tieout.$' + '{table}`)',
    ],
    innocent: [
      `src/match/sql/10_pair.sql: -- Never: delete from tieout.posting.\nselect 1`,
      `src/ledger/sql/10_fold.sql: merge into tieout.balance using tieout.entry on true`,
      `src/report/csv.ts: tx.query('select code from tieout.account for update')`,
    ],
  },
  {
    claim: 'a table is named with its schema',
    check: unqualifiedTables,
    planted: [
      `src/match/sql/10_pair.sql: select 1 from tieout.entry join journal using (book_id)`,
      'src/report/csv.ts: tx.query(`\n  select 1 from account_line`)',
    ],
    innocent: [
      `src/match/sql/10_pair.sql: with entry as (select 1) select 1 from entry`,
      `src/match/sql/20_pair.sql: select code is distinct from currency from tieout.account`,
      `src/report/csv.ts: throw new Error('nothing came from source');`,
    ],
  },
  {
    claim: 'no statement has a simple case, which a distributed Postgres refuses',
    check: simpleCases,
    planted: [
      `src/match/sql/10_pair.sql: select case kind when 1 then 2 end`,
      'src/report/csv.ts: tx.query(`select case a.kind when 1 then 2 end`)',
    ],
    innocent: [`src/match/sql/10_pair.sql: select case when true then 'in case of' end -- case x`],
  },
  {
    claim: 'no step reads the clock, a sequence or chance',
    check: volatileSteps,
    planted: [
      `src/match/sql/10_pair.sql: select now()`,
      `src/match/sql/10_pair.sql: select CURRENT_DATE`,
      `src/match/match.ts: tx.query('select gen_random_uuid()')`,
    ],
    innocent: [
      `src/db/migrations/0010_tables.sql: select now()`,
      `src/match/sql/10_pair.sql: select 'now()' as unknown, opened_now (1) -- now()`,
    ],
  },
  {
    claim: 'clock and chance are arguments of the program',
    check: clocksAndChance,
    planted: [
      `src/match/match.ts: const at = new Date();`,
      `src/match/match.ts: const at = Date.now();`,
      `src/ids.ts: return randomUUID();`,
      `src/money.ts: return Math.random();`,
    ],
    innocent: [
      `src/business-date.ts: new Date(0); new Intl.DateTimeFormat('en'); // new Date()`,
      `src/db/db.ts: Math.random()`,
      `bin/tieout.ts: new Date()`,
    ],
  },
  {
    claim: 'no number is read as a float',
    check: floats,
    planted: [`src/money.ts: return Number.parseFloat(text);`],
    innocent: [`src/money.ts: // Never parseFloat(text).`],
  },
  {
    claim: 'no barrel, and no folder without a noun',
    check: namelessPaths,
    planted: [`src/match/index.ts: `, `test/helpers/money.ts: `],
    innocent: [`src/match/reindex.ts: `],
  },
];

const ROOT = new URL('../', import.meta.url);
const TREE = ['src', 'bin', 'test'].flatMap(readFolder);
/** What runs: the tree without its tests and without the dump of the schema, which is only for reading. */
const PROGRAM = TREE.filter(
  ({ path }) => !path.startsWith('test/') && path !== 'src/db/schema.sql',
);

function readFolder(folder: string): readonly SourceText[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => /\.(?:ts|sql)$/.test(path))
    .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), 'utf8') }));
}

function madeUp(file: string): readonly SourceText[] {
  const end = file.indexOf(': ');
  return [{ path: file.slice(0, end), text: file.slice(end + 2) }];
}

describe.each(RULES)('$claim', ({ check, planted, innocent }) => {
  test('holds in the tree', () => {
    expect(PROGRAM.length).toBeGreaterThan(20);
    expect(check(check === namelessPaths ? TREE : PROGRAM)).toEqual([]);
  });

  test.each(planted)('a planted breach is reported: %s', (file) => {
    expect(check(madeUp(file))).toHaveLength(1);
  });

  test.each(innocent)('what is none is left alone: %s', (file) => {
    expect(check(madeUp(file))).toEqual([]);
  });
});

test('the comment on each table names the folder that writes it', () => {
  const comment =
    /comment on table tieout\.(\w+) is\s+'(?:[^']|'')*(?:Written by|Owner:) (\w+)\.'/g;
  const said = TREE.filter(({ path }) => path.startsWith('src/db/')).flatMap(({ text }) =>
    Array.from(text.matchAll(comment), ([, table = '', folder]) => [table, folder]),
  );
  const dropped = TREE.flatMap(({ path, text }) =>
    path.startsWith('src/db/migrations/')
      ? Array.from(text.matchAll(/^drop table tieout\.(\w+);/gm), ([, table]) => table)
      : [],
  );
  expect(Object.fromEntries(said.filter(([table]) => !dropped.includes(table)))).toEqual(WRITER);
});

test('the table classes and the writers are of the same tables', () => {
  const classes = readFileSync(new URL('src/db/table-class.json', ROOT), 'utf8');
  expect(Object.keys(JSON.parse(classes)).sort()).toEqual(Object.keys(WRITER).sort());
});
