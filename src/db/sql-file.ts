import { readFileSync } from 'node:fs';

/** Reads a `.sql` step that lies beside the module; once, at load. */
export function sqlFile(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), 'utf8');
}
