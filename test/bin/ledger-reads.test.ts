import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ledgerCommand } from '../../bin/commands/ledger.ts';
import { runCommand } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const CONFIG = `
book: acme
currency: EUR
sources:
  adyen: { role: processor, profile: adyen-settlement-details }
`;
const HEADER = 'payment_id,kind,currency,amount,effective_date,merchant';
const FIRST = `${HEADER}
pay-1,capture,EUR,12.34,2026-02-27,shop
pay-2,refund,EUR,1.00,2026-03-02,shop
pay-3,refund,JPY,500,2026-03-02,shop
`;
const LATE = `${HEADER}\npay-4,capture,EUR,5.00,2026-02-28,shop\n`;
const RECEIVABLE = 'assets:receivable:adyen';
const PAYABLE = 'liabilities:payable:shop';

let fresh: FreshDatabase;
let cwd: string;

beforeAll(async () => {
  fresh = await freshDatabase();
  cwd = mkdtempSync(join(tmpdir(), 'tieout-ledger-reads-'));
  writeFileSync(join(cwd, 'tieout.yaml'), CONFIG);
  writeFileSync(join(cwd, 'first.csv'), FIRST);
  writeFileSync(join(cwd, 'late.csv'), LATE);
  await ledger(['import', 'first.csv'], '2026-03-02');
  await ledger(['import', 'late.csv'], '2026-03-04');
});

afterAll(async () => {
  await fresh.drop();
  rmSync(cwd, { recursive: true });
});

async function ledger(parameters: readonly string[], today = '2026-03-04') {
  let pieces = 0;
  const onPiece = () => {
    pieces += 1;
  };
  const now = new Date(`${today}T09:00:00Z`);
  const surroundings = { url: fresh.url, cwd, now, onPiece };
  const { out, exitCode } = await runCommand(ledgerCommand, surroundings, parameters);
  return { out, pieces, exitCode };
}

async function json(...parameters: readonly string[]) {
  const { out } = await ledger([...parameters, '--json']);
  expect(out).toMatch(/^[^\n]+\n$/);
  return JSON.parse(out);
}

async function text(...parameters: readonly string[]): Promise<string> {
  return (await ledger(parameters)).out;
}

