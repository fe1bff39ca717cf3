import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import {
  type AccountAct,
  type AccountActResult,
  closeAccount,
  freezeAccount,
  lockAccount,
  reopenAccount,
  unfreezeAccount,
} from '../../src/ledger/account-admin.ts';
import { setLimits } from '../../src/ledger/account-limits.ts';
import { listAccounts } from '../../src/ledger/accounts.ts';
import { type NewAccountTerms, openAccount } from '../../src/ledger/open-account.ts';
import {
  type FreshDatabase,
  freshDatabase,
  inRolledBackTransaction,
  tamper,
} from '../support/database.ts';
import { BANK, BOOK_ID, capture, givenBook, NOW, PAYABLE, pair, postBatch } from './books.ts';

function act(changes: Partial<AccountAct> = {}): AccountAct {
  return {
    bookId: BOOK_ID,
    code: BANK,
    currency: 'EUR',
    actor: 'ann',
    reason: 'asked for by the bank',
    now: NOW,
    ...changes,
  };
}

/** Dr bank, Cr payable, which open no item. */
function deposit(amountMinor = 1000n, key = 'deposit') {
  return capture({ key, postings: [{ debit: BANK, credit: PAYABLE, amountMinor }] });
}

function withdrawal(amountMinor = 1000n) {
  return capture({ key: 'withdrawal', postings: [{ debit: PAYABLE, credit: BANK, amountMinor }] });
}

async function givenDeposit(tx: Tx): Promise<void> {
  await givenBook(tx);
  await postBatch(tx, [deposit()]);
}

interface AuditRow {
  readonly action: string;
  readonly objectId: string;
  readonly before: object | null;
  readonly after: object;
}

async function auditLog(tx: Tx): Promise<AuditRow[]> {
  return await tx.query<AuditRow>(
    `select action, object_id as "objectId", before, after from tieout.audit_event
     where book_id = $1 and object_type = 'account' order by happened_at, action`,
    [BOOK_ID],
  );
}

async function statusOf(tx: Tx, code = BANK): Promise<string | undefined> {
  return (await listAccounts(tx, BOOK_ID)).find((account) => account.code === code)?.status;
}

test('freezes one side, then the other, and frees them one by one', async () => {
  const seen = await inRolledBackTransaction(async (tx) => {
    await givenDeposit(tx);
    const results: AccountActResult[] = [
      await freezeAccount(tx, { ...act(), side: 'debit' }),
      await freezeAccount(tx, { ...act(), side: 'credit' }),
      await unfreezeAccount(tx, { ...act(), side: 'debit' }),
      await freezeAccount(tx, { ...act(), side: 'credit' }),
      await unfreezeAccount(tx, { ...act(), side: 'both' }),
      await freezeAccount(tx, { ...act(), side: 'both' }),
    ];
    return results.map(({ code, account }) => `${code} ${account?.status}`);
  });
  expect(seen).toEqual([
    'changed debit_frozen',
    'changed frozen',
    'changed credit_frozen',
    'unchanged credit_frozen',
    'changed active',
    'changed frozen',
  ]);
});

test('closes an empty account, opens it again, and writes each act into the audit log', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposit(tx);
    await postBatch(tx, [withdrawal()]);
    expect((await closeAccount(tx, act())).code).toBe('changed');
    expect((await closeAccount(tx, act({ now: new Date(1) }))).code).toBe('unchanged');
    expect((await freezeAccount(tx, { ...act(), side: 'both' })).code).toBe('account_closed');
    expect((await unfreezeAccount(tx, { ...act(), side: 'both' })).code).toBe('account_closed');
    const later = new Date(NOW.getTime() + 1);
    expect((await reopenAccount(tx, act({ now: later }))).code).toBe('changed');
    expect(await statusOf(tx)).toBe('active');
    expect((await reopenAccount(tx, act())).code).toBe('unchanged');
    expect(await auditLog(tx)).toEqual([
      {
        action: 'close',
        objectId: `${BANK}|EUR`,
        before: { status: 'active' },
        after: { status: 'closed' },
      },
      {
        action: 'reopen',
        objectId: `${BANK}|EUR`,
        before: { status: 'closed' },
        after: { status: 'active' },
      },
    ]);
  });
});

test('tells who did it, why, and for which request', async () => {
  const rows = await inRolledBackTransaction(async (tx) => {
    await givenDeposit(tx);
    await freezeAccount(tx, { ...act({ requestId: 'request-7' }), side: 'both' });
    return await tx.query(
      'select actor, reason, request_id, happened_at from tieout.audit_event where book_id = $1',
      [BOOK_ID],
    );
  });
  expect(rows).toEqual([
    { actor: 'ann', reason: 'asked for by the bank', request_id: 'request-7', happened_at: NOW },
  ]);
});

