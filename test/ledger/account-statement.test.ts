import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/db.ts';
import {
  type RunningLine,
  type StatementBalance,
  type StatementOptions,
  statementBalance,
  statementPages,
} from '../../src/ledger/account-statement.ts';
import { getAccount } from '../../src/ledger/named-account.ts';
import { inRolledBackTransaction, tamper } from '../support/database.ts';
import { BANK, BOOK_ID, capture, day, FEES, givenBook, PAYABLE, postBatch } from './books.ts';
import {
  counts,
  DAYS,
  givenHistory,
  history,
  type WrittenLine,
  writtenLines,
} from './histories.ts';

const MOVED = { debit: BANK, credit: PAYABLE, amountMinor: 1000n };

interface WholeStatement extends StatementBalance {
  readonly lines: readonly RunningLine[];
  readonly pages: number;
}

async function statementOf(
  tx: Tx,
  options: Partial<StatementOptions> & { readonly pageLines?: number } = {},
): Promise<WholeStatement> {
  const { pageLines, ...span } = options;
  const { accountId } = await getAccount(tx, { bookId: BOOK_ID, code: BANK, currency: 'EUR' });
  const wanted = { bookId: BOOK_ID, accountId, ...span };
  const balance = await statementBalance(tx, wanted);
  const pages: (readonly RunningLine[])[] = [];
  const paging = pageLines === undefined ? {} : { pageLines };
  for await (const page of statementPages(tx, { ...wanted, balance, ...paging })) pages.push(page);
  return { ...balance, lines: pages.flat(), pages: pages.length };
}

function placeOf(
  line: Pick<WrittenLine, 'effectiveDate' | 'bookedOn' | 'journalId' | 'seq'>,
): string {
  return [
    line.effectiveDate,
    line.bookedOn,
    line.journalId,
    String(line.seq).padStart(5, '0'),
  ].join(' ');
}

const span = fc.record(
  {
    from: fc.constantFrom(...DAYS),
    to: fc.constantFrom(...DAYS),
    knownAt: fc.constantFrom(...DAYS),
  },
  { requiredKeys: [] },
);

test('of any span it holds the lines that count, in order, and every balance between them is exact', async () => {
  await fc.assert(
    fc.asyncProperty(history, span, fc.integer({ min: 1, max: 4 }), (days, wanted, pageLines) =>
      inRolledBackTransaction(async (tx) => {
        await givenHistory(tx, days);
        // An account that the history did not touch has a statement too.
        await postBatch(tx, [capture({ key: 'first', postings: [MOVED] })]);
        const { from, to, ...known } = wanted;
        const written = (await writtenLines(tx)).filter(
          (line) => line.code === BANK && line.currency === 'EUR' && counts(line, known),
        );
        const until = written.filter((line) => to === undefined || line.effectiveDate <= to);
        const within = until.filter((line) => from === undefined || line.effectiveDate >= from);
        const statement = await statementOf(tx, { ...wanted, pageLines });
        expect(statement.lines.map(placeOf)).toEqual(within.map(placeOf).sort());
        const total = (lines: readonly WrittenLine[]) =>
          lines.reduce((sum, line) => sum + line.signedMinor, 0n);
        expect(statement.closingMinor).toBe(total(until));
        expect(statement.openingMinor).toBe(total(until) - total(within));
        let running = statement.openingMinor;
        for (const line of statement.lines) {
          running += line.signedMinor;
          expect(line.balanceMinor).toBe(running);
        }
        expect(running).toBe(statement.closingMinor);
        expect(statement.pages).toBe(Math.ceil(within.length / pageLines));
      }),
    ),
    { numRuns: 60 },
  );
});

test('tells of a line what it is, and the account on its other side', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture({ postings: [MOVED, { ...MOVED, debit: FEES, credit: BANK }] })]);
    const { lines } = await statementOf(tx);
    expect(lines).toMatchObject([
      {
        effectiveDate: '2026-03-01',
        bookedOn: '2026-03-02',
        seq: 1,
        key: 'pay-1',
        kind: 'capture',
        reference: 'order-1',
        description: 'capture order-1',
        counterAccount: PAYABLE,
        signedMinor: 1000n,
        balanceMinor: 1000n,
        relatesToPeriod: null,
        isBackdated: false,
      },
      { seq: 2, counterAccount: FEES, signedMinor: -1000n, balanceMinor: 0n },
    ]);
  }));

test('marks lines that were booked after their period or meant for a closed one', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    const on = async (key: string, effective: string, booked: string) =>
      await postBatch(tx, [capture({ key, effectiveDate: day(effective), postings: [MOVED] })], {
        now: new Date(`${booked}T09:00:00Z`),
      });
    await on('in time', '2026-02-10', '2026-02-28');
    await on('late', '2026-02-11', '2026-03-01');
    await on('moved', '2026-03-01', '2026-03-01');
    await on('of no period', '2026-03-02', '2026-03-09');
    await tamper(
      tx,
      `
      insert into tieout.period (book_id, starts_on, ends_on, name, state, changed_at, changed_by)
      values (${BOOK_ID}, '2026-02-01', '2026-02-28', '2026-02', 'locked', '2026-03-01T12:00:00Z', 'tester');
      update tieout.journal set relates_to_period = '2026-02', requested_date = '2026-02-27' where key = 'moved'`,
    );
    const { lines } = await statementOf(tx);
    expect(lines.map((line) => [line.key, line.isBackdated, line.relatesToPeriod])).toEqual([
      ['in time', false, null],
      ['late', true, null],
      ['moved', true, '2026-02'],
      ['of no period', false, null],
    ]);
  }));

test('leaves out what is pending', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture({ postings: [MOVED] })]);
    await tx.runScript(`
      insert into tieout.posting
      select book_id, booked_on, journal_id, seq + 1, 'pending', debit_account_id, credit_account_id, currency, 7, effective_date,
        false, false, null
      from tieout.posting`);
    expect(await statementOf(tx)).toMatchObject({ closingMinor: 1000n, lines: [{ seq: 1 }] });
  }));

test('does not end when the lines do not make the closing balance', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [capture({ postings: [MOVED] })]);
    await tx.execute('update tieout.balance_day set debits_minor = debits_minor + 1');
    await expect(statementOf(tx)).rejects.toMatchObject({ code: 'invariant_broken' });
  }));

test('an account has one currency or is asked which', () =>
  inRolledBackTransaction(async (tx) => {
    await givenBook(tx);
    await postBatch(tx, [
      capture({ postings: [MOVED] }),
      capture({ key: 'yen', currency: 'JPY', postings: [{ ...MOVED, credit: FEES }] }),
    ]);
    const named = (code: string, currency?: string) =>
      getAccount(tx, { bookId: BOOK_ID, code, ...(currency === undefined ? {} : { currency }) });
    expect(await named(PAYABLE)).toMatchObject({ currency: 'EUR', normalSide: 'credit' });
    expect(await named(BANK, 'JPY')).toMatchObject({ currency: 'JPY' });
    await expect(named(BANK)).rejects.toMatchObject({ code: 'usage' });
    await expect(named(BANK)).rejects.toThrow('EUR, JPY');
    await expect(named(BANK, 'USD')).rejects.toMatchObject({ code: 'not_found' });
    await expect(named('assets:none')).rejects.toMatchObject({ code: 'not_found' });
  }));
