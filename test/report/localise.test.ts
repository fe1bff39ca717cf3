import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sumMinor } from '../../src/money.ts';
import { type Localisation, localise } from '../../src/report/localise.ts';
import { bookIn, importLedger, REPLAY, runNight, type TestBook } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  bankStatement,
  deliver,
  type LedgerRow,
  ledgerFile,
  netOf,
  payoutRow,
  payoutText,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';
import { filesOf, ledgerOf, makeWorld } from '../support/world.ts';

let folder: string;
let database: FreshDatabase;
let cases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-localise-'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function given(ledger: string, files: Readonly<Record<string, string>>): Promise<TestBook> {
  cases += 1;
  const book = bookIn(database, new URL('tieout.yaml', REPLAY), `localise-${cases}`);
  expect((await importLedger(book, ledger)).rejections).toEqual([]);
  await runNight(book, [await deliver(folder, `case-${cases}`, files)]);
  return book;
}

/** Every batch of a book, in the order of their numbers. */
async function localisedBatches({ db, bookId }: TestBook): Promise<Localisation[]> {
  return await db.read(async (tx) => {
    const batches = await tx.query<{ batchId: string }>(
      `select batch_id as "batchId" from tieout.settlement_batch where book_id = $1 order by batch::int`,
      [bookId],
    );
    const localised: Localisation[] = [];
    for (const { batchId } of batches) {
      const one = await localise(tx, { bookId, batchId });
      if (one !== undefined) localised.push(one);
    }
    return localised;
  });
}

async function localisedException({ db, bookId }: TestBook, code: string): Promise<Localisation> {
  const found = await db.read(async (tx) => {
    const [exception] = await tx.query<{ id: string }>(
      'select exception_id as id from tieout.exception_item where book_id = $1 and code = $2',
      [bookId, code],
    );
    return await localise(tx, { bookId, exceptionId: exception?.id ?? '' });
  });
  if (found === undefined) throw new Error(`no batch of ${code}`);
  return found;
}

/** A batch of a settled payment, its lines and what the bank makes of its payout. */
async function shortBatch(
  lines: readonly SettlementRow[],
  ledger: readonly LedgerRow[],
  bank: { readonly shortMinor: number; readonly apart?: number; readonly charge?: string },
): Promise<TestBook> {
  const net = netOf(lines);
  const rows = [
    { amountMinor: net - bank.shortMinor, text: payoutText(1) },
    ...(bank.apart === undefined ? [] : [{ amountMinor: bank.apart, text: 'Nachtrag' }]),
  ];
  const charges =
    bank.charge === undefined
      ? ''
      : `<Chrgs><Rcrd><Amt Ccy="EUR">${bank.charge}</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>`;
  return await given(ledgerFile(ledger), {
    'settlement.csv': settlementReport([...lines, payoutRow(1, net)]),
    'statement.xml': bankStatement(rows).replace('<NtryDtls>', `${charges}<NtryDtls>`),
  });
}

const SALE: SettlementRow = { type: 'Settled', reference: 'A-1', grossMinor: 100_000, batch: 1 };
const SOLD: LedgerRow = { kind: 'capture', reference: 'A-1', amountMinor: 100_000 };

