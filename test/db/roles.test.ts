import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Database, type Role, type Tx } from '../../src/db/db.ts';
import { migrate } from '../../src/db/migrate.ts';
import { BOOK_ID, capture, givenBook, postBatch } from '../ledger/books.ts';
import {
  emptyDatabase,
  type FreshDatabase,
  freshDatabase,
  inRolledBackTransaction,
} from '../support/database.ts';

const ROLES = ['tieout_owner', 'tieout_post', 'tieout_read', 'tieout_audit'];

let fresh: FreshDatabase;
const databases: FreshDatabase[] = [];
const logins: Database[] = [];
const roles: string[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
});

afterAll(() => fresh.drop());

// The databases first: a role that owns or may something cannot be dropped.
afterEach(async () => {
  for (const login of logins.splice(0)) await login.close();
  for (const database of databases.splice(0)) await database.drop();
  for (const role of roles.splice(0).reverse()) {
    await fresh.db.administer(`drop owned by ${role}`).catch(() => undefined);
    await fresh.db.administer(`drop role if exists ${role}`);
  }
});

async function givenEmptyDatabase(): Promise<FreshDatabase> {
  const database = await emptyDatabase();
  databases.push(database);
  return database;
}

function nameOfRole(): string {
  const name = `tieout_test_${randomBytes(6).toString('hex')}`;
  roles.push(name);
  return name;
}

/** A login of its own on the database, with these attributes. */
async function givenLogin(
  { db, url }: FreshDatabase,
  attributes = '',
): Promise<{ readonly name: string; readonly db: Database }> {
  const name = nameOfRole();
  await db.administer(`create role ${name} login password 'secret' ${attributes}`);
  const own = new URL(url);
  own.username = name;
  own.password = 'secret';
  const login = Database.open({ url: own.href, maxConnections: 3 });
  logins.push(login);
  return { name, db: login };
}

interface Who {
  readonly me: string;
  readonly login: string;
}

async function whoIs(tx: Tx): Promise<Who | undefined> {
  const [who] = await tx.query<Who>('select current_user::text as me, session_user::text as login');
  return who;
}

test.each<[Role | undefined, string]>([
  [undefined, 'tieout_post'],
  ['post', 'tieout_post'],
  ['read', 'tieout_read'],
  ['audit', 'tieout_audit'],
])(
  'a transaction of role %s runs as %s, and its connection is nobody afterwards',
  async (role, name) => {
    const db = Database.open({ url: fresh.url, maxConnections: 1 });
    const options = role === undefined ? {} : { role };
    expect(await db.transaction(whoIs, options)).toMatchObject({ me: name });
    const [after] = await db.call<Who>(
      'select current_user::text as me, session_user::text as login',
    );
    expect(after?.me).toBe(after?.login);
    await db.close();
  },
);

test('a read runs as the role that reads, and the owner as the login', async () => {
  expect(await fresh.db.read(whoIs)).toMatchObject({ me: 'tieout_read' });
  for (const who of [
    await fresh.db.read(whoIs, { role: 'owner' }),
    await fresh.db.transaction(whoIs, { role: 'owner' }),
  ])
    expect(who?.me).toBe(who?.login);
});

test('without a schema the login acts as itself, and after the migration as the role', async () => {
  const { db } = await givenEmptyDatabase();
  const before = await db.transaction(whoIs);
  expect(before?.me).toBe(before?.login);
  await migrate(db);
  expect(await db.transaction(whoIs)).toMatchObject({ me: 'tieout_post' });
});

test('the role that reads reads every table and view, and writes nothing', () =>
  inRolledBackTransaction(
    async (tx) => {
      const relations = await tx.query<{ name: string; may: boolean; writes: boolean }>(
        `select relname as name, has_table_privilege(oid, 'select') as may,
           has_table_privilege(oid, 'insert, update, delete, truncate') as writes
         from pg_class where relnamespace = 'tieout'::regnamespace and relkind in ('r', 'p', 'v')`,
      );
      expect(relations.length).toBeGreaterThan(40);
      expect(relations.filter(({ may, writes }) => !may || writes)).toEqual([]);
    },
    { role: 'read' },
  ));

test('the role that audits adds to the audit log, and posts nothing', async () => {
  const act = `insert into tieout.audit_event (book_id, event_id, happened_at, actor, action, object_type, object_id)
    select book_id, '00000000-0000-8000-8000-000000000001', opened_at, 'tester', 'look', 'book', 'acme' from tieout.book`;
  await fresh.db.transaction(givenBook);
  const done = await fresh.db.transaction((tx) => tx.execute(act), {
    role: 'audit',
    rollback: true,
  });
  expect(done.rowCount).toBe(1);
  const posting = fresh.db.transaction((tx) => postBatch(tx, [capture()]), { role: 'audit' });
  await expect(posting).rejects.toMatchObject({ code: 'not_permitted' });
});

