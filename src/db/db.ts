import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ClientTx, commit, rolledBack, type Tx } from './client-tx.ts';
import type { SqlValue } from './copy.ts';
import {
  isConflict,
  isConnectionLost,
  isNotYetAccepting,
  isOfPooler,
  translateCallError,
  translateConnectError,
} from './sqlstate.ts';
import { typeParsers } from './type-parsers.ts';

export type { Tx } from './client-tx.ts';
export type { SqlValue } from './copy.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly applicationName?: string;
  readonly maxConnections?: number;
}

/**
 * As whom a transaction runs: `post` as what the program may (never a change of history), `read` and `audit` as less,
 * `owner` as the login itself, for migrations and for ANALYZE, which ask for ownership.
 */
export type Role = 'post' | 'read' | 'audit' | 'owner';

export interface TransactionOptions {
  /** `post` when absent. Where the server has no such role, or keeps it from the login, the login's own privileges hold. */
  readonly role?: Role;
  /** Always roll back and still return the value: for plans and tests. */
  readonly rollback?: boolean;
  /** How often to run the work when Postgres cancels it for a deadlock; the work must be repeatable. */
  readonly attempts?: number;
}

// One round trip, and SET LOCAL only: session settings would leak to others through a pooler. The server looks now and then
// whether its client is still there: the statement of a killed process would hold the book until it ends.
const SETTINGS = `set local datestyle to 'ISO, YMD'; set local timezone to 'UTC'; set local client_connection_check_interval to '10s'`;
const BEGIN_WRITE = `begin isolation level read committed; ${SETTINGS}`;
const BEGIN_READ = `begin isolation level repeatable read read only; ${SETTINGS}`;
const SET_ROLE: Readonly<Record<Exclude<Role, 'owner'>, string>> = {
  post: '; set local role tieout_post',
  read: '; set local role tieout_read',
  audit: '; set local role tieout_audit',
};
// The roles this login may act as and that have privileges in this database; Postgres 16 asks for the first otherwise than 15.
const USABLE_ROLES = `
  select rolname::text as name
  from pg_roles
  where rolname in ('tieout_post', 'tieout_read', 'tieout_audit')
    and pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
    and has_schema_privilege(oid, to_regnamespace('tieout')::oid, 'usage')`;

const CONNECT_TIMEOUT_MS = 10_000;
const CONNECT_RETRY_DELAYS_MS = [200, 800];
const KEEP_ALIVE_AFTER_MS = 10_000;