describe('a world with differences of every kind', () => {
  let batches: Localisation[];

  beforeAll(async () => {
    const world = makeWorld({ batches: 18, lines: 9 });
    batches = await localisedBatches(await given(ledgerOf(world), filesOf(world)));
  });

  test('has every batch explained to the minor unit: causes and what is unexplained are the difference', () => {
    expect(batches).toHaveLength(18);
    for (const batch of batches) {
      expect(sumMinor(batch.causes.map(({ amountMinor }) => amountMinor))).toBe(
        batch.explainedMinor,
      );
      expect(batch.explainedMinor + batch.unexplainedMinor).toBe(batch.differenceMinor);
    }
  });

  test('has levels whose totals add up to the one above, where that differs', () => {
    for (const { levels, differenceMinor, causes } of batches) {
      const of = (level: string) => levels.filter((one) => one.level === level);
      const sum = (level: string) =>
        sumMinor(of(level).flatMap(({ totals }) => totals.map((total) => total.differenceMinor)));
      expect(sum('bank') + sum('payout') + sum('kind')).toBe(differenceMinor);
      expect(sum('day')).toBe(sum('kind'));
      const lines = causes.filter(({ level }) => level === 'line');
      expect(sumMinor(lines.map(({ amountMinor }) => amountMinor))).toBe(sum('day'));
      for (const { totals } of levels)
        for (const { leftMinor, rightMinor, differenceMinor: difference } of totals)
          expect(leftMinor - rightMinor).toBe(difference);
    }
  });

  test('leaves unexplained exactly what the bank was made to be short of', () => {
    const short = batches.map(({ batch, unexplainedMinor }) => [Number(batch), unexplainedMinor]);
    expect(short).toEqual(
      Array.from({ length: 18 }, (_, at) => at + 1).map((batch) => [
        batch,
        batch % 5 === 0 && batch % 7 !== 0 ? -250n : 0n,
      ]),
    );
  });

  test('has for each batch the line settled too high, the unknown one, and the one paid twice', () => {
    for (const { batch, causes } of batches) {
      const kinds = causes.map(({ kind }) => kind).sort();
      const twice = Number(batch) % 9 === 0 ? ['paid-twice'] : [];
      expect(kinds).toEqual(['amount-differs', 'not-in-ledger', ...twice]);
    }
  });

  test('follows no kind that agrees', () => {
    for (const { levels } of batches) {
      const kinds = levels.find(({ level }) => level === 'kind')?.totals ?? [];
      const followed = levels.filter(({ level }) => level === 'day').map(({ of }) => of);
      expect(followed).toEqual(
        kinds.filter(({ differenceMinor }) => differenceMinor !== 0n).map(({ name }) => name),
      );
    }
  });
});

describe('a payout that is short while its batch agrees', () => {
  test('is located between the bank and the batch, with nothing but leads', async () => {
    const book = await shortBatch([SALE], [SOLD], { shortMinor: 2_000 });
    const found = await localisedException(book, 'SET_PAYOUT_SHORT');
    expect(found).toMatchObject({
      differenceMinor: -2_000n,
      explainedMinor: 0n,
      unexplainedMinor: -2_000n,
      causes: [],
    });
    expect(found.levels.map(({ level, totals }) => [level, totals[0]?.differenceMinor])).toEqual([
      ['bank', -2_000n],
      ['payout', 0n],
      ['kind', 0n],
    ]);
    expect(found.possible.map(({ kind }) => kind)).toEqual(['bank-charge']);
  });

  test('is explained by a charge that the bank tells with the entry, and the rest stays unexplained', async () => {
    const book = await shortBatch([SALE], [SOLD], { shortMinor: 2_000, charge: '12.50' });
    const found = await localisedException(book, 'SET_PAYOUT_SHORT');
    expect(found.causes).toMatchObject([
      { level: 'bank', kind: 'bank-charge', amountMinor: -1_250n },
    ]);
    expect(found).toMatchObject({ explainedMinor: -1_250n, unexplainedMinor: -750n });
  });

  test('points to a refund of that amount which no report shows', async () => {
    const refund: LedgerRow = { kind: 'refund', reference: 'R-1', amountMinor: 2_000 };
    const book = await shortBatch([SALE], [SOLD, refund], { shortMinor: 2_000 });
    const found = await localisedException(book, 'SET_PAYOUT_SHORT');
    expect(found.possible[0]).toMatchObject({ kind: 'not-reported', reference: 'R-1' });
    expect(found.unexplainedMinor).toBe(-2_000n);
  });

  test('points to a line told twice, and to the rest shown apart', async () => {
    const twin: SettlementRow = { type: 'Settled', reference: 'A-2', grossMinor: 2_000, batch: 1 };
    const ledger = [SOLD, { kind: 'capture', reference: 'A-2', amountMinor: 2_000 } as const];
    const book = await shortBatch([SALE, twin, twin], ledger, { shortMinor: 2_000, apart: 2_000 });
    const found = await localisedException(book, 'SET_PAYOUT_SHORT');
    expect(found.possible.map(({ kind }) => kind)).toEqual([
      'paid-twice',
      'shown-apart',
      'line-of-the-batch',
      'bank-charge',
    ]);
    // The second line of the pair is unexplained by the ledger as well: that is a difference of its own.
    expect(found.causes).toMatchObject([{ kind: 'paid-twice', amountMinor: 2_000n }]);
    expect(found.unexplainedMinor).toBe(-2_000n);
  });
});