describe('balances', () => {
  test('are told as a document, amounts as strings of minor units', async () => {
    const document = await json('balances');
    expect(document).toMatchObject({ schema: 'tieout.balances/1', as_of: null, known_at: null });
    expect(document.balances).toHaveLength(4);
    expect(document.balances[0]).toEqual({
      code: RECEIVABLE,
      currency: 'EUR',
      type: 'asset',
      debits_minor: '1734',
      credits_minor: '100',
      balance_minor: '1634',
      posted_minor: '1634',
      pending_minor: '0',
      incoming_minor: '0',
      available_minor: '1634',
    });
    expect(document.totals).toEqual([
      { currency: 'EUR', debits_minor: '1834', credits_minor: '1834' },
      { currency: 'JPY', debits_minor: '500', credits_minor: '500' },
    ]);
  });

  test('are told as a table that ends with the totals of each currency', async () => {
    const lines = (await text('balances')).trimEnd().split('\n');
    expect(lines[1]).toMatch(
      /^assets:receivable:adyen +EUR +17\.34 +1\.00 +16\.34 +0\.00 +16\.34$/,
    );
    expect(lines[2]).toMatch(/^assets:receivable:adyen +JPY +0 +500 +-500 +0 +-500$/);
    expect(lines.at(-2)).toMatch(/^total +EUR +18\.34 +18\.34 +0\.00$/);
    expect(lines.at(-1)).toMatch(/^total +JPY +500 +500 +0$/);
  });

  test('are told as of one day and as known at another', async () => {
    const shown = async (...days: string[]) => {
      const { as_of, known_at, balances } = await json(
        'balances',
        '--account',
        RECEIVABLE,
        ...days,
      );
      return [as_of, known_at, balances[0].balance_minor, balances[0].available_minor];
    };
    const asOf = '2026-02-28';
    expect(await shown('--as-of', asOf)).toEqual([asOf, null, '1734', null]);
    expect(await shown('--as-of', asOf, '--known-at', '2026-03-03')).toEqual([
      asOf,
      '2026-03-03',
      '1234',
      null,
    ]);
    expect(await text('balances', '--as-of', asOf)).not.toContain('available');
  });

  test('of one account have no totals in a table, and there must be such an account', async () => {
    const lines = (await text('balances', '--account', PAYABLE)).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    const unknown = ledger(['balances', '--account', 'assets:none']);
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a statement', () => {
  test('goes from balance to balance, as one document', async () => {
    const document = await json(
      'statement',
      RECEIVABLE,
      '--currency',
      'EUR',
      '--from',
      '2026-02-28',
    );
    expect(document).toMatchObject({
      schema: 'tieout.statement/1',
      account: RECEIVABLE,
      currency: 'EUR',
      normal_side: 'debit',
      from: '2026-02-28',
      to: null,
      known_at: null,
      opening_minor: '1234',
      closing_minor: '1634',
    });
    expect(document.lines).toHaveLength(2);
    expect(document.lines[0]).toEqual({
      effective_date: '2026-02-28',
      booked_on: '2026-03-04',
      journal: expect.stringMatching(/^[0-9a-f-]{36}$/),
      seq: 1,
      key: 'import|pay-4',
      kind: 'capture',
      reference: 'pay-4',
      description: 'capture pay-4',
      counter_account: PAYABLE,
      debit_minor: '500',
      credit_minor: null,
      balance_minor: '1734',
      backdated: false,
      relates_to_period: null,
    });
    expect(document.lines[1]).toMatchObject({ credit_minor: '100', balance_minor: '1634' });
  });

  test('is a table between its balances, and leaves out what was not known', async () => {
    const known = ['--currency', 'EUR', '--to', '2026-03-01', '--known-at', '2026-03-03'];
    const lines = (await text('statement', RECEIVABLE, ...known)).trimEnd().split('\n');
    expect(lines).toEqual([
      'statement of assets:receivable:adyen to 2026-03-01, known at 2026-03-03',
      'opening balance 0.00 EUR',
      expect.stringMatching(/^effective +booked +kind +reference .* +debit +credit +balance$/),
      expect.stringMatching(/^2026-02-27 +2026-03-02 +capture +pay-1 .* 12\.34 +12\.34$/),
      'closing balance 12.34 EUR',
    ]);
  });

  test('is a CSV file whose first and last line are the balances', async () => {
    const out = await text(
      'statement',
      PAYABLE,
      '--currency',
      'EUR',
      '--to',
      '2026-02-27',
      '--csv',
    );
    const lines = out.split('\r\n').map((line) => line.replace(/"[0-9a-f-]{36}"/, '"id"'));
    expect(lines).toEqual([
      '"effective_date","booked_on","kind","reference","description","counter_account","debit","credit","balance","backdated","journal","seq"',
      '"","","opening","","","","","","0.00","","",""',
      '"2026-02-27","2026-03-02","capture","pay-1","capture pay-1","assets:receivable:adyen","","12.34","-12.34","","id","1"',
      '"","","closing","","","","","","-12.34","","",""',
      '',
    ]);
  });

  test('of an account nothing was posted to in that time has no lines', async () => {
    const none = ['statement', PAYABLE, '--currency', 'JPY', '--to', '2026-01-31'];
    expect(await json(...none)).toMatchObject({
      opening_minor: '0',
      closing_minor: '0',
      lines: [],
    });
    expect(await text(...none)).toBe(
      `statement of ${PAYABLE} to 2026-01-31\nopening balance 0 JPY\nclosing balance 0 JPY\n`,
    );
  });
});

describe('explain', () => {
  test('tells the open items that make a balance, with age and origin', async () => {
    const document = await json('explain', RECEIVABLE, '--currency', 'EUR');
    expect(document).toMatchObject({
      schema: 'tieout.ledger-explain/1',
      account: RECEIVABLE,
      reconcilable: true,
      aged_at: '2026-03-04',
      balance_minor: '1634',
      explained_minor: '1634',
      explained: true,
      items_total: 3,
      counter_accounts: null,
    });
    expect(document.items[0]).toEqual({
      item: expect.stringMatching(/^[0-9a-f-]{36}$/),
      amount_minor: '1234',
      age_days: 5,
      age_business_days: 3,
      effective_date: '2026-02-27',
      booked_on: '2026-03-02',
      journal: expect.stringMatching(/^[0-9a-f-]{36}$/),
      key: 'import|pay-1',
      kind: 'capture',
      reference: 'pay-1',
      payment: 'pay-1',
      file: null,
    });
  });

  test('ages items at the day it looks back to', async () => {
    const back = ['--currency', 'EUR', '--as-of', '2026-03-01', '--known-at', '2026-03-03'];
    const document = await json('explain', RECEIVABLE, ...back);
    expect(document).toMatchObject({
      aged_at: '2026-03-01',
      balance_minor: '1234',
      items_total: 1,
    });
    expect(document.items[0]).toMatchObject({ age_days: 2, age_business_days: 0 });
  });

  test('says that a balance is so many items, and shows as many as asked', async () => {
    const currency = ['--currency', 'EUR'];
    const lines = (await text('explain', RECEIVABLE, ...currency, '--limit', '1')).split('\n');
    expect(lines[0]).toBe(
      'assets:receivable:adyen: balance 16.34 EUR = 3 open items, the oldest 1 below',
    );
    expect(lines[2]).toMatch(
      /^ *12\.34 +5 +3 +2026-02-27 +2026-03-02 +capture +pay-1 +pay-1 +import\|pay-1$/,
    );
    expect(lines).toHaveLength(4);
    const before = await text('explain', RECEIVABLE, ...currency, '--as-of', '2026-01-31');
    expect(before).toBe(
      'assets:receivable:adyen: as of 2026-01-31 balance 0.00 EUR = 0 open items\n',
    );
  });

  test('breaks an account without items down by counter account and kind', async () => {
    const document = await json('explain', PAYABLE, '--currency', 'EUR');
    expect(document).toMatchObject({ reconcilable: false, balance_minor: '-1634', items: null });
    expect(document.counter_accounts).toEqual([
      {
        counter_account: RECEIVABLE,
        kind: 'capture',
        lines: 2,
        debits_minor: '0',
        credits_minor: '1734',
        amount_minor: '-1734',
      },
      {
        counter_account: RECEIVABLE,
        kind: 'refund',
        lines: 1,
        debits_minor: '100',
        credits_minor: '0',
        amount_minor: '100',
      },
    ]);
    const out = await text('explain', PAYABLE, '--currency', 'EUR');
    expect(out).toMatch(/balance -16\.34 EUR = 3 lines, by counter account and kind\n/);
    expect(out).toMatch(/assets:receivable:adyen +refund +1 +1\.00 +0\.00 +1\.00/);
  });

  test('ends with 2 where the items do not make the balance', async () => {
    const edited = (minor: number) =>
      fresh.db.transaction((tx) =>
        tx.execute(
          'update tieout.open_item set amount_minor = amount_minor + $1 where reference = $2',
          [minor, 'pay-1'],
        ),
      );
    await edited(1);
    const seen = await ledger(['explain', RECEIVABLE, '--currency', 'EUR']);
    await edited(-1);
    expect(seen.exitCode).toBe(2);
    expect(seen.out).toMatch(
      /balance 16\.34 EUR ≠ 3 open items of 16\.35 EUR; the books are broken/,
    );
    expect((await ledger(['explain', RECEIVABLE, '--currency', 'EUR'])).exitCode).toBe(0);
  });
});

test.each<[string, string[]]>([
  ['a day that is none', ['balances', '--known-at', '2026-02-30']],
  [
    'a span that ends before it begins',
    ['statement', PAYABLE, '--from', '2026-03-02', '--to', '2026-03-01'],
  ],
  ['two formats', ['statement', PAYABLE, '--csv', '--json']],
  ['an account of two currencies', ['statement', PAYABLE]],
  ['an account of two currencies to explain', ['explain', PAYABLE]],
  ['a limit that is none', ['explain', PAYABLE, '--limit', '0']],
])('takes %s for a mistake in the call', async (_, parameters) => {
  await expect(ledger(parameters)).rejects.toMatchObject({ code: 'usage' });
});

test.each([['statement'], ['explain']])(
  '%s finds no account that is not there',
  async (command) => {
    await expect(ledger([command, 'assets:none'])).rejects.toMatchObject({ code: 'not_found' });
  },
);
