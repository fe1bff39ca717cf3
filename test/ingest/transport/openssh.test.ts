import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Inbox } from '../../../src/ingest/transport/inbox.ts';
import type { SftpTransport } from '../../../src/ingest/transport/sftp-client.ts';
import { connectSftp } from '../../../src/ingest/transport/sftp-connect.ts';
import { type Digests, readVerified } from '../../../src/ingest/transport/verified-read.ts';
import { noOpenSsh, OpenSsh, removeOpenSsh } from '../../support/openssh.ts';

const IDLE_MS = 2_000;
const LARGE = 48 * 1024 * 1024;

let server: OpenSsh;
let folder: string;
let inbox: Inbox;

afterAll(removeOpenSsh);

describe.skipIf(noOpenSsh !== undefined)(
  `a real OpenSSH server${noOpenSsh === undefined ? '' : ` (skipped: ${noOpenSsh})`}`,
  () => {
    beforeAll(async () => {
      server = await OpenSsh.start();
    });

    afterAll(async () => await server.stop());

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'tieout-inbox-'));
      inbox = await Inbox.open(folder, 'acme');
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    async function connect(): Promise<SftpTransport> {
      return await connectSftp({
        server: server.config(),
        directory: server.directory,
        idleTimeoutMs: IDLE_MS,
        env: {},
        sleep: () => Promise.resolve(),
      });
    }

    /** Fetches a file; `onChunk` is told how many bytes are here. */
    async function fetchFile(
      transport: SftpTransport,
      name: string,
      onChunk: (bytes: number) => void = () => undefined,
    ): Promise<Digests> {
      const path = join(server.directory, name);
      const { size, modifiedAt } = (await transport.attributes(path)) ?? {};
      let bytes = 0;
      return await inbox.receive('part', (write) =>
        readVerified(
          transport,
          { path, size: size ?? 0, modifiedAt: modifiedAt ?? 0 },
          { maxBytes: 2 ** 30, maxTransferMs: 60_000 },
          async (chunk) => {
            bytes += chunk.length;
            await write(chunk);
            onChunk(bytes);
          },
        ),
      );
    }

    async function inboxNames(): Promise<readonly string[]> {
      return await readdir(join(folder, 'inbox', 'acme'));
    }

    function sha256(content: Buffer): string {
      return createHash('sha256').update(content).digest('hex');
    }

    test('logs in with a key, lists, fetches every byte, and moves without replacing', async () => {
      const content = randomBytes(3_000_001);
      await writeFile(join(server.directory, 'a.csv'), content);
      await writeFile(join(server.directory, 'b.csv'), 'b');
      const transport = await connect();
      expect([...(await transport.list())].sort()).toEqual(['a.csv', 'b.csv']);
      expect((await fetchFile(transport, 'a.csv')).sha256).toBe(sha256(content));
      const [a, b] = [join(server.directory, 'a.csv'), join(server.directory, 'b.csv')];
      await expect(transport.move(a, b)).rejects.toMatchObject({ reason: 'ARCHIVE_FAILED' });
      await transport.move(a, join(server.directory, 'c.csv'));
      expect(await transport.attributes(a)).toBeUndefined();
      await transport.close();
    });

    test('tells links, directories and pipes from files', async () => {
      await symlink('/etc/hostname', join(server.directory, 'link.csv'));
      await mkdir(join(server.directory, 'folder.csv'));
      execFileSync('mkfifo', [join(server.directory, 'pipe.csv')]);
      const transport = await connect();
      const kinds = ['link.csv', 'folder.csv', 'pipe.csv'].map(
        async (name) => (await transport.attributes(join(server.directory, name)))?.kind,
      );
      expect(await Promise.all(kinds)).toEqual(['other', 'directory', 'other']);
      await transport.close();
    });

    test('gives up within the idle time when only the process that serves files is stopped', async () => {
      await writeFile(join(server.directory, 'large.csv'), randomBytes(LARGE));
      const transport = await connect();
      let stoppedAt = 0;
      const transfer = fetchFile(transport, 'large.csv', (bytes) => {
        if (bytes < LARGE / 4 || stoppedAt > 0) return;
        expect(server.signalFileServers('SIGSTOP')).toBeGreaterThan(0);
        stoppedAt = performance.now();
      });
      await expect(transfer).rejects.toMatchObject({ code: 'sftp_unreachable' });
      expect(performance.now() - stoppedAt).toBeLessThan(IDLE_MS * 4);
      expect(await inboxNames()).toEqual([]);
    });

    test('errs when the process is killed in the middle, and a retry has every byte', async () => {
      const content = randomBytes(LARGE);
      await writeFile(join(server.directory, 'large.csv'), content);
      const transport = await connect();
      let killed = 0;
      const transfer = fetchFile(transport, 'large.csv', (bytes) => {
        if (bytes > LARGE / 4 && killed === 0) killed = server.signalFileServers('SIGKILL');
      });
      await expect(transfer).rejects.toMatchObject({ code: 'sftp_unreachable' });
      expect(killed).toBeGreaterThan(0);
      expect(await inboxNames()).toEqual([]);
      const again = await connect();
      expect((await fetchFile(again, 'large.csv')).sha256).toBe(sha256(content));
      await again.close();
    });

    test('keeps nothing of a file that shrinks while it is fetched', async () => {
      await writeFile(join(server.directory, 'large.csv'), randomBytes(LARGE));
      const transport = await connect();
      let isCut = false;
      const transfer = fetchFile(transport, 'large.csv', (bytes) => {
        if (bytes < LARGE / 4 || isCut) return;
        isCut = true;
        void truncate(join(server.directory, 'large.csv'), LARGE / 2);
      });
      await expect(transfer).rejects.toMatchObject({ name: 'FileRefusal' });
      expect(await inboxNames()).toEqual([]);
      await transport.close();
    });
  },
);
