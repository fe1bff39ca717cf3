import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SftpServer as ServerConfig } from '../../src/fetch-config.ts';
import { closedPort, newKey, type TestKey } from './sftp-server.ts';

/** Where the server's program is, and the libraries it needs when it is not installed. */
interface Program {
  readonly path: string;
  readonly libraries: string | undefined;
}

const PACKAGES = ['openssh-server', 'openssh-sftp-server', 'libwrap0'];
const PLACES = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'];

const root = mkdtempSync(join(tmpdir(), 'tieout-sshd-'));
const program = installed() ?? unpacked();

/** Why there is no real OpenSSH to test with; undefined when there is one. */
export const noOpenSsh: string | undefined = reasonAgainst();

/** A real OpenSSH server on the loopback, without privileges beyond those of the tests. */
export class OpenSsh {
  readonly directory: string;
  readonly port: number;
  readonly fingerprint: string;
  readonly keyFile: string;
  readonly #child: ChildProcess;
  /** A stopped process outlives the one that began it, and is nobody's child then. */
  readonly #stopped: number[] = [];

  private constructor(
    options: Pick<OpenSsh, 'directory' | 'port' | 'fingerprint' | 'keyFile'> & {
      readonly child: ChildProcess;
    },
  ) {
    this.directory = options.directory;
    this.port = options.port;
    this.fingerprint = options.fingerprint;
    this.keyFile = options.keyFile;
    this.#child = options.child;
  }

  static async start(): Promise<OpenSsh> {
    const home = mkdtempSync(join(root, 'server-'));
    const directory = join(home, 'out');
    mkdirSync(directory);
    const hostKey = writeKey(home, 'host');
    const userKey = writeKey(home, 'user');
    writeFileSync(join(home, 'authorized_keys'), `${userKey.line}\n`);
    const port = await closedPort();
    const config = join(home, 'sshd_config');
    writeFileSync(
      config,
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${hostKey.file}`,
        `AuthorizedKeysFile ${join(home, 'authorized_keys')}`,
        'PidFile none',
        'UsePAM no',
        'StrictModes no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        'Subsystem sftp internal-sftp',
        '',
      ].join('\n'),
    );
    const child = startServer(home, config);
    await listening(child, port);
    const keyFile = userKey.file;
    return new OpenSsh({ directory, port, fingerprint: hostKey.fingerprint, keyFile, child });
  }

  /** How to reach it, for the code under test. */
  config(change: Partial<ServerConfig> = {}): ServerConfig {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: userInfo().username,
      hostKeys: [this.fingerprint],
      login: { kind: 'key', keyFile: this.keyFile, passphrase: null },
      ...change,
    };
  }

  /** Sends a signal to the processes that serve files, and not to those that keep the connections. */
  signalFileServers(signal: NodeJS.Signals): number {
    const children = childrenOf(this.#child.pid ?? 0);
    const leaves = children.filter((pid) => childrenOf(pid).length === 0);
    for (const pid of leaves) {
      process.kill(pid, signal);
      if (signal === 'SIGSTOP') this.#stopped.push(pid);
    }
    return leaves.length;
  }

  async stop(): Promise<void> {
    const pids = [this.#child.pid ?? 0, ...childrenOf(this.#child.pid ?? 0), ...this.#stopped];
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    for (const pid of pids.reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    await ended;
  }
}

/** Removes what was unpacked. */
export function removeOpenSsh(): void {
  rmSync(root, { recursive: true, force: true });
}

function reasonAgainst(): string | undefined {
  if (program === undefined) return 'no sshd on this machine, and apt-get cannot download it';
  if (process.getuid?.() !== 0) return undefined;
  const { status } = spawnSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'sshd run by root needs unshare -m, which is not allowed here';
}

function startServer(home: string, config: string): ChildProcess {
  const { path = '', libraries } = program ?? {};
  const args = ['-r', '-D', '-e', '-f', config];
  const env = {
    ...process.env,
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
  const options = { env, stdio: ['ignore', 'ignore', 'pipe'] as const };
  if (process.getuid?.() !== 0)
    return spawn(path, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  // Run by root, sshd wants a user and a directory of its own. They are there in a mount namespace only.
  const run = join(home, 'run');
  mkdirSync(join(run, 'sshd'), { recursive: true, mode: 0o755 });
  const passwd = join(home, 'passwd');
  writeFileSync(
    passwd,
    'root:x:0:0:root:/root:/bin/sh\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n',
  );
  const shadow = join(home, 'shadow');
  writeFileSync(shadow, 'root:*:19000::::::\nsshd:*:19000::::::\n', { mode: 0o600 });
  const script =
    'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/shadow && mount --bind "$3" /run && shift 3 && exec "$@"';
  return spawn('unshare', ['-m', 'sh', '-c', script, 'sh', passwd, shadow, run, path, ...args], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`sshd has ended: ${said}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(`listening on 127.0.0.1 port ${port}`)) resolve();
    });
  });
}

function writeKey(folder: string, name: string): TestKey & { readonly file: string } {
  const key = newKey();
  const file = join(folder, name);
  writeFileSync(file, key.privateKey, { mode: 0o600 });
  return { ...key, file };
}

/** All processes below one, nearest first. */
function childrenOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        return [];
      }
    });
  const below = (above: number): number[] =>
    parents
      .filter(({ parent }) => parent === above)
      .flatMap((each) => [each.pid, ...below(each.pid)]);
  return below(pid);
}

function installed(): Program | undefined {
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'sshd'));
  const path = [...PLACES, ...onPath].find((place) => existsSync(place));
  return path === undefined ? undefined : { path, libraries: undefined };
}

/** The Debian packages, unpacked beside the tests and installed nowhere. */
function unpacked(): Program | undefined {
  try {
    const quiet = { cwd: root, stdio: 'ignore', timeout: 60_000 } as const;
    execFileSync('apt-get', ['download', ...PACKAGES], quiet);
    for (const file of readdirSync(root).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', file, 'sshd'], quiet);
    }
    const libraries = join(root, 'sshd/usr/lib');
    const folder = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu'));
    const path = join(root, 'sshd/usr/sbin/sshd');
    if (!existsSync(path) || folder === undefined) return undefined;
    return { path, libraries: join(libraries, folder) };
  } catch {
    return undefined;
  }
}
