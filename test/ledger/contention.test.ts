import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Database, type Tx } from '../../src/db/db.ts';
import type { JournalRequest } from '../../src/ledger/journal-request.ts';
import { post } from '../../src/ledger/post.ts';
import { type FreshDatabase, freshDatabase, tamper } from '../support/database.ts';
import { acting, balanceOf, givenAccount, journal, paid, TILL, WALLET } from './acts.ts';
import { BOOK_ID, givenBook, inCalls, postOptions } from './books.ts';

const CLIENTS = 50;
/** Fewer than clients: the server has sixty connections, and another test file runs beside this one. */
const CONNECTIONS = 40;

let fresh: FreshDatabase;
let clients: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  clients = Database.open({ url: fresh.url, maxConnections: CONNECTIONS });
});

beforeEach(async () => {
  await fresh.db.transaction(async (tx) => {
    await tamper(
      tx,
      `truncate tieout.book, tieout.account, tieout.journal_key, tieout.journal, tieout.posting, tieout.open_item,
       tieout.balance, tieout.balance_day, tieout.journal_refusal, tieout.hold, tieout.reversal, tieout.reversal_total cascade`,
    );
    await givenBook(tx);
  });
});

afterAll(async () => {
  await clients.close();
  await fresh.drop();
});

/** Posts in one call and one transaction; nothing is tried again. */
async function postIn(tx: Tx, journals: readonly JournalRequest[]): Promise<string[]> {
  const outcome = await post(tx, inCalls([journals]), postOptions({ operationId: randomUUID() }));
  return [
    ...Array<string>(outcome.created).fill('created'),
    ...Array<string>(outcome.exists).fill('exists'),
    ...outcome.refused.map(({ code }) => code),
  ];
}

/** Lets every client post its journals, a transaction each, all clients at once; tells how often each answer was given. */
async function postAtOnce(
  perClient: readonly (readonly (readonly JournalRequest[])[])[],
): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  await Promise.all(
    perClient.map(async (calls) => {
      for (const call of calls)
        for (const answer of await clients.transaction((tx) => postIn(tx, call)))
          answers[answer] = (answers[answer] ?? 0) + 1;
    }),
  );
  return answers;
}

function byClient<T>(make: (client: number) => T, count = CLIENTS): T[] {
  return Array.from({ length: count }, (_, client) => make(client));
}

/** Every sum that must follow from the postings, and of which there is more or less than that. */
async function wrongSums(): Promise<unknown[]> {
  return await fresh.db.read((tx) =>
    tx.query(
      `select account_id, sum(minor) as wrong, sum(pending) as wrong_pending
       from (
         select account_id, case when layer = 'settled' then signed_minor else 0 end as minor,
           case when layer = 'pending' then signed_minor when layer = 'released' then -signed_minor else 0 end as pending
         from tieout.account_line where book_id = $1
         union all
         select account_id, credits_minor - debits_minor, pending_credits_minor - pending_debits_minor
         from tieout.account_balance where book_id = $1
       ) part group by account_id having sum(minor) <> 0 or sum(pending) <> 0
       union all
       select account_id, sum(minor), 0
       from (
         select account_id, signed_minor as minor from tieout.account_line where book_id = $1 and layer = 'settled'
         union all
         select account_id, credits_minor - debits_minor from tieout.account_day where book_id = $1
       ) part group by account_id having sum(minor) <> 0`,
      [BOOK_ID],
    ),
  );
}

test('fifty clients with one key post one journal', async () => {
  const answers = await postAtOnce(byClient(() => [[journal('one', paid(1n))]]));
  expect(answers).toEqual({ created: 1, exists: 49 });
});

test('fifty clients spend what a wallet holds and not a cent more', async () => {
  await fresh.db.transaction(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    await postIn(tx, [journal('top', paid(100n, { credit: WALLET }))]);
  });
  const answers = await postAtOnce(
    byClient((client) =>
      Array.from({ length: 5 }, (_, n) => [
        journal(`spend-${client}-${n}`, paid(n === 0 ? 3n : 1n, { debit: WALLET })),
      ]),
    ),
  );
  expect(answers.insufficient_available).toBeGreaterThan(0);
  expect((answers.created ?? 0) + (answers.insufficient_available ?? 0)).toBe(250);
  // Somebody wanted one cent until the end, so nothing is left.
  expect(await fresh.db.read((tx) => balanceOf(tx, WALLET))).toEqual({ settled: 0n, pending: 0n });
  expect(await wrongSums()).toEqual([]);
});

