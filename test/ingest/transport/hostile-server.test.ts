import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FileRefusal } from '../../../src/ingest/record.ts';
import { Inbox } from '../../../src/ingest/transport/inbox.ts';
import type { SftpTransport } from '../../../src/ingest/transport/sftp-client.ts';
import { connectSftp } from '../../../src/ingest/transport/sftp-connect.ts';
import { type Digests, readVerified } from '../../../src/ingest/transport/verified-read.ts';
import { closedPort, PASSWORD, type ServedFile, SftpServer } from '../../support/sftp-server.ts';

const PATH = '/out/report.csv';
/** For what must succeed on a slow machine, and for what must stall. */
const PATIENT_MS = 15_000;
const IDLE_MS = 250;
const CHUNK = 32_768;

let server: SftpServer;
let folder: string;
let inbox: Inbox;
let part = 0;

beforeAll(async () => {
  server = await SftpServer.start();
});

afterAll(async () => await server.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-inbox-'));
  inbox = await Inbox.open(folder, 'acme');
});

afterEach(async () => {
  server.files.clear();
  server.extraNames = [];
  server.listStatus = undefined;
  server.readdirStatus = undefined;
  server.prompts = undefined;
  server.answers.length = 0;
  await rm(folder, { recursive: true, force: true });
});

async function connected<T>(
  work: (transport: SftpTransport) => Promise<T>,
  change: Partial<Parameters<typeof connectSftp>[0]> = {},
): Promise<T> {
  const transport = await connectSftp({
    server: server.config(),
    directory: '/out',
    idleTimeoutMs: PATIENT_MS,
    env: { SFTP_PASSWORD: PASSWORD },
    sleep: () => Promise.resolve(),
    ...change,
  });
  try {
    return await work(transport);
  } finally {
    await transport.close();
  }
}

/** Fetches the one file as the first answer about it says. */
async function fetchFile(
  file: ServedFile,
  { idleMs = PATIENT_MS, maxTransferMs = 40_000 } = {},
): Promise<Digests> {
  const path = `/out/report-${part}.csv`;
  server.files.set(path, file);
  return await connected(
    async (transport) => {
      const listed = await transport.attributes(path);
      const version = { path, size: listed?.size ?? 0, modifiedAt: listed?.modifiedAt ?? 0 };
      part += 1;
      return await inbox.receive(String(part), (write) =>
        readVerified(transport, version, { maxBytes: 2 ** 30, maxTransferMs }, write),
      );
    },
    { idleTimeoutMs: idleMs },
  );
}

async function refusalOf(file: ServedFile, idleMs?: number): Promise<string> {
  const error: unknown = await fetchFile(file, idleMs === undefined ? {} : { idleMs }).then(
    () => 'admitted',
    (thrown: unknown) => thrown,
  );
  expect(await admitted()).toEqual([]);
  if (error instanceof FileRefusal) return error.reason;
  if (error instanceof Error && 'code' in error) return String(error.code);
  return String(error);
}

