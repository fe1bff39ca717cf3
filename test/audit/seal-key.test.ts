import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findSealKey, readPublicKey, sealKeyOf } from '../../src/audit/seal-key.ts';
import { loadConfig } from '../../src/config.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-seal-key-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

test('makes one key for a state directory, closed to others, and leaves nothing else behind', () => {
  const stateDirectory = join(folder, 'state');
  expect(findSealKey({ file: undefined, stateDirectory })).toBeUndefined();
  const first = sealKeyOf({ file: undefined, stateDirectory, newKey });
  const second = sealKeyOf({ file: undefined, stateDirectory, newKey });
  expect(second.publicKey.pem).toBe(first.publicKey.pem);
  expect(findSealKey({ file: undefined, stateDirectory })?.publicKey.keyId).toBe(
    first.publicKey.keyId,
  );
  expect(readdirSync(stateDirectory)).toEqual(['seal.key']);
  expect(statSync(join(stateDirectory, 'seal.key')).mode & 0o777).toBe(0o600);
});

test('names a key by the SHA-256 of its SPKI in DER, private or public', () => {
  const { publicKey } = sealKeyOf({ file: undefined, stateDirectory: folder, newKey });
  const der = publicKey.key.export({ type: 'spki', format: 'der' });
  expect(publicKey.keyId).toBe(createHash('sha256').update(der).digest('hex'));
  writeFileSync(join(folder, 'public.pem'), publicKey.pem);
  expect(readPublicKey(join(folder, 'public.pem')).keyId).toBe(publicKey.keyId);
});

test('refuses a key that is open to others, of another kind, or not there', () => {
  const file = join(folder, 'key.pem');
  const read = () => sealKeyOf({ file, stateDirectory: folder, newKey });
  expect(read).toThrow(/cannot read the secret file/);
  writeFileSync(file, pemOf(newKey()), { mode: 0o644 });
  expect(read).toThrow(/can be read by others/);
  rmSync(file);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  writeFileSync(file, pemOf(other), { mode: 0o600 });
  expect(read).toThrow(/is no ed25519 key/);
  writeFileSync(file, 'no key', { mode: 0o600 });
  expect(read).toThrow(/is no ed25519 key/);
});

test('finds the key that the configuration names, or the environment instead', () => {
  const head = 'book: acme\ncurrency: EUR\nsources: { bank: { role: bank } }\n';
  writeFileSync(join(folder, 'tieout.yaml'), `${head}seal_key_file: keys/seal\n`);
  expect(loadConfig({ cwd: folder, env: {} }).sealKeyFile).toBe(join(folder, 'keys/seal'));
  const chosen = loadConfig({ cwd: folder, env: { TIEOUT_SEAL_KEY_FILE: 'other' } });
  expect(chosen.sealKeyFile).toBe(join(folder, 'other'));
  writeFileSync(join(folder, 'tieout.yaml'), head);
  expect(loadConfig({ cwd: folder, env: {} }).sealKeyFile).toBeUndefined();
});
