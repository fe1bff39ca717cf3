import { createHash } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FetchDocument, fetchConfigOf } from '../../src/fetch-config.ts';
import { type ArchiveOutcome, archiveFetched } from '../../src/ingest/archive.ts';
import {
  type FetchedSource,
  type FetchOptions,
  type FetchOutcome,
  fetchFiles,
  recordIngested,
} from '../../src/ingest/fetch.ts';
import type { IngestedFile } from '../../src/ingest/ingest.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { PASSWORD, SftpServer } from '../support/sftp-server.ts';
import { sourceConfig } from '../support/source.ts';

let database: FreshDatabase;
let folder: string;
let drop: string;
let state: string;
let clock: number;
let waited: number[];
let bookId = 0n;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(async () => await database.drop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-fetch-'));
  drop = join(folder, 'out');
  state = join(folder, 'state');
  await mkdir(drop);
  clock = Date.UTC(2026, 2, 6, 21, 45);
  waited = [];
  bookId += 1n;
});

afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** A source that fetches as tieout.yaml says; from the drop folder and without waiting unless told. */
function source(document: Partial<FetchDocument> = {}, name = 'acme'): FetchedSource {
  const whole = { directory: drop, stable_seconds: 0, ...document };
  const fetch = fetchConfigOf(name, whole, join(folder, 'tieout.yaml'));
  return { ...sourceConfig({ source: name, role: 'bank', formats: ['camt.053'] }), fetch };
}

function options(change: Partial<FetchOptions> = {}): FetchOptions {
  let operation = 0;
  return {
    bookId,
    sources: [source()],
    stateDirectory: state,
    env: { SFTP_PASSWORD: PASSWORD },
    now: () => new Date(clock),
    sleep: (milliseconds) => {
      waited.push(milliseconds);
      clock += milliseconds;
      return Promise.resolve();
    },
    newOperationId: () => {
      operation += 1;
      return String(operation);
    },
    ...change,
  };
}

async function fetchFrom(...sources: FetchedSource[]): Promise<FetchOutcome> {
  return await fetchFiles(database.db, options({ sources }));
}

