import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationalError } from '../../src/errors.ts';
import type { AdjustmentType } from '../../src/hand-config.ts';
import { actByHand, type HandOptions, type HandResult } from '../../src/pipeline/by-hand.ts';
import type { Force, HandAct } from '../../src/pipeline/hand-acts.ts';
import {
  bookIn,
  dayOf,
  eveningOf,
  importLedger,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  bankStatement,
  deliver,
  ledgerFile,
  netOf,
  payoutRow,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';
import { breachesOf, liveTies, standing } from '../support/revoking.ts';

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-hand-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Captures of 10.00, 5.00 and 3.00 that tie to no line by themselves; lines of 15.00, 3.00 and 9.90; the bank's own fee. */
async function openBook(): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `hand-${books}`);
  const captures = [
    ['A', 1_000],
    ['B', 500],
    ['C', 300],
  ] as const;
  await importLedger(
    book,
    ledgerFile(
      captures.map(([reference, amountMinor]) => ({ kind: 'capture', reference, amountMinor })),
    ),
  );
  const lines = [1_500, 300, 990].map(
    (grossMinor, place): SettlementRow => ({
      type: 'Settled',
      reference: `X-${place}`,
      grossMinor,
      batch: 1,
    }),
  );
  const files = {
    'settlement.csv': settlementReport([...lines, payoutRow(1, netOf(lines))]),
    'statement.xml': bankStatement([{ amountMinor: -1_490, text: 'Kontofuehrung' }]),
  };
  await runNight(book, [await deliver(folder, `hand-${books}`, files)]);
  expect(await liveTies(book)).toEqual([]);
  return book;
}

function optionsOf(book: TestBook, more: Partial<HandOptions> = {}): HandOptions {
  const businessDate = more.businessDate ?? dayOf('2026-03-09');
  return {
    config: book.config,
    businessDate,
    now: () => eveningOf(businessDate),
    newOperationId: randomUUID,
    host: 'test-host',
    pid: 4711,
    codeVersion: '0.0.0',
    by: 'ada',
    because: 'told by the merchant',
    ...more,
  };
}

async function act(
  book: TestBook,
  what: HandAct,
  more: Partial<HandOptions> = {},
): Promise<HandResult> {
  return await actByHand(book.db, what, optionsOf(book, more));
}

async function refusal(outcome: Promise<unknown>): Promise<string> {
  const error = await outcome.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OperationalError) return `${error.code}: ${error.message}`;
  throw new Error(`expected an operational error, got ${String(error)}`);
}

async function entryOf(book: TestBook, amountMinor: number) {
  const [entry] = await book.db.read((tx) =>
    tx.query<{ fileNo: bigint; ordinal: bigint }>(
      `select file_no as "fileNo", ordinal from tieout.entry
       where book_id = $1 and gross_minor = $2::bigint and type in ('payment', 'bank') order by ordinal`,
      [book.bookId, BigInt(amountMinor)],
    ),
  );
  if (entry === undefined) throw new Error(`no entry of ${amountMinor}`);
  return entry;
}

async function itemOf(book: TestBook, amountMinor: number): Promise<string> {
  const [item] = await book.db.read((tx) =>
    tx.query<{ itemId: string }>(
      `select item_id as "itemId" from tieout.open_item
       where book_id = $1 and amount_minor = $2::bigint`,
      [book.bookId, BigInt(amountMinor)],
    ),
  );
  if (item === undefined) throw new Error(`no item of ${amountMinor}`);
  return item.itemId;
}

async function matchOf(
  book: TestBook,
  entries: readonly number[],
  items: readonly number[],
): Promise<Extract<HandAct, { kind: 'match' }>> {
  const refs = [];
  for (const amount of entries) refs.push(await entryOf(book, amount));
  const ids = [];
  for (const amount of items) ids.push(await itemOf(book, amount));
  return { kind: 'match', exceptions: [], entries: refs, items: ids };
}

function forced(type: AdjustmentType): Force {
  return { type, overrideReason: 'OPS_APPROVAL' };
}

