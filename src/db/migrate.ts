import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { assertInvariant, OperationalError } from '../errors.ts';
import type { Database, Tx } from './db.ts';
import { settleRoles } from './roles.ts';
import { sqlFile } from './sql-file.ts';
import { StatementError } from './sqlstate.ts';

/** One numbered file of the schema's history and what the database knows of it. */
export interface MigrationStatus {
  readonly number: number;
  readonly name: string;
  readonly state: 'applied' | 'pending';
  readonly appliedAt: Date | null;
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly applied_at: Date;
}

const MIGRATIONS = new URL('./migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const UNDEFINED_TABLE = '42P01';
const AS_LOGIN = { role: 'owner' } as const;

const CREATE_BOOKKEEPING = `
  create schema if not exists tieout;
  create table if not exists tieout.schema_migration (
    number integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
  );
  comment on table tieout.schema_migration is
    'The migrations this database has, with the checksum each was applied with. Owner: db.';`;

// Spares a second migrator an error; what keeps a migration from running twice is the primary key.
const SERIALISE = `select pg_advisory_xact_lock(hashtextextended('tieout.schema_migration', 0))`;

// The migration that brings what settles the roles; a history without it has no roles.
const BRINGS_ROLES = 'roles';

/** Applies the pending migrations, each in its own transaction, settles the roles, and returns the migrations' names. */
export async function migrate(db: Database, folder: URL = MIGRATIONS): Promise<readonly string[]> {
  const migrations = readMigrations(folder);
  const applied = await readApplied(db);
  const pending = pendingOf(migrations, applied ?? []);
  if (applied === undefined) await db.transaction((tx) => createBookkeeping(tx), AS_LOGIN);
  const names: string[] = [];
  for (const migration of pending) {
    if (await db.transaction((tx) => apply(tx, migration), AS_LOGIN))
      names.push(fullName(migration));
  }
  if (migrations.some(({ name }) => name === BRINGS_ROLES)) await settleRoles(db);
  return names;
}

/** Lists every migration in order, and whether the database has it. */
export async function migrationStatus(
  db: Database,
  folder: URL = MIGRATIONS,
): Promise<readonly MigrationStatus[]> {
  const migrations = readMigrations(folder);
  const applied = (await readApplied(db)) ?? [];
  pendingOf(migrations, applied);
  const appliedAt = new Map(applied.map((row) => [row.number, row.applied_at]));
  return migrations.map(({ number, name }) => ({
    number,
    name,
    state: appliedAt.has(number) ? 'applied' : 'pending',
    appliedAt: appliedAt.get(number) ?? null,
  }));
}

function readMigrations(folder: URL): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  const migrations = files.sort().map((file) => readMigration(folder, file));
  const numbers = new Set(migrations.map(({ number }) => number));
  assertInvariant(numbers.size === migrations.length, 'two migrations have the same number');
  return migrations;
}

function readMigration(folder: URL, file: string): Migration {
  const [, digits, name] = FILE_NAME.exec(file) ?? [];
  assertInvariant(
    digits !== undefined && name !== undefined,
    `migration ${file} is not named NNNN_name.sql`,
  );
  const sql = sqlFile(folder.href, file);
  return { number: Number(digits), name, sql, sha256: sha256(sql) };
}

async function readApplied(db: Database): Promise<readonly AppliedMigration[] | undefined> {
  try {
    return await db.read(
      (tx) =>
        tx.query<AppliedMigration>(
          'select number, name, sha256, applied_at from tieout.schema_migration order by number',
        ),
      AS_LOGIN,
    );
  } catch (error) {
    if (error instanceof StatementError && error.sqlState === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}

function pendingOf(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const byNumber = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of applied) assertUnchanged(row, byNumber.get(row.number));
  const done = new Set(applied.map(({ number }) => number));
  return migrations.filter(({ number }) => !done.has(number));
}

function assertUnchanged(row: AppliedMigration, migration: Migration | undefined): void {
  if (migration === undefined) {
    throw new OperationalError(
      'configuration',
      `the database has migration ${fullName(row)}, which this tieout does not know; use the newer tieout`,
    );
  }
  if (row.sha256 !== migration.sha256) {
    throw new OperationalError(
      'configuration',
      `migration ${fullName(migration)} was changed after it was applied; restore the file and add a new migration`,
      { context: { applied: row.sha256.slice(0, 12), file: migration.sha256.slice(0, 12) } },
    );
  }
}

async function createBookkeeping(tx: Tx): Promise<void> {
  await tx.query(SERIALISE);
  await tx.runScript(CREATE_BOOKKEEPING);
}

/** False when another migrator has applied it meanwhile. */
async function apply(tx: Tx, migration: Migration): Promise<boolean> {
  await tx.query(SERIALISE);
  const { number, name, sql, sha256: checksum } = migration;
  const known = await tx.query<{ sha256: string }>(
    'select sha256 from tieout.schema_migration where number = $1',
    [number],
  );
  if (known.length > 0) return false;
  await tx.runScript(sql);
  await tx.execute(
    'insert into tieout.schema_migration (number, name, sha256) values ($1, $2, $3)',
    [number, name, checksum],
  );
  return true;
}

function fullName({ number, name }: { number: number; name: string }): string {
  return `${String(number).padStart(4, '0')}_${name}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