test('exactly as many equal payments succeed as the wallet can pay', async () => {
  await fresh.db.transaction(async (tx) => {
    await givenAccount(tx, WALLET, { floor: 0n });
    await postIn(tx, [journal('top', paid(100n, { credit: WALLET }))]);
  });
  const calls = (client: number) =>
    [0, 1].map((call) =>
      [0, 1, 2].map((n) => journal(`spend-${client}-${call}-${n}`, paid(7n, { debit: WALLET }))),
    );
  expect(await postAtOnce(byClient(calls))).toEqual({ created: 14, insufficient_available: 286 });
  expect(await wrongSums()).toEqual([]);
});

const TRANSFERS = 100;

/** Transfers over ten accounts, some of them limited, in an order that the next client turns round. */
function transfers(client: number, postings: number, journals: number): JournalRequest[][] {
  return Array.from({ length: TRANSFERS }, (_, n) =>
    Array.from({ length: journals }, (_, place) => {
      const chain = Array.from({ length: postings }, (_, step) => {
        const from = (client + n + place + step) % 10;
        const [debit, credit] = [`assets:till:${from}`, `assets:till:${(from + 3) % 10}`];
        return paid(BigInt(1 + step), { debit, credit });
      });
      return journal(`t-${client}-${n}-${place}`, ...(client % 2 === 0 ? chain : chain.reverse()));
    }),
  );
}

test.each<[string, number, number]>([
  ['single journals of two accounts', 1, 1],
  ['single journals of many accounts', 8, 1],
  ['several journals in a call', 3, 5],
])('never deadlocks, without trying again, over %s', async (_, postings, journals) => {
  await fresh.db.transaction(async (tx) => {
    for (const n of [1, 4, 8]) await givenAccount(tx, `assets:till:${n}`, { floor: -1_000_000n });
    await givenAccount(tx, 'assets:till:2', { mode: 'slots' });
    await givenAccount(tx, 'assets:till:5', { mode: 'derived' });
  });
  const answers = await postAtOnce(byClient((client) => transfers(client, postings, journals), 20));
  expect(answers).toEqual({ created: 20 * TRANSFERS * journals });
  expect(await wrongSums()).toEqual([]);
});

test('of fifty that post or void a hold at once, one wins', async () => {
  await fresh.db.transaction(async (tx) => {
    await givenAccount(tx, TILL, { ceiling: 100n });
    await postIn(tx, [{ ...journal('hold', paid(100n)), hold: { place: true } }]);
  });
  const act = (client: number) =>
    client % 2 === 0 ? { hold: { post: 'hold' } } : { hold: { void: 'hold' } };
  const answers = await postAtOnce(byClient((client) => [[acting(`act-${client}`, act(client))]]));
  expect(answers.created).toBe(1);
  expect((answers.hold_already_posted ?? 0) + (answers.hold_already_voided ?? 0)).toBe(49);
  expect(await wrongSums()).toEqual([]);
});

test('parts of a hold that are posted at once never make more than it', async () => {
  await fresh.db.transaction((tx) =>
    postIn(tx, [{ ...journal('hold', paid(100n)), hold: { place: true } }]),
  );
  const part = (client: number) =>
    acting(`part-${client}`, { hold: { post: 'hold', amountMinor: 7n } });
  const answers = await postAtOnce(byClient((client) => [[part(client)]]));
  expect(answers).toEqual({ created: 14, exceeds_hold: 36 });
  expect(await fresh.db.read((tx) => balanceOf(tx, TILL))).toEqual({ settled: 98n, pending: 2n });
});

