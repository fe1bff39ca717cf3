import type pg from 'pg';
import { assertInvariant } from '../errors.ts';
import { type CopyTarget, copyRows, type SqlValue } from './copy.ts';
import { isConnectionLost, translateCommitError, translateStatementError } from './sqlstate.ts';

/** An open database transaction: a function that writes asks for one, so it cannot run outside. */
export interface Tx {
  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  execute(sql: string, params?: readonly SqlValue[]): Promise<{ readonly rowCount: number }>;
  /** Loads batches of rows with COPY and returns the number of rows loaded. */
  copyIn(
    target: CopyTarget,
    batches: AsyncIterable<readonly (readonly SqlValue[])[]>,
  ): Promise<number>;
  /** Runs text of several statements without parameters: migrations, and settings of the transaction. */
  runScript(sql: string): Promise<void>;
}

/** A transaction on a connection of the pool; who opened it also ends it. */
export class ClientTx implements Tx {
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

/** Commits; an unknown outcome and a swallowed error are thrown. */
export async function commit(client: pg.PoolClient): Promise<void> {
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
export async function rolledBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  if (isConnectionLost(error)) return false;
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}
