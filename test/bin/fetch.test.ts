import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REPLAY } from '../support/book.ts';
import { type BuiltCli, buildCli, type Ended } from '../support/built-cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { closedPort, PASSWORD, SftpServer } from '../support/sftp-server.ts';

const STORY = new URL('everything-ties-and-nothing-is-left/', REPLAY);
const RUN = ['run', '--date', '2026-03-06'];
const noNamespaces = hasNamespaces() ? undefined : 'unshare -rm is not allowed here';

let cli: BuiltCli;
let database: FreshDatabase;
let server: SftpServer;
let folder: string;
let book = 0;

beforeAll(async () => {
  cli = buildCli();
  database = await freshDatabase();
});

afterAll(async () => {
  await database.drop();
  cli.remove();
});

beforeEach(async () => {
  server = await SftpServer.start();
  folder = await mkdtemp(join(tmpdir(), 'tieout-fetch-cli-'));
  await mkdir(join(folder, 'drop'));
  book += 1;
});

afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A processor over SFTP and a bank in a directory, as the stories have them. */
async function configure(
  change: { readonly sftp?: string; readonly bank?: string } = {},
): Promise<void> {
  const sftp =
    change.sftp ??
    `host: 127.0.0.1, port: ${server.port}, user: acme, host_key: ['${server.fingerprint}'], password_env: SFTP_PASSWORD`;
  const text = `book: fetched-${book}
currency: EUR
timezone: Europe/Berlin
sources:
  adyen:
    role: processor
    profile: adyen-settlement-details
    fetch: { ${sftp}, directory: /out, stable_seconds: 0, archive: /out/archived }
  house-bank:
    role: bank
    accounts:
      DE02120300000000202051: assets:bank:main
      DE98120300000000202069: assets:bank:payouts
    fetch: { directory: drop, stable_seconds: 0, archive: drop/archived${change.bank ?? ''} }
`;
  await writeFile(join(folder, 'tieout.yaml'), text);
}

async function deliverStory(): Promise<void> {
  const report = await readFile(new URL('in/settlement-batch-1.csv', STORY));
  server.files.set('/out/settlement-batch-1.csv', { content: report });
  await cp(new URL('in/statement-64.xml', STORY), join(folder, 'drop', 'statement-64.xml'));
  await mkdir(join(folder, 'drop', 'archived'), { recursive: true });
}

function tieout(...args: readonly string[]): Promise<Ended> {
  const env = { DATABASE_URL: database.url, SFTP_PASSWORD: PASSWORD };
  return cli.run(args, { cwd: folder, env });
}

