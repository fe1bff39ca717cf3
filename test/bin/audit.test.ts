import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { auditCommand } from '../../bin/commands/audit.ts';
import { recordAct } from '../../src/audit/audit-log.ts';
import { givenJournals } from '../audit/sealed-books.ts';
import { BOOK_ID, NOW } from '../ledger/books.ts';
import { runCommand } from '../support/command.ts';
import { type FreshDatabase, freshDatabase, tamper } from '../support/database.ts';

const CONFIG = 'book: acme\ncurrency: EUR\nsources: { bank: { role: bank } }\n';

const made: { drop(): Promise<void> }[] = [];
let fresh: FreshDatabase;
let cwd: string;

beforeEach(async () => {
  fresh = await freshDatabase();
  cwd = mkdtempSync(join(tmpdir(), 'tieout-audit-command-'));
  made.push(fresh, { drop: async () => rmSync(cwd, { recursive: true, force: true }) });
  writeFileSync(join(cwd, 'tieout.yaml'), CONFIG);
  await fresh.db.transaction((tx) => givenJournals(tx));
});

afterAll(async () => {
  for (const one of made) await one.drop();
});

async function audit(...parameters: readonly string[]) {
  const surroundings = { url: fresh.url, cwd, now: NOW };
  const { out, exitCode } = await runCommand(auditCommand, surroundings, parameters);
  return { out, exitCode };
}

async function json(...parameters: readonly string[]) {
  const { out, exitCode } = await audit(...parameters, '--json');
  return { ...JSON.parse(out), exitCode };
}

async function tampered(sql: string): Promise<void> {
  await fresh.db.transaction((tx) => tamper(tx, sql));
}

test('seals with a key made on first use that only its owner can read, and nothing the second time', async () => {
  expect((await audit('seal')).out).toBe('10 journals with 11 postings sealed in 1 blocks\n');
  const key = join(cwd, '.tieout', 'seal.key');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const pem = readFileSync(key, 'utf8');
  expect(await json('seal')).toMatchObject({ blocks: 0, journals: 0, postings: 0 });
  expect(readFileSync(key, 'utf8')).toBe(pem);
  expect(await audit('verify')).toEqual({
    out: '10 journals in 1 blocks are as they were sealed\n',
    exitCode: 0,
  });
});

test('uses the configured key and makes none', async () => {
  writeFileSync(join(cwd, 'tieout.yaml'), `${CONFIG}seal_key_file: keys/seal\n`);
  await expect(audit('seal')).rejects.toMatchObject({ code: 'configuration' });
  expect(existsSync(join(cwd, '.tieout', 'seal.key'))).toBe(false);
});

test('ends with 2 and names the first bad journal', async () => {
  await audit('seal');
  await tampered(`update tieout.posting set amount_minor = 35 where seq = 2`);
  const { out, exitCode } = await audit('verify');
  expect(exitCode).toBe(2);
  expect(out).toMatch(
    /^BROKEN edited: .*\(block 1, leaf 5, journal [0-9a-f-]{36}, key pay-5\); before it 0 journals/,
  );
  expect(await json('verify')).toMatchObject({
    schema: 'tieout.audit-verify/1',
    whole: false,
    exitCode: 2,
    breach: { fault: 'edited', block: 1, leaf: 5, key: 'pay-5' },
  });
});

test('exports what can be verified without the database, which then shows who edited it', async () => {
  await audit('seal');
  expect((await audit('export', '-o', 'sealed.ndjson')).out).toBe('');
  const digest = (await audit('export', '--digest')).out;
  writeFileSync(join(cwd, 'digest.json'), digest);
  expect(JSON.parse(digest)).toMatchObject({
    schema: 'tieout.audit-digest/1',
    book: 'acme',
    journals: '10',
    postings: '11',
    sums: { EUR: '11140', USD: '1234' },
  });
  const offline = ['verify', '--export', 'sealed.ndjson', '--against', 'digest.json'];
  rmSync(join(cwd, 'tieout.yaml'));
  expect(await json(...offline)).toMatchObject({ whole: true, journals: 10, exitCode: 0 });
  const lines = readFileSync(join(cwd, 'sealed.ndjson'), 'utf8');
  writeFileSync(join(cwd, 'sealed.ndjson'), lines.replace('capture order-1', 'capture order-2'));
  expect(await json(...offline)).toMatchObject({ exitCode: 2, breach: { fault: 'edited' } });
});

test('finds a chain made again with another key, and by a kept export the journal', async () => {
  await audit('seal');
  await audit('export', '-o', 'sealed.ndjson');
  await audit('export', '--digest', '-o', 'digest.json');
  const { keys } = JSON.parse(readFileSync(join(cwd, 'digest.json'), 'utf8'));
  writeFileSync(join(cwd, 'key.pem'), keys[0].public_key);
  rmSync(join(cwd, '.tieout', 'seal.key'));
  await tampered(`update tieout.journal set description = 'x' where key = 'pay-7';
    delete from tieout.seal_leaf; delete from tieout.seal_block`);
  await audit('seal');
  expect(await json('verify')).toMatchObject({ whole: true });
  const found = async (...options: readonly string[]) => (await json('verify', ...options)).breach;
  expect(await found('--public-key', 'key.pem')).toMatchObject({ fault: 'signature', block: 1 });
  expect(await found('--against', 'digest.json')).toMatchObject({ fault: 'anchor', block: 1 });
  expect(await found('--against', 'sealed.ndjson')).toMatchObject({
    fault: 'edited',
    key: 'pay-7',
  });
});

test.each([
  [['verify', '--against', 'none.json'], 'not_found'],
  [['verify', '--against', 'tieout.yaml'], 'invalid_input'],
  [['verify', '--export', 'tieout.yaml'], 'invalid_input'],
  [['verify', '--public-key', 'tieout.yaml'], 'invalid_input'],
  [['verify', '--public-key', 'none.pem'], 'not_found'],
  [['log', '--limit', 'many'], 'usage'],
])('refuses %j with %s', async (parameters, code) => {
  await expect(audit(...parameters)).rejects.toMatchObject({ code });
});

test('lists who did what, by object, actor and request, newest first', async () => {
  const act = { bookId: BOOK_ID, objectType: 'account', objectId: 'assets:bank:main' };
  await fresh.db.transaction(async (tx) => {
    await recordAct(tx, { ...act, actor: 'ann', action: 'freeze', reason: 'audit', now: NOW });
    const later = new Date(NOW.getTime() + 1000);
    await recordAct(tx, { ...act, actor: 'bob', action: 'close', requestId: 'r-1', now: later });
    await recordAct(tx, {
      ...act,
      objectType: 'period',
      objectId: '2026-02',
      actor: 'ann',
      action: 'lock',
      now: NOW,
    });
  });
  const actions = async (...filters: readonly string[]) =>
    (await json('log', ...filters)).acts.map(({ action }: { action: string }) => action);
  expect((await actions())[0]).toBe('close');
  expect(await actions('--actor', 'bob')).toEqual(['close']);
  expect(await actions('--object', 'account:assets:bank:main')).toEqual(['close', 'freeze']);
  expect(await actions('--object', 'period')).toEqual(['lock']);
  expect(await actions('--request', 'r-1', '--actor', 'bob')).toEqual(['close']);
  expect(await actions('--request', 'r-1', '--actor', 'ann')).toEqual([]);
  expect((await audit('log', '--limit', '1')).out).toContain('account:assets:bank:main');
});