describe('a batch that does not sum', () => {
  test('is explained by the record that was kept aside, where its amount is known', async () => {
    const story = new URL('a-row-in-an-unknown-currency-leaves-its-residue-in-suspense/', REPLAY);
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), 'unbalanced');
    await importLedger(book, new URL('ledger.csv', story));
    await runNight(book, [fileURLToPath(new URL('in/', story))]);
    const found = await localisedException(book, 'SET_BATCH_UNBALANCED');
    const payout = found.levels.find(({ level }) => level === 'payout')?.totals[0];
    expect(payout?.differenceMinor).not.toBe(0n);
    expect(found.explainedMinor + found.unexplainedMinor).toBe(found.differenceMinor);
    expect(found).toMatchObject({
      batch: expect.any(String),
      differenceMinor: payout?.differenceMinor,
    });
  });

  test('that was told anew is explained by what the new file tells, and by nothing that it withdrew', async () => {
    const story = new URL('a-corrected-report-with-another-payout-replaces-the-first/', REPLAY);
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), 'told-anew');
    await importLedger(book, new URL('ledger.csv', story));
    for (const night of ['night-1', 'night-2'])
      await runNight(book, [fileURLToPath(new URL(`${night}/in/`, story))]);
    const [found] = await localisedBatches(book);
    expect(found).toMatchObject({
      bankMinor: 14_850n,
      payoutMinor: 16_730n,
      netMinor: 16_730n,
      differenceMinor: -1_980n,
      explainedMinor: -100n,
      unexplainedMinor: -1_880n,
    });
    const told = found?.causes.map(({ kind, reference, place }) => [kind, reference, place]);
    expect(told).toEqual([['amount-differs', 'ORD-2', 'settlement-batch-1-corrected.csv:3']]);
  });

  test('that tells a line of an earlier batch again is explained by it, where a record kept aside hides whether it is paid', async () => {
    const again: SettlementRow = { ...SALE, reference: 'A-2', grossMinor: 2_000 };
    const fresh: SettlementRow = { ...SALE, reference: 'B-1', grossMinor: 5_000, batch: 2 };
    const unread: SettlementRow = { ...SALE, reference: 'B-2', grossMinor: 700, batch: 2 };
    const book = await given(ledgerFile([SOLD]), {
      'batch-1.csv': settlementReport([SALE, again, payoutRow(1, netOf([SALE, again]))]),
    });
    const second = [{ ...again, batch: 2 }, fresh, unread];
    const report = settlementReport([...second, payoutRow(2, netOf(second))]);
    const files = { 'batch-2.csv': report.replaceAll(',7.00,', ',7.005,') };
    await runNight(book, [await deliver(folder, 'told-again', files)]);
    const [, found] = await localisedBatches(book);
    expect(found?.causes.filter(({ level }) => level === 'payout')).toMatchObject([
      { kind: 'known-before', amountMinor: 2_000n, place: 'batch-2.csv:2' },
    ]);
    expect(found).toMatchObject({ payoutMinor: 7_700n, netMinor: 5_000n });
    expect(found?.possible.map(({ kind }) => kind)).toEqual([]);
  });

  test('of which nothing was loaded has no levels', async () => {
    const story = new URL('a-batch-that-does-not-sum-is-kept-aside/', REPLAY);
    const book = bookIn(database, new URL('tieout.yaml', REPLAY), 'kept-aside');
    await importLedger(book, new URL('ledger.csv', story));
    await runNight(book, [fileURLToPath(new URL('in/', story))]);
    await expect(localisedException(book, 'SET_BATCH_UNBALANCED')).rejects.toThrow('no batch');
  });
});