async function balanceOf({ db, bookId }: TestBook, code: string): Promise<bigint> {
  const [row] = await db.read((tx) =>
    tx.query<{ minor: bigint }>(
      `select coalesce(sum(debits_minor - credits_minor), 0)::bigint as minor
       from tieout.account_balance join tieout.account using (book_id, account_id)
       where book_id = $1 and code = $2`,
      [bookId, code],
    ),
  );
  return row?.minor ?? 0n;
}

async function rowsOf({ db, bookId }: TestBook): Promise<readonly string[]> {
  return await db.read(async (tx) => {
    const tables = [
      'match_group',
      'match_member',
      'journal',
      'run',
      'exception_item',
      'audit_event',
    ];
    const counts = [];
    for (const table of tables) {
      const [row] = await tx.query<{ n: bigint }>(
        `select count(*) as n from tieout.${table} where book_id = $1`,
        [bookId],
      );
      counts.push(`${table} ${row?.n}`);
    }
    return counts;
  });
}

async function openCodes({ db, bookId }: TestBook): Promise<Readonly<Record<string, number>>> {
  const rows = await db.read((tx) =>
    tx.query<{ code: string; n: bigint }>(
      `select code, count(*) as n from tieout.exception_item
       where book_id = $1 and state <> 'RESOLVED' group by code order by code`,
      [bookId],
    ),
  );
  return Object.fromEntries(rows.map(({ code, n }) => [code, Number(n)]));
}

