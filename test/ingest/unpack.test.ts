import { createCipheriv, createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectFile, surveyFile, withContent } from '../../src/ingest/intake.ts';
import { packingOf } from '../../src/ingest/unpack/packing.ts';
import type { UnpackOptions } from '../../src/ingest/unpack/unpack.ts';
import type { PgpConfig } from '../../src/pgp-config.ts';
import { zipOf } from '../support/archives.ts';

const CSV = 'reference,amount\nORD-1,12.50\nORD-2,7.00\n';
const NOW = new Date('2026-03-06T21:45:00Z');
const MADE = new Date('2026-01-01T00:00:00Z');
const BOMB = gzipSync(Buffer.alloc(50_000_000));

let folder: string;
let files = 0;
let ours: openpgp.PrivateKey;
let bank: openpgp.PrivateKey;
let stranger: openpgp.PrivateKey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-unpack-test-'));
  await mkdir(scratch());
  [ours, bank, stranger] = await Promise.all([newKey('ours'), newKey('bank'), newKey('stranger')]);
  await writeFile(join(folder, 'ours.asc'), ours.armor(), { mode: 0o600 });
  await writeFile(join(folder, 'bank.asc'), bank.toPublic().armor());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function scratch(): string {
  return join(folder, 'scratch');
}

async function newKey(name: string): Promise<openpgp.PrivateKey> {
  const options = { userIDs: [{ name }], date: MADE, format: 'object' as const };
  return (await openpgp.generateKey(options)).privateKey;
}

async function given(bytes: Uint8Array | string): Promise<string> {
  files += 1;
  const path = join(folder, `file-${files}.csv`);
  await writeFile(path, bytes);
  return path;
}

/** What a file holds once it is unpacked, or the reason it is refused for. */
async function contentOf(
  bytes: Uint8Array | string,
  options: UnpackOptions = {},
): Promise<{ text?: string; packing?: string | null; reason?: string; message?: string }> {
  const path = await given(bytes);
  const opening = { scratchFolder: scratch(), ...options };
  const { delivered, inspected, refusal } = await surveyFile(path, opening);
  if (inspected === undefined) {
    return { reason: refusal?.reason ?? '', message: refusal?.message ?? '' };
  }
  const read = await withContent(path, delivered, opening, (content) =>
    inspectFile(content, opening),
  );
  expect(read.sha256).toBe(inspected.sha256);
  return { text: inspected.head, packing: delivered?.packing ?? null };
}

function keys(more: Partial<PgpConfig> = {}): UnpackOptions {
  const config: PgpConfig = {
    privateKeyFile: join(folder, 'ours.asc'),
    passphrase: () => undefined,
    verify: [join(folder, 'bank.asc')],
    isSignatureRequired: true,
    ...more,
  };
  return { pgp: { configs: () => [config], now: NOW } };
}

interface Sealing {
  readonly to?: openpgp.PrivateKey;
  readonly by?: openpgp.PrivateKey | null;
  readonly isArmored?: boolean;
  readonly date?: Date;
}

async function sealed(content: Uint8Array | string, sealing: Sealing = {}): Promise<Uint8Array> {
  const { to = ours, by = bank, isArmored = false, date = NOW } = sealing;
  const options = {
    message: await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(content)), date }),
    encryptionKeys: to.toPublic(),
    ...(by === null ? {} : { signingKeys: by }),
    date,
  };
  const message = isArmored
    ? await openpgp.encrypt({ ...options, format: 'armored' })
    : await openpgp.encrypt({ ...options, format: 'binary' });
  return Buffer.from(message as string);
}

