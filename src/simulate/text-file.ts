import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperationalError } from '../errors.ts';

const FLUSH_AT = 64 * 1024;

/** A file that grows piece by piece and stands on disk when it is closed; an existing one is never written over. */
export class TextFile {
  readonly #path: string;
  readonly #descriptor: number;
  #pieces: string[] = [];
  #length = 0;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = asOutput(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, 'wx');
    });
  }

  write(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length >= FLUSH_AT) this.#flush();
  }

  close(): void {
    this.#flush();
    asOutput(this.#path, () => closeSync(this.#descriptor));
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pieces.join(''), 'utf8');
    this.#pieces = [];
    this.#length = 0;
    asOutput(this.#path, () => {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    });
  }
}

function asOutput<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new OperationalError('cannot_create', `cannot write ${path}`, { cause });
  }
}
