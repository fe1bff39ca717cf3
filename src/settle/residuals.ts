import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { byGroup, postForGroups, postingOf } from './group-journals.ts';
import type { SettleOptions, SettleOutcome } from './settle.ts';

const LEGS = sqlFile(import.meta.url, './sql/51_residual_legs.sql');

interface ResidualLeg {
  readonly groupId: string;
  readonly residualAccount: string;
  readonly residualType: string;
  readonly itemCode: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

/** Books what the matches of this run leave between items and entries, one journal a group, to the accounts they name. */
export async function settleResiduals(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const legs = await tx.query<ResidualLeg>(LEGS, [options.bookId, options.runId]);
  const journals = byGroup(legs).map((own) => {
    const [{ groupId, residualType, currency }] = own;
    return {
      groupId,
      request: {
        key: `residual|${groupId}`,
        kind: 'residual',
        effectiveDate: options.businessDate,
        currency,
        description: `${residualType} of match ${groupId}`,
        runId: options.runId,
        createdBy: 'tieout run',
        postings: own.map((leg) =>
          postingOf({ ...leg, code: leg.residualAccount, counterCode: leg.itemCode }),
        ),
      },
    };
  });
  return await postForGroups(tx, journals, 'residual', options);
}
