import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type SealedJournal,
  type SealedPosting,
  sealedBlockBytes,
  sealedHashOf,
} from '../../src/audit/seal-encoding.ts';
import { inRolledBackTransaction } from '../support/database.ts';

// Postgres stores no NUL, and half a surrogate pair is no character.
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((value) => value.replaceAll('\0', ''));
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const bigint = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
const amount = fc.bigInt(1n, 2n ** 63n - 1n).map(String);
const micros = fc.bigInt(-(10n ** 15n), 7n * 10n ** 15n).map(String);
const uuid = fc.uuid();
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const boolean = fc.boolean().map(String);

const head = { book_id: bigint, booked_on: day, journal_id: uuid };
const journalWithoutPostings = {
  ...head,
  key: text,
  kind: text,
  effective_date: day,
  booked_at: micros,
  reference: nullable(text),
  payment_id: nullable(text),
  description: text,
  run_id: nullable(bigint),
  reverses_journal_id: nullable(uuid),
  created_by: text,
  metadata: nullable(fc.dictionary(text, text).map((object) => JSON.stringify(object))),
  requested_date: nullable(day),
  relates_to_period: nullable(text),
  is_announced: boolean,
};
const posting = {
  seq: fc.integer({ min: 1, max: 32767 }).map(String),
  layer: fc.constantFrom('settled', 'pending', 'released'),
  debit_account_id: fc.bigInt(0n, 2n ** 62n).map(String),
  credit_account_id: fc.bigInt(2n ** 62n + 1n, 2n ** 63n - 1n).map(String),
  currency: text,
  amount_minor: amount,
  effective_date: day,
  opens_debit_item: boolean,
  opens_credit_item: boolean,
  item_reference: nullable(text),
};
const sealedJournal: fc.Arbitrary<SealedJournal> = fc
  .tuple(
    fc.record(journalWithoutPostings),
    fc.uniqueArray(fc.record(posting), { selector: ({ seq }) => seq, maxLength: 3 }),
  )
  .map(([journal, postings]) => ({
    ...journal,
    postings: postings
      .toSorted((left, right) => Number(left.seq) - Number(right.seq))
      .map((one) => ({
        book_id: journal.book_id,
        booked_on: journal.booked_on,
        journal_id: journal.journal_id,
        ...one,
      })),
  }));

const STORED = `
  select encode(tieout.sealed_hash(journal, (
    select string_agg(tieout.sealed_posting(posting), ''::bytea order by seq) from tieout.posting
    where posting.book_id = journal.book_id and posting.journal_id = journal.journal_id
  )), 'hex') as hash, metadata::text as metadata
  from tieout.journal
  where book_id = $1 and journal_id = $2::uuid`;

test('the database and the program hash the same journal to the same leaf', () =>
  inRolledBackTransaction(async (tx) => {
    await tx.runScript('set local role none; set local session_replication_role = replica');
    await fc.assert(
      fc.asyncProperty(sealedJournal, async ({ postings, ...journal }) => {
        await tx.execute('delete from tieout.journal');
        await tx.execute('delete from tieout.posting');
        await tx.execute(
          `insert into tieout.journal
             (book_id, booked_on, journal_id, key, kind, effective_date, booked_at, reference, payment_id, description,
              run_id, reverses_journal_id, created_by, metadata, requested_date, relates_to_period, is_announced)
           select book_id, booked_on, journal_id, key, kind, effective_date,
             timestamptz 'epoch' + ($2::bigint / 1000000) * interval '1 second' + ($2::bigint % 1000000) * interval '1 microsecond',
             reference, payment_id, description, run_id, reverses_journal_id, created_by, $3::jsonb, requested_date,
             relates_to_period, is_announced
           from jsonb_populate_record(null::tieout.journal, $1::jsonb - 'booked_at' - 'metadata')`,
          [JSON.stringify(journal), journal.booked_at, journal.metadata],
        );
        await tx.execute(
          'insert into tieout.posting select * from jsonb_populate_recordset(null::tieout.posting, $1::jsonb)',
          [JSON.stringify(postings)],
        );
        const [stored] = await tx.query<{ hash: string; metadata: string | null }>(STORED, [
          journal.book_id,
          journal.journal_id,
        ]);
        const sealed = { ...journal, metadata: stored?.metadata ?? null, postings };
        expect(sealedHashOf(sealed).toString('hex')).toBe(stored?.hash);
      }),
      { numRuns: 150 },
    );
  }));

