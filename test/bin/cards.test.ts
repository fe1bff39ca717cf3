import { createHash, createHmac } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPLAY } from '../support/book.ts';
import { type BuiltCli, buildCli, type Ended } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { bankStatement, ledgerFile, payoutRow, settlementReport } from '../support/deliveries.ts';

/** Each canary stands in another place; none may come out anywhere. */
const REFERENCE = '4111111111111111';
const NARRATIVE = '5555 5555 5555 4444';
const UNREADABLE = '378282246310005';
const REFUSED = '6011111111111117';
const NAMED = '3530111333300000';
const CANARIES = [REFERENCE, NARRATIVE.replaceAll(' ', ''), UNREADABLE, REFUSED, NAMED];

const SALE = { type: 'Settled', reference: REFERENCE, grossMinor: 5_000, feeMinor: 50 } as const;
const REPORT = settlementReport([{ ...SALE, batch: 17 }, payoutRow(17, 4_950)]);
const UNREADABLE_ROW = REPORT.split('\n')[1]
  ?.replaceAll(REFERENCE, UNREADABLE)
  .replace(',Settled,', ',Confiscated,')
  .replace(/,17$/, ',18');
const SENSITIVE = `ref,CVV\n${REFUSED},123\n`;

let cli: BuiltCli;
let folder: string;
let database: FreshDatabase;

beforeAll(async () => {
  cli = buildCli();
  folder = await mkdtemp(join(tmpdir(), 'tieout-cards-'));
  await copyFile(new URL('tieout.yaml', REPLAY), join(folder, 'tieout.yaml'));
  await mkdir(join(folder, 'in'));
  await mkdir(join(folder, 'tmp'));
  const metadata = `"{""card"":${REFERENCE}}"`;
  const ledger = ledgerFile([{ kind: 'capture', reference: REFERENCE, amountMinor: 5_000 }]);
  const [header = '', row = ''] = ledger.split('\n');
  await writeFile(
    join(folder, 'ledger.csv'),
    `${header},metadata\n${row},${metadata}\n${UNREADABLE},x,,,,,,,\n`,
  );
  await writeFile(join(folder, 'in', 'a.csv'), `${REPORT}${UNREADABLE_ROW}\n`);
  const text = `card ${NARRATIVE}`;
  const rows = [{ amountMinor: 700, text, reference: NARRATIVE.replaceAll(' ', '-') }];
  await writeFile(join(folder, 'in', `${NAMED}.xml`), bankStatement(rows));
  await writeFile(join(folder, 'in', 'c.txt'), `${REFUSED};who knows\n`);
  await writeFile(join(folder, 'in', 'd.csv'), SENSITIVE);
  await writeFile(join(folder, 'in', 'e\u001b[2J\nf.txt'), 'no form known');
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  cli.remove();
  await rm(folder, { recursive: true, force: true });
});

function tieout(...args: readonly string[]): Promise<Ended> {
  const env = { DATABASE_URL: database.url, SESAME: 'open', TMPDIR: join(folder, 'tmp') };
  return cli.run(args, { cwd: folder, env });
}

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  return await database.db.read(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = 'tieout' and table_type = 'BASE TABLE' order by 1`,
    );
    let text = '';
    for (const { name } of tables) {
      const rows = await tx.query<{ row: string }>(`select t::text as row from tieout."${name}" t`);
      text += rows.map(({ row }) => `${name} ${row}\n`).join('');
    }
    return text;
  });
}

async function textsBelow(path: string): Promise<string> {
  const names = await readdir(path, { recursive: true });
  const texts = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      return (await stat(file)).isFile() ? `${name}\n${await readFile(file, 'utf8')}` : name;
    }),
  );
  return texts.join('\n');
}

function canariesIn(text: string): readonly string[] {
  const digits = text.replaceAll(/(?<=\d)[ -](?=\d)/g, '');
  return CANARIES.filter((number) => digits.includes(number));
}

test('no card number comes out of the whole loop, and what it stands for is still tied', async () => {
  const imported = await tieout('ledger', 'import', 'ledger.csv', '--json');
  const run = await tieout('run', 'in', '--json', '--date', '2026-03-06');
  const result = JSON.parse(run.stdout);
  expect(result.files).toMatchObject({ loaded: 2, rejected: 3 });
  expect(result.matched.groups).toBeGreaterThanOrEqual(1);
  const others = [
    await tieout('ingest', 'in', '--json'),
    await tieout('report'),
    await tieout('exceptions', 'list'),
    await tieout('ledger', 'journals', '--json'),
    ...(await Promise.all(
      ['a.csv', 'c.txt', 'd.csv'].map((name) => tieout('parse', '--json', join('in', name))),
    )),
  ];
  for (const { stdout, stderr } of [imported, run, ...others]) {
    expect(canariesIn(stdout + stderr)).toEqual([]);
  }
  const rows = await dump();
  expect(rows).toContain('rejection');
  expect(canariesIn(rows)).toEqual([]);
  expect(canariesIn(await textsBelow(join(folder, '.tieout', 'reports')))).toEqual([]);
  const key = await readFile(join(folder, '.tieout', 'token.key'));
  expect(rows).toContain(`411111xxxxxx1111#${tokenOf(REFERENCE, key)}`);
  expect(rows).toContain(`378282xxxxxx0005#${tokenOf(UNREADABLE, key)}`);
});