test('reversals at once never make more than the original', async () => {
  await fresh.db.transaction((tx) => postIn(tx, [journal('sale', paid(100n), paid(50n))]));
  const reversal = (client: number) =>
    acting(`back-${client}`, { reverses: { key: 'sale', amountsMinor: [7n, 1n] } });
  const answers = await postAtOnce(byClient((client) => [[reversal(client)]]));
  expect(answers).toEqual({ created: 14, exceeds_original: 36 });
  expect(await wrongSums()).toEqual([]);
});

test('calls that act on the same journals in opposite orders never deadlock', async () => {
  const names = Array.from({ length: 10 }, (_, n) => `${n}`);
  await fresh.db.transaction(async (tx) => {
    await postIn(
      tx,
      names.map((name) => journal(`sale-${name}`, paid(100n))),
    );
    await postIn(
      tx,
      names.map((name) => ({
        ...journal(`hold-${name}`, paid(100n)),
        hold: { place: true } as const,
      })),
    );
  });
  const calls = (client: number) =>
    Array.from({ length: 5 }, (_, n) =>
      (client % 2 === 0 ? names : [...names].reverse()).flatMap((name) => [
        acting(`r-${name}-${client}-${n}`, {
          reverses: { key: `sale-${name}`, amountsMinor: [1n] },
        }),
        acting(`h-${name}-${client}-${n}`, { hold: { post: `hold-${name}`, amountMinor: 1n } }),
      ]),
    );
  expect(await postAtOnce(byClient(calls, 20))).toEqual({ created: 2_000 });
  expect(await wrongSums()).toEqual([]);
});

test('a hold that is placed while it is voided is voided or unknown, and its balance is right', async () => {
  await fresh.db.transaction((tx) => givenAccount(tx, TILL, { ceiling: 1_000_000n }));
  const placing = byClient(
    (client) => [[{ ...journal(`hold-${client}`, paid(3n)), hold: { place: true } as const }]],
    25,
  );
  const voiding = byClient(
    (client) => [[acting(`void-${client}`, { hold: { void: `hold-${client}` } })]],
    25,
  );
  const answers = await postAtOnce(
    placing.flatMap((calls, client) => [calls, voiding[client] ?? []]),
  );
  expect((answers.created ?? 0) + (answers.unknown_hold ?? 0)).toBe(50);
  expect(await wrongSums()).toEqual([]);
});

test('a hold that is committed in the middle of the call that voids it comes after that', async () => {
  await fresh.db.transaction((tx) => givenAccount(tx, TILL, { ceiling: 1_000_000n }));
  const voiding = acting('void', { hold: { void: 'hold' } });
  let waiting: Promise<string[]> | undefined;
  await clients.transaction(
    async (tx) => {
      // Has the key of the other, which waits for it when it has found its accounts.
      await postIn(tx, [voiding]);
      waiting = clients.transaction((other) => postIn(other, [voiding]));
      await untilSomebodyWaits();
      const hold = { ...journal('hold', paid(3n)), hold: { place: true } as const };
      await clients.transaction((other) => postIn(other, [hold]));
    },
    { rollback: true },
  );
  expect(await waiting).toEqual(['unknown_hold']);
  expect(await wrongSums()).toEqual([]);
});

async function untilSomebodyWaits(): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const waiting = await fresh.db.read(
      (tx) =>
        tx.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      { role: 'owner' },
    );
    if (waiting.length > 0) return;
    await sleep(10);
  }
  throw new Error('nobody waits');
}

test('many calls in one transaction come through, if they may be tried again', async () => {
  const shared = Array.from({ length: 30 }, (_, n) => journal(`shared-${n}`, paid(1n)));
  const acts = shared.map(({ key }) => acting(`back-${key}`, { reverses: { key } }));
  // An act on a journal of the same batch begins another call: here there are thirty.
  const batch = shared.flatMap((sale, n) => [sale, acts[n] ?? sale]);
  const outcomes = await Promise.all(
    byClient(
      (client) =>
        clients.transaction(
          (tx) => postIn(tx, client % 2 === 0 ? batch : [...shared].reverse().concat(acts)),
          { attempts: 20 },
        ),
      10,
    ),
  );
  expect(outcomes.flat().filter((answer) => answer === 'created')).toHaveLength(60);
  expect(await wrongSums()).toEqual([]);
});
