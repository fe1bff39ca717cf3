import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvFormat } from '../../src/ingest/formats/csv.ts';
import { parseProfile } from '../../src/ingest/formats/csv-profile-check.ts';
import type { ParsedEntry } from '../../src/ingest/record.ts';
import { bankProfile } from '../support/csv-cases.ts';
import { type Reading, readChunks } from '../support/reading.ts';

describe('fractions of a cent', () => {
  const fraction = fc.integer({ min: -20_000_000, max: 20_000_000 });
  const lines = fc.array(
    fc.record({ gross: fraction, fee: fraction, batch: fc.constantFrom('A', 'B') }),
    {
      minLength: 1,
      maxLength: 40,
    },
  );

  test('sum to the rounded exact total of their batch, each line within a cent of what is written', () =>
    fc.assert(
      fc.asyncProperty(lines, async (rows) => {
        const text = rows.map(({ gross, fee, batch }) => {
          return `2026-03-02,${micros(gross)},${micros(fee)},${batch}\n`;
        });
        const { records } = await readChunks(
          [`date,gross,fee,batch\n${text.join('')}`],
          [FRACTIONS],
        );
        const entries = records.filter((record) => record.kind === 'entry');
        expect(entries).toHaveLength(rows.length);
        for (const [index, entry] of entries.entries()) {
          const { gross = 0, fee = 0 } = rows[index] ?? {};
          const fees = Object.values(entry.feesMinor).reduce((sum, one) => sum + one, 0n);
          expect(entry.grossMinor - fees).toBe(entry.amountMinor);
          expect(Math.abs(Number(entry.amountMinor) - (gross - fee) / 10_000)).toBeLessThanOrEqual(
            1,
          );
        }
        for (const batch of ['A', 'B']) {
          const exact = rows.filter((row) => row.batch === batch);
          const total = exact.reduce((sum, { gross, fee }) => sum + gross - fee, 0);
          expect(sumOf(entries.filter((entry) => entry.batch === batch))).toBe(rounded(total));
        }
      }),
    ));
});

describe('a balance column', () => {
  const amounts = fc.array(
    fc.integer({ min: -10_000, max: 10_000 }).filter((amount) => amount !== 0),
    {
      minLength: 3,
      maxLength: 20,
    },
  );

  test('closes the statement in either order of the rows', () =>
    fc.assert(
      fc.asyncProperty(amounts, fc.integer({ min: -5_000, max: 5_000 }), async (moved, opening) => {
        const rows = balanceRows(moved, opening);
        for (const order of [rows, rows.toReversed()]) {
          const { records } = await readBank(order);
          const end = records.find((record) => record.kind === 'statement-end');
          expect(end).toMatchObject({ differenceMinor: 0n, openingMinor: BigInt(opening) });
          expect(records.some((record) => record.kind === 'diagnostic')).toBe(false);
        }
      }),
    ));

  test('tells of a row taken out of the middle', () =>
    fc.assert(
      fc.asyncProperty(amounts, fc.nat(), async (moved, at) => {
        const rows = balanceRows(moved, 0);
        rows.splice(1 + (at % (rows.length - 2)), 1);
        const { records } = await readBank(rows);
        const codes = records.flatMap((record) =>
          record.kind === 'diagnostic' ? [record.code] : [],
        );
        const end = records.find((record) => record.kind === 'statement-end');
        // Two rows that are left may fit each other read from the other end; then the rows cannot show it.
        if (rows.length > 2) expect(codes.length > 0 || end?.differenceMinor === 0n).toBe(true);
        if (codes.length === 0) expect(end).toMatchObject({ differenceMinor: 0n });
        else expect(end).not.toMatchObject({ differenceMinor: 0n });
      }),
    ));
});

const FRACTIONS = csvFormat(
  parseProfile(
    {
      name: 'fractions',
      role: 'processor',
      table: { signature: ['date', 'gross', 'fee', 'batch'] },
      columns: { date: 'date', gross: 'gross', fee: 'fee', batch: 'batch' },
      constants: { currency: 'EUR' },
      numbers: { decimal: '.', extra_decimals: 4 },
      dates: { patterns: ['yyyy-MM-dd'] },
      entry: {
        batch: 'batch',
        currency: 'currency',
        type: 'payment',
        booking_date: 'date',
        gross: { of: 'gross', positive: 'in' },
        fees: { other: { of: 'fee', positive: 'out' } },
      },
    },
    'a test',
  ),
);

const BALANCED = csvFormat({
  ...bankProfile({ balances: { running: 'ref' } }),
});

function micros(amount: number): string {
  const digits = Math.abs(amount).toString().padStart(7, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function rounded(total: number): bigint {
  const magnitude = Math.floor((Math.abs(total) + 5_000) / 10_000);
  return BigInt(total < 0 ? -magnitude : magnitude);
}

function sumOf(entries: readonly ParsedEntry[]): bigint {
  return entries.reduce((sum, entry) => sum + entry.amountMinor, 0n);
}

function balanceRows(amounts: readonly number[], opening: number): string[] {
  let balance = opening;
  return amounts.map((amount) => {
    balance += amount;
    return `2026-03-02,${cents(amount)},EUR,A,${cents(balance)}\n`;
  });
}

function cents(amount: number): string {
  const digits = Math.abs(amount).toString().padStart(3, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function readBank(rows: readonly string[]): Promise<Reading> {
  return readChunks([`date,amount,currency,text,ref\n${rows.join('')}`], [BALANCED]);
}
