/**
 * Codes of the accounts the pipeline posts to when the configuration says nothing else.
 *
 * In the vocabulary because matching asks which items to tie, settlement posts to them, and the chart opens them. The SQL of
 * settlement names the others: `assets:reserve:…`, `assets:carried:…` and `expenses:fees:…:<kind>`.
 */

/** What a processor owes us for captured payments; reconcilable, closed by settlement lines. */
export function receivableOf(source: string): string {
  return `assets:receivable:${source}`;
}

/** What a processor says it has paid out and the bank has not shown yet; reconcilable, closed by bank lines. */
export function inTransitOf(source: string): string {
  return `assets:in-transit:${source}`;
}

/** Money a source reports and nothing in the ledger explains yet. */
export function suspenseOf(source: string): string {
  return `suspense:${source}`;
}

/** What we owe a merchant. */
export function payableOf(merchant: string): string {
  return `liabilities:payable:${merchant}`;
}

/** What we charge a merchant. */
export function feeIncomeOf(merchant: string): string {
  return `income:fees:${merchant}`;
}

/** Payouts to merchants that were sent and the bank has not shown yet; reconcilable, closed by bank lines. */
export const PAYOUTS_IN_TRANSIT = 'liabilities:payouts-in-transit';
