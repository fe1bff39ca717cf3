/** What a search may still spend, in search nodes; shared by all searches of one component. */
export interface Budget {
  readonly most: number;
  spent: number;
}

/** Spends a search node; false when there is none left. */
export function spend(budget: Budget): boolean {
  if (budget.spent >= budget.most) return false;
  budget.spent += 1;
  return true;
}
