import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { homeFolders } from '../../src/db/embedded-home.ts';
import { type BuiltCli, buildCli, type Ended, type Started } from '../support/built-cli.ts';

let cli: BuiltCli;
let temporary: string;
let out: string;

beforeAll(() => {
  cli = buildCli();
});

afterAll(() => cli.remove());

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'tieout-demo-test-'));
  out = await mkdtemp(join(tmpdir(), 'tieout-demo-out-'));
});

afterEach(async () => {
  await rm(temporary, { recursive: true, force: true });
  await rm(out, { recursive: true, force: true });
});

function startDemo(): Started {
  return cli.start(['demo', '--out', out], { env: { TMPDIR: temporary } });
}

/** Waits for the server of the demo to be there, and says where its data lie. */
async function homeOf(ended: Promise<Ended>): Promise<string> {
  const over = ended.then(() => true);
  while (!(await Promise.race([over, sleep(20, false)]))) {
    const states = readdirSync(temporary).map((name) => join(temporary, name));
    const home = states.flatMap(homeFolders).find((folder) => folder !== '' && isServed(folder));
    if (home !== undefined) return home;
  }
  throw new Error('the demo ended before its server was seen');
}

function isServed(home: string): boolean {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`-D ${home}/data -p`);
}

describe('demo', () => {
  test('tells the story, leaves the report, and takes its server and data away', async () => {
    const { ended } = startDemo();
    const home = await homeOf(ended);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Run again on the same files: 0 new entries, 0 journals, the same proof.',
    );
    expect(stdout).toContain(join(out, 'report.html'));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('SET_PAYOUT_SHORT');
    expect(readdirSync(out).sort()).toEqual(['exceptions.csv', 'exceptions.json', 'report.html']);
    expect(isServed(home)).toBe(false);
    expect(existsSync(home)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('ended by SIGTERM takes its server and data away as well', async () => {
    const { child, ended } = startDemo();
    const home = await homeOf(ended);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(isServed(home)).toBe(false);
    expect(existsSync(home)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