describe('leaves an account open', () => {
  async function closing(given: (tx: Tx) => Promise<unknown>, code = BANK): Promise<string> {
    return await inRolledBackTransaction(async (tx) => {
      await givenDeposit(tx);
      await given(tx);
      const result = await closeAccount(tx, act({ code }));
      expect(await statusOf(tx, code)).toBe('active');
      expect(await auditLog(tx)).toEqual([]);
      return result.code;
    });
  }

  test('that holds money', async () => {
    expect(await closing(async () => undefined)).toBe('not_empty');
  });

  test('that has an amount on hold', async () => {
    const given = async (tx: Tx) => {
      await postBatch(tx, [withdrawal()]);
      await tx.execute('update tieout.balance set pending_debits_minor = 1 where book_id = $1', [
        BOOK_ID,
      ]);
    };
    expect(await closing(given)).toBe('has_pending');
  });

  test('whose open items cancel out', async () => {
    const receivable = 'assets:receivable:adyen';
    const given = (tx: Tx) =>
      postBatch(tx, [
        capture(),
        capture({
          key: 'back',
          postings: [pair({ debit: PAYABLE, credit: receivable, opens: 'credit' })],
        }),
      ]);
    expect(await closing(given, receivable)).toBe('has_open_items');
  });
});

test('knows no account by another currency', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenDeposit(tx);
    expect(await freezeAccount(tx, { ...act({ currency: 'USD' }), side: 'both' })).toEqual({
      code: 'unknown_account',
    });
  });
});

const LIMITED: NewAccountTerms = {
  type: 'liability',
  name: 'Wallet of Ann',
  limits: { floorMinor: 0n, ceilingMinor: 500n },
};

test('opens an account outside the chart, with limits that its balance row keeps', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    const wallet = act({ code: 'wallet:ann' });
    const opened = await openAccount(tx, { ...wallet, terms: LIMITED });
    expect(opened).toMatchObject({ code: 'changed', account: { normalSide: 'credit', slots: 1 } });
    expect(await listAccounts(tx, BOOK_ID)).toEqual([opened.account]);
    expect((await openAccount(tx, { ...wallet, terms: LIMITED })).code).toBe('unchanged');
    const other = { ...LIMITED, isReconcilable: true };
    expect((await openAccount(tx, { ...wallet, terms: other })).code).toBe(
      'exists_with_different_terms',
    );
    expect(await auditLog(tx)).toMatchObject([
      { action: 'open', objectId: 'wallet:ann|EUR', before: null, after: { ceiling_minor: '500' } },
    ]);
    const overdraw = { debit: 'wallet:ann', credit: BANK, amountMinor: 1n };
    const { refused } = await postBatch(tx, [capture({ postings: [overdraw] })]);
    expect(refused).toMatchObject([{ code: 'insufficient_available' }]);
  });
});

test.each<[string, NewAccountTerms, string]>([
  [
    'a floor above nothing',
    { type: 'asset', limits: { floorMinor: 1n, ceilingMinor: null } },
    'breaks_limit',
  ],
  [
    'a floor above the ceiling',
    { type: 'asset', limits: { floorMinor: 2n, ceilingMinor: 1n } },
    'floor_above_ceiling',
  ],
  [
    'limits on a derived balance',
    {
      type: 'asset',
      balanceMode: { mode: 'derived', slots: 1 },
      limits: { floorMinor: 0n, ceilingMinor: null },
    },
    'limits_need_inline',
  ],
])('opens no account with %s', async (_, terms, code) => {
  await inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    expect(await openAccount(tx, { ...act(), terms })).toEqual({ code });
    expect(await listAccounts(tx, BOOK_ID)).toEqual([]);
  });
});