describe('gzip', () => {
  test('is unpacked whatever its name, and known by what it holds', async () => {
    const path = await given(gzipSync(CSV, { level: 9 }));
    const { delivered, inspected } = await surveyFile(path);
    expect(inspected?.sha256).toBe(createHash('sha256').update(CSV).digest('hex'));
    expect(delivered).toMatchObject({ packing: 'gzip', size: gzipSync(CSV, { level: 9 }).length });
  });

  test('may carry a name, a comment, extra fields and a checksum in its header', async () => {
    const plain = gzipSync(CSV);
    const header = Buffer.from([0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3]);
    const extra = Buffer.from('\u0003\u0000abcname\u0000comment\u0000\u0000\u0000', 'latin1');
    const file = Buffer.concat([header, extra, plain.subarray(10)]);
    expect(await contentOf(file)).toEqual({ text: CSV, packing: 'gzip' });
  });

  const zipped = gzipSync(CSV);
  const flipped = Buffer.from(zipped);
  flipped[zipped.length - 6] = (flipped[zipped.length - 6] ?? 0) ^ 1;
  test.each([
    ['cut in its header', zipped.subarray(0, 9), 'TRUNCATED_GZIP'],
    ['cut in its data', zipped.subarray(0, zipped.length - 20), 'TRUNCATED_GZIP'],
    ['cut in its trailer', zipped.subarray(0, zipped.length - 3), 'TRUNCATED_GZIP'],
    ['with a wrong checksum', flipped, 'GZIP_CORRUPT'],
    [
      'of nonsense',
      Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(30, 0xff)]),
      'GZIP_CORRUPT',
    ],
    ['with bytes behind it', Buffer.concat([zipped, Buffer.from('x')]), 'GZIP_TRAILING'],
    ['with zeros behind it', Buffer.concat([zipped, Buffer.alloc(512)]), 'GZIP_TRAILING'],
    ['of two members', Buffer.concat([zipped, zipped]), 'GZIP_TRAILING'],
    ['that becomes a thousand times its size', BOMB, 'DECOMPRESS_LIMIT'],
  ])('is refused when %s', async (_, bytes, reason) => {
    expect(await contentOf(bytes)).toMatchObject({ reason });
  });

  test('of two members is one file where the source is configured so', async () => {
    const two = Buffer.concat([gzipSync('a,b\n'), gzipSync('1,2\n')]);
    const read = await contentOf(two, { mayHaveSeveralMembers: true });
    expect(read).toEqual({ text: 'a,b\n1,2\n', packing: 'gzip' });
  });

  test('is refused beyond the most a file may have, however well it is packed', async () => {
    const bytes = gzipSync(createHash('sha256').update('seed').digest());
    expect(await contentOf(bytes, { maxBytes: 31 })).toMatchObject({ reason: 'DECOMPRESS_LIMIT' });
    expect(await contentOf(bytes, { maxBytes: 32 })).toHaveProperty('text');
  });
});

describe('zip', () => {
  test('gives its one file', async () => {
    const file = zipOf([{ name: 'statement.csv', content: CSV }]);
    expect(await contentOf(file)).toEqual({ text: CSV, packing: 'zip' });
  });

  const one = { name: 'a.csv', content: CSV };
  const whole = zipOf([one]);
  test.each([
    ['two entries', zipOf([one, { name: 'b.csv', content: CSV }]), 'ARCHIVE_UNSAFE'],
    ['no entry', zipOf([]), 'ARCHIVE_UNSAFE'],
    ['only a folder', zipOf([{ name: 'in/', content: '' }]), 'ARCHIVE_UNSAFE'],
    ['a name that climbs', zipOf([{ name: '../../etc/x', content: CSV }]), 'ARCHIVE_UNSAFE'],
    ['an absolute name', zipOf([{ name: '/etc/x', content: CSV }]), 'ARCHIVE_UNSAFE'],
    ['a name with a drive', zipOf([{ name: 'C:/x', content: CSV }]), 'ARCHIVE_UNSAFE'],
    ['a backslash in its name', zipOf([{ name: '..\\x.csv', content: CSV }]), 'ARCHIVE_UNSAFE'],
    ['two names for one entry', zipOf([{ ...one, localName: 'b.csv' }]), 'ARCHIVE_UNSAFE'],
    ['an encrypted entry', zipOf([{ ...one, isEncrypted: true }]), 'ARCHIVE_UNSAFE'],
    ['a symbolic link', zipOf([{ ...one, mode: 0o120777 }]), 'ARCHIVE_UNSAFE'],
    ['a device', zipOf([{ ...one, mode: 0o020666 }]), 'ARCHIVE_UNSAFE'],
    ['a wrong checksum', zipOf([{ ...one, crc: 1 }]), 'ARCHIVE_UNSAFE'],
    ['a wrong size', zipOf([{ ...one, claimedSize: 3 }]), 'ARCHIVE_UNSAFE'],
    ['another archive in it', zipOf([{ name: 'b.zip', content: whole }]), 'ARCHIVE_UNSAFE'],
    ['an end that is missing', whole.subarray(0, whole.length - 22), 'TRUNCATED_ZIP'],
    ['a bomb', zipOf([{ name: 'a', content: Buffer.alloc(20_000_000) }]), 'DECOMPRESS_LIMIT'],
    [
      'a spreadsheet in it',
      zipOf([{ name: '[Content_Types].xml', content: '<x/>' }, one]),
      'CONTENT_TYPE_MISMATCH',
    ],
  ])('is refused with %s', async (_, bytes, reason) => {
    expect(await contentOf(bytes)).toMatchObject({ reason });
  });
});

