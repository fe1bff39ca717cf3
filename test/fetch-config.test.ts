import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import type { FetchConfig } from '../src/fetch-config.ts';

const PIN = `SHA256:${'a'.repeat(43)}`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-fetch-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function load(...lines: readonly string[]): FetchConfig | undefined {
  const text = [
    'book: acme',
    'currency: EUR',
    'sources:',
    '  bank:',
    '    role: bank',
    '    fetch:',
    ...lines.map((line) => `      ${line}`),
  ];
  writeFileSync(join(folder, 'tieout.yaml'), `${text.join('\n')}\n`);
  return loadConfig({ cwd: folder, env: {} }).sources[0]?.fetch;
}

const HOST = ['host: sftp.example.com', 'user: acme', `host_key: ['${PIN}']`, 'directory: /out/'];

describe('the key fetch of a source', () => {
  test('says the rest itself for a server', () => {
    expect(load(...HOST, 'password_env: BANK_PASSWORD')).toEqual({
      server: {
        host: 'sftp.example.com',
        port: 22,
        user: 'acme',
        hostKeys: [PIN],
        login: { kind: 'password', password: { kind: 'env', name: 'BANK_PASSWORD' } },
      },
      directory: '/out',
      include: ['*'],
      exclude: [],
      doneMarker: null,
      markerGraceSeconds: 3600,
      stableSeconds: 30,
      archive: null,
      maxBytes: 10_737_418_240,
      connections: 2,
      idleTimeoutSeconds: 60,
      maxTransferSeconds: 7200,
    });
  });

  test('takes directories and files from beside tieout.yaml', () => {
    expect(load('directory: ../drop/', 'archive: done')).toMatchObject({
      server: null,
      directory: join(dirname(folder), 'drop'),
      archive: join(folder, 'done'),
    });
    const login = ['private_key_file: secrets/key', 'passphrase_file: secrets/phrase'];
    expect(load(...HOST, ...login)?.server?.login).toEqual({
      kind: 'key',
      keyFile: join(folder, 'secrets/key'),
      passphrase: { kind: 'file', path: join(folder, 'secrets/phrase') },
    });
  });

  test('waits for no second listing when a marker says that a file is complete', () => {
    expect(load('directory: /in', 'done_marker: .done')).toMatchObject({ stableSeconds: 0 });
  });

  test('takes the agent for an answer', () => {
    expect(load(...HOST, 'agent: true')?.server?.login).toEqual({ kind: 'agent' });
  });

  test.each<readonly [string, readonly string[]]>([
    ['host_key', ['host: h', 'user: u', 'directory: /', 'agent: true']],
    [
      'host_key must NOT have fewer',
      ['host: h', 'user: u', 'host_key: []', 'directory: /', 'agent: true'],
    ],
    [
      'host_key.0 must match',
      ['host: h', 'user: u', 'host_key: [any]', 'directory: /', 'agent: true'],
    ],
    ['no user', ['host: h', `host_key: ['${PIN}']`, 'directory: /', 'agent: true']],
    ['exactly one of', HOST],
    ['exactly one of', [...HOST, 'agent: true', 'password_env: A']],
    ['both password_env and password_file', [...HOST, 'password_env: A', 'password_file: b']],
    ['no private_key_file', [...HOST, 'agent: true', 'passphrase_env: A']],
    ['user and no host', ['user: acme', 'directory: /in']],
    ['did you mean "password_env"', [...HOST, 'password: hunter2']],
    ["required property 'directory'", ['done_marker: .done']],
  ])('is refused, naming %s', (words, lines) => {
    expect(() => load(...lines)).toThrow(words);
    expect(() => load(...lines)).toThrow(expect.objectContaining({ code: 'configuration' }));
  });

  test('is refused for a literal password without repeating it', () => {
    expect(() => load(...HOST, 'password: hunter2')).not.toThrow('hunter2');
  });
});
