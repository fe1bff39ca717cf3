import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandContext } from '../../bin/command-context.ts';
import { ingestCommand } from '../../bin/commands/ingest.ts';
import { runCommand } from '../../bin/commands/run.ts';
import { REPLAY } from '../support/book.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import {
  bankStatement,
  deliver,
  payoutRow,
  type SettlementRow,
  settlementReport,
} from '../support/deliveries.ts';

const KNOWN = bankStatement([{ amountMinor: 500, text: 'Miete' }]);
const OTHER = bankStatement([
  { amountMinor: 500, text: 'Miete' },
  { amountMinor: 700, text: 'Strom' },
]);

let folder: string;
let database: FreshDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-accept-'));
  await copyFile(new URL('tieout.yaml', REPLAY), join(folder, 'tieout.yaml'));
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `ingest` or `run` on files of one name each, in this process. */
async function tieout(
  name: 'ingest' | 'run',
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
) {
  const seen = { stdout: '', notes: [] as string[], code: -1 };
  const context: CommandContext = {
    out: async (text) => {
      seen.stdout += text;
    },
    note: (line) => {
      seen.notes.push(line);
    },
    progress: () => undefined,
    setExitCode: (code) => {
      seen.code = code;
    },
    onSignal: () => () => undefined,
    env: { TIEOUT_LOG_LEVEL: 'silent', DATABASE_URL: database.url },
    cwd: folder,
    now: () => new Date('2026-03-06T21:45:00Z'),
  };
  const path = await deliver(folder, `in-${Object.keys(files).join('-')}`, files);
  const command = name === 'ingest' ? ingestCommand(context) : runCommand(context);
  await command.parseAsync([path, ...options], { from: 'user' });
  return { ...seen, json: options.includes('--json') ? JSON.parse(seen.stdout) : undefined };
}

async function objections(schema: string, document: unknown): Promise<unknown> {
  const text = await readFile(new URL(`../../schemas/${schema}`, import.meta.url), 'utf8');
  const ajv = new Ajv({ allowUnionTypes: true });
  ajv.validate(JSON.parse(text), document);
  return ajv.errors ?? [];
}

test('ingest holds a file of a known name with exit code 3, and loads it with --accept', async () => {
  const ingest = (text: string, ...options: readonly string[]) =>
    tieout('ingest', { 'statement.xml': text }, '--book', 'ingested', '--json', ...options);
  expect((await ingest(KNOWN)).code).toBe(0);

  const held = await ingest(OTHER);
  expect(held.code).toBe(3);
  expect(held.notes.join('\n')).toMatch(/statement\.xml NAME_CONFLICT .*; the file is held$/);
  expect(held.json.files).toMatchObject([
    { outcome: 'held', entries: { read: 0, loaded: 0 }, refusal: { reason: 'NAME_CONFLICT' } },
  ]);
  expect(await objections('tieout.ingest.1.json', held.json)).toEqual([]);

  const accepted = await ingest(OTHER, '--accept', 'statement.xml');
  expect(accepted.code).toBe(0);
  expect(accepted.notes).toEqual([
    'statement.xml: 1 entries loaded, 1 duplicate (camt.053)',
    'statement.xml: restates statement 64 of DE02120300000000202051 from statement.xml: 1 line added (7.00 EUR)',
  ]);
  expect(accepted.json.files[0].restatements).toEqual([
    {
      kind: 'bank-statement',
      account: 'DE02120300000000202051',
      number: '64',
      currency: 'EUR',
      of: { name: 'statement.xml', file_no: 1 },
      added: { lines: 1, amount: '7.00' },
      removed: { lines: 0, amount: '0.00' },
      changed: { lines: 0, from: '0.00', to: '0.00' },
    },
  ]);
  expect(await objections('tieout.ingest.1.json', accepted.json)).toEqual([]);
});

test('run counts a held file, tells it in the report, and loads it with --accept', async () => {
  const run = (text: string, ...options: readonly string[]) =>
    tieout('run', { 'statement.xml': text }, '--book', 'run', '--out', 'reports', ...options);
  expect((await run(KNOWN, '--json')).json.files).toMatchObject({ loaded: 1, held: 0 });

  const held = await run(OTHER, '--json');
  expect(held.code).toBe(3);
  expect(held.json).toMatchObject({
    files: { given: 1, loaded: 0, duplicate: 0, rejected: 0, held: 1 },
    entries: { read: 0 },
    exceptions: { by_code: { FIL_NAME_CONFLICT: 1 } },
    proof: { closes: true },
  });
  expect(await objections('tieout.run.1.json', held.json)).toEqual([]);
  const told = await run(OTHER);
  expect(told.stdout).toContain(', 1 file held; ');
  expect(told.stdout).toContain('NAME_CONFLICT: house-bank has sent a file of this name before');
  const html = await readFile(join(folder, 'reports', 'report.html'), 'utf8');
  expect(html).toContain('<span class="tag bad">held</span>');

  const accepted = await run(OTHER, '--json', '--accept', 'statement.xml');
  expect(accepted.code).toBe(0);
  expect(accepted.json).toMatchObject({
    files: { loaded: 1, held: 0 },
    entries: { read: 2, loaded: 1, duplicate: 1 },
    proof: { closes: true },
  });
  expect(accepted.json.exceptions.by_code).not.toHaveProperty('FIL_NAME_CONFLICT');
});

test('a line with a known id and another amount ends with 3, and the proof closes over it', async () => {
  const line: SettlementRow = { type: 'Settled', reference: 'ORD-1', grossMinor: 1_000, batch: 1 };
  const report = (...amounts: readonly number[]) =>
    settlementReport([
      ...amounts.map((grossMinor, at) => ({ ...line, reference: `ORD-${at}`, grossMinor })),
      payoutRow(1, 2_000),
    ]);
  const options = ['--book', 'conflict', '--out', 'reports', '--json'];
  await tieout('run', { 'before.csv': report(1_000, 1_000) }, ...options);
  const { code, json, notes } = await tieout('run', { 'now.csv': report(1_100, 950) }, ...options);
  expect(code).toBe(3);
  expect(json.entries).toEqual({ read: 3, loaded: 0, duplicate: 1, rejected: 2, ignored: 0 });
  expect(json.proof.closes).toBe(true);
  expect(notes).toContain(
    'now.csv: restates batch 1 of AcmeShop from before.csv: 2 lines changed (from 20.00 EUR to 20.50 EUR)',
  );
});

test('an acceptance that fits no given file ends with 64 before anything is loaded', async () => {
  const absent = tieout(
    'ingest',
    { 'statement.xml': KNOWN },
    '--book',
    'none',
    '--accept',
    'no.xml',
  );
  await expect(absent).rejects.toMatchObject({ code: 'usage' });
  const known = await tieout('ingest', { 'statement.xml': KNOWN }, '--book', 'none', '--json');
  expect(known.json.files).toMatchObject([{ outcome: 'loaded' }]);
});
