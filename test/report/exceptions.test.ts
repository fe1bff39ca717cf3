import { expect, test } from 'vitest';
import type { BusinessDate } from '../../src/business-date.ts';
import { sqlFile } from '../../src/db/sql-file.ts';
import {
  type ExceptionFilters,
  exceptionsCsv,
  exceptionsJson,
  listExceptions,
} from '../../src/report/exceptions.ts';
import { inRolledBackTransaction } from '../support/database.ts';
import { exceptionOf } from './sample.ts';

const GIVEN = sqlFile(import.meta.url, './given_run.sql');

async function listed(filters?: ExceptionFilters) {
  return await inRolledBackTransaction(async (tx) => {
    await tx.runScript(GIVEN);
    const asOf = '2026-03-06' as BusinessDate;
    return await listExceptions(tx, { bookId: 7n, asOf, ...(filters ? { filters } : {}) });
  });
}

async function listedCodes(filters?: ExceptionFilters): Promise<string[]> {
  return (await listed(filters)).map(({ code }) => code);
}

test('lists what is not resolved, by code, of one book only', async () => {
  expect(await listedCodes()).toEqual(['DUP_WITHIN_FILE', 'FIL_INVALID', 'SET_PAYOUT_SHORT']);
});

test('tells the place by element, by line, or by file alone', async () => {
  expect((await listed()).map(({ locator }) => locator)).toEqual([
    'batch_1.csv:4',
    'bad.sta',
    'bank.xml:Stmt[1]/Ntry[2]',
  ]);
});

test('fills the amounts into the sentence', async () => {
  expect((await listed()).map(({ text }) => text)).toEqual([
    'twice',
    'worth an unknown amount',
    'got 4.50 EUR, 4.90 EUR expected, -0.40 EUR off',
  ]);
});

test('counts the age in business days, from the run where there is no value date', async () => {
  expect((await listed()).map(({ ageBusinessDays }) => ageBusinessDays)).toEqual([5, 0, 1]);
});

test.each<[string, ExceptionFilters, string[]]>([
  ['code', { code: 'FIL_INVALID' }, ['FIL_INVALID']],
  ['state', { state: 'RESOLVED' }, ['UNM_IN_SETTLEMENT']],
  ['source', { source: 'adyen' }, ['DUP_WITHIN_FILE', 'SET_PAYOUT_SHORT']],
  ['smallest amount, whatever its sign', { minAmount: '5.00' }, ['DUP_WITHIN_FILE']],
  ['age', { olderThanDays: 1 }, ['DUP_WITHIN_FILE']],
  ['run and state', { runId: 1n, state: 'RESOLVED' }, ['UNM_IN_SETTLEMENT']],
  ['id, resolved or not', { id: '00000000-0000-0000-0000-00000000000c' }, ['UNM_IN_SETTLEMENT']],
  ['an id that is none', { id: 'x' }, []],
  ['what stood open after an earlier run', { openAfterRun: 1n }, ['UNM_IN_SETTLEMENT']],
])('filters by %s', async (_, filters, codes) => {
  expect(await listedCodes(filters)).toEqual(codes);
});

test('writes the JSON document other programs rely on', () => {
  const document = JSON.parse(exceptionsJson([exceptionOf({ differenceMinor: -100n })]));
  expect(document).toEqual({
    schema: 'tieout.exceptions/1',
    exceptions: [
      {
        id: '0b0f2f3c-7f0a-4b3e-9a51-6b7f4f8a0001',
        code: 'UNM_IN_LEDGER',
        severity: 'medium',
        state: 'OPEN',
        book: 'acme',
        source: 'adyen',
        account: 'suspense:adyen',
        currency: 'EUR',
        amount_minor: '14230',
        difference_minor: '-100',
        reference: 'ORD-10263',
        entry: '2/7',
        item: null,
        batch: '472',
        locator: 'settlement_detail_report_batch_472.csv:8',
        value_date: '2026-03-02',
        age_business_days: 4,
        opened_in_run: 1,
        owner: null,
        text: 'Adyen settled a payment of 142.30 EUR for ORD-10263 that the ledger does not have.',
      },
    ],
  });
});

test('writes a document without exceptions too', () => {
  expect(exceptionsJson([])).toBe('{"schema":"tieout.exceptions/1","exceptions":[]}\n');
});

test('writes CSV in major units, text neutralised and negative amounts left alone', () => {
  const row = exceptionOf({ reference: '=cmd()', amountMinor: -14_230n });
  const [header, line] = exceptionsCsv([row]).split('\r\n');
  expect(header).toMatch(/^"id","code",.*"amount","difference","reference",.*"text"$/);
  expect(line).toContain(`"EUR","-142.30","","'=cmd()","2/7"`);
});

test('writes amounts with the decimals of their currency', () => {
  const row = exceptionOf({ currency: 'JPY', amountMinor: 1_200n, differenceMinor: -5n });
  expect(exceptionsCsv([row])).toContain('"JPY","1200","-5"');
});
