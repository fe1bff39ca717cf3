import { formatAmount, type Money } from '../../money.ts';
import { batchesOf } from './camt-attributes.ts';
import { includedMinor, readCharges } from './camt-charges.ts';
import type { CamtDetails } from './camt-details.ts';
import { isFault, readMoney } from './iso-field.ts';
import { childOf, childrenOf, textAt, type XmlElement } from './xml-element.ts';

/** What contradicts a batch-booked entry, as a diagnostic's code and sentence. */
export interface BatchFault {
  readonly code: 'BATCH_SUM' | 'BATCH_COUNT';
  readonly message: string;
}

const NO_FAULTS: readonly BatchFault[] = [];

/**
 * Holds an entry against its details and against what its batch (`Btch`) declares.
 *
 * The entry stands whatever comes out, because it alone moves the balance: banks and their customers trim details.
 */
export function batchFaults(
  entry: Money,
  ntry: XmlElement,
  details: CamtDetails,
): readonly BatchFault[] {
  const sum = details.sumUnlessEqual(entry, ntry);
  const batches = batchesOf(ntry);
  if (sum === undefined && batches.length === 0) return NO_FAULTS;
  const faults: BatchFault[] = [];
  const { currency, amountMinor } = entry;
  const booked = `${formatAmount(amountMinor, currency)} ${currency}`;
  if (sum !== undefined) {
    const message = `${details.count} details add up to ${formatAmount(sum, currency)}, the entry is ${booked}`;
    faults.push({ code: 'BATCH_SUM', message });
  }
  if (batches.length === 0) return faults;
  const declared = declaredTotal(entry, ntry, batches);
  if (declared !== undefined)
    faults.push({
      code: 'BATCH_SUM',
      message: `the batch declares ${formatAmount(declared, currency)}, the entry is ${booked}`,
    });
  const count = declaredCount(ntry, batches);
  if (count !== undefined && details.count > 0 && count !== details.count)
    faults.push({
      code: 'BATCH_COUNT',
      message: `the batch declares ${count} details, the entry has ${details.count}`,
    });
  return faults;
}

/** The total (`TtlAmt`) of an entry's only batch when it is not the entry's amount, with or without its charges. */
function declaredTotal(
  entry: Money,
  ntry: XmlElement,
  batches: readonly XmlElement[],
): bigint | undefined {
  const total = batches.length === 1 ? childOf(batches[0], 'TtlAmt') : undefined;
  const money = total === undefined ? undefined : readMoney(total);
  if (money === undefined || isFault(money) || money.currency !== entry.currency) return undefined;
  const charges = includedMinor(readCharges(ntry), entry.currency);
  const amounts = [entry.amountMinor, entry.amountMinor - charges];
  const isEqual = amounts.some(
    (amount) => amount === money.amountMinor || -amount === money.amountMinor,
  );
  return isEqual ? undefined : money.amountMinor;
}

/** How many details the batches of an entry declare, when every `NtryDtls` has a batch that does. */
function declaredCount(ntry: XmlElement, batches: readonly XmlElement[]): number | undefined {
  const places = childrenOf(ntry, 'NtryDtls').length;
  if (places > 1 && places !== batches.length) return undefined;
  let count = 0;
  for (const batch of batches) {
    const text = textAt(batch, 'NbOfTxs');
    if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
    count += Number(text);
  }
  return count;
}
