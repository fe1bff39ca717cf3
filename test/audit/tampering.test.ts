import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportSeals, sealDigest } from '../../src/audit/export-seals.ts';
import { exportedChain, findRenamedAccount } from '../../src/audit/exported-chain.ts';
import { type KeptSeals, readKeptSeals } from '../../src/audit/seal-anchor.ts';
import { verifyChain } from '../../src/audit/verify-chain.ts';
import { verifySeals } from '../../src/audit/verify-seals.ts';
import type { Tx } from '../../src/db/db.ts';
import { BOOK_ID, capture, day, postBatch } from '../ledger/books.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';
import {
  givenSealedJournals,
  inShort,
  KEY,
  newSealKey,
  sealAgain,
  sealAll,
  verifyStored,
} from './sealed-books.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-tampering-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const WHAT = { bookId: BOOK_ID, book: 'acme', keys: [KEY.publicKey] };

async function exported(tx: Tx, name = 'export.ndjson'): Promise<string> {
  const file = join(folder, name);
  let text = '';
  for await (const piece of exportSeals(tx, WHAT)) text += piece;
  writeFileSync(file, text);
  return file;
}

async function keptDigest(tx: Tx): Promise<KeptSeals> {
  const file = join(folder, 'digest.json');
  writeFileSync(file, JSON.stringify(await sealDigest(tx, WHAT)));
  return await readKeptSeals(file);
}

const OF = (key: string) => `(select journal_id from tieout.journal where key = '${key}')`;

/** What is done to the sealed book, and what is found: fault, block, leaf, key. */
const PLANTS: readonly (readonly [string, string, readonly unknown[]])[] = [
  [
    'a description that was edited',
    `update tieout.journal set description = 'x' where key = 'pay-6'`,
    ['edited', 2, 2, 'pay-6'],
  ],
  [
    'an amount that was edited by one cent',
    `update tieout.posting set amount_minor = amount_minor + 1 where journal_id = ${OF('pay-9')}`,
    ['edited', 3, 1, 'pay-9'],
  ],
  [
    'two accounts that were swapped',
    `update tieout.posting set debit_account_id = credit_account_id, credit_account_id = debit_account_id where journal_id = ${OF('pay-0')}`,
    ['edited', 1, 0, 'pay-0'],
  ],
  [
    'a posting that was deleted',
    `delete from tieout.posting where seq = 2`,
    ['edited', 2, 1, 'pay-5'],
  ],
  [
    'a posting that was added',
    `insert into tieout.posting
       select book_id, booked_on, journal_id, 2, layer, debit_account_id, credit_account_id, currency, amount_minor,
         effective_date, opens_debit_item, opens_credit_item, item_reference
       from tieout.posting where journal_id = ${OF('pay-3')}`,
    ['edited', 1, 3, 'pay-3'],
  ],
  [
    'a journal that was deleted with its postings',
    `delete from tieout.posting where journal_id = ${OF('pay-5')};
     delete from tieout.journal where key = 'pay-5'`,
    ['deleted', 2, 1, null],
  ],
  [
    'a journal that was deleted with its leaf',
    `delete from tieout.seal_leaf where journal_id = ${OF('pay-5')};
     delete from tieout.journal where key = 'pay-5'`,
    ['missing', 2, 1, null],
  ],
  [
    'the last leaf of a block that was deleted',
    `delete from tieout.seal_leaf where journal_id = ${OF('pay-9')}; delete from tieout.journal where key = 'pay-9'`,
    ['missing', 3, 1, null],
  ],
  [
    'a journal that was deleted and the leaves behind it moved up',
    `delete from tieout.seal_leaf where journal_id = ${OF('pay-5')};
     update tieout.seal_leaf set leaf_no = leaf_no - 1 where block_no = 2 and leaf_no = 2;
     update tieout.seal_leaf set leaf_no = leaf_no - 1 where block_no = 2 and leaf_no = 3;
     update tieout.seal_block set leaf_count = 3 where block_no = 2`,
    ['root', 2, null, null],
  ],
  [
    'a journal that was put into a sealed block',
    `insert into tieout.journal select (jsonb_populate_record(journal, '{"key": "planted", "journal_id": "ffffffff-0000-8000-a000-000000000000"}')).*
       from tieout.journal where key = 'pay-1';
     insert into tieout.seal_leaf select book_id, journal_id, booked_on, 1, 4, tieout.sealed_hash(journal, null)
       from tieout.journal where key = 'planted'`,
    ['inserted', 1, 4, 'planted'],
  ],
  [
    'two journals that changed places',
    `update tieout.seal_leaf set leaf_no = 9 where block_no = 1 and leaf_no = 1;
     update tieout.seal_leaf set leaf_no = 1 where block_no = 1 and leaf_no = 2;
     update tieout.seal_leaf set leaf_no = 2 where block_no = 1 and leaf_no = 9`,
    ['order', 1, 2, 'pay-1'],
  ],
  [
    'a journal that was edited with its leaf hash',
    `update tieout.journal set description = 'x' where key = 'pay-6';
     update tieout.seal_leaf set leaf_hash = tieout.sealed_hash(journal, (
         select tieout.sealed_posting(posting) from tieout.posting where posting.journal_id = journal.journal_id))
       from tieout.journal where key = 'pay-6' and journal.journal_id = seal_leaf.journal_id`,
    ['root', 2, null, null],
  ],
  [
    'a root that was edited',
    `update tieout.seal_block set merkle_root = sha256('x') where block_no = 2`,
    ['root', 2, null, null],
  ],
  [
    'a previous root that was edited',
    `update tieout.seal_block set previous_root = sha256('x') where block_no = 2`,
    ['chain', 2, null, null],
  ],
  [
    'sums that were edited',
    `update tieout.seal_block set sums = '{"EUR": "1"}' where block_no = 2`,
    ['totals', 2, null, null],
  ],
  [
    'a count that was edited',
    `update tieout.seal_block set posting_count = 1 where block_no = 2`,
    ['totals', 2, null, null],
  ],
  [
    'a date of sealing that was edited',
    `update tieout.seal_block set sealed_at = sealed_at + interval '1 microsecond' where block_no = 2`,
    ['signature', 2, null, null],
  ],
  [
    'a block that is gone',
    `delete from tieout.seal_block where block_no = 2`,
    ['missing', 2, null, null],
  ],
  [
    'a last block that is gone while its leaves are there',
    `delete from tieout.seal_block where block_no = 3`,
    ['missing', 3, 0, 'pay-8'],
  ],
  [
    'an account that was renamed',
    `update tieout.account set code = 'assets:bank:other' where code = 'income:fees:shop'`,
    ['account', null, null, null],
  ],
];

