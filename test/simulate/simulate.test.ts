import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommand } from '../../bin/commands/parse.ts';
import { simulateCommand } from '../../bin/commands/simulate.ts';
import { type SimulatedWorld, simulate } from '../../src/simulate/simulate.ts';
import {
  BATCH_BREAKS,
  OTHER_BREAKS,
  PAYMENT_BREAKS,
  RESTATED_REPORTS,
  RESTATED_STATEMENTS,
  STATEMENT_BREAKS,
} from '../../src/simulate/truth.ts';
import { runCommand } from '../support/command.ts';

const KINDS = [
  ...PAYMENT_BREAKS,
  ...BATCH_BREAKS,
  ...RESTATED_REPORTS,
  ...STATEMENT_BREAKS,
  ...RESTATED_STATEMENTS,
  ...OTHER_BREAKS,
];
const NOT_EVERYTHING_FITS = { seed: 5, payments: 2_000, breaks: 0.01, withRestatements: true };

let parent: string;
let whole: string;
let broken: string;
let brokenWorld: SimulatedWorld;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'tieout-simulate-'));
  whole = made('whole', { seed: 7, payments: 300, breaks: 0 });
  broken = join(parent, 'broken');
  brokenWorld = simulate({ ...NOT_EVERYTHING_FITS, folder: broken });
});

afterAll(() => rmSync(parent, { recursive: true, force: true }));

function made(
  name: string,
  options: { readonly seed: number; readonly payments: number; readonly breaks: number },
): string {
  const folder = join(parent, name);
  simulate({ ...options, withRestatements: true, folder });
  return folder;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of filesOf(folder))
    hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

test('one seed writes the same bytes twice', () => {
  const again = made('again', { seed: 7, payments: 300, breaks: 0 });
  expect(filesOf(again)).toEqual(filesOf(whole));
  expect(digestOf(again)).toBe(digestOf(whole));
});

test('one seed breaks the same things twice', () => {
  const again = join(parent, 'broken-again');
  simulate({ ...NOT_EVERYTHING_FITS, folder: again });
  expect(digestOf(again)).toBe(digestOf(broken));
});

test('another seed writes another world', () => {
  const other = made('other', { seed: 8, payments: 300, breaks: 0 });
  expect(digestOf(other)).not.toBe(digestOf(whole));
});

test('a folder that holds something is left alone', () => {
  expect(() => made('whole', { seed: 7, payments: 300, breaks: 0 })).toThrow(/is not empty/);
});

/** Cents of a decimal with two digits at most, by text and not by anything the writers use. */
function minorOf(text: string, digits: number): bigint {
  const [units = '', fraction = ''] = text.split(/[.,]/);
  return BigInt(units + fraction.padEnd(digits, '0'));
}

/** Cells of a line of CSV whose quoted fields hold commas and no quotes. */
function cellsOf(line: string): string[] {
  return Array.from(
    line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g),
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
}

interface Tabled {
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, string>>[];
}

function tablesOf(folder: string, pattern: RegExp): Tabled[] {
  return filesOf(folder)
    .filter((name) => pattern.test(name))
    .map((name) => {
      const [header = '', ...lines] = readFileSync(join(folder, name), 'utf8')
        .trimEnd()
        .split('\n');
      const titles = cellsOf(header);
      const rows = lines.map((line) => {
        const cells = cellsOf(line);
        return Object.fromEntries(titles.map((title, place) => [title, cells[place] ?? '']));
      });
      return { name, rows };
    });
}