const JOURNAL: SealedJournal = {
  book_id: '1',
  booked_on: '2026-03-02',
  journal_id: '0190a1b2-0000-8000-a000-000000000000',
  key: 'pay-1',
  kind: 'capture',
  effective_date: '2026-03-01',
  booked_at: '1772442000000000',
  reference: 'order-1',
  payment_id: 'pay-1',
  description: 'capture',
  run_id: '1',
  reverses_journal_id: '0190a1b2-0000-8000-a000-000000010000',
  created_by: 'tester',
  metadata: '{}',
  requested_date: '2026-03-01',
  relates_to_period: '2026-02',
  is_announced: 'false',
  postings: [],
};
const POSTING: SealedPosting = {
  book_id: '1',
  booked_on: '2026-03-02',
  journal_id: '0190a1b2-0000-8000-a000-000000000000',
  seq: '1',
  layer: 'settled',
  debit_account_id: '1',
  credit_account_id: '2',
  currency: 'EUR',
  amount_minor: '1234',
  effective_date: '2026-03-01',
  opens_debit_item: 'true',
  opens_credit_item: 'false',
  item_reference: 'order-1',
};

test('no field can be changed, emptied or nulled without another hash', () => {
  const hashes = new Set([sealedHashOf({ ...JOURNAL, postings: [POSTING] }).toString('hex')]);
  let variants = 1;
  const add = (journal: SealedJournal) => {
    hashes.add(sealedHashOf(journal).toString('hex'));
    variants += 1;
  };
  const { postings: _, ...columns } = JOURNAL;
  for (const [column, value] of Object.entries(columns)) {
    const other = /^\d{4}-\d\d-\d\d$/.test(String(value)) ? '2020-01-01' : `${value}0`;
    add({ ...JOURNAL, postings: [POSTING], [column]: other });
  }
  for (const [column, value] of Object.entries(POSTING)) {
    const other = /^\d{4}-\d\d-\d\d$/.test(String(value)) ? '2020-01-01' : `${value}0`;
    add({ ...JOURNAL, postings: [{ ...POSTING, [column]: other }] });
  }
  for (const column of ['reference', 'payment_id', 'metadata', 'relates_to_period', 'run_id']) {
    add({ ...JOURNAL, postings: [POSTING], [column]: null });
    add({ ...JOURNAL, postings: [POSTING], [column]: '' });
  }
  add({ ...JOURNAL, postings: [] });
  add({ ...JOURNAL, postings: [POSTING, { ...POSTING, seq: '2' }] });
  expect(hashes.size).toBe(variants);
});

test('text cannot wander from one field into the next', () => {
  const left = { ...JOURNAL, reference: 'ab', payment_id: 'c' };
  const right = { ...JOURNAL, reference: 'a', payment_id: 'bc' };
  expect(sealedHashOf(left)).not.toEqual(sealedHashOf(right));
});

test('the head of a block is signed with its book, its number, the root before it and its sums in one order', () => {
  const block = {
    blockNo: 2n,
    leafCount: 1n,
    postingCount: 1n,
    sums: { EUR: '1', USD: '2' },
    merkleRoot: Buffer.alloc(32, 1),
    previousRoot: Buffer.alloc(32, 2),
    sealedAt: 0n,
    keyId: 'key',
  };
  const bytes = sealedBlockBytes(1n, block);
  expect(sealedBlockBytes(1n, { ...block, sums: { USD: '2', EUR: '1' } })).toEqual(bytes);
  const changes = [
    { blockNo: 3n },
    { leafCount: 2n },
    { postingCount: 2n },
    { sums: { EUR: '2', USD: '1' } },
    { merkleRoot: Buffer.alloc(32, 3) },
    { previousRoot: Buffer.alloc(32, 3) },
    { sealedAt: 1n },
    { keyId: 'other' },
  ];
  for (const change of changes) {
    expect(sealedBlockBytes(1n, { ...block, ...change })).not.toEqual(bytes);
  }
  expect(sealedBlockBytes(2n, block)).not.toEqual(bytes);
});
