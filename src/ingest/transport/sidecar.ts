import { FileRefusal } from '../record.ts';
import type { Transport } from './transport.ts';
import { type Digests, type ReadOptions, readVerified } from './verified-read.ts';

const MAX_SIDECAR_BYTES = 65_536;

/** What the sender says that the bytes of a file hash to. */
export interface ExpectedDigest {
  readonly algorithm: keyof Digests;
  readonly digest: string;
}

/**
 * Reads a sidecar as `sha256sum` and `md5sum` write it, or with the digest alone.
 *
 * Throws a `FileRefusal` `CHECKSUM_MISMATCH` when it holds no digest for the file of this name.
 */
export async function readSidecar(
  transport: Transport,
  path: string,
  name: string,
  options: ReadOptions,
): Promise<ExpectedDigest> {
  const algorithm = path.endsWith('.md5') ? 'md5' : 'sha256';
  const digest = digestIn(await readText(transport, path, options), algorithm, name);
  if (digest !== undefined) return { algorithm, digest };
  throw new FileRefusal('CHECKSUM_MISMATCH', `its ${algorithm} file holds no digest for it`);
}

/** Throws a `FileRefusal` `CHECKSUM_MISMATCH` unless the bytes read hash to what the sender says. */
export function checkDigest(expected: ExpectedDigest, digests: Digests): void {
  const found = digests[expected.algorithm];
  if (found === expected.digest) return;
  throw new FileRefusal(
    'CHECKSUM_MISMATCH',
    `its ${expected.algorithm} is ${found}, its sender says ${expected.digest}`,
  );
}

async function readText(transport: Transport, path: string, options: ReadOptions): Promise<string> {
  const attributes = await transport.attributes(path);
  const { size = null, modifiedAt = null } = attributes ?? {};
  if (size === null || modifiedAt === null || attributes?.kind !== 'file') {
    throw new FileRefusal('CHECKSUM_MISMATCH', 'its checksum file cannot be read');
  }
  const chunks: Buffer[] = [];
  const small = { ...options, maxBytes: MAX_SIDECAR_BYTES };
  await readVerified(transport, { path, size, modifiedAt }, small, (chunk) => {
    chunks.push(chunk);
    return Promise.resolve();
  });
  return Buffer.concat(chunks).toString('utf8');
}

function digestIn(text: string, algorithm: keyof Digests, name: string): string | undefined {
  const pattern = algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/;
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const own = lines.find((line) => line.replace(/^.*?[ \t]+\*?/, '') === name);
  const [only] = lines;
  const line = own ?? (lines.length === 1 ? only : undefined);
  const digest = line?.trim().split(/\s/, 1)[0]?.toLowerCase();
  return digest !== undefined && pattern.test(digest) ? digest : undefined;
}
