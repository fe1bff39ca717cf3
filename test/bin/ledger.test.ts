import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { EXIT_CODE } from '../../src/errors.ts';
import { runCommand } from '../support/command.ts';
import { type FreshDatabase, freshDatabase, tamper } from '../support/database.ts';

const CONFIG = `
book: acme
currency: EUR
sources:
  adyen: { role: processor, profile: adyen-settlement-details }
`;
const HEADER = 'payment_id,kind,currency,amount,effective_date,merchant';
const PAYMENTS = `${HEADER}
pay-1,capture,EUR,12.34,2026-02-28,shop
pay-2,capture,EUR,1.00,2026-03-01,shop
pay-3,refund,JPY,500,2026-03-02,shop
`;

let fresh: FreshDatabase;
let cwd: string;

beforeAll(async () => {
  fresh = await freshDatabase();
  cwd = mkdtempSync(join(tmpdir(), 'tieout-ledger-command-'));
  writeFileSync(join(cwd, 'tieout.yaml'), CONFIG);
});

beforeEach(async () => {
  await fresh.db.transaction((tx) =>
    tamper(
      tx,
      `truncate tieout.book, tieout.account, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item,
       tieout.balance, tieout.balance_day cascade`,
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

async function json(...parameters: readonly string[]) {
  const seen = await ledger(...parameters, '--json');
  expect(seen.out).toMatch(/^[^\n]+\n$/);
  return { ...seen, document: JSON.parse(seen.out) };
}

async function givenPayments(text = PAYMENTS): Promise<void> {
  writeFileSync(join(cwd, 'payments.csv'), text);
  await ledger('import', 'payments.csv');
}

test('imports a file, says how many, and finds them all the second time', async () => {
  writeFileSync(join(cwd, 'payments.csv'), PAYMENTS);
  expect(await ledger('import', 'payments.csv')).toEqual({
    out: '3 payments read: 3 posted, 0 in the ledger already, 0 rejected\n',
    notes: [],
    exitCode: 0,
  });
  const { document, exitCode } = await json('import', join(cwd, 'payments.csv'));
  expect(exitCode).toBe(0);
  expect(document).toEqual({
    schema: 'tieout.ledger-import/1',
    read: 3,
    created: 0,
    exists: 3,
    rejected: 0,
    rejections: [],
    unknown_columns: [],
  });
});

test('ends with 3 and names file, line and reason when lines are rejected', async () => {
  writeFileSync(join(cwd, 'bad.csv'), `${PAYMENTS}\npay-4,sale,EUR,1,2026-03-02,shop\n`);
  const seen = await ledger('import', 'bad.csv');
  expect(seen.exitCode).toBe(3);
  expect(seen.out).toBe('4 payments read: 3 posted, 0 in the ledger already, 1 rejected\n');
  expect(seen.notes).toEqual([
    'tieout: bad.csv:6 UNKNOWN_KIND kind "sale" is none of capture, refund, chargeback, chargeback-reversal, payout, fee',
  ]);
  const { document, exitCode } = await json('import', 'bad.csv');
  expect(exitCode).toBe(3);
  expect(document).toMatchObject({
    rejected: 1,
    rejections: [{ line: 6, reason: 'UNKNOWN_KIND', message: expect.any(String) }],
  });
});

test('does not let a field of the file begin a line of its own', async () => {
  const line = 'pay-1,"x\n\u001b[2Jtieout: all is well",EUR,1,2026-03-02,shop';
  writeFileSync(join(cwd, 'bad.csv'), `${HEADER}\n${line}\n`);
  const { notes } = await ledger('import', 'bad.csv');
  expect(notes).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through.
  expect(notes.join('')).not.toMatch(/[\u0000-\u001f]/);
});

test('imports nothing of a file whose structure is wrong', async () => {
  writeFileSync(join(cwd, 'bad.csv'), PAYMENTS.replace('merchant', 'merchent'));
  await expect(ledger('import', 'bad.csv')).rejects.toMatchObject({ code: 'invalid_input' });
  expect((await json('journals')).document.postings).toEqual([]);
});

test.each(['missing.csv', '.'])(
  'says that there is no file %s, which ends with 66',
  async (file) => {
    expect(EXIT_CODE.not_found).toBe(66);
    await expect(ledger('import', file)).rejects.toMatchObject({ code: 'not_found' });
  },
);

test('lists accounts as a document and as a table', async () => {
  await givenPayments();
  const { document } = await json('accounts');
  expect(document.schema).toBe('tieout.accounts/1');
  expect(document.accounts).toHaveLength(4);
  expect(document.accounts[0]).toEqual({
    code: 'assets:receivable:adyen',
    currency: 'EUR',
    name: 'Receivable from processor adyen',
    type: 'asset',
    normal_side: 'debit',
    reconcilable: true,
    status: 'active',
    balance_mode: 'inline',
    floor_minor: null,
    ceiling_minor: null,
  });
  const table = (await ledger('accounts')).out;
  expect(table).toMatch(/assets:receivable:adyen +EUR +asset +debit +reconcilable +active/);
});

test.each<[string, string[]]>([
  ['a day that is none', ['balances', '--as-of', '2026-02-30']],
  ['a day in other words', ['balances', '--as-of', 'yesterday']],
  ['a limit that is no number', ['journals', '--limit', 'all']],
  ['a run that is no number', ['journals', '--run', 'latest']],
])('takes %s for a mistake in the call', async (_, parameters) => {
  await expect(ledger(...parameters)).rejects.toMatchObject({ code: 'usage' });
});

test('lists journals newest first, with filters', async () => {
  await givenPayments();
  const { document } = await json('journals');
  expect(document.schema).toBe('tieout.journals/1');
  const keys = document.postings.map((line: { key: string }) => line.key);
  expect(keys).toEqual(['import|pay-3', 'import|pay-2', 'import|pay-1']);
  expect(document.postings[2]).toEqual({
    journal: expect.stringMatching(/^[0-9a-f-]{36}$/),
    key: 'import|pay-1',
    kind: 'capture',
    effective_date: '2026-02-28',
    reference: 'pay-1',
    description: 'capture pay-1',
    run: null,
    seq: 1,
    layer: 'settled',
    debit: 'assets:receivable:adyen',
    credit: 'liabilities:payable:shop',
    currency: 'EUR',
    amount_minor: '1234',
  });
  const filtered = async (...filter: string[]) =>
    (await json('journals', ...filter)).document.postings.length;
  expect(await filtered('--kind', 'refund')).toBe(1);
  expect(await filtered('--reference', 'pay-2')).toBe(1);
  expect(await filtered('--run', '1')).toBe(0);
  expect(await filtered('--limit', '2')).toBe(2);
  expect((await ledger('journals', '--kind', 'refund')).out).toMatch(
    /2026-03-02 +refund +pay-3 .* 500 +JPY/,
  );
});

test('proves sound books, and ends with 2 when a balance was edited', async () => {
  await givenPayments();
  const sound = await json('verify');
  expect(sound.exitCode).toBe(0);
  expect(sound.document.schema).toBe('tieout.ledger-verify/1');
  expect(sound.document.checks[0]).toEqual({
    id: 'I1',
    text: 'debits equal credits in every currency',
    checked: 3,
    breaches: 0,
    example: null,
  });
  await fresh.db.transaction((tx) => tx.execute('update tieout.balance set debits_minor = 0'));
  const broken = await ledger('verify');
  expect(broken.exitCode).toBe(2);
  expect(broken.out).toMatch(/I2 +BROKEN .* assets:receivable:adyen EUR: debits are 0, /);
  expect(broken.out).toMatch(/I5 +holds/);
});

test('keeps to the book it is told', async () => {
  await givenPayments();
  const { document } = await json('balances', '--book', 'other');
  expect(document.balances).toEqual([]);
});

test('throws for an option that it does not know instead of ending the process', async () => {
  await expect(ledger('balances', '--bogus')).rejects.toMatchObject({
    code: 'commander.unknownOption',
  });
});