/** A pool of connections to one Postgres database. */
export class Database {
  readonly #pool: pg.Pool;
  /** Names of the statements that are called, each prepared once on a connection. */
  readonly #statements = new Map<string, string>();
  #prepares = true;
  readonly #clients = new Set<pg.PoolClient & { readonly processID?: number | null }>();
  #usableRoles: Promise<ReadonlySet<string>> | undefined;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
    // The next statement on a lost connection fails by itself; an unheard event would end the process.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      this.#clients.add(client);
    });
    pool.on('remove', (client) => this.#clients.delete(client as pg.PoolClient));
  }

  /** Opens without connecting: the first transaction finds out whether the server is there. */
  static open(options: DatabaseOptions): Database {
    const pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName ?? 'tieout',
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      types: typeParsers,
    });
    return new Database(pool);
  }

  /** Runs the work in one READ COMMITTED transaction; anything thrown rolls it back. */
  async transaction<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const end = options.rollback === true ? 'rollback' : 'commit';
    const begin = await this.#beginAs(BEGIN_WRITE, options.role ?? 'post');
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#run(begin, work, end);
      } catch (error) {
        if (attempt >= (options.attempts ?? 1) || !isConflict(error)) throw error;
        await sleep(Math.random() * 100 * attempt);
      }
    }
  }

  /** Runs read-only work on one snapshot, so that all its queries agree with each other. */
  async read<T>(
    work: (tx: Tx) => Promise<T>,
    options: Pick<TransactionOptions, 'role'> = {},
  ): Promise<T> {
    const begin = await this.#beginAs(BEGIN_READ, options.role ?? 'read');
    return await this.#run(begin, work, 'rollback');
  }

  /**
   * Runs one statement as a transaction of its own, in one round trip; it runs as the login, under the session's settings.
   *
   * When the connection is lost it throws `interrupted` without knowing whether the statement was committed: only what can be
   * asked again under the same key may be called so. The statement is prepared once on each connection; behind a pooler that
   * hands out another one for each transaction it is then sent whole.
   */
  async call<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    const client = await this.#connect();
    let broken = false;
    try {
      return (await client.query(this.#prepared(sql, params))).rows as Row[];
    } catch (error) {
      broken = isConnectionLost(error);
      if (!isOfPooler(error) || !this.#prepares) throw translateCallError(error, sql);
      this.#prepares = false;
    } finally {
      client.release(broken);
    }
    return await this.call<Row>(sql, params);
  }

  #prepared(sql: string, params: readonly SqlValue[]): pg.QueryConfig {
    const values = [...params];
    if (!this.#prepares) return { text: sql, values };
    let name = this.#statements.get(sql);
    if (name === undefined) {
      name = `tieout_${this.#statements.size + 1}`;
      this.#statements.set(sql, name);
    }
    return { name, text: sql, values };
  }

  /** Runs one statement that Postgres refuses inside a transaction, such as CREATE DATABASE. */
  async administer(sql: string): Promise<void> {
    const client = await this.#connect();
    try {
      await new ClientTx(client).runScript(sql);
    } finally {
      client.release(true);
    }
  }

  /** Cancels what still runs, so that Postgres rolls it back now and not when it would have ended. */
  async cancel(): Promise<void> {
    const backends = [...this.#clients].flatMap(({ processID }) => processID ?? []);
    // As the login: the roles of the program may not cancel what the login has started.
    await this.read(
      (tx) =>
        tx.query(
          'select pg_cancel_backend(pid) from unnest($1::int[]) as backend (pid) where pid <> pg_backend_pid()',
          [backends],
        ),
      { role: 'owner' },
    );
  }

  /** Has the next transaction look anew which roles there are: after a migration. */
  forgetRoles(): void {
    this.#usableRoles = undefined;
  }

  /** Closes every connection, after the running transactions have ended. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #beginAs(begin: string, role: Role): Promise<string> {
    if (role === 'owner') return begin;
    this.#usableRoles ??= this.#findRoles();
    const usable = await this.#usableRoles;
    return usable.has(`tieout_${role}`) ? begin + SET_ROLE[role] : begin;
  }

  async #findRoles(): Promise<ReadonlySet<string>> {
    try {
      const rows = await this.read((tx) => tx.query<{ name: string }>(USABLE_ROLES), {
        role: 'owner',
      });
      return new Set(rows.map(({ name }) => name));
    } catch (error) {
      this.#usableRoles = undefined;
      throw error;
    }
  }

  async #run<T>(
    begin: string,
    work: (tx: Tx) => Promise<T>,
    end: 'commit' | 'rollback',
  ): Promise<T> {
    const client = await this.#connect();
    const tx = new ClientTx(client);
    let broken = true;
    try {
      await tx.runScript(begin);
      const value = await work(tx);
      await (end === 'commit' ? commit(client) : client.query('rollback'));
      broken = false;
      return value;
    } catch (error) {
      broken = !(await rolledBack(client, error));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    for (const delay of CONNECT_RETRY_DELAYS_MS) {
      try {
        return await this.#pool.connect();
      } catch (cause) {
        if (!isNotYetAccepting(cause)) throw translateConnectError(cause);
        await sleep(delay);
      }
    }
    return await this.#pool.connect().catch((cause: unknown) => {
      throw translateConnectError(cause);
    });
  }
}