describe.each(['whole', 'broken'])('in the %s world', (name) => {
  test('every batch of Adyen sums to zero with its payout', () => {
    const reports = tablesOf(join(parent, name), /settlement_detail/);
    expect(reports.length).toBeGreaterThan(15);
    for (const { name: report, rows } of reports) {
      const sum = rows.reduce((total, row) => {
        const digits = row['Net Currency'] === 'JPY' ? 0 : 2;
        const credit = minorOf(row['Net Credit (NC)'] || '0', digits);
        return total + credit - minorOf(row['Net Debit (NC)'] || '0', digits);
      }, 0n);
      expect([report, sum, rows.at(-1)?.Type]).toEqual([report, 0n, 'MerchantPayout']);
    }
  });

  test('every row of Adyen is gross less its fees', () => {
    const rows = tablesOf(join(parent, name), /settlement_detail/).flatMap((report) => report.rows);
    const plain = rows.filter(
      (row) => row['Psp Reference'] !== '' && row['Gross Currency'] === row['Net Currency'],
    );
    expect(plain.length).toBeGreaterThan(100);
    for (const row of plain) {
      const digits = row['Net Currency'] === 'JPY' ? 0 : 2;
      const of = (title: string) => minorOf(row[title] || '0', digits);
      const fees =
        of('Commission (NC)') + of('Markup (NC)') + of('Scheme Fees (NC)') + of('Interchange (NC)');
      const gross = of('Gross Credit (GC)') - of('Gross Debit (GC)');
      expect(of('Net Credit (NC)') - of('Net Debit (NC)')).toBe(gross - fees);
    }
  });

  test('every row of Stripe is gross less its fee', () => {
    const rows = tablesOf(join(parent, name), /stripe/).flatMap((report) => report.rows);
    expect(rows.length).toBeGreaterThan(50);
    for (const { gross = '', fee = '', net = '' } of rows) {
      const signed = (text: string) =>
        (text.startsWith('-') ? -1n : 1n) * minorOf(text.replace('-', ''), 2);
      expect(signed(net)).toBe(signed(gross) - signed(fee));
    }
  });

  test('every statement closes, and begins with what the one before it closed with', () => {
    for (const currency of ['EUR', 'USD', 'JPY']) {
      const statements = filesOf(join(parent, name))
        .filter((file) => file.includes(`statement-${currency}`))
        .map((file) => ({
          file,
          ...balancesOf(readFileSync(join(parent, name, file), 'utf8'), currency),
        }))
        .sort((left, right) => (nameOf(left.file) < nameOf(right.file) ? -1 : 1));
      expect(statements.length).toBeGreaterThan(5);
      for (const { file, opening, closing, sum } of statements) {
        expect([file, opening + sum]).toEqual([file, closing]);
      }
      const last = statements.filter(
        ({ file }) =>
          !statements.some(
            (other) => nameOf(other.file) === nameOf(file).replace(/\./, '-corrected.'),
          ),
      );
      last.slice(1).forEach(({ file, opening }, place) => {
        expect([file, opening]).toEqual([file, last[place]?.closing]);
      });
    }
  });
});

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** Balances and entries as they stand in a statement, found by the shape of its text. */
function balancesOf(
  text: string,
  currency: string,
): { opening: bigint; closing: bigint; sum: bigint } {
  const digits = currency === 'JPY' ? 0 : 2;
  const signed = (mark: string, amount: string) =>
    (/^D/.test(mark) ? -1n : 1n) * minorOf(amount, digits);
  const isXml = text.startsWith('<?xml');
  const balance = isXml
    ? /<Cd>(OPBD|CLBD)<\/Cd>.*?>([\d.]+)<\/Amt><CdtDbtInd>(\w+)/g
    : /:6([02])F:([CD])\d{6}[A-Z]{3}([\d,]+)/g;
  const entry = isXml
    ? /<Ntry><Amt[^>]*>([\d.]+)<\/Amt><CdtDbtInd>(\w+)/g
    : /:61:\d{10}([CD])([\d,]+)N/g;
  const [opening = 0n, closing = 0n] = Array.from(
    text.matchAll(balance),
    ([, , second = '', third = '']) => (isXml ? signed(third, second) : signed(second, third)),
  );
  const entries = Array.from(text.matchAll(entry), ([, first = '', second = '']) =>
    isXml ? signed(second, first) : signed(first, second),
  );
  return { opening, closing, sum: entries.reduce((total, amount) => total + amount, 0n) };
}

test('a world without breaks has no truth to tell', () => {
  expect(readFileSync(join(whole, 'truth.ndjson'), 'utf8')).toBe('');
});

test('what the batches of a whole world pay is what the bank books', () => {
  const paid = tablesOf(whole, /settlement_detail/).flatMap(({ rows }) =>
    rows
      .filter(({ Type }) => Type === 'MerchantPayout')
      .map((row) => `${row['Net Debit (NC)']} ${row['Modification Reference']}`),
  );
  const statements = filesOf(whole)
    .filter((name) => name.includes('statement-'))
    .map((name) => readFileSync(join(whole, name), 'utf8').replaceAll(/\r\n(?!:|-)|\?2\d/g, ''))
    .join('\n');
  expect(paid.length).toBeGreaterThan(15);
  for (const payout of paid) {
    const [amount = '', text = ''] = payout.split(/ (.*)/s);
    expect(statements).toContain(text);
    const isThere =
      statements.includes(`>${amount}<`) || statements.includes(`C${amount.replace('.', ',')}`);
    expect([payout, isThere]).toEqual([payout, true]);
  }
});

