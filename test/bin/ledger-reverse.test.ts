import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LedgerShell, openLedgerShell } from '../support/ledger-command.ts';

let shell: LedgerShell;

beforeAll(async () => {
  shell = await openLedgerShell();
});

beforeEach(() => shell.clear());

afterAll(() => shell.close());

const BANK = 'assets:bank:main';
const PAYABLE = 'liabilities:payable:shop';
const RECEIVABLE = 'assets:receivable:adyen';
const WHY = ['--reason', 'booked twice'];
const TWO = `journal,effective_date,debit,credit,amount,key
j,2026-03-01,${BANK},${PAYABLE},10.00,two
j,2026-03-01,${BANK},liabilities:payable:other,4.00,two
`;

async function givenOne(...more: readonly string[]): Promise<void> {
  const line = ['--debit', BANK, '--credit', PAYABLE, '--amount', '12.34', '--key', 'one'];
  await shell.run('post', ...line, ...more);
}

async function balanceOf(code: string): Promise<string | undefined> {
  const rows = (await shell.json('balances')).balances as {
    code: string;
    balance_minor: string;
  }[];
  return rows.find((row) => row.code === code)?.balance_minor;
}

async function holds(): Promise<boolean> {
  return (await shell.run('verify')).exitCode === 0;
}

test('reverses a journal in full, once, however often it is asked', async () => {
  await givenOne();
  const first = await shell.run('reverse', 'one', ...WHY);
  expect(first.out).toMatch(/^journal [0-9a-f-]{36} posted, key reverse\|one\n$/);
  expect((await shell.run('reverse', 'one', ...WHY)).out).toMatch(/in the ledger already/);
  expect(await balanceOf(BANK)).toBe('0');
  expect(await holds()).toBe(true);
});

test('finds the journal by its id, and writes who reversed it and why into the audit log', async () => {
  await givenOne();
  const posted = (await shell.json('journals')).postings as { journal: string }[];
  const id = posted[0]?.journal ?? '';
  await shell.run('reverse', id, ...WHY);
  const log = await shell.fresh.db.read((tx) =>
    tx.query(
      `select action, object_id, reason from tieout.audit_event where object_type = 'journal'`,
    ),
  );
  expect(log).toEqual([{ action: 'reverse', object_id: id, reason: 'booked twice' }]);
});

test('reverses an amount, then the rest, and never more', async () => {
  await givenOne();
  await shell.run('reverse', 'one', '--amount', '2.34', ...WHY);
  expect(await balanceOf(BANK)).toBe('1000');
  await expect(shell.run('reverse', 'one', '--amount', '10.01', ...WHY)).rejects.toMatchObject({
    code: 'invalid_input',
    context: { outcome: 'exceeds_original' },
  });
  await shell.run('reverse', 'one', '--amount', '10.00', ...WHY);
  expect(await balanceOf(BANK)).toBe('0');
  await expect(shell.run('reverse', 'one', ...WHY)).rejects.toMatchObject({
    context: { outcome: 'already_reversed' },
  });
  expect(await holds()).toBe(true);
});

test('reverses the named postings only', async () => {
  shell.write('two.csv', TWO);
  await shell.run('post', 'two.csv');
  await shell.run('reverse', 'two', '--part', '2=1.50', ...WHY);
  expect([await balanceOf(PAYABLE), await balanceOf('liabilities:payable:other')]).toEqual([
    '-1000',
    '-250',
  ]);
  await shell.run('reverse', 'two', ...WHY);
  expect([await balanceOf(PAYABLE), await balanceOf('liabilities:payable:other')]).toEqual([
    '0',
    '0',
  ]);
  expect(await holds()).toBe(true);
});

test('takes back the item that the journal opened', async () => {
  await givenOne('--debit', RECEIVABLE);
  await shell.run('reverse', 'one', ...WHY);
  const items = await shell.fresh.db.read((tx) => tx.query('select 1 from tieout.open_item'));
  expect(items).toEqual([]);
  expect(await holds()).toBe(true);
});

test('plans and keeps nothing, not in the audit log either', async () => {
  await givenOne();
  const plan = await shell.run('reverse', 'one', '--plan', ...WHY);
  expect(plan.out).toMatch(/assets:bank:main +EUR +0\.00/);
  expect(await balanceOf(BANK)).toBe('1234');
  const log = await shell.fresh.db.read((tx) => tx.query('select 1 from tieout.audit_event'));
  expect(log).toEqual([]);
});

test('a refused reversal leaves no trace, and is posted once its cause is mended', async () => {
  await givenOne();
  await shell.run('accounts', 'freeze', BANK, ...WHY);
  await expect(shell.run('reverse', 'one', ...WHY)).rejects.toMatchObject({
    context: { outcome: 'account_frozen' },
  });
  await shell.run('accounts', 'unfreeze', BANK, ...WHY);
  expect((await shell.run('reverse', 'one', ...WHY)).out).toMatch(/ posted, key /);
});

test('ends with 66 when there is no such journal', async () => {
  await expect(shell.run('reverse', 'nothing', ...WHY)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test.each([
  ['an amount of a journal with several postings', ['--amount', '1']],
  ['a posting it does not have', ['--part', '3=1']],
  ['a posting twice', ['--part', '1=1', '--part', '1=2']],
  ['a part without an amount', ['--part', '1']],
  ['a part of nothing', ['--part', '1=0']],
])('takes %s for a mistake in the call', async (_, parameters) => {
  shell.write('two.csv', TWO);
  await shell.run('post', 'two.csv');
  await expect(shell.run('reverse', 'two', ...parameters, ...WHY)).rejects.toMatchObject({
    code: 'usage',
  });
});
