import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/pipeline/run.ts';
import { bookIn, importLedger, REPLAY, runNight } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  type BankRow,
  bankStatement,
  deliver,
  type LedgerRow,
  ledgerFile,
  netOf,
  payoutRow,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';

let folder: string;
let database: FreshDatabase;
let cases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-match-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs one batch of lines, or bank entries, against what the ledger expects. */
async function tie(
  ledger: readonly LedgerRow[],
  evidence: { readonly lines?: readonly Line[]; readonly bank?: readonly BankRow[] },
): Promise<RunResult> {
  cases += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `case-${cases}`);
  expect((await importLedger(book, ledgerFile(ledger))).rejections).toEqual([]);
  const files: Record<string, string> = {};
  if (evidence.lines !== undefined) {
    const rows = evidence.lines.map(
      (line): SettlementRow => ({ type: 'Settled', batch: 1, ...line }),
    );
    files['settlement.csv'] = settlementReport([...rows, payoutRow(1, netOf(rows))]);
  }
  if (evidence.bank !== undefined) files['statement.xml'] = bankStatement(evidence.bank);
  const { result } = await runNight(book, [await deliver(folder, `case-${cases}`, files)]);
  return result;
}

/** Groups by rule, whatever the version of its pack. */
function byRule({ by_rule }: RunResult['matched']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(by_rule).map(([rule, groups]) => [rule.replace(/@[0-9a-f]{12}$/, ''), groups]),
  );
}

type Line = Pick<SettlementRow, 'reference' | 'grossMinor'> & Partial<SettlementRow>;

function capture(reference: string, amountMinor: number, more: Partial<LedgerRow> = {}): LedgerRow {
  return { kind: 'capture', reference, amountMinor, ...more };
}

describe('lines and open items', () => {
  test('tie by reference, kind, currency and amount', async () => {
    const { matched } = await tie([capture('A-1', 500)], {
      lines: [{ reference: 'A-1', grossMinor: 500 }],
    });
    expect(byRule(matched)).toEqual({ 'lines-by-reference': 1 });
    expect(matched.by_certificate).toEqual({ UNIQUE: 1 });
  });

  test('do not tie when one is a refund of the same amount', async () => {
    const refund: LedgerRow = { kind: 'refund', reference: 'A-1', amountMinor: 500 };
    const { matched, exceptions } = await tie([refund], {
      lines: [
        { reference: 'A-1', grossMinor: 500 },
        { reference: 'A-2', grossMinor: 900 },
      ],
    });
    expect(matched.groups).toBe(0);
    expect(exceptions.by_code).toMatchObject({ UNM_IN_LEDGER: 2, UNM_IN_SETTLEMENT: 1 });
  });

  test('tie by the payment id when the reference is another one', async () => {
    const { matched } = await tie([capture('ours', 500, { id: 'PAY-77' })], {
      lines: [{ reference: 'PAY-77', grossMinor: 500 }],
    });
    expect(byRule(matched)).toEqual({ 'lines-by-other-reference': 1 });
  });

  test('differ in amount when the books know the payment by the reference of the processor', async () => {
    const { exceptions } = await tie([capture('PSP-1', 500)], {
      lines: [{ reference: 'A-1', psp: 'PSP-1', grossMinor: 520 }],
    });
    expect(exceptions.by_code).toEqual({ DIF_AMOUNT_OVER: 1, UNM_IN_BANK: 1 });
  });

  test('differ in amount when the reference of the line is the id of the payment', async () => {
    const { exceptions } = await tie([capture('ours', 500, { id: 'PAY-77' })], {
      lines: [{ reference: 'PAY-77', grossMinor: 480 }],
    });
    expect(exceptions.by_code).toEqual({ DIF_AMOUNT_UNDER: 1, UNM_IN_BANK: 1 });
  });

  test('differ in nothing when a line names two items by two names', async () => {
    const items = [capture('A-1', 500, { id: 'p1' }), capture('PSP-1', 500, { id: 'p2' })];
    const { exceptions } = await tie(items, {
      lines: [{ reference: 'A-1', psp: 'PSP-1', grossMinor: 520 }],
    });
    expect(exceptions.by_code).toEqual({ UNM_IN_LEDGER: 1, UNM_IN_SETTLEMENT: 2, UNM_IN_BANK: 1 });
  });

  test('differ in currency when the books know the payment by the reference of the processor', async () => {
    const { exceptions } = await tie([capture('PSP-1', 500, { currency: 'USD' })], {
      lines: [{ reference: 'A-1', psp: 'PSP-1', grossMinor: 460 }],
    });
    expect(exceptions.by_code).toEqual({ DIF_CURRENCY: 1, UNM_IN_BANK: 1 });
  });

  test('stay open when two items share the payment reference a line names', async () => {
    const items = [capture('a', 500, { id: 'PAY-1' }), capture('PAY-1', 500, { id: 'PAY-2' })];
    const { matched } = await tie(items, {
      lines: [{ reference: 'x', psp: 'PAY-1', grossMinor: 500 }],
    });
    expect(matched.groups).toBe(0);
  });

  test('tie as equivalent when as many lines as items are the same', async () => {
    const items = [capture('A-1', 500, { id: 'p1' }), capture('A-1', 500, { id: 'p2' })];
    const lines = ['s1', 's2'].map((psp) => ({ reference: 'A-1', psp, grossMinor: 500 }));
    const { matched } = await tie(items, { lines });
    expect(matched.by_certificate).toEqual({ EQUIVALENT: 2 });
  });

  test('tie as equivalent when the spare item is of the same day, and leave one open', async () => {
    const items = ['p1', 'p2', 'p3'].map((id) => capture('A-1', 500, { id }));
    const { matched, exceptions } = await tie(items, {
      lines: ['s1', 's2'].map((psp) => ({ reference: 'A-1', psp, grossMinor: 500 })),
    });
    expect(matched.by_certificate).toEqual({ EQUIVALENT: 2 });
    expect(exceptions.by_code).toMatchObject({ UNM_IN_SETTLEMENT: 1 });
  });

  test('tell a different amount only when it is clear which line belongs to which item', async () => {
    const { exceptions } = await tie([capture('A-1', 500, { id: 'p1' }), capture('A-1', 600)], {
      lines: [{ reference: 'A-1', grossMinor: 700 }],
    });
    expect(exceptions.by_code).toEqual({ UNM_IN_BANK: 1, UNM_IN_LEDGER: 1, UNM_IN_SETTLEMENT: 2 });
  });
});

