import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { sqlFile } from '../../src/db/sql-file.ts';
import { inRolledBackTransaction } from '../support/database.ts';

type TableClass = 'distributed' | 'reference' | 'local';

interface Breach {
  readonly rule: string;
  readonly object: string;
  readonly detail: string;
}

const LINT = sqlFile(import.meta.url, 'catalog_lint.sql');
const REGISTRY: Readonly<Record<string, TableClass>> = JSON.parse(
  readFileSync(new URL('../../src/db/table-class.json', import.meta.url), 'utf8'),
);

async function lint(
  tx: Tx,
  more: Readonly<Record<string, TableClass>> = {},
): Promise<readonly Breach[]> {
  return await tx.query<Breach>(LINT, [JSON.stringify({ ...REGISTRY, ...more })]);
}

async function rulesBrokenBy(
  sql: string,
  classes: Readonly<Record<string, TableClass>>,
): Promise<readonly string[]> {
  return await inRolledBackTransaction(
    async (tx) => {
      await tx.runScript(sql);
      const breaches = await lint(tx, classes);
      return breaches.filter(({ object }) => object.startsWith('planted')).map(({ rule }) => rule);
    },
    { role: 'owner' },
  );
}

test('the schema keeps every rule of a distributed Postgres', async () => {
  expect(await inRolledBackTransaction((tx) => lint(tx))).toEqual([]);
});

test('finds a table that nobody classified', async () => {
  const rules = await rulesBrokenBy('create table tieout.planted (id int)', {});
  expect(rules).toEqual(['table without a class']);
});

test('finds a class whose table is gone', async () => {
  const breaches = await inRolledBackTransaction((tx) => lint(tx, { planted: 'local' }));
  expect(breaches).toContainEqual({
    rule: 'class without a table',
    object: 'planted',
    detail: 'local',
  });
});

test('finds keys without the book, a volatile default and a trigger', async () => {
  const rules = await rulesBrokenBy(
    `create table tieout.planted (
       book_id bigint not null, id bigint generated always as identity, name text unique,
       primary key (book_id, id));
     create function tieout.planted() returns trigger language plpgsql as 'begin return new; end';
     create trigger planted before insert on tieout.planted
       for each row execute function tieout.planted();`,
    { planted: 'distributed' },
  );
  expect(rules).toEqual([
    'trigger outside the allowed kinds ro_ and bal_',
    'unique index without book_id',
    'volatile default or identity',
  ]);
});

test('finds a foreign key that would leave the book', async () => {
  const rules = await rulesBrokenBy(
    `create table tieout.planted_parent (book_id bigint not null, id bigint, primary key (book_id, id));
     create table tieout.planted (
       book_id bigint not null, other_book_id bigint, id bigint, primary key (book_id, id),
       foreign key (other_book_id, id) references tieout.planted_parent (book_id, id));
     create table tieout.planted_local (
       book_id bigint, id bigint, foreign key (book_id, id) references tieout.planted_parent);`,
    { planted: 'distributed', planted_parent: 'distributed', planted_local: 'local' },
  );
  expect(rules).toEqual([
    'foreign key local -> distributed',
    'foreign key without book_id at the same place on both sides',
  ]);
});

test('a partition has the class of its parent', async () => {
  const rules = await rulesBrokenBy(
    `create table tieout.planted (book_id bigint not null, day date, primary key (book_id, day))
       partition by range (day);
     create table tieout.planted_2026 partition of tieout.planted
       for values from ('2026-01-01') to ('2027-01-01');`,
    { planted: 'distributed' },
  );
  expect(rules).toEqual([]);
});
