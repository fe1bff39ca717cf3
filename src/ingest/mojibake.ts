/** UTF-8 read as Latin-1 or windows-1252 and written as UTF-8 again: `ü` has become `Ã¼`. */
const TWICE_ENCODED =
  /Ã[\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹Œ\u017D‘’“”•–—˜™š›œ\u017EŸ]|Â[\u00A0-\u00BF]|â(?:\u0080|€)[\u0080-\u00BF™œ“”¦˜]/;

/** Text that looks as if it was encoded twice before it came. */
export interface Mojibake {
  readonly text: string;
  /** In characters of the file. */
  readonly at: number;
}

/** Looks for text that was encoded twice, and tells the first of it. */
export class MojibakeSearch {
  #isFound = false;
  #at = 0;
  #last = '';

  /** Looks on; chunks may break anywhere. */
  write(chunk: string): Mojibake | undefined {
    if (this.#isFound) return undefined;
    const start = this.#at;
    this.#at += chunk.length;
    const seam = this.#last + chunk.slice(0, 2);
    const atSeam = start - this.#last.length;
    this.#last = chunk.slice(-2);
    return this.#search(seam, atSeam) ?? this.#search(chunk, start);
  }

  #search(text: string, start: number): Mojibake | undefined {
    // Three searches for a letter are faster than one for a pattern.
    if (!text.includes('Ã') && !text.includes('Â') && !text.includes('â')) return undefined;
    const found = TWICE_ENCODED.exec(text);
    if (found === null) return undefined;
    this.#isFound = true;
    return { text: found[0], at: start + found.index };
  }
}
