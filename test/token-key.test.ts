import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tokenKeyOf } from '../src/token-key.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-token-key-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function bytesOf(value: number): (size: number) => Uint8Array {
  return (size) => new Uint8Array(size).fill(value);
}

test('a key is made once, for its owner alone, and stays', () => {
  const stateDirectory = join(folder, 'state', 'deep');
  const first = tokenKeyOf({ file: undefined, stateDirectory, newBytes: bytesOf(1) });
  const second = tokenKeyOf({ file: undefined, stateDirectory, newBytes: bytesOf(2) });
  expect([...first]).toEqual(Array.from({ length: 32 }, () => 1));
  expect([...second]).toEqual([...first]);
  expect(readdirSync(stateDirectory)).toEqual(['token.key']);
  expect(statSync(join(stateDirectory, 'token.key')).mode & 0o777).toBe(0o600);
});

test('the configured file is used, and nothing is made', () => {
  const file = join(folder, 'own.key');
  writeFileSync(file, 'k'.repeat(40), { mode: 0o600 });
  const options = { file, stateDirectory: join(folder, 'none'), newBytes: bytesOf(1) };
  expect([...tokenKeyOf(options)]).toEqual([...readFileSync(file)]);
  expect(readdirSync(folder)).not.toContain('none');
});

test.each([
  ['short', 'k'.repeat(31), 'has 31 bytes'],
  ['absent', undefined, 'cannot read the secret file'],
])('a file that is %s is an error of the configuration', (name, content, words) => {
  const file = join(folder, name);
  if (content !== undefined) writeFileSync(file, content, { mode: 0o600 });
  const read = () => tokenKeyOf({ file, stateDirectory: folder, newBytes: bytesOf(1) });
  expect(read).toThrow(expect.objectContaining({ code: 'configuration' }));
  expect(read).toThrow(words);
});

test('a configured file that others can read is an error of the configuration', () => {
  const file = join(folder, 'open.key');
  writeFileSync(file, 'k'.repeat(40));
  chmodSync(file, 0o640);
  const read = () => tokenKeyOf({ file, stateDirectory: folder, newBytes: bytesOf(1) });
  expect(read).toThrow(expect.objectContaining({ code: 'configuration' }));
  expect(read).toThrow('can be read by others');
});
