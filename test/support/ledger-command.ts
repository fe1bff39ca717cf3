import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { runCommand, type Seen } from './command.ts';
import { type FreshDatabase, freshDatabase, tamper } from './database.ts';

const CONFIG = `
book: acme
currency: EUR
sources:
  adyen: { role: processor, profile: adyen-settlement-details }
`;

const CLEAR = `truncate tieout.book, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item,
  tieout.balance_day, tieout.audit_event, tieout.hold, tieout.reversal, tieout.reversal_total, tieout.journal_refusal, tieout.balance_delta cascade`;

/** A book of its own with the commands of `tieout ledger` upon it. */
export interface LedgerShell {
  readonly fresh: FreshDatabase;
  run(...parameters: readonly string[]): Promise<Seen>;
  /** Runs with `--json` and returns its one document. */
  json(...parameters: readonly string[]): Promise<Record<string, unknown>>;
  /** Writes a file into the working directory. */
  write(name: string, text: string): void;
  /** Empties the book. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a book on a fresh database; the clock stands at 2026-03-02 09:00 UTC. */
export async function openLedgerShell(): Promise<LedgerShell> {
  const fresh = await freshDatabase();
  const cwd = mkdtempSync(join(tmpdir(), 'tieout-ledger-'));
  writeFileSync(join(cwd, 'tieout.yaml'), CONFIG);
  const run = (...parameters: readonly string[]) =>
    runCommand(ledgerCommand, { url: fresh.url, cwd }, parameters);
  return {
    fresh,
    run,
    json: async (...parameters) => JSON.parse((await run(...parameters, '--json')).out),
    write: (name, text) => writeFileSync(join(cwd, name), text),
    clear: () => fresh.db.transaction((tx) => tamper(tx, CLEAR)),
    close: async () => {
      await fresh.drop();
      rmSync(cwd, { recursive: true });
    },
  };
}