async function admitted(): Promise<readonly string[]> {
  return await readdir(join(folder, 'inbox', 'acme'));
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('a verified read', () => {
  const content = randomBytes(CHUNK * 70 + 17);

  test('keeps every byte, under the digest of the bytes and in a file of its own', async () => {
    const digests = await fetchFile({ content });
    expect(digests.sha256).toBe(sha256(content));
    expect(await admitted()).toEqual([digests.sha256]);
    expect(sha256(await readFile(inbox.pathOf(digests.sha256)))).toBe(sha256(content));
  });

  test('keeps a file without bytes', async () => {
    expect((await fetchFile({ content: Buffer.alloc(0) })).sha256).toBe(sha256(Buffer.alloc(0)));
  });

  test('goes on after short reads, answered out of order', async () => {
    const read = async (offset: number, honest: Buffer) => {
      await sleep((offset / CHUNK) % 3);
      return honest.subarray(0, Math.max(1, Math.ceil(honest.length / 3)));
    };
    expect((await fetchFile({ content, read })).sha256).toBe(sha256(content));
  });

  test('takes no more bytes than it asked for', async () => {
    const read = (_offset: number, honest: Buffer) => Buffer.concat([honest, honest]);
    expect((await fetchFile({ content, read })).sha256).toBe(sha256(content));
  });

  test('goes on while a slow server sends something within the idle time', async () => {
    const small = content.subarray(0, 6);
    const read = async (_offset: number, honest: Buffer) => {
      await sleep(300);
      return honest.subarray(0, 1);
    };
    const digests = await fetchFile({ content: small, read }, { idleMs: 1_000 });
    expect(digests.sha256).toBe(sha256(small));
  });

  test.each<readonly [string, string, ServedFile]>([
    ['a size larger than the file', 'FILE_TRUNCATED', { content, size: () => content.length + 1 }],
    ['a size smaller than the file', 'FILE_CHANGED', { content, size: () => content.length - 1 }],
    ['a size of nothing', 'FILE_CHANGED', { content, size: () => 0 }],
    [
      'an early end of the file',
      'FILE_TRUNCATED',
      { content, read: (offset, honest) => (offset > CHUNK * 5 ? 'eof' : honest) },
    ],
    [
      'a file that grew',
      'FILE_CHANGED',
      { content, size: ({ of, nth }) => content.length + Number(of === 'open file' && nth > 1) },
    ],
    [
      'a file that shrank',
      'FILE_CHANGED',
      { content, size: ({ of, nth }) => content.length - Number(of === 'open file' && nth > 1) },
    ],
    [
      'a file written again in place',
      'FILE_CHANGED',
      { content, mtimeAt: ({ of, nth }) => 1_000 + Number(of === 'open file' && nth > 1) },
    ],
    [
      'another file at the path',
      'FILE_CHANGED',
      { content, mtimeAt: ({ of, nth }) => 1_000 + Number(of === 'path' && nth > 1) },
    ],
    [
      'a failure of the disk',
      'FILE_UNREADABLE',
      { content, read: (offset, honest) => (offset > 0 ? 'failure' : honest) },
    ],
    [
      'a connection that ends',
      'sftp_unreachable',
      { content, read: (offset, honest) => (offset > CHUNK * 3 ? 'disconnect' : honest) },
    ],
    ['permission denied', 'FILE_UNREADABLE', { content, openStatus: 3 }],
  ])('keeps nothing of %s', async (_what, reason, file) => {
    expect(await refusalOf(file)).toBe(reason);
  });

  test('ends a stall within the idle time, although the connection is alive', async () => {
    const started = performance.now();
    const read = (offset: number, honest: Buffer) => (offset > CHUNK * 3 ? 'stall' : honest);
    expect(await refusalOf({ content, read }, IDLE_MS)).toBe('sftp_unreachable');
    expect(performance.now() - started).toBeLessThan(PATIENT_MS / 2);
  });

  test('ends a transfer that goes on for too long', async () => {
    const read = async (_offset: number, honest: Buffer) => {
      await sleep(IDLE_MS / 5);
      return honest.subarray(0, 1);
    };
    const transfer = fetchFile({ content: Buffer.alloc(1000), read }, { maxTransferMs: IDLE_MS });
    await expect(transfer).rejects.toMatchObject({ reason: 'TRANSFER_TOO_SLOW' });
    expect(await admitted()).toEqual([]);
  });

  test('refuses what is larger than allowed without opening it', async () => {
    const path = '/out/large.csv';
    server.files.set(path, { content, size: () => 2 ** 40 });
    const refused = connected(async (transport) => {
      const version = { path, size: 2 ** 40, modifiedAt: 0 };
      await readVerified(transport, version, { maxBytes: 1, maxTransferMs: 1_000 }, () =>
        Promise.resolve(),
      );
    });
    await expect(refused).rejects.toMatchObject({ reason: 'FILE_TOO_LARGE' });
    expect(server.opened).not.toContain(path);
  });
});

describe('whatever the server does, what is admitted is what it has', () => {
  /** Lies and faults; under each of them `content` is what the file truly holds. */
  const behaviour = fc.record({
    length: fc.integer({ min: 0, max: CHUNK * 3 }),
    shortTo: fc.option(fc.integer({ min: 3_000, max: 40_000 }), { nil: undefined }),
    sizeLie: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      fc.integer({ min: -CHUNK, max: CHUNK }),
    ),
    faultAt: fc.option(fc.integer({ min: 0, max: CHUNK * 3 }), { nil: undefined }),
    fault: fc.constantFrom(
      'eof' as const,
      'disconnect' as const,
      'failure' as const,
      'stall' as const,
    ),
    changes: fc.constantFrom(undefined, undefined, 'path' as const, 'open file' as const),
    delayMs: fc.integer({ min: 0, max: 2 }),
  });

  test('in a sweep of sizes, short reads, lies and faults', async () => {
    let admittedFiles = 0;
    await fc.assert(
      fc.asyncProperty(behaviour, async (given) => {
        const content = randomBytes(given.length);
        // A server that tells a smaller size and ends there has, by all that can be known, a smaller file.
        const fault = given.sizeLie < 0 && given.fault === 'eof' ? 'failure' : given.fault;
        const file: ServedFile = {
          content,
          size: () => Math.max(0, given.length + given.sizeLie),
          mtimeAt: ({ of, nth }) => 1_000 + Number(of === given.changes && nth > 1),
          read: async (offset, honest) => {
            await sleep(given.delayMs);
            if (given.faultAt !== undefined && offset >= given.faultAt) return fault;
            return honest.subarray(0, given.shortTo ?? honest.length);
          },
        };
        const digests = await fetchFile(file, { idleMs: IDLE_MS }).catch(() => undefined);
        const here = await admitted();
        expect(here).toEqual(digests === undefined ? [] : [sha256(content)]);
        if (digests === undefined) return;
        admittedFiles += 1;
        expect(digests.sha256).toBe(sha256(content));
        expect(sha256(await readFile(inbox.pathOf(digests.sha256)))).toBe(sha256(content));
        await rm(inbox.pathOf(digests.sha256));
      }),
      { numRuns: 80 },
    );
    expect(admittedFiles).toBeGreaterThan(3);
    // Eight seconds alone; eighty servers that stall take long on a busy machine.
  }, 300_000);
});