describe('verify', () => {
  test('finds nothing in sealed journals, nor in ones not sealed yet', () =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      await postBatch(tx, [capture({ key: 'later', effectiveDate: day('2026-01-01') })]);
      expect(await verifyStored(tx)).toEqual({ blocks: 3n, journals: 10n });
      expect(await verifySeals(tx, BOOK_ID)).toEqual({ checked: 10n, breaches: 0n });
      const { anchor, keys } = await readKeptSeals(await exported(tx));
      const blocks = exportedChain(await exported(tx));
      expect(await verifyChain({ bookId: BOOK_ID, blocks, keys, anchor })).toEqual({
        blocks: 3n,
        journals: 10n,
      });
    }));

  test.each(PLANTS)('finds %s', (plant, sql, found) =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      await tamper(tx, sql);
      expect(inShort(await verifyStored(tx))).toEqual(found);
      const { breaches } = await verifySeals(tx, BOOK_ID);
      // Who signed is not looked at there, nor are the sums of a block or the names of accounts.
      const isUnseen =
        found[0] === 'signature' || found[0] === 'account' || plant.startsWith('sums');
      expect(breaches > 0n).toBe(!isUnseen);
    }),
  );

  test.each(['journal', 'posting'])(
    'finds an edit of any column of %s, also when it was sealed again with another key',
    (table) =>
      inRolledBackTransaction(async (tx) => {
        await givenSealedJournals(tx);
        const { anchor } = await keptDigest(tx);
        const whole = await readKeptSeals(await exported(tx));
        const columns = await tx.query<{ name: string; type: string }>(
          `select attname as name, atttypid::regtype::text as type from pg_attribute
           where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
          [`tieout.${table}`],
        );
        expect(columns.length).toBeGreaterThan(12);
        for (const { name, type } of columns) {
          await tx.runScript('savepoint one_column');
          await tamper(
            tx,
            `update tieout.${table} set ${name} = ${changed(name, type)} where journal_id = ${OF('pay-6')}`,
          );
          const stored = inShort(await verifyStored(tx));
          expect(stored?.slice(1, 3), name).toEqual([2, 2]);
          expect(['edited', 'deleted'], name).toContain(stored?.[0]);
          if (name !== 'book_id') {
            await sealAgain(tx, newSealKey());
            expect((await verifyStored(tx)).breach?.fault, name).toBe('signature');
            expect((await verifyStored(tx, { anchor })).breach?.fault, name).toBe('anchor');
            const named = await verifyStored(tx, { anchor: whole.anchor });
            expect(named.breach?.blockNo, name).toBeGreaterThan(0n);
            expect(named.breach?.key, name).toMatch(/^pay-/);
          }
          await tx.runScript('rollback to savepoint one_column');
        }
      }),
  );
});

function changed(name: string, type: string): string {
  if (name === 'layer') return `'pending'`;
  if (type === 'text') return `coalesce(${name}, '') || 'x'`;
  if (type === 'boolean') return `not ${name}`;
  if (type === 'jsonb') return `'{"merchant": "other"}'`;
  if (type === 'uuid') return `'ffffffff-0000-8000-a000-000000000000'`;
  if (type === 'timestamp with time zone') return `${name} + interval '1 microsecond'`;
  return `coalesce(${name} + 1, ${type === 'date' ? `'2026-01-01'` : '1'})`;
}

describe('what was kept elsewhere', () => {
  /** Done to the books, then everything sealed again with the right key; and what a kept export names. */
  test.each<[string, string, readonly unknown[]]>([
    [
      'an edit',
      `update tieout.journal set reference = null where key = 'pay-6'`,
      ['edited', 2, 2, 'pay-6'],
    ],
    ['a deletion', `delete from tieout.journal where key = 'pay-5'`, ['deleted', 2, 1, 'pay-5']],
    [
      'a deletion at the end of a block',
      `delete from tieout.journal where key = 'pay-3'`,
      ['edited', 1, 3, 'pay-3'],
    ],
    [
      'an insertion',
      `insert into tieout.journal select (jsonb_populate_record(journal, jsonb_build_object('key', 'planted',
         'journal_id', left(journal_id::text, -1) || 'f'))).* from tieout.journal where key = 'pay-4'`,
      ['inserted', 2, 1, 'pay-5'],
    ],
    [
      'a change of the order',
      `update tieout.journal set journal_id = 'ffffffff-0000-8000-a000-000000000000' where key = 'pay-0'`,
      ['deleted', 1, 0, 'pay-0'],
    ],
    [
      'a tail cut off with its journals',
      `delete from tieout.journal where key in ('pay-8', 'pay-9')`,
      ['truncated', 3, null, null],
    ],
    [
      'a whole other history',
      `update tieout.journal set booked_at = booked_at - interval '1 day'`,
      ['edited', 1, 0, 'pay-0'],
    ],
  ])('shows %s though everything was sealed again with the right key', (_, sql, found) =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      const digest = await keptDigest(tx);
      const whole = await readKeptSeals(await exported(tx));
      await tamper(tx, sql);
      await sealAgain(tx, KEY);
      expect(inShort(await verifyStored(tx))).toBeUndefined();
      const byDigest = await verifyStored(tx, { anchor: digest.anchor });
      expect(byDigest.breach?.fault).toBe(found[0] === 'truncated' ? 'truncated' : 'anchor');
      expect(byDigest.breach?.blockNo).toBe(BigInt(String(found[1])));
      expect(inShort(await verifyStored(tx, { anchor: whole.anchor }))).toEqual(found);
    }),
  );

  test('shows a tail cut off with its leaves and journals', () =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      const { anchor } = await keptDigest(tx);
      await tamper(
        tx,
        `delete from tieout.journal where key in ('pay-8', 'pay-9'); delete from tieout.seal_leaf where block_no = 3;
         delete from tieout.seal_block where block_no = 3`,
      );
      expect(inShort(await verifyStored(tx))).toBeUndefined();
      expect(inShort(await verifyStored(tx, { anchor }))).toEqual(['truncated', 3, null, null]);
    }));

  test('has nothing against blocks that came later, or against another book', () =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      const { anchor } = await keptDigest(tx);
      await postBatch(tx, [capture({ key: 'later' })]);
      await sealAll(tx);
      expect(await verifyStored(tx, { anchor })).toEqual({ blocks: 4n, journals: 11n });
      const other = await verifyStored(tx, { anchor: { ...anchor, bookId: 1n } });
      expect(other.breach?.fault).toBe('anchor');
    }));
});

describe('an export', () => {
  test.each<[string, (lines: string[]) => string[], readonly unknown[]]>([
    [
      'an edited amount',
      (lines) =>
        lines.map((line) =>
          line
            .replace('"amount_minor":"34"', '"amount_minor":"35"')
            .replace('"amount_minor" : "34"', '"amount_minor" : "35"'),
        ),
      ['edited', 2, 1, 'pay-5'],
    ],
    [
      'a journal left out',
      (lines) => lines.filter((line) => !line.includes('pay-5')),
      ['missing', 2, 1, null],
    ],
    [
      'a journal twice',
      (lines) => lines.flatMap((line) => (line.includes('pay-5') ? [line, line] : [line])),
      ['order', 2, 1, 'pay-5'],
    ],
    [
      'an account of another name',
      (lines) => lines.map((line) => line.replace(/("code":)"income:fees:shop"/, '$1"other"')),
      ['account', null, null, null],
    ],
    ['a tail cut off', (lines) => lines.slice(0, -3), ['truncated', 3, null, null]],
  ])('shows %s', (_, change, found) =>
    inRolledBackTransaction(async (tx) => {
      await givenSealedJournals(tx);
      const { anchor, keys } = await keptDigest(tx);
      let text = '';
      for await (const piece of exportSeals(tx, WHAT)) text += piece;
      const lines = text.split('\n').slice(0, -1);
      const file = join(folder, 'changed.ndjson');
      writeFileSync(file, `${change(lines).join('\n')}\n`);
      const verdict = await verifyChain({
        bookId: BOOK_ID,
        blocks: exportedChain(file),
        keys,
        anchor,
      });
      const breach = verdict.breach ?? (await findRenamedAccount(file));
      expect(breach === undefined ? undefined : inShort({ ...verdict, breach })).toEqual(found);
    }),
  );
});
