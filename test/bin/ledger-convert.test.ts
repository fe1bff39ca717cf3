import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { runCommand } from '../support/command.ts';
import { type FreshDatabase, freshDatabase, tamper } from '../support/database.ts';

const SOLD = {
  from: '100.00 USD',
  to: '92.31 EUR',
  rate: '0.9231',
  'rate-source': 'house bank',
  credit: 'assets:bank:usd',
  debit: 'assets:bank:main',
  date: '2026-03-01',
};

let fresh: FreshDatabase;
let cwd: string;

beforeAll(async () => {
  fresh = await freshDatabase();
  cwd = mkdtempSync(join(tmpdir(), 'tieout-convert-command-'));
  writeFileSync(
    join(cwd, 'tieout.yaml'),
    'book: acme\ncurrency: EUR\nsources:\n  bank: { role: bank, formats: [camt.053] }\n',
  );
});

beforeEach(async () => {
  await fresh.db.transaction((tx) =>
    tamper(
      tx,
      `truncate tieout.book, tieout.account, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item,
       tieout.balance, tieout.balance_day, tieout.conversion cascade`,
    ),
  );
});

afterAll(async () => {
  await fresh.drop();
  rmSync(cwd, { recursive: true });
});

async function ledger(...parameters: readonly string[]) {
  return await runCommand(ledgerCommand, { url: fresh.url, cwd }, parameters);
}

/** Runs `convert` with the options of SOLD, changed, and flags. */
async function convert(changes: Partial<Record<string, string>> = {}, ...flags: readonly string[]) {
  const options = Object.entries({ ...SOLD, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return await ledger('convert', ...options, ...flags);
}

async function json(changes: Partial<Record<string, string>> = {}, ...flags: readonly string[]) {
  const { out } = await convert(changes, ...flags, '--json');
  expect(out).toMatch(/^[^\n]+\n$/);
  return JSON.parse(out);
}

async function positions(...parameters: readonly string[]) {
  return JSON.parse((await ledger('positions', ...parameters, '--json')).out).positions;
}

test('posts a conversion once, and says so when it is asked again', async () => {
  const first = await convert();
  expect(first.out).toMatch(/equity:fx-position:usd +assets:bank:usd +100\.00 +USD/);
  expect(first.out).toMatch(/assets:bank:main +equity:fx-position:usd +92\.31 +EUR/);
  expect(first.out).toMatch(/\n100\.00 USD to 92\.31 EUR at 0\.9231: posted\n$/);
  expect(first.notes).toEqual([]);
  const again = await convert();
  expect(again.out).toMatch(/: in the ledger already\n$/);
  expect(again.notes).toEqual([
    'tieout: convert|2026-03-01|100.00 USD|92.31 EUR|assets:bank:usd|assets:bank:main| was posted before; another one like it needs a --key of its own',
  ]);
  expect((await json({ key: 'second' })).status).toBe('created');
  expect((await json({ reference: 'FX-77' })).status).toBe('created');
  expect((await ledger('verify')).exitCode).toBe(0);
});

test('prints one document, amounts as strings of minor units', async () => {
  const changes = { to: '92.33 EUR', 'book-residue': '0.02 EUR', 'rate-date': '2026-02-28' };
  expect(await json(changes)).toEqual({
    schema: 'tieout.ledger-convert/1',
    plan: false,
    status: 'created',
    key: 'convert|2026-03-01|100.00 USD|92.33 EUR|assets:bank:usd|assets:bank:main|',
    effective_date: '2026-03-01',
    from: { currency: 'USD', amount_minor: '10000' },
    to: { currency: 'EUR', amount_minor: '9233' },
    rate: '0.9231',
    rate_date: '2026-02-28',
    rate_source: 'house bank',
    residue_minor: '2',
    postings: [
      ['equity:fx-position:usd', 'assets:bank:usd', 'USD', '10000'],
      ['assets:bank:main', 'equity:fx-position:usd', 'EUR', '9231'],
      ['assets:bank:main', 'expenses:rounding', 'EUR', '2'],
    ].map(([debit, credit, currency, amount_minor]) => ({ debit, credit, currency, amount_minor })),
  });
});

test('a plan shows the journal and leaves nothing', async () => {
  const { out } = await convert({}, '--plan');
  expect(out).toMatch(/ at 0\.9231: not posted\n$/);
  expect(await json({}, '--plan')).toMatchObject({ plan: true, status: 'created' });
  expect(await positions()).toEqual([]);
  expect((await json()).status).toBe('created');
  expect(await json({}, '--plan')).toMatchObject({ plan: true, status: 'exists' });
});

test('takes currencies of no, three and four decimals', async () => {
  const cross = { from: '1.2345 CLF', to: '13.954 KWD', rate: '11.3034', worth: '41.85 EUR' };
  expect((await json(cross)).postings).toHaveLength(3);
  expect((await json({ to: '15723 JPY', rate: '157.23', worth: '92.31EUR' })).to).toEqual({
    currency: 'JPY',
    amount_minor: '15723',
  });
});

test.each<[string, Partial<Record<string, string>>, string]>([
  ['an amount the rate does not give', { to: '92.33 EUR' }, '(rate_mismatch)'],
  ['a currency twice', { to: '92.31 USD' }, '(same_currency)'],
  ['two foreign currencies without their worth', { to: '92.31 GBP' }, '(worth_missing)'],
  ['an account nobody has a place for', { debit: 'nowhere' }, '(unknown_account)'],
  ['a worth nobody asked for', { worth: '92.31 EUR' }, '(worth_unneeded)'],
  ['an amount of nothing', { from: '0.00 USD' }, '(amount_not_positive)'],
])('refuses %s', async (_, changes, code) => {
  const refused = expect(convert(changes)).rejects;
  await refused.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(code),
  });
  expect(await positions()).toEqual([]);
});

