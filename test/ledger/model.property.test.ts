import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import { accountIdOf } from '../../src/ids.ts';
import type { RefusalCode } from '../../src/ledger/journal-request.ts';
import { post } from '../../src/ledger/post.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { givenBook, inCalls } from './books.ts';
import { Dice } from './dice.ts';
import { FIELDS } from './model-content.ts';
import { rowsIn, type Tables, tablesIn, tablesOf } from './model-tables.ts';
import { type Act, randomWorld, type Step, type World } from './random-world.ts';
import { PLAN } from './world-plan.ts';

const WORLDS = 200;
const REQUESTS = 500;
const START = new Date('2026-03-12T20:00:00Z');

type Ask = Extract<Step, { ask: unknown }>;

/** How many of the coming requests go into one call. */
type Cut = (left: number) => number;

const ONE_BY_ONE: Cut = () => 1;
const ALL_AT_ONCE: Cut = (left) => left;
const inChunks =
  (dice: Dice): Cut =>
  (left) =>
    Math.min(left, 1 + dice.roll(200));

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});

afterAll(() => fresh.drop());

/** Tells the world to a book of its own and holds every answer to the model's. */
async function live(tx: Tx, name: string, world: World, cut: Cut): Promise<bigint> {
  const bookId = await givenBook(tx, name);
  await givenAccounts(tx, bookId);
  let [now, refusals]: [Date, 'keep' | 'retry'] = [START, 'keep'];
  const coming: Ask[] = [];
  const ask = async () => {
    while (coming.length > 0) {
      const part = coming.splice(0, cut(coming.length));
      await askAll(tx, part, { bookId, now, refusals });
    }
  };
  for (const step of world.steps) {
    if ('ask' in step) {
      coming.push(step);
      continue;
    }
    await ask();
    if (step.act.do === 'clock') ({ now, refusals } = step.act);
    else await act(tx, bookId, step.act);
  }
  await ask();
  return bookId;
}

async function askAll(
  tx: Tx,
  asks: readonly Ask[],
  terms: { bookId: bigint; now: Date; refusals: 'keep' | 'retry' },
): Promise<void> {
  const journals = asks.map(({ ask }) => ask);
  const outcome = await post(tx, inCalls([journals]), {
    ...terms,
    chart: () => undefined,
    operationId: randomUUID(),
  });
  const expected = asks.map(({ ask, answer }, place) => ({
    requestNo: BigInt(place),
    key: ask.key,
    ...answer,
  }));
  expect(outcome).toEqual({
    created: expected.filter(({ code }) => code === 'created').length,
    exists: expected.filter(({ code }) => code === 'exists').length,
    refused: expected.filter(({ code }) => code !== 'created' && code !== 'exists'),
  });
}

async function givenAccounts(tx: Tx, bookId: bigint): Promise<void> {
  for (const {
    code,
    currency,
    type,
    isReconcilable = false,
    mode = 'inline',
    floor,
    ceiling,
  } of PLAN) {
    await tx.execute(
      `insert into tieout.account (
         book_id, account_id, code, currency, name, type, normal_side, is_reconcilable, status, opened_at, balance_mode, slots
       ) values ($1, $2, $3, $4, $3, $5, $6, $7, 'active', $8, $9, $10)`,
      [
        bookId,
        accountIdOf(code, currency),
        code,
        currency,
        type,
        type === 'asset' ? 'debit' : 'credit',
        isReconcilable,
        START.toISOString(),
        mode,
        mode === 'slots' ? 4 : 1,
      ],
    );
    await limit(tx, bookId, { account: { code, currency }, floor, ceiling });
  }
}

async function limit(
  tx: Tx,
  bookId: bigint,
  terms: {
    readonly account: { readonly code: string; readonly currency: string };
    readonly floor: bigint | undefined;
    readonly ceiling: bigint | undefined;
  },
): Promise<void> {
  const { account, floor = null, ceiling = null } = terms;
  const parameters = [bookId, accountIdOf(account.code, account.currency), floor, ceiling];
  await tx.execute(
    'update tieout.account set floor_minor = $3, ceiling_minor = $4 where book_id = $1 and account_id = $2',
    parameters,
  );
  // Without limits first: a row that is proposed for insertion is held to them before it is found to be there already.
  await tx.execute(
    `insert into tieout.balance (book_id, account_id, slot, debits_minor, credits_minor)
     select book_id, account_id, 0, 0, 0 from tieout.account
     where book_id = $1 and account_id = $2 and balance_mode = 'inline'
     on conflict (book_id, account_id, slot) do nothing`,
    parameters.slice(0, 2),
  );
  await tx.execute(
    `update tieout.balance set floor_minor = $3, ceiling_minor = $4, is_debit_normal = account.normal_side = 'debit'
     from tieout.account
     where balance.book_id = $1 and balance.account_id = $2
       and account.book_id = balance.book_id and account.account_id = balance.account_id and account.balance_mode = 'inline'`,
    parameters,
  );
}

