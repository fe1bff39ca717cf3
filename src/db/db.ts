import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { assertInvariant } from '../errors.ts';
import { type CopyTarget, copyRows, type SqlValue } from './copy.ts';
import {
  isConflict,
  isConnectionLost,
  isNotYetAccepting,
  translateCommitError,
  translateConnectError,
  translateStatementError,
} from './sqlstate.ts';
import { typeParsers } from './type-parsers.ts';

export type { CopyTarget, SqlValue } from './copy.ts';

/** An open database transaction: a function that writes asks for one, so it cannot run outside. */
export interface Tx {
  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  execute(sql: string, params?: readonly SqlValue[]): Promise<{ readonly rowCount: number }>;
  /** Loads batches of rows with COPY and returns the number of rows loaded. */
  copyIn(
    target: CopyTarget,
    batches: AsyncIterable<readonly (readonly SqlValue[])[]>,
  ): Promise<number>;
  /** Runs text of several statements without parameters; for migrations only. */
  runScript(sql: string): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly applicationName?: string;
  readonly maxConnections?: number;
}

export interface TransactionOptions {
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

const CONNECT_TIMEOUT_MS = 10_000;
const CONNECT_RETRY_DELAYS_MS = [200, 800];
const KEEP_ALIVE_AFTER_MS = 10_000;

/** A pool of connections to one Postgres database. */
export class Database {
  readonly #pool: pg.Pool;
  readonly #clients = new Set<pg.PoolClient & { readonly processID?: number | null }>();

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
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#run(BEGIN_WRITE, work, end);
      } catch (error) {
        if (attempt >= (options.attempts ?? 1) || !isConflict(error)) throw error;
        await sleep(Math.random() * 100 * attempt);
      }
    }
  }

  /** Runs read-only work on one snapshot, so that all its queries agree with each other. */
  async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.#run(BEGIN_READ, work, 'rollback');
  }

  /** Runs one statement in a transaction of its own, in one round trip. */
  async call<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    const client = await this.#connect();
    let broken = true;
    try {
      const rows = await new ClientTx(client).query<Row>(sql, params);
      broken = false;
      return rows;
    } catch (error) {
      broken = isConnectionLost(error);
      throw error;
    } finally {
      client.release(broken);
    }
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
    await this.read((tx) =>
      tx.query(
        'select pg_cancel_backend(pid) from unnest($1::int[]) as backend (pid) where pid <> pg_backend_pid()',
        [backends],
      ),
    );
  }

  /** Closes every connection, after the running transactions have ended. */
  async close(): Promise<void> {
    await this.#pool.end();
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

class ClientTx implements Tx {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async query<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    const result = await this.#send(sql, params);
    return result.rows as Row[];
  }

  async execute(
    sql: string,
    params: readonly SqlValue[] = [],
  ): Promise<{ readonly rowCount: number }> {
    const result = await this.#send(sql, params);
    return { rowCount: result.rowCount ?? 0 };
  }

  async copyIn(
    target: CopyTarget,
    batches: AsyncIterable<readonly (readonly SqlValue[])[]>,
  ): Promise<number> {
    try {
      return await copyRows(this.#client, target, batches);
    } catch (error) {
      throw translateStatementError(error, `copy ${target.table} from stdin`);
    }
  }

  async runScript(sql: string): Promise<void> {
    try {
      await this.#client.query(sql);
    } catch (error) {
      throw translateStatementError(error, sql);
    }
  }

  async #send(sql: string, params: readonly SqlValue[]): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(sql, [...params]);
    } catch (error) {
      throw translateStatementError(error, sql);
    }
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('commit'));
  } catch (error) {
    throw translateCommitError(error);
  }
  // Postgres answers COMMIT of a failed transaction with a quiet ROLLBACK.
  assertInvariant(
    command === 'COMMIT',
    'a failed statement was caught and its transaction committed',
  );
}

/** Rolls back after an error; false when the connection cannot be used again. */
async function rolledBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  if (isConnectionLost(error)) return false;
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}