test('delivered files are kept, but not the one with a verification code', async () => {
  const kept = await readdir(join(folder, '.tieout', 'raw'));
  expect(kept).toHaveLength(4);
  expect(kept).not.toContain(createHash('sha256').update(SENSITIVE).digest('hex'));
  const state = join(folder, 'other');
  const config = await readFile(join(folder, 'tieout.yaml'), 'utf8');
  await writeFile(join(folder, 'other.yaml'), `state_directory: ${state}\n${config}`);
  await tieout('ingest', 'in', '--no-raw', '--config', 'other.yaml', '--book', 'other');
  await tieout('run', 'in', '--no-raw', '--config', 'other.yaml', '--book', 'other');
  expect(await readdir(state)).not.toContain('raw');
});

test('no name of a file moves the cursor or begins a line, in log and words', async () => {
  const { stderr } = await tieout('ingest', 'in');
  expect(stderr).toContain('UNKNOWN_FORMAT');
  expect(stderr).not.toContain('\u001b');
  expect(stderr.split('\n').filter((line) => line.startsWith('f.txt'))).toEqual([]);
  const gone = await tieout('parse', 'x\ntieout: all is well');
  expect(gone.stderr.split('\n')).toHaveLength(2);
});

describe('an encrypted file', () => {
  const text = settlementReport([
    { ...SALE, reference: 'ORD-PGP', batch: 40 },
    payoutRow(40, 4_950),
  ]);

  beforeAll(async () => {
    const ours = await openpgp.generateKey({
      userIDs: [{ name: 'ours' }],
      passphrase: 'open',
      format: 'object',
    });
    const bank = await openpgp.generateKey({ userIDs: [{ name: 'bank' }], format: 'object' });
    await mkdir(join(folder, 'pgp'));
    for (const name of ['a.csv', 'b.csv.pgp']) {
      const message = await openpgp.createMessage({ binary: new Uint8Array(gzipSync(text)) });
      const file = await openpgp.encrypt({
        message,
        encryptionKeys: ours.publicKey,
        signingKeys: bank.privateKey,
        format: 'binary',
      });
      await writeFile(join(folder, 'pgp', name), Buffer.from(file as Uint8Array));
    }
    await writeFile(join(folder, 'ours.asc'), ours.privateKey.armor(), { mode: 0o600 });
    await writeFile(join(folder, 'bank.asc'), bank.publicKey.armor());
    const config = await readFile(join(folder, 'tieout.yaml'), 'utf8');
    const keys =
      '    pgp: { private_key_file: ours.asc, passphrase_env: SESAME, verify: [bank.asc] }\n';
    await writeFile(
      join(folder, 'keys.yaml'),
      config.replace('adyen:\n', `adyen:\n${keys}`).replace('book: replay', 'book: keys'),
    );
  });

  test('is read by parse, and by ingest once, however often it was encrypted', async () => {
    const parsed = await tieout('parse', '--json', '--config', 'keys.yaml', 'pgp/a.csv');
    expect(parsed.code).toBe(0);
    expect(parsed.stdout).toContain('"reference":"ORD-PGP"');
    const { code, stdout } = await tieout('ingest', '--json', '--config', 'keys.yaml', 'pgp');
    expect(code).toBe(0);
    const files = JSON.parse(stdout).files as { outcome: string; sha256: string }[];
    expect(files.map(({ outcome }) => outcome)).toEqual(['loaded', 'duplicate']);
    expect(files[0]?.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('asks for a key where none is configured, with exit 78', async () => {
    const parsed = await tieout('parse', 'pgp/a.csv');
    expect([parsed.code, parsed.stderr]).toEqual([
      78,
      expect.stringContaining('add pgp to its source'),
    ]);
    expect((await tieout('run', 'pgp', '--book', 'none')).code).toBe(78);
  });

  test('leaves no plaintext behind', async () => {
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

function tokenOf(digits: string, key: Uint8Array): string {
  const bits = Array.from(
    createHmac('sha256', key).update(digits).digest().subarray(0, 10),
    (byte) => byte.toString(2).padStart(8, '0'),
  ).join('');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return (bits.match(/.{5}/g) ?? []).map((five) => letters[Number.parseInt(five, 2)]).join('');
}
