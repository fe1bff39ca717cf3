import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesCommand } from '../../bin/commands/rules.ts';
import { runCommand, type Seen } from '../support/command.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const PACK = `rulepack: mine
context: bank-to-item
rules:
  - { id: by-reference, priority: 10, cardinality: "1:1", block_on: [currency, amount, reference] }
`;
const CASES = `rulepack: mine.yaml
defaults:
  left: { currency: EUR, date: 2026-03-03 }
  right: { currency: EUR, date: 2026-03-02 }
cases:
  - name: a reference is tied
    left: { credit: { reference: R-1, amount: "9.00" } }
    right: { payout: { reference: R-1, amount: "9.00" } }
    expect: [{ left: credit, right: payout, rule: by-reference }]
`;
const WRONG = `
  - name: another reference is <tied>
    left: { credit: { reference: R-2, amount: "9.00" } }
    right: { payout: { reference: R-3, amount: "9.00" } }
    expect: [{ left: [credit], right: [payout], rule: by-reference, status: suggested }]
  - name: the same reference stays open
    left: { credit: { reference: R-4, amount: "9.00" } }
    right: { payout: { reference: R-4, amount: "9.00" } }
    open: [credit, payout]
`;

let database: FreshDatabase;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tieout-rules-test-'));
  write('tieout.yaml', 'book: acme\ncurrency: EUR\nsources: { bank: { role: bank } }\n');
  write('mine.yaml', PACK);
  write('right.yaml', CASES);
  write('wrong.yaml', CASES + WRONG);
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function rules(...parameters: readonly string[]): Promise<Seen> {
  return runCommand(rulesCommand, { url: database.url, cwd: folder }, parameters);
}

test('cases that hold end with 0 and are counted', async () => {
  const { out, exitCode } = await rules('test', 'right.yaml');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^right\.yaml: mine@[0-9a-f]{12}: 1 of 1 cases hold\n$/);
});

test('a case that does not hold ends with 2 and is told with its line and both sides', async () => {
  const { out, exitCode } = await rules('test', 'right.yaml', 'wrong.yaml');
  expect(exitCode).toBe(2);
  expect(out.split('\n').slice(1, -1)).toEqual([
    'wrong.yaml:11:5: does not hold: another reference is <tied>',
    '  expected and not made: credit + payout by by-reference, UNIQUE, suggested',
    'wrong.yaml:15:5: does not hold: the same reference stays open',
    '  made and not expected: credit + payout by by-reference, UNIQUE, confirmed',
    expect.stringMatching(/^wrong\.yaml: mine@[0-9a-f]{12}: 1 of 3 cases hold$/),
  ]);
});

test('the JSON tells what was missing and what was unexpected', async () => {
  const { out } = await rules('test', 'wrong.yaml', '--json');
  const { files } = JSON.parse(out);
  expect(files[0].cases.map(({ holds }: { holds: boolean }) => holds)).toEqual([
    true,
    false,
    false,
  ]);
  expect(files[0].cases[2].unexpected).toEqual([
    {
      rows: ['credit', 'payout'],
      rule: 'by-reference',
      certificate: 'UNIQUE',
      status: 'confirmed',
    },
  ]);
});

test('the JUnit file counts failures and is well-formed whatever a claim says', async () => {
  await rules('test', 'wrong.yaml', '--junit', 'junit.xml');
  const xml = readFileSync(join(folder, 'junit.xml'), 'utf8');
  expect(xml).toContain('<testsuite name="wrong.yaml" tests="3" failures="2">');
  expect(xml).toContain('name="another reference is &lt;tied&gt;">');
  expect(xml).not.toContain('<tied>');
});

test.each([
  ['a key that is none', CASES.replace('expect:', 'expects:'), /:9:5: .*expects/],
  ['a field the side has not', CASES.replace('reference: R-1', 'colour: red'), /:7:23: .*colour/],
  ['an amount in words', CASES.replace('"9.00"', '"nine"'), /:7:39: .*amount in major units/],
  ['a day that is none', CASES.replace('2026-03-03', '2026-02-30'), /is not a day/],
  ['a rule the pack has not', CASES.replace('rule: by-', 'rule: from-'), /:9:45: .*from-reference/],
  ['a row that is not there', CASES.replace('[{ left: credit', '[{ left: debit'), /debit/],
  ['a row nothing is said of', CASES.replace(/ {4}expect.*\n/, ''), /:6:5: .*row credit/],
  ['no YAML', 'rulepack: [', /wrong-file\.yaml:1:\d+: /],
])('a file with %s is refused with its place', async (_, text, message) => {
  write('wrong-file.yaml', text);
  await expect(rules('test', 'wrong-file.yaml')).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringMatching(message),
  });
});

test('a file that is not there, and a pack that is not there, are told', async () => {
  await expect(rules('test', 'absent.yaml')).rejects.toMatchObject({ code: 'not_found' });
  write('orphan.yaml', CASES.replace('mine.yaml', 'absent.yaml'));
  await expect(rules('test', 'orphan.yaml')).rejects.toMatchObject({ code: 'not_found' });
});

test('rules mutate ends with 0 for a pack that confirms nothing wrong, and tells a table', async () => {
  const { out, exitCode } = await rules('mutate', 'mine.yaml', '--payments', '6', '--seed', '3');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/mutation +evidence +right +WRONG/);
  expect(out).toMatch(/nothing changed +6 +6 +0 +0 +0 +0\n/);
  expect(out).toMatch(/references stripped +6 +0 +0 +0 +0 +6\n/);
});

test('rules mutate ends with 2 for a pack that confirms what is not its own', async () => {
  write('reckless.yaml', PACK.replace(', reference]', ']').replace('mine', 'reckless'));
  const { out, exitCode } = await rules('mutate', 'reckless.yaml', '--payments', '6');
  expect(exitCode).toBe(2);
  expect(out).toMatch(/amounts swapped: by-reference tied left \d+ \+ right \d+\n/);
});

test('a range that is none, and a number that is none, are refused', async () => {
  const backtest = rules('backtest', 'bank', '--since', '2026-03-01');
  await expect(backtest).rejects.toMatchObject({ code: 'usage' });
  await expect(rules('mutate', 'bank', '--payments', 'many')).rejects.toMatchObject({
    code: 'usage',
  });
});
