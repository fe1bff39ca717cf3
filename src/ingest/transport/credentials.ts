import { type FileHandle, open } from 'node:fs/promises';
import { OperationalError } from '../../errors.ts';
import type { SecretReference, SftpLogin } from '../../fetch-config.ts';

/** What the SSH client needs to log in; held only while it connects. */
export interface Credentials {
  readonly password?: string;
  readonly privateKey?: Buffer;
  readonly passphrase?: string;
  readonly agent?: string;
}

const READABLE_BY_OTHERS = 0o077;

/** Reads the secrets a login refers to; throws `configuration` naming the variable or file, never what it holds. */
export async function readCredentials(
  login: SftpLogin,
  env: NodeJS.ProcessEnv,
): Promise<Credentials> {
  switch (login.kind) {
    case 'password':
      return { password: await secretOf(login.password, env) };
    case 'key':
      return {
        privateKey: await readSecretFile(login.keyFile),
        ...(login.passphrase === null ? {} : { passphrase: await secretOf(login.passphrase, env) }),
      };
    case 'agent':
      return { agent: variable('SSH_AUTH_SOCK', env) };
  }
}

async function secretOf(secret: SecretReference, env: NodeJS.ProcessEnv): Promise<string> {
  if (secret.kind === 'env') return variable(secret.name, env);
  const text = (await readSecretFile(secret.path)).toString('utf8').replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw new OperationalError('configuration', `the secret file ${secret.path} is empty`);
}

function variable(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value) return value;
  throw new OperationalError('configuration', `the environment variable ${name} is not set`);
}

async function readSecretFile(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    return await readPrivately(file, path);
  } finally {
    await file.close();
  }
}

async function readPrivately(file: FileHandle, path: string): Promise<Buffer> {
  const { mode } = await file.stat();
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    throw new OperationalError(
      'configuration',
      `the secret file ${path} can be read by others; chmod 600 it`,
    );
  }
  return await file.readFile().catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

function unreadable(path: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return new OperationalError('configuration', `cannot read the secret file ${path}`, {
    cause,
    context: { reason },
  });
}
