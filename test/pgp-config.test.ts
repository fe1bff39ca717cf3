import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tieout-pgp-config-'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

/** The one source of a configuration with these lines under it. */
function sourceOf(lines: string, env: NodeJS.ProcessEnv = {}) {
  const head = 'book: acme\ncurrency: EUR\ntoken_key_file: keys/token\nsources:\n';
  writeFileSync(join(cwd, 'tieout.yaml'), `${head}  bank: { role: bank, ${lines} }\n`);
  const config = loadConfig({ cwd, env });
  return { config, source: config.sources[0] };
}

test('paths start from the configuration, and a signature is required unless it says otherwise', () => {
  const { source } = sourceOf('pgp: { private_key_file: keys/own.asc, verify: [keys/bank.asc] }');
  expect(source?.pgp).toMatchObject({
    privateKeyFile: join(cwd, 'keys/own.asc'),
    verify: [join(cwd, 'keys/bank.asc')],
    isSignatureRequired: true,
  });
  expect(source?.pgp?.passphrase()).toBeUndefined();
});

test('the passphrase is read from the environment or from a file, when it is asked for', () => {
  const lines = 'pgp: { private_key_file: k, require_signature: false, passphrase_env: PHRASE }';
  expect(sourceOf(lines, { PHRASE: 'sesame' }).source?.pgp?.passphrase()).toBe('sesame');
  const unset = sourceOf(lines).source?.pgp;
  expect(() => unset?.passphrase()).toThrow('PHRASE is empty or not set');
  writeFileSync(join(cwd, 'phrase'), 'open sesame\n', { mode: 0o600 });
  const filed = lines.replace('passphrase_env: PHRASE', 'passphrase_file: phrase');
  expect(sourceOf(filed).source?.pgp?.passphrase()).toBe('open sesame');
  const absent = sourceOf(filed.replace('file: phrase', 'file: nowhere')).source?.pgp;
  expect(() => absent?.passphrase()).toThrow('cannot read');
  chmodSync(join(cwd, 'phrase'), 0o644);
  expect(() => sourceOf(filed).source?.pgp?.passphrase()).toThrow('can be read by others');
});

test('a passphrase is in no print of the configuration', () => {
  const lines = 'pgp: { private_key_file: k, require_signature: false, passphrase_env: PHRASE }';
  const { config } = sourceOf(lines, { PHRASE: 'sesame' });
  expect(JSON.stringify(config)).not.toContain('sesame');
});

test.each([
  ['pgp: { private_key_file: k }', 'names no key under verify'],
  ['pgp: { verify: [k] }', 'private_key_file'],
  [
    'pgp: { private_key_file: k, verify: [v], passphrase_env: A, passphrase_file: b }',
    'both passphrase_env and passphrase_file',
  ],
  ['pgp: { private_key_file: k, verify: [v], pasphrase_env: A }', 'did you mean "passphrase_env"'],
  ['encoding: moon', 'encoding "moon" is not known'],
])('%s is an error of the configuration', (lines, words) => {
  expect(() => sourceOf(lines)).toThrow(words);
});

test('encoding, gzip members and token key are read; the environment names another key', () => {
  const { config, source } = sourceOf('encoding: IBM852, several_gzip_members: true');
  expect(source).toMatchObject({ encoding: 'cp852', hasSeveralGzipMembers: true });
  expect(config.tokenKeyFile).toBe(join(cwd, 'keys/token'));
  const chosen = sourceOf('formats: [mt940]', { TIEOUT_TOKEN_KEY_FILE: 'other' }).config;
  expect(chosen.tokenKeyFile).toBe(join(cwd, 'other'));
});
