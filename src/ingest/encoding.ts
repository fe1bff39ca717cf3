import { isAscii } from 'node:buffer';
import { FileRefusal } from './record.ts';

/** How the bytes of a file become characters. */
export interface FileEncoding {
  /** A label of the WHATWG Encoding Standard. */
  readonly label: string;
  /** Whether nothing in the file says so. */
  readonly isGuessed: boolean;
}

const HEAD_CHARACTERS = 16_384;

/** No encoding read here takes more than four bytes for a character. */
const HEAD_BYTES = HEAD_CHARACTERS * 4;

const BYTE_ORDER_MARKS = [
  { label: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { label: 'utf-16le', bytes: [0xff, 0xfe] },
  { label: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * Finds a file's encoding in one pass: byte order mark, else XML declaration, else UTF-8 if every byte of the
 * file agrees, else a guess of windows-1252.
 */
export class EncodingProbe {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #isUtf8 = true;
  #isAscii = true;
  #isBetweenCharacters = true;

  /** Reads on; chunks may break anywhere. */
  write(bytes: Uint8Array): void {
    if (this.#headBytes < HEAD_BYTES) {
      const part = bytes.slice(0, HEAD_BYTES - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    const isPlain = isAscii(bytes);
    if (!isPlain) this.#isAscii = false;
    if (this.#isUtf8) this.#isUtf8 = this.#continuesUtf8(bytes, isPlain);
  }

  /** Decides, and decodes the beginning; refuses bytes that are not what the file itself declares. */
  end(): { readonly encoding: FileEncoding; readonly head: string } {
    const bytes = Buffer.concat(this.#head);
    const declared = declaredEncoding(bytes);
    const isUtf8 = this.#isUtf8 && this.#endsUtf8();
    if (declared === 'utf-8' && !isUtf8) {
      throw new FileRefusal('BAD_ENCODING', 'the file declares UTF-8 and holds bytes that are not');
    }
    // Text of another encoding is UTF-8 by chance only where it has no letter beyond ASCII.
    if (declared !== undefined && !/^utf-/.test(declared) && isUtf8 && !this.#isAscii) {
      const message = `the XML declaration says ${declared}, and the bytes are UTF-8`;
      throw new FileRefusal('ENCODING_MISMATCH', message, { line: 1 });
    }
    const label = declared ?? (isUtf8 ? 'utf-8' : 'windows-1252');
    const text = new TextDecoder(label).decode(bytes, { stream: true });
    const encoding = { label, isGuessed: declared === undefined && !isUtf8 };
    return { encoding, head: text.slice(0, HEAD_CHARACTERS) };
  }

  #continuesUtf8(bytes: Uint8Array, isPlain: boolean): boolean {
    if (this.#isBetweenCharacters && isPlain) return true;
    this.#isBetweenCharacters = (bytes.at(-1) ?? 0) < 0x80;
    return decodes(() => this.#utf8.decode(bytes, { stream: true }));
  }

  #endsUtf8(): boolean {
    return decodes(() => this.#utf8.decode());
  }
}

/** Whether an error says that bytes are not text in the encoding they were read in. */
export function isDecodingError(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    'code' in error &&
    error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}

function decodes(decode: () => string): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (isDecodingError(error)) return false;
    throw error;
  }
}

function declaredEncoding(bytes: Buffer): string | undefined {
  const mark = BYTE_ORDER_MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  if (mark !== undefined) return mark.label;
  const prolog = bytes.toString('latin1', 0, 256);
  const name = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(prolog)?.[1];
  if (name === undefined) return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `the XML declaration names the encoding "${name}", which is not known`;
    throw new FileRefusal('ENCODING_UNKNOWN', message, { line: 1 });
  }
}
