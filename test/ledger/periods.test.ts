import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lockBook } from '../../src/db/book-lock.ts';
import type { Tx } from '../../src/db/db.ts';
import { parsePeriod } from '../../src/ledger/period-name.ts';
import type { PeriodState } from '../../src/ledger/period-rules.ts';
import { changePeriod, listPeriods, type PeriodResult } from '../../src/ledger/periods.ts';
import {
  type FreshDatabase,
  freshDatabase,
  inRolledBackTransaction,
  tamper,
} from '../support/database.ts';
import { BANK, BOOK_ID, capture, day, givenBook, NOW, PAYABLE, postBatch } from './books.ts';

/** Three deposits: one in each of the first three months. */
async function givenMonths(tx: Tx): Promise<void> {
  await givenBook(tx);
  const journals = ['2026-01-31', '2026-02-01', '2026-03-15'].map((date, n) =>
    capture({
      key: date,
      effectiveDate: day(date),
      postings: [{ debit: BANK, credit: PAYABLE, amountMinor: 10n ** BigInt(n) }],
    }),
  );
  await postBatch(tx, journals);
}

let clock = NOW.getTime();

async function change(
  tx: Tx,
  name: string,
  to: PeriodState,
  reason?: string,
): Promise<PeriodResult> {
  const period = parsePeriod(name);
  if (period === undefined) throw new Error(`${name} is no period`);
  clock += 1;
  return await changePeriod(tx, {
    bookId: BOOK_ID,
    period,
    to,
    actor: 'ann',
    now: new Date(clock),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Changes one after the other and returns their codes. */
async function codesOf(
  tx: Tx,
  changes: readonly (readonly [string, PeriodState, string?])[],
): Promise<string[]> {
  const codes: string[] = [];
  for (const [name, to, reason] of changes) codes.push((await change(tx, name, to, reason)).code);
  return codes;
}

async function snapshot(tx: Tx): Promise<unknown[]> {
  return await tx.query(
    `select period_balance.starts_on, account.code, debits_minor, credits_minor
     from tieout.period_balance join tieout.account using (book_id, account_id)
     where book_id = $1 order by 1, 2`,
    [BOOK_ID],
  );
}

async function nextOpenDay(tx: Tx, from: string): Promise<string | undefined> {
  const [row] = await tx.query<{ day: string }>(
    'select tieout.next_open_day($1, $2::date) as day',
    [BOOK_ID, from],
  );
  return row?.day;
}

test('closes a period, locks it, and writes both into the audit log', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    expect(await change(tx, '2026-01', 'soft_closed', 'month end')).toMatchObject({
      code: 'changed',
      period: { state: 'soft_closed', startsOn: '2026-01-01', endsOn: '2026-01-31' },
    });
    expect((await change(tx, '2026-01', 'soft_closed')).code).toBe('unchanged');
    expect((await change(tx, '2026-01', 'locked')).code).toBe('changed');
    expect(await listPeriods(tx, BOOK_ID)).toMatchObject([{ name: '2026-01', state: 'locked' }]);
    const log = await tx.query(
      `select action, object_type, object_id, actor, reason, before, after from tieout.audit_event
       where book_id = $1 order by happened_at`,
      [BOOK_ID],
    );
    const common = { object_type: 'period', object_id: '2026-01', actor: 'ann' };
    expect(log).toEqual([
      {
        ...common,
        action: 'close',
        reason: 'month end',
        before: { state: 'open' },
        after: { state: 'soft_closed' },
      },
      {
        ...common,
        action: 'lock',
        reason: null,
        before: { state: 'soft_closed' },
        after: { state: 'locked' },
      },
    ]);
  });
});

test('sums up every account from its first day to the end of the period', async () => {
  const rows = await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    await change(tx, '2026-01', 'locked');
    await change(tx, '2026-02', 'soft_closed');
    return await snapshot(tx);
  });
  expect(rows).toEqual([
    { starts_on: '2026-01-01', code: BANK, debits_minor: 1n, credits_minor: 0n },
    { starts_on: '2026-01-01', code: PAYABLE, debits_minor: 0n, credits_minor: 1n },
    { starts_on: '2026-02-01', code: BANK, debits_minor: 11n, credits_minor: 0n },
    { starts_on: '2026-02-01', code: PAYABLE, debits_minor: 0n, credits_minor: 11n },
  ]);
});

