import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BusinessDate } from '../../src/business-date.ts';
import {
  bookIn,
  dayOf,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { bankStatement, deliver, ledgerFile, netOf } from '../support/deliveries.ts';
import {
  batchFile,
  batchRows,
  capturedMinor,
  movedMinor,
  statementFile,
  type ToldBatch,
  type ToldOrder,
  type ToldStatement,
} from '../support/telling.ts';

const ORDERS = 4;
const LAST_NIGHT = 3;

let folder: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-restatements-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A thing that is told, with the night it is told in. */
interface Telling<T> {
  readonly told: T;
  readonly night: number;
}

interface World {
  readonly batches: readonly Telling<ToldBatch>[];
  readonly statements: readonly Telling<ToldStatement>[];
}

const order: fc.Arbitrary<ToldOrder> = fc.option(
  fc.record({
    deltaMinor: fc.constantFrom(0, 0, 0, 100, -50),
    feeMinor: fc.constantFrom(0, 100, 150),
  }),
  { freq: 4 },
);
/** The first order is in every telling, so that the tellings have something in common. */
const batch: fc.Arbitrary<ToldBatch> = fc.record({
  orders: fc
    .tuple(
      fc.record({ deltaMinor: fc.constantFrom(0, 100), feeMinor: fc.constantFrom(0, 100) }),
      ...Array.from({ length: ORDERS - 1 }, () => order),
    )
    .map((orders): readonly ToldOrder[] => orders),
  chargeMinor: fc.constantFrom(0, 0, 500, 700),
});
const nights = (count: number) =>
  fc
    .array(fc.integer({ min: 0, max: LAST_NIGHT }), { minLength: count, maxLength: count })
    .map((found) => found.sort((left, right) => left - right));

function tellings<T>(told: fc.Arbitrary<T>): fc.Arbitrary<readonly Telling<T>[]> {
  return fc
    .array(told, { minLength: 1, maxLength: 3 })
    .chain((all) =>
      nights(all.length).map((found) =>
        all.map((each, at) => ({ told: each, night: found[at] ?? 0 })),
      ),
    );
}

const world: fc.Arbitrary<World> = tellings(batch).chain((batches) => {
  const nets = batches.map(({ told }) => netOf(batchRows(told).slice(0, -1)));
  const statement = fc
    .record({
      payoutMinor: fc.option(fc.constantFrom(...nets), { freq: 5 }),
      others: fc.array(fc.constantFrom(-1_490, -1_090, 2_500), { maxLength: 3 }),
    })
    // Whether a statement that moves nothing in all is told anew or has another sheet, its balances do not say.
    .filter((told) => movedMinor(told) !== 0);
  return tellings(statement).map((statements) => ({ batches, statements }));
});

/** A payout that the bank has shown before its batch is corrected, and that is another one then. */
const PAID_AND_CORRECTED: World = {
  batches: [0, 100].map((deltaMinor, night) => ({
    told: { orders: [{ deltaMinor, feeMinor: 100 }, null, null, null], chargeMinor: 0 },
    night,
  })),
  statements: [{ told: { payoutMinor: 9_900, others: [-1_490] }, night: 0 }],
};

function nightOf(number: number): BusinessDate {
  return dayOf(`2026-03-${String(6 + number).padStart(2, '0')}`);
}

/** Plays what is told night by night; a next statement goes on from the last telling in the end, and all is run once more. */
async function played({ batches, statements }: World): Promise<TestBook> {
  books += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `restated-${books}`);
  await importLedger(
    book,
    ledgerFile(
      Array.from({ length: ORDERS }, (_, at) => ({
        ...{ kind: 'capture', reference: `ORD-${at}`, amountMinor: capturedMinor(at) },
      })),
    ),
  );
  for (let night = 0; night <= LAST_NIGHT; night += 1) {
    const files = Object.fromEntries([
      ...batches.flatMap(({ told, night: own }, at) =>
        own === night ? [[`batch-${at}.csv`, batchFile(told, at)]] : [],
      ),
      ...statements.flatMap(({ told, night: own }, at) =>
        own === night ? [[`statement-${at}.xml`, statementFile(told, at)]] : [],
      ),
    ]);
    const paths = [await deliver(folder, `book-${books}-night-${night}`, files)];
    await runNight(book, paths, { businessDate: nightOf(night) });
    expect(await ledgerBreaches(book)).toEqual([]);
    const again = await runNight(book, paths, { businessDate: nightOf(night) });
    expect(again.result.journals.created).toBe(0);
  }
  const last = statements.at(-1)?.told;
  const openingMinor = 100_000_000 + (last === undefined ? 0 : movedMinor(last));
  const next = bankStatement([{ amountMinor: 77, text: 'Zins' }], {
    openingMinor,
    day: '2026-03-06',
    number: 65,
  });
  const paths = [await deliver(folder, `book-${books}-next`, { 'statement-next.xml': next })];
  await runNight(book, paths, { businessDate: nightOf(LAST_NIGHT + 1) });
  expect(await ledgerBreaches(book)).toEqual([]);
  return book;
}