describe('a match by hand', () => {
  test('of one entry and one item settles both, and its undoing leaves all as it was', async () => {
    const book = await openBook();
    const before = await standing(book);
    const codes = await openCodes(book);
    const made = await act(book, await matchOf(book, [300], [300]));
    expect(made).toMatchObject({ state: 'applied', exceptions: { opened: 0, closed: 2 } });
    expect(await breachesOf(book)).toEqual([]);
    const undone = await act(book, { kind: 'unmatch', groups: made.groups });
    expect(undone).toMatchObject({ state: 'applied', groups: made.groups });
    expect(await standing(book)).toEqual(before);
    expect(await openCodes(book)).toEqual(codes);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('of several entries and several items moves each part, and its undoing moves each back', async () => {
    const book = await openBook();
    const before = await standing(book);
    const made = await act(book, await matchOf(book, [1_500, 300], [1_000, 500, 300]));
    expect(made.state).toBe('applied');
    expect(await balanceOf(book, 'assets:receivable:adyen')).toBe(0n);
    expect(await balanceOf(book, 'suspense:adyen')).toBe(-990n);
    expect(await breachesOf(book)).toEqual([]);
    await act(book, { kind: 'unmatch', entry: await entryOf(book, 300) });
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('books a difference only where it is forced, and tells that it was', async () => {
    const book = await openBook();
    const before = await standing(book);
    const what = await matchOf(book, [990], [1_000]);
    expect(await refusal(act(book, what))).toMatch(
      /invalid_input: the items sum to .*10[.,]00.*9[.,]90/,
    );
    expect(await standing(book)).toEqual(before);
    const made = await act(book, { ...what, force: forced('FEE_VARIANCE') });
    expect(await balanceOf(book, 'expenses:fee-variance')).toBe(10n);
    expect(await openCodes(book)).toMatchObject({ CTL_OPERATOR_OVERRIDE: 1 });
    expect(await breachesOf(book)).toEqual([]);
    await act(book, { kind: 'unmatch', groups: made.groups });
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('done twice changes nothing the second time', async () => {
    const book = await openBook();
    const what = await matchOf(book, [1_500], [1_000, 500]);
    const { groups } = await act(book, what);
    const rows = await rowsOf(book);
    expect(await act(book, what)).toMatchObject({ state: 'unchanged', run: null });
    expect(await rowsOf(book)).toEqual(rows);
    await act(book, { kind: 'unmatch', groups });
    const undone = await rowsOf(book);
    expect(await act(book, { kind: 'unmatch', groups })).toMatchObject({ state: 'unchanged' });
    expect(await rowsOf(book)).toEqual(undone);
    const again = await act(book, what);
    expect(again.groups).not.toEqual(groups);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('names what is unknown, held, or of a closed day, and changes nothing', async () => {
    const book = await openBook();
    const taken = await matchOf(book, [300], [300]);
    const { groups } = await act(book, taken);
    const rows = await rowsOf(book);
    const item = await itemOf(book, 1_000);
    const [heldItem = ''] = taken.items;
    expect(
      await refusal(
        act(book, { ...taken, entries: [{ fileNo: 99n, ordinal: 1n }], items: [item] }),
      ),
    ).toBe('not_found: there is no entry 99:1');
    expect(await refusal(act(book, { ...taken, items: [item] }))).toContain(
      `is held by match ${groups[0]}`,
    );
    expect(
      await refusal(
        act(book, { ...taken, entries: [await entryOf(book, 990)], items: [heldItem] }),
      ),
    ).toBe(`invalid_input: item ${heldItem} is held by match ${groups[0]}`);
    await book.db.transaction((tx) =>
      tx.execute(
        `insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by)
         values ($1, '2026-03-01', '2026-03-31', '2026-03', 'soft_closed', '2026-03-31T20:00:00Z', 'ada')`,
        [book.bookId],
      ),
    );
    expect(await refusal(act(book, { kind: 'unmatch', groups }))).toBe(
      'not_permitted: 2026-03-09 is closed with period 2026-03; act on an open day, or open the period',
    );
    expect(await rowsOf(book)).toEqual(rows);
  });

  test('undone by run or by file undoes all of it', async () => {
    const book = await openBook();
    const before = await standing(book);
    const first = await act(book, await matchOf(book, [1_500], [1_000, 500]));
    await act(book, { kind: 'unmatch', run: BigInt(first.run ?? 0) });
    expect(await standing(book)).toEqual(before);
    await act(book, await matchOf(book, [1_500], [1_000, 500]));
    await act(book, await matchOf(book, [300], [300]));
    const undone = await act(book, { kind: 'unmatch', file: 'settlement.csv' });
    expect(undone.groups).toHaveLength(2);
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });
});

describe('a split and a write-off', () => {
  test('open the parts of an item, of which one ties, and the whole comes back when nothing does', async () => {
    const book = await openBook();
    const before = await standing(book);
    const split = {
      kind: 'split',
      item: await itemOf(book, 1_000),
      partsMinor: [990n, 10n],
    } as const;
    const { groups } = await act(book, split);
    expect(await breachesOf(book)).toEqual([]);
    const part = await act(book, await matchOf(book, [990], [990]));
    expect(await refusal(act(book, { kind: 'unmatch', groups }))).toContain(
      `is held by match ${part.groups[0]}`,
    );
    expect(await act(book, split)).toMatchObject({ state: 'unchanged' });
    await act(book, { kind: 'unmatch', groups: part.groups });
    await act(book, { kind: 'unmatch', groups });
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('refuse parts that do not make the item', async () => {
    const book = await openBook();
    const item = await itemOf(book, 1_000);
    for (const partsMinor of [[990n], [990n, 20n], [1_100n, -100n]])
      expect(await refusal(act(book, { kind: 'split', item, partsMinor }))).toContain(
        'two or more',
      );
  });

  test('close an item against their account, and give it back', async () => {
    const book = await openBook();
    const before = await standing(book);
    const item = await itemOf(book, 500);
    const what = { kind: 'write-off', item, force: forced('WRITE_OFF') } as const;
    const { groups } = await act(book, what);
    expect(await balanceOf(book, 'expenses:write-off')).toBe(500n);
    expect(await act(book, what)).toMatchObject({ state: 'unchanged' });
    expect(await breachesOf(book)).toEqual([]);
    await act(book, { kind: 'unmatch', item });
    expect(groups).toHaveLength(1);
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('say of an entry what it was, and take it back', async () => {
    const book = await openBook();
    const before = await standing(book);
    const entry = await entryOf(book, -1_490);
    const what = { kind: 'write-off', entry, force: forced('BANK_FEE') } as const;
    const { groups } = await act(book, what);
    expect(await balanceOf(book, 'expenses:bank-fees')).toBe(1_490n);
    expect(await balanceOf(book, 'suspense:house-bank')).toBe(0n);
    expect(await act(book, what)).toMatchObject({ state: 'unchanged' });
    expect(await breachesOf(book)).toEqual([]);
    await act(book, { kind: 'unmatch', groups });
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
    await act(book, what);
    expect(await balanceOf(book, 'expenses:bank-fees')).toBe(1_490n);
    expect(await breachesOf(book)).toEqual([]);
  });
});

describe('a plan by hand', () => {
  const LIMITED = {
    adjustments: new Map(),
    approvalLimits: new Map([['EUR', 999n]]),
  };

  test('changes nothing and has the hash of the act', async () => {
    const book = await openBook();
    const before = await standing(book);
    const what = await matchOf(book, [300], [300]);
    const planned = await act(book, what, { isPlan: true });
    expect(planned.state).toBe('planned');
    expect(await standing(book)).toEqual(before);
    expect((await act(book, what)).plan_hash).toBe(planned.plan_hash);
  });

  test('is kept for an act above the limit, which another person must approve', async () => {
    const open = await openBook();
    const book = { ...open, config: { ...open.config, byHand: LIMITED } };
    const before = await standing(book);
    const what = await matchOf(book, [1_500], [1_000, 500]);
    const waiting = await act(book, what);
    expect(waiting.state).toBe('awaiting-approval');
    expect(await standing(book)).toEqual(before);
    const plan = waiting.plan_hash ?? '';
    expect(await refusal(act(book, what, { approved: { plan, by: 'ada' } }))).toBe(
      'not_permitted: ada made this plan; somebody else must approve it',
    );
    expect(await refusal(act(book, what, { approved: { plan: 'sha256:0', by: 'bob' } }))).toBe(
      'not_found: nobody has planned sha256:0',
    );
    const other = await matchOf(book, [300], [300]);
    expect(await refusal(act(book, other, { approved: { plan, by: 'bob' } }))).toContain(
      'something underneath has changed',
    );
    expect(await act(book, what, { approved: { plan, by: 'bob' }, by: 'bob' })).toMatchObject({
      state: 'applied',
      by: 'ada',
      approved_by: 'bob',
    });
    expect((await act(book, other)).state).toBe('applied');
    expect(await breachesOf(book)).toEqual([]);
  });
});

describe('a suggested match', () => {
  /** As a rule that is not certain leaves it: nothing is live, and nothing has moved. */
  async function suggest(book: TestBook, amountMinor: number): Promise<string> {
    const { fileNo, ordinal } = await entryOf(book, amountMinor);
    const itemId = await itemOf(book, amountMinor);
    const [group] = await book.db.transaction(async (tx) => {
      const made = await tx.query<{ id: string }>(
        `insert into tieout.match_group
           (book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at)
         select $1, tieout.group_id($2, $3, 1 + 16 * open_entry.revision), 1, 'guess@1', 'AMBIGUOUS', 2, 'suggested', 1,
                '2026-03-06T21:45:00Z'
         from tieout.open_entry where book_id = $1 and file_no = $2 and ordinal = $3
         returning group_id as id`,
        [book.bookId, fileNo, ordinal],
      );
      await tx.execute(
        `insert into tieout.match_member
           (book_id, group_id, member_no, run_id, file_no, ordinal, item_id, item_account_id, item_amount_minor, is_live)
         select book_id, $2::uuid, 1, 1, $3, $4, item_id, account_id, amount_minor, false
         from tieout.open_item where book_id = $1 and item_id = $5::uuid`,
        [book.bookId, made[0]?.id ?? '', fileNo, ordinal, itemId],
      );
      return made;
    });
    return group?.id ?? '';
  }

  test('settles when it is confirmed, and not before', async () => {
    const book = await openBook();
    const before = await standing(book);
    const target = await suggest(book, 300);
    expect(await breachesOf(book)).toEqual([]);
    expect(await act(book, { kind: 'confirm', target })).toMatchObject({ groups: [target] });
    expect((await liveTies(book)).map(({ groupId }) => groupId)).toEqual([target]);
    expect(await breachesOf(book)).toEqual([]);
    expect(await act(book, { kind: 'confirm', target })).toMatchObject({ state: 'unchanged' });
    await act(book, { kind: 'unmatch', groups: [target] });
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
    expect(await refusal(act(book, { kind: 'confirm', target }))).toBe(
      `invalid_input: match ${target} is revoked and cannot be confirmed`,
    );
  });

  test('moves nothing when it is rejected, and what is suggested next has another id', async () => {
    const book = await openBook();
    const before = await standing(book);
    const target = await suggest(book, 300);
    expect(await act(book, { kind: 'reject', target })).toMatchObject({ state: 'applied' });
    expect(await act(book, { kind: 'reject', target })).toMatchObject({ state: 'unchanged' });
    expect(await standing(book)).toEqual(before);
    const next = await suggest(book, 300);
    expect(next).not.toBe(target);
    expect(await act(book, { kind: 'confirm', target: next })).toMatchObject({ state: 'applied' });
    expect(await breachesOf(book)).toEqual([]);
  });

  test('cannot be confirmed once something else holds its entry, which is named', async () => {
    const book = await openBook();
    const target = await suggest(book, 300);
    const { groups } = await act(book, await matchOf(book, [300], [300]));
    const { fileNo, ordinal } = await entryOf(book, 300);
    expect(await refusal(act(book, { kind: 'confirm', target }))).toBe(
      `invalid_input: match ${target} cannot be confirmed: entry ${fileNo}:${ordinal} is held by match ${groups[0]}`,
    );
  });

  test('cannot be confirmed once its item is open with another amount', async () => {
    const book = await openBook();
    const target = await suggest(book, 300);
    await book.db.transaction((tx) =>
      tx.execute(
        'update tieout.open_item set amount_minor = 200 where book_id = $1 and amount_minor = 300',
        [book.bookId],
      ),
    );
    expect(await refusal(act(book, { kind: 'confirm', target }))).toContain(
      'is open with 200 and not with 300 minor units',
    );
  });
});

test('an act whose connection is killed in the middle leaves no trace', async () => {
  const book = await openBook();
  const before = await standing(book);
  const rows = await rowsOf(book);
  const what = await matchOf(book, [1_500], [1_000, 500]);
  // Another session holds a balance row, so that the act waits in the middle of its postings and can be found there.
  const killed = await book.db.transaction(async (tx) => {
    await tx.query('select 1 from tieout.balance where book_id = $1 for update', [book.bookId]);
    const cut = act(book, what).then(
      () => 'kept',
      () => 'cut off',
    );
    for (;;) {
      const [victim] = await tx.query<{ pid: number }>(
        `select pid from pg_locks where not granted and locktype = 'transactionid'
           and pid in (select pid from pg_stat_activity where datname = current_database())`,
      );
      if (victim === undefined) continue;
      await book.db.read(
        (other) => other.query('select pg_terminate_backend($1::int)', [victim.pid]),
        { role: 'owner' },
      );
      return await cut;
    }
  });
  expect(killed).toBe('cut off');
  expect(await standing(book)).toEqual(before);
  expect(await rowsOf(book)).toEqual(rows);
  expect((await act(book, what)).state).toBe('applied');
  expect(await breachesOf(book)).toEqual([]);
}, 30_000);

test('an act that is cut off in the middle leaves no trace', async () => {
  const book = await openBook();
  const before = await standing(book);
  const rows = await rowsOf(book);
  const what = await matchOf(book, [1_500], [1_000, 500]);
  let operations = 0;
  const cut = act(book, what, {
    newOperationId: () => {
      operations += 1;
      if (operations === 2) throw new Error('cut off');
      return randomUUID();
    },
  });
  await expect(cut).rejects.toThrow('cut off');
  expect(await standing(book)).toEqual(before);
  expect(await rowsOf(book)).toEqual(rows);
  expect((await act(book, what)).state).toBe('applied');
});

test('the audit log tells who acted, why, and what became of it', async () => {
  const book = await openBook();
  const { groups, run } = await act(book, await matchOf(book, [300], [300]));
  const acts = await book.db.read((tx) =>
    tx.query(
      `select actor, action, object_type as "type", object_id as id, reason, before ->> 'kind' as kind,
              after ->> 'run' as run from tieout.audit_event where book_id = $1`,
      [book.bookId],
    ),
  );
  expect(acts).toEqual([
    {
      actor: 'ada',
      action: 'match',
      type: 'match',
      id: groups[0],
      reason: 'told by the merchant',
      kind: 'match',
      run: String(run),
    },
  ]);
});
