/** How a file may be wrapped. */
export type Packing = 'gzip' | 'zip' | 'pgp';

/** So many bytes tell a packing. */
export const PACKING_BYTES = 64;

/** A file, an archive without files, and a part of an archive. */
const ZIP_MARKS = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'];

/** Packets (RFC 9580, 5) that begin a message, with the bytes that may follow their header. */
const FIRST_PACKETS: Readonly<Record<number, readonly number[]>> = {
  1: [3, 6], // encrypted session key
  2: [3, 4, 6], // signature
  3: [4, 5, 6], // session key by password
  4: [3, 6], // one-pass signature
  8: [0, 1, 2, 3], // compressed data
  18: [1, 2], // encrypted and protected data
};

/** The packing that the first bytes of a file tell, whatever its name. */
export function packingOf(head: Uint8Array): Packing | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  const text = Buffer.from(head).toString('latin1');
  if (ZIP_MARKS.some((mark) => text.startsWith(mark))) return 'zip';
  if (/^(?:\u00EF\u00BB\u00BF)?\s*-----BEGIN PGP MESSAGE-----/.test(text)) return 'pgp';
  return isPgpPacket(head) ? 'pgp' : undefined;
}

/** Text in any encoding has a letter where a packet has the number of its version. */
function isPgpPacket(head: Uint8Array): boolean {
  const first = head[0] ?? 0;
  if (first < 0x80) return false;
  const isNew = first >= 0xc0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const body = isNew ? newHeaderLength(head[1] ?? 0) : oldHeaderLength(first & 3);
  if (body === undefined) return false;
  return FIRST_PACKETS[tag]?.includes(head[body] ?? -1) ?? false;
}

function newHeaderLength(length: number): number {
  if (length < 192 || (length >= 224 && length < 255)) return 2;
  return length === 255 ? 6 : 3;
}

function oldHeaderLength(lengthType: number): number | undefined {
  return [2, 3, 5, 1][lengthType];
}
