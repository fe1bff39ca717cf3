/** Chance that one number decides: the same seed gives the same throws, on every machine (sfc32, whole numbers only). */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #count: number;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    this.#count = 1;
    for (let round = 0; round < 20; round += 1) this.#next();
  }

  /** A whole number from `least` to `most`, both included; their distance is below 2^32. */
  whole(least: number, most: number): number {
    return least + Math.floor((this.#next() / 2 ** 32) * (most - least + 1));
  }

  /** True in `rate` of the throws; thrown even where the answer is certain, so that a rate moves no later throw. */
  happens(rate: number): boolean {
    return this.#next() < rate * 2 ** 32;
  }

  /** One of them. */
  oneOf<T>(choices: readonly T[]): T {
    const chosen = choices[this.whole(0, choices.length - 1)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[] {
    return things
      .map((thing) => ({ thing, place: this.#next() }))
      .sort((left, right) => left.place - right.place)
      .map(({ thing }) => thing);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