describe('fetch', () => {
  test('brings what is there, says what it is, and brings nothing the second time', async () => {
    await configure();
    await deliverStory();
    const first = await tieout('fetch', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      schema: 'tieout.fetch/1',
      fetched: [
        { source: 'adyen', name: 'settlement-batch-1.csv' },
        { source: 'house-bank', name: 'statement-64.xml' },
      ],
      known: 0,
      waiting: 2,
      problems: [],
      failures: [],
    });
    expect(first.stderr).toContain('adyen: settlement-batch-1.csv fetched');
    expect(first.stderr).toContain('"source":"adyen","file":"settlement-batch-1.csv"');
    const second = await tieout('fetch');
    expect(second.stdout).toBe(
      '0 fetched, 2 known already, 0 refused, 0 sources failed, 2 wait to be loaded by the next run\n',
    );
    expect(server.opened).toEqual(['/out/settlement-batch-1.csv']);
  });

  test('keeps to the sources it is given', async () => {
    await configure();
    await deliverStory();
    const { stdout } = await tieout('fetch', '--source', 'house-bank', '--json');
    expect(JSON.parse(stdout).fetched).toMatchObject([{ source: 'house-bank' }]);
    expect(server.connections).toBe(0);
  });

  test('exits 3 and tells evil names, escaped, when a file is refused', async () => {
    await configure();
    server.extraNames = ['../../pwned.csv', 'a\u001b[2Jb'];
    const { code, stderr } = await tieout('fetch');
    expect(code).toBe(3);
    expect(stderr).toContain('../../pwned.csv NAME_UNSAFE');
    expect(stderr).toContain('a\\u{1b}[2Jb NAME_UNSAFE');
    expect(stderr).not.toContain('\u001b[2J');
  });

  test('exits 77 with both fingerprints for another host key, and fetches from the others', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    await configure({
      sftp: `host: 127.0.0.1, port: ${server.port}, user: acme, host_key: ['${other}'], password_env: SFTP_PASSWORD`,
    });
    await deliverStory();
    const { code, stdout, stderr } = await tieout('fetch', '--json');
    expect(code).toBe(77);
    expect(stderr).toContain(`HOST_KEY_MISMATCH`);
    expect(stderr).toContain(other);
    expect(stderr).toContain(server.fingerprint);
    expect(JSON.parse(stdout)).toMatchObject({
      fetched: [{ name: 'statement-64.xml' }],
      failures: [{ source: 'adyen', code: 'not_permitted' }],
    });
  });

  test('exits 69 when a server cannot be reached', async () => {
    const port = await closedPort();
    await configure({
      sftp: `host: 127.0.0.1, port: ${port}, user: acme, host_key: ['${server.fingerprint}'], password_env: SFTP_PASSWORD`,
    });
    const { code, stderr } = await tieout('fetch', '--source', 'adyen');
    expect(code).toBe(69);
    expect(stderr).toMatch(/^tieout: adyen: cannot connect to .* \[sftp_unreachable\]$/m);
  });

  test('exits 77 when the listing is denied, and never takes it for an empty one', async () => {
    await configure();
    server.listStatus = 3;
    expect((await tieout('fetch', '--source', 'adyen')).code).toBe(77);
  });

  test('exits 78 naming a secret file that others can read', async () => {
    const secret = join(folder, 'password');
    await writeFile(secret, PASSWORD, { mode: 0o644 });
    await configure({
      sftp: `host: 127.0.0.1, port: ${server.port}, user: acme, host_key: ['${server.fingerprint}'], password_file: password`,
    });
    const { code, stderr } = await tieout('fetch', '--source', 'adyen');
    expect(code).toBe(78);
    expect(stderr).toContain(secret);
  });

  test('exits 78 when nothing says where to fetch, and 64 for such a source', async () => {
    await writeFile(
      join(folder, 'tieout.yaml'),
      `book: fetched-${book}\ncurrency: EUR\nsources: { bank: { role: bank } }\n`,
    );
    expect((await tieout('fetch')).code).toBe(78);
    expect((await tieout('fetch', '--source', 'bank')).code).toBe(64);
  });

  test('shows a password nowhere, whether it is right or wrong', async () => {
    await configure();
    await deliverStory();
    const canary = 'canary-of-a-secret';
    const env = { DATABASE_URL: database.url, SFTP_PASSWORD: canary, TIEOUT_LOG_LEVEL: 'trace' };
    const wrong = await cli.run(['fetch', '--json'], { cwd: folder, env });
    expect(wrong.code).toBe(77);
    const right = await tieout('fetch', '--json');
    expect(right.code).toBe(0);
    for (const { stdout, stderr } of [wrong, right]) {
      expect(stdout + stderr).not.toContain(canary);
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });

  test('killed in the middle keeps nothing, and the next one has every byte', async () => {
    await configure();
    const content = Buffer.alloc(200_000, 'tieout ');
    let isSlow = true;
    server.files.set('/out/a.csv', {
      content,
      read: (offset, honest) => (isSlow && offset > 100_000 ? 'stall' : honest),
    });
    const env = { DATABASE_URL: database.url, SFTP_PASSWORD: PASSWORD };
    const args = ['fetch', '--source', 'adyen', '--json'];
    const { child, ended } = cli.start(args, { cwd: folder, env });
    const inbox = join(folder, '.tieout', 'inbox', 'adyen');
    const partBytes = async () => {
      const [part] = await readdir(inbox).catch(() => []);
      return part === undefined ? 0 : (await stat(join(inbox, part))).size;
    };
    await expect.poll(partBytes, { timeout: 30_000 }).toBeGreaterThan(90_000);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect((await readdir(inbox)).filter((name) => !name.startsWith('.part-'))).toEqual([]);
    isSlow = false;
    const { code, stdout } = await tieout(...args);
    expect(code).toBe(0);
    const [{ sha256 }] = JSON.parse(stdout).fetched;
    expect(content.equals(await readFile(join(inbox, sha256)))).toBe(true);
  });

  test.skipIf(noNamespaces !== undefined)(
    `exits 74 on a full disk, and keeps nothing of the file${noNamespaces === undefined ? '' : ` (skipped: ${noNamespaces})`}`,
    async () => {
      await configure();
      await writeFile(join(folder, 'drop', 'large.xml'), Buffer.alloc(2_000_000, 'x'));
      const state = join(folder, 'state');
      await mkdir(state);
      const script =
        'mount -t tmpfs -o size=1m tmpfs "$1" && "$2" "$3" fetch --source house-bank; code=$?; find "$1" -type f; exit $code';
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', script, 'sh', state, process.execPath, cli.entry],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { PATH: process.env.PATH, DATABASE_URL: database.url, TIEOUT_STATE_DIR: state },
        },
      );
      expect(stderr).toContain('the disk is full');
      expect(status).toBe(74);
      expect(stdout).toBe('');
      const rows = await database.db.read((tx) =>
        tx.query(`select state from tieout.remote_file where name = 'large.xml'`),
      );
      expect(rows).toEqual([{ state: 'seen' }]);
    },
  );
});

