import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import ssh2, { type Connection, type SFTPWrapper } from 'ssh2';
import type { SftpServer as ServerConfig } from '../../src/fetch-config.ts';
import { fingerprintOf } from '../../src/ingest/transport/host-key.ts';

/** What a request to read is answered with. */
export type ReadAnswer = Buffer | 'eof' | 'stall' | 'disconnect' | 'failure';

/** Which question for the attributes of a file it is, of the path or of the open file. */
export interface AttributesAsked {
  readonly of: 'path' | 'open file';
  /** Counted for this file, from 1. */
  readonly nth: number;
}

/** A file that the server has, or says it has. */
export interface ServedFile {
  content: Buffer;
  /** Seconds since 1970. */
  mtime?: number;
  /** A mode with its type; null to leave it out. */
  mode?: number | null;
  /** The size that is told, when it is not that of the content. */
  size?: (asked: AttributesAsked) => number | undefined;
  mtimeAt?: (asked: AttributesAsked) => number;
  /** Opening is answered with this status. */
  openStatus?: number;
  /** `honest` is what the file has at the place. */
  read?: (offset: number, honest: Buffer, nth: number) => ReadAnswer | Promise<ReadAnswer>;
}

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
const REGULAR = 0o100644;
export const PASSWORD = 'correct horse';

/** An SFTP server in this process that serves what the test says, and misbehaves as it says. */
export class SftpServer {
  readonly files = new Map<string, ServedFile>();
  /** Names beyond those of the files. */
  extraNames: string[] = [];
  listStatus: number | undefined;
  /** The listing begins, and then is answered with this status. */
  readdirStatus: number | undefined;
  dropsNextConnections = 0;
  /** The prompts of a dialogue that is the only way to log in. */
  prompts: { prompt: string; echo: boolean }[] | undefined;
  readonly answers: string[][] = [];
  connections = 0;
  readonly opened: string[] = [];
  readonly renamed: [string, string][] = [];
  readonly fingerprint: string;
  readonly #server: InstanceType<typeof ssh2.Server>;
  readonly #clients = new Set<Connection>();
  readonly #asked = new Map<string, number>();

  private constructor(algorithms?: ConstructorParameters<typeof ssh2.Server>[0]['algorithms']) {
    const { privateKey, fingerprint } = newKey();
    this.fingerprint = fingerprint;
    const config = { hostKeys: [privateKey], ...(algorithms === undefined ? {} : { algorithms }) };
    this.#server = new ssh2.Server(config, (client) => this.#accept(client));
  }

