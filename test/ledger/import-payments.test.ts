import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { SourceConfig } from '../../src/config.ts';
import type { SqlValue, Tx } from '../../src/db/db.ts';
import { type ImportOutcome, importPayments } from '../../src/ledger/import-payments.ts';
import { listJournals } from '../../src/ledger/journals.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { sourceConfig } from '../support/source.ts';
import { BOOK_ID, brokenChecks, givenBook, ledgerTables, postOptions, rowCounts } from './books.ts';

const ADYEN = sourceConfig({ source: 'adyen', role: 'processor' });
const STRIPE = sourceConfig({ source: 'stripe', role: 'processor' });
const BANK = sourceConfig({ source: 'house-bank', role: 'bank' });

const HEADER =
  'payment_id,kind,currency,amount,effective_date,reference,source,merchant,fee,metadata';
const GOOD = 'pay-1,capture,EUR,12.34,2026-03-01,order-1,adyen,shop,,';

function inBook<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    return await work(tx);
  });
}

async function importInto(
  tx: Tx,
  input: Readable | Uint8Array | string,
  sources = [ADYEN, BANK],
): Promise<ImportOutcome> {
  const stream = input instanceof Readable ? input : Readable.from([Buffer.from(input)]);
  return await importPayments(tx, stream, { ...postOptions(), createdBy: 'tester', sources });
}

/** Imports lines under the usual header. */
function importLines(tx: Tx, ...lines: readonly string[]): Promise<ImportOutcome> {
  return importInto(tx, [HEADER, ...lines, ''].join('\n'));
}

async function imported(input: Readable | Uint8Array | string): Promise<ImportOutcome> {
  return await inBook((tx) => importInto(tx, input));
}

async function postingsOf(line: string, sources?: SourceConfig[]): Promise<string[]> {
  return await inBook(async (tx) => {
    const outcome = await importInto(tx, `${HEADER}\n${line}\n`, sources);
    expect(outcome).toEqual({ read: 1, created: 1, exists: 0, rejections: [] });
    const lines = await listJournals(tx, { bookId: BOOK_ID, limit: 10 });
    const { open_item } = await ledgerTables(tx);
    const opened = (open_item as { amount_minor: number; reference: string }[]).map(
      (item) => `opens ${item.amount_minor} ${item.reference}`,
    );
    return [
      ...lines.map(({ debit, credit, amountMinor }) => `${debit} < ${credit} ${amountMinor}`),
      ...opened,
    ];
  });
}

const [RECEIVABLE, PAYABLE, FEES] = [
  'assets:receivable:adyen',
  'liabilities:payable:shop',
  'income:fees:shop',
];

test.each<[string, string, string[]]>([
  ['a capture', 'capture', [`${RECEIVABLE} < ${PAYABLE} 1234`, 'opens 1234 order-1']],
  ['a refund', 'refund', [`${PAYABLE} < ${RECEIVABLE} 1234`, 'opens -1234 order-1']],
  ['a chargeback', 'chargeback', [`${PAYABLE} < ${RECEIVABLE} 1234`, 'opens -1234 order-1']],
  [
    'a payout',
    'payout',
    [`${PAYABLE} < liabilities:payouts-in-transit 1234`, 'opens -1234 order-1'],
  ],
  ['a fee', 'fee', [`${PAYABLE} < ${FEES} 1234`]],
])('posts %s', async (_, kind, expected) => {
  expect(await postingsOf(GOOD.replace('capture', kind))).toEqual(expected);
});

test('posts the fee of a payment beside it, from the merchant', async () => {
  const line = 'pay-1,capture,EUR,12.34,2026-03-01,order-1,adyen,shop,0.35,';
  expect(await postingsOf(line)).toEqual([
    `${RECEIVABLE} < ${PAYABLE} 1234`,
    `${PAYABLE} < ${FEES} 35`,
    'opens 1234 order-1',
  ]);
});