describe('limits', () => {
  test('are in the sign of the normal side, and kept by the balance row', async () => {
    await inRolledBackTransaction(async (tx) => {
      await givenDeposit(tx);
      const limited = await setLimits(tx, { ...act({ code: PAYABLE }), floorMinor: 400n });
      expect(limited).toMatchObject({ code: 'changed', account: { floorMinor: 400n } });
      await postBatch(tx, [withdrawal(600n)]);
      const rows = await tx.query(
        `select floor_minor, ceiling_minor, is_debit_normal, credits_minor - debits_minor as held
         from tieout.balance where book_id = $1 and floor_minor is not null`,
        [BOOK_ID],
      );
      expect(rows).toEqual([
        { floor_minor: 400n, ceiling_minor: null, is_debit_normal: false, held: 400n },
      ]);
      const breaking = { ...withdrawal(1n), key: 'one more' };
      const { refused } = await postBatch(tx, [breaking]);
      expect(refused).toMatchObject([{ code: 'insufficient_available' }]);
    });
  });

  test.each<[string, { floorMinor?: bigint; ceilingMinor?: bigint }, string]>([
    ['above what is available', { floorMinor: 801n }, 'breaks_limit'],
    ['at what is available', { floorMinor: 800n }, 'changed'],
    ['below what is expected', { ceilingMinor: 1299n }, 'breaks_limit'],
    ['at what is expected', { ceilingMinor: 1300n }, 'changed'],
  ])('%s count what is on hold', async (_, limits, code) => {
    await inRolledBackTransaction(async (tx) => {
      await givenDeposit(tx);
      await tx.execute(
        `update tieout.balance set pending_debits_minor = 300, pending_credits_minor = 200
         where book_id = $1`,
        [BOOK_ID],
      );
      expect((await setLimits(tx, { ...act(), ...limits })).code).toBe(code);
    });
  });

  test('are told with before and after, stay when left out, and go when taken away', async () => {
    await inRolledBackTransaction(async (tx) => {
      await givenDeposit(tx);
      const at = (n: number) => act({ now: new Date(NOW.getTime() + n) });
      await setLimits(tx, { ...at(0), floorMinor: -5n });
      await setLimits(tx, { ...at(1), ceilingMinor: 5000n });
      await setLimits(tx, { ...at(2), floorMinor: null });
      expect((await setLimits(tx, { ...at(3), ceilingMinor: 5000n })).code).toBe('unchanged');
      expect((await auditLog(tx)).map(({ after }) => after)).toEqual([
        { floor_minor: '-5', ceiling_minor: null },
        { floor_minor: '-5', ceiling_minor: '5000' },
        { floor_minor: null, ceiling_minor: '5000' },
      ]);
    });
  });
});

describe('beside a posting that is not committed', () => {
  let fresh: FreshDatabase;

  beforeAll(async () => {
    fresh = await freshDatabase();
  });

  beforeEach(async () => {
    await fresh.db.transaction(async (tx) => {
      await tamper(
        tx,
        `truncate tieout.book, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item, tieout.balance_day,
         tieout.audit_event cascade`,
      );
      await givenDeposit(tx);
    });
  });

  afterAll(() => fresh.drop());

  /** Posts, starts the act beside it, sees it wait, ends the posting, and returns what the act came to. */
  async function beside<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let end = () => {};
    let started = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const posted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const posting = fresh.db.transaction(async (tx) => {
      await postBatch(tx, [withdrawal()]);
      started();
      await ended;
    });
    await posted;
    const acting = fresh.db.transaction(work);
    await someoneWaits();
    end();
    await posting;
    return await acting;
  }

  async function someoneWaits(): Promise<void> {
    const waiting = `select 1 from pg_locks where not granted and (database is null or database = (select oid from pg_database where datname = current_database()))`;
    for (;;) {
      if ((await fresh.db.read((tx) => tx.query(waiting))).length > 0) return;
    }
  }

  test('an act waits for it, and closes what it left empty', async () => {
    const result = await beside((tx) => closeAccount(tx, act()));
    expect(result.code).toBe('changed');
  });

  test('a freeze waits for it, and refuses the next one', async () => {
    const result = await beside((tx) => freezeAccount(tx, { ...act(), side: 'both' }));
    expect(result.code).toBe('changed');
    const next = await fresh.db.transaction((tx) => postBatch(tx, [deposit(1n, 'next')]));
    expect(next.refused).toMatchObject([{ code: 'account_frozen' }]);
  });

  test('two acts on one account come one after the other', async () => {
    const codes = await Promise.all(
      [1, 2].map(() =>
        fresh.db.transaction(
          async (tx) => (await freezeAccount(tx, { ...act(), side: 'both' })).code,
        ),
      ),
    );
    expect(codes.sort()).toEqual(['changed', 'unchanged']);
    expect(await fresh.db.read(auditLog)).toHaveLength(1);
  });

  test('an account that is looked at for an act keeps postings out', async () => {
    const order: string[] = [];
    let posting: Promise<unknown> = Promise.resolve();
    await fresh.db.transaction(async (tx) => {
      await lockAccount(tx, { bookId: BOOK_ID, code: BANK, currency: 'EUR' });
      posting = fresh.db
        .transaction((other) => postBatch(other, [deposit(1n, 'late')]))
        .then(() => order.push('posted'));
      await someoneWaits();
      order.push('looked');
    });
    await posting;
    expect(order).toEqual(['looked', 'posted']);
  });
});
