import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentKeyOf } from '../../src/ledger/hand-journal.ts';
import { type JournalFile, readJournalFile } from '../../src/ledger/journal-file.ts';
import { refusalText } from '../../src/ledger/refusal-text.ts';
import { day } from './books.ts';

const HEADER = 'effective_date,debit,credit,amount';

async function read(text: string): Promise<JournalFile> {
  return await readJournalFile(Readable.from([Buffer.from(text)]), {
    createdBy: 'ann',
    currency: 'EUR',
    closedPeriod: 'refuse',
    tokenKey: new Uint8Array(32),
  });
}

async function journalsOf(text: string) {
  const { journals, rejections } = await read(text);
  expect(rejections).toEqual([]);
  return journals;
}

test('reads the least a line can say, the rest being usual', async () => {
  expect(await journalsOf(`${HEADER}\n2026-03-01,a,b,12.30\n`)).toEqual([
    {
      line: 2,
      journal: {
        key: expect.stringMatching(/^post\|[0-9a-f]{32}$/),
        kind: 'adjustment',
        effectiveDate: '2026-03-01',
        currency: 'EUR',
        description: 'adjustment',
        createdBy: 'ann',
        closedPeriod: 'refuse',
        postings: [{ debit: 'a', credit: 'b', amountMinor: 1230n, opens: 'auto' }],
      },
    },
  ]);
});

test('reads every column, in whatever order', async () => {
  const header =
    'metadata,payment_id,description,reference,amount,currency,credit,debit,kind,effective_date,journal,key';
  const line = '"{""a"":1}",pay-1,salaries,ref-1,500,JPY,b,a,payroll,2026-03-01,,k-1';
  const [found] = await journalsOf(`${header}\n${line}\n`);
  expect(found?.journal).toEqual({
    key: 'k-1',
    kind: 'payroll',
    effectiveDate: '2026-03-01',
    currency: 'JPY',
    reference: 'ref-1',
    paymentId: 'pay-1',
    description: 'salaries',
    metadata: '{"a":1}',
    createdBy: 'ann',
    closedPeriod: 'refuse',
    postings: [{ debit: 'a', credit: 'b', amountMinor: 500n, opens: 'auto' }],
  });
});

test('puts the lines of one journal together, wherever they stand', async () => {
  const lines = ['j,2026-03-01,a,b,1,EUR,r', ',2026-03-01,a,b,2,EUR,', 'j,2026-03-01,c,d,3,USD,s'];
  const header = 'journal,effective_date,debit,credit,amount,currency,reference';
  const [first, second, ...others] = await journalsOf(`${header}\n${lines.join('\n')}\n`);
  expect(others).toEqual([]);
  expect(first?.line).toBe(2);
  expect(first?.journal).toMatchObject({ currency: 'EUR', reference: 'r' });
  expect(first?.journal.postings).toEqual([
    { debit: 'a', credit: 'b', amountMinor: 100n, opens: 'auto' },
    { debit: 'c', credit: 'd', amountMinor: 300n, currency: 'USD', reference: 's', opens: 'auto' },
  ]);
  expect(second).toMatchObject({ line: 3, journal: { postings: [{ amountMinor: 200n }] } });
});

test('one wrong line rejects its journal whole, once, and no other', async () => {
  const lines = [
    'j,2026-03-01,a,b,1',
    'j,2026-03-01,a,b,x',
    'j,2026-03-01,a,,1',
    ',2026-03-01,a,b,1',
  ];
  const { journals, rejections } = await read(`journal,${HEADER}\n${lines.join('\n')}\n`);
  expect(rejections).toEqual([
    { line: 3, code: 'BAD_NUMBER', text: '"x" is not an amount of EUR' },
  ]);
  expect(journals.map(({ line }) => line)).toEqual([5]);
});

test.each([
  ['key', 'k-2', ''],
  ['effective_date', '', '2026-03-02'],
])('lines of one journal must agree in %s', async (field, key, date) => {
  const lines = ['j,k-1,2026-03-01,a,b,1', `j,${key || 'k-1'},${date || '2026-03-01'},a,b,1`];
  const { journals, rejections } = await read(`journal,key,${HEADER}\n${lines.join('\n')}\n`);
  expect(journals).toEqual([]);
  expect(rejections).toEqual([
    { line: 3, code: 'MIXED_JOURNAL', text: `journal "j" has another ${field} in line 2` },
  ]);
});