test('posts no fee of zero', async () => {
  const line = 'pay-1,capture,EUR,12.34,2026-03-01,order-1,adyen,shop,0.00,';
  expect(await postingsOf(line)).toHaveLength(2);
});

test('takes the only processor, the merchant "default" and the payment id where nothing is said', async () => {
  expect(await postingsOf('pay-1,capture,EUR,12.34,2026-03-01,,,,,')).toEqual([
    `${RECEIVABLE} < liabilities:payable:default 1234`,
    'opens 1234 pay-1',
  ]);
});

test.each([
  ['JPY', '500', 500n],
  ['KWD', '1.234', 1234n],
  ['EUR', '1', 100n],
  ['EUR', '90071992547409.93', 9007199254740993n],
])('reads an amount of %s exactly: %s', async (currency, amount, amountMinor) => {
  const lines = await inBook(async (tx) => {
    await importLines(tx, `pay-1,capture,${currency},${amount},2026-03-01,,,,,`);
    return await listJournals(tx, { bookId: BOOK_ID, limit: 1 });
  });
  expect(lines).toMatchObject([{ currency, amountMinor }]);
});

test('keeps metadata, payment id and who imported', async () => {
  const metadata = '{"cart": [1, 2], "note": "für 😀"}';
  await inBook(async (tx) => {
    await importLines(tx, `pay-1,capture,EUR,1,2026-03-01,,,,,"${metadata.replaceAll('"', '""')}"`);
    const { journal, open_item } = await ledgerTables(tx);
    expect(journal).toMatchObject([
      { key: 'import|pay-1', metadata: { cart: [1, 2], note: 'für 😀' }, created_by: 'tester' },
    ]);
    expect(open_item).toMatchObject([{ payment_id: 'pay-1' }]);
  });
});

const ONE_CREATED = { read: 1, created: 1, exists: 0, rejections: [] };
const BARE = 'payment_id,kind,currency,amount,effective_date';

test.each<[string, string | Uint8Array]>([
  [
    'columns in another order',
    'amount,effective_date,currency,kind,payment_id\n1,2026-03-01,EUR,capture,p\n',
  ],
  ['a byte order mark', `\uFEFF${HEADER}\n${GOOD}\n`],
  ['Windows line ends', `${HEADER}\r\n${GOOD}\r\n`],
  ['old Mac line ends', `${HEADER}\r${GOOD}\r`],
  ['no end of the last line', `${HEADER}\n${GOOD}`],
  ['blank lines', `\n${HEADER}\n\n\n${GOOD}\n\n`],
  [
    'quoted fields',
    `"payment_id",kind,currency,amount,effective_date\n"p,""1""\n2",capture,EUR,"1.00",2026-03-01\n`,
  ],
  ['only the columns it must have', `${BARE}\np,capture,EUR,1,2026-03-01\n`],
])('reads a file with %s', async (_, file) => {
  expect(await imported(file)).toEqual(ONE_CREATED);
});

test('reads line ends that differ inside one file, and keeps none of them in a field', () =>
  inBook(async (tx) => {
    const file = `${BARE},reference\np1,capture,EUR,1,2026-03-01,a\r\np2,capture,EUR,1,2026-03-01,b\n`;
    expect(await importInto(tx, file)).toMatchObject({ created: 2, rejections: [] });
    const { journal } = await ledgerTables(tx);
    expect((journal as { reference: string }[]).map(({ reference }) => reference)).toEqual([
      'a',
      'b',
    ]);
  }));

test('reads a file that arrives byte by byte', async () => {
  const bytes = Buffer.from(`\uFEFF${HEADER}\r\n${GOOD.replace('order-1', 'Bestellung ü 😀')}\r\n`);
  const drip = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));
  expect(await imported(drip)).toEqual(ONE_CREATED);
});