test('a login that was granted the posting role posts, and migrates nothing', async () => {
  const login = await givenLogin(fresh);
  const stranger = login.db.transaction((tx) => givenBook(tx));
  await expect(stranger).rejects.toMatchObject({
    code: 'not_permitted',
    message: expect.stringContaining('grant this login the role tieout_post'),
  });
  await fresh.db.administer(`grant tieout_post to ${login.name}`);
  login.db.forgetRoles();

  expect(await migrate(login.db)).toEqual([]);
  const who = await login.db.transaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture()]);
    return await whoIs(tx);
  });
  expect(who).toEqual({ me: 'tieout_post', login: login.name });
  const rows = await login.db.read((tx) =>
    tx.query('select from tieout.posting where book_id = $1', [BOOK_ID]),
  );
  expect(rows).toHaveLength(1);
  const edit = login.db.transaction((tx) => tx.execute('delete from tieout.posting'), {
    role: 'owner',
  });
  await expect(edit).rejects.toMatchObject({ code: 'not_permitted' });
});

test('a login that may not make roles migrates a database of its own and works under its own privileges', async () => {
  const database = await givenEmptyDatabase();
  const login = await givenLogin(database, 'nocreaterole');
  await database.db.administer(
    `alter database ${new URL(database.url).pathname.slice(1)} owner to ${login.name}`,
  );
  expect((await migrate(login.db)).length).toBeGreaterThan(10);
  const who = await login.db.transaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture()]);
    return await whoIs(tx);
  });
  expect(who).toEqual({ me: login.name, login: login.name });
  const edit = login.db.transaction((tx) => tx.execute('delete from tieout.posting'));
  await expect(edit).rejects.toMatchObject({ sqlState: '23001' });

  // Roles that were there, or that an administrator makes later, have their privileges all the same.
  await database.db.administer(`grant tieout_post to ${login.name}`);
  login.db.forgetRoles();
  expect(await login.db.transaction(whoIs)).toMatchObject({ me: 'tieout_post' });
});

test('a login that may not make roles makes none, and that is no error', async () => {
  const login = await givenLogin(fresh, 'nocreaterole');
  const name = nameOfRole();
  await fresh.db.administer(`grant tieout_read to ${login.name}`);
  const made = await login.db.call('select tieout.create_roles($1) as made', [[name]]);
  expect(made).toEqual([{ made: 0 }]);
});

test('a login that may make roles can act as the ones it makes', async () => {
  const login = await givenLogin(fresh, 'createrole');
  await fresh.db.administer(`grant tieout_read to ${login.name}`);
  const name = nameOfRole();
  const make = () => login.db.call('select tieout.create_roles($1) as made', [[name]]);
  expect(await make()).toEqual([{ made: 2 }]);
  expect(await make()).toEqual([{ made: 0 }]);
  const who = await login.db.transaction(
    async (tx) => {
      await tx.runScript(`set local role ${name}`);
      return await whoIs(tx);
    },
    { role: 'owner' },
  );
  expect(who).toEqual({ me: name, login: login.name });
});

test('two databases that make a role at the same moment both have it', async () => {
  const other = await freshDatabase();
  databases.push(other);
  const name = nameOfRole();
  const make = (db: Database, meanwhile: () => Promise<void>) =>
    db.transaction(
      async (tx) => {
        const rows = await tx.query('select tieout.create_roles($1) as made', [[name]]);
        await meanwhile();
        return rows;
      },
      { role: 'owner' },
    );
  let second: Promise<unknown> | undefined;
  const first = await make(fresh.db, async () => {
    second = make(other.db, async () => undefined);
    await untilOneWaits(other.db);
  });
  expect(first).toEqual([{ made: 1 }]);
  expect(await second).toEqual([{ made: 0 }]);
});

async function untilOneWaits(db: Database): Promise<void> {
  for (;;) {
    const waiting = await db.call(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
  }
}

test('two databases migrate at once', async () => {
  const both = [await givenEmptyDatabase(), await givenEmptyDatabase()];
  const applied = await Promise.all(both.map(({ db }) => migrate(db)));
  expect(applied[0]).toEqual(applied[1]);
  for (const { db } of both)
    expect(await db.transaction(whoIs)).toMatchObject({ me: 'tieout_post' });
});

test('privileges that were lost are given again by the next migration run of the owner', async () => {
  const database = await freshDatabase();
  databases.push(database);
  await database.db.transaction(
    (tx) =>
      tx.runScript(`revoke all on all tables in schema tieout from ${ROLES.join(', ')};
        revoke all on schema tieout from ${ROLES.join(', ')};
        grant delete on tieout.posting to tieout_post;`),
    { role: 'owner' },
  );
  const lost = await database.db.transaction(whoIs);
  expect(lost?.me).toBe(lost?.login);
  expect(await migrate(database.db)).toEqual([]);
  expect(await database.db.transaction(whoIs)).toMatchObject({ me: 'tieout_post' });
  const edit = database.db.transaction((tx) => tx.execute('delete from tieout.posting'));
  await expect(edit).rejects.toMatchObject({ code: 'not_permitted' });
});

test('who was given the owner role migrates once it owns the objects', async () => {
  const database = await givenEmptyDatabase();
  const [first, second] = [await givenLogin(database), await givenLogin(database)];
  await database.db.administer(
    `alter database ${new URL(database.url).pathname.slice(1)} owner to ${first.name}`,
  );
  await migrate(first.db);
  await database.db.administer(`reassign owned by ${first.name} to tieout_owner`);
  await database.db.administer(`grant tieout_owner to ${second.name}`);
  await second.db.transaction(
    (tx) => tx.runScript('create table tieout.planted (id int); alter table tieout.book add x int'),
    { role: 'owner' },
  );
  expect(await migrate(second.db)).toEqual([]);
});
