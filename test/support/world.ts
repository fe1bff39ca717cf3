import {
  type BankRow,
  bankStatement,
  type LedgerRow,
  ledgerFile,
  netOf,
  payoutRow,
  payoutText,
  type SettlementRow,
  settlementReport,
} from './deliveries.ts';

/** What a shop booked and what was delivered, with differences of every kind in known places. */
export interface World {
  readonly ledger: readonly LedgerRow[];
  readonly batches: readonly (readonly SettlementRow[])[];
  readonly bank: readonly BankRow[];
}

/**
 * Makes a world of batches, the same one each time.
 *
 * In every batch one line is settled too high, one is unknown to the ledger, one booked capture is not settled, one line
 * goes with its twin, and one is a refund. Every fifth payout is short, every seventh is missing, every ninth batch pays a
 * line twice.
 */
export function makeWorld(options: { readonly batches: number; readonly lines: number }): World {
  const ledger: LedgerRow[] = [];
  const batches: SettlementRow[][] = [];
  const bank: BankRow[] = [{ amountMinor: -1490, text: 'Kontofuehrung' }];
  for (let batch = 1; batch <= options.batches; batch += 1) {
    const lines = Array.from({ length: options.lines }, (_, place) => lineOf(batch, place));
    for (const [place, line] of lines.entries()) ledger.push(...bookedFor(line, place));
    if (batch % 9 === 0) lines.push(...lines.slice(6, 7));
    const net = netOf(lines);
    batches.push([...lines, payoutRow(batch, net)]);
    if (batch % 7 !== 0)
      bank.push({ amountMinor: batch % 5 === 0 ? net - 250 : net, text: payoutText(batch) });
  }
  return { ledger, batches, bank };
}

function lineOf(batch: number, place: number): SettlementRow {
  const number = batch * 10_000 + place;
  const isTwin = place === 4 || place === 5;
  const reference = `ORD-${isTwin ? batch * 10_000 + 4 : number}`;
  const grossMinor = isTwin ? 4_200 : 1_000 + ((number * 37) % 9_000);
  const line = { reference, batch, psp: `PSP${number}`, feeMinor: 25 };
  return place === 3
    ? { ...line, type: 'Refunded', grossMinor: -grossMinor }
    : { ...line, type: 'Settled', grossMinor };
}

function bookedFor({ reference, grossMinor, batch }: SettlementRow, place: number): LedgerRow[] {
  if (place === 0) return [{ kind: 'capture', reference, amountMinor: grossMinor - 100 }];
  if (place === 1) return [];
  if (place === 2) {
    const missing: LedgerRow = { kind: 'capture', reference: `ORD-${batch}-X`, amountMinor: 777 };
    return [{ kind: 'capture', reference, amountMinor: grossMinor }, missing];
  }
  if (place === 3) return [{ kind: 'refund', reference, amountMinor: -grossMinor }];
  return [{ kind: 'capture', reference, amountMinor: grossMinor, id: `capture-${batch}-${place}` }];
}

/** The ledger file of a world. */
export function ledgerOf(world: World): string {
  return ledgerFile(world.ledger);
}

/** The files of a world: reports of a few batches each, and the bank's statement. */
export function filesOf(world: World): Readonly<Record<string, string>> {
  const files: Record<string, string> = { 'statement.xml': bankStatement(world.bank) };
  for (let first = 0; first < world.batches.length; first += BATCHES_A_REPORT) {
    const rows = world.batches.slice(first, first + BATCHES_A_REPORT).flat();
    files[`settlement-${String(first + 1).padStart(3, '0')}.csv`] = settlementReport(rows);
  }
  return files;
}

const BATCHES_A_REPORT = 4;

/** The same world with the rows of every file in another order. */
export function shuffledWorld(world: World, seed: number): World {
  const random = generator(seed);
  return {
    ledger: shuffled(world.ledger, random),
    batches: world.batches.map((rows) => shuffled(rows, random)),
    bank: shuffled(world.bank, random),
  };
}

/** A copy in another order (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const copy = [...values];
  for (let place = copy.length - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    [copy[place], copy[other]] = [copy[other] as T, copy[place] as T];
  }
  return copy;
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