test('sums up again what was adjusted between closing and locking, in later periods too', async () => {
  const rows = await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    await change(tx, '2026-01', 'soft_closed');
    await change(tx, '2026-02', 'soft_closed');
    const postings = [{ debit: BANK, credit: PAYABLE, amountMinor: 5n }];
    const effectiveDate = day('2026-01-15');
    await postBatch(tx, [capture({ effectiveDate, closedPeriod: 'adjust', postings })]);
    await change(tx, '2026-01', 'locked');
    return await snapshot(tx);
  });
  expect(rows).toMatchObject([
    { debits_minor: 6n },
    { credits_minor: 6n },
    { debits_minor: 16n },
    { credits_minor: 16n },
  ]);
});

test('forgets the sums of a period that is opened again', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    await change(tx, '2026-01', 'locked');
    expect((await change(tx, '2026-01', 'open', 'late invoice')).code).toBe('changed');
    expect(await snapshot(tx)).toEqual([]);
    expect(await listPeriods(tx, BOOK_ID)).toMatchObject([
      { state: 'open', reason: 'late invoice', changedBy: 'ann' },
    ]);
    expect((await change(tx, '2026-01', 'open', 'again')).code).toBe('unchanged');
  });
});

describe('refuses', () => {
  const WHY = 'because';

  test.each<[string, [string, PeriodState, string?][], string]>([
    [
      'a period in another one',
      [
        ['2026', 'soft_closed'],
        ['2026-03', 'soft_closed'],
      ],
      'overlaps',
    ],
    [
      'a period around another one',
      [
        ['2026-03', 'soft_closed'],
        ['2026', 'soft_closed'],
      ],
      'overlaps',
    ],
    [
      'a period that begins in another one',
      [
        ['2026-01', 'soft_closed'],
        ['2026-01-31..2026-02-10', 'soft_closed'],
      ],
      'overlaps',
    ],
    [
      'the days of a period under another name',
      [
        ['2026-01', 'locked'],
        ['2026-01-01..2026-01-31', 'open', WHY],
      ],
      'overlaps',
    ],
    [
      'a period that leaves days open before it',
      [
        ['2026-01', 'soft_closed'],
        ['2026-03', 'soft_closed'],
      ],
      'leaves_gap',
    ],
    [
      'a period that leaves days open behind it',
      [
        ['2026-03', 'soft_closed'],
        ['2026-01', 'soft_closed'],
      ],
      'leaves_gap',
    ],
    [
      'to lock what comes after a soft-closed one',
      [
        ['2026-01', 'soft_closed'],
        ['2026-02', 'locked'],
      ],
      'earlier_period_not_locked',
    ],
    [
      'to unlock what comes before a locked one',
      [
        ['2026-01', 'locked'],
        ['2026-02', 'locked'],
        ['2026-01', 'soft_closed', WHY],
      ],
      'later_period_locked',
    ],
    [
      'to open what comes before a closed one',
      [
        ['2026-01', 'locked'],
        ['2026-02', 'soft_closed'],
        ['2026-01', 'open', WHY],
      ],
      'later_period_closed',
    ],
    [
      'to open again without a reason',
      [
        ['2026-01', 'soft_closed'],
        ['2026-01', 'open', ' '],
      ],
      'reason_required',
    ],
    [
      'to unlock without a reason',
      [
        ['2026-01', 'locked'],
        ['2026-01', 'soft_closed'],
      ],
      'reason_required',
    ],
    ['to open what was never closed', [['2026-01', 'open', WHY]], 'unknown_period'],
  ])('%s', async (_, changes, code) => {
    await inRolledBackTransaction(async (tx) => {
      await givenMonths(tx);
      const codes = await codesOf(tx, changes);
      expect(codes).toEqual([...changes.slice(1).map(() => 'changed'), code]);
      const states = (await listPeriods(tx, BOOK_ID)).map(({ state }) => state);
      expect(states).toEqual(changes.slice(0, -1).map(([, to]) => to));
    });
  });
});

test('takes a month back: unlocked with a reason, then opened from the last one on', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    const codes = await codesOf(tx, [
      ['2026-01', 'locked'],
      ['2026-02', 'locked'],
      ['2026-02', 'soft_closed', 'a late fee'],
      ['2026-02', 'open', 'a late fee'],
      ['2026-01', 'open', 'a late fee'],
      ['2026-01', 'soft_closed'],
      ['2026-02', 'soft_closed'],
    ]);
    expect(new Set(codes)).toEqual(new Set(['changed']));
  });
});

