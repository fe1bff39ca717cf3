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
const SIDES = ['--debit', PAYABLE, '--credit', BANK, '--currency', 'EUR'];
const WHY = ['--reason', 'a test'];
// The clock of the shell stands at 2026-03-02 09:00 UTC.
const PAST = '2026-03-02T09:00:00Z';
const SOONER = '2026-03-02T08:59:59+00:00';
const FUTURE = '2026-03-02T09:00:01Z';

async function place(key: string, amount: string, ...more: readonly string[]): Promise<void> {
  await shell.run('holds', 'place', ...SIDES, '--amount', amount, '--key', key, ...more);
}

/** Settled and pending sums of the bank account, in minor units. */
async function bank(): Promise<object | undefined> {
  const [row] = await shell.fresh.db.read((tx) =>
    tx.query<object>(
      `select account_balance.credits_minor as settled, account_balance.pending_credits_minor as pending
       from tieout.account_balance join tieout.account using (book_id, account_id) where account.code = $1`,
      [BANK],
    ),
  );
  return row;
}

async function remaining(): Promise<Record<string, string>> {
  const holds = (await shell.json('holds', 'list', '--all')).holds as {
    key: string;
    remaining_minor: string;
  }[];
  return Object.fromEntries(holds.map((hold) => [hold.key, hold.remaining_minor]));
}

test('places a hold, which is pending and moves no money', async () => {
  await place('h-1', '10.00', '--expires', FUTURE);
  expect(await bank()).toEqual({ settled: 0n, pending: 1000n });
  expect(await shell.json('holds')).toEqual({
    schema: 'tieout.ledger-holds/1',
    holds: [
      {
        hold: expect.stringMatching(/^[0-9a-f-]{36}$/),
        key: 'h-1',
        debit: PAYABLE,
        credit: BANK,
        currency: 'EUR',
        amount_minor: '1000',
        posted_minor: '0',
        voided_minor: '0',
        expired_minor: '0',
        remaining_minor: '1000',
        placed_at: '2026-03-02T09:00:00.000Z',
        expires_at: '2026-03-02T09:00:01.000Z',
      },
    ],
  });
  expect((await shell.run('holds')).out).toMatch(/h-1 .* 10\.00 +10\.00 +EUR +2026-03-02T09:00:01/);
});

test('places once what is asked twice, with a key made of the content', async () => {
  const asked = ['holds', 'place', ...SIDES, '--amount', '10.00'];
  expect((await shell.run(...asked)).out).toMatch(/ posted, key hold\|[0-9a-f]{32}\n$/);
  expect((await shell.run(...asked)).out).toMatch(/in the ledger already/);
  expect(await bank()).toEqual({ settled: 0n, pending: 1000n });
});

test('posts a hold in full', async () => {
  await place('h-1', '10.00');
  await shell.run('holds', 'post', 'h-1');
  expect(await bank()).toEqual({ settled: 1000n, pending: 0n });
  expect((await shell.json('holds')).holds).toEqual([]);
  expect((await shell.run('holds', 'post', 'h-1')).out).toMatch(/in the ledger already/);
  await expect(shell.run('holds', 'void', 'h-1')).rejects.toMatchObject({
    context: { outcome: 'hold_already_posted' },
  });
  expect((await shell.run('verify')).exitCode).toBe(0);
});

test('posts a part of a hold and never more than it', async () => {
  await place('h-1', '10.00');
  await expect(shell.run('holds', 'post', 'h-1', '--amount', '10.01')).rejects.toMatchObject({
    code: 'invalid_input',
    context: { outcome: 'exceeds_hold' },
  });
  await shell.run('holds', 'post', 'h-1', '--amount', '4.00');
  expect(await bank()).toMatchObject({ settled: 400n });
});

test('voids a hold, and its amount is free again', async () => {
  await place('h-1', '10.00');
  await shell.run('holds', 'void', 'h-1');
  expect(await bank()).toEqual({ settled: 0n, pending: 0n });
  expect(await remaining()).toEqual({ 'h-1': '0' });
});

test('expires what is past its time, sooner ones first, and leaves the rest', async () => {
  await place('late', '1.00', '--expires', PAST);
  await place('sooner', '2.00', '--expires', SOONER);
  await place('later', '4.00', '--expires', FUTURE);
  await place('never', '8.00');
  const document = await shell.json('holds', 'expire');
  const keys = (document.journals as { key: string }[]).map(({ key }) => key);
  expect(keys).toHaveLength(2);
  expect(keys.every((key) => /^expire\|[0-9a-f-]{36}$/.test(key))).toBe(true);
  expect(await remaining()).toEqual({ late: '0', sooner: '0', later: '400', never: '800' });
  expect(await bank()).toEqual({ settled: 0n, pending: 1200n });
  const order = await shell.fresh.db.read((tx) =>
    tx.query(
      `select hold.amount_minor from unnest($1::uuid[]) with ordinality as swept (hold_id, at)
       join tieout.hold using (hold_id) order by at`,
      [keys.map((key) => key.slice('expire|'.length))],
    ),
  );
  expect(order).toEqual([{ amount_minor: 200n }, { amount_minor: 100n }]);
  expect((await shell.run('holds', 'expire')).out).toBe(
    '0 journals read: 0 posted, 0 in the ledger already, 0 refused\n',
  );
  expect((await shell.run('verify')).exitCode).toBe(0);
});

test('plans to expire and keeps nothing', async () => {
  await place('late', '1.00', '--expires', PAST);
  expect((await shell.run('holds', 'expire', '--plan')).out).toContain('1 would be posted');
  expect(await remaining()).toEqual({ late: '100' });
});

test('holds no more than an account has available, and holds it once it has', async () => {
  const fund = ['post', '--debit', BANK, '--credit', PAYABLE, '--amount'];
  await shell.run(...fund, '5');
  await shell.run('accounts', 'limits', BANK, '--floor', '0', ...WHY);
  await expect(place('h-1', '5.01')).rejects.toMatchObject({
    context: { outcome: 'insufficient_available' },
  });
  await shell.run(...fund, '1');
  await place('h-1', '5.01');
  expect(await remaining()).toEqual({ 'h-1': '501' });
});

test('an account with an amount on hold is not closed', async () => {
  await place('h-1', '1.00');
  await expect(shell.run('accounts', 'close', BANK, ...WHY)).rejects.toMatchObject({
    context: { outcome: 'has_pending' },
  });
});

test('ends with 66 when there is no such hold', async () => {
  await expect(shell.run('holds', 'post', 'nothing')).rejects.toMatchObject({ code: 'not_found' });
});

test.each([
  ['an instant without a zone', ['--expires', '2026-03-09T12:00:00']],
  ['a day for an instant', ['--expires', '2026-03-09']],
  ['an amount of nothing', ['--amount', '0']],
])('takes %s for a mistake in the call', async (_, parameters) => {
  const asked = ['holds', 'place', ...SIDES, '--amount', '1', ...parameters];
  await expect(shell.run(...asked)).rejects.toMatchObject({ code: 'usage' });
});
