import {
  bankStatement,
  netOf,
  payoutRow,
  payoutText,
  type SettlementRow,
  settlementReport,
} from './deliveries.ts';

/** What one telling of the batch says of an order: nothing, or by how much it differs from what was captured. */
export type ToldOrder = { readonly deltaMinor: number; readonly feeMinor: number } | null;

/** One telling of a batch: of its orders, and what the processor itself charges for it. */
export interface ToldBatch {
  readonly orders: readonly ToldOrder[];
  readonly chargeMinor: number;
}

/** One telling of a bank statement: what it shows of the payout, and amounts of other entries. */
export interface ToldStatement {
  readonly payoutMinor: number | null;
  readonly others: readonly number[];
}

/** What was captured of an order. */
export function capturedMinor(order: number): number {
  return 10_000 + order * 1_000;
}

/** The rows of a telling, with the payout they sum to. */
export function batchRows({ orders, chargeMinor }: ToldBatch): readonly SettlementRow[] {
  const lines = orders.flatMap((told, order): SettlementRow[] => {
    if (told === null) return [];
    const { deltaMinor, feeMinor } = told;
    const grossMinor = capturedMinor(order) + deltaMinor;
    return [{ type: 'Settled', reference: `ORD-${order}`, grossMinor, feeMinor, batch: 1 }];
  });
  const charge: SettlementRow[] =
    chargeMinor === 0
      ? []
      : [{ type: 'Fee', reference: 'Monthly charge', grossMinor: -chargeMinor, batch: 1 }];
  const rows = [...lines, ...charge];
  return [...rows, payoutRow(1, netOf(rows))];
}

/** A report of a telling; each telling has bytes of its own, also where it says what another one said. */
export function batchFile(told: ToldBatch, telling: number): string {
  return `${settlementReport(batchRows(told))}${'\n'.repeat(telling)}`;
}

/** A statement of a telling, with bytes of its own. */
export function statementFile({ payoutMinor, others }: ToldStatement, telling: number): string {
  const payout = payoutMinor === null ? [] : [{ amountMinor: payoutMinor, text: payoutText(1) }];
  const rows = others.map((amountMinor, at) => ({ amountMinor, text: `Posten ${at}` }));
  return `${bankStatement([...payout, ...rows])}${'\n'.repeat(telling)}`;
}

/** What a statement leaves above what it opens with. */
export function movedMinor({ payoutMinor, others }: ToldStatement): number {
  return others.reduce((sum, amount) => sum + amount, payoutMinor ?? 0);
}
