import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chart } from '../../src/ledger/chart.ts';
import { postByHand } from '../../src/ledger/post-by-hand.ts';
import { bookIn, dayOf, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { deliver } from '../support/deliveries.ts';
import { breachesOf, inRun, liveTies, revokeInRun, standing } from '../support/revoking.ts';
import { filesOf, ledgerOf, makeWorld } from '../support/world.ts';

const WORLD = makeWorld({ batches: 5, lines: 8 });
const TWIN_BATCHES = WORLD.batches.length;

let folder: string;
let delivered: string;
let database: FreshDatabase;
let books = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-revoke-'));
  delivered = await deliver(folder, 'in', filesOf(WORLD));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function newBook(): TestBook {
  books += 1;
  return bookIn(database, new URL('tieout.yaml', REPLAY), `revoking-${books}`);
}

/** A book that ran its files after its ledger: every tie was settled with its own batch or bank day. */
async function tiedAtOnce(): Promise<TestBook> {
  const book = newBook();
  await importLedger(book, ledgerOf(WORLD));
  await runNight(book, [delivered]);
  return book;
}

/** Which of the groups of a book to revoke. */
const someOf = fc.infiniteStream(fc.boolean());

describe('revocation', () => {
  test('of every tie made from suspense leaves balances and open items as they were before', async () => {
    const book = newBook();
    await runNight(book, [delivered]);
    await importLedger(book, ledgerOf(WORLD));
    const before = await standing(book);
    const known = new Set((await liveTies(book)).map(({ groupId }) => groupId));
    await runNight(book, [], { businessDate: dayOf('2026-03-07') });
    const made = (await liveTies(book)).filter(({ groupId }) => !known.has(groupId));
    expect(made.length).toBeGreaterThan(20);
    expect(await standing(book)).not.toEqual(before);
    expect(await revokeInRun(book, idsOf(made), dayOf('2026-03-08'))).toBe(made.length);
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('of any ties, and a run behind it, is as if nothing had been revoked', async () => {
    await fc.assert(
      fc.asyncProperty(someOf, async (choice) => {
        const book = await tiedAtOnce();
        const before = await standing(book);
        const ties = await liveTies(book);
        const chosen = ties.filter(() => choice.next().value === true);
        expect(await breachesOf(book)).toEqual([]);
        expect(await revokeInRun(book, idsOf(chosen))).toBe(chosen.length);
        expect(await breachesOf(book)).toEqual([]);
        await runNight(book, [], { businessDate: dayOf('2026-03-08') });
        expect(await breachesOf(book)).toEqual([]);
        expect(await standing(book)).toEqual(before);
        const again = await liveTies(book);
        const old = new Set(idsOf(chosen));
        expect(again.filter(({ groupId }) => old.has(groupId))).toEqual([]);
        // Twins may change places; all else is tied to what it was tied to.
        const pairs = new Set(ties.map(({ pair }) => pair));
        const others = again.filter(({ pair }) => !pairs.has(pair));
        expect(others.length).toBeLessThanOrEqual(2 * TWIN_BATCHES);
        expect(again.length).toBe(ties.length);
      }),
      { numRuns: 5 },
    );
  }, 120_000);

  test('is told once: the same groups revoked again change nothing', async () => {
    const book = await tiedAtOnce();
    const ids = idsOf(await liveTies(book));
    expect(await revokeInRun(book, ids)).toBe(ids.length);
    const after = await standing(book);
    expect(await revokeInRun(book, ids, dayOf('2026-03-08'))).toBe(0);
    expect(await standing(book)).toEqual(after);
    expect(await liveTies(book)).toEqual([]);
  });

  test('again and again gives every tie an id of its own', async () => {
    const book = await tiedAtOnce();
    const [tie] = await liveTies(book);
    const seen = new Set<string>();
    for (let round = 7; round <= 11; round += 2) {
      const same = (await liveTies(book)).find(({ pair }) => pair === tie?.pair);
      expect(same).toBeDefined();
      seen.add(same?.groupId ?? '');
      await revokeInRun(book, idsOf(same === undefined ? [] : [same]), dayOf(day(round)));
      await runNight(book, [], { businessDate: dayOf(day(round + 1)) });
    }
    expect(seen.size).toBe(3);
    expect(await breachesOf(book)).toEqual([]);
  });

  test('goes to the first open day when the day of the run is closed', async () => {
    const book = await tiedAtOnce();
    await book.db.transaction((tx) =>
      tx.execute(
        `insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by)
         values ($1, '2026-03-01', '2026-03-31', '2026-03', 'soft_closed', '2026-03-31T20:00:00Z', 'ada')`,
        [book.bookId],
      ),
    );
    const ids = idsOf(await liveTies(book));
    await revokeInRun(book, ids);
    const rows = await book.db.read((tx) =>
      tx.query<{ day: string }>(
        `select distinct reopened_effective_date as day from tieout.item_reopening where book_id = $1`,
        [book.bookId],
      ),
    );
    expect(rows).toEqual([{ day: '2026-04-01' }]);
    expect(await breachesOf(book)).toEqual([]);
  });
});

describe('revocation of entries that were tied to each other', () => {
  test('moves each back to the suspense of its own source', async () => {
    const book = newBook();
    await runNight(book, [delivered]);
    const before = await standing(book);
    // A bank entry and a settlement line of two sources, tied without items as transfers are, and booked as such.
    const groupId = await inRun(book, async (tx, options) => {
      const entries = await tx.query<{ fileNo: bigint; ordinal: bigint; source: string }>(
        `select distinct on (source_file.source) open_entry.file_no as "fileNo", ordinal, source_file.source
         from tieout.open_entry join tieout.source_file using (book_id, file_no)
         where book_id = $1 order by source_file.source, file_no, ordinal`,
        [book.bookId],
      );
      expect(entries.map(({ source }) => source)).toEqual(['adyen', 'house-bank']);
      const [group] = await tx.query<{ id: string }>(
        `insert into tieout.match_group
           (book_id, group_id, level, rule, certificate, alternatives, status, run_id, matched_at)
         values ($1, tieout.group_id($2, $3, 1), 1, 'own@1', 'UNIQUE', 1, 'confirmed', $4, $5::timestamptz)
         returning group_id as id`,
        [
          book.bookId,
          entries[0]?.fileNo ?? 0n,
          entries[0]?.ordinal ?? 0n,
          options.runId,
          options.now.toISOString(),
        ],
      );
      await tx.execute(
        `insert into tieout.match_member (book_id, group_id, member_no, run_id, file_no, ordinal, is_live)
         select $1, $2::uuid, place::int, $3, file_no, ordinal, true
         from unnest($4::bigint[], $5::bigint[]) with ordinality as entry (file_no, ordinal, place)`,
        [
          book.bookId,
          group?.id ?? '',
          options.runId,
          entries.map(({ fileNo }) => fileNo),
          entries.map(({ ordinal }) => ordinal),
        ],
      );
      await tx.execute(
        `delete from tieout.open_entry using tieout.match_member
         where open_entry.book_id = $1 and match_member.book_id = $1 and match_member.group_id = $2::uuid
           and match_member.file_no = open_entry.file_no and match_member.ordinal = open_entry.ordinal`,
        [book.bookId, group?.id ?? ''],
      );
      const amounts = await tx.query<{ minor: bigint; source: string }>(
        `select gross_minor as minor, source from tieout.match_member
         join tieout.entry using (book_id, file_no, ordinal) join tieout.source_file using (book_id, file_no)
         where book_id = $1 and group_id = $2::uuid`,
        [book.bookId, group?.id ?? ''],
      );
      await postByHand(
        tx,
        amounts.map(({ minor, source }) => ({
          key: `transfer of ${source}`,
          kind: 'bank',
          effectiveDate: options.businessDate,
          currency: 'EUR',
          description: 'as settlement books a transfer',
          createdBy: 'test',
          postings: [
            minor > 0n
              ? { debit: `suspense:${source}`, credit: OWN_ACCOUNTS, amountMinor: minor }
              : { debit: OWN_ACCOUNTS, credit: `suspense:${source}`, amountMinor: -minor },
          ],
        })),
        {
          ...options,
          chart: plainOwnAccounts(options.chart),
          operationId: options.newOperationId(),
        },
      );
      return group?.id ?? '';
    });
    expect(await revokeInRun(book, [groupId], dayOf('2026-03-08'))).toBe(1);
    expect(await standing(book)).toEqual(before);
    expect(await breachesOf(book)).toEqual([]);
  });
});

const OWN_ACCOUNTS = 'assets:transfers:own-accounts';

/** The two sides of this transfer do not cancel out, as those of a real one do: the account may keep what is left. */
function plainOwnAccounts(chart: Chart): Chart {
  return (code, currency) => {
    const terms = chart(code, currency);
    return code === OWN_ACCOUNTS && terms !== undefined
      ? { ...terms, isReconcilable: false }
      : terms;
  };
}

function idsOf(ties: readonly { readonly groupId: string }[]): string[] {
  return ties.map(({ groupId }) => groupId);
}

function day(number: number): string {
  return `2026-03-${String(number).padStart(2, '0')}`;
}