test('every capture of a whole world stands in one report, with the amount it is booked with', () => {
  const booked = tablesOf(whole, /ledger/).flatMap(({ rows }) =>
    rows.filter(({ kind }) => kind === 'capture'),
  );
  const adyen = tablesOf(whole, /settlement_detail/)
    .flatMap(({ rows }) => rows.filter(({ Type }) => Type === 'Settled'))
    .map(
      (row) => `${row['Merchant Reference']} ${row['Gross Currency']} ${row['Gross Credit (GC)']}`,
    );
  const stripe = tablesOf(whole, /stripe/)
    .flatMap(({ rows }) => rows.filter((row) => row.reporting_category === 'charge'))
    .map((row) => `${row.order_id} ${row.currency?.toUpperCase()} ${row.gross}`);
  expect(booked).toHaveLength(300);
  expect([...adyen, ...stripe].sort()).toEqual(
    booked.map(({ reference, currency, amount }) => `${reference} ${currency} ${amount}`).sort(),
  );
});

test('the truth has every kind of break, and says of each what must be told', () => {
  const lines = readFileSync(join(broken, 'truth.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const counted = new Map<string, number>();
  for (const { break: kind } of lines) counted.set(kind, (counted.get(kind) ?? 0) + 1);
  expect([...counted.keys()].sort()).toEqual([...KINDS].sort());
  expect(counted).toEqual(brokenWorld.breaks);
  for (const line of lines) {
    expect(line).toMatchObject({
      night: expect.any(Number),
      reference: expect.stringMatching(/./),
      amount_minor: expect.stringMatching(/^-?\d+$/),
      currency: expect.stringMatching(/^(EUR|USD|JPY)$/),
      why: expect.stringMatching(/\.$/),
    });
    if (line.expect.state === 'open') expect(line.expect.codes).not.toEqual([]);
  }
});

test('no payment, payout or bank entry is broken twice', () => {
  const lines = readFileSync(join(broken, 'truth.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const references = lines.map(({ reference }) => reference);
  expect(new Set(references).size).toBe(references.length);
});

test('without restatements nothing is sent again', () => {
  const folder = join(parent, 'once');
  simulate({ ...NOT_EVERYTHING_FITS, withRestatements: false, folder });
  expect(readFileSync(join(folder, 'truth.ndjson'), 'utf8')).not.toContain('restated');
  expect(filesOf(folder).filter((name) => name.includes('corrected'))).toEqual([]);
});

test.each(['whole', 'broken'])(
  'every file of the %s world is read without a rejection',
  async (name) => {
    const folders = readdirSync(join(parent, name))
      .filter((entry) => entry.startsWith('night-'))
      .map((entry) => join(parent, name, entry));
    const seen = await runCommand(parseCommand, { url: '', cwd: join(parent, name) }, [
      '--json',
      ...folders,
    ]);
    const summaries = seen.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'summary');
    expect(seen.exitCode).toBe(0);
    expect(summaries.length).toBeGreaterThan(40);
    for (const { file, rejections, diagnostics } of summaries) {
      expect({ file, rejections, diagnostics }).toEqual({ file, rejections: 0, diagnostics: 0 });
    }
  },
);

test('the command says what it wrote, and refuses a rate that leaves nothing whole', async () => {
  const surroundings = { url: '', cwd: parent };
  const asked = ['--seed', '1', '--payments', '50', '--out', 'told', '--json'];
  const seen = await runCommand(simulateCommand, surroundings, asked);
  const document = JSON.parse(seen.out);
  expect(document).toMatchObject({
    seed: 1,
    payments: 50,
    rate: 0,
    booked: { capture: 50 },
    breaks: {},
  });
  expect(JSON.parse(readFileSync(join(parent, 'told', 'world.json'), 'utf8'))).toEqual(document);
  await expect(
    runCommand(simulateCommand, surroundings, [...asked, '--breaks', '0.2']),
  ).rejects.toMatchObject({ code: 'usage' });
});
