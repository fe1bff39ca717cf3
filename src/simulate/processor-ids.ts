const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ23456789';
const PLACES = 7;
const CODES = LETTERS.length ** PLACES;
/** Odd and not a multiple of 7, so that every number has its own code. */
const STRIDE = 99_991;

/** The ids that processors give to what they process: each one once, and no two alike at first sight. */
export class ProcessorIds {
  #given = 0;
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  /** Sixteen letters and digits, as Adyen writes them. */
  adyen(): string {
    const code = this.#next();
    return `Q${code}${code.slice(2, 4)}H${code.slice(0, 2)}R84`;
  }

  /** A prefix for the kind, and letters. */
  stripe(prefix: 'ch' | 're' | 'du' | 'fe'): string {
    return `${prefix}_3P${this.#next()}KtA0x`;
  }

  #next(): string {
    let rest = (this.#given * STRIDE + this.#offset) % CODES;
    this.#given += 1;
    let code = '';
    for (let place = 0; place < PLACES; place += 1) {
      code += LETTERS.charAt(rest % LETTERS.length);
      rest = Math.floor(rest / LETTERS.length);
    }
    return code;
  }
}
