import { resolve } from 'node:path';
import { Command } from 'commander';
import { stateDirectoryWithoutConfig } from '../../src/config.ts';
import { Database } from '../../src/db/db.ts';
import {
  databaseUrl,
  type ServerStatus,
  serverStatus,
  startServer,
  stopServer,
} from '../../src/db/embedded.ts';
import { type MigrationStatus, migrate, migrationStatus } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import type { CommandContext } from '../command-context.ts';

interface DbOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
}

interface Place {
  readonly externalUrl: string | undefined;
  readonly stateDirectory: string;
}

type Action = (context: CommandContext, place: Place, json: boolean) => Promise<void>;

/** `tieout db`: the schema, and the embedded server that is used when DATABASE_URL is absent. */
export function dbCommand(context: CommandContext): Command {
  // The commands below inherit it here, before the program can hand its own down.
  const db = new Command('db').description('schema and embedded server').exitOverride();
  const add = (name: string, summary: string, action: Action) => {
    db.command(name)
      .description(summary)
      .option('--json', 'print one JSON document')
      .option(
        '--state-dir <dir>',
        'where the embedded server keeps its data (default .tieout beside tieout.yaml)',
      )
      .action(async (options: DbOptions) => {
        await action(context, placeOf(context, options), options.json === true);
      });
  };
  add('migrate', 'bring the schema up to date', migrateSchema);
  add('status', 'tell where the database is and which migrations it has', showStatus);
  add('start', 'start the embedded server to stay', start);
  add('stop', 'stop the embedded server', stop);
  add('url', 'print the connection URL, password included', showUrl);
  return db;
}

function placeOf({ env, cwd }: CommandContext, options: DbOptions): Place {
  const stateDirectory = options.stateDir ?? stateDirectoryWithoutConfig({ cwd, env });
  const externalUrl = env.DATABASE_URL === '' ? undefined : env.DATABASE_URL;
  return { externalUrl, stateDirectory: resolve(cwd, stateDirectory) };
}

async function migrateSchema(context: CommandContext, place: Place, json: boolean): Promise<void> {
  const { db, close } = await openDatabase({
    databaseUrl: place.externalUrl,
    stateDirectory: place.stateDirectory,
    log: (text) => context.note(text),
  });
  try {
    const applied = await migrate(db);
    if (json) return await print(context, { schema: 'tieout.db-migrate/1', applied });
    for (const name of applied) await context.out(`applied ${name}\n`);
    if (applied.length === 0) context.note('the schema is up to date');
  } finally {
    await close();
  }
}

async function showStatus(context: CommandContext, place: Place, json: boolean): Promise<void> {
  const server = place.externalUrl === undefined ? await serverStatus(place.stateDirectory) : null;
  const migrations = await readMigrations(place, server);
  if (json) {
    return await print(context, {
      schema: 'tieout.db-status/1',
      server,
      migrations: migrations?.map(migrationJson) ?? null,
    });
  }
  await context.out(`${server === null ? describeUrl(place) : describeServer(server)}\n`);
  for (const { number, name, state } of migrations ?? []) {
    await context.out(`${state}\t${String(number).padStart(4, '0')}_${name}\n`);
  }
}

function migrationJson({ number, name, state, appliedAt }: MigrationStatus): object {
  return { number, name, state, applied_at: appliedAt?.toISOString() ?? null };
}

// Looking must not start a server: what a stopped one has stays unknown.
async function readMigrations(
  place: Place,
  server: ServerStatus | null,
): Promise<readonly MigrationStatus[] | null> {
  if (server !== null && server.state !== 'running') return null;
  const db = Database.open({ url: place.externalUrl ?? (await databaseUrl(place.stateDirectory)) });
  try {
    return await migrationStatus(db);
  } finally {
    await db.close();
  }
}

async function start(context: CommandContext, place: Place, json: boolean): Promise<void> {
  if (place.externalUrl !== undefined) return await nothingToDo(context, 'start', json);
  await startServer({ stateDirectory: place.stateDirectory, log: (text) => context.note(text) });
  await tellServer(context, place, json);
}

async function stop(context: CommandContext, place: Place, json: boolean): Promise<void> {
  if (place.externalUrl !== undefined) return await nothingToDo(context, 'stop', json);
  const outcome = await stopServer(place.stateDirectory);
  if (outcome === 'in use') {
    context.note('other tieout processes use the server; it stops when the last of them ends');
  }
  await tellServer(context, place, json);
}

async function nothingToDo(context: CommandContext, verb: string, json: boolean): Promise<void> {
  context.note(`DATABASE_URL is set, so there is no embedded server to ${verb}`);
  if (json) await print(context, { schema: 'tieout.db-server/1', server: null });
}

async function tellServer(context: CommandContext, place: Place, json: boolean): Promise<void> {
  const server = await serverStatus(place.stateDirectory);
  if (json) return await print(context, { schema: 'tieout.db-server/1', server });
  await context.out(`${describeServer(server)}\n`);
}

async function showUrl(context: CommandContext, place: Place, json: boolean): Promise<void> {
  const url = place.externalUrl ?? (await databaseUrl(place.stateDirectory));
  if (json) return await print(context, { schema: 'tieout.db-url/1', url });
  await context.out(`${url}\n`);
}

function describeServer(server: ServerStatus): string {
  if (server.state === 'absent') return 'embedded server: never started';
  const place = `data in ${server.folder}`;
  if (server.state === 'stopped') return `embedded server: stopped, ${place}`;
  const stays = server.pinned ? 'stays until tieout db stop' : 'stops after its last user';
  return `embedded server: running on port ${server.port} (process ${server.pid}), ${stays}, ${place}`;
}

// Without the password, which a log would keep.
function describeUrl({ externalUrl }: Place): string {
  const url = URL.canParse(externalUrl ?? '') ? new URL(externalUrl ?? '') : undefined;
  return `DATABASE_URL: ${url === undefined ? 'set' : `${url.host}${url.pathname}`}`;
}

async function print(context: CommandContext, document: object): Promise<void> {
  await context.out(`${JSON.stringify(document)}\n`);
}