async function act(tx: Tx, bookId: bigint, asked: Exclude<Act, { do: 'clock' }>): Promise<void> {
  if (asked.do === 'limits') return await limit(tx, bookId, asked);
  if (asked.do === 'status') {
    const { code, currency } = asked.account;
    await tx.execute(
      'update tieout.account set status = $3 where book_id = $1 and account_id = $2',
      [bookId, accountIdOf(code, currency), asked.status],
    );
    return;
  }
  if (asked.do === 'period') {
    const { name, startsOn, endsOn } = asked.period;
    await tx.execute(
      `insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by)
       values ($1, $2, $3, $4, $5, $6, 'tester')
       on conflict (book_id, starts_on) do update set state = excluded.state`,
      [bookId, startsOn, endsOn, name, asked.state, START.toISOString()],
    );
    return;
  }
  const { rowCount } = await tx.execute(
    `delete from tieout.open_item using tieout.journal
     where journal.book_id = $1 and journal.key = $2
       and open_item.book_id = journal.book_id and open_item.item_id = tieout.item_id(journal.journal_id, $3, $4)`,
    [bookId, asked.key, asked.seq, asked.side === 'debit'],
  );
  expect(rowCount).toBe(1);
}

/** The rows that every way of cutting must leave, without what tells one book from another. */
async function told(tx: Tx, name: string, world: World, cut: Cut): Promise<Tables> {
  const bookId = await live(tx, name, world, cut);
  expect(await tablesIn(tx, bookId)).toEqual(tablesOf(world.model));
  return await rowsIn(tx, bookId);
}

/** Tells each world in a transaction of its own, several at once. */
async function inRolledBackBooks<T>(works: readonly ((tx: Tx) => Promise<T>)[]): Promise<T[]> {
  return await Promise.all(works.map((work) => fresh.db.transaction(work, { rollback: true })));
}

// Twenty worlds to a test, so that a failure names its surroundings.
test.each(Array.from({ length: WORLDS / 20 }, (_, n) => n * 20))(
  'answers and books what the model says, worlds %i and on',
  async (first) => {
    const lane = (offset: number) => async (tx: Tx) => {
      for (let seed = first + offset; seed < first + 20; seed += 2) {
        const world = randomWorld(seed, REQUESTS);
        await told(tx, `world-${seed}`, world, inChunks(new Dice(seed)));
      }
    };
    await inRolledBackBooks([lane(0), lane(1)]);
  },
);

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'writes the same one by one, all at once and in pieces, world %i',
  async (seed) => {
    const world = randomWorld(1_000 + seed, REQUESTS);
    const cuts = [ONE_BY_ONE, ALL_AT_ONCE, inChunks(new Dice(seed))];
    const [one, all, pieces] = await inRolledBackBooks(
      cuts.map((cut) => (tx: Tx) => told(tx, 'acme', world, cut)),
    );
    expect(all).toEqual(one);
    expect(pieces).toEqual(one);
  },
);

test('tells stories in which every answer is given, at first and again', () => {
  const given = new Set<string>();
  for (let seed = 0; seed < WORLDS; seed += 1)
    for (const step of randomWorld(seed, REQUESTS).steps)
      if ('ask' in step) given.add(`${step.answer.code}${step.answer.isReplay ? ' again' : ''}`);
  const again = [...KEPT, 'exists', ...FIELDS.map((field) => `exists_with_different_${field}`)];
  const expected = [...KEPT, ...NEVER_KEPT, 'created', ...again.map((code) => `${code} again`)];
  expect([...given].sort()).toEqual(expected.sort());
});

const KEPT: readonly RefusalCode[] = [
  'unknown_account',
  'currency_mismatch',
  'account_closed',
  'account_frozen',
  'not_reconcilable',
  'period_closed',
  'insufficient_available',
  'exceeds_ceiling',
  'unknown_hold',
  'hold_already_posted',
  'hold_already_voided',
  'hold_already_expired',
  'hold_expired',
  'hold_not_expired',
  'exceeds_hold',
  'unknown_journal',
  'not_reversible',
  'already_reversed',
  'exceeds_original',
];
const NEVER_KEPT: readonly RefusalCode[] = [
  'no_postings',
  'invalid_amount',
  'same_account',
  'invalid_action',
];