describe('run without paths', () => {
  test('fetches, loads under the names of the senders, archives, and does nothing the second time', async () => {
    await configure();
    await deliverStory();
    const imported = await tieout('ledger', 'import', fileURLToPath(new URL('ledger.csv', STORY)));
    expect(imported.code).toBe(0);
    const first = await tieout(...RUN, '--json', '--fail-on', 'info');
    expect(first.stderr).toContain('settlement-batch-1.csv: 4 entries loaded');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      files: { given: 2, loaded: 2 },
      matched: { groups: 4 },
      proof: { closes: true },
    });
    expect(server.renamed).toEqual([
      ['/out/settlement-batch-1.csv', '/out/archived/settlement-batch-1.csv'],
    ]);
    expect(await readdir(join(folder, 'drop'))).toEqual(['archived']);
    expect(await readdir(join(folder, 'drop', 'archived'))).toEqual(['statement-64.xml']);
    const second = await tieout(...RUN, '--json');
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      files: { given: 0 },
      journals: { created: 0 },
    });
    expect(server.opened).toEqual(['/out/settlement-batch-1.csv']);
  });

  test('of a plan archives nothing; the run that applies it does', async () => {
    await configure();
    await deliverStory();
    expect((await tieout(...RUN, '--plan')).code).toBe(0);
    expect(server.renamed).toEqual([]);
    expect((await tieout(...RUN)).code).toBe(0);
    expect(server.renamed).toHaveLength(1);
  });

  test('exits 3 for a file that is kept aside, leaves it at its sender and takes it up again', async () => {
    await configure();
    await deliverStory();
    await writeFile(join(folder, 'drop', 'letter.txt'), 'Dear customer\n');
    for (const _night of [1, 2]) {
      const { code, stderr } = await tieout(...RUN);
      expect(code).toBe(3);
      expect(stderr).toContain('letter.txt UNKNOWN_FORMAT');
    }
    expect(await readdir(join(folder, 'drop'))).toContain('letter.txt');
    await configure({ bank: ", exclude: ['*.txt']" });
    expect((await tieout(...RUN)).code).toBe(0);
  });

  test('goes on with what it has when one sender fails, and exits with that failure', async () => {
    await configure();
    await deliverStory();
    server.listStatus = 3;
    const { code, stdout } = await tieout(...RUN, '--json');
    expect(code).toBe(77);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'applied',
      files: { loaded: 1 },
      fetch: { fetched: [{ name: 'statement-64.xml' }], failures: [{ code: 'not_permitted' }] },
    });
  });

  test('with paths asks no sender', async () => {
    await configure();
    await deliverStory();
    const { code } = await tieout(...RUN, fileURLToPath(new URL('in/statement-64.xml', STORY)));
    expect(code).toBe(0);
    expect(server.connections).toBe(0);
  });
});

function hasNamespaces(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
