import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currenciesInUse } from '../src/currency.ts';
import { accountIdOf, bookIdOf, journalIdOf, keyHashOf, sha256Hex } from '../src/ids.ts';
import { inRolledBackTransaction } from './support/database.ts';

const code = fc
  .string({ unit: 'binary', maxLength: 30 })
  .filter((text) => !text.includes('\0') && Buffer.from(text, 'utf8').toString('utf8') === text);
const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((instant) => instant.toISOString().slice(0, 10));
const key = fc.string({ maxLength: 30 });

async function ask<Row>(sql: string, params: readonly (string | readonly (string | number)[])[]) {
  return await inRolledBackTransaction((tx) => tx.query<Row>(sql, params));
}

test('a book keeps its id on every machine and in every release', () => {
  expect(bookIdOf('acme')).toBe(4361101133314985239n);
  expect(bookIdOf('acme')).not.toBe(bookIdOf('acme-2'));
});

test('ids of books and accounts fit a bigint and are never negative', () => {
  fc.assert(
    fc.property(code, code, (text, currency) => {
      for (const id of [bookIdOf(text), accountIdOf(text, currency)]) {
        expect(id >= 0n && id < 2n ** 63n).toBe(true);
      }
    }),
  );
});

test('program and database find the same account ids', async () => {
  const codes = fc.sample(code, { numRuns: 500, seed: 7 });
  const accounts = [
    'assets:receivable:adyen',
    'liabilities:payable:Ærø ☃ 𝔘',
    'a|b',
    '',
    ...codes,
  ].flatMap((text) => ['EUR', 'JPY'].map((currency) => ({ text, currency })));
  const rows = await ask<{ id: bigint }>(
    'select tieout.account_id(code, currency) as id from unnest($1::text[], $2::text[]) with ordinality as t (code, currency, n) order by n',
    [accounts.map(({ text }) => text), accounts.map(({ currency }) => currency)],
  );
  const ids = accounts.map(({ text, currency }) => accountIdOf(text, currency));
  expect(rows.map(({ id }) => id)).toEqual(ids);
  // Both halves of the 64 bits occur, so the sign is taken off alike.
  const signs = accounts.map(({ text, currency }) => sha256Hex(`account|${text}|${currency}`)[0]);
  expect(new Set(signs.map((digit) => Number.parseInt(digit ?? '', 16) > 7))).toEqual(
    new Set([true, false]),
  );
});

test('a key is hashed to sixteen bytes of its SHA-256, as the database would', async () => {
  const [row] = await ask<{ hash: Uint8Array }>(
    `select substring(sha256(convert_to($1::text, 'UTF8')) from 1 for 16) as hash`,
    ['import|pay-ü'],
  );
  expect(Buffer.from(keyHashOf('import|pay-ü'))).toEqual(Buffer.from(row?.hash ?? []));
});

test('a journal id is a UUID of version 8 whose last sixteen bits are free', () => {
  fc.assert(
    fc.property(date, key, (effectiveDate, text) => {
      expect(journalIdOf(effectiveDate, keyHashOf(text))).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{8}0000$/,
      );
    }),
  );
});

test('journal ids sort by effective date', () => {
  fc.assert(
    fc.property(date, date, key, key, (first, second, one, other) => {
      fc.pre(first < second);
      expect(journalIdOf(first, keyHashOf(one)) < journalIdOf(second, keyHashOf(other))).toBe(true);
    }),
  );
});

test('a journal id tells keys and dates apart, and is the same whenever it is asked', () => {
  const ids = ['2026-03-01', '2026-03-02'].flatMap((day) =>
    ['a', 'b'].map((text) => journalIdOf(day, keyHashOf(text))),
  );
  expect(new Set(ids).size).toBe(4);
  expect(journalIdOf('2026-03-01', keyHashOf('a'))).toBe(ids[0]);
});

test('a journal before 1970 has a valid id too', () => {
  expect(journalIdOf('1969-12-31', keyHashOf('a'))).toMatch(/^00000000-0000-8/);
});

test('an item id keeps its journal and is unique for each side of each posting', async () => {
  const journalId = journalIdOf('2026-03-01', keyHashOf('a'));
  const rows = await ask<{ id: string }>(
    `select tieout.item_id($1::uuid, seq, is_debit)::text as id
     from generate_series(1, 32767) seq cross join (values (true), (false)) side (is_debit)`,
    [journalId],
  );
  expect(rows).toHaveLength(65_534);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(65_534);
  expect(rows.every(({ id }) => id.slice(0, -4) === journalId.slice(0, -4))).toBe(true);
  expect(rows.some(({ id }) => id === journalId)).toBe(false);
});

test('the database knows the currencies in use with the exponents of the program', async () => {
  const rows = await ask(
    'select code, exponent from tieout.currency order by code collate "C"',
    [],
  );
  expect(rows).toEqual(currenciesInUse());
});
