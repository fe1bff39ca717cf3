import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';

const step = (file: string) => sqlFile(import.meta.url, `./sql/${file}`);

const TIE_STATUSES: readonly string[] = [step('46_take_statuses.sql'), step('47_tie_statuses.sql')];

/** What payouts that failed or came back make of exceptions; before all others, which tell nothing of theirs again. */
export const RETURN_STEPS: readonly { readonly sql: string }[] = [
  { sql: step('48_payout_returns.sql') },
  { sql: step('49_statuses_untied.sql') },
];

/** Ties the statuses that reject or return a payment to the payouts they are of; after the bank has been matched. */
export async function tieStatuses(
  tx: Tx,
  options: { readonly bookId: bigint; readonly runId: bigint },
): Promise<void> {
  for (const sql of TIE_STATUSES) await tx.execute(sql, [options.bookId, options.runId]);
}