describe('a connection', () => {
  const names = (change: Partial<Parameters<typeof connectSftp>[0]> = {}) =>
    connected((transport) => transport.list(), change);

  test('lists every name as it is', async () => {
    server.files.set(PATH, { content: Buffer.alloc(1) });
    server.extraNames = ['../../x', 'a\0b', 'a\nb', '..\\x', 'x'.repeat(300), '\u202ecsv.exe'];
    expect(await names()).toEqual(['report.csv', ...server.extraNames]);
  });

  test('is refused with both fingerprints when the server has another key', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const error: unknown = await names({ server: server.config({ hostKeys: [other] }) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'not_permitted' });
    expect(String(error)).toContain(other);
    expect(String(error)).toContain(server.fingerprint);
    expect(String(error)).toContain('HOST_KEY_MISMATCH');
  });

  test('takes any of several pinned keys', async () => {
    const hostKeys = [`SHA256:${'A'.repeat(43)}`, server.fingerprint];
    expect(await names({ server: server.config({ hostKeys }) })).toEqual([]);
  });

  test('is refused when the password is wrong, and the message does not hold it', async () => {
    const error: unknown = await names({ env: { SFTP_PASSWORD: 'canary-of-a-secret' } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'not_permitted' });
    expect(JSON.stringify(error) + String(error)).not.toContain('canary-of-a-secret');
  });

  test('answers the one hidden question of a server that only asks in a dialogue', async () => {
    server.prompts = [{ prompt: 'Password: ', echo: false }];
    expect(await names()).toEqual([]);
  });

  test('tells the password to no other question', async () => {
    server.prompts = [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Your mother: ', echo: true },
    ];
    await expect(names()).rejects.toMatchObject({ code: 'not_permitted' });
    server.prompts = [{ prompt: 'Shown: ', echo: true }];
    await expect(names()).rejects.toMatchObject({ code: 'not_permitted' });
    expect(server.answers.flat()).not.toContain(PASSWORD);
  });

  test.each([
    ['not_permitted', 3],
    ['configuration', 2],
    ['sftp_unreachable', 4],
  ])('tells a listing that fails as %s, and never as an empty one', async (code, status) => {
    server.listStatus = status;
    await expect(names()).rejects.toMatchObject({ code });
  });

  test('tells a listing that fails half-way as failed', async () => {
    server.files.set(PATH, { content: Buffer.alloc(1) });
    server.readdirStatus = 4;
    await expect(names()).rejects.toMatchObject({ code: 'sftp_unreachable' });
  });

  test('is tried three times, waiting longer each time', async () => {
    const waited: number[] = [];
    const port = await closedPort();
    const attempt = names({
      server: server.config({ port }),
      sleep: (milliseconds) => Promise.resolve(void waited.push(milliseconds)),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'sftp_unreachable' });
    expect(waited).toEqual([1_000, 4_000]);
  });

  test('that breaks while it is made is made again', async () => {
    server.dropsNextConnections = 2;
    expect(await names()).toEqual([]);
  });

  test.each([
    ['a cipher of CBC', { cipher: ['aes256-cbc' as const] }],
    ['a MAC of SHA-1', { cipher: ['aes256-ctr' as const], hmac: ['hmac-sha1' as const] }],
    ['a key exchange of SHA-1', { kex: ['diffie-hellman-group14-sha1' as const] }],
  ])('is refused when the server only has %s', async (_what, algorithms) => {
    const old = await SftpServer.start(algorithms);
    try {
      await expect(names({ server: old.config() })).rejects.toMatchObject({
        code: 'not_permitted',
        message: expect.stringContaining('no algorithm that is safe'),
      });
    } finally {
      await old.stop();
    }
  });
});
