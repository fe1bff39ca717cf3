import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealJournals } from '../../src/audit/seal.ts';
import type { Tx } from '../../src/db/db.ts';
import { OperationalError } from '../../src/errors.ts';
import { BOOK_ID, capture, day, givenBook, NOW, postBatch } from '../ledger/books.ts';
import { type FreshDatabase, freshDatabase, inRolledBackTransaction } from '../support/database.ts';
import { givenJournals, KEY, sealAll, verifyStored } from './sealed-books.ts';

let fresh: FreshDatabase;

beforeAll(async () => {
  fresh = await freshDatabase();
});

afterAll(async () => {
  await fresh.drop();
});

async function sealedKeys(tx: Tx): Promise<readonly unknown[]> {
  return await tx.query(
    `select block_no::int as block, string_agg(key, ' ' order by leaf_no) as keys
     from tieout.seal_leaf join tieout.journal using (book_id, booked_on, journal_id)
     group by block_no order by block_no`,
  );
}

test('seals in blocks of a limited size, by booking day and id, each with its counts and sums', () =>
  inRolledBackTransaction(async (tx) => {
    await givenJournals(tx);
    const options = { bookId: BOOK_ID, key: KEY, now: NOW, blockLeaves: 4 };
    expect(await sealJournals(tx, options)).toEqual({
      blocks: 3,
      journals: 10,
      postings: 11,
      isFull: false,
    });
    expect(await sealedKeys(tx)).toEqual([
      { block: 1, keys: 'pay-0 pay-1 pay-2 pay-3' },
      { block: 2, keys: 'pay-4 pay-5 pay-6 pay-7' },
      { block: 3, keys: 'pay-8 pay-9' },
    ]);
    const blocks = await tx.query(
      `select leaf_count::int as leaves, posting_count::int as postings, sums, key_id as "keyId",
         previous_root = coalesce(lag(merkle_root) over (order by block_no), decode(repeat('00', 32), 'hex')) as chained
       from tieout.seal_block order by block_no`,
    );
    const { keyId } = KEY.publicKey;
    expect(blocks).toEqual([
      { leaves: 4, postings: 4, sums: { EUR: '4936' }, keyId, chained: true },
      { leaves: 4, postings: 5, sums: { EUR: '4970' }, keyId, chained: true },
      { leaves: 2, postings: 2, sums: { EUR: '1234', USD: '1234' }, keyId, chained: true },
    ]);
  }));

test('seals nothing twice, and nothing where nothing is new', () =>
  inRolledBackTransaction(async (tx) => {
    await givenJournals(tx);
    await sealAll(tx);
    const again = await sealJournals(tx, { bookId: BOOK_ID, key: KEY, now: NOW });
    expect(again).toEqual({ blocks: 0, journals: 0, postings: 0, isFull: false });
    await postBatch(tx, [capture({ key: 'early', effectiveDate: day('2020-01-01') })]);
    await sealAll(tx);
    expect((await sealedKeys(tx)).at(-1)).toEqual({ block: 4, keys: 'early' });
  }));

test('seals some blocks at once and says that there may be more', () =>
  inRolledBackTransaction(async (tx) => {
    await givenJournals(tx);
    const options = { bookId: BOOK_ID, key: KEY, now: NOW, blockLeaves: 3, blocksAtOnce: 2 };
    const seals = [];
    for (let round = 0; round < 2; round += 1) seals.push(await sealJournals(tx, options));
    expect(seals).toMatchObject([
      { blocks: 2, journals: 6, isFull: true },
      { blocks: 2, journals: 4, isFull: false },
    ]);
    expect(await verifyStored(tx)).toEqual({ blocks: 4n, journals: 10n });
  }));

test('leaves journals of another book alone, and the journals as they were', () =>
  inRolledBackTransaction(async (tx) => {
    await givenJournals(tx);
    const other = await givenBook(tx, 'other');
    await postBatch(tx, [capture()], { bookId: other });
    const before = await tx.query('select * from tieout.journal order by journal_id');
    await sealAll(tx);
    expect(await tx.query('select * from tieout.journal order by journal_id')).toEqual(before);
    expect(await tx.query('select 1 from tieout.seal_leaf where book_id = $1', [other])).toEqual(
      [],
    );
  }));

const ELSEWHERE = { debit: 'assets:bank:a', credit: 'assets:bank:b', amountMinor: 1n };

test('puts a journal that began before a seal and committed after it into the next block', async () => {
  await fresh.db.transaction((tx) => givenBook(tx));
  // On accounts of its own: nothing that the prompt journal does waits for it.
  await fresh.db.transaction(async (tx) => {
    await postBatch(tx, [capture({ key: 'late', effectiveDate: day('2026-01-01') })]);
    await fresh.db.transaction((other) =>
      postBatch(other, [capture({ key: 'prompt', postings: [ELSEWHERE] })]),
    );
    await fresh.db.transaction((other) => sealAll(other));
    expect(await sealedKeys(tx)).toEqual([{ block: 1, keys: 'prompt' }]);
  });
  await fresh.db.transaction((tx) => sealAll(tx));
  await fresh.db.read(async (tx) => {
    expect(await sealedKeys(tx)).toEqual([
      { block: 1, keys: 'prompt' },
      { block: 2, keys: 'late' },
    ]);
    expect(await verifyStored(tx)).toEqual({ blocks: 2n, journals: 2n });
  });
});

test('tells a second sealer that the book is taken', async () => {
  await fresh.db.transaction((tx) => givenBook(tx));
  await fresh.db.transaction(async (tx) => {
    await sealAll(tx);
    const second = fresh.db.transaction((other) => sealAll(other));
    await expect(second).rejects.toThrow(OperationalError);
    await expect(second).rejects.toMatchObject({ code: 'book_busy' });
  });
});
