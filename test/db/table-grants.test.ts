import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { inRolledBackTransaction } from '../support/database.ts';

interface Rule {
  readonly post: readonly string[];
  readonly audit?: readonly string[];
  readonly history?: boolean;
  readonly secret?: boolean;
}

const SRC = new URL('../../src/', import.meta.url);
const RULES: Readonly<Record<string, Rule>> = JSON.parse(
  readFileSync(new URL('db/table-grants.json', SRC), 'utf8'),
);
const TABLES = Object.keys(RULES).sort();
const EVERYTHING = ['delete', 'insert', 'references', 'select', 'trigger', 'truncate', 'update'];

/** Granted for statements that are not written yet; what is used or gone may be taken off this list. */
const NOT_YET_USED = [
  'account update',
  'balance_assertion insert',
  'balance_assertion update',
  'balance_delta delete',
  'balance_delta insert',
  'conversion insert',
  'hold insert',
  'hold update',
  'hold_resolution insert',
  'journal_refusal insert',
  'open_item update',
  'outbox_event insert',
  'period insert',
  'period update',
  'period_balance delete',
  'period_balance insert',
  'reversal insert',
  'reversal_total insert',
  'reversal_total update',
  'seal_block insert',
  'seal_leaf insert',
];

/** Table and privilege of every write in a text of SQL or TypeScript, as `entry update`. */
function writesIn(text: string): readonly string[] {
  const code = text.replace(/--.*$/gm, '').replace(/(?<!:)\/\/.*$/gm, '');
  const find = (pattern: RegExp, privilege: string) =>
    Array.from(code.matchAll(pattern), ([, table = '']) => `${table} ${privilege}`);
  return [
    ...find(/\binsert\s+into\s+tieout\.(\w+)/gi, 'insert'),
    ...find(/\btable:\s*'tieout\.(\w+)'/g, 'insert'),
    ...find(/\bupdate\s+(?:only\s+)?tieout\.(\w+)/gi, 'update'),
    ...find(
      /\binsert\s+into\s+tieout\.(\w+)(?:(?!insert\s+into)[^;`])*?\bdo\s+update\b/gi,
      'update',
    ),
    ...find(
      /\bfrom\s+tieout\.(\w+)(?:(?!\bfrom\b)[^;`])*?\bfor\s+(?:no\s+key\s+|key\s+)?(?:update|share)\b/gi,
      'update',
    ),
    ...find(/\bdelete\s+from\s+(?:only\s+)?tieout\.(\w+)/gi, 'delete'),
    ...find(/\btruncate\s+(?:table\s+)?tieout\.(\w+)/gi, 'truncate'),
    ...find(/\bmerge\s+into\s+tieout\.(\w+)/gi, 'merge'),
  ];
}

/** What the program writes: its steps, its literals, and the functions in the database. */
async function writesOfProgram(tx: Tx): Promise<ReadonlySet<string>> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.(?:ts|sql)$/.test(path) && !/^db[/\\](?:migrat|schema\.sql)/.test(path),
  );
  const functions = await tx.query<{ body: string }>(
    `select prosrc as body from pg_proc where pronamespace = 'tieout'::regnamespace`,
  );
  const texts = [
    ...files.map((path) => readFileSync(new URL(path, SRC), 'utf8')),
    ...functions.map(({ body }) => body),
  ];
  return new Set(texts.flatMap(writesIn));
}

const GRANTED = new Set(
  TABLES.flatMap((table) => (RULES[table]?.post ?? []).map((privilege) => `${table} ${privilege}`)),
);

