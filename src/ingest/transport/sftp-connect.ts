import { connect as openSocket, type Socket } from 'node:net';
import type { Algorithms } from 'ssh2';
import type { ConnectOptions } from 'ssh2-sftp-client';
import { OperationalError } from '../../errors.ts';
import type { SftpServer } from '../../fetch-config.ts';
import { readCredentials } from './credentials.ts';
import { shownName } from './file-name.ts';
import { HostKeyPin } from './host-key.ts';
import { SftpTransport } from './sftp-client.ts';

/** Whom to connect to, and how long to wait. */
export interface SftpConnectOptions {
  readonly server: SftpServer;
  readonly directory: string;
  readonly idleTimeoutMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** No CBC, no SHA-1, no DSA: RFC 9142 and what it leaves of RFC 4253. */
const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
  compress: ['none'],
};

const READY_TIMEOUT_MS = 20_000;
const KEEPALIVE_INTERVAL_MS = 10_000;
const KEEPALIVE_COUNT = 3;
const GOODBYE_MS = 2_000;
const RETRY_DELAYS_MS = [1_000, 4_000];

/**
 * Connects to a server whose key is pinned.
 *
 * Throws `not_permitted` (exit 77) for another key, a refused login or algorithms that are not safe, and
 * `sftp_unreachable` (exit 69) when it cannot be reached in three attempts.
 */
export async function connectSftp(options: SftpConnectOptions): Promise<SftpTransport> {
  for (const delay of RETRY_DELAYS_MS) {
    try {
      return await connectOnce(options);
    } catch (error) {
      if (!(error instanceof OperationalError) || error.code !== 'sftp_unreachable') throw error;
      await options.sleep(delay);
    }
  }
  return await connectOnce(options);
}

async function connectOnce(options: SftpConnectOptions): Promise<SftpTransport> {
  const { server, directory, idleTimeoutMs } = options;
  const credentials = readCredentials(server.login, options.env);
  const pin = new HostKeyPin(server.hostKeys);
  // Loaded here, because no other command needs it.
  const { default: SftpClient } = await import('ssh2-sftp-client');
  const client = new SftpClient('tieout', {});
  const failure = new FirstError();
  client.on('error', failure.tell);
  client.on('keyboard-interactive', answerWith(credentials.password));
  // Our own socket: the library offers no way to give a connection up at once.
  const socket = openSocket({ host: server.host, port: server.port });
  // The library hears of it too, but not when it throws before it listens.
  socket.on('error', failure.tell);
  const config: ConnectOptions = {
    ...credentials,
    sock: socket,
    username: server.user,
    tryKeyboard: credentials.password !== undefined,
    hostVerifier: pin.accepts,
    algorithms: ALGORITHMS,
    readyTimeout: READY_TIMEOUT_MS,
    keepaliveInterval: KEEPALIVE_INTERVAL_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
  };
  try {
    const sftp = await client.connect(config);
    return new SftpTransport({
      sftp,
      directory,
      idleTimeoutMs,
      address: addressOf(server),
      destroy: () => socket.destroy(),
      end: () => sayGoodbye(() => client.end(), socket),
    });
  } catch (error) {
    socket.destroy();
    throw connectError(server, pin, failure.first ?? error);
  }
}

/** The library keeps the message of an error and loses what level it is of. */
class FirstError {
  first: (Error & { readonly level?: string }) | undefined;

  readonly tell = (error: Error): void => {
    this.first ??= error;
  };
}

/** A server that asks for the password in a dialogue gets it for one hidden question only. */
function answerWith(password: string | undefined) {
  return (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: readonly { readonly echo?: boolean }[],
    finish: (answers: readonly string[]) => void,
  ): void => {
    const [only] = prompts;
    const isAsked = password !== undefined && prompts.length === 1 && only?.echo !== true;
    finish(isAsked ? [password] : []);
  };
}

async function sayGoodbye(end: () => Promise<unknown>, socket: Socket): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE_MS);
  });
  await Promise.race([end().catch(() => undefined), patience]);
  clearTimeout(timer);
  socket.destroy();
}

function connectError(server: SftpServer, pin: HostKeyPin, cause: unknown): OperationalError {
  const address = addressOf(server);
  if (pin.refused !== undefined) {
    return new OperationalError(
      'not_permitted',
      `HOST_KEY_MISMATCH: ${address} shows the key ${pin.refused}, expected ${server.hostKeys.join(' or ')}; ask its operator before changing host_key`,
      { cause },
    );
  }
  const words = cause instanceof Error ? shownName(cause.message) : 'no reason given';
  const level = cause instanceof Error && 'level' in cause ? cause.level : undefined;
  if (level === 'client-authentication' || level === 'agent') {
    return new OperationalError(
      'not_permitted',
      `${address} refuses the login of ${server.user} (${words})`,
      { cause },
    );
  }
  if (level === 'handshake' && /no matching/i.test(words)) {
    const text = `${address} offers no algorithm that is safe (${words})`;
    return new OperationalError('not_permitted', text, { cause });
  }
  if (/^(?:cannot parse privateKey|encrypted .*key|invalid username)/i.test(words)) {
    return new OperationalError('configuration', `cannot log in to ${address}: ${words}`, {
      cause,
    });
  }
  return new OperationalError('sftp_unreachable', `cannot connect to ${address} (${words})`, {
    cause,
  });
}

function addressOf({ host, port }: SftpServer): string {
  return `${host}:${port}`;
}