test.each([
  ['2026-3-1,a,b,1', 'BAD_DATE'],
  ['2026-03-01,,b,1', 'FIELD_MISSING'],
  ['2026-03-01,a,a,1', 'same_account'],
  ['2026-03-01,a,b,', 'AMOUNT_MISSING'],
  ['2026-03-01,a,b,"1,000"', 'BAD_NUMBER'],
  ['2026-03-01,a,b,1.001', 'TOO_MANY_DECIMALS'],
  ['2026-03-01,a,b,-1', 'AMOUNT_RANGE'],
  ['2026-03-01,a,b,0.00', 'AMOUNT_RANGE'],
  ['2026-03-01,a,b,99999999999999999999', 'AMOUNT_RANGE'],
  ['2026-03-01,a,b', 'FIELD_COUNT'],
  ['2026-03-01,a\0,b,1', 'BAD_TEXT'],
])('rejects the line %j with %s', async (line, code) => {
  const { journals, rejections } = await read(`${HEADER}\n${line}\n`);
  expect(journals).toEqual([]);
  expect(rejections).toMatchObject([{ line: 2, code }]);
});

test.each([
  ['kind', 'Fee!', 'BAD_KIND'],
  ['currency', 'EURO', 'CCY_UNKNOWN'],
  ['metadata', '[1]', 'BAD_METADATA'],
])('rejects a %s of %j with %s', async (column, value, code) => {
  const { rejections } = await read(`${HEADER},${column}\n2026-03-01,a,b,1,${value}\n`);
  expect(rejections).toMatchObject([{ line: 2, code }]);
});

test('tells the first line of a record over several lines', async () => {
  const text = `${HEADER},description\n\n2026-03-01,a,b,1,"two\nlines"\n2026-03-01,a,b,1\n`;
  const { journals, rejections } = await read(text);
  expect(journals.map(({ line }) => line)).toEqual([3]);
  expect(rejections).toMatchObject([{ line: 5, code: 'FIELD_COUNT' }]);
});

test('truncates card numbers', async () => {
  const [found] = await journalsOf(
    `${HEADER},reference\n2026-03-01,a,b,1,order 4111111111111111\n`,
  );
  expect(found?.journal.reference).toMatch(/^order 411111xxxxxx1111#/);
});

test('the same content has the same key in every file; twice in one file it has two', async () => {
  const line = '2026-03-01,a,b,1\n';
  const [once] = await journalsOf(`${HEADER}\n${line}`);
  const [first, second] = await journalsOf(`${HEADER}\n${line}${line}`);
  expect(first?.journal.key).toBe(once?.journal.key);
  expect(second?.journal.key).toBe(`${once?.journal.key}|2`);
});

test('no two contents have one key', () => {
  const texts = fc.constantFrom('', 'a', 'b', 'a,b', '"', 'ab');
  const content = fc.record({
    key: fc.constant(''),
    effectiveDate: fc.constantFrom(day('2026-03-01'), day('2026-03-02')),
    kind: texts,
    description: texts,
    paymentId: texts,
    metadata: texts,
    lines: fc.tuple(
      fc.record({
        debit: texts,
        credit: texts,
        currency: fc.constantFrom('EUR', 'USD'),
        amountMinor: fc.bigInt({ min: 1n, max: 3n }),
        reference: texts,
      }),
    ),
  });
  fc.assert(
    fc.property(content, content, (one, other) => {
      const isSame = contentKeyOf(one) === contentKeyOf(other);
      const [left, right] = [one, other].map((it) => JSON.stringify(it, textOf));
      expect(isSame).toBe(left === right);
    }),
  );
});

function textOf(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

test('says in a sentence why a journal was refused, also for a code it does not know', () => {
  expect(refusalText('account_closed')).toBe(
    'an account is closed; post to another one, or reopen it',
  );
  expect(refusalText('exists_with_different_payment_id')).toBe(
    'its key is in the ledger with different payment id; take another key, or reverse what is there',
  );
  expect(refusalText('some_new_code')).toBe('some new code');
});
