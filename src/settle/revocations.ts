import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { reopenItems } from '../ledger/reopen-items.ts';
import { byGroup, type GroupLeg, postForGroups, postingOf } from './group-journals.ts';
import { reverseOpenings } from './openings.ts';
import type { SettleOptions, SettleOutcome } from './settle.ts';

const LEGS = sqlFile(import.meta.url, './sql/50_revocation_legs.sql');

/**
 * Moves back what the groups revoked in this run had settled, one journal a group, and opens their items again.
 *
 * Each amount returns to the suspense of its entry's source, where it lay before anything explained it; journals that an act
 * by hand had posted for a group are reversed. Called again in the same run it posts nothing a second time.
 */
export async function settleRevocations(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const legs = await tx.query<GroupLeg>(LEGS, [options.bookId, options.runId]);
  const journals = byGroup(legs).map((own) => {
    const [{ groupId, currency }] = own;
    return {
      groupId,
      request: {
        key: `revoke|${groupId}`,
        kind: 'revocation',
        effectiveDate: options.businessDate,
        currency,
        description: `revocation of match ${groupId}`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings: own.map(postingOf),
      },
    };
  });
  const moved = await postForGroups(tx, journals, 'revocation', options);
  await reopenItems(tx, options);
  const reversed = await reverseOpenings(tx, options);
  return { created: moved.created + reversed.created, exists: moved.exists + reversed.exists };
}
