import { inTransitOf, PAYOUTS_IN_TRANSIT, receivableOf } from '../account-code.ts';
import { addBusinessDays } from '../business-calendar.ts';
import type { BusinessDate } from '../business-date.ts';
import type { DueConfig, SourceConfig } from '../config.ts';
import type { Tx } from '../db/db.ts';

/** When the open items of an account and a date were due. */
export interface DueDay {
  readonly accountCode: string;
  readonly effectiveDate: BusinessDate;
  readonly dueOn: BusinessDate;
}

/**
 * The days by which open items were expected, for the sources that say how long they take.
 *
 * A processor's receivable and its payouts in transit wait for that processor; our own payouts for the slowest bank.
 */
export async function dueDays(
  tx: Tx,
  options: { readonly bookId: bigint; readonly sources: readonly SourceConfig[] },
): Promise<readonly DueDay[]> {
  const dues = duesByAccount(options.sources);
  if (dues.size === 0) return [];
  const found = await tx.query<{ accountCode: string; effectiveDate: BusinessDate }>(
    `select distinct account.code as "accountCode", open_item.effective_date as "effectiveDate"
     from tieout.open_item
     join tieout.account on account.book_id = open_item.book_id and account.account_id = open_item.account_id
     where open_item.book_id = $1 and account.code = any ($2::text[])`,
    [options.bookId, [...dues.keys()]],
  );
  return found.flatMap(({ accountCode, effectiveDate }) => {
    const due = dues.get(accountCode);
    if (due === undefined) return [];
    const dueOn = addBusinessDays(due.calendar, effectiveDate, due.days);
    return dueOn === undefined ? [] : [{ accountCode, effectiveDate, dueOn }];
  });
}

function duesByAccount(sources: readonly SourceConfig[]): ReadonlyMap<string, DueConfig> {
  const dues = new Map<string, DueConfig>();
  for (const { source, role, due } of sources) {
    if (due === undefined) continue;
    if (role === 'processor') {
      dues.set(receivableOf(source), due);
      dues.set(inTransitOf(source), due);
    } else if (due.days >= (dues.get(PAYOUTS_IN_TRANSIT)?.days ?? 0)) {
      dues.set(PAYOUTS_IN_TRANSIT, due);
    }
  }
  return dues;
}
