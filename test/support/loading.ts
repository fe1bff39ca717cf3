import type { SourceConfig } from '../../src/config.ts';
import { type IngestedFile, type IngestOptions, ingest } from '../../src/ingest/ingest.ts';
import { registerSources } from '../../src/ingest/source.ts';
import { openBook } from '../../src/ledger/book.ts';
import { bookIn, dayOf, eveningOf, REPLAY, type TestBook } from './book.ts';
import type { FreshDatabase } from './database.ts';
import { deliver } from './deliveries.ts';

/** A book that files are loaded into, without matching them. */
export interface LoadingBook extends TestBook {
  readonly folder: string;
}

const NOW = eveningOf(dayOf('2026-03-06'));

/** Opens a book of its own with the stories' sources, each with what a test says of it besides. */
export async function openLoadingBook(
  database: FreshDatabase,
  options: {
    readonly code: string;
    readonly folder: string;
    readonly source?: Partial<SourceConfig>;
  },
): Promise<LoadingBook> {
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), options.code);
  const sources = book.config.sources.map((source) => ({ ...source, ...options.source }));
  const config = { ...book.config, sources };
  await book.db.transaction(async (tx) => {
    await openBook(tx, { config, now: NOW });
    await registerSources(tx, { bookId: book.bookId, sources });
  });
  return { ...book, config, folder: options.folder };
}

let deliveries = 0;

/** Delivers files by name, and loads them. */
export async function loadInto(
  { db, bookId, config, folder }: LoadingBook,
  files: Readonly<Record<string, string>>,
  options: Partial<IngestOptions> = {},
): Promise<readonly IngestedFile[]> {
  deliveries += 1;
  const path = await deliver(folder, `delivery-${deliveries}`, files);
  const { sources } = config;
  return await ingest(db, [path], { bookId, runId: 0n, sources, now: NOW, ...options });
}