const STANDING: Readonly<Record<string, string>> = {
  balances: `
    select account.code, account.currency, sum(debits_minor - credits_minor)::text as minor
    from tieout.account_balance join tieout.account using (book_id, account_id)
    where book_id = $1 group by account.code, account.currency having sum(debits_minor - credits_minor) <> 0 order by 1, 2`,
  items: `
    select account.code, amount_minor, kind, reference, payment_id
    from tieout.open_item join tieout.account using (book_id, account_id) where book_id = $1 order by 1, 4, 2, 5`,
  exceptions: `
    select code, severity, source, account_code, currency, amount_minor, difference_minor, reference, batch
    from tieout.exception_item
    where book_id = $1 and state <> 'RESOLVED' and code <> 'FIL_RESTATED' order by 1, 8, 6, 7`,
  batches: `
    select batch_id, entries, gross_minor, fee_minor, fee_commission_minor, fee_other_minor, other_minor, net_minor, payout_minor
    from tieout.settlement_batch where book_id = $1 order by 1`,
  openEntries: `
    select entry.type, entry.reference, entry.narrative, entry.gross_minor
    from tieout.open_entry join tieout.entry using (book_id, file_no, ordinal) where book_id = $1 order by 1, 2, 3, 4`,
  ties: `
    select match_told.rule, match_told.certificate, entry.type, entry.reference, entry.narrative, entry.gross_minor
    from tieout.match_member
    join tieout.match_told using (book_id, group_id)
    join tieout.entry using (book_id, file_no, ordinal)
    where book_id = $1 and match_member.is_live and match_told.rule <> 'payout-withdrawn@1' order by 3, 4, 5, 6`,
  bankDays: `
    select account.code, balance_day.effective_date, sum(debits_minor - credits_minor)::text as minor
    from tieout.account_day balance_day join tieout.account using (book_id, account_id)
    where book_id = $1 and account.code like 'assets:bank:%'
    group by 1, 2 having sum(debits_minor - credits_minor) <> 0 order by 1, 2`,
  chain: `
    select number, opening_minor, closing_minor, chain, chain_break, chain_difference_minor
    from tieout.statement where book_id = $1 and kind = 'bank-statement' and chain <> 'unchained' order by 1`,
};

async function standing({ db, bookId }: TestBook): Promise<Record<string, unknown>> {
  return await db.read(async (tx) => {
    const found: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(STANDING)) found[name] = await tx.query(sql, [bookId]);
    return found;
  });
}

/** The world in which only the last telling of each was ever sent. */
function lastTold({ batches, statements }: World): World {
  return { batches: batches.slice(-1), statements: statements.slice(-1) };
}

test('a book that was told anew ends as one that was told only the last', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (told) => {
      const restated = await played(told);
      const once = await played(lastTold(told));
      expect(await standing(restated)).toEqual(await standing(once));
    }),
    { numRuns: 5, examples: [[PAID_AND_CORRECTED]] },
  );
  const [acted] = await database.db.read((tx) =>
    tx.query<{ acts: bigint; revoked: bigint; payouts: bigint }>(
      `select count(*) as acts, sum(revoked_groups)::bigint as revoked,
         (select count(*) from tieout.match_told where rule = 'payout-withdrawn@1') as payouts
       from tieout.restatement_act`,
    ),
  );
  for (const count of Object.values(acted ?? {})) expect(count).toBeGreaterThan(0n);
}, 300_000);
