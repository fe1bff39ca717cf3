import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  bookIn,
  importLedger,
  ledgerBreaches,
  REPLAY,
  runNight,
  type TestBook,
} from '../support/book.ts';
import { bookDigest } from '../support/book-tables.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  type BankRow,
  bankStatement,
  deliver,
  type LedgerRow,
  ledgerFile,
} from '../support/deliveries.ts';
import { generator, shuffled } from '../support/world.ts';

let folder: string;
let database: FreshDatabase;
let cases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-engine-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Evidence {
  /** Amounts of payouts, minor units; few values, so that twins and sums are common. */
  readonly payouts: readonly number[];
  /** Each bank entry: which payouts it is made of, whether it names them, and what the bank kept. */
  readonly entries: readonly {
    readonly of: readonly number[];
    readonly isNamed: boolean;
    readonly kept: number;
  }[];
}

const evidence: fc.Arbitrary<Evidence> = fc.record({
  payouts: fc.array(fc.constantFrom(400, 500, 900, 1300, 2100), { minLength: 1, maxLength: 7 }),
  entries: fc.array(
    fc.record({
      of: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 2 }),
      isNamed: fc.constantFrom(true, true, true, false),
      kept: fc.constantFrom(0, 0, 0, 0, 0, 15, 400),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

const referenceOf = (place: number) => `ACMEPO50${place}1${place}`;

function ledgerOf({ payouts }: Evidence): LedgerRow[] {
  return payouts.map((amountMinor, place) => ({
    kind: 'payout',
    reference: referenceOf(place),
    amountMinor,
    id: `payout-${place}`,
  }));
}

function bankOf({ payouts, entries }: Evidence): BankRow[] {
  return entries.flatMap(({ of, isNamed, kept }) => {
    const known = of.filter((place) => place < payouts.length);
    const sum = known.reduce((total, place) => total + (payouts[place] ?? 0), 0) - kept;
    if (sum <= 0) return [];
    const text = isNamed ? known.map(referenceOf).join(' ') : 'Sammelauftrag';
    return [{ amountMinor: -sum, text }];
  });
}

async function play(ledger: readonly LedgerRow[], bank: readonly BankRow[]): Promise<TestBook> {
  cases += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `case-${cases}`);
  await importLedger(book, ledgerFile(ledger));
  const files = { 'statement.xml': bankStatement(bank) };
  await runNight(book, [await deliver(folder, `case-${cases}`, files)]);
  return book;
}

/** What must be empty: an end in two live groups, a group that does not balance, an end whose parts are not its amount. */
const BREACHES = `
  with live as (select * from tieout.match_member where book_id = $1 and is_live),
  sums as (
    select live.group_id, coalesce(sum(entry.gross_minor), 0) as entries_minor,
      coalesce(sum(live.item_amount_minor), 0) as items_minor
    from live
    left join tieout.entry using (book_id, file_no, ordinal)
    group by live.group_id
  )
  select 'entry in two groups' as breach, file_no || ':' || ordinal as what from live
  where file_no is not null group by file_no, ordinal having count(*) > 1
  union all
  select 'item in two groups', item_id::text from live where item_id is not null group by item_id having count(*) > 1
  union all
  select 'does not balance', sums.group_id::text
  from sums
  join tieout.match_told on match_told.book_id = $1 and match_told.group_id = sums.group_id
  where sums.items_minor - sums.entries_minor <> coalesce(match_told.residual_minor, 0)
  union all
  select 'parts are not the entry', part.group_id::text
  from tieout.match_allocation part
  join tieout.entry using (book_id, file_no, ordinal)
  where part.book_id = $1
  group by part.group_id, part.file_no, part.ordinal, entry.gross_minor
  having sum(part.amount_minor) <> entry.gross_minor
  union all
  select 'parts are not the item', part.group_id::text
  from tieout.match_allocation part
  join tieout.match_member member using (book_id, group_id, item_id)
  where part.book_id = $1
  group by part.group_id, part.item_id, member.item_amount_minor
  having sum(part.amount_minor) <> member.item_amount_minor
  union all
  select 'confirmed without proof', group_id::text from tieout.match_told
  where book_id = $1 and status = 'confirmed' and certificate not in ('UNIQUE', 'EQUIVALENT')`;

describe('what rules tie', () => {
  test('conserves every amount, holds nothing twice, keeps the books, and does not depend on the order of rows', async () => {
    let [groups, several] = [0n, 0n];
    await fc.assert(
      fc.asyncProperty(evidence, fc.integer(), async (world, seed) => {
        const [ledger, bank] = [ledgerOf(world), bankOf(world)];
        const book = await play(ledger, bank);
        const read = <T>(sql: string) => book.db.read((tx) => tx.query<T>(sql, [book.bookId]));
        expect(await read(BREACHES)).toEqual([]);
        expect(await ledgerBreaches(book)).toEqual([]);
        const random = generator(seed);
        const other = await play(shuffled(ledger, random), shuffled(bank, random));
        const compared = { isSameBytes: false };
        expect(await bookDigest(other, compared)).toEqual(await bookDigest(book, compared));
        const [made] = await read<{ groups: bigint; several: bigint }>(
          `select count(distinct group_id) as groups, count(distinct group_id) filter (where item_id is null) as several
           from tieout.match_member where book_id = $1 and is_live`,
        );
        groups += made?.groups ?? 0n;
        several += made?.several ?? 0n;
      }),
      { numRuns: 25, seed: 5 },
    );
    // Worlds in which nothing is tied would prove nothing.
    expect(groups).toBeGreaterThan(10n);
    expect(several).toBeGreaterThan(2n);
  }, 300_000);
});
