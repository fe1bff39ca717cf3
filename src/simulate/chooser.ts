import type { Dice } from './dice.ts';

const SCALE = 1_000_000;

/** Chooses what is broken: each kind at one rate, none twice in one place, and each kind once where there is room. */
export class Chooser<Kind extends string> {
  readonly #kinds: readonly Kind[];
  readonly #rate: number;
  readonly #dice: Dice;
  /** Kinds that have not occurred yet, and the place from which on the next fitting one is theirs. */
  #owed: readonly { readonly kind: Kind; readonly from: number }[];

  /** `places`: how many there will be; what is owed is due in the first half of them. */
  constructor(
    kinds: readonly Kind[],
    options: { readonly rate: number; readonly dice: Dice; readonly places: number },
  ) {
    const { rate, dice, places } = options;
    this.#kinds = kinds;
    this.#rate = rate;
    this.#dice = dice;
    this.#owed =
      rate === 0
        ? []
        : dice
            .shuffled(kinds)
            .map((kind) => ({ kind, from: dice.whole(0, Math.floor(places / 2)) }));
  }

  /** The kind of break for this place, of those that fit it; most often none. */
  choose(place: number, fits: (kind: Kind) => boolean): Kind | null {
    const drawn = this.#kinds[Math.floor(this.#dice.whole(0, SCALE - 1) / (this.#rate * SCALE))];
    const due = this.#owed.find(({ kind, from }) => from <= place && fits(kind))?.kind;
    const chosen = due ?? (this.#rate > 0 && drawn !== undefined && fits(drawn) ? drawn : null);
    if (chosen !== null) this.#owed = this.#owed.filter(({ kind }) => kind !== chosen);
    return chosen;
  }
}
