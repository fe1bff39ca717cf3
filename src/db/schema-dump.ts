import type { Tx } from './db.ts';
import { sqlFile } from './sql-file.ts';

const SCHEMA_DUMP = sqlFile(import.meta.url, 'sql/schema_dump.sql');
const HEADER = `-- What the migrations make, for reading: never edited by hand and never run.
-- Written by UPDATE_GOLDEN=1 npx vitest run test/db/schema.test.ts; names are in schema tieout.`;

/** Writes the schema tieout as readable text that is the same for the same schema. */
export async function dumpSchema(tx: Tx): Promise<string> {
  // Names inside the schema lose their prefix, names outside keep it.
  await tx.execute('set local search_path to tieout, pg_catalog');
  const objects = await tx.query<{ text: string }>(SCHEMA_DUMP);
  return `${[HEADER, ...objects.map(({ text }) => text.trimEnd())].join('\n')}\n`;
}
