import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { payoutsCommand } from '../../bin/commands/payouts.ts';
import { runCommand } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const CONFIG = `
book: acme
currency: EUR
sources:
  house-bank: { role: bank, formats: [camt.053, pain.002] }
`;
const PAYOUTS = `payment_id,reference,kind,source,merchant,currency,amount,effective_date,fee
out-1,MP-1,payout,house-bank,bergquell,EUR,30.00,2026-03-01,
out-2,MP-2,payout,house-bank,bergquell,EUR,40.00,2026-03-01,0.50
out-3,MP-2,payout,house-bank,nordlicht,EUR,50.00,2026-03-01,
`;
const WHY = ['--reason', 'account closed'];
const IN_TRANSIT = 'liabilities:payouts-in-transit';

let fresh: FreshDatabase;
let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tieout-payouts-'));
  writeFileSync(join(cwd, 'tieout.yaml'), CONFIG);
  writeFileSync(join(cwd, 'payouts.csv'), PAYOUTS);
});

afterAll(() => rmSync(cwd, { recursive: true }));

beforeEach(async () => {
  fresh = await freshDatabase();
  await ledger('import', 'payouts.csv');
});

afterEach(() => fresh.drop());

const at = (day: string) => ({ url: fresh.url, cwd, now: new Date(`${day}T09:00:00Z`) });
const ledger = (...parameters: readonly string[]) =>
  runCommand(ledgerCommand, at('2026-03-02'), parameters);
const takeBack = (name: string, more: readonly string[] = WHY, day = '2026-03-02') =>
  runCommand(payoutsCommand, at(day), ['return', name, ...more]);

async function balances(): Promise<Readonly<Record<string, string>>> {
  const { balances: rows } = JSON.parse((await ledger('balances', '--json')).out);
  return Object.fromEntries(
    rows.map((row: { code: string; balance_minor: string }) => [row.code, row.balance_minor]),
  );
}

test('takes back a payout: it is owed again, and nothing of it is in transit', async () => {
  const { out } = await takeBack('out-1');
  expect(out).toMatch(/^journal [0-9a-f-]{36} posted, key return\|out-1\n$/);
  expect(await balances()).toMatchObject({
    [IN_TRANSIT]: '-9000',
    'liabilities:payable:bergquell': '4050',
  });
  expect((await ledger('verify')).exitCode).toBe(0);
});

test('takes it back once, whatever day and reason are given again', async () => {
  await takeBack('MP-1');
  const again = await takeBack('out-1', ['--reason', 'as said'], '2026-03-05');
  expect(again.out).toMatch(/in the ledger already, key return\|out-1\n$/);
  expect(again.exitCode).toBe(0);
  expect((await balances())[IN_TRANSIT]).toBe('-9000');
});

test('leaves the fee of a payout charged', async () => {
  await takeBack('out-2');
  expect(await balances()).toMatchObject({
    [IN_TRANSIT]: '-8000',
    'income:fees:bergquell': '-50',
  });
  expect((await ledger('verify')).exitCode).toBe(0);
});

test('writes who took it back and why into the audit log', async () => {
  await takeBack('out-1');
  const log = await fresh.db.read((tx) =>
    tx.query(
      `select audit_event.action, journal.key, audit_event.reason
       from tieout.audit_event join tieout.journal on journal.journal_id::text = audit_event.object_id
       where object_type = 'payout'`,
    ),
  );
  expect(log).toEqual([{ action: 'return', key: 'import|out-1', reason: 'account closed' }]);
});

test('a plan keeps nothing', async () => {
  const { out } = await takeBack('out-1', [...WHY, '--plan']);
  expect(out).toMatch(/liabilities:payouts-in-transit +EUR +-90\.00/);
  expect((await balances())[IN_TRANSIT]).toBe('-12000');
});

test('refuses a reference of several payouts, and takes the payment id of one', async () => {
  await expect(takeBack('MP-2')).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(/several payouts have the reference MP-2; .* out-3$/),
  });
  expect((await takeBack('out-3')).out).toMatch(/posted, key return\|out-3/);
});

test('refuses a payout that another journal has reversed', async () => {
  await ledger('reverse', 'import|out-1', ...WHY);
  await expect(takeBack('out-1')).rejects.toMatchObject({
    code: 'invalid_input',
    context: { outcome: 'already_reversed' },
  });
});

test('ends with 66 when there is no such payout', async () => {
  await expect(takeBack('MP-9')).rejects.toMatchObject({ code: 'not_found' });
});
