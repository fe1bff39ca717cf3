import { Database } from './db.ts';
import { ensureServer } from './embedded.ts';

export interface OpenOptions {
  /** Of a server that somebody else runs; without it the embedded one is used. */
  readonly databaseUrl: string | undefined;
  readonly stateDirectory: string;
  readonly log?: (text: string) => void;
}

/** A database in use, with what must be given back at the end. */
export interface OpenDatabase {
  readonly db: Database;
  close(): Promise<void>;
  /** Gives the server back without waiting for what still runs, which Postgres rolls back. */
  abort(): Promise<void>;
}

/** Opens the database at the URL, or the embedded one, which runs until it is closed. */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  if (options.databaseUrl !== undefined && options.databaseUrl !== '') {
    const db = Database.open({ url: options.databaseUrl });
    return { db, close: () => db.close(), abort: () => db.cancel() };
  }
  const server = await ensureServer(options);
  const db = Database.open({ url: server.url });
  return {
    db,
    close: async () => {
      await db.close();
      await server.release();
    },
    abort: () => server.release(),
  };
}
