import { OperationalError } from '../../errors.ts';
import type { SecretReference, SftpLogin } from '../../fetch-config.ts';
import { readSecretFile } from '../../secret-file.ts';

/** What the SSH client needs to log in; held only while it connects. */
export interface Credentials {
  readonly password?: string;
  readonly privateKey?: Buffer;
  readonly passphrase?: string;
  readonly agent?: string;
}

/** Reads the secrets a login refers to; throws `configuration` naming the variable or file, never what it holds. */
export function readCredentials(login: SftpLogin, env: NodeJS.ProcessEnv): Credentials {
  switch (login.kind) {
    case 'password':
      return { password: secretOf(login.password, env) };
    case 'key':
      return {
        privateKey: readSecretFile(login.keyFile),
        ...(login.passphrase === null ? {} : { passphrase: secretOf(login.passphrase, env) }),
      };
    case 'agent':
      return { agent: variable('SSH_AUTH_SOCK', env) };
  }
}

function secretOf(secret: SecretReference, env: NodeJS.ProcessEnv): string {
  if (secret.kind === 'env') return variable(secret.name, env);
  const text = readSecretFile(secret.path)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw new OperationalError('configuration', `the secret file ${secret.path} is empty`);
}

function variable(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value) return value;
  throw new OperationalError('configuration', `the environment variable ${name} is not set`);
}