describe('PGP', () => {
  test.each([false, true])('is decrypted and verified, armored: %s', async (isArmored) => {
    const file = await sealed(CSV, { isArmored });
    expect(await contentOf(file, keys())).toEqual({ text: CSV, packing: 'pgp' });
  });

  test('holds three layers and not four', async () => {
    const inner = gzipSync(CSV);
    const three = await sealed(zipOf([{ name: 'a.gz', content: inner }]));
    expect(await contentOf(three, keys())).toEqual({ text: CSV, packing: 'pgp+zip+gzip' });
    expect(await contentOf(gzipSync(three), keys())).toMatchObject({ reason: 'ARCHIVE_UNSAFE' });
  });

  test('that is signed and not encrypted is verified too', async () => {
    const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(CSV)) });
    const options = { message, signingKeys: bank, date: NOW, format: 'binary' as const };
    const file = new Uint8Array(await openpgp.sign(options));
    expect(await contentOf(file, keys())).toEqual({ text: CSV, packing: 'pgp' });
  });

  test('asks for a configuration when there is no key at all', async () => {
    const path = await given(await sealed(CSV));
    await expect(surveyFile(path)).rejects.toMatchObject({ code: 'configuration' });
    const nobody = { pgp: { configs: () => [], now: NOW } };
    await expect(surveyFile(path, nobody)).rejects.toMatchObject({ code: 'configuration' });
  });

  test('to another key is refused, naming the key', async () => {
    const refused = await contentOf(await sealed(CSV, { to: stranger }), keys());
    const [id] = (await stranger.getEncryptionKey()).getKeyID().toHex().split(' ');
    expect(refused.reason).toBe('DECRYPT_NO_KEY');
    expect(refused.message).toContain(id);
  });

  test('with a password is refused', async () => {
    const message = await openpgp.createMessage({ text: CSV });
    const file = await openpgp.encrypt({ message, passwords: 'secret', format: 'binary' });
    const refused = await contentOf(new Uint8Array(file as Uint8Array), keys());
    expect(refused.reason).toBe('DECRYPT_NO_KEY');
  });

  test('one changed byte anywhere in the ciphertext refuses it, and leaves nothing behind', async () => {
    const file = await sealed(CSV.repeat(2_000));
    for (const place of [0.4, 0.6, 0.8, 0.999]) {
      const changed = Buffer.from(file);
      const at = Math.floor(file.length * place);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { reason } = await contentOf(changed, keys());
      expect(reason).toMatch(/^DECRYPT_(?:INTEGRITY|NO_KEY)$/);
    }
    expect(await readdir(scratch())).toEqual([]);
  });

  test('that is cut is refused', async () => {
    const file = await sealed(CSV.repeat(200));
    const refused = await contentOf(file.subarray(0, file.length - 40), keys());
    expect(refused.reason).toBe('DECRYPT_INTEGRITY');
  });

  test('without protection of its integrity is refused', async () => {
    const refused = await contentOf(await unprotected(), keys());
    expect(refused.reason).toBe('DECRYPT_INTEGRITY');
  });

  test.each([
    ['unsigned', null, 'SIGNATURE_MISSING'],
    ['signed by a stranger', 'stranger', 'SIGNATURE_UNKNOWN'],
  ])('%s is refused where a signature is required, and taken where not', async (_, who, reason) => {
    const file = await sealed(CSV, { by: who === null ? null : stranger });
    expect(await contentOf(file, keys())).toMatchObject({ reason });
    const lenient = keys({ isSignatureRequired: false, verify: [] });
    expect(await contentOf(file, lenient)).toMatchObject({ text: CSV });
  });

  test('with a signature of other content is refused', async () => {
    const refused = await contentOf(await withForeignSignature(), keys());
    expect(refused.reason).toBe('SIGNATURE_INVALID');
  });

  test('signed with a key that had expired is refused', async () => {
    const shortened = await openpgp.reformatKey({
      privateKey: bank,
      userIDs: [{ name: 'bank' }],
      keyExpirationTime: 86_400,
      date: new Date('2026-01-02T00:00:00Z'),
      format: 'object',
    });
    const file = join(folder, 'expired.asc');
    await writeFile(file, shortened.privateKey.toPublic().armor());
    const refused = await contentOf(await sealed(CSV), keys({ verify: [file] }));
    expect(refused.reason).toBe('SIGNATURE_EXPIRED');
  });

  test('a bomb inside is refused', async () => {
    const refused = await contentOf(await sealed(BOMB), keys());
    expect(refused.reason).toBe('DECOMPRESS_LIMIT');
  });

  test('a locked key is unlocked with its passphrase, and a wrong one is told', async () => {
    const file = join(folder, 'locked.asc');
    const locked = await openpgp.encryptKey({ privateKey: ours, passphrase: 'sesame' });
    await writeFile(file, locked.armor(), { mode: 0o600 });
    const message = await sealed(CSV);
    const opened = keys({ privateKeyFile: file, passphrase: () => 'sesame' });
    expect(await contentOf(message, opened)).toMatchObject({ text: CSV });
    const wrong = keys({ privateKeyFile: file, passphrase: () => 'other' });
    await expect(contentOf(message, wrong)).rejects.toMatchObject({ code: 'configuration' });
    const none = keys({ privateKeyFile: file });
    await expect(contentOf(message, none)).rejects.toMatchObject({ code: 'configuration' });
  });

  test('a private key that others can read opens nothing', async () => {
    const file = join(folder, 'open.asc');
    await writeFile(file, ours.armor());
    await chmod(file, 0o644);
    const refused = contentOf(await sealed(CSV), keys({ privateKeyFile: file }));
    await expect(refused).rejects.toThrow('can be read by others');
  });

  test.each(['Ändern;Datum', 'ÄÖÜ', 'Éa', '¤1,00', '¥100;x', 'Â\u00a0x'])(
    'is not seen in Latin-1 text that begins %j',
    (text) => {
      expect(packingOf(Buffer.from(text, 'latin1'))).toBeUndefined();
    },
  );

  /** A message of the old kind: the data of packet 9 can be decrypted, and nothing protects it (RFC 9580, 5.7). */
  async function unprotected(): Promise<Buffer> {
    const data = Buffer.alloc(32, 5);
    const sessionKey = await openpgp.encryptSessionKey({
      data: new Uint8Array(data),
      algorithm: 'aes256',
      encryptionKeys: ours.toPublic(),
      format: 'binary',
    });
    const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(CSV)) });
    const plain = Buffer.from(message.write() as Uint8Array);
    const prefix = Buffer.alloc(18, 3);
    const start = cfb(data, Buffer.alloc(16), prefix);
    const body = Buffer.concat([start, cfb(data, start.subarray(2, 18), plain)]);
    return Buffer.concat([sessionKey as Uint8Array, Buffer.from([0xa4, body.length]), body]);
  }

  function cfb(key: Buffer, iv: Buffer, plain: Buffer): Buffer {
    return createCipheriv('aes-256-cfb', key, iv).update(plain);
  }

  /** The signature of one message around the content of another. */
  async function withForeignSignature(): Promise<Uint8Array> {
    const other = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from('other')) });
    const signature = await openpgp.sign({
      message: other,
      signingKeys: bank,
      detached: true,
      date: NOW,
      format: 'object',
    });
    const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(CSV)) });
    const file = await openpgp.encrypt({
      message,
      encryptionKeys: ours.toPublic(),
      signature: signature as unknown as openpgp.Signature,
      date: NOW,
      format: 'binary',
    });
    return Buffer.from(file as Uint8Array);
  }
});

test('plaintext is gone when the work is done, and when it fails', async () => {
  const path = await given(gzipSync(CSV));
  const { delivered } = await surveyFile(path, { scratchFolder: scratch() });
  const options = { scratchFolder: scratch() };
  const seen = await withContent(path, delivered, options, (content) => Promise.resolve(content));
  expect(seen.startsWith(scratch())).toBe(true);
  const failing = withContent(path, delivered, options, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await readdir(scratch())).toEqual([]);
});

test('room for plaintext that is not there is an error of the disk, and not of the file', async () => {
  const nowhere = { scratchFolder: join(folder, 'nowhere') };
  const refused = contentOf(gzipSync(CSV), nowhere);
  await expect(refused).rejects.toMatchObject({ code: 'io_error' });
  await expect(refused).rejects.toThrow(`cannot unpack into ${nowhere.scratchFolder}`);
});
