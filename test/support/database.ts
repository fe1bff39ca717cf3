import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll } from 'vitest';
import { Database, type TransactionOptions, type Tx } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';

/** A database of its own with the current schema. */
export interface FreshDatabase {
  readonly db: Database;
  readonly url: string;
  drop(): Promise<void>;
}

const MIGRATIONS = new URL('../../src/db/migrations/', import.meta.url);
const GRANTS = new URL('../../src/db/table-grants.json', import.meta.url);

/** Makes a database from the migrated template. */
export async function freshDatabase(): Promise<FreshDatabase> {
  return await createDatabase(`template ${await ensureTemplate()}`);
}

/** Makes a database without any schema. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  return await createDatabase('');
}

let fileDatabase: Promise<FreshDatabase> | undefined;

/** Runs the case in the database of its test file, as the program's role unless told otherwise, and undoes what it did. */
export async function inRolledBackTransaction<T>(
  work: (tx: Tx) => Promise<T>,
  options: Pick<TransactionOptions, 'role'> = {},
): Promise<T> {
  fileDatabase ??= freshDatabase();
  const { db } = await fileDatabase;
  return await db.transaction(work, { ...options, rollback: true });
}

/** Changes what the program may not: as the superuser, past roles, triggers and foreign keys; then the role is the program's again. */
export async function tamper(tx: Tx, script: string): Promise<void> {
  await tx.runScript(`set local role none; set local session_replication_role to replica`);
  await tx.runScript(script);
  await tx.runScript('set local session_replication_role to origin; set local role tieout_post');
}

afterAll(async () => {
  await (await fileDatabase)?.drop();
});

async function createDatabase(template: string): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name} ${template}`);
  const url = urlOf(name);
  const db = Database.open({ url, applicationName: 'tieout-test' });
  return {
    db,
    url,
    drop: async () => {
      await db.close();
      await administer(`drop database ${name} with (force)`);
    },
  };
}

// The name holds the migrations' checksum: a server that lives longer than a test run never gives
// an old schema.
async function ensureTemplate(): Promise<string> {
  const name = `tieout_template_${migrationsHash()}`;
  const server = Database.open({ url: serverUrl(), maxConnections: 2 });
  try {
    await server.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [name]);
      const known = await tx.query('select 1 from pg_database where datname = $1', [name]);
      if (known.length === 0) await makeTemplate(server, name);
    });
  } finally {
    await server.close();
  }
  return name;
}

async function makeTemplate(server: Database, name: string): Promise<void> {
  const draft = `${name}_draft`;
  await server.administer(`drop database if exists ${draft}`);
  await server.administer(`create database ${draft}`);
  const db = Database.open({ url: urlOf(draft) });
  await migrate(db).finally(() => db.close());
  await server.administer(`alter database ${draft} rename to ${name}`);
}

async function administer(sql: string): Promise<void> {
  const server = Database.open({ url: serverUrl(), maxConnections: 1 });
  await server.administer(sql).finally(() => server.close());
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(MIGRATIONS).sort()) {
    hash.update(file).update(readFileSync(new URL(file, MIGRATIONS)));
  }
  hash.update(readFileSync(GRANTS));
  return hash.digest('hex').slice(0, 12);
}

function serverUrl(): string {
  const url = process.env.TIEOUT_TEST_DATABASE_URL;
  if (url === undefined)
    throw new Error('the test server is not running; run the tests with vitest');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}