test.each<[string, string, string]>([
  ['payment_id', ',capture,EUR,1,2026-03-01,,,,,', 'FIELD_MISSING'],
  ['width', 'p,capture,EUR,1,2026-03-01', 'FIELD_COUNT'],
  ['width (too many)', `${GOOD},x`, 'FIELD_COUNT'],
  ['kind', 'p,sale,EUR,1,2026-03-01,,,,,', 'UNKNOWN_KIND'],
  ['kind (case)', 'p,Capture,EUR,1,2026-03-01,,,,,', 'UNKNOWN_KIND'],
  ['currency', 'p,capture,XXX,1,2026-03-01,,,,,', 'CCY_UNKNOWN'],
  ['currency (withdrawn)', 'p,capture,HRK,1,2026-03-01,,,,,', 'CCY_UNKNOWN'],
  ['currency (case)', 'p,capture,eur,1,2026-03-01,,,,,', 'CCY_UNKNOWN'],
  ['date (no such day)', 'p,capture,EUR,1,2026-02-30,,,,,', 'BAD_DATE'],
  ['date (other form)', 'p,capture,EUR,1,01/03/2026,,,,,', 'BAD_DATE'],
  ['date (year 0)', 'p,capture,EUR,1,0000-01-01,,,,,', 'BAD_DATE'],
  ['source', 'p,capture,EUR,1,2026-03-01,,paypal,,,', 'UNKNOWN_SOURCE'],
  ['amount (missing)', 'p,capture,EUR,,2026-03-01,,,,,', 'AMOUNT_MISSING'],
  ['amount (comma)', 'p,capture,EUR,"1,00",2026-03-01,,,,,', 'BAD_NUMBER'],
  ['amount (decimals)', 'p,capture,EUR,1.005,2026-03-01,,,,,', 'TOO_MANY_DECIMALS'],
  ['amount (yen)', 'p,capture,JPY,1.5,2026-03-01,,,,,', 'TOO_MANY_DECIMALS'],
  ['amount (zero)', 'p,capture,EUR,0.00,2026-03-01,,,,,', 'AMOUNT_RANGE'],
  ['amount (negative)', 'p,capture,EUR,-1,2026-03-01,,,,,', 'AMOUNT_RANGE'],
  ['amount (too large)', 'p,capture,EUR,92233720368547758.08,2026-03-01,,,,,', 'AMOUNT_RANGE'],
  ['fee', 'p,capture,EUR,1,2026-03-01,,,,x,', 'BAD_NUMBER'],
  ['fee (negative)', 'p,capture,EUR,1,2026-03-01,,,,-0.01,', 'AMOUNT_RANGE'],
  ['metadata (not JSON)', 'p,capture,EUR,1,2026-03-01,,,,,{a}', 'BAD_METADATA'],
  ['metadata (no object)', 'p,capture,EUR,1,2026-03-01,,,,,"[1]"', 'BAD_METADATA'],
  ['metadata (NUL)', 'p,capture,EUR,1,2026-03-01,,,,,"{""a"":""\\u0000""}"', 'BAD_METADATA'],
  [
    'metadata (half a character)',
    'p,capture,EUR,1,2026-03-01,,,,,"{""\\ud83d"":1}"',
    'BAD_METADATA',
  ],
  [
    'metadata (endless number)',
    'p,capture,EUR,1,2026-03-01,,,,,"{""a"":1e200000}"',
    'BAD_METADATA',
  ],
])('rejects one line for its %s and posts the others', async (_, line, reason) => {
  const other = GOOD.replace('pay-1', 'pay-2');
  const outcome = await inBook((tx) => importLines(tx, GOOD, line, other));
  expect(outcome).toEqual({
    read: 3,
    created: 2,
    exists: 0,
    rejections: [{ line: 3, reason, message: expect.any(String) }],
  });
});

test('rejects a line without a source when several processors could be meant', async () => {
  const file = `${HEADER}\npay-1,capture,EUR,1,2026-03-01,,,,,\n`;
  const outcome = await inBook((tx) => importInto(tx, file, [ADYEN, STRIPE]));
  expect(outcome.rejections).toMatchObject([{ line: 2, reason: 'UNKNOWN_SOURCE' }]);
});

