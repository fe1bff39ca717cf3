import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
const DEPOSIT = ['post', '--debit', BANK, '--credit', PAYABLE, '--amount', '12.34'];
const WHY = ['--reason', 'a test'];

async function postings(): Promise<object[]> {
  const { postings } = await shell.json('journals');
  return postings as object[];
}

async function balances(): Promise<Record<string, string>> {
  const document = await shell.json('balances');
  const rows = document.balances as { code: string; currency: string; balance_minor: string }[];
  return Object.fromEntries(
    rows.map(({ code, currency, balance_minor }) => [`${code} ${currency}`, balance_minor]),
  );
}

describe('post, by hand', () => {
  test('posts once, and says so when it is asked again', async () => {
    const first = await shell.run(...DEPOSIT, '--description', 'deposit of the owner');
    expect(first).toMatchObject({
      out: expect.stringMatching(/^journal [0-9a-f-]{36} posted, key post\|[0-9a-f]{32}\n$/),
      notes: [],
      exitCode: 0,
    });
    const again = await shell.run(...DEPOSIT, '--description', 'deposit of the owner');
    expect(again.out).toBe(first.out.replace(' posted,', ' in the ledger already,'));
    expect(await postings()).toMatchObject([
      {
        kind: 'adjustment',
        effective_date: '2026-03-02',
        description: 'deposit of the owner',
        debit: BANK,
        credit: PAYABLE,
        currency: 'EUR',
        amount_minor: '1234',
      },
    ]);
  });

  test.each([
    ['the amount', ['--amount', '12.35']],
    ['the day', ['--date', '2026-03-01']],
    ['the reference', ['--reference', 'second']],
    ['the description', ['--description', 'second']],
    ['the kind', ['--kind', 'opening']],
    ['the currency', ['--currency', 'USD']],
    ['the key', ['--key', 'second']],
  ])('takes another value of %s for another journal', async (_, changes) => {
    await shell.run(...DEPOSIT);
    expect((await shell.run(...DEPOSIT, ...changes)).out).toMatch(/ posted, key /);
    expect(await postings()).toHaveLength(2);
  });

  test('tells the whole outcome as one document', async () => {
    expect(await shell.json(...DEPOSIT, '--key', 'k-1')).toEqual({
      schema: 'tieout.ledger-post/1',
      plan: false,
      read: 1,
      created: 1,
      exists: 0,
      refused: 0,
      journals: [
        {
          line: null,
          key: 'k-1',
          outcome: 'created',
          journal: expect.stringMatching(/^[0-9a-f-]{36}$/),
          text: null,
        },
      ],
      balances: [
        {
          code: BANK,
          currency: 'EUR',
          balance_minor: '1234',
          pending_debits_minor: '0',
          pending_credits_minor: '0',
        },
        {
          code: PAYABLE,
          currency: 'EUR',
          balance_minor: '-1234',
          pending_debits_minor: '0',
          pending_credits_minor: '0',
        },
      ],
    });
  });

  test.each([
    ['JPY', '500', '500'],
    ['KWD', '1.234', '1234'],
    ['CLF', '0.0001', '1'],
  ])('reads an amount of %s with its own digits', async (currency, amount, minor) => {
    await shell.run(...DEPOSIT, '--amount', amount, '--currency', currency);
    expect(await postings()).toMatchObject([{ amount_minor: minor, currency }]);
  });

  test('opens an item on a reconcilable account, so that the books hold', async () => {
    await shell.run(...DEPOSIT, '--debit', RECEIVABLE, '--reference', 'order-1');
    expect((await shell.run('verify')).exitCode).toBe(0);
    const items = await shell.fresh.db.read((tx) =>
      tx.query('select reference, amount_minor from tieout.open_item'),
    );
    expect(items).toEqual([{ reference: 'order-1', amount_minor: 1234n }]);
  });

  test('truncates a card number wherever it stands', async () => {
    const card = '4111111111111111';
    await shell.run(...DEPOSIT, '--reference', card, '--description', `card ${card}`);
    expect(JSON.stringify(await postings())).not.toContain(card);
  });

  test('posts nothing that is refused, and posts it once its cause is mended', async () => {
    await shell.run(...DEPOSIT);
    await shell.run('accounts', 'freeze', BANK, ...WHY);
    const more = [...DEPOSIT, '--amount', '1'];
    await expect(shell.run(...more)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('an account is frozen'),
      context: { outcome: 'account_frozen' },
    });
    await shell.run('accounts', 'unfreeze', BANK, ...WHY);
    expect((await shell.run(...more)).out).toMatch(/ posted, key /);
  });

  test('refuses a key that another journal has', async () => {
    await shell.run(...DEPOSIT, '--key', 'k-1');
    await expect(shell.run(...DEPOSIT, '--key', 'k-1', '--amount', '1')).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('its key is in the ledger with different'),
    });
  });

  test('plans: tells the balances there would be and keeps nothing', async () => {
    await shell.run(...DEPOSIT);
    const plan = await shell.run(...DEPOSIT, '--amount', '1', '--plan');
    expect(plan.exitCode).toBe(0);
    expect(plan.out).toContain(
      '1 would be posted, 0 in the ledger already, 0 refused, nothing is kept',
    );
    expect(plan.out).toMatch(/assets:bank:main +EUR +13\.34 +0\.00 +0\.00/);
    expect(await postings()).toHaveLength(1);
  });

  test('ends a refused plan with 3', async () => {
    const plan = await shell.run(...DEPOSIT, '--debit', 'nowhere', '--plan');
    expect(plan.exitCode).toBe(3);
    expect(plan.out).toContain('unknown_account');
  });

  test.each([
    ['no file and no accounts', ['post', '--amount', '1']],
    ['an amount of nothing', [...DEPOSIT, '--amount', '0']],
    ['a negative amount', [...DEPOSIT, '--amount', '-1']],
    ['too many decimals', [...DEPOSIT, '--amount', '1.234']],
    ['one account for both sides', [...DEPOSIT, '--debit', PAYABLE]],
    ['a currency that is none', [...DEPOSIT, '--currency', 'EURO']],
    ['a day that is none', [...DEPOSIT, '--date', '2026-02-30']],
    ['a kind with blanks', [...DEPOSIT, '--kind', 'Year end']],
    ['another word for a closed period', [...DEPOSIT, '--closed-period', 'force']],
    ['all or nothing of one', [...DEPOSIT, '--all-or-nothing']],
    ['a file and an amount', ['post', 'journals.csv', '--amount', '1']],
  ])('takes %s for a mistake in the call', async (_, parameters) => {
    await expect(shell.run(...parameters)).rejects.toMatchObject({ code: 'usage' });
    expect(await postings()).toEqual([]);
  });
});

