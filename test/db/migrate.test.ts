import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from '../../src/db/db.ts';
import { migrate, migrationStatus } from '../../src/db/migrate.ts';
import { emptyDatabase, type FreshDatabase } from '../support/database.ts';

let fresh: FreshDatabase;
let folder: string;
let url: URL;

beforeEach(async () => {
  fresh = await emptyDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tieout-migrations-'));
  url = pathToFileURL(`${folder}/`);
  givenMigration(
    '0001_first.sql',
    'create table tieout.first (id int); insert into tieout.first values (1);',
  );
  givenMigration('0002_second.sql', 'create table tieout.second (id int);');
});

afterEach(async () => {
  await fresh.drop();
  rmSync(folder, { recursive: true });
});

function givenMigration(file: string, sql: string): void {
  writeFileSync(join(folder, file), sql);
}

test('applies each migration once, however often it runs', async () => {
  expect(await migrate(fresh.db, url)).toEqual(['0001_first', '0002_second']);
  expect(await migrate(fresh.db, url)).toEqual([]);
  const rows = await fresh.db.read((tx) => tx.query('select id from tieout.first'));
  expect(rows).toHaveLength(1);
});

test('shares the work between migrators that start at the same moment', async () => {
  const others = Array.from({ length: 4 }, () => Database.open({ url: fresh.url }));
  const applied = await Promise.all(others.map((db) => migrate(db, url)));
  expect(applied.flat().sort()).toEqual(['0001_first', '0002_second']);
  await Promise.all(others.map((db) => db.close()));
});

test('refuses a migration that was changed after it was applied', async () => {
  await migrate(fresh.db, url);
  givenMigration('0001_first.sql', 'create table tieout.other (id int);');
  await expect(migrate(fresh.db, url)).rejects.toThrow(
    '0001_first was changed after it was applied',
  );
});

test('refuses a database that is newer than the program', async () => {
  await migrate(fresh.db, url);
  rmSync(join(folder, '0002_second.sql'));
  await expect(migrate(fresh.db, url)).rejects.toMatchObject({ code: 'configuration' });
});

test('keeps nothing of a migration that fails, and what came before it', async () => {
  givenMigration('0003_broken.sql', 'create table tieout.third (id int); select 1/0;');
  await expect(migrate(fresh.db, url)).rejects.toThrow('division by zero');
  const status = await migrationStatus(fresh.db, url);
  expect(status.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'first applied',
    'second applied',
    'broken pending',
  ]);
  const rows = await fresh.db.read((tx) => tx.query(`select to_regclass('tieout.third') as third`));
  expect(rows).toEqual([{ third: null }]);
});

test('tells everything as pending in a database without the schema', async () => {
  const status = await migrationStatus(fresh.db, url);
  expect(status.map(({ state, appliedAt }) => [state, appliedAt])).toEqual([
    ['pending', null],
    ['pending', null],
  ]);
});
