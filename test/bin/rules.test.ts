import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditCommand } from '../../bin/commands/audit.ts';
import { rulesCommand } from '../../bin/commands/rules.ts';
import { sha256Hex } from '../../src/ids.ts';
import { rulePacksOf, storeRulePacks } from '../../src/match/rules/packs.ts';
import { givenBook } from '../ledger/books.ts';
import { runCommand, type Seen } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const OWN = `rulepack: own-accounts
context: bank-to-bank
# Only what one reference names.
rules:
  - id: by-reference
    priority: 10
    cardinality: "1:1"
    block_on: [currency, amount, reference]
    predicates:
      - { op: offset, field: date, from: -2, to: 0, unit: business_day, calendar: hq }
  - { id: former, priority: 20, cardinality: "1:1", block_on: [amount], retired: true }
`;

let database: FreshDatabase;
let folder: string;
const SHIPPED = rulePacksOf({ ruleDocuments: [], calendars: new Map() });

beforeAll(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tieout-rules-'));
  writeFileSync(join(folder, 'own.yaml'), OWN);
  writeFileSync(
    join(folder, 'tieout.yaml'),
    'book: acme\ncurrency: EUR\nsources: { bank: { role: bank } }\ncalendars: { hq: { based_on: UK } }\nrules: [own.yaml]\n',
  );
  await database.db.transaction(async (tx) => {
    const bookId = await givenBook(tx, 'acme');
    await storeRulePacks(tx, { bookId, packs: SHIPPED, now: new Date('2026-02-01T09:00:00Z') });
  });
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

function rules(...parameters: readonly string[]): Promise<Seen> {
  return runCommand(rulesCommand, { url: database.url, cwd: folder }, parameters);
}

function versionOf(name: string): string {
  const found = SHIPPED.find(({ pack }) => pack === name);
  if (found === undefined) throw new Error(`no pack ${name}`);
  return found.version;
}

describe('rules list', () => {
  test('tells the packs in force with their rules, and earlier versions', async () => {
    const { out } = await rules('list');
    const lines = out.split('\n').map((line) => line.replaceAll(/ +/g, ' ').trim());
    expect(lines).toContain(
      `bank ${versionOf('bank')} bank-to-item in force, used since 2026-02-01`,
    );
    expect(lines).toContain('bank-by-amount-of-others 1:1 suggested');
    expect(lines).toContain('former 1:1 retired');
    expect(lines).toContain(
      `own-accounts ${versionOf('own-accounts')} bank-to-bank not in force, used since 2026-02-01`,
    );
    expect(out).not.toContain('own-transfer-by-amount');
    expect(out).toMatch(/own-accounts +[0-9a-f]{12} +bank-to-bank +in force, not used yet/);
  });
});

describe('rules show', () => {
  test('prints the pack in force as it is written, and its version', async () => {
    const { out } = await rules('show', 'own-accounts');
    expect(out).toMatch(/^# own-accounts, version [0-9a-f]{12}\nrulepack: own-accounts\n/);
    expect(out).toContain(OWN);
  });

  test('prints a version that a run has used, under the hash of which it stands', async () => {
    const version = versionOf('own-accounts');
    const { out } = await rules('show', 'own-accounts', '--pack-version', version, '--json');
    const shown = JSON.parse(out);
    expect(shown).toMatchObject({ version, context: 'bank-to-bank' });
    expect(sha256Hex(shown.content).slice(0, 12)).toBe(version);
    const { out: text } = await rules('show', 'own-accounts', '--pack-version', version);
    expect(text).toContain('id: own-transfer-by-amount');
  });

  test.each([
    ['show', 'nothing'],
    ['show', 'bank', '--pack-version', '000000000000'],
  ])('of what is unknown ends with not found: %s %s', async (...parameters) => {
    await expect(rules(...parameters)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('rules check', () => {
  test('accepts a pack, with the calendars of the configuration', async () => {
    const { out, exitCode } = await rules('check', 'own.yaml');
    expect(out).toMatch(
      /^own\.yaml is a rule pack: own-accounts, version [0-9a-f]{12}, 2 rules\n$/,
    );
    expect(exitCode).toBe(0);
  });

  test('refuses a pack as a wrong configuration, naming line and column', async () => {
    writeFileSync(join(folder, 'wrong.yaml'), OWN.replace('calendar: hq', 'calendar: hw'));
    await expect(rules('check', 'wrong.yaml')).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(
        /^wrong\.yaml:10:73: rules\[0\] \(by-reference\)\.predicates\[0\]\.calendar "hw" is no calendar/,
      ),
    });
  });

  test('needs no configuration, and a file', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'tieout-rules-'));
    const checked = (file: string) =>
      runCommand(rulesCommand, { url: 'postgres://nowhere', cwd: elsewhere }, ['check', file]);
    const pack = new URL('../../src/match/rules/packs/bank.yaml', import.meta.url);
    writeFileSync(join(elsewhere, 'bank.yaml'), readFileSync(pack));
    expect((await checked('bank.yaml')).out).toContain('8 rules, 7 namings');
    await expect(checked('absent.yaml')).rejects.toMatchObject({ code: 'not_found' });
    rmSync(elsewhere, { recursive: true });
  });
});

describe('rules retire', () => {
  test('marks a version once and tells the audit log who did it and why', async () => {
    const version = versionOf('bank');
    const retire = () => rules('retire', 'bank', version, '--reason', 'ties too much');
    expect((await retire()).out).toBe(`bank@${version} is retired\n`);
    expect((await retire()).out).toContain('was retired before; nothing has changed');
    const { out } = await rules('list', '--json');
    const [bank] = JSON.parse(out).packs.filter(({ pack }: { pack: string }) => pack === 'bank');
    expect(bank).toMatchObject({
      in_force: true,
      retired_at: '2026-03-02T09:00:00.000Z',
      retired_by: userInfo().username,
      retired_because: 'ties too much',
    });
    const log = await runCommand(auditCommand, { url: database.url, cwd: folder }, [
      'log',
      '--json',
    ]);
    expect(JSON.parse(log.out).acts).toMatchObject([
      {
        action: 'retire',
        object_type: 'rule_pack',
        object_id: `bank@${version}`,
        reason: 'ties too much',
      },
    ]);
  });

  test('of a version that no run has used ends with not found', async () => {
    const act = rules('retire', 'bank', '000000000000', '--reason', 'none');
    await expect(act).rejects.toMatchObject({ code: 'not_found' });
  });
});