const WRONG = 'p,sale,EUR,1,2026-03-01';
const RIGHT = (id: string) => `${id},capture,EUR,1,2026-03-01`;

test.each<[string, string, number[]]>([
  ['after blank lines', `${BARE}\n\n\n${WRONG}\n\n${WRONG}\n`, [4, 6]],
  ['after blank lines before the header', `\n\n${BARE}\n${WRONG}\n`, [4]],
  ['after a quoted line end', `${BARE}\n"a\nb",capture,EUR,1,2026-03-01\n${WRONG}\n`, [4]],
  [
    'after a quoted Windows line end',
    `${BARE}\r\n"a\r\nb",capture,EUR,1,2026-03-01\r\n${WRONG}\r\n`,
    [4],
  ],
  [
    'that begins there and ends further down',
    `${BARE}\n"a\nb\nc",sale,EUR,1,2026-03-01\n${WRONG}\n`,
    [2, 5],
  ],
  ['one after the other', `${BARE}\n${WRONG}\n${RIGHT('a')}\n${WRONG}\n${WRONG}\n`, [2, 4, 5]],
])('tells the line of a rejection %s', async (_, file, lines) => {
  const { rejections } = await imported(file);
  expect(rejections.map(({ line }) => line)).toEqual(lines);
});

test('tells the line of what the ledger refuses, also among lines it never saw', async () => {
  const file = [
    BARE,
    RIGHT('a'),
    '',
    WRONG,
    `"x\ny",capture,EUR,1,2026-03-01`,
    RIGHT('a'),
    WRONG,
    RIGHT('a').replace(',1,', ',2,'),
    RIGHT('b'),
    RIGHT('b').replace('capture', 'refund'),
    '',
  ].join('\n');
  const outcome = await imported(file);
  expect(outcome).toMatchObject({ read: 8, created: 3, exists: 1 });
  expect(outcome.rejections.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '4 UNKNOWN_KIND',
    '8 UNKNOWN_KIND',
    '9 exists_with_different_amount',
    '11 exists_with_different_kind',
  ]);
});

test.each<[string, string | Uint8Array, string]>([
  ['a column twice', `${BARE},amount\n`, 'column "amount" stands twice'],
  ['a slip in a column name', `${BARE},merchnat\n`, 'did you mean "merchant"'],
  ['a column named like a property of every object', `${BARE},__proto__\n`, 'cannot be the name'],
  [
    'a blank after a column name',
    `payment_id ,kind,currency,amount,effective_date\n`,
    'is unknown',
  ],
  ['columns missing', 'payment_id,kind,currency\n', 'lacks amount, effective_date'],
  ['semicolons', `${BARE.replaceAll(',', ';')}\n`, 'lacks payment_id'],
  ['nothing in it', '', 'is empty'],
  ['only a byte order mark', '\uFEFF', 'is empty'],
  ['only blank lines', '\n\r\n', 'is empty'],
  ['a quote that is never closed', `${BARE}\n"p,capture,EUR,1,2026-03-01\n`, 'not valid CSV'],
  ['a quote inside a field', `${BARE}\np"1,capture,EUR,1,2026-03-01\n`, 'not valid CSV'],
  [
    'bytes that are not UTF-8',
    Buffer.from(`${BARE}\np\xe4,capture,EUR,1,2026-03-01\n`, 'latin1'),
    'not UTF-8',
  ],
  ['a character cut off at its end', Buffer.from(`${BARE}\n\u00e4`).subarray(0, -1), 'not UTF-8'],
])('refuses a file with %s', async (_, file, message) => {
  await expect(imported(file)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(message),
  });
});

test('imports a file with a header and no payments', async () => {
  expect(await imported(`${HEADER}\n`)).toEqual({ read: 0, created: 0, exists: 0, rejections: [] });
});

test('says that a file cannot be read', async () => {
  const missing = join(tmpdir(), 'tieout-no-such-file.csv');
  const work = inBook((tx) => importInto(tx, createReadStream(missing)));
  await expect(work).rejects.toMatchObject({ code: 'io_error' });
});