const HEADER = 'journal,effective_date,kind,debit,credit,currency,amount,reference,key';
const JOURNALS = `${HEADER}
j-1,2026-03-01,payroll,expenses:wages,${BANK},EUR,100.00,march,
j-1,2026-03-01,payroll,expenses:wages,liabilities:tax,EUR,20.00,march,
,2026-03-01,,${BANK},${PAYABLE},,5.00,,own-key
,2026-03-01,,${BANK},${PAYABLE},,7.00,,
`;
const CHART = [
  ['expenses:wages', 'expense'],
  ['liabilities:tax', 'liability'],
] as const;

describe('post, from a file', () => {
  beforeEach(async () => {
    for (const [code, type] of CHART)
      await shell.run('accounts', 'open', code, '--type', type, ...WHY);
    shell.write('journals.csv', JOURNALS);
  });

  test('posts every journal, lines of one name together, and finds them the second time', async () => {
    const told = '3 journals read: 3 posted, 0 in the ledger already, 0 refused\n';
    expect(await shell.run('post', 'journals.csv')).toEqual({ out: told, notes: [], exitCode: 0 });
    expect(await balances()).toEqual({
      'assets:bank:main EUR': '-8800',
      'expenses:wages EUR': '12000',
      'liabilities:payable:shop EUR': '-1200',
      'liabilities:tax EUR': '-2000',
    });
    const again = await shell.run('post', 'journals.csv');
    expect(again.out).toBe('3 journals read: 0 posted, 3 in the ledger already, 0 refused\n');
    expect((await shell.run('verify')).exitCode).toBe(0);
  });

  test('tells file, line, code and sentence of what is refused, and posts the rest', async () => {
    const bad = [
      `,2026-03-01,,nowhere,${PAYABLE},,5.00,,`,
      `,2026-02-30,,${BANK},${PAYABLE},,5.00,,`,
      `j-9,2026-03-01,,${BANK},${PAYABLE},,5.00,,`,
      `j-9,2026-03-02,,${BANK},${PAYABLE},,5.00,,`,
    ];
    shell.write('journals.csv', `${JOURNALS}${bad.join('\n')}\n`);
    const seen = await shell.run('post', 'journals.csv');
    expect(seen).toMatchObject({
      out: '6 journals read: 3 posted, 0 in the ledger already, 3 refused\n',
      exitCode: 3,
    });
    expect(seen.notes).toEqual([
      expect.stringMatching(/^tieout: journals\.csv:6 unknown_account an account is neither/),
      'tieout: journals.csv:7 BAD_DATE "2026-02-30" is not a day as YYYY-MM-DD',
      'tieout: journals.csv:9 MIXED_JOURNAL journal "j-9" has another effective_date in line 8',
    ]);
    await shell.run('accounts', 'open', 'nowhere', '--type', 'asset', ...WHY);
    const mended = await shell.run('post', 'journals.csv');
    expect(mended.out).toBe('6 journals read: 1 posted, 3 in the ledger already, 2 refused\n');
  });

  test.each([
    ['a refusal', `,2026-03-01,,nowhere,${PAYABLE},,5.00,,`],
    ['a line that cannot be read', `,2026-03-01,,${BANK},${PAYABLE},,5.001,,`],
  ])('with --all-or-nothing, %s posts nothing', async (_, line) => {
    shell.write('journals.csv', `${JOURNALS}${line}\n`);
    await expect(shell.run('post', 'journals.csv', '--all-or-nothing')).rejects.toMatchObject({
      code: 'invalid_input',
      message: '1 of 4 journals were refused, so none of the file was posted',
    });
    expect(await postings()).toEqual([]);
    shell.write('journals.csv', JOURNALS);
    const whole = await shell.run('post', 'journals.csv', '--all-or-nothing');
    expect(whole.out).toContain('3 posted');
  });

  test('plans a file: what would be posted, refused, and the balances behind it', async () => {
    await shell.run('post', 'journals.csv');
    shell.write(
      'more.csv',
      `${JOURNALS},2026-03-01,,${BANK},${PAYABLE},,1.00,,\n,2026-03-01,,x,y,,1,,\n`,
    );
    const seen = await shell.run('post', 'more.csv', '--plan');
    expect(seen.exitCode).toBe(3);
    expect(seen.out).toContain(
      '1 would be posted, 3 in the ledger already, 1 refused, nothing is kept',
    );
    expect(seen.out).toMatch(/assets:bank:main +EUR +-87\.00/);
    expect((await balances())['assets:bank:main EUR']).toBe('-8800');
  });

  test('tells each journal with its line in the document', async () => {
    const document = await shell.json('post', 'journals.csv');
    expect(document).toMatchObject({
      read: 3,
      created: 3,
      journals: [{ line: 2 }, { line: 4, key: 'own-key' }, { line: 5 }],
    });
  });

  test.each([
    ['a column that is unknown', 'efective_date,debit,credit,amount\n', '"effective_date"'],
    ['a column that is missing', 'effective_date,debit,credit\n', 'lacks amount'],
    ['a column that stands twice', 'debit,debit,credit,amount,effective_date\n', 'stands twice'],
    ['no header', '', 'empty'],
    ['text that is not CSV', `${HEADER}\n"a\n`, 'not valid CSV'],
  ])('posts nothing of a file with %s', async (_, text, told) => {
    shell.write('bad.csv', text);
    await expect(shell.run('post', 'bad.csv')).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(told),
    });
  });

  test('says that there is no file', async () => {
    await expect(shell.run('post', 'missing.csv')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('accounts', () => {
  test('are opened, limited, frozen, emptied and closed', async () => {
    const wallet = 'wallet:ann';
    const opened = await shell.json(
      ...['accounts', 'open', wallet, '--type', 'liability', '--floor', '0', ...WHY],
    );
    expect(opened).toEqual({
      schema: 'tieout.ledger-account/1',
      outcome: 'changed',
      account: {
        code: wallet,
        currency: 'EUR',
        name: wallet,
        type: 'liability',
        normal_side: 'credit',
        reconcilable: false,
        status: 'active',
        balance_mode: 'inline',
        floor_minor: '0',
        ceiling_minor: null,
      },
    });
    await shell.run('accounts', 'limits', wallet, '--floor', '-5.00', '--ceiling', '10', ...WHY);
    expect((await shell.run('accounts')).out).toMatch(
      /wallet:ann +EUR +liability +credit +active +inline +-5\.00 +10\.00/,
    );
    await shell.run('accounts', 'limits', wallet, '--no-floor', ...WHY);
    expect((await shell.json('accounts', 'list')).accounts).toMatchObject([
      { floor_minor: null, ceiling_minor: '1000' },
    ]);
    const frozen = await shell.json('accounts', 'freeze', wallet, '--side', 'debit', ...WHY);
    expect(frozen).toMatchObject({ account: { status: 'debit_frozen' } });
    await shell.run('accounts', 'unfreeze', wallet, ...WHY);
    expect(await shell.json('accounts', 'close', wallet, ...WHY)).toMatchObject({
      account: { status: 'closed' },
    });
    expect((await shell.run('accounts', 'close', wallet, ...WHY)).out).toContain('unchanged');
    expect((await shell.run('accounts', 'reopen', wallet, ...WHY)).out).toContain('active');
  });

  test('keep their balance another way', async () => {
    await shell.run(...DEPOSIT);
    const changed = await shell.json('accounts', 'mode', BANK, 'slots:8', ...WHY);
    expect(changed).toMatchObject({ account: { balance_mode: 'slots:8' } });
    await expect(
      shell.run('accounts', 'limits', BANK, '--floor', '0', ...WHY),
    ).rejects.toMatchObject({ context: { outcome: 'limits_need_inline' } });
  });

  test('are not closed while they hold money', async () => {
    await shell.run(...DEPOSIT);
    await expect(shell.run('accounts', 'close', BANK, ...WHY)).rejects.toMatchObject({
      code: 'invalid_input',
      message: `account ${BANK} still holds money; bring its balance to zero first`,
    });
  });

  test('that are unknown end with 66', async () => {
    await expect(shell.run('accounts', 'freeze', 'nowhere', ...WHY)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test.each([
    ['a type that is none', ['open', 'a', '--type', 'bank']],
    ['a code with a blank', ['open', 'a b', '--type', 'asset']],
    ['a mode that is none', ['mode', 'a', 'fast']],
    ['a side that is none', ['freeze', 'a', '--side', 'left']],
    ['no limit', ['limits', 'a']],
    ['a limit with too many decimals', ['limits', 'a', '--floor', '0.001']],
  ])('take %s for a mistake in the call', async (_, parameters) => {
    await expect(shell.run('accounts', ...parameters, ...WHY)).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

describe('periods', () => {
  test('are closed, locked, listed and opened again', async () => {
    await shell.run(...DEPOSIT, '--date', '2026-02-28');
    expect(await shell.json('close', '2026-02', '--reason', 'month end')).toEqual({
      schema: 'tieout.ledger-period/1',
      outcome: 'changed',
      period: {
        name: '2026-02',
        from: '2026-02-01',
        to: '2026-02-28',
        state: 'soft_closed',
        changed_at: '2026-03-02T09:00:00.000Z',
        changed_by: expect.any(String),
        reason: 'month end',
      },
    });
    expect((await shell.run('close', '2026-02', '--lock')).out).toMatch(
      /2026-02 .* locked .*changed/,
    );
    expect((await shell.run('periods')).out).toMatch(/2026-02 +2026-02-01 +2026-02-28 +locked/);
    await shell.run('reopen', '2026-02', ...WHY);
    expect(await shell.json('periods')).toMatchObject({
      schema: 'tieout.ledger-periods/1',
      periods: [{ name: '2026-02', state: 'open', reason: 'a test' }],
    });
  });

  test('that are closed move a posting to the next open day, unless it is asked otherwise', async () => {
    const late = [...DEPOSIT, '--date', '2026-02-10'];
    await shell.run('close', '2026-02');
    await expect(shell.run(...late, '--closed-period', 'refuse')).rejects.toMatchObject({
      context: { outcome: 'period_closed' },
    });
    await shell.run(...late);
    expect(await postings()).toMatchObject([{ effective_date: '2026-03-01' }]);
    const adjustment = [...late, '--closed-period', 'adjust', '--key'];
    await shell.run(...adjustment, 'adjusted');
    expect(await postings()).toMatchObject([{}, { effective_date: '2026-02-10' }]);
    await shell.run('close', '2026-02', '--lock');
    await expect(shell.run(...adjustment, 'too late')).rejects.toMatchObject({
      context: { outcome: 'period_closed' },
    });
  });

  test('that overlap are refused in words', async () => {
    await shell.run('close', '2026-02');
    await expect(shell.run('close', '2026')).rejects.toMatchObject({
      code: 'invalid_input',
      message: '2026 has days in common with period 2026-02',
    });
  });

  test('that were never closed are unknown', async () => {
    await expect(shell.run('reopen', '2026-02', ...WHY)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test.each([[['close', 'February']], [['close', '2026-02', '--soft', '--lock']]])(
    'take %j for a mistake in the call',
    async (parameters) => {
      await expect(shell.run(...parameters)).rejects.toMatchObject({ code: 'usage' });
    },
  );
});

describe('assert', () => {
  const said = ['assert', PAYABLE, '-12.34', '--date', '2026-03-02', ...WHY];

  test('ends with 0 when the balance holds and with 2 when it does not', async () => {
    await shell.run(...DEPOSIT);
    const right = await shell.run(...said);
    expect(right.exitCode).toBe(0);
    expect(right.out).toBe(`${PAYABLE} is -12.34 EUR at the end of 2026-03-02: holds\n`);
    const wrong = await shell.run('assert', BANK, '12.35', '--date', '2026-03-02', ...WHY);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.out).toContain('DOES NOT HOLD, the postings sum to 12.34');
    expect(await shell.json(...said)).toMatchObject({
      schema: 'tieout.ledger-assert/1',
      code: PAYABLE,
      date: '2026-03-02',
      asserted_minor: '-1234',
      balance_minor: '-1234',
      holds: true,
    });
  });

  test('knows no account that the book does not have', async () => {
    await expect(shell.run(...said)).rejects.toMatchObject({ code: 'not_found' });
  });
});