test('closes nothing when the books do not hold', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    await tx.execute(
      'update tieout.balance set debits_minor = debits_minor + 1 where book_id = $1 and debits_minor > 0',
      [BOOK_ID],
    );
    await expect(change(tx, '2026-01', 'soft_closed')).rejects.toMatchObject({
      code: 'invariant_broken',
      message: expect.stringContaining('2026-01 is not closed: I2'),
    });
  });
});

test('the next open day is the day itself, or the first after the last closed one', async () => {
  await inRolledBackTransaction(async (tx) => {
    await givenMonths(tx);
    await codesOf(tx, [
      ['2026-01', 'locked'],
      ['2026-02-01..2026-02-10', 'soft_closed'],
      ['2026-02-11..2026-02-20', 'soft_closed'],
      ['2026-02-11..2026-02-20', 'open', 'not yet'],
    ]);
    const days = ['2025-12-31', '2026-01-01', '2026-02-10', '2026-02-11', '2026-03-01'];
    const open: unknown[] = [];
    for (const from of days) open.push(await nextOpenDay(tx, from));
    expect(open).toEqual(['2026-02-11', '2026-02-11', '2026-02-11', '2026-02-11', '2026-03-01']);
    const [other] = await tx.query<{ day: string }>(
      `select tieout.next_open_day($1, '2026-01-01') as day`,
      [BOOK_ID + 1n],
    );
    expect(other?.day).toBe('2026-01-01');
  });
});

test.each([
  ['2026-02', '2026-02-01', '2026-02-28'],
  ['2028-02', '2028-02-01', '2028-02-29'],
  ['2026', '2026-01-01', '2026-12-31'],
  ['2026-02-27..2026-03-01', '2026-02-27', '2026-03-01'],
])('reads %s as the days from %s to %s', (name, startsOn, endsOn) => {
  expect(parsePeriod(name)).toEqual({ name, startsOn, endsOn });
});

test.each([
  '',
  '2026-13',
  '2026-00',
  '0000',
  '26-01',
  '2026-1',
  '2026-03-01',
  '2026-03-01..',
  '2026-03-01..2026-02-28',
  '2026-02-30..2026-03-01',
  '2026-01-01..2026-01-02..2026-01-03',
])('reads no period from "%s"', (text) => {
  expect(parsePeriod(text)).toBeUndefined();
});

describe('beside others', () => {
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
      await givenMonths(tx);
    });
  });

  afterAll(() => fresh.drop());

  test('tells at once that a run holds the book', async () => {
    await fresh.db.transaction(async (tx) => {
      await lockBook(tx, BOOK_ID);
      const closing = fresh.db.transaction((other) => change(other, '2026-01', 'locked'));
      await expect(closing).rejects.toMatchObject({ code: 'book_busy' });
    });
  });

  test('waits for who posts, and sums up what they posted', async () => {
    const closing = await fresh.db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock_shared(tieout.period_lock_key($1))::text', [
        BOOK_ID,
      ]);
      const late = capture({
        key: 'late',
        effectiveDate: day('2026-01-20'),
        postings: [{ debit: BANK, credit: PAYABLE, amountMinor: 100n }],
      });
      await postBatch(tx, [late]);
      const result = fresh.db.transaction((other) => change(other, '2026-01', 'locked'));
      await someoneWaits();
      return [result];
    });
    expect((await closing[0])?.code).toBe('changed');
    expect(await fresh.db.read(snapshot)).toMatchObject([
      { debits_minor: 101n },
      { credits_minor: 101n },
    ]);
  });

  test('does not wait for who posts into another book', async () => {
    await fresh.db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock_shared(tieout.period_lock_key($1))::text', [
        BOOK_ID + 1n,
      ]);
      const result = await fresh.db.transaction((other) => change(other, '2026-01', 'locked'));
      expect(result.code).toBe('changed');
    });
  });

  async function someoneWaits(): Promise<void> {
    const waiting = `select 1 from pg_locks where not granted and (database is null or database = (select oid from pg_database where datname = current_database()))`;
    for (;;) {
      if ((await fresh.db.read((tx) => tx.query(waiting))).length > 0) return;
    }
  }
});
