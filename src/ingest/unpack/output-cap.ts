import { FileRefusal } from '../record.ts';

/** Output that a small file may have whatever its ratio. */
const FREE_BYTES = 1_048_576;

/** No statement or report is so regular; a file made to fill disks is. */
const MAX_RATIO = 100;

/** Counts what comes out of a packed file while it comes, and refuses the file when it is too much. */
export class OutputCap {
  readonly #limit: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(packedBytes: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#limit = Math.min(maxBytes, Math.max(FREE_BYTES, packedBytes * MAX_RATIO));
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#limit) return;
    throw new FileRefusal(
      'DECOMPRESS_LIMIT',
      this.#limit === this.#maxBytes
        ? `the file unpacks to more than ${this.#maxBytes} bytes`
        : `the file unpacks to more than ${MAX_RATIO} times its size`,
    );
  }
}