async function put(name: string, text: string, seconds = 1_700_000_000): Promise<void> {
  await writeFile(join(drop, name), text);
  await utimes(join(drop, name), seconds, seconds);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function names(outcome: FetchOutcome): readonly string[] {
  return outcome.fetched.map(({ name }) => name).sort();
}

function codes(outcome: { readonly problems: FetchOutcome['problems'] }): readonly string[] {
  return outcome.problems.map(({ name, code }) => `${name} ${code}`).sort();
}

async function rows(): Promise<readonly string[]> {
  const found = await database.db.read((tx) =>
    tx.query<{ row: string }>(
      `select concat_ws(' ', name, state, reason_code) as row from tieout.remote_file where book_id = $1 order by 1`,
      [bookId],
    ),
  );
  return found.map(({ row }) => row);
}

async function inInbox(name = 'acme'): Promise<readonly string[]> {
  return (await readdir(join(state, 'inbox', name))).sort();
}

/** What an ingest of everything that waits would tell. */
async function loadAll(outcome: FetchOutcome, refusal: string | null = null): Promise<void> {
  const files = outcome.toLoad.map(
    ({ path, name, sha256: digest = '' }): IngestedFile => ({
      path,
      name,
      sha256: digest,
      fileNo: 1n,
      restatements: [],
      warnings: [],
      outcome: refusal === null ? 'loaded' : 'rejected',
      format: 'camt.053',
      counts: { read: 0n, loaded: 0n, duplicate: 0n, rejected: 0n, ignored: 0n },
      refusal:
        refusal === null ? null : { reason: refusal, message: 'so', line: null, element: null },
    }),
  );
  await recordIngested(database.db, { ...options(), toLoad: outcome.toLoad }, files);
}

describe('a fetch', () => {
  test('brings each file once, under its digest, with its name at the sender', async () => {
    await put('a.csv', 'first');
    const outcome = await fetchFrom(source());
    expect(outcome).toMatchObject({ known: 0, problems: [], failures: [] });
    expect(outcome.fetched).toEqual([
      { source: 'acme', name: 'a.csv', size: 5, sha256: sha256('first') },
    ]);
    expect(outcome.toLoad).toEqual([
      {
        source: 'acme',
        name: 'a.csv',
        path: join(state, 'inbox', 'acme', sha256('first')),
        sha256: sha256('first'),
      },
    ]);
    expect(await readFile(outcome.toLoad[0]?.path ?? '', 'utf8')).toBe('first');
    expect(await rows()).toEqual(['a.csv fetched']);
    const again = await fetchFrom(source());
    expect(again).toMatchObject({ fetched: [], known: 1, toLoad: outcome.toLoad });
  });

  test('brings a file again when its size or time is another', async () => {
    await put('a.csv', 'first');
    await fetchFrom(source());
    await put('a.csv', 'other');
    expect((await fetchFrom(source())).known).toBe(1);
    await put('a.csv', 'other', 1_700_000_001);
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
    await put('a.csv', 'longer', 1_700_000_001);
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
    expect(await inInbox()).toEqual([sha256('first'), sha256('other'), sha256('longer')].sort());
  });

  test('keeps the same bytes under two names once, and both names', async () => {
    await put('a.csv', 'same');
    await put('b.csv', 'same');
    const outcome = await fetchFrom(source());
    expect(outcome.toLoad.map(({ name }) => name)).toEqual(['a.csv', 'b.csv']);
    expect(await inInbox()).toEqual([sha256('same')]);
    await loadAll(outcome);
    expect(await rows()).toEqual(['a.csv loaded', 'b.csv loaded']);
  });

  test('takes the names that are included and not excluded, and no parts, markers or checksums', async () => {
    for (const name of [
      's_1.csv',
      's_2.csv',
      's_old.csv',
      't.csv',
      's_3.csv.part',
      's_1.csv.md5.tmp',
      '.s_4.csv',
    ])
      await put(name, name);
    const config = { include: ['s_*.csv', 's_*.part'], exclude: ['*old*'] };
    expect(names(await fetchFrom(source(config)))).toEqual(['s_1.csv', 's_2.csv']);
  });

  test('ends in the same state when it was killed after the bytes were here and before the row', async () => {
    await put('a.csv', 'first');
    await mkdir(join(state, 'inbox', 'acme'), { recursive: true });
    await writeFile(join(state, 'inbox', 'acme', sha256('first')), 'first');
    await writeFile(join(state, 'inbox', 'acme', '.part-9'), 'fir');
    await utimes(join(state, 'inbox', 'acme', '.part-9'), 1_700_000_000, 1_700_000_000);
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
    expect(await inInbox()).toEqual([sha256('first')]);
    expect(await rows()).toEqual(['a.csv fetched']);
  });

  test('leaves alone what another fetch writes at this moment', async () => {
    await mkdir(join(state, 'inbox', 'acme'), { recursive: true });
    await writeFile(join(state, 'inbox', 'acme', '.part-9'), 'fir');
    await utimes(join(state, 'inbox', 'acme', '.part-9'), clock / 1000, clock / 1000);
    await fetchFrom(source());
    expect(await inInbox()).toEqual(['.part-9']);
  });

  test('fetches anew what lay here and is gone or damaged', async () => {
    await put('a.csv', 'first');
    const { toLoad } = await fetchFrom(source());
    await rm(toLoad[0]?.path ?? '');
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
    await writeFile(toLoad[0]?.path ?? '', 'frist');
    const damaged = await fetchFrom(source());
    expect(damaged).toMatchObject({ fetched: [], toLoad: [] });
    expect(codes(damaged)).toEqual(['a.csv COPY_DAMAGED']);
    expect((await fetchFrom(source())).toLoad).toEqual(toLoad);
  });

  test('tells what is no file, and enters no directory', async () => {
    await mkdir(join(drop, 'folder.csv'));
    await writeFile(join(drop, 'folder.csv', 'inside.csv'), 'inside');
    await writeFile(join(folder, 'outside.csv'), 'outside');
    await symlink(join(folder, 'outside.csv'), join(drop, 'link.csv'));
    const outcome = await fetchFrom(source());
    expect(outcome.fetched).toEqual([]);
    expect(codes(outcome)).toEqual(['folder.csv NOT_REGULAR_FILE', 'link.csv NOT_REGULAR_FILE']);
    expect(outcome.problems.map(({ isRefusal }) => isRefusal).sort()).toEqual([false, true]);
  });

  test('fetches both of two names that differ only in case, and says so', async () => {
    await put('a.csv', 'small');
    await put('A.csv', 'large');
    const outcome = await fetchFrom(source());
    expect(names(outcome)).toEqual(['A.csv', 'a.csv']);
    expect(codes(outcome)).toEqual(['a.csv NAME_COLLISION']);
  });

  test('refuses what is larger than allowed, every time, and brings the others', async () => {
    await put('large.csv', 'too large');
    await put('small.csv', 'small');
    const outcome = await fetchFrom(source({ max_bytes: 5 }));
    expect(names(outcome)).toEqual(['small.csv']);
    expect(codes(outcome)).toEqual(['large.csv FILE_TOO_LARGE']);
    expect(await rows()).toEqual(['large.csv refused FILE_TOO_LARGE', 'small.csv fetched']);
    expect(codes(await fetchFrom(source({ max_bytes: 5 })))).toEqual(['large.csv FILE_TOO_LARGE']);
    expect(names(await fetchFrom(source()))).toEqual(['large.csv']);
  });

  test('does not let one source keep the others from being fetched', async () => {
    await put('a.csv', 'first');
    const outcome = await fetchFrom(source({ directory: join(folder, 'none') }, 'gone'), source());
    expect(names(outcome)).toEqual(['a.csv']);
    expect(outcome.failures).toMatchObject([{ source: 'gone', error: { code: 'configuration' } }]);
  });
});

describe('a file that may still be written', () => {
  test('is fetched when two listings so far apart show it the same', async () => {
    await put('a.csv', 'first');
    expect(names(await fetchFrom(source({ stable_seconds: 30 })))).toEqual(['a.csv']);
    expect(waited).toEqual([30_100]);
  });

  test('is not waited for when an earlier fetch has seen it the same', async () => {
    await put('a.csv', 'first');
    await fetchFiles(database.db, {
      ...options({ sources: [source({ stable_seconds: 30 })] }),
      sleep: () => Promise.reject(new Error('killed while it waits')),
    }).catch(() => undefined);
    expect(await rows()).toEqual(['a.csv seen']);
    clock += 30_000;
    expect(names(await fetchFrom(source({ stable_seconds: 30 })))).toEqual(['a.csv']);
    expect(waited).toEqual([]);
  });

  test('is waited for anew when it was another meanwhile', async () => {
    const interrupted = {
      ...options({ sources: [source({ stable_seconds: 30 })] }),
      sleep: () => Promise.reject(new Error('killed while it waits')),
    };
    for (const seconds of [1_000, 2_000, 1_000]) {
      await put('a.csv', 'first', seconds);
      await fetchFiles(database.db, interrupted).catch(() => undefined);
      clock += 20_000;
    }
    expect(names(await fetchFrom(source({ stable_seconds: 30 })))).toEqual(['a.csv']);
    expect(waited).toEqual([10_100]);
  });

  test('is left for the next fetch when it changed meanwhile', async () => {
    await put('a.csv', 'first');
    const growing = options({ sources: [source({ stable_seconds: 30 })] });
    const outcome = await fetchFiles(database.db, {
      ...growing,
      sleep: async (milliseconds) => {
        await put('a.csv', 'first and more');
        await growing.sleep(milliseconds);
      },
    });
    expect(outcome.fetched).toEqual([]);
    expect(codes(outcome)).toEqual(['a.csv NOT_STABLE']);
    expect(outcome.problems[0]?.isRefusal).toBe(false);
    expect(await rows()).toEqual(['a.csv seen']);
    expect(names(await fetchFrom(source({ stable_seconds: 30 })))).toEqual(['a.csv']);
  });
});

describe('a done marker', () => {
  const marked = { done_marker: '.done' };

  test('lets its file be fetched at once, and is no file itself', async () => {
    await put('a.csv', 'first');
    await put('a.csv.done', '');
    expect(names(await fetchFrom(source(marked)))).toEqual(['a.csv']);
    expect(waited).toEqual([]);
  });

  test('that is missing is waited for, and told when the grace is over', async () => {
    await put('a.csv', 'first');
    const first = await fetchFrom(source(marked));
    expect(first.problems).toMatchObject([{ code: 'MARKER_AWAITED', isRefusal: false }]);
    clock += 3_600_000;
    const later = await fetchFrom(source(marked));
    expect(later.problems).toMatchObject([{ code: 'MARKER_MISSING', isRefusal: true }]);
    expect([...first.fetched, ...later.fetched]).toEqual([]);
    await put('a.csv.done', '');
    expect(names(await fetchFrom(source(marked)))).toEqual(['a.csv']);
  });

  test('without its file is told', async () => {
    await put('a.csv.done', '');
    expect(codes(await fetchFrom(source(marked)))).toEqual(['a.csv.done MARKER_ORPHAN']);
  });
});

describe('a checksum beside a file', () => {
  test.each([
    ['a.csv.sha256', `${sha256('first')}  a.csv\n`],
    ['a.csv.sha256', sha256('first').toUpperCase()],
    ['a.csv.sha256', `${sha256('other')}  b.csv\n${sha256('first')} *a.csv\n`],
    ['a.csv.md5', createHash('md5').update('first').digest('hex')],
  ])('that is right lets it in: %s', async (name, text) => {
    await put('a.csv', 'first');
    await put(name, text);
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
  });

  test.each([
    ['a.csv.sha256', `${sha256('other')}  a.csv\n`],
    ['a.csv.sha256', 'not a digest'],
    ['a.csv.sha256', `${sha256('first')}  b.csv\n${sha256('first')}  c.csv\n`],
    ['a.csv.md5', createHash('md5').update('other').digest('hex')],
  ])('that is wrong keeps it out, after a second try: %s', async (name, text) => {
    await put('a.csv', 'first');
    await put(name, text);
    const outcome = await fetchFrom(source());
    expect(outcome.fetched).toEqual([]);
    expect(codes(outcome)).toEqual(['a.csv CHECKSUM_MISMATCH']);
    expect(waited).toEqual([1_000]);
    expect(await inInbox()).toEqual([]);
  });
});

describe('what was fetched', () => {
  test('waits until it is loaded, and not longer', async () => {
    await put('a.csv', 'first');
    const outcome = await fetchFrom(source());
    await loadAll(outcome, 'STM_UNKNOWN_ACCOUNT');
    expect(await rows()).toEqual(['a.csv fetched STM_UNKNOWN_ACCOUNT']);
    const again = await fetchFrom(source());
    expect(again.toLoad).toEqual(outcome.toLoad);
    await loadAll(again);
    expect(await rows()).toEqual(['a.csv loaded']);
    expect(await fetchFrom(source())).toMatchObject({ fetched: [], known: 1, toLoad: [] });
  });

  test('is left out once the configuration excludes it', async () => {
    await put('a.csv', 'first');
    await fetchFrom(source());
    expect((await fetchFrom(source({ exclude: ['a.*'] }))).toLoad).toEqual([]);
  });
});

describe('an archive', () => {
  const archiving = () => source({ archive: join(drop, 'archived'), done_marker: '.done' });

  async function archive(): Promise<ArchiveOutcome> {
    return await archiveFetched(database.db, options({ sources: [archiving()] }));
  }

  beforeEach(async () => {
    await mkdir(join(drop, 'archived'));
    await put('a.csv', 'first');
    await put('a.csv.done', '');
    await put('a.csv.sha256', sha256('first'));
  });

  async function archivedNames(): Promise<readonly string[]> {
    return (await readdir(join(drop, 'archived'))).sort();
  }

  test('gets a file that is loaded, with its marker and checksum, and none before', async () => {
    const outcome = await fetchFrom(archiving());
    expect(await archive()).toMatchObject({ archived: 0 });
    await loadAll(outcome);
    expect(await archive()).toEqual({ archived: 1, problems: [], failures: [] });
    expect(await archivedNames()).toEqual(['a.csv', 'a.csv.done', 'a.csv.sha256']);
    expect(await readdir(drop)).toEqual(['archived']);
    expect(await rows()).toEqual(['a.csv archived']);
    expect(await fetchFrom(archiving())).toMatchObject({ fetched: [], problems: [] });
  });

  test('keeps what it has under the same name', async () => {
    await writeFile(join(drop, 'archived', 'a.csv'), 'older');
    await loadAll(await fetchFrom(archiving()));
    await archive();
    const apart = `a.csv.${sha256('first').slice(0, 16)}`;
    expect(await archivedNames()).toEqual(['a.csv', apart, 'a.csv.done', 'a.csv.sha256'].sort());
    expect(await readFile(join(drop, 'archived', 'a.csv'), 'utf8')).toBe('older');
  });

  test('takes a file that is gone for moved while its bytes are here', async () => {
    await loadAll(await fetchFrom(archiving()));
    await rm(join(drop, 'a.csv'));
    expect(await archive()).toMatchObject({ archived: 1, problems: [] });
  });

  test('tells a file that is gone when its bytes are not here either', async () => {
    const outcome = await fetchFrom(archiving());
    await loadAll(outcome);
    await rm(join(drop, 'a.csv'));
    await rm(outcome.toLoad[0]?.path ?? '');
    const told = await archive();
    expect(codes(told)).toEqual(['a.csv ARCHIVE_FAILED']);
    expect(await rows()).toEqual(['a.csv loaded ARCHIVE_FAILED']);
  });

  test('does not move another version that took the place', async () => {
    await loadAll(await fetchFrom(archiving()));
    await put('a.csv', 'second');
    await put('a.csv.sha256', sha256('second'));
    expect(await archive()).toMatchObject({ archived: 0, problems: [] });
    expect(await readdir(join(drop, 'archived'))).toEqual([]);
    expect(names(await fetchFrom(source()))).toEqual(['a.csv']);
  });

  test('that is not there is told, and the file stays', async () => {
    await loadAll(await fetchFrom(archiving()));
    await rm(join(drop, 'archived'), { recursive: true });
    expect(codes(await archive())).toEqual(['a.csv ARCHIVE_FAILED']);
    expect(await readdir(drop)).toContain('a.csv');
  });
});

describe('a fetch over SFTP', () => {
  let server: SftpServer;

  beforeEach(async () => {
    server = await SftpServer.start();
  });

  afterEach(async () => await server.stop());

  function remote(document: Partial<FetchDocument> = {}): FetchedSource {
    return source({
      host: '127.0.0.1',
      port: server.port,
      user: 'acme',
      host_key: [server.fingerprint],
      password_env: 'SFTP_PASSWORD',
      directory: '/out/',
      idle_timeout_seconds: 15,
      ...document,
    });
  }

  test('brings every file, over no more connections than allowed', async () => {
    for (let number = 0; number < 12; number += 1)
      server.files.set(`/out/${number}.csv`, { content: Buffer.from(`content ${number}`) });
    const outcome = await fetchFrom(remote({ connections: 3 }));
    expect(outcome).toMatchObject({ problems: [], failures: [] });
    expect(outcome.fetched).toHaveLength(12);
    expect(server.connections).toBeLessThanOrEqual(3);
    expect((await inInbox()).length).toBe(12);
  });

  test('tells evil names, asks for none of them and writes nothing outside the inbox', async () => {
    server.extraNames = [
      '../../x',
      '..',
      'a\0b',
      'a\nb',
      '..\\x',
      'x'.repeat(300),
      '\u202ecsv.exe',
      '-rf',
    ];
    server.files.set('/out/good.csv', { content: Buffer.from('good') });
    const outcome = await fetchFrom(remote());
    expect(names(outcome)).toEqual(['good.csv']);
    expect(outcome.problems.map(({ code }) => code)).toEqual(Array(7).fill('NAME_UNSAFE'));
    expect(server.opened).toEqual(['/out/good.csv']);
    expect(await inInbox()).toEqual([sha256('good')]);
    expect(await readdir(state)).toEqual(['inbox']);
    expect((await readdir(folder)).sort()).toEqual(['out', 'state']);
    expect(await readdir(drop)).toEqual([]);
  });

  test('refuses what the server does not describe', async () => {
    server.files.set('/out/a.csv', { content: Buffer.from('a'), mode: null });
    server.files.set('/out/b.csv', { content: Buffer.from('b'), size: () => undefined });
    const outcome = await fetchFrom(remote());
    expect(codes(outcome)).toEqual(['a.csv ATTRIBUTES_MISSING', 'b.csv ATTRIBUTES_MISSING']);
    expect(server.opened).toEqual([]);
  });

  test('converges after a connection that ends in the middle', async () => {
    let ends = 2;
    server.files.set('/out/a.csv', {
      content: Buffer.from('first'),
      read: (_offset, honest) => {
        ends -= 1;
        return ends >= 0 ? 'disconnect' : honest;
      },
    });
    const outcome = await fetchFrom(remote());
    expect(outcome).toMatchObject({ failures: [], problems: [] });
    expect(names(outcome)).toEqual(['a.csv']);
    expect(waited).toEqual([1_000, 4_000]);
  });

  test('fails the source when a file stalls every time, and brings the others', async () => {
    server.files.set('/out/a.csv', { content: Buffer.from('first'), read: () => 'stall' });
    server.files.set('/out/b.csv', { content: Buffer.from('second') });
    const outcome = await fetchFrom(remote({ idle_timeout_seconds: 1 }));
    expect(names(outcome)).toEqual(['b.csv']);
    expect(outcome.failures).toMatchObject([{ error: { code: 'sftp_unreachable' } }]);
    expect(await inInbox()).toEqual([sha256('second')]);
  });

  test('moves what is loaded, and asks for nothing when nothing is', async () => {
    server.files.set('/out/a.csv', { content: Buffer.from('first') });
    const config = remote({ archive: '/out/archived' });
    const outcome = await fetchFrom(config);
    const { connections } = server;
    const asked = options({ sources: [config] });
    expect(await archiveFetched(database.db, asked)).toMatchObject({ archived: 0, failures: [] });
    expect(server.connections).toBe(connections);
    await loadAll(outcome);
    expect(await archiveFetched(database.db, asked)).toMatchObject({ archived: 1, problems: [] });
    expect(server.renamed).toEqual([['/out/a.csv', '/out/archived/a.csv']]);
  });

  test('tells a source whose listing is denied as failed', async () => {
    server.listStatus = 3;
    const outcome = await fetchFrom(remote());
    expect(outcome.failures).toMatchObject([{ error: { code: 'not_permitted' } }]);
  });
});
