import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/ingest/formats.ts';
import { detectFormat, inspectFile, listFiles, readRecords } from '../../src/ingest/intake.ts';
import type { Format } from '../../src/ingest/reader.ts';
import type { ParsedRecord } from '../../src/ingest/record.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-intake-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the first pass', () => {
  test('hashes the bytes as they are and decodes the beginning', async () => {
    const bytes = Buffer.from(`\uFEFF${'é'.repeat(20_000)}`, 'utf8');
    const inspected = await inspectFile(await file('utf8', bytes));
    expect(inspected.size).toBe(bytes.length);
    expect(inspected.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(inspected.head).toBe('é'.repeat(16_384));
  });

  test.each([
    ['plain ASCII', Buffer.from('abc'), 'utf-8', false],
    ['UTF-8 without a mark', Buffer.from('Müller'), 'utf-8', false],
    ['a UTF-16 mark', Buffer.from('\uFEFFMüller', 'utf16le'), 'utf-16le', false],
    [
      'an XML declaration',
      latin1('<?xml version="1.0" encoding="ISO-8859-1"?>ü'),
      'windows-1252',
      false,
    ],
    ['neither UTF-8 nor any word of it', latin1('Müller'), 'windows-1252', true],
    ['UTF-8 that breaks at its end', Buffer.from([0x61, 0xc3]), 'windows-1252', true],
  ])('finds the encoding of %s', async (name, bytes, label, isGuessed) => {
    const { encoding } = await inspectFile(await file(name, bytes));
    expect(encoding).toEqual({ label, isGuessed });
  });

  test('finds the one bad byte beyond the beginning', async () => {
    const bytes = Buffer.concat([Buffer.alloc(400_000, 'ü'), Buffer.from([0xfc])]);
    expect((await inspectFile(await file('late', bytes))).encoding.isGuessed).toBe(true);
  });

  test.each([
    [1, 'é'],
    [2, '€'],
    [3, '𝄞'],
  ])('joins a character whose first %i bytes end a chunk: %s', async (bytes, character) => {
    const text = `${'x'.repeat(131_072 - bytes)}${character}y`;
    const { encoding } = await inspectFile(await file('joined', Buffer.from(text)));
    expect(encoding).toEqual({ label: 'utf-8', isGuessed: false });
  });

  test('does not join two halves of a character over a chunk between them', async () => {
    const between = Buffer.alloc(131_072, 'y');
    const halves = [Buffer.alloc(131_071, 'x'), Buffer.from([0xc3]), between, Buffer.from([0xa9])];
    const inspected = await inspectFile(await file('halves', Buffer.concat(halves)));
    expect(inspected.encoding.isGuessed).toBe(true);
  });

  test.each([
    ['is empty', Buffer.alloc(0), 'EMPTY_FILE'],
    [
      'declares UTF-8 and is not',
      latin1('<?xml version="1.0" encoding="UTF-8"?>ü'),
      'INVALID_UTF8',
    ],
    [
      'names an encoding nobody knows',
      latin1('<?xml version="1.0" encoding="moon"?>'),
      'ENCODING_UNKNOWN',
    ],
  ])('refuses a file that %s', async (name, bytes, reason) => {
    await expect(inspectFile(await file(name, bytes))).rejects.toMatchObject({ reason });
  });

  test('refuses a directory', async () => {
    await expect(inspectFile(folder)).rejects.toMatchObject({ reason: 'NOT_REGULAR_FILE' });
  });

  test('says which file is not there', async () => {
    const path = join(folder, 'absent');
    await expect(inspectFile(path)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('detection', () => {
  test.each([
    ['%PDF-1.7', 'a PDF document'],
    ['\u00d0\u00cf\u0011\u00e0', 'an old Office document'],
    ['<!DOCTYPE html><title>Sign in</title>', 'an HTML page'],
    ['<other/>', 'XML of a kind'],
    ['{"a":1}', 'JSON'],
    ['a\0b\0', 'UTF-16 without a byte order mark'],
    ['date;amount\n', 'CSV with columns'],
    ['hello', 'text of no known form'],
  ])('says what %j looks like', (head, words) => {
    expect(() => detectFormat(head, FORMATS)).toThrow(words);
  });
});

describe('the second pass', () => {
  test('yields one batch a chunk and tells a guessed encoding after the first record', async () => {
    const path = await file('lines', Buffer.concat([Buffer.alloc(300_000, 'x'), latin1('ü')]));
    const batches = await allBatches(path, echo);
    expect(batches.map((batch) => batch.length)).toEqual([2, 1, 1, 1]);
    expect(batches[0]?.[1]).toMatchObject({ code: 'ENCODING_GUESSED' });
    expect(batches.flat().map(messageOf).join('')).toContain(`${'x'.repeat(100)}ü`);
  });

  test('refuses a file that changed after it was hashed', async () => {
    const path = await file('changing', Buffer.from('before'));
    const inspected = await inspectFile(path);
    await writeFile(path, 'after!');
    const records = readRecords(path, inspected, { format: echo, detected: DETECTED });
    await expect(drain(records)).rejects.toMatchObject({ reason: 'FILE_CHANGED' });
  });
});

describe('a directory', () => {
  test('is walked in the order of names, without what is still on its way; a link stays, to be refused by name', async () => {
    const root = join(folder, 'inbox');
    await mkdir(join(root, 'b'), { recursive: true });
    for (const name of ['c.csv', 'a.csv', 'b/z.csv', 'b/y.csv.part', '.hidden', 'a.csv.done']) {
      await writeFile(join(root, name), 'x');
    }
    await symlink('/dev/null', join(root, 'd.csv'));
    const found = await listFiles([root]);
    const names = found.map((path) => relative(root, path));
    expect(names).toEqual(['a.csv', 'b/z.csv', 'c.csv', 'd.csv']);
  });
});

const DETECTED = { format: 'echo', version: null };

/** Turns every chunk into one record that repeats it. */
const echo: Format = {
  name: 'echo',
  detect: () => DETECTED,
  open: (emit) => {
    const say = (message: string) =>
      emit({ kind: 'diagnostic', code: 'ECHO', message, locator: { line: 1 } });
    return { write: say, end: () => say('end') };
  },
};

async function allBatches(path: string, format: Format): Promise<(readonly ParsedRecord[])[]> {
  return drain(readRecords(path, await inspectFile(path), { format, detected: DETECTED }));
}

async function drain<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function messageOf(record: ParsedRecord): string {
  return 'message' in record ? record.message : '';
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name.replaceAll(' ', '-'));
  await writeFile(path, bytes);
  return path;
}
