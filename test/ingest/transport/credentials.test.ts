import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCredentials } from '../../../src/ingest/transport/credentials.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-secrets-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function secretFile(text: string, mode: number): string {
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('a secret comes from a file of its owner, without its line end', () => {
  const path = secretFile('a secret \n', 0o600);
  const login = { kind: 'password', password: { kind: 'file', path } } as const;
  expect(readCredentials(login, {})).toEqual({ password: 'a secret ' });
});

test('a key comes as it is, with its passphrase from the environment', () => {
  const keyFile = secretFile('key\n', 0o400);
  const passphrase = { kind: 'env', name: 'PHRASE' } as const;
  expect(readCredentials({ kind: 'key', keyFile, passphrase }, { PHRASE: 'open' })).toEqual({
    privateKey: Buffer.from('key\n'),
    passphrase: 'open',
  });
});

test.each([0o640, 0o604, 0o644, 0o620])(
  'a secret file of mode %o is refused by its path',
  (mode) => {
    const path = secretFile('canary', mode);
    const refused = () => readCredentials({ kind: 'key', keyFile: path, passphrase: null }, {});
    expect(refused).toThrow(expect.objectContaining({ code: 'configuration' }));
    expect(refused).toThrow(path);
    expect(refused).not.toThrow('canary');
  },
);

test('a secret that is nowhere is refused by the name of its place', () => {
  const env = { kind: 'password', password: { kind: 'env', name: 'PASSWORD' } } as const;
  expect(() => readCredentials(env, { PASSWORD: '' })).toThrow('PASSWORD is not set');
  const path = join(folder, 'none');
  const file = { kind: 'password', password: { kind: 'file', path } } as const;
  expect(() => readCredentials(file, {})).toThrow(path);
  expect(() => readCredentials({ kind: 'agent' }, {})).toThrow('SSH_AUTH_SOCK');
});
