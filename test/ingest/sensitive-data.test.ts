import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { surveyFile } from '../../src/ingest/intake.ts';
import { MojibakeSearch } from '../../src/ingest/mojibake.ts';
import { dropRaw, keepRaw } from '../../src/ingest/raw-store.ts';
import { SensitiveScan } from '../../src/ingest/sensitive-data.ts';

const PAN = '4111111111111111';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-sensitive-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('is found', () => {
  test.each([
    ['track 1', `x\n%B${PAN}^MUELLER/ANNA^2912101000\n`, 2],
    ['track 2', `a\nb\n;${PAN}=29121010000012300?\n`, 3],
    ['CVV', 'paid, CVV: 123, thanks', 1],
    ['CVV', 'paid with CVV 737 by phone', 1],
    ['cvc2', '{"card":{"cvc2":"123"}}', 1],
    ['CVV2', 'a=1&CVV2=999&b=2', 1],
    ['CSCVal', '<Card><CSCVal>123</CSCVal></Card>', 1],
    ['PIN block', 'PIN block: 0412AC89ABCDEF67', 1],
    ['PINBlck', '<ns:PINBlck>AAAA</ns:PINBlck>', 1],
    ['CID', `id,text\n1,${PAN} CID: 1234\n`, 2],
    ['CVV', 'ref,CVV,amount\n1,,5\n2,123,5\n', 3],
    ['Card Security Code', 'ref;"Card Security Code";amount\n"a;b";"0123";5\n', 2],
    ['CID', `CID,card\n1234,5\n1234,${PAN}\n`, 3],
    ['pin_block', 'ref\tpin_block\n1\t0412AC89ABCDEF67\n', 2],
  ])('%s in %j', async (field, text, line) => {
    const { inspected, refusal } = await surveyed(text);
    expect(inspected).toBeUndefined();
    expect(refusal).toMatchObject({ reason: 'SAD_PRESENT', locator: { line } });
    expect(refusal?.message).toContain(`holds ${field},`);
    expect(refusal?.message).not.toMatch(/\d{3}[^.)\d]|4111/);
  });

  test('in UTF-16', async () => {
    const bytes = Buffer.from('\uFEFFa\nb\nCVV: 123\n', 'utf16le');
    expect((await surveyed(bytes)).refusal).toMatchObject({
      reason: 'SAD_PRESENT',
      locator: { line: 3 },
    });
  });

  test.each([
    `head,er\n${'x'.repeat(9_000)},y\n%B${PAN}^MUELLER/ANNA^2912101000\nend`,
    'ref,CVV,amount\n1,,5\n2,123,5\n3,,1\n',
    `<a>${'<b>1</b>'.repeat(900)}<CVV2>123</CVV2></a>`,
  ])('wherever a chunk breaks', (text) => {
    const whole = new SensitiveScan().write(text);
    for (const size of [1, 7, 64, 4_095]) {
      const scan = new SensitiveScan();
      let found: ReturnType<SensitiveScan['write']>;
      for (let at = 0; at < text.length; at += size)
        found ??= scan.write(text.slice(at, at + size));
      expect(found?.field).toBe(whole?.field);
    }
    expect(whole).toBeDefined();
  });
});

describe('is nothing', () => {
  test.each([
    'ref,CVV,amount\n1,,5\n2,M,5\n',
    'ref,CVC Result,CVV2 Response\n1,1234,123\n',
    'CID: 1234 customer\nCID=99',
    'CID,amount\n1234,5\n',
    'CVC: 100.00 EUR; CVV: 12; CVC 2026',
    `<Amt Ccy="EUR">5</Amt> ;123456789012=2912`,
    '%BONUS^x^2912',
    'PIN block expired; spin blocks: 5',
  ])('%j', async (text) => {
    expect((await surveyed(text)).refusal).toBeUndefined();
  });
});

test('what an earlier delivery left in the raw store can be removed', async () => {
  const path = join(folder, 'kept.csv');
  await writeFile(path, 'x');
  const { delivered } = await surveyFile(path);
  if (delivered === null) throw new Error('the file was read');
  const raw = join(folder, 'raw');
  await keepRaw(raw, path, delivered);
  expect(await readFile(join(raw, delivered.sha256), 'utf8')).toBe('x');
  await dropRaw(raw, delivered);
  await dropRaw(raw, delivered);
  expect(await readdir(raw)).toEqual([]);
});

test('bytes that cannot be kept leave no part of themselves', async () => {
  const path = join(folder, 'not-kept.csv');
  await writeFile(path, 'y');
  const { delivered } = await surveyFile(path);
  if (delivered === null) throw new Error('the file was read');
  const raw = join(folder, 'raw-in-the-way');
  await mkdir(join(raw, delivered.sha256, 'in-the-way'), { recursive: true });
  const kept = keepRaw(raw, path, delivered);
  await expect(kept).rejects.toMatchObject({ code: 'cannot_create' });
  expect(await readdir(raw)).toEqual([delivered.sha256]);
});

test('text that was encoded twice is found at its place, wherever a chunk breaks', () => {
  const text = 'Zürich\nMÃ¼ller Ã¼';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const search = new MojibakeSearch();
    const found = search.write(text.slice(0, cut)) ?? search.write(text.slice(cut));
    expect(found).toEqual({ text: 'Ã¼', at: 8 });
  }
});

async function surveyed(content: Uint8Array | string) {
  const path = join(folder, 'file.txt');
  await writeFile(path, content);
  return await surveyFile(path);
}
