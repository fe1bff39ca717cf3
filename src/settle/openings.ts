import type { Currency } from '../currency.ts';
import type { Tx } from '../db/db.ts';
import { sqlFile } from '../db/sql-file.ts';
import { OperationalError } from '../errors.ts';
import { itemIdOf, journalIdOf, keyHashOf } from '../ids.ts';
import { postForGroups, postingOf } from './group-journals.ts';
import type { SettleOptions, SettleOutcome } from './settle.ts';

const OPENINGS_OF_REVOKED = sqlFile(import.meta.url, './sql/52_openings_of_revoked.sql');

/** Items that an act by hand opens for a match group, and what they are posted against. */
export interface Opening {
  readonly groupId: string;
  readonly kind: 'split' | 'write-off';
  /** The reconcilable account of the items. */
  readonly code: string;
  readonly counterCode: string;
  readonly currency: Currency;
  /** One item each; debits positive. */
  readonly amountsMinor: readonly bigint[];
  readonly reference: string | null;
  readonly paymentId: string | null;
  readonly description: string;
  readonly by: string;
}

/** Posts the journal that opens a group's items; returns their ids in the order of the amounts. */
export async function openItemsFor(
  tx: Tx,
  opening: Opening,
  options: SettleOptions,
): Promise<readonly string[]> {
  const { groupId, kind, amountsMinor, reference, paymentId } = opening;
  const request = {
    key: `${kind}|${groupId}`,
    kind,
    effectiveDate: options.businessDate,
    currency: opening.currency,
    ...(reference === null ? {} : { reference }),
    ...(paymentId === null ? {} : { paymentId }),
    description: opening.description,
    runId: options.runId,
    createdBy: opening.by,
    postings: amountsMinor.map((amountMinor) => ({
      ...postingOf({ ...opening, amountMinor }),
      opens: amountMinor > 0n ? ('debit' as const) : ('credit' as const),
    })),
  };
  await postForGroups(tx, [{ groupId, request }], 'opening', options);
  const journalId = journalIdOf(request.effectiveDate, keyHashOf(request.key));
  return amountsMinor.map((amountMinor, place) =>
    itemIdOf(journalId, place + 1, amountMinor > 0n ? 'debit' : 'credit'),
  );
}

interface RevokedOpening {
  readonly groupId: string;
  readonly key: string;
  readonly currency: Currency;
  /** An item of it that is no longer open, and the match that holds it. */
  readonly closedItem: string | null;
  readonly heldBy: string | null;
}

/** Reverses the journals that opened items for groups revoked in this run; refuses where such an item is tied elsewhere. */
export async function reverseOpenings(tx: Tx, options: SettleOptions): Promise<SettleOutcome> {
  const openings = await tx.query<RevokedOpening>(OPENINGS_OF_REVOKED, [
    options.bookId,
    options.runId,
  ]);
  const tied = openings.find(({ closedItem }) => closedItem !== null);
  if (tied !== undefined)
    throw new OperationalError(
      'invalid_input',
      `match ${tied.groupId} cannot be revoked: its item ${tied.closedItem} is ${
        tied.heldBy === null ? 'no longer open' : `held by match ${tied.heldBy}`
      }`,
    );
  const journals = openings.map(({ groupId, key, currency }) => ({
    groupId,
    request: {
      key: `revoke|${key}`,
      kind: 'revocation',
      effectiveDate: options.businessDate,
      currency,
      description: `reversal of ${key}: its match is revoked`,
      runId: options.runId,
      createdBy: 'tieout run',
      postings: [],
      reverses: { key },
    },
  }));
  return await postForGroups(tx, journals, 'revocation', options);
}
