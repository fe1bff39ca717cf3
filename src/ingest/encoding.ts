import { isAscii, isUtf8 } from 'node:buffer';
import { decoderOf, knownEncoding } from '../text-encoding.ts';
import { FileRefusal } from './record.ts';

/** How the bytes of a file become characters. */
export interface FileEncoding {
  /** A label of the WHATWG Encoding Standard, or `cp852`. */
  readonly label: string;
  /** Whether nothing in the file or the configuration says so. */
  readonly isGuessed: boolean;
}

/** The encoding of a file and its beginning, or the byte at which the file breaks its own word. */
export type ProbedText =
  | { readonly encoding: FileEncoding; readonly head: string }
  | { readonly badByte: number };

const HEAD_CHARACTERS = 16_384;

/** No encoding read here takes more than four bytes for a character. */
const HEAD_BYTES = HEAD_CHARACTERS * 4;

/** So many characters that are UTF-8 and nothing else that is not: no text in another encoding looks like that. */
const PROOF_OF_UTF8 = 3;

const BYTE_ORDER_MARKS = [
  { label: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { label: 'utf-16le', bytes: [0xff, 0xfe] },
  { label: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * Finds a file's encoding in one pass: byte order mark, else XML declaration, else UTF-8 if every byte of the
 * file agrees, else what its source is configured with, else a guess of windows-1252.
 */
export class EncodingProbe {
  readonly #utf8 = new Utf8Check();
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;

  /** Reads on; chunks may break anywhere. */
  write(bytes: Uint8Array): void {
    if (this.#headBytes < HEAD_BYTES) {
      const part = bytes.slice(0, HEAD_BYTES - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    this.#utf8.write(bytes);
  }

  /** Decides, and decodes the beginning; refuses bytes that cannot be what the file itself declares. */
  end(fallback?: string): ProbedText {
    const bytes = Buffer.concat(this.#head);
    const badByte = this.#utf8.end();
    const declared = declaredEncoding(bytes);
    if (declared?.label === 'utf-8' && badByte !== undefined) return { badByte };
    if (declared === undefined) refuseUtf16WithoutMark(bytes);
    const encoding =
      declared === undefined
        ? undeclared(badByte === undefined, fallback)
        : this.#checked(declared, badByte);
    const text = decoderOf(encoding.label, false).decode(bytes, { stream: true });
    return { encoding, head: text.slice(0, HEAD_CHARACTERS) };
  }

  #checked({ label, isMark }: Declared, badByte: number | undefined): FileEncoding {
    if (isMark) return { label, isGuessed: false };
    if (label.startsWith('utf-16')) {
      // It could not have been read byte by byte, were it true; some writers declare it whatever they write.
      if (badByte === undefined) return { label: 'utf-8', isGuessed: true };
      const message = 'the XML declaration names UTF-16, but stands in another encoding';
      throw new FileRefusal('ENCODING_MISMATCH', message, { line: 1 });
    }
    if (badByte !== undefined || this.#utf8.characters < PROOF_OF_UTF8 || label === 'utf-8')
      return { label, isGuessed: false };
    throw new FileRefusal(
      'ENCODING_MISMATCH',
      `the XML declaration names ${label}, but everything beyond ASCII in the file is UTF-8`,
      { line: 1 },
    );
  }
}

function undeclared(isValidUtf8: boolean, fallback: string | undefined): FileEncoding {
  if (isValidUtf8) return { label: 'utf-8', isGuessed: false };
  if (fallback !== undefined) return { label: fallback, isGuessed: false };
  return { label: 'windows-1252', isGuessed: true };
}

/** Finds the first byte that is not UTF-8, and counts the first few characters beyond ASCII. */
class Utf8Check {
  /** Characters of several bytes, counted up to a few. */
  characters = 0;
  #unfinished: Buffer = Buffer.alloc(0);
  #offset = 0;
  #badByte: number | undefined;

  write(bytes: Uint8Array): void {
    if (this.#badByte !== undefined) return;
    if (this.#unfinished.length === 0 && isAscii(bytes)) {
      this.#offset += bytes.length;
      return;
    }
    const all = Buffer.concat([this.#unfinished, bytes]);
    const whole = all.subarray(0, all.length - unfinishedBytes(all));
    if (!isUtf8(whole)) this.#badByte = this.#offset + firstBadIndex(whole);
    this.#count(whole);
    this.#offset += whole.length;
    this.#unfinished = all.subarray(whole.length);
  }

  end(): number | undefined {
    if (this.#badByte !== undefined) return this.#badByte;
    return this.#unfinished.length === 0 ? undefined : this.#offset;
  }

  #count(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.characters < PROOF_OF_UTF8; at += 1) {
      if ((bytes[at] ?? 0) >= 0xc2) this.characters += 1;
    }
  }
}

/** How many bytes at the end begin a character that goes on in the next chunk. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

function lengthOf(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function firstBadIndex(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = lengthOf(bytes[at] ?? 0);
    if (!isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

/** Whether an error says that bytes are not text in the encoding they were read in. */
export function isDecodingError(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    'code' in error &&
    error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}

interface Declared {
  readonly label: string;
  /** Whether by a byte order mark, and not by the XML declaration. */
  readonly isMark: boolean;
}

function declaredEncoding(bytes: Buffer): Declared | undefined {
  const mark = BYTE_ORDER_MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  if (mark !== undefined) return { label: mark.label, isMark: true };
  const prolog = bytes.toString('latin1', 0, 256);
  const name = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(prolog)?.[1];
  if (name === undefined) return undefined;
  const label = knownEncoding(name);
  if (label !== undefined) return { label, isMark: false };
  const message = `the XML declaration names the encoding "${name}", which is not known`;
  throw new FileRefusal('ENCODING_UNKNOWN', message, { line: 1 });
}

/** Latin text in UTF-16 has a NUL in every other byte, always on the same side. */
function refuseUtf16WithoutMark(bytes: Uint8Array): void {
  const nuls = [0, 0];
  const pairs = Math.floor(Math.min(bytes.length, 4_096) / 2);
  for (let at = 0; at < pairs * 2; at += 1) {
    if (bytes[at] === 0) nuls[at % 2] = (nuls[at % 2] ?? 0) + 1;
  }
  const [even = 0, odd = 0] = nuls;
  if (pairs < 2 || Math.max(even, odd) * 5 < pairs * 3 || Math.min(even, odd) * 10 > pairs) return;
  throw new FileRefusal(
    'ENCODING_UNEXPECTED',
    'every other byte is NUL: the file is UTF-16 without a byte order mark; ask for UTF-8, or for the mark',
    { line: 1 },
  );
}
