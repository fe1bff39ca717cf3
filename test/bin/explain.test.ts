import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainCommand } from '../../bin/commands/explain.ts';
import { EXIT_CODE } from '../../src/errors.ts';
import { readMatch } from '../../src/match/explain/read-match.ts';
import { revokeGroups } from '../../src/match/revoke.ts';
import { weekdays } from '../match/explain/packs.ts';
import { bookIn, dayOf, importLedger, runNight, type TestBook } from '../support/book.ts';
import { runCommand, type Seen } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { assertGolden } from '../support/golden.ts';

const DEMO = new URL('../../fixtures/demo/', import.meta.url);
const SCHEMA = new URL('../../schemas/tieout.explain.1.json', import.meta.url);
const EVENING = new Date('2026-03-06T21:45:00Z');

let database: FreshDatabase;
let book: TestBook;
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

beforeAll(async () => {
  database = await freshDatabase();
  book = bookIn(database, new URL('tieout.yaml', DEMO));
  await importLedger(book, new URL('ledger.csv', DEMO));
  await runNight(book, [fileURLToPath(new URL('in/', DEMO))], {
    businessDate: dayOf('2026-03-06'),
  });
});

afterAll(() => database.drop());

async function explain(...parameters: readonly string[]): Promise<Seen> {
  const surroundings = { url: database.url, cwd: fileURLToPath(DEMO), now: EVENING };
  return await runCommand(explainCommand, surroundings, parameters);
}

async function explainJson(id: string) {
  const document = JSON.parse((await explain(id, '--json')).out);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

async function idOf(sql: string): Promise<string> {
  const [found] = await book.db.read((tx) => tx.query<{ id: string }>(sql, [book.bookId]));
  if (found === undefined) throw new Error(`nothing found by ${sql}`);
  return found.id;
}

describe('a match', () => {
  test('is told with its rule, every condition, what it means, its journals and its history', async () => {
    const { out } = await explain('ORD-10231');
    assertGolden(new URL('explain/match.txt', import.meta.url), out);
    expect(out).toContain('UNIQUE: The rule leaves one choice only');
    expect(out).not.toContain('MISSES');
  });

  test('is found by its own id, its entry and its item, and told alike', async () => {
    const { match } = await explainJson('ORD-10231');
    for (const id of [match.id, match.entries[0].id, match.items[0].id])
      expect((await explainJson(id)).match).toEqual(match);
    expect(match).toMatchObject({ status: 'confirmed', certificate: 'UNIQUE', alternatives: 1 });
  });

  test('names the journal that books it, with what that moves on the account of the item', async () => {
    const { match } = await explainJson('ACMEPO500117');
    expect(match.journals).toMatchObject([
      { kind: 'bank', amount_minor: expect.stringMatching(/^\d+$/) },
    ]);
    const booked = await idOf(
      `select journal_id as id from tieout.settlement_journal where book_id = $1 and kind = 'bank' order by file_no limit 1`,
    );
    expect(match.journals[0].journal).toBe(booked);
  });

  test('of a rule without a stored pack is told by the name of the rule', async () => {
    await book.db.transaction(
      async (tx) => {
        await tx.execute(
          `update tieout.match_rule_use set rule = 'bank-by-reference@1'
           where book_id = $1 and split_part(rule, '@', 1) = 'bank-by-reference'`,
          [book.bookId],
        );
        const [group] = await tx.query<{ id: string }>(
          'select group_id as id from tieout.match_told where book_id = $1 and level = 2 order by 1 limit 1',
          [book.bookId],
        );
        const match = await readMatch(tx, {
          bookId: book.bookId,
          groupId: group?.id ?? '',
          calendars: weekdays,
        });
        expect(match).toMatchObject({
          stored: null,
          vectors: [],
          group: { rule: 'bank-by-reference@1' },
        });
      },
      { rollback: true, role: 'owner' },
    );
  });

  test('that was revoked tells by whom and why', async () => {
    const { match } = await explainJson('ACMEPO500117');
    await book.db.transaction(
      async (tx) => {
        const decision = { by: 'treasurer', because: 'wrong payout', now: EVENING };
        await revokeGroups(tx, {
          ...decision,
          bookId: book.bookId,
          runId: 1n,
          groupIds: [match.id],
        });
        const revoked = await readMatch(tx, {
          bookId: book.bookId,
          groupId: match.id,
          calendars: weekdays,
        });
        expect(revoked?.history.map(({ what, by, because }) => [what, by, because])).toEqual([
          ['confirmed', match.rule, null],
          ['revoked', 'treasurer', 'wrong payout'],
        ]);
      },
      { rollback: true },
    );
  });
});

describe('what is open', () => {
  test('is told with its exception, age, nearest candidates and the smallest change of a rule', async () => {
    const id = await idOf(
      `select exception_id as id from tieout.exception_item where book_id = $1 and code = 'SET_PAYOUT_SHORT'`,
    );
    const { out } = await explain(id);
    assertGolden(new URL('explain/open.txt', import.meta.url), out);
    expect(out).toContain('under: 15.00 → 37.50 EUR');
  });

  test('is found by the id of the item as by that of its exception', async () => {
    const item = await idOf(
      `select item_id as id from tieout.exception_item where book_id = $1 and code = 'UNM_IN_SETTLEMENT'`,
    );
    const { open } = await explainJson(item);
    expect(open).toMatchObject({ item: { id: item, reference: 'ORD-10264' }, age_days: 4 });
    expect(open.exceptions).toMatchObject([{ code: 'UNM_IN_SETTLEMENT' }]);
    const byReference = await explainJson('ORD-10264');
    expect(byReference.open.exceptions).toEqual(open.exceptions);
  });

  test('ranks its candidates by what they miss', async () => {
    const { open } = await explainJson('ORD-10253');
    const misses = open.nearest.map(
      (near: { conditions: readonly { holds: boolean }[] }) =>
        near.conditions.filter(({ holds }) => !holds).length,
    );
    expect(open.nearest[0].item.reference).toBe('ORD-10253');
    expect(misses).toEqual([...misses].sort((one, other) => one - other));
    expect(misses[0]).toBe(1);
  });

  test('of a payout that is short follows its batch to the lines', async () => {
    const id = await idOf(
      `select exception_id as id from tieout.exception_item where book_id = $1 and code = 'SET_PAYOUT_SHORT'`,
    );
    const { batch } = await explainJson(id);
    expect(batch).toMatchObject({ batch: '472', unexplained_minor: '-3750' });
    expect(batch.causes.map(({ reference }: { reference: string }) => reference)).toEqual([
      'ORD-10263',
      'ORD-10259',
    ]);
  });
});

describe('other ids', () => {
  test('a batch is told by its number', async () => {
    const { kind, batch } = await explainJson('471');
    expect(kind).toBe('batch');
    expect(batch).toMatchObject({
      difference_minor: '-18800',
      explained_minor: '-18800',
      unexplained_minor: '0',
    });
  });

  test('a text that names several things lists them', async () => {
    const { kind, things } = await explainJson('472');
    expect(kind).toBe('list');
    expect(things.map((thing: { kind: string }) => thing.kind)).toEqual(['batch', 'exception']);
    for (const { id } of things) expect((await explainJson(id)).kind).not.toBe('list');
  });

  test.each(['no such thing', '9:9', '00000000-0000-0000-0000-000000000000'])(
    '%s ends with exit code 66 and the forms an id has',
    async (id) => {
      await expect(explain(id)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('an entry as FILE:ORDINAL'),
      });
      expect(EXIT_CODE.not_found).toBe(66);
    },
  );
});