  static async start(
    algorithms?: ConstructorParameters<typeof ssh2.Server>[0]['algorithms'],
  ): Promise<SftpServer> {
    const server = new SftpServer(algorithms);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How to reach it, for the code under test. */
  config(change: Partial<ServerConfig> = {}): ServerConfig {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: 'acme',
      hostKeys: [this.fingerprint],
      login: { kind: 'password', password: { kind: 'env', name: 'SFTP_PASSWORD' } },
      ...change,
    };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Connection): void {
    this.connections += 1;
    this.#clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.#clients.delete(client));
    if (this.dropsNextConnections > 0) {
      this.dropsNextConnections -= 1;
      client.end();
      return;
    }
    client.on('authentication', (attempt) => {
      const { prompts } = this;
      if (prompts === undefined) {
        if (attempt.method === 'password' && attempt.password === PASSWORD) attempt.accept();
        else attempt.reject(['password']);
      } else if (attempt.method === 'keyboard-interactive') {
        attempt.prompt(prompts, (answers) => {
          this.answers.push(answers);
          if (answers.join() === PASSWORD) attempt.accept();
          else attempt.reject(['keyboard-interactive']);
        });
      } else {
        attempt.reject(['keyboard-interactive']);
      }
    });
    client.on('ready', () => {
      client.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => this.#serve(acceptSftp(), client));
      });
    });
  }

  #serve(sftp: SFTPWrapper, client: Connection): void {
    const handles = new Map<string, { path: string; listed: boolean }>();
    sftp.on('error', () => undefined);
    const take = (path: string): Buffer => {
      const id = String(handles.size);
      handles.set(id, { path, listed: false });
      return Buffer.from(id);
    };
    const at = (handle: Buffer) => handles.get(handle.toString()) ?? { path: '', listed: true };
    sftp.on('OPENDIR', (id, path) => {
      if (this.listStatus === undefined) sftp.handle(id, take(path));
      else sftp.status(id, this.listStatus);
    });
    sftp.on('READDIR', (id, handle) => {
      const state = at(handle);
      if (state.listed) return void sftp.status(id, this.readdirStatus ?? STATUS_CODE.EOF);
      state.listed = true;
      const names = [...this.#namesIn(state.path), ...this.extraNames];
      return void sftp.name(
        id,
        names.map((filename) => ({
          filename,
          longname: `-rw-r--r-- 1 acme acme 1 ${filename}`,
          attrs: { mode: REGULAR, uid: 0, gid: 0, size: 1, atime: 0, mtime: 0 },
        })),
      );
    });
    sftp.on('OPEN', (id, path, flags) => {
      this.opened.push(path);
      const file = this.files.get(path);
      if (flags !== OPEN_MODE.READ) return void sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      if (file === undefined) return void sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      if (file.openStatus !== undefined) return void sftp.status(id, file.openStatus);
      return void sftp.handle(id, take(path));
    });
    const attributes = (id: number, path: string, of: AttributesAsked['of']): void => {
      const file = this.files.get(path);
      if (file === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      else sftp.attrs(id, this.#attributesOf(path, file, of));
    };
    sftp.on('LSTAT', (id, path) => attributes(id, path, 'path'));
    sftp.on('FSTAT', (id, handle) => attributes(id, at(handle).path, 'open file'));
    sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
    sftp.on('RENAME', (id, from, to) => {
      const file = this.files.get(from);
      if (file === undefined || this.files.has(to))
        return void sftp.status(id, STATUS_CODE.FAILURE);
      this.files.delete(from);
      this.files.set(to, file);
      this.renamed.push([from, to]);
      return void sftp.status(id, STATUS_CODE.OK);
    });
    sftp.on('READ', (id, handle, offset, length) => {
      const { path } = at(handle);
      void this.#read(path, offset, length).then((answer) => {
        if (Buffer.isBuffer(answer)) sftp.data(id, answer);
        else if (answer === 'eof') sftp.status(id, STATUS_CODE.EOF);
        else if (answer === 'failure') sftp.status(id, STATUS_CODE.FAILURE);
        else if (answer === 'disconnect') client.end();
      });
    });
  }

  async #read(path: string, offset: number, length: number): Promise<ReadAnswer> {
    const file = this.files.get(path);
    if (file === undefined) return 'failure';
    const honest = file.content.subarray(offset, offset + length);
    const answer = (await file.read?.(offset, honest, this.#count(`read|${path}`))) ?? honest;
    return Buffer.isBuffer(answer) && answer.length === 0 ? 'eof' : answer;
  }

  #attributesOf(path: string, file: ServedFile, of: AttributesAsked['of']) {
    const asked = { of, nth: this.#count(`${of}|${path}`) };
    const mtime = file.mtimeAt?.(asked) ?? file.mtime ?? 1_700_000_000;
    const mode = file.mode === undefined ? REGULAR : file.mode;
    const size = file.size === undefined ? file.content.length : file.size(asked);
    const told = { mode: mode ?? undefined, uid: 0, gid: 0, size, atime: mtime, mtime };
    // The server may leave attributes out; the types of the library say it must not.
    return Object.fromEntries(
      Object.entries(told).filter(([, value]) => value !== undefined),
    ) as unknown as Parameters<SFTPWrapper['attrs']>[1];
  }

  #namesIn(directory: string): readonly string[] {
    return [...this.files.keys()]
      .filter((path) => path.slice(0, path.lastIndexOf('/')) === directory)
      .map((path) => path.slice(path.lastIndexOf('/') + 1));
  }

  #count(what: string): number {
    const nth = (this.#asked.get(what) ?? 0) + 1;
    this.#asked.set(what, nth);
    return nth;
  }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A key as both ends need it. Made by Node: about one in a hundred that the library makes cannot be read by it. */
export interface TestKey {
  /** PEM. */
  readonly privateKey: string;
  readonly fingerprint: string;
  /** As a line of authorized_keys. */
  readonly line: string;
}

export function newKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const blob = parsed.getPublicSSH();
  const line = `${parsed.type} ${blob.toString('base64')}`;
  return { privateKey, fingerprint: fingerprintOf(blob), line };
}