describe('bank entries and items in transit', () => {
  const payout = (reference: string, amountMinor: number): LedgerRow => ({
    kind: 'payout',
    reference,
    amountMinor,
  });

  test('tie by a reference folded and spaced by the bank', async () => {
    const { matched } = await tie([payout('ACMEPO500117', 500)], {
      bank: [{ amountMinor: -500, text: 'EREF ACME PO50 0117 danke' }],
    });
    expect(matched.groups).toBe(1);
  });

  test('do not tie in the other direction', async () => {
    const { matched } = await tie([payout('ACMEPO500117', 500)], {
      bank: [{ amountMinor: 500, text: 'ACMEPO500117' }],
    });
    expect(matched.groups).toBe(0);
  });

  test('are only suggested by the amount where money goes out, which we have named ourselves', async () => {
    const { matched, exceptions } = await tie([payout('ACMEPO500117', 500)], {
      bank: [{ amountMinor: -500, text: 'Miete' }],
    });
    expect(matched.groups).toBe(0);
    expect(exceptions.by_code).toEqual({ MAT_LOW_CONFIDENCE: 1 });
  });

  test('tie by amount and day where a processor pays and the entry names nothing', async () => {
    const lines = [{ reference: 'A-1', grossMinor: 50_000 }];
    const { matched, exceptions } = await tie([capture('A-1', 50_000)], {
      lines,
      bank: [
        {
          amountMinor: netOf([{ type: 'Settled', batch: 1, ...(lines[0] as Line) }]),
          text: 'Gutschrift',
        },
      ],
    });
    expect(byRule(matched)).toMatchObject({ 'bank-by-amount': 1 });
    expect(exceptions.by_code).toEqual({});
  });

  test('are only suggested by the amount where the entry says what we do not know', async () => {
    const lines = [{ reference: 'A-1', grossMinor: 50_000 }];
    const { matched, exceptions } = await tie([capture('A-1', 50_000)], {
      lines,
      bank: [
        {
          amountMinor: netOf([{ type: 'Settled', batch: 1, ...(lines[0] as Line) }]),
          text: 'Rechnung 4711-0815X',
        },
      ],
    });
    expect(byRule(matched)).toEqual({ 'lines-by-reference': 1 });
    expect(exceptions.by_code).toEqual({ MAT_LOW_CONFIDENCE: 1 });
  });

  test('tie the first when one payout is shown twice on a day, and tell the second', async () => {
    const bank = ['ACMEPO500117 a', 'ACMEPO500117 b'].map((text) => ({ amountMinor: -500, text }));
    const { matched, exceptions } = await tie([payout('ACMEPO500117', 500)], { bank });
    expect(matched).toMatchObject({ groups: 1, by_certificate: { EQUIVALENT: 1 } });
    expect(exceptions.by_code).toEqual({ UNM_IN_LEDGER: 1 });
  });

  test('tie together when several name one payout and sum to it', async () => {
    const bank = [200, 300].map((part) => ({ amountMinor: -part, text: 'ACMEPO500117' }));
    const { matched, exceptions } = await tie([payout('ACMEPO500117', 500)], { bank });
    expect(byRule(matched)).toEqual({ 'bank-part-payments': 1 });
    expect(exceptions.by_code).toEqual({});
  });

  test('stay open when several name one payout and do not sum to it, and are told instead of it', async () => {
    const bank = [200, 250].map((part) => ({ amountMinor: -part, text: 'ACMEPO500117' }));
    const { matched, exceptions } = await tie([payout('ACMEPO500117', 500)], { bank });
    expect(matched.groups).toBe(0);
    expect(exceptions.by_code).toEqual({ MAT_SPLIT_INCOMPLETE: 2 });
  });

  test('tie to all the payouts they name when these sum to them', async () => {
    const due = [payout('PAYOUT-10', 500), payout('PAYOUT-11', 600)];
    const { matched, exceptions } = await tie(due, {
      bank: [{ amountMinor: -1100, text: 'Auszahlung PAYOUT-10 PAYOUT-11' }],
    });
    expect(byRule(matched)).toEqual({ 'bank-several-payouts': 1 });
    expect(exceptions.by_code).toEqual({ SET_MULTI_BATCH_CREDIT: 1 });
  });

  test('go by whom they name before they go by the amount', async () => {
    const due = [payout('PAYOUT-10', 500), payout('PAYOUT-100', 600)];
    const { matched, exceptions } = await tie(due, {
      bank: [{ amountMinor: -500, text: 'Auszahlung PAYOUT-100' }],
    });
    expect(matched.groups).toBe(0);
    expect(exceptions.by_code).toEqual({ SET_PAYOUT_SHORT: 1, UNM_IN_BANK: 1 });
  });

  test('do not tie to a number that stands inside another', async () => {
    const { matched } = await tie([payout('100200', 500)], {
      bank: [{ amountMinor: -500, text: 'Rechnung 9100200333' }],
    });
    expect(matched.groups).toBe(0);
  });
});