test('posts a payment once when it comes in two files', () =>
  inBook(async (tx) => {
    await importLines(tx, GOOD);
    const before = await ledgerTables(tx);
    const columns = `${BARE},reference,merchant\npay-1,capture,EUR,12.340,2026-03-01,order-1,shop\n`;
    expect(await importInto(tx, columns)).toEqual({
      read: 1,
      created: 0,
      exists: 1,
      rejections: [],
    });
    expect(await ledgerTables(tx)).toEqual(before);
  }));

test('rejects a payment that comes back with another amount, at its line', () =>
  inBook(async (tx) => {
    await importLines(tx, GOOD);
    const changed = await importLines(
      tx,
      GOOD.replace('pay-1', 'pay-2'),
      GOOD.replace('12.34', '12.35'),
    );
    expect(changed).toMatchObject({
      created: 1,
      rejections: [
        {
          line: 3,
          reason: 'exists_with_different_amount',
          message: expect.stringContaining('payment pay-1 is in the ledger with other content'),
        },
      ],
    });
    expect(await brokenChecks(tx)).toEqual([]);
  }));

test('rejects payments of a closed merchant and posts those of others', () =>
  inBook(async (tx) => {
    await importLines(tx, GOOD);
    await tx.execute(`update tieout.account set status = 'closed' where code = $1`, [PAYABLE]);
    const lines = [
      GOOD,
      GOOD.replace('pay-1', 'pay-2'),
      GOOD.replace('pay-1', 'pay-3').replace('shop', 'north'),
    ];
    expect(await importLines(tx, ...lines)).toEqual({
      read: 3,
      created: 1,
      exists: 1,
      rejections: [
        {
          line: 3,
          reason: 'account_closed',
          message: 'payment pay-2 cannot be posted: account closed',
        },
      ],
    });
  }));

test('reads a long file no faster than the database takes it', async () => {
  const LINES = 20_000;
  let [given, taken, ahead] = [0, 0, 0];
  async function* lines() {
    yield `${BARE},metadata\n`;
    for (; given < LINES; given += 1) {
      yield `pay-${given},capture,EUR,1,2026-03-01,"{""note"":""${'x'.repeat(500)}""}"\n`;
    }
  }
  await inBook(async (tx) => {
    const slow: Tx = {
      query: async <Row>(sql: string, params?: readonly SqlValue[]) => {
        ahead = Math.max(ahead, given - taken);
        const rows = await tx.query<Row & { readonly created?: number }>(sql, params);
        taken += rows[0]?.created ?? 0;
        return rows;
      },
      execute: (sql, params) => tx.execute(sql, params),
      copyIn: (target, batches) => tx.copyIn(target, batches),
      runScript: (sql) => tx.runScript(sql),
    };
    const outcome = await importInto(slow, Readable.from(lines(), { objectMode: false }));
    expect(outcome).toEqual({ read: LINES, created: LINES, exists: 0, rejections: [] });
    expect(await brokenChecks(tx)).toEqual([]);
  });
  expect(taken).toBe(LINES);
  expect(ahead).toBeLessThan(12_000);
});

test('keeps nothing of a file that breaks off', async () => {
  await inBook(async (tx) => {
    await tx.query('savepoint before_import');
    const file = `${BARE}\n${RIGHT('a')}\n"b`;
    await expect(importInto(tx, file)).rejects.toMatchObject({ code: 'invalid_input' });
    await tx.query('rollback to before_import');
    expect(await rowCounts(tx)).toMatchObject({ journal: 0, account: 0 });
  });
});

test('passes over a column of somebody else and says so', async () => {
  const outcome = await imported(`${BARE},shop_rating\np-1,capture,EUR,1.00,2026-03-01,five\n`);
  expect(outcome).toMatchObject({ read: 1, created: 1, unknownColumns: ['shop_rating'] });
});
