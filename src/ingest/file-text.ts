import { type CharacterDecoder, decoderOf } from '../text-encoding.ts';
import { isDecodingError } from './encoding.ts';
import { FileRefusal } from './record.ts';
import { chunksOf } from './regular-file.ts';

/** Bytes as characters of one byte each, or of two behind a mark of UTF-16: enough to find what is ASCII. */
export class RawText {
  #decoder: CharacterDecoder | undefined;

  of(bytes: Buffer): string {
    this.#decoder ??= rawDecoder(rawLabel(bytes));
    return this.#decoder.decode(bytes, { stream: true });
  }
}

function rawLabel(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'latin1';
}

function rawDecoder(label: string): CharacterDecoder {
  if (label !== 'latin1') return new TextDecoder(label, { ignoreBOM: true });
  return { decode: (bytes) => latin1(bytes ?? new Uint8Array()) };
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** The line of a character, counted once it is needed: lines are not counted for the files that are well. */
export async function lineOf(
  path: string,
  text: { of(bytes: Buffer): string },
  character: number,
): Promise<number> {
  let [line, at] = [1, 0];
  for await (const bytes of chunksOf(path)) {
    const part = text.of(bytes).slice(0, character - at);
    for (let next = part.indexOf('\n'); next >= 0; next = part.indexOf('\n', next + 1)) line += 1;
    at += part.length;
    if (at >= character) return line;
  }
  return line;
}

/** Decodes a file chunk by chunk; refuses bytes that mean nothing, naming where they stand. */
export class FileText {
  readonly #label: string;
  readonly #decoder: CharacterDecoder;
  #offset = 0;

  constructor(label: string) {
    this.#label = label;
    this.#decoder = decoderOf(label, true);
  }

  of(bytes: Uint8Array): string {
    const text = this.#checked(bytes.length, () => this.#decoder.decode(bytes, { stream: true }));
    this.#offset += bytes.length;
    return text;
  }

  end(): string {
    return this.#checked(0, () => this.#decoder.decode());
  }

  #checked(length: number, decode: () => string): string {
    try {
      return decode();
    } catch (error) {
      if (!isDecodingError(error)) throw error;
      const place =
        length === 0
          ? 'at its end'
          : `between byte ${this.#offset + 1} and byte ${this.#offset + length}`;
      throw new FileRefusal(
        'BAD_ENCODING',
        `the file holds bytes that are not ${this.#label}, ${place}`,
      );
    }
  }
}