test('refuses a key that stands for another conversion', async () => {
  await convert({ key: 'fx-1' });
  await expect(convert({ key: 'fx-1', rate: '0.923101' })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('exists_with_different_'),
  });
});

test.each<[string, Partial<Record<string, string>>]>([
  ['money without a currency', { from: '100.00' }],
  ['more decimals than the currency has', { from: '100.001 USD' }],
  ['decimals of a currency that has none', { to: '92.3 JPY' }],
  ['a currency that is withdrawn', { to: '92.31 DEM' }],
  ['a rate that is none', { rate: '1,5' }],
  ['a rate of nothing', { rate: '0' }],
  ['a day that is none', { date: '2026-02-30' }],
  ['a day of the rate that is none', { 'rate-date': 'today' }],
  ['a worth that is no money', { worth: '1.00' }],
  ['a residue in another currency than it is in', { 'book-residue': '1.00 USD' }],
])('takes %s for a mistake in the call', async (_, changes) => {
  await expect(convert(changes)).rejects.toMatchObject({ code: 'usage' });
});

test('asks for a day, so that the same call tomorrow is the same conversion', async () => {
  await expect(convert({ date: undefined })).rejects.toMatchObject({
    code: 'commander.missingMandatoryOptionValue',
  });
});

test('tells what is held of a foreign currency and what it cost, now and as of a day', async () => {
  const buy = { credit: 'assets:bank:main', debit: 'assets:bank:usd', 'rate-source': 'ECB' };
  await convert({
    ...buy,
    from: '90.00 EUR',
    to: '100.00 USD',
    rate: '1.1111',
    'book-residue': '0.01 USD',
    date: '2026-03-01',
  });
  await convert({
    ...buy,
    from: '94.00 EUR',
    to: '100.00 USD',
    rate: '1.06383',
    date: '2026-03-02',
  });
  expect(await positions('--as-of', '2026-03-01')).toEqual([
    {
      currency: 'USD',
      base_currency: 'EUR',
      foreign_minor: '10000',
      cost_minor: '9000',
      average_rate: '0.9',
      last_rate: { from: 'EUR', to: 'USD', rate: '1.1111', date: '2026-03-01', source: 'ECB' },
    },
  ]);
  const { out } = await ledger('positions');
  expect(out).toMatch(
    /USD +200\.00 +184\.00 +EUR +0\.92 +1 EUR = 1\.06383 USD \(ECB, 2026-03-02\)/,
  );
  await expect(ledger('positions', '--as-of', 'now')).rejects.toMatchObject({ code: 'usage' });
});