test('every table has a rule, and every rule a table', () =>
  inRolledBackTransaction(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p') and not relispartition
       order by relname collate "C"`,
    );
    expect(tables.map(({ name }) => name)).toEqual(TABLES);
  }));

test('each role has in the database what the rules say, to the letter', () =>
  inRolledBackTransaction(async (tx) => {
    const rows = await tx.query<{ name: string; role: string; privileges: string[] }>(
      `select relname as name, rolname as role, array_agg(lower(privilege_type) order by privilege_type) as privileges
       from pg_class, aclexplode(relacl) as acl
       join pg_roles on pg_roles.oid = acl.grantee
       where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p') and acl.grantee <> relowner
       group by relname, rolname`,
    );
    const present = Object.fromEntries(
      rows.map(({ name, role, privileges }) => [`${name} ${role}`, privileges]),
    );
    const asked = Object.fromEntries(
      TABLES.flatMap((table) => [
        [`${table} tieout_owner`, EVERYTHING],
        [`${table} tieout_post`, ['select', ...(RULES[table]?.post ?? [])].sort()],
        [`${table} tieout_read`, ['select']],
        [`${table} tieout_audit`, ['select', ...(RULES[table]?.audit ?? [])].sort()],
      ]),
    );
    expect(present).toEqual(asked);
    expect(
      await tx.query('select tieout.grants_to_change($1::jsonb)', [JSON.stringify(RULES)]),
    ).toEqual([]);
  }));

test('history is only ever added to', () => {
  const history = Object.values(RULES).filter((rule) => rule.history);
  expect(new Set(history.flatMap(({ post, audit = [] }) => [...post, ...audit]))).toEqual(
    new Set(['insert']),
  );
});

test('every write of the program is granted', async () => {
  const writes = await inRolledBackTransaction(writesOfProgram);
  expect(writes.size).toBeGreaterThan(50);
  const refused = [...writes].filter((write) => !GRANTED.has(write));
  expect(refused).toEqual([]);
});

test('every privilege is used by a statement of the program, or waits for one that is named', async () => {
  const writes = await inRolledBackTransaction(writesOfProgram);
  const unused = [...GRANTED].filter((grant) => !writes.has(grant));
  expect(unused.filter((grant) => !NOT_YET_USED.includes(grant))).toEqual([]);
});

test.each([
  ['insert into tieout.entry (a) select 1', ['entry insert']],
  [`tx.copyIn({ table: 'tieout.entry', columns })`, ['entry insert']],
  ['with x as (delete from tieout.entry returning 1) select 1', ['entry delete']],
  ['-- update tieout.entry\nselect 1', []],
  [
    'insert into tieout.run (a) select 1 on conflict (a)\ndo update set a = 2',
    ['run insert', 'run update'],
  ],
  ['select 1 from tieout.book where book_id = $1 for no key update nowait', ['book update']],
  ['truncate tieout.run', ['run truncate']],
])('a write is seen: %s', (text, writes) => {
  expect(writesIn(text)).toEqual(writes);
});

test('a new table is read by all, a secret only by the program, and written as its rule says', () =>
  inRolledBackTransaction(
    async (tx) => {
      await tx.runScript(
        'create table tieout.planted (id int); create table tieout.vault (id int)',
      );
      const rules = { ...RULES, planted: { post: ['insert'] }, vault: { post: [], secret: true } };
      const statements = await tx.query<{ sql: string }>(
        'select tieout.grants_to_change($1::jsonb) as sql',
        [JSON.stringify(rules)],
      );
      const all = 'grant delete, insert, references, select, trigger, truncate, update on table';
      expect(statements.map(({ sql }) => sql)).toEqual([
        'grant select on table tieout.planted to tieout_audit',
        `${all} tieout.planted to tieout_owner`,
        'grant insert, select on table tieout.planted to tieout_post',
        'grant select on table tieout.planted to tieout_read',
        `${all} tieout.vault to tieout_owner`,
        'grant select on table tieout.vault to tieout_post',
      ]);
      await tx.query('select tieout.grant_privileges($1::jsonb)', [JSON.stringify(rules)]);
      // A rule that is gone takes its privileges along.
      await tx.query('select tieout.grant_privileges($1::jsonb)', [JSON.stringify(RULES)]);
      expect(
        await tx.query(
          `select has_table_privilege('tieout_post', 'tieout.planted', 'insert') as may`,
        ),
      ).toEqual([{ may: false }]);
    },
    { role: 'owner' },
  ));
