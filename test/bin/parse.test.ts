import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandContext } from '../../bin/command-context.ts';
import { parseCommand } from '../../bin/commands/parse.ts';
import { OperationalError } from '../../src/errors.ts';

const CASES = new URL('../../fixtures/ingest/adyen-settlement-details/', import.meta.url);
const CLEAN = inputOf('a-batch-sums-to-zero-with-its-payout');
const REJECTING = inputOf('an-unknown-type-is-rejected-with-its-amount');
const REFUSED = inputOf('refused-when-a-column-is-missing');

const OWN_PROFILE = `
book: acme
currency: EUR
sources:
  bank: { role: bank, formats: [csv:our-bank], accounts: { '4711': assets:bank:main } }
profiles:
  our-bank:
    role: bank
    delimiter: ';'
    table: { signature: [day, text, amount] }
    columns: { day: Tag, text: Text, amount: Betrag }
    constants: { account: '4711', currency: EUR }
    numbers: { decimal: ',', group: '.' }
    dates: { patterns: [dd.MM.yyyy] }
    entry:
      account: account
      currency: currency
      type: bank
      booking_date: day
      net: { of: amount, positive: in }
      narrative: text
`;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-parse-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('parse', () => {
  test('prints every record as an object and the summary last', async () => {
    const { objects, exitCode } = await run(['--json', CLEAN]);
    expect(exitCode).toBe(0);
    expect(objects.map((object) => object.type)).toEqual([
      'statement',
      ...Array.from({ length: 7 }, () => 'entry'),
      'statement-end',
      'summary',
    ]);
    expect(objects[1]).toMatchObject({
      entry_type: 'payment',
      currency: 'EUR',
      amount_minor: '4950',
      gross_minor: '5000',
      fees_minor: { markup: '20', scheme: '5', interchange: '25' },
      booking_date: '2026-03-02',
      external_id: '8816000000000001',
      line: 2,
    });
  });

  test('sums up a file in major units', async () => {
    const { objects } = await run(['--json', CLEAN]);
    expect(objects.at(-1)).toMatchObject({
      file: CLEAN,
      format: 'csv:adyen-settlement-details',
      version: null,
      entries: 7,
      rejections: 0,
      statements: [
        {
          account: 'LindenShop',
          number: '17',
          currency: 'EUR',
          opening: null,
          closing: null,
          credits: '99.20',
          debits: '99.20',
          entries: 7,
          difference: null,
          closes: null,
        },
      ],
    });
  });

  test('prints a line per statement, per rejection and per file for people', async () => {
    const { stdout, exitCode } = await run([REJECTING]);
    expect(exitCode).toBe(3);
    expect(stdout.split('\n')).toEqual([
      `${REJECTING}:3 UNKNOWN_TYPE "Confiscated" is not a row type that adyen-settlement-details knows`,
      `${REJECTING}:3 BATCH_WITHOUT_PAYOUT batch 17 of LindenShop sums to 49.50 EUR and has no payout row`,
      'statement of LindenShop: 1 entries, +49.50 EUR, -0.00 EUR, balances not told',
      `${REJECTING}: csv:adyen-settlement-details: 1 statements, 1 entries, 1 rejections, 1 diagnostics`,
      '',
    ]);
  });

  test('names for people what was rejected by a bank and what came back', async () => {
    const rejected = payments('pain.002/every-level-tells-its-own-status');
    const returned = payments('pacs.004/a-return-tells-why-and-what-it-cost');
    const { stdout, exitCode } = await run([rejected, returned]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `${rejected}:15 CstmrPmtStsRpt[1]/OrgnlPmtInfAndSts[1]/TxInfAndSts[1] RJCT transaction INV-1001 AC01 1301813;account unknown; H17`,
      'statement of an unnamed account: 0 entries',
      `${rejected}: pain.002 pain.002.001.10: 1 statements, 0 entries, 5 statuses, 0 rejections, 0 diagnostics`,
      `${returned}:5 PmtRtr[1]/TxInf[1] returned INV-1001 95.00 EUR AC04 account closed since January`,
      `${returned}:5 PmtRtr[1]/TxInf[1] ATTRIBUTE_UNREADABLE CCY_MISSING: ChrgsInf/Amt has no Ccy`,
      `${returned}:26 PmtRtr[1]/TxInf[2] returned T-8 50.00 EUR X9 Invoice 1002`,
      'statement of an unnamed account: 2 entries, none of them booked',
      `${returned}: pacs.004 pacs.004.001.10: 1 statements, 2 entries, 2 statuses, 0 rejections, 1 diagnostics`,
      '',
    ]);
  });

  test('prints attributes in snake case, lists as lists and amounts as text', async () => {
    const settled = payments('pacs.008/a-payment-settles-in-another-currency-than-instructed');
    const { objects } = await run(['--json', settled]);
    expect(objects[1]).toMatchObject({
      entry_type: 'credit-transfer',
      attributes: {
        counterparty_account: '567876543',
        references: { instruction: 'I-1', message: 'IN-1', clearing: 'CLR-1' },
        charges: [{ currency: 'USD', amount_minor: '-500', is_included: null, type: 'COMM' }],
        exchange: { amount_minor: '10500', currency: 'USD', rate: '0.91', unit_currency: null },
      },
    });
    const instructed = payments('pain.001/a-group-pays-from-one-account-on-one-day');
    const { objects: transfers } = await run(['--json', instructed]);
    expect(transfers[1]).toMatchObject({
      attributes: { references: { payment_information: 'LINDEN-20260302-1-A' } },
    });
  });

  test('exits 65 when the only file is refused, and says where on stderr', async () => {
    const { objects, notes, exitCode } = await run(['--json', REFUSED]);
    expect(exitCode).toBe(65);
    expect(notes).toEqual([
      `tieout: ${REFUSED}:1 MISSING_COLUMN the column "Net Credit (NC)" is missing`,
    ]);
    expect(objects).toEqual([
      {
        type: 'refused',
        file: REFUSED,
        reason: 'MISSING_COLUMN',
        message: 'the column "Net Credit (NC)" is missing',
        line: 1,
        element: null,
      },
      expect.objectContaining({ type: 'summary', file: REFUSED, entries: 0, refused: true }),
    ]);
  });

  test('exits 3 when one of several is refused, and reads the others', async () => {
    const { objects, exitCode } = await run(['--json', REFUSED, CLEAN]);
    expect(exitCode).toBe(3);
    expect(objects.at(-1)).toMatchObject({ type: 'summary', file: CLEAN });
  });

  test('walks a directory', async () => {
    const root = join(folder, 'in');
    await mkdir(root);
    await writeFile(join(root, 'b.txt'), 'hello');
    await writeFile(join(root, 'a.pdf'), '%PDF-1.7');
    const { objects, exitCode } = await run(['--json', root]);
    expect(exitCode).toBe(3);
    const refused = objects.filter(({ type }) => type === 'refused');
    expect(refused.map(({ file }) => file)).toEqual([join(root, 'a.pdf'), join(root, 'b.txt')]);
  });

  test('reads a file with a profile of the configuration, as the source that is named', async () => {
    const file = join(folder, 'own.csv');
    await writeFile(
      file,
      'Tag;Text;Betrag\n02.03.2026;Miete;-1.250,00\n03.03.2026;Lohn;2.000,50\n',
    );
    const config = join(folder, 'own.yaml');
    await writeFile(config, OWN_PROFILE);
    const named = await run(['--json', '--config', config, '--source', 'bank', file]);
    expect(named.exitCode).toBe(0);
    expect(named.objects.at(-1)).toMatchObject({ format: 'csv:our-bank', entries: 2 });
    expect(named.objects[1]).toMatchObject({ amount_minor: '-125000', booking_date: '2026-03-02' });
    expect((await run(['--json', file])).objects[0]).toMatchObject({ reason: 'UNKNOWN_FORMAT' });
    await expect(run(['--config', config, '--source', 'nobody', file])).rejects.toThrow('nobody');
  });

  test('stops quietly when nobody reads any more', async () => {
    const closed = new OperationalError('io_error', 'closed', { context: { reason: 'EPIPE' } });
    expect((await run(['--json', CLEAN], () => Promise.reject(closed))).exitCode).toBe(0);
  });

  test('fails when its output cannot be written', async () => {
    const full = new OperationalError('io_error', 'full', { context: { reason: 'ENOSPC' } });
    await expect(run([CLEAN], () => Promise.reject(full))).rejects.toBe(full);
  });

  test('fails when a path is not there', async () => {
    const absent = run([join(folder, 'absent.csv')]);
    await expect(absent).rejects.toMatchObject({ code: 'not_found' });
  });

  test('does not let a file name begin a line of its own', async () => {
    const path = join(folder, 'a\ntieout: all is well');
    await writeFile(path, 'hello');
    const { notes } = await run([path]);
    expect(notes.join('')).not.toContain('\n');
  });
});

function inputOf(name: string): string {
  return fileURLToPath(new URL(`${name}/input.csv`, CASES));
}

function payments(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/ingest/${name}/input.xml`, import.meta.url));
}

async function run(args: readonly string[], write?: CommandContext['out']) {
  let stdout = '';
  let exitCode: number | undefined;
  const notes: string[] = [];
  const context: CommandContext = {
    out: async (text) => {
      await write?.(text);
      stdout += text;
    },
    note: (text) => notes.push(text),
    setExitCode: (code) => {
      exitCode = code;
    },
    progress: () => undefined,
    onSignal: () => () => undefined,
    env: {},
    cwd: folder,
    now: () => new Date(0),
  };
  await parseCommand(context).parseAsync(args, { from: 'user' });
  const isJson = args.includes('--json');
  const objects: Record<string, unknown>[] = isJson
    ? stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];
  return { stdout, notes, exitCode, objects };
}
