import { expect, test } from 'vitest';
import type { BusinessDate } from '../../src/business-date.ts';
import { sqlFile } from '../../src/db/sql-file.ts';
import { proofIn } from '../../src/report/proof.ts';
import { type RunReport, runReport } from '../../src/report/run-report.ts';
import { inRolledBackTransaction } from '../support/database.ts';

const GIVEN = sqlFile(import.meta.url, './given_run.sql');

async function reported(runId = 2n): Promise<RunReport> {
  return await inRolledBackTransaction(async (tx) => {
    await tx.runScript(GIVEN);
    return await runReport(tx, { bookId: 7n, runId, asOf: '2026-03-06' as BusinessDate });
  });
}

test('tells the run itself', async () => {
  expect((await reported()).run).toEqual({
    book: 'acme',
    runId: 2n,
    state: 'APPLIED',
    businessDate: '2026-03-06',
    startedAt: '2026-03-06T19:00:00.000Z',
    finishedAt: '2026-03-06T19:00:01.000Z',
    codeVersion: '0.1.0',
  });
});

test('tells what became of each file, also of one loaded before the run', async () => {
  const { files } = await reported();
  expect(files.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'batch_1.csv loaded',
    'bad.sta rejected',
    'copy of batch_1.csv duplicate',
    'bank.xml loaded',
  ]);
  expect(files[1]?.reasonText).toBe('file ends early');
});

test('counts the entries of a file delivered again as duplicates', async () => {
  const { entries } = await reported();
  expect(entries).toEqual({ read: 8n, loaded: 5n, duplicate: 3n, rejected: 0n, ignored: 0n });
});

test('counts what was tied by rule, and nothing that was revoked', async () => {
  expect((await reported()).matches).toEqual([
    { level: 1, rule: 'reference', certificate: 'UNIQUE', groups: 1n, entries: 1n, items: 1n },
    { level: 2, rule: 'payout-text', certificate: 'UNIQUE', groups: 1n, entries: 1n, items: 1n },
  ]);
});

test('shows a batch that was paid now and one that is short, but none that was done before', async () => {
  const { batches } = await reported();
  expect(
    batches.map(({ batch, state, differenceMinor }) => [batch, state, differenceMinor]),
  ).toEqual([
    ['1', 'funded', null],
    ['2', 'short', -40n],
  ]);
});

test('adds the fees of a batch up by kind, without lines that are not counted', async () => {
  const { batches } = await reported();
  expect(batches.map(({ markupMinor, feeMinor }) => [markupMinor, feeMinor])).toEqual([
    [10n, 10n],
    [10n, 10n],
  ]);
});

test('tells the journals of the run, postings between the same accounts added up', async () => {
  const { journals } = await reported();
  expect(journals).toHaveLength(1);
  expect(journals[0]?.movements).toEqual([
    {
      debit: 'assets:in-transit:adyen',
      credit: 'assets:receivable:adyen',
      currency: 'EUR',
      amountMinor: 490n,
      postings: 1n,
    },
    {
      debit: 'expenses:fees:adyen:markup',
      credit: 'assets:receivable:adyen',
      currency: 'EUR',
      amountMinor: 10n,
      postings: 2n,
    },
  ]);
});

test('leaves out of the trial balance what is effective later', async () => {
  expect((await reported()).trialBalance).toEqual([
    {
      code: 'assets:receivable:adyen',
      currency: 'EUR',
      debitsMinor: 2_500n,
      creditsMinor: 1_500n,
      balanceMinor: 1_000n,
    },
  ]);
});

test('sums open items by account and age', async () => {
  const { openItems } = await reported();
  expect(openItems.map(({ code, items, byAge }) => [code, items, byAge])).toEqual([
    ['assets:in-transit:adyen', 1n, [490n, 0n, 0n, 0n]],
    ['assets:receivable:adyen', 2n, [700n, 0n, 300n, 0n]],
  ]);
  expect(openItems[1]).toMatchObject({ oldestDate: '2026-02-24', oldestAge: 8 });
});

test('shows what stood open after the run, and its proof', async () => {
  const first = await reported(1n);
  expect(first.exceptions.map(({ code }) => code)).toEqual(['UNM_IN_SETTLEMENT']);
  expect(first.proof).toBeNull();
  expect((await reported()).proof?.equations[0]?.text).toBe('read = loaded');
});

test('refuses a run the book does not have', async () => {
  await expect(reported(9n)).rejects.toMatchObject({ code: 'not_found' });
});

test.each([null, 'x', {}, { proof: null }, { proof: { closes: true } }])(
  'finds no proof in %j',
  (result) => {
    expect(proofIn(result)).toBeNull();
  },
);

test('takes a proof that does not say it closes for one that does not', () => {
  expect(proofIn({ proof: { equations: [{ left: 1 }] } })).toEqual({
    closes: false,
    equations: [{ id: '', text: '', left: '1', right: '', closes: false }],
  });
});

test('reads sides with a currency as money in minor units', () => {
  const equation = {
    id: 'P8',
    text: 'x',
    currency: 'EUR',
    left: '-123456',
    right: '0',
    closes: false,
  };
  const [read] = proofIn({ proof: { closes: false, equations: [equation] } })?.equations ?? [];
  expect([read?.left, read?.right]).toEqual(['-1,234.56 EUR', '0.00 EUR']);
});
